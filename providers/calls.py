"""Bounded HTTP towards upstream providers: one client, a deadline, a size limit, no redirects, one error language.

With `outbound` and the `transport` below both, the only module that knows the HTTP client (docs/decisions/0003). httpx
keeps its interface here, but its own connection pool degrades under load, so requests travel on aiohttp's.
"""

import asyncio
import copy
import json
import logging
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Self

import httpx

from providers.breakers import Breakers, Passage
from providers.errors import ProviderError, ProviderFailure
from providers.transport import HEADERS, WIRE_ERRORS, pooled_transport, tls_context

CONNECT_SECONDS: Final = 2.0
TOTAL_SECONDS: Final = 5.0
SIZE_LIMIT: Final = 256 * 1024
"""Bytes of an answer that are read before the call is given up (security.md section 3)."""
_JSON_DEPTH: Final = 32
_CONNECTIONS: Final = 100
_KEEP_ALIVE_SECONDS: Final = 5.0
_SERVER_ERROR: Final = 500
_TOO_MANY: Final = 429
_SECONDS: Final = re.compile(r"[0-9]{1,6}")

# httpx logs whole URLs at INFO; Guangdong's dialect puts a secret and tokens into the query (GD-07).
logging.getLogger("httpx").setLevel(logging.WARNING)


@dataclass(frozen=True, slots=True, repr=False)
class Answer:
    """What came back within the limits."""

    status: int
    content: bytes
    content_type: str


class Calls:
    """One long-lived HTTP client for the whole process, handed to every provider."""

    def __init__(
        self,
        transport: httpx.AsyncBaseTransport | None = None,
        *,
        total: float = TOTAL_SECONDS,
        ca_bundle: Path | None = None,
        breakers: Breakers | None = None,
    ) -> None:
        self._total = total
        self.breakers = breakers
        """Which of the far sides are left alone just now; none where every call is made."""
        self._far_side: str | None = None
        # The transport alone, no client around it: nothing follows redirects, which would carry a code or a secret to
        # another host (MO-04), keeps cookies for the next person, or takes a proxy from the environment (G14).
        self._transport = transport or pooled_transport(
            tls_context(ca_bundle), limit=_CONNECTIONS, keepalive_timeout=_KEEP_ALIVE_SECONDS
        )
        self._timeouts = {"timeout": httpx.Timeout(total, connect=CONNECT_SECONDS).as_dict()}

    def under(self, far_side: str) -> Self:
        """The same client with a breaker of its own, for another far side of the same provider."""
        other = copy.copy(self)
        other._far_side = far_side  # noqa: SLF001 - the copy is of this class
        return other

    async def get(
        self,
        provider: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        query: Mapping[str, str] | None = None,
    ) -> Answer:
        """Fetch; every failure of the wire becomes one ``ProviderError``."""
        return await self._send(provider, self._request("GET", url, headers, params=query))

    async def post(
        self,
        provider: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        content: bytes = b"",
        form: Mapping[str, str] | None = None,
    ) -> Answer:
        """Send exact bytes, or a form."""
        if form is not None:
            return await self._send(provider, self._request("POST", url, headers, data=dict(form)))
        return await self._send(provider, self._request("POST", url, headers, content=content))

    def _request(self, method: str, url: str, headers: Mapping[str, str] | None, **body: Any) -> httpx.Request:
        """A request with our headers and no other: no cookie of one person's call can travel with another's."""
        return httpx.Request(method, url, headers={**HEADERS, **(headers or {})}, extensions=self._timeouts, **body)

    async def _send(self, provider: str, request: httpx.Request) -> Answer:
        if self.breakers is None:
            return await self._exchange(provider, request)
        with self.breakers.passage(self._far_side or provider, provider) as passage:
            answer = await self._exchange(provider, request, passage)
            passage.has_failed = _is_page(answer)
            return answer

    async def _exchange(self, provider: str, request: httpx.Request, passage: Passage | None = None) -> Answer:
        try:
            async with asyncio.timeout(self._total):
                response = await self._transport.handle_async_request(request)
                if passage is not None:
                    passage.wish = _retry_after(response)
                try:
                    content = await _bounded(provider, response)
                finally:
                    await response.aclose()
        except (TimeoutError, httpx.TimeoutException):
            raise ProviderError(provider, ProviderFailure.UNREACHABLE, "timeout") from None
        except WIRE_ERRORS:
            raise ProviderError(provider, ProviderFailure.UNREACHABLE, "transport") from None
        return _judged(provider, Answer(response.status_code, content, response.headers.get("content-type", "")))

    async def aclose(self) -> None:
        """Close the pool when the process stops."""
        await self._transport.aclose()


async def _bounded(provider: str, response: httpx.Response) -> bytes:
    if response.headers.get("content-encoding", "identity").lower() != "identity":
        raise ProviderError(provider, ProviderFailure.BROKEN, "encoding")
    parts: list[bytes] = []
    size = 0
    async for part in response.aiter_bytes():
        size += len(part)
        if size > SIZE_LIMIT:
            raise ProviderError(provider, ProviderFailure.BROKEN, "oversized")
        parts.append(part)
    return b"".join(parts)


def _judged(provider: str, answer: Answer) -> Answer:
    if answer.status >= _SERVER_ERROR or answer.status == _TOO_MANY:
        raise ProviderError(provider, ProviderFailure.UNREACHABLE, f"http_{answer.status}")
    if 300 <= answer.status < 400:  # noqa: PLR2004 - the redirect class of RFC 9110
        raise ProviderError(provider, ProviderFailure.BROKEN, "redirect")
    return answer


def _retry_after(response: httpx.Response) -> float:
    """The seconds of a ``Retry-After``; a date would need the far side's clock (RFC 9110 §10.2.3)."""
    value = response.headers.get("retry-after", "").strip()
    return float(value) if _SECONDS.fullmatch(value) else 0.0


def _is_page(answer: Answer) -> bool:
    """Markup where data was asked for, as portals say that they are in maintenance; its type is not to be relied on."""
    return answer.status < 300 and answer.content[:64].lstrip().startswith(b"<")  # noqa: PLR2004 - class 2xx


def json_object(provider: str, content: bytes) -> dict[str, Any]:
    """Parse a JSON object strictly: UTF-8, no doubled members, no NaN, bounded depth and numbers (HP-07)."""
    try:
        value = json.loads(
            content.decode("utf-8"),
            object_pairs_hook=_without_doubles,
            parse_constant=_refuse_constant,
            parse_int=_bounded_integer,
            parse_float=_finite_number,
        )
    except (ValueError, RecursionError):
        raise ProviderError(provider, ProviderFailure.BROKEN, "json") from None
    if not isinstance(value, dict) or _depth(value) > _JSON_DEPTH:
        raise ProviderError(provider, ProviderFailure.BROKEN, "json")
    return value


def _without_doubles(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("doubled member")
    return members


def _refuse_constant(_: str) -> Any:
    raise ValueError("not a JSON number")


def _bounded_integer(digits: str) -> int:
    if len(digits) > 20:  # noqa: PLR2004 - beyond 64 bits nothing in any dialect is a number
        raise ValueError("oversized number")
    return int(digits)


def _finite_number(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        raise ValueError("oversized number")
    return number


def _depth(value: object, level: int = 1) -> int:
    if level > _JSON_DEPTH:
        return level
    if isinstance(value, dict):
        return max((_depth(member, level + 1) for member in value.values()), default=level)
    if isinstance(value, list):
        return max((_depth(member, level + 1) for member in value), default=level)
    return level
