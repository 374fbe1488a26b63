"""Reading parameters from raw requests: pairs as they came, so that doubles can be seen (AZ-08)."""

from typing import Final
from urllib.parse import parse_qsl

from starlette.requests import Request

_FIELDS: Final = 64
_FORM: Final = "application/x-www-form-urlencoded"

Pairs = list[tuple[str, str]]


class FormError(Exception):
    """The body is not a form as RFC 6749 Appendix B wants it; ``status`` is 400 or 415."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


def query_pairs(request: Request) -> Pairs:
    """The query's parameters in order, doubles included."""
    return _pairs(request.scope["query_string"])


async def form_pairs(request: Request) -> Pairs:
    """The body's parameters in order, doubles included; one content type, UTF-8 only (HP-04)."""
    media, _, parameters = request.headers.get("content-type", "").partition(";")
    if media.strip().lower() != _FORM or parameters.strip().lower().replace('"', "") not in {"", "charset=utf-8"}:
        raise FormError(415)
    return _pairs(await request.body())


def _pairs(raw: bytes) -> Pairs:
    try:
        return parse_qsl(
            raw.decode("ascii"),
            keep_blank_values=True,
            encoding="utf-8",
            errors="strict",
            max_num_fields=_FIELDS,
            separator="&",
        )
    except ValueError:
        raise FormError(400) from None


def once(pairs: Pairs) -> dict[str, str]:
    """The parameters as a mapping; a doubled one is refused, equal values included."""
    values = dict(pairs)
    if len(values) != len(pairs):
        raise FormError(400)
    return values
