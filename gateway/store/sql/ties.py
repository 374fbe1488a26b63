"""Which accounts are tied to which record: one account of each provider for one permit (G07)."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection, Text, bindparam, delete, select, update

from gateway.audit import AuditEvent
from gateway.store.sql import binding_rows as rows
from gateway.store.sql.binding_rows import Author, Recorded
from gateway.store.sql.database import insert_unless_there
from gateway.store.sql.number_tables import holders
from gateway.store.vault import Vault
from mapping.lifecycle import Change

_ID: Final = bindparam("of_id", type_=Text())
_OTHER_ID: Final = bindparam("to_id", type_=Text())
_PROVIDER: Final = bindparam("of_provider", type_=Text())
_TIE: Final = insert_unless_there(holders)
_TIE_OF: Final = select(holders.c.binding_id).where(holders.c.subject_id == _ID)
_ACCOUNT: Final = select(holders.c.subject_id).where(holders.c.binding_id == _ID, holders.c.provider == _PROVIDER)
_ACCOUNTS: Final = (
    select(holders.c.provider, holders.c.subject_id).where(holders.c.binding_id == _ID).order_by(holders.c.provider)
)
_UNTIE: Final = delete(holders).where(holders.c.subject_id == _ID).returning(holders.c.provider)
_OTHERS: Final = holders.alias("others")
_RIVALS: Final = (
    select(
        holders.c.provider,
        holders.c.subject_id,
        holders.c.tied_at,
        _OTHERS.c.subject_id.label("other_subject_id"),
        _OTHERS.c.tied_at.label("other_tied_at"),
    )
    .join(_OTHERS, _OTHERS.c.provider == holders.c.provider)
    .where(holders.c.binding_id == _ID, _OTHERS.c.binding_id == _OTHER_ID)
    .order_by(holders.c.provider)
)
_MOVE: Final = update(holders).where(holders.c.binding_id == _ID).values(binding_id=_OTHER_ID)


class Rivals(NamedTuple):
    """Two accounts of one provider, tied to two records that are to become one; the elder tie is named first."""

    elder: str
    younger: str


def tie(connection: Connection, subject_id: str, binding_id: str, provider: str, now: datetime) -> bool:
    """Tie a person to a record; false if they are tied already, or another account of that provider is."""
    values = {"subject_id": subject_id, "binding_id": binding_id, "provider": provider, "tied_at": now}
    return connection.execute(_TIE[connection.dialect.name], values).rowcount == 1


def tie_of(connection: Connection, subject_id: str) -> str | None:
    """The id of the record that a person is tied to."""
    return connection.execute(_TIE_OF, {"of_id": subject_id}).scalar_one_or_none()


def account(connection: Connection, binding_id: str, provider: str) -> str | None:
    """The account of one provider that is tied to a record."""
    values = {"of_id": binding_id, "of_provider": provider}
    return connection.execute(_ACCOUNT, values).scalar_one_or_none()


def accounts(connection: Connection, binding_id: str) -> Sequence[tuple[str, str]]:
    """All accounts that are tied to a record: provider and subject."""
    return [(row.provider, row.subject_id) for row in connection.execute(_ACCOUNTS, {"of_id": binding_id})]


def rivals(connection: Connection, old_id: str, new_id: str) -> Sequence[Rivals]:
    """Accounts of one provider that hold these two records: unless each pair is one person's, nor are the records."""
    return [_in_order(row) for row in connection.execute(_RIVALS, {"of_id": old_id, "to_id": new_id})]


def move(connection: Connection, old_id: str, new_id: str) -> None:
    """Give the people of a retired record to its successor."""
    connection.execute(_MOVE, {"of_id": old_id, "to_id": new_id})


def release(
    connection: Connection, vault: Vault, recorded: Recorded, subject_id: str, *, evidence: str, author: Author
) -> bool:
    """Untie an account from its record and put that on the record's history; false if it was not tied."""
    provider = connection.execute(_UNTIE, {"of_id": subject_id}).scalar_one_or_none()
    if provider is None:
        return False
    let_go = author._replace(subject_id=subject_id, provider=provider)
    rows.note(connection, vault, recorded, Change.UNTIED, evidence, let_go)
    return True


def let_go(
    connection: Connection,
    vault: Vault,
    subject_id: str,
    now: datetime,
    event: AuditEvent,
    *,
    actor: str = "person",
    evidence: str = "holder",
) -> str | None:
    """Untie an account from whatever record it is tied to, and give that record's id; the record and numbers stay."""
    recorded = rows.of_subject(connection, subject_id, lock=True)
    author = Author(now, event.correlation_id, actor)
    if recorded is None or not release(connection, vault, recorded, subject_id, evidence=evidence, author=author):
        return None
    return recorded.id


def _in_order(row: Any) -> Rivals:
    pair = (row.subject_id, row.other_subject_id)
    return Rivals(*(pair if row.tied_at <= row.other_tied_at else reversed(pair)))
