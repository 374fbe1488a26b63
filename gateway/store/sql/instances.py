"""Which workers run: each says from time to time that it lives, and is told what the database's own clock says (G21).

The database's time decides nothing here: it is handed out to be compared with, and every row keeps the worker's own.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import fields
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, bindparam, delete, literal_column, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.sql.dml import Insert

from gateway.admin.operation_records import Instance
from gateway.store.codec import Codec
from gateway.store.fields import Fields
from gateway.store.sql.columns import Moment, is_key
from gateway.store.sql.database import Database
from gateway.store.sql.operation_tables import instances

FORGOTTEN: Final = timedelta(days=1)
"""How long a worker is remembered that has stopped without a word."""

_COLUMNS: Final = frozenset({"id", "seen_at"})
_MEMBERS: Final = frozenset(field.name for field in fields(Instance)) - _COLUMNS
_RECORD: Final = Codec(Instance, but=_COLUMNS)

_TIME: Final = {
    # Microseconds since 1970, as all moments are kept; a statement's own time and not that of its transaction's start.
    "postgresql": literal_column("CAST(extract(epoch FROM clock_timestamp()) * 1000000 AS bigint)", Moment()),
    "sqlite": literal_column("CAST((julianday('now') - 2440587.5) * 86400000.0 AS INTEGER) * 1000", Moment()),
}


def _beat(insert: Any, time: Any) -> Insert:
    """Build a statement that writes a worker's row, anew or over the last one, and tells the time."""
    new = insert(instances)
    changed = {"seen_at": new.excluded.seen_at, "record": new.excluded.record}
    told: Insert = new.on_conflict_do_update(index_elements=["id"], set_=changed).returning(time)
    return told


_BEAT: Final = {
    "postgresql": _beat(postgresql.insert, _TIME["postgresql"]),
    "sqlite": _beat(sqlite.insert, _TIME["sqlite"]),
}
_LIVING: Final = (
    select(instances)
    .where(instances.c.seen_at >= bindparam("since", type_=Moment()))
    .order_by(instances.c.seen_at, instances.c.id)
)
_GONE: Final = delete(instances).where(instances.c.id == bindparam("of_id"))


class SqlInstances:
    """``InstanceRegistry``."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def beat(self, instance: Instance) -> datetime:
        """Put on record that a worker lives; gives the database's own time."""
        if not is_key(instance.id):
            raise ValueError("a worker has an id of printable ASCII of at most 256 characters")
        record = json.dumps(_RECORD.write(instance), separators=(",", ":"))
        row = {"id": instance.id, "seen_at": instance.seen_at, "record": record}

        def work(connection: Connection) -> datetime:
            time: datetime = connection.execute(_BEAT[connection.dialect.name], row).scalar_one()
            return time

        return await self._database.run(work)

    async def living(self, since: datetime) -> Sequence[Instance]:
        """Those seen since then, the longest silent first."""
        values = {"since": since}
        rows = await self._database.read(lambda connection: connection.execute(_LIVING, values).all())
        return [_instance(row) for row in rows]

    async def gone(self, instance_id: str) -> None:
        """Forget one that stops in order."""
        values = {"of_id": instance_id}
        await self._database.run(lambda connection: connection.execute(_GONE, values).rowcount)


def _instance(row: Any) -> Instance:
    # The one record that another version is expected to read while it is being replaced: what is new there is left out.
    members: Mapping[str, Any] = json.loads(row.record)
    known = {name: member for name, member in members.items() if name in _MEMBERS}
    return _RECORD.read(Fields(known), id=row.id, seen_at=row.seen_at)
