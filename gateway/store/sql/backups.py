"""Backups that were made or verified here, and the lives of the database that began with one."""

import json
from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import Connection, Integer, bindparam, select

from gateway.admin.operation_records import BackupRecord, Epoch
from gateway.audit import AuditEvent
from gateway.store.fields import Fields
from gateway.store.sql import audit, backup_epoch, backup_target
from gateway.store.sql.database import Database
from gateway.store.sql.operation_tables import backups

_NEWEST: Final = select(backups).order_by(backups.c.at.desc(), backups.c.id).limit(bindparam("most", type_=Integer()))


class SqlBackups:
    """``BackupRegistry``."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, record: BackupRecord, event: AuditEvent) -> None:
        """Put one on record, or what was found out about it since."""

        def work(connection: Connection) -> None:
            backup_target.note(connection, record)
            audit.record(connection, event)

        await self._database.run(work)

    async def newest(self, limit: int) -> Sequence[BackupRecord]:
        """Those on record, the newest first."""
        rows = await self._database.read(lambda connection: connection.execute(_NEWEST, {"most": limit}).all())
        return [_record(row) for row in rows]

    async def epochs(self) -> Sequence[Epoch]:
        """The lives of this database that began with a restored backup, the last one first."""
        return await self._database.read(backup_epoch.restored)


def _record(row: Any) -> BackupRecord:
    return backup_target.RECORD.read(Fields(json.loads(row.record)), id=row.id, at=row.at)
