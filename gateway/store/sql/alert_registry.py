"""Alerts as operators work through them: newest first, each settled once, with what came of it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, Integer, Text, and_, bindparam, or_, select, update

from gateway.admin.records import Alert
from gateway.alerts import AlertKind
from gateway.audit import AuditEvent
from gateway.store.sql import audit
from gateway.store.sql.columns import NOW, is_key
from gateway.store.sql.database import Database
from gateway.store.sql.number_tables import alerts

_ID: Final = bindparam("of_id", type_=Text())
_IS_OPEN: Final = alerts.c.settled_at.is_(None)
_ALL: Final = select(alerts).order_by(alerts.c.at.desc(), alerts.c.id.desc()).limit(bindparam("most", type_=Integer()))
_MARK: Final = alerts.alias("mark")
_IS_BEHIND: Final = or_(alerts.c.at < _MARK.c.at, and_(alerts.c.at == _MARK.c.at, alerts.c.id < _MARK.c.id))
_BEHIND: Final = _ALL.join(_MARK, _IS_BEHIND).where(_MARK.c.id == _ID)
_ONE: Final = select(alerts.c.id).where(alerts.c.id == _ID)
_SETTLE: Final = (
    update(alerts)
    .where(alerts.c.id == _ID, _IS_OPEN)
    .values(settled_at=NOW, settled_by=bindparam("by", type_=Text()), outcome=bindparam("what", type_=Text()))
)


class SqlAlerts:
    """``AlertRegistry``."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def page(self, *, open_only: bool, after: str | None, limit: int) -> Sequence[Alert]:
        """Alerts, newest first, from the one behind ``after`` on; behind one that is unknown there is nothing."""
        if after is not None and not is_key(after):
            return ()
        statement = _ALL if after is None else _BEHIND
        if open_only:
            statement = statement.where(_IS_OPEN)
        values = {"most": limit} if after is None else {"most": limit, "of_id": after}
        return await self._database.read(
            lambda connection: [_alert(row) for row in connection.execute(statement, values)]
        )

    async def is_there(self, alert_id: str) -> bool:
        """Whether there is an alert of this id, settled or not."""
        values = {"of_id": alert_id}
        return is_key(alert_id) and await self._database.read(
            lambda connection: connection.execute(_ONE, values).one_or_none() is not None
        )

    async def settle(self, alert_id: str, outcome: str, operator: str, now: datetime, event: AuditEvent) -> bool:
        """Put an alert aside with what came of it; false, and no event, if there is no such open one."""
        if not is_key(alert_id):
            return False
        values = {"of_id": alert_id, "now": now, "by": operator, "what": outcome}

        def work(connection: Connection) -> bool:
            if connection.execute(_SETTLE, values).rowcount == 0:
                return False
            audit.record(connection, event)
            return True

        return await self._database.run(work)


def _alert(row: Any) -> Alert:
    return Alert(
        id=row.id,
        at=row.at,
        kind=AlertKind(row.kind),
        about=row.about,
        subject_id=row.subject_id,
        correlation_id=row.correlation_id,
        settled_at=row.settled_at,
        settled_by=row.settled_by,
        outcome=row.outcome,
    )
