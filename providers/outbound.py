"""HTTP to addresses that strangers name (G14): key sets, sector documents, request objects, deliveries, statements.

The host is resolved here and the connection goes to exactly the address that was judged, so a name that changes its
mind between two look-ups gains nothing. A failure is one error without a reason: whoever named the address learns
neither what lives there nor whether anything does (SF-06). The reason goes to the log as one fixed word.
"""

import asyncio
import logging
import socket
from collections.abc import Awaitable, Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from ipaddress import ip_address
from pathlib import Path
from typing import Final, TypeAlias

import httpx
from aiohttp.abc import AbstractResolver, ResolveResult

from providers.addresses import Target, TargetError, is_public
from providers.transport import HEADERS, WIRE_ERRORS, pooled_transport, tls_context

TOTAL_SECONDS: Final = 5.0
"""From the look-up of the name to the last byte, however slowly the bytes drip."""
CONNECT_SECONDS: Final = 2.0
SIZE_LIMIT: Final = 256 * 1024
"""Bytes of an answer that are read before the call is given up (security.md section 3)."""
_CONNECTIONS: Final = 64
_CONNECTIONS_OF_A_HOST: Final = 4
_LOOKUPS: Final = 8
"""Names that are looked up at once; a stranger's slow name server holds up nobody but other strangers."""
_REDIRECTS: Final = range(300, 400)

_LOG: Final = logging.getLogger("gateway.outbound")
Lookup: TypeAlias = Callable[[str, int], Awaitable[Sequence[str]]]
"""Host and port -> addresses; raises ``OSError`` for a name that nobody knows."""


class OutboundError(Exception):
    """Nothing usable came back."""

    def __init__(self) -> None:
        super().__init__("the address gave nothing usable")


@dataclass(frozen=True, slots=True)
class OutboundAnswer:
    """What came back within the limits."""

    status: int
    content: bytes = field(repr=False)
    content_type: str


class Outbound:
    """One long-lived client for addresses that strangers name."""

    def __init__(
        self,
        *,
        ca_bundle: Path | None = None,
        allow_loopback: bool = False,
        total: float = TOTAL_SECONDS,
        lookup: Lookup | None = None,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self._allow_loopback = allow_loopback
        self._total = total
        self._threads = ThreadPoolExecutor(max_workers=_LOOKUPS, thread_name_prefix="lookup")
        self._timeouts = {"timeout": httpx.Timeout(total, connect=CONNECT_SECONDS).as_dict()}
        self._transport = transport or pooled_transport(
            tls_context(ca_bundle),
            resolver=_JudgingResolver(lookup or self._look_up),
            use_dns_cache=False,
            socket_factory=self._socket,
            # Every call is judged anew: no connection of an earlier judgement is used again.
            force_close=True,
            limit=_CONNECTIONS,
            limit_per_host=_CONNECTIONS_OF_A_HOST,
        )

    async def get(self, url: str, headers: Mapping[str, str] | None = None) -> OutboundAnswer:
        """Fetch; every failure is the same ``OutboundError``."""
        return await self._send("GET", url, b"", headers or {})

    async def post(self, url: str, content: bytes, headers: Mapping[str, str]) -> OutboundAnswer:
        """Post bytes; every failure is the same ``OutboundError``."""
        return await self._send("POST", url, content, headers)

    async def aclose(self) -> None:
        """Close what is open when the process stops."""
        await self._transport.aclose()
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def _send(self, method: str, url: str, content: bytes, headers: Mapping[str, str]) -> OutboundAnswer:
        try:
            target = Target.parse(url, allow_loopback=self._allow_loopback)
        except TargetError:
            raise _failed("-", "address") from None
        request = httpx.Request(method, url, headers={**HEADERS, **headers}, content=content, extensions=self._timeouts)
        try:
            async with asyncio.timeout(self._total):
                return await self._exchange(request, target)
        except (TimeoutError, httpx.TimeoutException):
            raise _failed(target.host, "timeout") from None
        except (*WIRE_ERRORS, ValueError):
            raise _failed(target.host, "transport") from None

    async def _exchange(self, request: httpx.Request, target: Target) -> OutboundAnswer:
        response = await self._transport.handle_async_request(request)
        try:
            if response.status_code in _REDIRECTS:
                raise _failed(target.host, "redirect")
            if response.headers.get("content-encoding", "identity").lower() != "identity":
                raise _failed(target.host, "encoding")
            content = await _bounded(response, target)
        finally:
            await response.aclose()
        return OutboundAnswer(response.status_code, content, response.headers.get("content-type", ""))

    async def _look_up(self, host: str, port: int) -> Sequence[str]:
        loop = asyncio.get_running_loop()
        found = await loop.run_in_executor(self._threads, _addresses_of, host, port)
        return list(dict.fromkeys(found))

    def _socket(self, info: tuple[int, int, int, str, tuple[str, int]]) -> socket.socket:
        """The last door, right before a packet could leave: also for what no resolver was asked about."""
        family, kind, protocol, _, address = info
        if not is_public(address[0]) and not (self._allow_loopback and ip_address(address[0]).is_loopback):
            raise OSError("not a public address")
        return socket.socket(family, kind, protocol)


class _JudgingResolver(AbstractResolver):
    """Names become addresses, and one address that is not public condemns the name."""

    def __init__(self, lookup: Lookup) -> None:
        self._lookup = lookup

    async def resolve(
        self,
        host: str,
        port: int = 0,
        family: socket.AddressFamily = socket.AF_UNSPEC,  # noqa: ARG002 - the interface's; both families are asked for
    ) -> list[ResolveResult]:
        addresses = await self._lookup(host, port)
        if not addresses or not all(map(is_public, addresses)):
            raise OSError("not a public host")
        return [_result(host, address, port) for address in addresses]

    async def close(self) -> None:
        return None


def _result(host: str, address: str, port: int) -> ResolveResult:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    flags = socket.AI_NUMERICHOST | socket.AI_NUMERICSERV
    return {"hostname": host, "host": address, "port": port, "family": family, "proto": 0, "flags": flags}


def _addresses_of(host: str, port: int) -> list[str]:
    return [str(info[4][0]) for info in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]


async def _bounded(response: httpx.Response, target: Target) -> bytes:
    parts: list[bytes] = []
    size = 0
    async for part in response.aiter_raw():
        size += len(part)
        if size > SIZE_LIMIT:
            raise _failed(target.host, "oversized")
        parts.append(part)
    return b"".join(parts)


def _failed(host: str, reason: str) -> OutboundError:
    _LOG.info("call to %s failed: %s", host, reason)  # a host's shape was checked: nothing can be smuggled into the log
    return OutboundError()
