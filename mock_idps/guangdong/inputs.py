"""Reading what comes in: bounded bodies, and parameters of which each may stand once."""

from typing import Final
from urllib.parse import parse_qsl

from starlette.requests import Request

MAX_BODY: Final = 65_536
MAX_FIELDS: Final = 40


class TooLargeError(Exception):
    """The body is longer than this platform reads."""


async def read_body(request: Request) -> bytes:
    """Read the body up to the limit."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BODY:
            raise TooLargeError
    return bytes(body)


def query_fields(request: Request) -> dict[str, str]:
    """Give the query's parameters; one that stands twice counts as absent, so that nobody picks between them."""
    return _once(request.query_params.multi_items())


async def form_fields(request: Request) -> dict[str, str]:
    """Give the fields of a submitted form, under the same rule; nothing of one that is too large or malformed."""
    try:
        body = await read_body(request)
        return _once(parse_qsl(body.decode("ascii"), max_num_fields=MAX_FIELDS))
    except (TooLargeError, ValueError):
        return {}


def _once(pairs: list[tuple[str, str]]) -> dict[str, str]:
    names = [name for name, _ in pairs]
    return {name: value for name, value in pairs if names.count(name) == 1}
