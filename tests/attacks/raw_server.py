"""The gateway behind a real HTTP server on the loopback, for attacks below the level of any HTTP client."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
import uvicorn

from gateway.cli import serve, serving
from tests.attacks.watch import WatchedWorld

SECONDS = 5.0


def serve_options(world: WatchedWorld, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """The options with which ``gate serve`` runs the server, as far as they concern the wire."""
    ran: dict[str, Any] = {}
    path = Path(world.folder) / "gate.toml"
    with monkeypatch.context() as patched:
        patched.setenv("GATE_CONFIG", str(path))
        patched.setattr(serving, "run", lambda reload, options: ran.update(options(reload)))
        serve.serve(path)
    for name in ("app", "factory", "host", "port", "workers", "log_level"):
        ran.pop(name)
    return ran


@asynccontextmanager
async def listening(world: WatchedWorld, options: dict[str, Any]) -> AsyncIterator[int]:
    """Serve the watched gateway on a free port of the loopback."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        config = uvicorn.Config(world.witness, lifespan="off", log_config=None, **options)
        server = uvicorn.Server(config)
        running = asyncio.create_task(server.serve(sockets=[listener]))
        async with asyncio.timeout(SECONDS):
            while not server.started:  # noqa: ASYNC110 - the server tells its start by nothing else
                await asyncio.sleep(0)
        try:
            yield listener.getsockname()[1]
        finally:
            server.should_exit = True
            await running


async def spoken(port: int, sent: bytes, *, seconds: float = SECONDS) -> bytes:
    """Send bytes and give back everything until the server hangs up; it must."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    heard = bytearray()
    try:
        writer.write(sent)
        async with asyncio.timeout(seconds):
            while piece := await reader.read(65_536):
                heard += piece
        return bytes(heard)
    except ConnectionError:  # hung up with our bytes unread
        return bytes(heard)
    finally:
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()
