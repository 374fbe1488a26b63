"""What relying parties could not be told: looked through by operators, and sent once more on their word."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Integer, Text, and_, bindparam, or_, select, update

from gateway.admin.records import DeadLetter
from gateway.audit import AuditEvent
from gateway.oidc.ports import DeliveryKind
from gateway.store.sql import audit
from gateway.store.sql.columns import NOW, is_key
from gateway.store.sql.database import Database
from gateway.store.sql.tables import deliveries

_ID: Final = bindparam("of_id", type_=Text())
_COLUMNS: Final = (
    deliveries.c.id,
    deliveries.c.kind,
    deliveries.c.client_id,
    deliveries.c.at,
    deliveries.c.given_up_at,
    deliveries.c.tries,
)
_ALL: Final = (
    select(*_COLUMNS)
    .where(deliveries.c.given_up_at.is_not(None))
    .order_by(deliveries.c.given_up_at.desc(), deliveries.c.id.desc())
    .limit(bindparam("most", type_=Integer()))
)
_ONE: Final = select(*_COLUMNS).where(deliveries.c.id == _ID, deliveries.c.given_up_at.is_not(None))
_MARK: Final = deliveries.alias("mark")
_IS_BEHIND: Final = or_(
    deliveries.c.given_up_at < _MARK.c.given_up_at,
    and_(deliveries.c.given_up_at == _MARK.c.given_up_at, deliveries.c.id < _MARK.c.id),
)
_BEHIND: Final = _ALL.join(_MARK, _IS_BEHIND).where(_MARK.c.id == _ID)
# Its tries are counted anew from one: a delivery that nobody has tried yet may stand only once for each session.
_AGAIN: Final = (
    update(deliveries)
    .where(deliveries.c.id == _ID, deliveries.c.given_up_at.is_not(None))
    .values(due_at=NOW, given_up_at=None, tries=1)
)


class SqlDeadLetters:
    """``DeadLetters``."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def page(self, after: str | None, limit: int) -> Sequence[DeadLetter]:
        """Letters, newest first, from the one behind ``after`` on; behind one that is unknown there is nothing."""
        if after is not None and not is_key(after):
            return ()
        statement = _ALL if after is None else _BEHIND
        values = {"most": limit} if after is None else {"most": limit, "of_id": after}
        rows = await self._database.read(lambda connection: connection.execute(statement, values).all())
        return [_letter(row) for row in rows]

    async def find(self, delivery_id: str) -> DeadLetter | None:
        """One of them, by its id."""
        if not is_key(delivery_id):
            return None
        values = {"of_id": delivery_id}
        row = await self._database.read(lambda connection: connection.execute(_ONE, values).one_or_none())
        return None if row is None else _letter(row)

    async def again(self, delivery_id: str, now: datetime, event: AuditEvent) -> bool:
        """Deliver one again; false, and no event, if there is no such dead letter."""
        if not is_key(delivery_id):
            return False
        return await self._database.run(
            lambda connection: audit.if_changed(connection, _AGAIN, {"of_id": delivery_id, "now": now}, event)
        )


def _letter(row: Any) -> DeadLetter:
    return DeadLetter(row.id, DeliveryKind(row.kind), row.client_id, row.at, row.given_up_at, row.tries)
