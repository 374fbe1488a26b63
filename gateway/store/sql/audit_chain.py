"""Links events of the audit into one chain, behind the writers' backs (decision 0020), and reads the chain again.

Writers only append; nobody waits for a link. One worker at a time links: an advisory lock in PostgreSQL, the write
lock in SQLite, and in the end the positions themselves, which are unique. Each batch also counts what its hours had.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import BigInteger, Connection, Integer, Select, bindparam, func, insert, select, type_coerce
from sqlalchemy.dialects import postgresql, sqlite

from gateway.admin.audit_chain import START, Link, Place, chained, row_of
from gateway.admin.audit_ports import Outside
from gateway.store.sql.columns import EPOCH, MICROSECOND, NOW
from gateway.store.sql.database import ClashError, Database
from gateway.store.sql.operation_tables import audit_hours, audit_links
from gateway.store.sql.tables import audit

LOOKBACK: Final = {"postgresql": 100_000, "sqlite": 1_000}
"""How many numbers back a late event is looked for: an open transaction lives for seconds (``postgres``).

SQLite has one writer, so nothing is late there; and its one thread has better things to do than to look.
"""
LATE_MOST: Final = 1_000
STRETCH: Final = 20_000
"""Rows that are looked through by one statement."""

_LOCK: Final = 0x6762_6100_0000_0020
"""Of the chainer; any number that no other part of the gateway locks."""
_HOUR: Final = 3_600_000_000
_AT: Final = type_coerce(audit.c.at, BigInteger)  # as it stands: what was tampered with must be readable too
ROW: Final = (
    audit.c.seq,
    _AT.label("at"),
    audit.c.action,
    audit.c.correlation_id,
    audit.c.client_id,
    audit.c.subject_id,
    audit.c.provider,
    audit.c.details,
)
"""The columns in the order in which they are hashed."""

_MOST: Final = bindparam("most", type_=Integer())
_AFTER: Final = bindparam("after", type_=BigInteger())
_TRY_LOCK: Final = select(func.pg_try_advisory_xact_lock(_LOCK))
HEAD: Final = select(audit_links.c.position, audit_links.c.hash).order_by(audit_links.c.position.desc()).limit(1)
TOP: Final = select(func.coalesce(func.max(audit_links.c.seq), 0))
_IS_ANY: Final = select(audit.c.seq).where(audit.c.seq > TOP.scalar_subquery()).limit(1)
_NEW: Final = select(*ROW).where(audit.c.seq > _AFTER).order_by(audit.c.seq).limit(_MOST)
_LATE: Final = (
    select(*ROW)
    # The range stands on both sides, so that no engine thinks of joining the whole chain.
    .outerjoin(audit_links, (audit_links.c.seq == audit.c.seq) & (audit_links.c.seq > _AFTER))
    .where(
        audit.c.seq > _AFTER,
        audit.c.seq <= bindparam("until", type_=BigInteger()),
        audit_links.c.seq.is_(None),
    )
    .order_by(audit.c.seq)
    .limit(_MOST)
)
_ADD: Final = insert(audit_links)
_CHAIN: Final = (
    select(audit_links.c.position, audit_links.c.hash, *ROW)
    .outerjoin(audit, audit.c.seq == audit_links.c.seq)
    .where(audit_links.c.position > _AFTER)
    .order_by(audit_links.c.position)
    .limit(_MOST)
)
_PART: Final = (
    select(audit.c.seq, audit.c.at).where(audit.c.seq > _AFTER).order_by(audit.c.seq).limit(STRETCH).subquery("part")
)
_JOINED: Final = _PART.outerjoin(audit_links, audit_links.c.seq == _PART.c.seq)
_SUMMED: Final = select(func.max(_PART.c.seq), func.count(_PART.c.seq), func.count(audit_links.c.seq)).select_from(
    _JOINED
)
_OUTSIDE: Final = (
    select(_PART.c.seq, _PART.c.at)
    .select_from(_JOINED)
    .where(audit_links.c.seq.is_(None), _PART.c.at < NOW)
    .order_by(_PART.c.seq)
    .limit(1)
)


def _tally(dialect: Any, least: Any, greatest: Any) -> Any:
    new = dialect.insert(audit_hours)
    return new.on_conflict_do_update(
        index_elements=["hour", "action", "provider"],
        set_={
            "count": audit_hours.c["count"] + new.excluded["count"],
            "first_seq": least(audit_hours.c.first_seq, new.excluded.first_seq),
            "last_seq": greatest(audit_hours.c.last_seq, new.excluded.last_seq),
        },
    )


_TALLY: Final = {
    "sqlite": _tally(sqlite, func.min, func.max),
    "postgresql": _tally(postgresql, func.least, func.greatest),
}


class SqlAuditChain:
    """``AuditChain``."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def link(self, most: int) -> int:
        """Link events behind the newest that is linked; none if another worker is at it."""
        if not await self._database.read(lambda connection: connection.execute(_IS_ANY).first() is not None):
            return 0  # most of the time there is nothing, and nobody's write lock is taken
        return await self._run(lambda connection: (_NEW, {"after": _top(connection), "most": most}))

    async def link_late(self) -> int:
        """Link events whose numbers were drawn earlier than they were committed."""
        return await self._run(_late)

    async def links(self, after: int, most: int) -> Sequence[Link]:
        """The chain behind a position, with the events as they are now."""
        values = {"after": after, "most": most}
        rows = await self._database.read(lambda connection: connection.execute(_CHAIN, values).all())
        return [Link(row.position, bytes(row.hash), None if row.seq is None else row_of(*row[2:])) for row in rows]

    async def outside(self, after_seq: int, before: datetime) -> Outside:
        """Look through the next stretch of the log for events outside the chain."""

        def work(connection: Connection) -> Outside:
            values = {"after": after_seq}
            reached, count, linked = connection.execute(_SUMMED, values).one()
            if count == linked:
                return Outside(reached)
            found = connection.execute(_OUTSIDE, values | {"now": before}).first()
            return Outside(reached) if found is None else Outside(reached, found.seq, found.at)

        return await self._database.read(work)

    async def _run(self, choose: Any) -> int:
        try:
            return await self._database.run(lambda connection: _link(connection, choose))
        except ClashError:  # another worker was quicker
            return 0


