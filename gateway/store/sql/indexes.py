"""The table of blind indexes: every value under every key in use, so that two keys still mean one record (MP-09)."""

from collections.abc import Sequence
from functools import cache
from typing import Any, Final

from sqlalchemy import BindParameter, ColumnElement, Connection, LargeBinary, bindparam, delete, select

from gateway.store.sql.database import insert_unless_there
from gateway.store.sql.number_tables import indexes, key_states
from gateway.store.vault import Indexes, KeyNotHeldError, Vault, newest

SUBJECT: Final = "subject"
PERMIT: Final = "permit"
NUMBER: Final = "number"
BUCKET: Final = "bucket"

_CLAIM: Final = insert_unless_there(indexes, "value")
# Read with a lock that putting keys into use, and retiring them, has to wait for: see ``rekeying``.
_IN_USE: Final = (
    select(key_states.c.purpose, key_states.c.id).where(key_states.c.retired_at.is_(None)).with_for_update(read=True)
)
_UNCLAIM: Final = delete(indexes).where(indexes.c.target == bindparam("of_target"))


def sought(count: int) -> ColumnElement[bool]:
    """The condition "under one of so many keys"; fill it with ``values_of``."""
    return indexes.c.value.in_(_parameters(count))


def values_of(wanted: Indexes) -> dict[str, Any]:
    """The values for ``sought``."""
    return {f"sought_{place}": indexed.value for place, indexed in enumerate(wanted)}


def find(connection: Connection, wanted: Indexes) -> str | None:
    """What is indexed under a value, whichever key it was written with."""
    found = connection.execute(_find(len(wanted)), values_of(wanted)).scalars().first()
    return None if found is None else str(found)


def claim(connection: Connection, kind: str, wanted: Indexes, target: str) -> bool:
    """Take a value for a target under every key in use; exactly one caller gets it, the others get false.

    Keys are taken in one order by everybody, so that two callers wait for each other instead of locking each other out.
    """
    rows = [
        {"value": indexed.value, "key_id": indexed.key_id, "kind": kind, "target": target} for indexed in sorted(wanted)
    ]
    statement = _CLAIM[connection.dialect.name]
    taken = 0
    for row in rows:
        if connection.execute(statement, row).rowcount == 0:
            break
        taken += 1
    if taken < len(rows):
        if taken:
            unclaim(connection, rows[:taken])
        return False
    return True


def unclaim(connection: Connection, rows: Sequence[dict[str, Any]]) -> None:
    """Give back what a claim has taken before it met somebody else's."""
    for row in rows:
        connection.execute(delete(indexes).where(indexes.c.value == row["value"]))


def drop(connection: Connection, target: str) -> None:
    """Let a target be found no more."""
    connection.execute(_UNCLAIM, {"of_target": target})


def require_keys(connection: Connection, vault: Vault) -> None:
    """Refuse to write a new index unless it is written under every key in use; call it first in the transaction.

    A worker that was started before a new key was put into use learns of it here (``KeysInUse.run`` lets it catch up).
    """
    index, sealing = set(vault.index_keys), vault.sealing_key
    rows = connection.execute(_IN_USE).all()
    if index != {row.id for row in rows if row.purpose == "index"}:
        raise KeyNotHeldError("the index keys in use have changed")
    if sealing != newest([row.id for row in rows if row.purpose == "sealing"] or [sealing]):
        raise KeyNotHeldError("the sealing key in use has changed")


@cache
def _parameters(count: int) -> tuple[BindParameter[bytes], ...]:
    return tuple(bindparam(f"sought_{place}", type_=LargeBinary()) for place in range(count))


@cache
def _find(count: int) -> Any:
    return select(indexes.c.target).where(sought(count)).limit(1)
