"""One-time marks: a client assertion's or a proof's ``jti``, spent by one statement for all workers (G03)."""

import hashlib
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, LargeBinary, Text, bindparam, select
from sqlalchemy.dialects import postgresql, sqlite

from gateway.store.sql.columns import NOW
from gateway.store.sql.database import Database
from gateway.store.sql.tables import replays


def _mark(dialect: Any) -> Any:
    """Insert a mark, or take over one whose time has passed; a row comes back only then."""
    new = dialect.insert(replays)
    return new.on_conflict_do_update(
        index_elements=["kind", "value"],
        set_={"expires_at": new.excluded.expires_at},
        where=replays.c.expires_at <= NOW,
    ).returning(replays.c.kind)


_IS_MARKED: Final = select(replays.c.kind).where(
    replays.c.kind == bindparam("kind", type_=Text()),
    replays.c.value == bindparam("value", type_=LargeBinary()),
    replays.c.expires_at > NOW,
)
_MARK: Final = {"sqlite": _mark(sqlite), "postgresql": _mark(postgresql)}


class SqlReplays:
    """``ReplayStore``: marks that may be made once."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def first_use(self, kind: str, value: str, expires_at: datetime, now: datetime) -> bool:
        """True for exactly one caller until ``expires_at``; a mark that is over already is refused."""
        if expires_at <= now:
            return False
        values = {"kind": kind, "value": _digest(value), "expires_at": expires_at, "now": now}

        def work(connection: Connection) -> bool:
            return connection.execute(_MARK[connection.dialect.name], values).first() is not None

        return await self._database.run(work)

    async def is_used(self, kind: str, value: str, now: datetime) -> bool:
        """Whether the mark stands."""
        values = {"kind": kind, "value": _digest(value), "now": now}
        return await self._database.read(lambda connection: connection.execute(_IS_MARKED, values).first() is not None)


def _digest(value: str) -> bytes:
    """Hashed, so that a value of any size and script is a key of 32 bytes and tells a thief nothing."""
    return hashlib.sha256(value.encode("utf-8", "surrogatepass")).digest()
