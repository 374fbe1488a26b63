"""The stand-in's HTTP on plain ASGI: what comes in as fields, what goes back as an answer."""

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import parse_qsl

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]
Headers = list[tuple[bytes, bytes]]
COOKIE: Final = b"stand_in"


class RefusalError(Exception):
    """The request is refused."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What goes back."""

    status: int
    headers: Headers
    body: bytes = b""


def fields_once(encoded: bytes) -> dict[str, str]:
    """Names and values, each name once (RFC 6749 §3.1)."""
    pairs = parse_qsl(encoded.decode("ascii"), keep_blank_values=True, max_num_fields=40)
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise RefusalError
    return fields


async def read_body(receive: Receive) -> bytes:
    """The body of a form."""
    message = await receive()
    body: bytes = message["body"]
    while message.get("more_body"):
        message = await receive()
        body += message["body"]
    return body


def own_cookie(headers: Headers) -> str:
    """The cookie that binds a sign-in to its browser."""
    pairs = (part.strip().partition(b"=") for part in dict(headers).get(b"cookie", b"").split(b";"))
    return next((value.decode("ascii") for name, _, value in pairs if name == COOKIE), "")


def json_answer(content: dict[str, Any], *, stored: bool = True) -> Answer:
    """A document that may be kept, or an answer that may not (RFC 6749 §5.1)."""
    body = json.dumps(content, separators=(",", ":")).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
    return Answer(200, headers if stored else [*headers, (b"cache-control", b"no-store")], body)


def see_other(url: str, headers: Headers) -> Answer:
    """Send the browser on."""
    return Answer(303, [(b"location", url.encode("ascii")), (b"content-length", b"0"), *headers])
