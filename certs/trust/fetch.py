"""The one door of this wing to the network: answers and lists from hosts that an entry of a trust list names.

Nothing that comes back is believed here; this is about not being led astray or held up: no host that is not named, no
redirect, no proxy, no address inside our own network even if a name resolves to one, no unpacking, and limits of
time and size. A host that keeps failing is left alone for a while.
"""

import asyncio
import logging
import socket
import ssl
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from ipaddress import ip_address
from pathlib import Path
from typing import Any, Final, TypeAlias, TypeVar

import httpx

from certs.trust.addresses import Origin, is_public
from certs.trust.errors import Fault
from certs.trust.reasons import Reason

TOTAL_SECONDS: Final = 5.0
CONNECT_SECONDS: Final = 2.0
BUDGET_SECONDS: Final = 8.0
BREAKER_FAILURES: Final = 5
"""Failures in a row after which a host is left alone."""
BREAKER_SECONDS: Final = 30.0
_CONNECTIONS: Final = 32
_ADDRESSES_TRIED: Final = 2
_MAX_HOSTS: Final = 1024
_HEADERS: Final = {"Accept-Encoding": "identity", "Connection": "close", "User-Agent": "gba-identity-gateway"}
_LOG: Final = logging.getLogger("gateway.revocation")
T = TypeVar("T")
Lookup: TypeAlias = Callable[[str, int], Awaitable[Sequence[str]]]
"""Host and port -> addresses; raises ``OSError`` for a name that nobody knows."""


@dataclass(slots=True)
class Budget:
    """Seconds that may be spent waiting for the network, for one request or shared by a batch."""

    left: float = BUDGET_SECONDS


@dataclass(slots=True)
class _Breaker:
    failures: int = 0
    closed_until: float = 0.0


@dataclass(slots=True)
class _Call:
    method: str
    url: str
    limit: int
    content: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)


class Fetcher:
    """One long-lived client; every failure is a `Fault`: `REVOCATION_UNREACHABLE` or `REVOCATION_TOO_LARGE`."""

    def __init__(
        self,
        *,
        allow_loopback: bool = False,
        ca_bundle: Path | None = None,
        transport: httpx.AsyncBaseTransport | None = None,
        lookup: Lookup | None = None,
        clock: Callable[[], float] = time.monotonic,
        total: float = TOTAL_SECONDS,
    ) -> None:
        self._allow_loopback = allow_loopback
        self._transport = transport or _PinnedTransport(ca_bundle)
        self._lookup = lookup or _look_up
        self._clock = clock
        self._total = total
        self._breakers: dict[Origin, _Breaker] = {}
        self._flights: dict[object, asyncio.Task[Any]] = {}

    async def get(self, url: str, *, allowed: frozenset[Origin], limit: int) -> bytes:
        """Fetch what lies at an address whose host is named."""
        return await self._guarded(_Call("GET", url, limit), allowed)

    async def post(
        self, url: str, content: bytes, content_type: str, *, allowed: frozenset[Origin], limit: int
    ) -> bytes:
        """Post bytes to an address whose host is named."""
        return await self._guarded(_Call("POST", url, limit, content, {"Content-Type": content_type}), allowed)

    async def once(self, key: object, make: Callable[[], Awaitable[T]], budget: Budget) -> T:
        """Have one of equal calls in flight, and wait for it no longer than the budget allows."""
        if budget.left <= 0:
            raise Fault(Reason.REVOCATION_UNREACHABLE)
        task: asyncio.Task[T] | None = self._flights.get(key)
        if task is None:
            task = asyncio.ensure_future(_coroutine(make))
            self._flights[key] = task
            task.add_done_callback(lambda done: self._landed(key, done))
        started = self._clock()
        try:
            # Who stops waiting does not stop the call: others may wait for it, and its own limits end it.
            async with asyncio.timeout(budget.left):
                return await asyncio.shield(task)
        except TimeoutError:
            raise Fault(Reason.REVOCATION_UNREACHABLE) from None
        finally:
            budget.left -= self._clock() - started

    async def aclose(self) -> None:
        """Close what is open when the process stops."""
        flights = list(self._flights.values())
        for task in flights:
            task.cancel()
        await asyncio.gather(*flights, return_exceptions=True)
        await self._transport.aclose()

    def _landed(self, key: object, task: asyncio.Task[Any]) -> None:
        self._flights.pop(key, None)
        if not task.cancelled():
            task.exception()  # read, so that a failure nobody waited for is no warning

    async def _guarded(self, call: _Call, allowed: frozenset[Origin]) -> bytes:
        origin = Origin.of(call.url)
        if origin is None or origin not in allowed:
            raise _failed("-", "not named")
        breaker = self._breaker(origin)
        if breaker.closed_until > self._clock():
            raise _failed(origin.host, "left alone")
        try:
            content = await self._send(call, origin)
        except Fault:
            breaker.failures += 1
            if breaker.failures >= BREAKER_FAILURES:
                breaker.closed_until = self._clock() + BREAKER_SECONDS
            raise
        breaker.failures = 0
        return content

    def _breaker(self, origin: Origin) -> _Breaker:
        if len(self._breakers) >= _MAX_HOSTS and origin not in self._breakers:
            self._breakers.clear()  # lists name a few dozen hosts; this is only a bound
        return self._breakers.setdefault(origin, _Breaker())

    async def _send(self, call: _Call, origin: Origin) -> bytes:
        try:
            async with asyncio.timeout(self._total):
                return await self._exchange(call, origin)
        except (TimeoutError, httpx.TimeoutException):
            raise _failed(origin.host, "timeout") from None
        except (httpx.HTTPError, OSError, ValueError):
            raise _failed(origin.host, "transport") from None

    async def _exchange(self, call: _Call, origin: Origin) -> bytes:
        addresses = await self._lookup(origin.host, origin.port)
        if not addresses or not all(map(self._is_allowed, addresses)):
            raise _failed(origin.host, "address")
        extensions = {
            "timeout": httpx.Timeout(self._total, connect=CONNECT_SECONDS).as_dict(),
            "addresses": tuple(addresses[:_ADDRESSES_TRIED]),
        }
        headers = {**_HEADERS, **call.headers}
        request = httpx.Request(call.method, call.url, headers=headers, content=call.content, extensions=extensions)
        response = await self._transport.handle_async_request(request)
        try:
            _check_head(response, origin)
            return await _bounded(response, call.limit, origin)
        finally:
            await response.aclose()

    def _is_allowed(self, address: str) -> bool:
        return is_public(address) or (self._allow_loopback and ip_address(address).is_loopback)


