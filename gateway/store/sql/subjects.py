"""People: who somebody is at a provider, and under which ``sub`` a sector knows them."""

import secrets
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, bindparam, select

from gateway.store.sql.database import insert_unless_there
from gateway.store.sql.tables import pairwise, subjects

_FIND: Final = select(subjects.c.id, subjects.c.disabled_at).where(
    subjects.c.provider == bindparam("provider"), subjects.c.upstream_index == bindparam("upstream_index")
)
_ADD: Final = insert_unless_there(subjects, "provider", "upstream_index")
_FIND_SUB: Final = select(pairwise.c.sub).where(
    pairwise.c.subject_id == bindparam("subject_id"), pairwise.c.sector == bindparam("sector")
)
_ADD_SUB: Final = insert_unless_there(pairwise, "subject_id", "sector")


def new_subject_id() -> str:
    """An id that says nothing about anybody."""
    return secrets.token_urlsafe(18)


def find(connection: Connection, provider: str, upstream_index: bytes) -> tuple[str, bool] | None:
    """The person's id and whether they are switched off."""
    values = {"provider": provider, "upstream_index": upstream_index}
    row = connection.execute(_FIND, values).one_or_none()
    return None if row is None else (row.id, row.disabled_at is not None)


def add(connection: Connection, row: Mapping[str, Any]) -> tuple[str, bool]:
    """Add a person unless somebody else just did, and give the one that is there now."""
    connection.execute(_ADD[connection.dialect.name], row)
    found = find(connection, row["provider"], row["upstream_index"])
    if found is None:
        raise LookupError("a subject vanished")
    return found


def subject_row(subject_id: str, provider: str, upstream_index: bytes, box: bytes, now: datetime) -> dict[str, Any]:
    """The row of a new person."""
    return {
        "id": subject_id,
        "provider": provider,
        "upstream_index": upstream_index,
        "box": box,
        "created_at": now,
    }


def find_sub(connection: Connection, subject_id: str, sector: str) -> str | None:
    """The ``sub`` by which a sector knows a person."""
    return connection.execute(_FIND_SUB, {"subject_id": subject_id, "sector": sector}).scalar_one_or_none()


def add_sub(connection: Connection, subject_id: str, sector: str, proposed: str) -> str:
    """Keep the proposed ``sub`` unless there is one by now."""
    values = {"subject_id": subject_id, "sector": sector, "sub": proposed}
    connection.execute(_ADD_SUB[connection.dialect.name], values)
    return find_sub(connection, subject_id, sector) or proposed
