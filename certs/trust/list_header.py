"""What trust lists and the equivalence table have in common: number, chain and times (`gba-mrtl`, header)."""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Protocol

from certs.keys import JsonError, strict_json
from certs.trust.list_errors import ListError, ListRefusal
from certs.trust.list_fields import Fields

FORMAT_VERSION: Final = 1
MAX_PAYLOAD: Final = 8 * 1024 * 1024
MAX_SEQUENCE: Final = 2**31 - 1
HEADER_MEMBERS: Final = frozenset(
    {"list_id", "operator", "version", "sequence", "previous_sha256", "issued", "next_update", "expires"}
)
LIST_ID: Final = re.compile(r"[a-z0-9][a-z0-9.-]{0,63}")
LIST_ID_DETAIL: Final = "is not an identifier of a list"


class Sequenced(Protocol):
    """A document of a numbered chain."""

    @property
    def list_id(self) -> str:
        """Which chain it belongs to."""

    @property
    def sequence(self) -> int:
        """Its number there."""

    @property
    def previous_sha256(self) -> str | None:
        """The payload's digest of the document before it."""

    @property
    def issued(self) -> datetime:
        """When it was made."""

    @property
    def next_update(self) -> datetime:
        """When its successor is due."""

    @property
    def expires(self) -> datetime:
        """When it stops being believed."""

    @property
    def sha256(self) -> str:
        """Its own payload's digest."""


@dataclass(frozen=True, slots=True)
class Header:
    """The common members, read."""

    list_id: str
    operator: Mapping[str, str]
    version: int
    sequence: int
    previous_sha256: str | None
    issued: datetime
    next_update: datetime
    expires: datetime


def parse_payload(payload: bytes) -> dict[str, Any]:
    """Read a payload's JSON after its size: nothing endless is parsed."""
    if len(payload) > MAX_PAYLOAD:
        raise ListError(ListRefusal.TOO_LARGE, "the document is larger than any that is accepted")
    try:
        return strict_json.parse_object(payload)
    except JsonError:
        raise ListError(ListRefusal.MALFORMED, "the document is not one JSON object") from None


def payload_digest(payload: bytes) -> str:
    """The digest under which a document is known: in the chain, in reports and in the high-water file."""
    return hashlib.sha256(payload).hexdigest()


def read_header(fields: Fields) -> Header:
    """Read the common members; a document must be made before its successor is due, and be believed until then."""
    header = Header(
        list_id=fields.matching("list_id", LIST_ID, LIST_ID_DETAIL),
        operator=fields.languages("operator"),
        version=fields.number("version", smallest=FORMAT_VERSION, largest=FORMAT_VERSION),
        sequence=fields.number("sequence", smallest=1, largest=MAX_SEQUENCE),
        previous_sha256=fields.digest("previous_sha256") if fields.has("previous_sha256") else None,
        issued=fields.time("issued"),
        next_update=fields.time("next_update"),
        expires=fields.time("expires"),
    )
    if not header.issued < header.next_update <= header.expires:
        raise ListError(ListRefusal.SCHEMA, "the times are not in order", where="next_update")
    return header