def _top(connection: Connection) -> int:
    return int(connection.execute(TOP).scalar_one())


def _late(connection: Connection) -> tuple[Select[Any], Mapping[str, int]]:
    top = _top(connection)
    return _LATE, {"after": top - LOOKBACK[connection.dialect.name], "until": top, "most": LATE_MOST}


def _link(connection: Connection, choose: Any) -> int:
    if connection.dialect.name == "postgresql" and not connection.execute(_TRY_LOCK).scalar_one():
        return 0
    statement, values = choose(connection)
    found = connection.execute(statement, values).all()
    if not found:
        return 0
    head = connection.execute(HEAD).one_or_none()
    place = Place(0, START) if head is None else Place(head.position, bytes(head.hash))
    links = chained(place, [row_of(*row) for row in found])
    connection.execute(
        _ADD,
        [
            {"position": link.position, "seq": row.seq, "hash": link.hash}
            for link, row in zip(links, found, strict=True)
        ],
    )
    if counted := _counted(found):
        connection.execute(_TALLY[connection.dialect.name], counted)
    return len(found)


def _counted(rows: Sequence[Any]) -> list[dict[str, Any]]:
    """How often each kind of event happened in each hour."""
    tally: dict[tuple[int, str, str], dict[str, Any]] = {}
    for row in rows:
        if not isinstance(row.at, int) or not isinstance(row.action, str):
            continue  # not written by us; the chain has it, the count has not
        hour, provider = row.at - row.at % _HOUR, row.provider or ""
        entry = tally.setdefault(
            (hour, row.action, provider),
            {
                "hour": EPOCH + hour * MICROSECOND,
                "action": row.action,
                "provider": provider,
                "count": 0,
                "first_seq": row.seq,
                "last_seq": row.seq,
            },
        )
        entry["count"] += 1
        entry["last_seq"] = row.seq
    return [tally[key] for key in sorted(tally)]
