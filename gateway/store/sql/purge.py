"""Takes away what has ended, in small portions; what decides is always the moment in the row, never this (CD-05)."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Integer,
    Table,
    bindparam,
    delete,
    exists,
    or_,
    select,
    tuple_,
    update,
)
from sqlalchemy.sql.dml import Delete

from gateway.store.sql.columns import Moment
from gateway.store.sql.database import Database
from gateway.store.sql.instances import FORGOTTEN
from gateway.store.sql.number_tables import notices
from gateway.store.sql.operation_tables import instances, joint_acts, operator_sessions
from gateway.store.sql.signature_tables import receipts, report_evidence, reports, revocation_cache, signing_requests
from gateway.store.sql.tables import (
    attempts,
    codes,
    decoupled_requests,
    deliveries,
    grants,
    pushed_requests,
    rates,
    refresh_tokens,
    replays,
    sessions,
    tokens,
    transactions,
)

CODE_MEMORY: Final = timedelta(hours=1)
"""How long a spent code is known at least, so that a second use is noticed."""
OPENED_MEMORY: Final = timedelta(minutes=15)
"""How long a pushed request is known that a browser has come with: a sign-in may take that long (RO-02)."""
DECOUPLED_MEMORY: Final = timedelta(hours=1)
"""How long a device or counter is told that its request has expired."""
REPLAY_MEMORY: Final = timedelta(minutes=2)
"""A worker whose clock is behind must not honour a mark again (G21)."""
DELIVERED_MEMORY: Final = timedelta(days=30)
JOINT_ACT_MEMORY: Final = timedelta(days=30)
"""How long an act of two persons can be looked up outside the audit."""
GIVEN_UP_MEMORY: Final = timedelta(days=90)
"""How long it can be looked up that a relying party was told, or could not be."""
SIGNING_MEMORY: Final = timedelta(days=7)
"""How long a relying party can fetch what came of its signing request."""
STATUS_MEMORY: Final = timedelta(days=7)
"""How long a certificate's old status is kept: a policy may grant a day of grace (signatures specification 6)."""
PORTIONS: Final = 20
"""The most portions of one table in one go: housekeeping must not keep sign-ins waiting."""

_NONE: Final = timedelta(0)
_BEFORE: Final = bindparam("before", type_=Moment())
_MOST: Final = bindparam("most", type_=Integer())


def _portion(table: Table, key: list[Column[Any]], is_over: ColumnElement[bool]) -> Delete:
    """Delete some ended rows; rows that another worker is deleting are left to it."""
    chosen = select(*key).where(is_over).limit(_MOST).with_for_update(skip_locked=True)
    return delete(table).where(tuple_(*key).in_(chosen) if len(key) > 1 else key[0].in_(chosen))


def _hangs_on(table: Table, grant_id: Column[Any]) -> ColumnElement[bool]:
    return exists().where(table.c.grant_id == grant_id)


def _of_old_grants(table: Table) -> ColumnElement[bool]:
    """The condition that a row hangs on a grant whose time is over; few grants are, and they go with this purge."""
    return table.c.grant_id.in_(select(grants.c.id).where(grants.c.keep_until <= _BEFORE))


_HAS_TOKEN: Final = _hangs_on(tokens, codes.c.grant_id)
_IS_IN_USE: Final = or_(
    *(_hangs_on(table, grants.c.id) for table in (tokens, codes, refresh_tokens, decoupled_requests, deliveries))
)
_IS_GIVEN_UP: Final = notices.c.due_at.is_(None) & notices.c.delivered_at.is_(None)
_UNUSED: Final = pushed_requests.c.opened_at.is_(None) | pushed_requests.c.spent_at.is_not(None)
_IDLE: Final = select(refresh_tokens.c.grant_id).where(refresh_tokens.c.idle_ends_at <= _BEFORE).limit(_MOST)

_OVER_REPORTS: Final = select(reports.c.id).where(reports.c.keep_until <= _BEFORE)
_HAS_EVIDENCE: Final = exists().where(report_evidence.c.report_id == reports.c.id)
_IS_FORGOTTEN_FAILURE: Final = revocation_cache.c.failed_until.is_(None) | (revocation_cache.c.failed_until <= _BEFORE)
_IS_OLD_STATUS: Final = (
    (revocation_cache.c.good_until <= _BEFORE) & _IS_FORGOTTEN_FAILURE & ~revocation_cache.c.is_revoked  # those stay
)

