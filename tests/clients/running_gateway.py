"""A gateway on this machine as other makers' programs meet it: a process of its own, https, found through discovery."""

import os
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import httpx

from gateway.oidc.model import Client
from gateway.product import utc_now
from gateway.web.tls import development_certificate
from scripts.sandbox import Addresses, make_world, register_clients
from tests.demo_process import free_block
from tests.person_browser import Browser

ROOT: Final = Path(__file__).resolve().parent.parent.parent
READY_SECONDS: Final = 60
_STOP_SECONDS: Final = 15
_PLACES: Final = {"hong_kong": 1, "guangdong": 3}
"""The account that the person has, and the register that the gateway asks; the others are not needed here."""


@dataclass(frozen=True, slots=True)
class RunningGateway:
    """Where it is, which certificate it shows, and how clients are registered at it."""

    first: int
    folder: Path

    @property
    def issuer(self) -> str:
        return f"https://127.0.0.1:{self.first}"

    @property
    def settings(self) -> str:
        return str(self.folder / "gate.toml")

    @property
    def certificate(self) -> Path:
        """Names 127.0.0.1 and localhost; servers of relying parties on this machine show the same one."""
        return self.folder / "keys" / "tls-development.pem"

    @property
    def certificate_key(self) -> Path:
        return self.folder / "keys" / "tls-development-key.pem"

    @property
    def free_port(self) -> int:
        """For one server of a relying party."""
        return self.first + 4

    @property
    def database_url(self) -> str:
        return f"sqlite:///{self.folder / 'gateway.sqlite3'}"

    async def register(self, client: Client) -> str:
        """Register a client as an operator would; gives its secret."""
        return (await register_clients(self.folder, self.database_url, [client]))[client.client_id]

    def browser(self) -> Browser:
        """A person's browser, which stops where a relying party of the tests would answer."""
        return Browser(httpx.AsyncClient(verify=self.trust(), trust_env=False, follow_redirects=False))

    def trust(self) -> ssl.SSLContext:
        """What a client trusts that was told of the one certificate."""
        return ssl.create_default_context(cafile=str(self.certificate))


@contextmanager
def running_gateway(folder: Path) -> Iterator[RunningGateway]:
    """Start the gateway with the providers that the tests need, and stop all of them at the end."""
    first = free_block()
    gateway = RunningGateway(first, folder)
    _write_world(gateway)
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "GATE_CONFIG": gateway.settings}
    mocks = str(folder / "mocks.json")
    commands = [[sys.executable, "-m", "gateway.cli", "serve", "--tls"]]
    commands += [
        [sys.executable, "-m", "mock_idps.run", place, "--port", str(first + offset), "--config", mocks]
        for place, offset in _PLACES.items()
    ]
    with (folder / "log").open("wb") as log:
        children = [subprocess.Popen(command, env=environment, stdout=log, stderr=log) for command in commands]
    try:
        _wait_until_ready(gateway, children)
        yield gateway
    finally:
        _stop(children)


def _write_world(gateway: RunningGateway) -> None:
    at = Addresses.block(gateway.first)
    addresses = Addresses(gateway.issuer, at.hong_kong, at.macao, at.guangdong)
    settings = make_world(gateway.folder, addresses, gateway.database_url, unlimited=True)
    development_certificate(gateway.folder / "keys", gateway.issuer, utc_now())
    trusted = f'[outbound]\nca_bundle = "{gateway.certificate}"'
    settings.write_text(settings.read_text(encoding="utf-8").replace("[outbound]", trusted), encoding="utf-8")


def _wait_until_ready(gateway: RunningGateway, children: list["subprocess.Popen[bytes]"]) -> None:
    mocks = [f"http://127.0.0.1:{gateway.first + offset}/__mock__/" for offset in _PLACES.values()]
    waiting, deadline = [f"{gateway.issuer}/readyz", *mocks], time.monotonic() + READY_SECONDS
    with httpx.Client(verify=gateway.trust(), trust_env=False) as http:
        while waiting:
            if time.monotonic() > deadline or any(child.poll() is not None for child in children):
                raise AssertionError((gateway.folder / "log").read_text(encoding="utf-8")[-2000:])
            waiting = [url for url in waiting if not _answers(http, url)]
            time.sleep(0.05)


def _answers(http: httpx.Client, url: str) -> bool:
    try:
        return http.get(url).is_success
    except httpx.HTTPError:
        return False


def _stop(children: list["subprocess.Popen[bytes]"]) -> None:
    for child in children:
        child.terminate()
    for child in children:
        try:
            child.wait(timeout=_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()
