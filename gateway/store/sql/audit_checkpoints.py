"""The signed checkpoints over the audit's chain; believed for their signatures, not because they stand here."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import BigInteger, Connection, Integer, bindparam, func, select

from gateway.admin.audit_chain import Place
from gateway.admin.audit_ports import ChainState, KeptCheckpoint
from gateway.alerts import AlertKind
from gateway.audit import AuditAction, AuditEvent
from gateway.oidc.random_values import new_id
from gateway.store.sql import alerts
from gateway.store.sql.audit_chain import HEAD
from gateway.store.sql.database import Database, insert_unless_there
from gateway.store.sql.operation_tables import audit_checkpoints, epochs

_MOST: Final = bindparam("most", type_=Integer())
_PLACE: Final = bindparam("place", type_=BigInteger())
_BACKWARDS: Final = select(audit_checkpoints).order_by(audit_checkpoints.c.position.desc()).limit(_MOST)
_BEFORE: Final = _BACKWARDS.where(audit_checkpoints.c.position < _PLACE)
_AFTER: Final = (
    select(audit_checkpoints)
    .where(audit_checkpoints.c.position > _PLACE)
    .order_by(audit_checkpoints.c.position)
    .limit(_MOST)
)
_EPOCH: Final = select(func.coalesce(func.max(epochs.c.number), 1))
_ADD: Final = insert_unless_there(audit_checkpoints, "position")


class SqlAuditCheckpoints:
    """``AuditCheckpoints``."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def state(self) -> ChainState:
        """How far the chain is, and what was vouched for last."""

        def work(connection: Connection) -> ChainState:
            # The checkpoint first: on PostgreSQL each statement sees its own moment, and the head only goes on.
            last = connection.execute(_BACKWARDS, {"most": 1}).one_or_none()
            head = connection.execute(HEAD).one_or_none()
            place = Place() if head is None else Place(head.position, bytes(head.hash))
            epoch = int(connection.execute(_EPOCH).scalar_one())
            return ChainState(place, None if last is None else _kept(last), epoch)

        return await self._database.read(work)

    async def after(self, position: int, most: int) -> Sequence[KeptCheckpoint]:
        """Those behind a position, in their order."""
        return await self._all(_AFTER, {"place": position, "most": most})

    async def latest(self, before: int | None, most: int) -> Sequence[KeptCheckpoint]:
        """Those before a position, or the very last, the newest first."""
        if before is None:
            return await self._all(_BACKWARDS, {"most": most})
        return await self._all(_BEFORE, {"place": before, "most": most})

    async def add(self, checkpoint: KeptCheckpoint) -> bool:
        """Keep one; false if there is one for its position."""
        row = {"position": checkpoint.position, "at": checkpoint.at, "token": checkpoint.token}

        def work(connection: Connection) -> bool:
            return connection.execute(_ADD[connection.dialect.name], row).rowcount == 1

        return await self._database.run(work)

    async def alarm(self, kind: AlertKind, about: str, now: datetime) -> bool:
        """Tell operators, once while it is open; the event is written when it is new."""
        event = AuditEvent(AuditAction.ALERT_RAISED, now, new_id())
        return await self._database.run(lambda connection: alerts.tell(connection, kind, about, "", event))

    async def _all(self, statement: Any, values: dict[str, Any]) -> Sequence[KeptCheckpoint]:
        rows = await self._database.read(lambda connection: connection.execute(statement, values).all())
        return [_kept(row) for row in rows]


def _kept(row: Any) -> KeptCheckpoint:
    return KeptCheckpoint(row.position, row.at, row.token)
