"""Takes away what has ended, in small portions; what decides is always the moment in the row, never this (CD-05)."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Column, ColumnElement, Connection, Integer, Table, bindparam, delete, exists, select, tuple_
from sqlalchemy.sql.dml import Delete

from gateway.store.sql.columns import Moment
from gateway.store.sql.database import Database
from gateway.store.sql.number_tables import notices
from gateway.store.sql.tables import attempts, codes, grants, replays, sessions, tokens, transactions

CODE_MEMORY: Final = timedelta(hours=1)
"""How long a spent code is known at least, so that a second use is noticed."""
GRANT_MEMORY: Final = timedelta(days=1)
REPLAY_MEMORY: Final = timedelta(minutes=2)
"""A worker whose clock is behind must not honour a mark again (G21)."""
DELIVERED_MEMORY: Final = timedelta(days=30)
GIVEN_UP_MEMORY: Final = timedelta(days=90)
"""How long it can be looked up that a relying party was told, or could not be."""
PORTIONS: Final = 20
"""The most portions of one table in one go: housekeeping must not keep sign-ins waiting."""

_BEFORE: Final = bindparam("before", type_=Moment())
_MOST: Final = bindparam("most", type_=Integer())


def _portion(table: Table, key: list[Column[Any]], is_over: ColumnElement[bool]) -> Delete:
    """Delete some ended rows; rows that another worker is deleting are left to it."""
    chosen = select(*key).where(is_over).limit(_MOST).with_for_update(skip_locked=True)
    return delete(table).where(tuple_(*key).in_(chosen) if len(key) > 1 else key[0].in_(chosen))


_HAS_TOKEN: Final = exists().where(tokens.c.grant_id == codes.c.grant_id)
_IS_IN_USE: Final = exists().where(tokens.c.grant_id == grants.c.id) | exists().where(codes.c.grant_id == grants.c.id)
_IS_GIVEN_UP: Final = notices.c.due_at.is_(None) & notices.c.delivered_at.is_(None)

_PORTIONS: Final = (  # tokens before codes before grants: nothing goes that something else still hangs on
    (_portion(tokens, [tokens.c.hash], tokens.c.expires_at <= _BEFORE), timedelta(0)),
    (_portion(codes, [codes.c.hash], (codes.c.expires_at <= _BEFORE) & ~_HAS_TOKEN), CODE_MEMORY),
    (_portion(grants, [grants.c.id], (grants.c.created_at <= _BEFORE) & ~_IS_IN_USE), GRANT_MEMORY),
    (_portion(transactions, [transactions.c.id], transactions.c.expires_at <= _BEFORE), timedelta(0)),
    (_portion(sessions, [sessions.c.cookie_hash], sessions.c.ends_at <= _BEFORE), timedelta(0)),
    (_portion(replays, [replays.c.kind, replays.c.value], replays.c.expires_at <= _BEFORE), REPLAY_MEMORY),
    (_portion(notices, [notices.c.id], notices.c.delivered_at <= _BEFORE), DELIVERED_MEMORY),
    (_portion(notices, [notices.c.id], _IS_GIVEN_UP & (notices.c.at <= _BEFORE)), GIVEN_UP_MEMORY),
    (_portion(attempts, [attempts.c.key_index], attempts.c.ends_at <= _BEFORE), timedelta(0)),
)


async def purge(database: Database, now: datetime, batch: int) -> int:
    """Delete what has ended, ``batch`` rows to a transaction; returns how many went."""
    gone = 0
    for statement, memory in _PORTIONS:
        for _ in range(PORTIONS):
            deleted = await database.run(_run(statement, now - memory, batch))
            gone += deleted
            if deleted < batch:
                break
    return gone


def _run(statement: Delete, before: datetime, batch: int) -> Callable[[Connection], int]:
    def work(connection: Connection) -> int:
        return connection.execute(statement, {"before": before, "most": batch}).rowcount

    return work
