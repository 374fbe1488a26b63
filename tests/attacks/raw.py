"""Requests byte by byte, for what no well-behaved client would send."""

from collections.abc import Sequence
from typing import Final

from starlette.types import Message, Scope

from tests.attacks.watch import Answer, WatchedWorld
from tests.world import AT

_HOST: Final = AT.issuer.partition("://")[2].encode("ascii")

Headers = Sequence[tuple[bytes, bytes]]


async def send_raw(
    world: WatchedWorld, target: bytes, headers: Headers = (), *, method: str = "GET", body: bytes = b""
) -> Answer:
    """Hand a request line's target and headers to the gateway as they are."""
    path, _, query = target.partition(b"?")
    scope: Scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": path.decode("latin-1"),
        "raw_path": path,
        "query_string": query,
        "root_path": "",
        "headers": [(b"host", _HOST), *headers],
        "client": ("127.0.0.1", 40_000),
        "server": ("127.0.0.1", 8000),
    }

    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(_: Message) -> None:
        """The witness keeps what is sent."""

    await world.witness(scope, receive, send)
    return world.answers[-1]


def cookie_header(**cookies: str) -> tuple[bytes, bytes]:
    """A browser's cookies as one header."""
    return b"cookie", "; ".join(f"{name}={value}" for name, value in cookies.items()).encode("ascii")
