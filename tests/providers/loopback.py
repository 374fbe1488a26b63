"""A server on this machine's loopback that says exactly what a test wants said: for what no in-process transport shows."""

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import datetime
from pathlib import Path

from certs.keys.tls import self_signed

Talk = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
JSON = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"


@contextlib.asynccontextmanager
async def a_server(talk: Talk | bytes, context: ssl.SSLContext | None = None) -> AsyncIterator[tuple[str, list[bytes]]]:
    """A server on the loopback that reads one request's head and then says something, or does as told."""
    heads: list[bytes] = []
    talks: list[asyncio.Task[None] | None] = []

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        talks.append(asyncio.current_task())
        with contextlib.suppress(
            OSError, asyncio.IncompleteReadError, asyncio.CancelledError
        ):  # the caller has had enough
            heads.append(await reader.readuntil(b"\r\n\r\n"))
            if isinstance(talk, bytes):
                writer.write(talk)
            else:
                await talk(reader, writer)
            await writer.drain()
            writer.close()
            await writer.wait_closed()
        writer.transport.abort()

    server = await asyncio.start_server(handle, "127.0.0.1", 0, ssl=context)
    port = server.sockets[0].getsockname()[1]
    try:
        yield f"{'http' if context is None else 'https'}://127.0.0.1:{port}/keys", heads
    finally:
        server.close()
        for talking in filter(None, talks):
            talking.cancel()
        await asyncio.gather(*filter(None, talks))


def server_context(folder: Path, hosts: list[str], now: datetime) -> tuple[ssl.SSLContext, Path]:
    certificate, key = self_signed(hosts, now)
    (folder / "server.pem").write_bytes(certificate + key)
    (folder / "authority.pem").write_bytes(certificate)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "server.pem")
    return context, folder / "authority.pem"
