"""Acts of two persons: whether one may be agreed to, and done, is decided by the statement that does it (AD-05)."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, Text, bindparam, func, insert, select, update

from gateway.admin.operation_records import JointAct, JointActKind
from gateway.audit import AuditEvent
from gateway.store.sql import audit
from gateway.store.sql.columns import NOW, is_key
from gateway.store.sql.database import Database
from gateway.store.sql.operation_tables import joint_acts

_ID: Final = bindparam("of_id", type_=Text())
_WHO: Final = bindparam("who", type_=Text())
_ADD: Final = insert(joint_acts)
_FIND: Final = select(joint_acts).where(joint_acts.c.id == _ID)
_IS_OPEN: Final = joint_acts.c.over_at.is_(None) & (joint_acts.c.ends_at > NOW)
_WAITING: Final = select(joint_acts).where(_IS_OPEN).order_by(joint_acts.c.asked_at, joint_acts.c.id)
_AGREE: Final = (
    update(joint_acts)
    .where(
        joint_acts.c.id == _ID,
        _IS_OPEN,
        joint_acts.c.agreed_by.is_(None),
        func.lower(joint_acts.c.asked_by) != func.lower(_WHO),  # nobody agrees with themselves
    )
    .values(agreed_by=_WHO, agreed_at=NOW)
)
_TAKE: Final = (
    update(joint_acts)
    .where(
        joint_acts.c.id == _ID,
        _IS_OPEN,
        joint_acts.c.digest == bindparam("of_digest", type_=Text()),
        joint_acts.c.asked_by == _WHO,
        joint_acts.c.agreed_by.is_not(None),
        joint_acts.c.agreed_by != _WHO,
    )
    .values(over_at=NOW)
)
_REFUSE: Final = update(joint_acts).where(joint_acts.c.id == _ID, _IS_OPEN).values(over_at=NOW)


class SqlJointActs:
    """``JointActs``."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def ask(self, act: JointAct, event: AuditEvent) -> None:
        """Put a request on record."""
        row = {
            "id": act.id,
            "kind": act.kind.value,
            "digest": act.digest,
            "record": json.dumps({"subject": dict(act.subject), "reason": act.reason}, separators=(",", ":")),
            "asked_by": act.asked_by,
            "asked_at": act.asked_at,
            "ends_at": act.ends_at,
        }

        def work(connection: Connection) -> None:
            connection.execute(_ADD, row)
            audit.record(connection, event)

        await self._database.run(work)

    async def find(self, act_id: str) -> JointAct | None:
        """One of them, whatever its state."""
        if not is_key(act_id):
            return None
        values = {"of_id": act_id}
        row = await self._database.read(lambda connection: connection.execute(_FIND, values).one_or_none())
        return None if row is None else _joint_act(row)

    async def waiting(self, now: datetime) -> Sequence[JointAct]:
        """Those that can still be agreed to or done, oldest first."""
        rows = await self._database.read(lambda connection: connection.execute(_WAITING, {"now": now}).all())
        return [_joint_act(row) for row in rows]

    async def agree(self, act_id: str, operator: str, now: datetime, event: AuditEvent) -> bool:
        """Agree; false, and no event, if it is over, agreed to, or ``operator`` asked for it themselves."""
        return await self._change(_AGREE, {"of_id": act_id, "who": operator, "now": now}, event)

    async def take(self, act_id: str, digest: str, operator: str, now: datetime, event: AuditEvent) -> bool:
        """Use up an agreement, once, by whoever asked, for exactly what was agreed to; false otherwise."""
        return await self._change(_TAKE, {"of_id": act_id, "of_digest": digest, "who": operator, "now": now}, event)

    async def refuse(self, act_id: str, operator: str, now: datetime, event: AuditEvent) -> bool:  # noqa: ARG002 - the event says who
        """End one without doing it; false if it is over."""
        return await self._change(_REFUSE, {"of_id": act_id, "now": now}, event)

    async def note(self, event: AuditEvent) -> None:
        """Put a step on record that was refused."""
        await self._database.run(lambda connection: audit.record(connection, event))

    async def _change(self, statement: Any, values: dict[str, Any], event: AuditEvent) -> bool:
        if not is_key(values["of_id"]):
            return False
        return await self._database.run(lambda connection: audit.if_changed(connection, statement, values, event))


def _joint_act(row: Any) -> JointAct:
    record = json.loads(row.record)
    return JointAct(
        id=row.id,
        kind=JointActKind(row.kind),
        subject=record["subject"],
        digest=row.digest,
        reason=record["reason"],
        asked_by=row.asked_by,
        asked_at=row.asked_at,
        ends_at=row.ends_at,
        agreed_by=row.agreed_by,
        agreed_at=row.agreed_at,
        over_at=row.over_at,
    )