class _PinnedTransport(httpx.AsyncBaseTransport):
    """Connects to exactly the addresses that were judged; the certificate must still be the named host's."""

    def __init__(self, ca_bundle: Path | None) -> None:
        context = httpx.create_ssl_context(trust_env=False)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        if ca_bundle is not None:
            context.load_verify_locations(cafile=ca_bundle)
        # No connection is kept: it would be known by its address, and the next name behind that address is another.
        limits = httpx.Limits(max_connections=_CONNECTIONS, max_keepalive_connections=0)
        self._inner = httpx.AsyncHTTPTransport(verify=context, trust_env=False, limits=limits)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        *others, last = request.extensions["addresses"]
        for address in others:
            with suppress(httpx.ConnectError, httpx.ConnectTimeout):
                return await self._inner.handle_async_request(_pinned(request, address))
        return await self._inner.handle_async_request(_pinned(request, last))

    async def aclose(self) -> None:
        await self._inner.aclose()


def _pinned(request: httpx.Request, address: str) -> httpx.Request:
    extensions = {**request.extensions, "sni_hostname": request.url.host}
    return httpx.Request(
        request.method,
        request.url.copy_with(host=address),
        headers=request.headers,  # they hold the name as Host
        content=request.content,
        extensions=extensions,
    )


def _check_head(response: httpx.Response, origin: Origin) -> None:
    if response.status_code != httpx.codes.OK:  # a redirect is one of many ways not to answer
        raise _failed(origin.host, "status")
    if response.headers.get("content-encoding", "identity").lower() != "identity":
        raise _failed(origin.host, "encoding")  # little on the wire could be anything unpacked


async def _bounded(response: httpx.Response, limit: int, origin: Origin) -> bytes:
    stated = response.headers.get("content-length", "")
    if stated.isascii() and stated.isdecimal() and int(stated) > limit:
        raise _failed(origin.host, "oversized", Reason.REVOCATION_TOO_LARGE)
    content = bytearray()
    if not isinstance(response.stream, httpx.AsyncByteStream):
        raise _failed(origin.host, "transport")
    async for part in response.stream:  # as it comes: a coding that was not announced is not undone either
        if len(content) + len(part) > limit:
            raise _failed(origin.host, "oversized", Reason.REVOCATION_TOO_LARGE)
        content += part
    return bytes(content)


async def _look_up(host: str, port: int) -> Sequence[str]:
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(info[4][0]) for info in found))


async def _coroutine(make: Callable[[], Awaitable[T]]) -> T:
    return await make()


def _failed(host: str, what: str, reason: Reason = Reason.REVOCATION_UNREACHABLE) -> Fault:
    _LOG.info("call to %s failed: %s", host, what)  # a host's shape was checked: nothing can be smuggled into the log
    return Fault(reason)