_LET_GO: Final = (
    # A family whose one unspent token was idle for too long is over, and with it what is remembered of spent ones.
    update(grants).where(grants.c.id.in_(_IDLE), grants.c.keep_until > _BEFORE).values(keep_until=_BEFORE)
)
_PORTIONS: Final = (  # tokens before codes before grants: nothing goes that something else still hangs on
    (_portion(tokens, [tokens.c.hash], tokens.c.expires_at <= _BEFORE), _NONE),
    (_portion(refresh_tokens, [refresh_tokens.c.hash], _of_old_grants(refresh_tokens)), _NONE),
    (_portion(codes, [codes.c.hash], (codes.c.expires_at <= _BEFORE) & ~_HAS_TOKEN), CODE_MEMORY),
    (_portion(codes, [codes.c.hash], _of_old_grants(codes) & ~_HAS_TOKEN), _NONE),
    (
        _portion(decoupled_requests, [decoupled_requests.c.id], decoupled_requests.c.expires_at <= _BEFORE),
        DECOUPLED_MEMORY,
    ),
    (_portion(grants, [grants.c.id], (grants.c.keep_until <= _BEFORE) & ~_IS_IN_USE), _NONE),
    (_portion(transactions, [transactions.c.id], transactions.c.expires_at <= _BEFORE), _NONE),
    (_portion(sessions, [sessions.c.cookie_hash], sessions.c.ends_at <= _BEFORE), _NONE),
    (_portion(pushed_requests, [pushed_requests.c.handle], (pushed_requests.c.expires_at <= _BEFORE) & _UNUSED), _NONE),
    (_portion(pushed_requests, [pushed_requests.c.handle], pushed_requests.c.expires_at <= _BEFORE), OPENED_MEMORY),
    (_portion(replays, [replays.c.kind, replays.c.value], replays.c.expires_at <= _BEFORE), REPLAY_MEMORY),
    (_portion(rates, [rates.c.caller, rates.c.minute], rates.c.minute <= _BEFORE), REPLAY_MEMORY),
    (_portion(deliveries, [deliveries.c.id], deliveries.c.delivered_at <= _BEFORE), DELIVERED_MEMORY),
    (_portion(deliveries, [deliveries.c.id], deliveries.c.given_up_at <= _BEFORE), GIVEN_UP_MEMORY),
    (_portion(notices, [notices.c.id], notices.c.delivered_at <= _BEFORE), DELIVERED_MEMORY),
    (_portion(notices, [notices.c.id], _IS_GIVEN_UP & (notices.c.at <= _BEFORE)), GIVEN_UP_MEMORY),
    (_portion(attempts, [attempts.c.key_index], attempts.c.ends_at <= _BEFORE), _NONE),
    (_portion(report_evidence, [report_evidence.c.report_id], report_evidence.c.report_id.in_(_OVER_REPORTS)), _NONE),
    (_portion(reports, [reports.c.id], (reports.c.keep_until <= _BEFORE) & ~_HAS_EVIDENCE), _NONE),
    (_portion(receipts, [receipts.c.digest], receipts.c.keep_until <= _BEFORE), _NONE),
    (_portion(revocation_cache, list(revocation_cache.primary_key.columns), _IS_OLD_STATUS), STATUS_MEMORY),
    (_portion(signing_requests, [signing_requests.c.id], signing_requests.c.expires_at <= _BEFORE), SIGNING_MEMORY),
    (_portion(instances, [instances.c.id], instances.c.seen_at <= _BEFORE), FORGOTTEN),
    (_portion(operator_sessions, [operator_sessions.c.hash], operator_sessions.c.ends_at <= _BEFORE), _NONE),
    (_portion(joint_acts, [joint_acts.c.id], joint_acts.c.ends_at <= _BEFORE), JOINT_ACT_MEMORY),
)


async def purge(database: Database, now: datetime, batch: int) -> int:
    """Delete what has ended, ``batch`` rows to a transaction; returns how many went."""
    await database.run(_run(_LET_GO, now, batch))
    gone = 0
    for statement, memory in _PORTIONS:
        for _ in range(PORTIONS):
            deleted = await database.run(_run(statement, now - memory, batch))
            gone += deleted
            if deleted < batch:
                break
    return gone


def _run(statement: Any, before: datetime, batch: int) -> Callable[[Connection], int]:
    def work(connection: Connection) -> int:
        return connection.execute(statement, {"before": before, "most": batch}).rowcount

    return work
