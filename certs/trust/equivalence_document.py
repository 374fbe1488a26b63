"""The equivalence table from its signed payload, and back: read strictly, rows with whole history (spec section 5)."""

import re
from typing import Any, Final

from certs.keys.canonical import canonical
from certs.trust.equivalence import ANY_PURPOSE, EquivalenceRow, EquivalenceTable, Family, Purpose, RowPeriod, RowStatus
from certs.trust.list_errors import ListError, ListRefusal
from certs.trust.list_fields import Fields
from certs.trust.list_header import HEADER_MEMBERS, parse_payload, payload_digest, read_header
from certs.trust.list_root import EQUIVALENCE
from certs.trust.list_writer import header_members, write_time
from certs.trust.trust_list import Jurisdiction, SignatureClass

MAX_ROWS: Final = 5_000
_ROW: Final = frozenset(
    {
        "row_id",
        "issuing",
        "relying",
        "scheme",
        "signature_class",
        "purposes",
        "families",
        "effect_class",
        "legal_reference",
        "conditions",
        "periods",
    }
)
_ROW_ID: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}")
_SCHEME: Final = re.compile("(?:HK|MO|GD)(?:-(?:HK|MO|GD))?")
_PURPOSES: Final = re.compile("|".join(re.escape(word) for word in (ANY_PURPOSE, *Purpose)))


def read_table(payload: bytes) -> EquivalenceTable:
    """Read the signed payload of the table; raises `ListError`."""
    document = parse_payload(payload)
    fields = Fields.of(document, "", required=HEADER_MEMBERS | {"rows"})
    header = read_header(fields)
    if header.list_id != EQUIVALENCE:
        raise ListError(ListRefusal.SCHEMA, "is not the equivalence table", where="list_id")
    rows = tuple(read_row(item, path) for item, path in fields.items("rows", at_most=MAX_ROWS))
    if len({row.row_id for row in rows}) != len(rows):
        raise ListError(ListRefusal.SCHEMA, "two rows have one identifier", where="rows")
    return EquivalenceTable(
        list_id=header.list_id,
        operator=header.operator,
        version=header.version,
        sequence=header.sequence,
        previous_sha256=header.previous_sha256,
        issued=header.issued,
        next_update=header.next_update,
        expires=header.expires,
        rows=rows,
        sha256=payload_digest(payload),
        payload=document,
    )


def write_table(table: EquivalenceTable) -> bytes:
    """Write a table as the payload that is signed."""
    members = header_members(table, table.operator, table.version)
    return canonical(members | {"rows": [row_members(row) for row in table.rows]})


def row_members(row: EquivalenceRow) -> dict[str, Any]:
    """Write one row."""
    return {
        "row_id": row.row_id,
        "issuing": row.issuing,
        "relying": row.relying,
        "scheme": row.scheme,
        "signature_class": row.signature_class,
        "purposes": list(row.purposes),
        "families": list(row.families),
        "effect_class": row.effect_class,
        "legal_reference": row.legal_reference,
        "conditions": list(row.conditions),
        "periods": [_period_members(period) for period in row.periods],
    }


def _period_members(period: RowPeriod) -> dict[str, Any]:
    members = {"status": period.status, "start": write_time(period.start), "reference": period.reference}
    return members if period.end is None else members | {"end": write_time(period.end)}


def read_row(value: object, where: str) -> EquivalenceRow:
    """Read one row, or raise `ListError` with the path to what is wrong."""
    fields = Fields.of(value, where, required=_ROW)
    return EquivalenceRow(
        row_id=fields.matching("row_id", _ROW_ID, "is not an identifier of a row"),
        issuing=fields.word("issuing", Jurisdiction),
        relying=fields.word("relying", Jurisdiction),
        scheme=fields.matching("scheme", _SCHEME, "is not a scheme"),
        signature_class=fields.word("signature_class", SignatureClass),
        purposes=_purposes(fields),
        families=tuple(word.value for word in fields.words("families", Family)),
        effect_class=fields.word("effect_class", SignatureClass),
        legal_reference=fields.text("legal_reference"),
        conditions=fields.texts("conditions"),
        periods=_periods(fields),
    )


def _purposes(row: Fields) -> tuple[str, ...]:
    found = tuple(item for item, _ in row.items("purposes", at_least=1))
    if not all(isinstance(item, str) and _PURPOSES.fullmatch(item) for item in found) or len(set(found)) != len(found):
        raise ListError(ListRefusal.SCHEMA, "does not name purposes, each once", where=row.at("purposes"))
    return found


def _periods(row: Fields) -> tuple[RowPeriod, ...]:
    periods = tuple(_period(item, path) for item, path in row.items("periods", at_least=1))
    if list(periods) != sorted(periods, key=lambda period: period.start):
        raise ListError(ListRefusal.SCHEMA, "the periods do not follow one another", where=row.at("periods"))
    return periods


def _period(value: object, where: str) -> RowPeriod:
    required = frozenset({"status", "start", "reference"})
    fields = Fields.of(value, where, required=required, optional=frozenset({"end"}))
    start, end = fields.time("start"), fields.optional_time("end")
    if end is not None and end <= start:
        raise ListError(ListRefusal.SCHEMA, "ends before it starts", where=where)
    return RowPeriod(fields.word("status", RowStatus), start, end, fields.text("reference", may_be_empty=True))
