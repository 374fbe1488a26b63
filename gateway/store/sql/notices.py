"""What relying parties have to be told: written with the change it tells of, kept until delivered or given up.

A notice names the number that the relying party had. The record that it tells of is read only when the notice goes out,
so that nothing is told that is not true any more, and nobody is told more than they may have by then (G10).
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, Integer, Text, bindparam, insert, select, update

from gateway.audit import AuditAction, AuditEvent
from gateway.broker.ports import Notice, NoticeKind
from gateway.oidc.random_values import new_id
from gateway.store.sql import audit, releases
from gateway.store.sql.columns import NOW, Moment
from gateway.store.sql.database import Database
from gateway.store.sql.notice_facts import Facts, facts_of
from gateway.store.sql.number_tables import bindings, holders, notices
from gateway.store.sql.number_tables import releases as given
from gateway.store.sql.tables import clients
from gateway.store.vault import Vault

_ID: Final = bindparam("of_id", type_=Text())
_RECEIVERS: Final = (
    select(given.c.subject_id, given.c.client_id, given.c.number_id)
    .join(holders, holders.c.subject_id == given.c.subject_id)
    .join(bindings, bindings.c.id == holders.c.binding_id)
    .where(bindings.c.id == _ID)
)
_OF_THE_OLD: Final = _RECEIVERS.where(given.c.number_id.is_distinct_from(bindings.c.number_id))
_ADD: Final = insert(notices)
_IS_DUE: Final = notices.c.due_at <= NOW
_ANY_DUE: Final = select(notices.c.id).where(_IS_DUE).limit(1)
_DISABLED: Final = select(clients.c.client_id).where(clients.c.disabled_at.is_not(None))
_GIVE_UP: Final = (
    update(notices)
    .where(_IS_DUE, notices.c.client_id.in_(_DISABLED))
    .values(due_at=None)
    .returning(notices.c.correlation_id, notices.c.client_id, notices.c.subject_id)
)
_FIRST_DUE: Final = (
    select(notices.c.id)
    .where(_IS_DUE)
    .order_by(notices.c.due_at, notices.c.id)
    .limit(bindparam("most", type_=Integer()))
    .with_for_update(skip_locked=True)
)
_LEASE: Final = (
    update(notices)
    .where(notices.c.id.in_(_FIRST_DUE))
    .values(due_at=bindparam("lease_until", type_=Moment()), tries=notices.c.tries + 1)
    .returning(notices.c.id)
)
_IS_OPEN: Final = (notices.c.id == _ID) & notices.c.due_at.is_not(None)
_DELIVERED: Final = update(notices).where(_IS_OPEN).values(due_at=None, delivered_at=NOW)
_PUT_OFF: Final = update(notices).where(_IS_OPEN).values(due_at=bindparam("again_at", type_=Moment()))


def write(connection: Connection, kind: NoticeKind, binding_id: str, now: datetime, correlation_id: str) -> None:
    """Add a notice for everybody who has a number of a record: that is not its number now, if it was superseded."""
    statement = _OF_THE_OLD if kind is NoticeKind.SUPERSEDED else _RECEIVERS
    rows = [
        {
            "id": new_id(),
            "kind": kind.value,
            "client_id": row.client_id,
            "subject_id": row.subject_id,
            "old_number_id": row.number_id,
            "correlation_id": correlation_id,
            "at": now,
            "due_at": now,
            "tries": 0,
        }
        for row in connection.execute(statement, {"of_id": binding_id})
    ]
    if rows:
        connection.execute(_ADD, rows)


class SqlNotices:
    """``NoticeStore``."""

    def __init__(self, database: Database, vault: Vault) -> None:
        self._database = database
        self._vault = vault

    async def due(self, now: datetime, lease_until: datetime, limit: int) -> Sequence[Notice]:
        """Take due notices, so that no other worker takes them before ``lease_until``; often there are none.

        A notice taken counts as a try, also if whoever took it is never heard of again.
        """
        any_due = await self._database.read(lambda connection: connection.execute(_ANY_DUE, {"now": now}).first())
        if any_due is None:
            return ()
        return await self._database.run(lambda connection: self._take(connection, now, lease_until, limit))

    async def delivered(self, notice_id: str, now: datetime, event: AuditEvent) -> None:
        """The relying party has it, and with it the number that stands now, if it may have it."""

        def work(connection: Connection) -> None:
            if connection.execute(_DELIVERED, {"of_id": notice_id, "now": now}).rowcount == 0:
                return
            for one in facts_of(connection, self._vault, [notice_id]):
                if one.may_have_number:
                    releases.give(connection, one.subject_id, one.client.client_id, now)
            audit.record(connection, event)

        await self._database.run(work)

    async def put_off(self, notice_id: str, again_at: datetime | None, event: AuditEvent | None) -> None:
        """It was not taken: try again at ``again_at``, or give up if that is none."""

        def work(connection: Connection) -> None:
            changed = connection.execute(_PUT_OFF, {"of_id": notice_id, "again_at": again_at}).rowcount
            if changed and event is not None:
                audit.record(connection, event)

        await self._database.run(work)

    def _take(self, connection: Connection, now: datetime, lease_until: datetime, limit: int) -> list[Notice]:
        """Lease what is due, and let go of what nobody can be told any more."""
        for correlation_id, client_id, subject_id in connection.execute(_GIVE_UP, {"now": now}).all():
            audit.record(connection, _given_up(now, correlation_id, client_id, subject_id, "client_disabled"))
        values = {"now": now, "most": limit, "lease_until": lease_until}
        taken = connection.execute(_LEASE, values).scalars().all()
        told = []
        for one in facts_of(connection, self._vault, taken):
            if one.sub is None:
                _let_go(connection, one, now)
            else:
                told.append(one.notice(one.sub))
        return told


def _let_go(connection: Connection, facts: Facts, now: datetime) -> None:
    """Give a notice up about somebody whom the relying party knows by no name."""
    connection.execute(_PUT_OFF, {"of_id": facts.id, "again_at": None})
    client_id = facts.client.client_id
    audit.record(connection, _given_up(now, facts.correlation_id, client_id, facts.subject_id, "no_subject"))


def _given_up(now: datetime, correlation_id: str, client_id: str, subject_id: str, reason: str) -> AuditEvent:
    return AuditEvent(
        AuditAction.NOTICE_GIVEN_UP,
        now,
        correlation_id,
        client_id=client_id,
        subject_id=subject_id,
        details={"reason": reason},
    )
