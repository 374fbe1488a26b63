"""What people and operators may end: a consent, an account, everything that somebody is signed in with (G10)."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, LargeBinary, Text, bindparam, delete, select, union, update

from gateway.audit import AuditEvent
from gateway.broker.model import Consent
from gateway.store.sql import audit, consents, grant_ends, indexes, releases, ties
from gateway.store.sql.columns import NOW, is_key
from gateway.store.sql.database import Database
from gateway.store.sql.number_tables import holders
from gateway.store.sql.tables import sessions, subjects
from gateway.store.vault import Vault

_ID: Final = bindparam("of_id", type_=Text())
_OTHERS: Final = holders.alias("others")
_ACCOUNTS: Final = union(
    select(subjects.c.provider).where(subjects.c.id == _ID, subjects.c.erased_at.is_(None)),
    select(_OTHERS.c.provider)
    .join(holders, holders.c.binding_id == _OTHERS.c.binding_id)
    .where(holders.c.subject_id == _ID),
)
# Stronger than what an insert of a grant or session holds on the row: those under way end first, and are seen then.
_LOCK: Final = (
    select(subjects.c.disabled_at).where(subjects.c.id == _ID, subjects.c.erased_at.is_(None)).with_for_update()
)
_END_SESSIONS: Final = delete(sessions).where(sessions.c.subject_id == _ID)
_STATE: Final = select(subjects.c.disabled_at, subjects.c.erased_at).where(subjects.c.id == _ID)
_BLOCK: Final = update(subjects).where(subjects.c.id == _ID, subjects.c.disabled_at.is_(None)).values(disabled_at=NOW)
_UNBLOCK: Final = (
    update(subjects)
    .where(subjects.c.id == _ID, subjects.c.disabled_at.is_not(None), subjects.c.erased_at.is_(None))
    .values(disabled_at=None)
)
_ERASE: Final = (
    update(subjects).where(subjects.c.id == _ID).values(erased_at=NOW, box=bindparam("new_box", type_=LargeBinary()))
)


def end_everything(connection: Connection, subject_id: str, now: datetime) -> None:
    """End a person's sessions and grants, and with these every code and token, in the transaction under way."""
    connection.execute(_LOCK, {"of_id": subject_id})
    connection.execute(_END_SESSIONS, {"of_id": subject_id})
    grant_ends.of_person(connection, subject_id, now)


def end_grants(connection: Connection, subject_id: str, now: datetime) -> None:
    """End a person's grants, and with these every code and token; they stay signed in here."""
    connection.execute(_LOCK, {"of_id": subject_id})
    grant_ends.of_person(connection, subject_id, now)


def forget(
    connection: Connection, vault: Vault, subject_id: str, empty: bytes, *, now: datetime, event: AuditEvent
) -> bool:
    """Empty an account in the transaction under way; ``empty`` is its box from now on. False if there is none."""
    row = connection.execute(_LOCK, {"of_id": subject_id}).one_or_none()
    if row is None or row.disabled_at is not None:
        return False
    indexes.drop(connection, subject_id)
    connection.execute(_ERASE, {"of_id": subject_id, "now": now, "new_box": empty})
    ties.let_go(connection, vault, subject_id, now, event, evidence="erased")
    releases.forget(connection, subject_id)
    consents.withdraw_all(connection, subject_id, now)
    end_everything(connection, subject_id, now)
    audit.record(connection, event)
    return True


def switch_off(connection: Connection, subject_id: str, now: datetime, event: AuditEvent) -> bool:
    """Block a person in the transaction under way; false if they are unknown or blocked already."""
    if connection.execute(_BLOCK, {"of_id": subject_id, "now": now}).rowcount == 0:
        return False
    end_everything(connection, subject_id, now)
    audit.record(connection, event)
    return True


class SqlPeople:
    """``PeopleStore`` and ``SubjectRegistry``."""

    def __init__(self, database: Database, vault: Vault) -> None:
        self._database = database
        self._vault = vault

    async def accounts(self, subject_id: str) -> Sequence[str]:
        """The providers whose accounts are tied to the same record, this person's own among them."""
        values = {"of_id": subject_id}
        found = await self._database.read(lambda connection: connection.execute(_ACCOUNTS, values).scalars().all())
        return sorted(found)

    async def consents(self, subject_id: str) -> Sequence[Consent]:
        """The standing decision for each client, newest first."""
        return await self._database.read(lambda connection: consents.standing(connection, subject_id))

    async def receivers(self, subject_id: str) -> Mapping[str, datetime]:
        """The clients that were given the recorded number, with the moment of the last time."""
        return await self._database.read(lambda connection: releases.receivers(connection, subject_id))

    async def withdraw(self, subject_id: str, client_id: str, now: datetime, event: AuditEvent) -> bool:
        """Withdraw the standing consent, and end what was granted on it; false, and nothing done, if there is none."""
        if not is_key(client_id):
            return False

        def work(connection: Connection) -> bool:
            connection.execute(_LOCK, {"of_id": subject_id})
            if not consents.withdraw(connection, subject_id, client_id, now):
                return False
            grant_ends.of_person_at(connection, subject_id, client_id, now)
            audit.record(connection, event)
            return True

        return await self._database.run(work)

    async def erase(self, subject_id: str, now: datetime, event: AuditEvent) -> bool:
        """Forget an account; the row stays, empty, and is found by nothing: whoever comes back is new (AL-10).

        Somebody who is blocked cannot shed the block that way.
        """
        empty = self._vault.seal({}, "subjects", subject_id)
        return await self._database.run(
            lambda connection: forget(connection, self._vault, subject_id, empty, now=now, event=event)
        )

    async def block(self, subject_id: str, now: datetime, event: AuditEvent) -> bool:
        """Switch a person off, with all they are signed in with; true also when they are off already (AL-08)."""
        if not is_key(subject_id):
            return False

        def work(connection: Connection) -> bool:
            if connection.execute(_LOCK, {"of_id": subject_id}).one_or_none() is None:
                return False
            switch_off(connection, subject_id, now, event)
            return True

        return await self._database.run(work)

    async def unblock(self, subject_id: str, event: AuditEvent) -> bool:
        """Let the person in again; false, and no event, if they were not blocked."""
        if not is_key(subject_id):
            return False

        def work(connection: Connection) -> bool:
            if connection.execute(_UNBLOCK, {"of_id": subject_id}).rowcount == 0:
                return False
            audit.record(connection, event)
            return True

        return await self._database.run(work)

    async def untie(self, subject_id: str, reason: str, now: datetime, event: AuditEvent) -> bool:
        """Untie an account that is not the holder's, and end what it is signed in with; false if it is not tied."""
        if not is_key(subject_id):
            return False
        actor = f"operator:{event.details['operator']}"

        def work(connection: Connection) -> bool:
            if ties.let_go(connection, self._vault, subject_id, now, event, actor=actor, evidence=reason) is None:
                return False
            end_everything(connection, subject_id, now)
            audit.record(connection, event)
            return True

        return await self._database.run(work)

    async def state(self, subject_id: str) -> str | None:
        """How a person stands: ``active``, ``blocked`` or ``erased``; ``None`` if unknown."""
        if not is_key(subject_id):
            return None
        values = {"of_id": subject_id}
        row = await self._database.read(lambda connection: connection.execute(_STATE, values).one_or_none())
        if row is None:
            return None
        if row.erased_at is not None:
            return "erased"
        return "active" if row.disabled_at is None else "blocked"
