"""Bounded tries in the database: the counter that is always there."""

import json
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, LargeBinary, bindparam, select, update

from gateway.store.sql.columns import EPOCH, MICROSECOND, Moment
from gateway.store.sql.database import Database, insert_unless_there
from gateway.store.sql.tables import attempts
from gateway.store.tries import AttemptLimits, Tries, admit, end
from gateway.store.vault import Vault

_KEY: Final = bindparam("sought", type_=LargeBinary())
_ADD: Final = insert_unless_there(attempts, "key_index")
# The row is locked, so that two tries at once are two tries (SQLite holds its one lock anyway).
_READ: Final = select(attempts.c.tries, attempts.c.locked_until).where(attempts.c.key_index == _KEY).with_for_update()
_WRITE: Final = (
    update(attempts)
    .where(attempts.c.key_index == _KEY)
    .values(
        tries=bindparam("new_tries"),
        locked_until=bindparam("lock", type_=Moment()),
        ends_at=bindparam("ends", type_=Moment()),
    )
)


class SqlAttempts:
    """``AttemptCounter`` in SQL; who tried is kept as a keyed index."""

    def __init__(self, database: Database, vault: Vault, limits: AttemptLimits) -> None:
        self._database = database
        self._vault = vault
        self._limits = limits

    async def admit(self, kind: str, key: str, now: datetime) -> bool:
        """Count one try; false when the limit is reached and the lock-out has not passed."""
        index = self._vault.counter_index(kind, key)
        return await self._database.run(lambda connection: self._admit(connection, index, now))

    def _admit(self, connection: Connection, index: bytes, now: datetime) -> bool:
        empty = {"key_index": index, "tries": "[]", "ends_at": now + self._limits.window}
        connection.execute(_ADD[connection.dialect.name], empty)
        row = connection.execute(_READ, {"sought": index}).one()
        seen, is_admitted = admit(_read(row.tries, row.locked_until), self._limits, now)
        values = {
            "sought": index,
            "new_tries": json.dumps([(at - EPOCH) // MICROSECOND for at in seen.at]),
            "lock": seen.locked_until,
            "ends": end(seen, self._limits, now),
        }
        connection.execute(_WRITE, values)
        return is_admitted


def _read(tries: str, locked_until: datetime | None) -> Tries:
    return Tries(tuple(EPOCH + count * MICROSECOND for count in json.loads(tries)), locked_until)
