"""A trust list (`gba-mrtl`) from its signed payload: read strictly and whole, or refused with the path to the fault.

`read_list` says nothing about who signed or what came before: that is `list_signing` and `list_acceptance`.
"""

import re
from typing import Final

from certs.trust.list_entry import read_entry
from certs.trust.list_errors import ListError, ListRefusal
from certs.trust.list_fields import Fields
from certs.trust.list_header import HEADER_MEMBERS, parse_payload, payload_digest, read_header
from certs.trust.list_writer import to_payload
from certs.trust.trust_list import Entry, Jurisdiction, Source, TrustList

__all__ = ["MAX_ENTRIES", "read_list", "to_payload"]

MAX_ENTRIES: Final = 5_000
_MEMBERS: Final = HEADER_MEMBERS | {"scheme", "issuing_jurisdiction", "sources", "entries"}
_SCHEME: Final = re.compile("(?:HK|MO|GD)(?:-(?:HK|MO|GD))?")
_SOURCE: Final = frozenset({"url", "retrieved_at", "sha256", "transcriber", "checker"})


def read_list(payload: bytes) -> TrustList:
    """Read the signed payload of a list; raises `ListError`."""
    document = parse_payload(payload)
    fields = Fields.of(document, "", required=_MEMBERS)
    header = read_header(fields)
    return TrustList(
        list_id=header.list_id,
        scheme=fields.matching("scheme", _SCHEME, "is not a scheme"),
        issuing_jurisdiction=fields.word("issuing_jurisdiction", Jurisdiction),
        operator=header.operator,
        version=header.version,
        sequence=header.sequence,
        previous_sha256=header.previous_sha256,
        issued=header.issued,
        next_update=header.next_update,
        expires=header.expires,
        sources=tuple(_source(item, path) for item, path in fields.items("sources")),
        entries=_entries(fields),
        sha256=payload_digest(payload),
        payload=document,
    )


def _entries(fields: Fields) -> tuple[Entry, ...]:
    entries = tuple(read_entry(item, path) for item, path in fields.items("entries", at_most=MAX_ENTRIES))
    if len({entry.entry_id for entry in entries}) != len(entries):
        raise ListError(ListRefusal.SCHEMA, "two entries have one identifier", where="entries")
    return entries


def _source(value: object, where: str) -> Source:
    fields = Fields.of(value, where, required=_SOURCE)
    source = Source(
        url=fields.text("url"),
        retrieved_at=fields.time("retrieved_at"),
        sha256=fields.digest("sha256"),
        transcriber=fields.text("transcriber"),
        checker=fields.text("checker"),
    )
    if source.transcriber == source.checker:
        raise ListError(ListRefusal.SCHEMA, "one person transcribed and checked", where=where)
    return source
