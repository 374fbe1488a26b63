"""A network in one process: requests to a host are handed to the application that lives there; other hosts are dead.

For the providers' back channel (`Calls(AsgiNet({"http://hk.mock": app}))`), for whole journeys, and for a browser
that walks through pages (`net.browser()`). `HandMade(function)` stands for a far side of one function. Everything runs
in the caller's event loop; no socket is ever opened.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from typing import Any

import httpx

AsgiApp = Callable[
    [
        MutableMapping[str, Any],
        Callable[[], Awaitable[MutableMapping[str, Any]]],
        Callable[[MutableMapping[str, Any]], Awaitable[None]],
    ],
    Awaitable[None],
]


class AsgiNet(httpx.AsyncBaseTransport):
    """Routes by origin ("http://hk.mock") and keeps what was asked, so that tests can count outbound calls."""

    def __init__(self, apps: Mapping[str, AsgiApp] | None = None) -> None:
        self._homes: dict[str, httpx.ASGITransport] = {}
        self.requests: list[httpx.Request] = []
        for origin, app in (apps or {}).items():
            self.mount(origin, app)

    def mount(self, origin: str, app: AsgiApp) -> None:
        """Give an origin to an application; mounting again replaces it."""
        url = httpx.URL(origin)
        if url.path not in ("", "/") or not url.host:
            raise ValueError("an origin is scheme://host[:port]")
        self._homes[_origin(url)] = httpx.ASGITransport(app=app)

    def unmount(self, origin: str) -> None:
        """Let an origin be dead from now on."""
        del self._homes[_origin(httpx.URL(origin))]

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Hand the request over, or fail as a connection to a dead host does."""
        self.requests.append(request)
        home = self._homes.get(_origin(request.url))
        if home is None:
            raise httpx.ConnectError("nobody lives there", request=request)
        return await home.handle_async_request(request)

    def count(self, path: str) -> int:
        """Say how often a path was asked for, whatever the origin."""
        return sum(request.url.path == path for request in self.requests)

    def browser(self, **headers: str) -> httpx.AsyncClient:
        """Make a client with cookies of its own that follows no redirect by itself."""
        return httpx.AsyncClient(transport=_Shared(self), headers=headers, follow_redirects=False, trust_env=False)


class HandMade(httpx.AsyncBaseTransport):
    """A far side of one function, whose answer arrives unread, as from a wire (`httpx.MockTransport` reads it first)."""

    def __init__(self, answer: Callable[[httpx.Request], httpx.Response]) -> None:
        self._answer = answer

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Ask the function."""
        await request.aread()
        made = self._answer(request)
        stream = httpx.ByteStream(made.content)
        return httpx.Response(made.status_code, headers=made.headers, stream=stream, request=request)


class _Shared(httpx.AsyncBaseTransport):
    """The net as a browser's transport: closing the browser leaves the net open."""

    def __init__(self, net: AsgiNet) -> None:
        self._net = net

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        return await self._net.handle_async_request(request)


def _origin(url: httpx.URL) -> str:
    return f"{url.scheme}://{url.netloc.decode('ascii')}"
