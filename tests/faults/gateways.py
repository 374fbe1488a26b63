"""Real workers: ``gate serve`` in processes of their own behind a round-robin, the simulated providers on the loopback.

The relying party and the browsers live in the test; they reach the issuer's address through ``RoundRobin``, which sends
each request to the next worker that lives, as a proxy before a gateway does.
"""

import asyncio
import contextlib
import itertools
import json
import os
import socket
import sys
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import httpx
import uvicorn

from mapping.documents import HongKongIdentityCard
from mapping.errors import MappingError
from mock_idps import guangdong, hong_kong, macao
from mock_idps.personas import PERSONAS, Persona
from scripts.sandbox import Addresses, make_world
from tests.faults.mortal import ROOT
from tests.faults.province import one
from tests.world import AT, World, a_client

READY_SECONDS: Final = 60.0
LOOK: Final = 0.05


@dataclass(slots=True)
class WallClock:
    """The time that all processes share."""

    @property
    def now(self) -> datetime:
        return datetime.now(UTC)

    def __call__(self) -> datetime:
        return self.now


class Worker:
    """One ``gate serve``."""

    def __init__(self, folder: Path, port: int) -> None:
        self.port = port
        self._folder = folder
        self.process: asyncio.subprocess.Process | None = None

    @property
    def is_alive(self) -> bool:
        return self.process is not None and self.process.returncode is None

    async def start(self) -> None:
        """Start and wait until it is ready."""
        command = [sys.executable, "-m", "gateway.cli", "serve", "--port", str(self.port)]
        command += ["--config", str(self._folder / "gate.toml")]
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        with (self._folder / f"worker-{self.port}.log").open("ab") as log:
            self.process = await asyncio.create_subprocess_exec(*command, env=environment, stdout=log, stderr=log)
        async with asyncio.timeout(READY_SECONDS), httpx.AsyncClient(trust_env=False) as http:
            while not await self._is_ready(http):
                assert self.is_alive, (self._folder / f"worker-{self.port}.log").read_text()[-2000:]
                await asyncio.sleep(LOOK)

    async def _is_ready(self, http: httpx.AsyncClient) -> bool:
        try:
            return (await http.get(f"http://127.0.0.1:{self.port}/readyz")).status_code == 200
        except httpx.TransportError:
            return False

    async def kill(self) -> None:
        """End it without a word."""
        assert self.process is not None
        with contextlib.suppress(ProcessLookupError):
            self.process.kill()
        await self.process.wait()


class RoundRobin(httpx.AsyncBaseTransport):
    """Sends what is for the issuer to the next living worker, and all else where it is addressed."""

    def __init__(self, workers: list[Worker]) -> None:
        self._turns = itertools.cycle(workers)
        self._many = len(workers)
        self._wire = httpx.AsyncHTTPTransport(limits=httpx.Limits(max_connections=200, max_keepalive_connections=0))

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if str(request.url).startswith(AT.issuer):
            alive = next((one for one in itertools.islice(self._turns, self._many) if one.is_alive), None)
            if alive is None:
                raise httpx.ConnectError("no worker lives", request=request)
            request.url = request.url.copy_with(port=alive.port)
        return await self._wire.handle_async_request(request)

    def browser(self, **headers: str) -> httpx.AsyncClient:
        """What ``World`` asks of a net."""
        return httpx.AsyncClient(transport=_Shared(self), headers=headers, timeout=30, trust_env=False)

    async def aclose(self) -> None:
        await self._wire.aclose()


class _Shared(httpx.AsyncBaseTransport):
    """Closing a browser leaves the wire open; its request keeps the address that it was sent to."""

    def __init__(self, net: RoundRobin) -> None:
        self._net = net

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        sent = httpx.Request(
            request.method, request.url, headers=request.headers, stream=request.stream, extensions=request.extensions
        )
        return await self._net.handle_async_request(sent)


@dataclass(slots=True)
class Town:
    """A running gateway of several workers."""

    world: World
    workers: list[Worker]


def a_crowd(many: int) -> tuple[Persona, ...]:
    """Residents of Hong Kong with a permit each, all men of one birth date, whom nobody has on record yet."""
    return tuple(
        replace(
            one("chan-siu-ming"),
            id=f"resident-{place}",
            permit=f"H6{place:07d}",
            hkid=a_home_card(place),
            surname="CHAN",
            given="Siu " + "".join(chr(97 + int(digit)) for digit in f"{place:04d}").capitalize(),
        )
        for place in range(many)
    )


def a_home_card(place: int) -> str:
    """The home card number of one of the crowd, with its check character."""
    for check in "0123456789A":
        with contextlib.suppress(MappingError):
            return HongKongIdentityCard.parse(f"F{place:06d}{check}").canonical
    raise AssertionError("a check character always exists")


@contextlib.asynccontextmanager
async def a_town(
    folder: Path, database_url: str, crowd: tuple[Persona, ...], workers: int = 2, *, settings: str = ""
) -> AsyncIterator[Town]:
    """Start the simulated providers and so many workers on one database; ``settings`` is added to ``gate.toml``."""
    with contextlib.ExitStack() as sockets:
        doors = [sockets.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(3)]
        ports = [door.getsockname()[1] for door in doors]
        addresses = Addresses(AT.issuer, *(f"http://127.0.0.1:{port}" for port in ports))
        with make_world(folder, addresses, database_url, unlimited=True).open("a", encoding="utf-8") as file:
            file.write(settings)
        apps = mocks_of(folder, PERSONAS + crowd)
        async with contextlib.AsyncExitStack() as open_things:
            for app, door in zip(apps, doors, strict=True):
                await open_things.enter_async_context(serving(app, door))
            team = [Worker(folder, port) for port in free_ports(workers)]
            for worker in team:
                await worker.start()
                open_things.push_async_callback(worker.kill)
            net = RoundRobin(team)
            open_things.push_async_callback(net.aclose)
            world: Any = World(net, None, {}, WallClock(), folder, database_url)  # type: ignore[arg-type]  # other hands
            await world.register(a_client())
            yield Town(world, team)


def mocks_of(folder: Path, cast: tuple[Persona, ...]) -> list[Any]:
    blocks = json.loads((folder / "mocks.json").read_text(encoding="utf-8"))
    return [
        hong_kong.create_app(hong_kong.HongKongConfig.from_json(blocks["hong_kong"]), personas=cast),
        macao.create_app(macao.MacaoConfig.from_json(blocks["macao"]), personas=cast),
        guangdong.create_app(guangdong.GuangdongConfig.from_json(blocks["guangdong"]), personas=cast),
    ]


@contextlib.asynccontextmanager
async def serving(app: Any, door: socket.socket) -> AsyncIterator[None]:
    """Serve an application in this process."""
    server = uvicorn.Server(uvicorn.Config(app, lifespan="off", log_config=None, access_log=False))
    running = asyncio.create_task(server.serve(sockets=[door]))
    try:
        yield
    finally:
        server.should_exit = True
        await running


def free_ports(many: int) -> Iterator[int]:
    """Ports that are free at this moment."""
    with contextlib.ExitStack() as sockets:
        probes = [sockets.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(many)]
        ports = [probe.getsockname()[1] for probe in probes]
    yield from ports
