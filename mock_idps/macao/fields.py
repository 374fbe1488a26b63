"""Reads what a browser or a server sends: bounded, strictly decoded, each name once."""

from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qsl

from starlette.requests import Request

MAX_BYTES: Final = 16_384
MAX_FIELDS: Final = 40
FORM: Final = "application/x-www-form-urlencoded"


class FieldsError(Exception):
    """The query or form cannot be read; the message is fixed text."""


class TooLargeError(FieldsError):
    """The query or form is larger than anything that belongs here."""


@dataclass(frozen=True, slots=True)
class Fields:
    """Names and values of a query or form; a name that stood twice is named in `doubled`."""

    values: dict[str, str]
    doubled: frozenset[str] = frozenset()

    def get(self, name: str) -> str:
        """Give the value, or an empty text."""
        return self.values.get(name, "")


async def read_fields(request: Request) -> Fields:
    """Read the query of a GET, the form of a POST."""
    if request.method != "POST":
        return parse(request.scope["query_string"])
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != FORM:
        raise FieldsError("a form is expected")
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BYTES:
            raise TooLargeError("the form is too large")
    return parse(bytes(body))


def parse(encoded: bytes) -> Fields:
    """Decode percent-encoded pairs; text that is not UTF-8 is refused."""
    if len(encoded) > MAX_BYTES:
        raise TooLargeError("the query is too large")
    try:
        text = encoded.decode("ascii")
        pairs = parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=MAX_FIELDS)
    except ValueError:
        raise FieldsError("the encoding is not valid") from None
    values: dict[str, str] = {}
    doubled: set[str] = set()
    for name, value in pairs:
        if name in values:
            doubled.add(name)
        values.setdefault(name, value)
    return Fields(values, frozenset(doubled))
