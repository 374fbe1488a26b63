"""Planned outages of providers, as operators have put them on record; those over for long go with the next plan."""

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, bindparam, delete, insert, select

from gateway.admin.operation_records import Outage
from gateway.audit import AuditEvent
from gateway.store.codec import Codec
from gateway.store.fields import Fields
from gateway.store.sql import audit
from gateway.store.sql.columns import Moment, is_key
from gateway.store.sql.database import Database
from gateway.store.sql.operation_tables import outages

MEMORY: Final = timedelta(days=30)
"""How long one that is over stays; the audit keeps it for good."""

_COLUMNS: Final = frozenset({"id", "provider", "starts_at", "ends_at"})
_RECORD: Final = Codec(Outage, but=_COLUMNS)
_PLAN: Final = insert(outages)
_FORGET: Final = delete(outages).where(outages.c.ends_at <= bindparam("before", type_=Moment()))
_WITHDRAW: Final = delete(outages).where(outages.c.id == bindparam("of_id"))
_COMING: Final = (
    select(outages)
    .where(outages.c.ends_at > bindparam("now", type_=Moment()))
    .order_by(outages.c.starts_at, outages.c.id)
)


class SqlOutages:
    """``OutageRegistry``."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def plan(self, outage: Outage, event: AuditEvent) -> None:
        """Put one on record."""
        if not (is_key(outage.id) and is_key(outage.provider)):
            raise ValueError("an outage and its provider have names of printable ASCII of at most 256 characters")
        row = {
            "id": outage.id,
            "provider": outage.provider,
            "starts_at": outage.starts_at,
            "ends_at": outage.ends_at,
            "record": json.dumps(_RECORD.write(outage), separators=(",", ":")),
        }

        def work(connection: Connection) -> None:
            connection.execute(_FORGET, {"before": event.at - MEMORY})
            connection.execute(_PLAN, row)
            audit.record(connection, event)

        await self._database.run(work)

    async def withdraw(self, outage_id: str, event: AuditEvent) -> bool:
        """Take one back; false, and no event, if unknown."""
        if not is_key(outage_id):
            return False

        def work(connection: Connection) -> bool:
            if connection.execute(_WITHDRAW, {"of_id": outage_id}).rowcount == 0:
                return False
            audit.record(connection, event)
            return True

        return await self._database.run(work)

    async def coming(self, now: datetime) -> Sequence[Outage]:
        """Those that are not over, the earliest first."""
        values = {"now": now}
        rows = await self._database.read(lambda connection: connection.execute(_COMING, values).all())
        return [_outage(row) for row in rows]


def _outage(row: Any) -> Outage:
    columns = {"id": row.id, "provider": row.provider, "starts_at": row.starts_at, "ends_at": row.ends_at}
    return _RECORD.read(Fields(json.loads(row.record)), **columns)
