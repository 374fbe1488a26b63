"""The outermost layer: every request is measured before anything is done with it, every response is dressed alike.

Plain ASGI, because one framework middleware makes a request almost three times dearer (docs/explanation/speed.md).
"""

import asyncio
import logging
import secrets
import traceback
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from starlette.exceptions import HTTPException
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_LOG: Final = logging.getLogger("gateway.edge")

HEADER_BYTES: Final = 16 * 1024
HEADER_LINES: Final = 100
BODY_BYTES: Final = 64 * 1024
"""The largest body of any endpoint that does not say otherwise (security.md section 3)."""
BODY_SECONDS: Final = 10.0
"""A body that takes longer is given up (HP-06)."""
TARGET_BYTES: Final = 16 * 1024


@dataclass(frozen=True, slots=True)
class BodyLimit:
    """How large a body may be at one address, and how long it may take to come."""

    size: int = BODY_BYTES
    seconds: float = BODY_SECONDS


_ORDINARY: Final = BodyLimit()

_ONCE: Final = (b"host", b"authorization", b"content-type", b"content-length")
"""Headers of which two would be two answers to one question (HP-01, HP-04, HP-08)."""


class Edge:
    """Limits, one header each, correlation id, security headers, and the last net for faults."""

    def __init__(self, app: ASGIApp, *, secure: bool, bodies: Mapping[str, BodyLimit] | None = None) -> None:
        self._app = app
        self._bodies = bodies or {}
        """By path: the few addresses that take more than forms; they look at who is asking before they read."""
        self._headers = _common_headers(secure=secure)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, or refuse it early and cleanly."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        correlation_id = secrets.token_hex(8)
        scope.setdefault("state", {})["correlation_id"] = correlation_id
        dressed = _Dressed(send, self._headers)
        try:
            limit = self._bodies.get(scope["path"], _ORDINARY)
            _check_head(scope, limit)
            await self._app(scope, _Metered(scope, receive, limit), dressed)
        except HTTPException as refusal:
            await dressed.refuse(scope, receive, refusal.status_code, refusal.detail)
        except Exception as fault:  # noqa: BLE001 - the outermost edge: nothing of a fault may reach a person
            _log_fault(fault, correlation_id)
            await dressed.refuse(scope, receive, 500, f"GBA-5002 {correlation_id}")


class _Dressed:
    """Adds the common headers, unless the response set its own."""

    def __init__(self, send: Send, headers: list[tuple[bytes, bytes]]) -> None:
        self._send = send
        self._headers = headers
        self.started = False

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.started = True
            own = {name.lower() for name, _ in message["headers"]}
            message["headers"] = [
                *message["headers"],
                *((name, value) for name, value in self._headers if name not in own),
            ]
        await self._send(message)

    async def refuse(self, scope: Scope, receive: Receive, status: int, text: str) -> None:
        if not self.started:
            await PlainTextResponse(text, status, headers={"connection": "close"})(scope, receive, self)


class _Metered:
    """Counts the body and the time it takes to come."""

    def __init__(self, scope: Scope, receive: Receive, limit: BodyLimit) -> None:
        self._receive = receive
        self._left = limit.size
        self._seconds = limit.seconds
        self._expects_body = scope["method"] not in {"GET", "HEAD"}
        self._deadline: float | None = None

    async def __call__(self) -> Message:
        if not self._expects_body:
            return await self._receive()
        if self._deadline is None:
            self._deadline = asyncio.get_running_loop().time() + self._seconds
        try:
            async with asyncio.timeout_at(self._deadline):
                message = await self._receive()
        except TimeoutError:
            raise HTTPException(408, "the request body took too long") from None
        if message["type"] == "http.disconnect":
            raise HTTPException(400, "the request body ended early")
        if message["type"] == "http.request":
            self._left -= len(message.get("body", b""))
            if self._left < 0:
                raise HTTPException(413, "the request body is too large")
            self._expects_body = message.get("more_body", False)
        return message


def _check_head(scope: Scope, limit: BodyLimit) -> None:
    headers: list[tuple[bytes, bytes]] = scope["headers"]
    if len(headers) > HEADER_LINES or sum(len(name) + len(value) for name, value in headers) > HEADER_BYTES:
        raise HTTPException(431, "the request headers are too large")
    if len(scope["raw_path"] or b"") + len(scope["query_string"]) > TARGET_BYTES:
        raise HTTPException(414, "the request target is too long")
    counts = Counter(name for name, _ in headers if name in _ONCE)
    if any(count > 1 for count in counts.values()):
        raise HTTPException(400, "a header that may occur once occurs twice")
    named = dict(headers)
    if b"transfer-encoding" in named and b"content-length" in named:
        raise HTTPException(400, "the request length is ambiguous")
    length = named.get(b"content-length", b"0")
    if not length.isdigit() or len(length) > len(str(limit.size)) + 3 or int(length) > limit.size:
        raise HTTPException(413, "the request body is too large")


def _common_headers(*, secure: bool) -> list[tuple[bytes, bytes]]:
    headers = [
        (b"cache-control", b"no-store"),
        (b"x-content-type-options", b"nosniff"),
        (b"x-frame-options", b"DENY"),
        (b"referrer-policy", b"no-referrer"),
        (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'; base-uri 'none'"),
        (b"cross-origin-opener-policy", b"same-origin"),
        (b"cross-origin-resource-policy", b"same-origin"),
        (b"permissions-policy", b"camera=(), geolocation=(), microphone=()"),
    ]
    if secure:
        headers.append((b"strict-transport-security", b"max-age=31536000; includeSubDomains"))
    return headers


def _log_fault(fault: Exception, correlation_id: str) -> None:
    """Say where it happened; the exception's own text might quote a person's number and stays out (G17)."""
    frames: list[Any] = traceback.extract_tb(fault.__traceback__)
    places = " < ".join(f"{frame.filename.rpartition('/')[2]}:{frame.lineno}" for frame in reversed(frames[-8:]))
    _LOG.error("fault %s at %s [%s]", type(fault).__name__, places, correlation_id)
