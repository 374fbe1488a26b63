"""The sandbox's equivalence table: what a signature of one place is worth in another; no row, no recognition.

Neutral classes: `R3` on a device of the holder's own, `R2` recognised or licensed, `R1` advanced. Rows that somebody
learned in law has not confirmed stand in it as drafts, without effect.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from mock_idps.authority import lists
from mock_idps.authority.listed import when
from mock_idps.authority.world import World

FAMILIES: Final = ("RSA", "EC", "Ed25519", "SM2")


@dataclass(frozen=True, slots=True)
class Row:
    """One row before it is written."""

    issuing: str
    relying: str
    scheme: str
    signature_class: str
    effect_class: str
    reference: str
    since: datetime
    status: str = "enacted"
    conditions: tuple[str, ...] = ()


_AT_HOME: Final = datetime(2010, 1, 1, tzinfo=UTC)
_HK_GD: Final = datetime(2012, 8, 1, tzinfo=UTC)
_MO_GD: Final = datetime(2013, 11, 20, tzinfo=UTC)
ROWS: Final = (
    Row("HK", "HK", "HK", "R2", "R2", "Electronic Transactions Ordinance, section 6", _AT_HOME),
    Row("GD", "GD", "GD", "R2", "R2", "Electronic Signature Law, articles 13 and 14", _AT_HOME),
    Row("MO", "MO", "MO", "R3", "R3", "Law 5/2005, qualified signature", _AT_HOME),
    Row("MO", "MO", "MO", "R1", "R1", "Law 5/2005, advanced signature", _AT_HOME),
    Row("HK", "GD", "HK-GD", "R2", "R2", "Arrangement on mutual recognition, 2012", _HK_GD),
    Row("GD", "HK", "HK-GD", "R2", "R2", "Arrangement on mutual recognition, 2012", _HK_GD),
    Row("MO", "GD", "MO-GD", "R3", "R2", "Framework of 2013, not confirmed", _MO_GD, "draft"),
    Row("GD", "MO", "MO-GD", "R2", "R2", "Framework of 2013, not confirmed", _MO_GD, "draft"),
)


def equivalence(world: World, *, sequence: int = 1, **changes: Any) -> dict[str, Any]:
    """Write the table; `changes` set its members."""
    document = lists.header(world, "equivalence", sequence=sequence)
    return document | {"rows": [members(row) for row in ROWS]} | changes


def members(row: Row, **changes: Any) -> dict[str, Any]:
    """Write one row."""
    written = {
        "row_id": f"{row.issuing}-{row.relying}-{row.scheme}-{row.signature_class}",
        "issuing": row.issuing,
        "relying": row.relying,
        "scheme": row.scheme,
        "signature_class": row.signature_class,
        "purposes": ["*"],
        "families": list(FAMILIES),
        "effect_class": row.effect_class,
        "legal_reference": f"{row.reference} (fictional table)",
        "conditions": list(row.conditions),
        "periods": [{"status": row.status, "start": when(row.since), "reference": "Sandbox notice 1"}],
    }
    return written | changes


def signed_equivalence(world: World, **changes: Any) -> bytes:
    """The table, signed."""
    return lists.sign(world, equivalence(world, **changes), typ=lists.EQUIVALENCE_TYPE)
