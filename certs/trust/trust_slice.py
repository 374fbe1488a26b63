"""A part of a snapshot for an evidence bundle: the entries that a signature met, under their lists' whole identity.

It is no list: its entries carry no signature. It is evidence under the seal of the report that it belongs to, and keeps
each list's number, digest and times as they were, so that replaying says the same to the byte.
"""

from collections.abc import Collection, Iterable
from datetime import timedelta
from typing import Any, Final

from certs.trust.equivalence import EquivalenceTable
from certs.trust.equivalence_document import read_row, row_members
from certs.trust.errors import RefusalCode, Refused
from certs.trust.list_document import MAX_ENTRIES
from certs.trust.list_entry import read_entry
from certs.trust.list_errors import ListError
from certs.trust.list_fields import Fields
from certs.trust.list_header import HEADER_MEMBERS, read_header
from certs.trust.list_writer import entry_members, header_members
from certs.trust.trust_list import Jurisdiction, TrustList

_MEMBERS: Final = frozenset({"lists", "equivalence", "grace_seconds"})
_LIST: Final = HEADER_MEMBERS | {"sha256", "scheme", "issuing_jurisdiction", "entries"}
_TABLE: Final = HEADER_MEMBERS | {"sha256", "rows"}
_MOST_GRACE: Final = 30 * 86_400


def write(
    lists: Iterable[TrustList], table: EquivalenceTable | None, grace: timedelta, entries: Collection[tuple[str, str]]
) -> dict[str, Any]:
    """Write a slice; of the table, the rows of the schemes whose entries are in it."""
    kept = [(one, [entry for entry in one.entries if (one.list_id, entry.entry_id) in entries]) for one in lists]
    schemes = {one.scheme for one, found in kept if found}
    return {
        "lists": [
            header_members(one, one.operator, one.version)
            | {
                "sha256": one.sha256,
                "scheme": one.scheme,
                "issuing_jurisdiction": one.issuing_jurisdiction.value,
                "entries": [entry_members(entry) for entry in found],
            }
            for one, found in kept
        ],
        "equivalence": None if table is None else _table(table, schemes),
        "grace_seconds": int(grace.total_seconds()),
    }


def read(members: object) -> tuple[tuple[TrustList, ...], EquivalenceTable | None, timedelta]:
    """Read a slice as strictly as a list; raises `Refused`."""
    try:
        fields = Fields.of(members, "", required=_MEMBERS)
        lists = tuple(_read_list(item, path) for item, path in fields.items("lists"))
        table = _read_table(fields.members["equivalence"]) if fields.has("equivalence") else None
        grace = timedelta(seconds=fields.number("grace_seconds", smallest=0, largest=_MOST_GRACE))
        if len({one.list_id for one in lists}) == len(lists):
            return lists, table, grace
    except ListError:
        pass
    raise Refused(RefusalCode.FORMAT, "the lists in this evidence cannot be read")


def _table(table: EquivalenceTable, schemes: Collection[str]) -> dict[str, Any]:
    rows = [row_members(row) for row in table.rows if row.scheme in schemes]
    return header_members(table, table.operator, table.version) | {"sha256": table.sha256, "rows": rows}


def _read_list(value: object, where: str) -> TrustList:
    fields = Fields.of(value, where, required=_LIST)
    header = read_header(fields)
    return TrustList(
        list_id=header.list_id,
        scheme=fields.text("scheme"),
        issuing_jurisdiction=fields.word("issuing_jurisdiction", Jurisdiction),
        operator=header.operator,
        version=header.version,
        sequence=header.sequence,
        previous_sha256=header.previous_sha256,
        issued=header.issued,
        next_update=header.next_update,
        expires=header.expires,
        sources=(),
        entries=tuple(read_entry(item, path) for item, path in fields.items("entries", at_most=MAX_ENTRIES)),
        sha256=fields.digest("sha256"),
        payload={},
    )


def _read_table(value: object) -> EquivalenceTable:
    fields = Fields.of(value, "equivalence", required=_TABLE)
    header = read_header(fields)
    return EquivalenceTable(
        list_id=header.list_id,
        operator=header.operator,
        version=header.version,
        sequence=header.sequence,
        previous_sha256=header.previous_sha256,
        issued=header.issued,
        next_update=header.next_update,
        expires=header.expires,
        rows=tuple(read_row(item, path) for item, path in fields.items("rows", at_most=MAX_ENTRIES)),
        sha256=fields.digest("sha256"),
        payload={},
    )
