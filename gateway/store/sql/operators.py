"""Who works at the operators' listener, in which role and for which places; keys are nowhere, only a keyed hash."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, LargeBinary, Text, bindparam, delete, select, update

from gateway.admin.records import Operator, Role
from gateway.audit import AuditEvent
from gateway.store.sql import audit
from gateway.store.sql.columns import NOW, is_key
from gateway.store.sql.database import Database, insert_unless_there
from gateway.store.sql.number_tables import operators
from gateway.store.sql.operation_tables import operator_sessions

_COLUMNS: Final = (
    operators.c.name,
    operators.c.role,
    operators.c.created_at,
    operators.c.disabled_at,
    operators.c.jurisdictions,
)
_NAME: Final = bindparam("of_name", type_=Text())
_OF_KEY: Final = select(*_COLUMNS).where(operators.c.key_hash == bindparam("of_key", type_=LargeBinary()))
_OF_NAME: Final = select(*_COLUMNS).where(operators.c.name == _NAME)
_ALL: Final = select(*_COLUMNS).order_by(operators.c.name)
_ADD: Final = insert_unless_there(operators)
_IS_ACTIVE: Final = (operators.c.name == _NAME) & operators.c.disabled_at.is_(None)
_DISABLE: Final = update(operators).where(_IS_ACTIVE).values(disabled_at=NOW)
_READ: Final = _OF_NAME.with_for_update()
_CHANGE: Final = (
    update(operators)
    .where(_IS_ACTIVE)
    .values(role=bindparam("new_role", type_=Text()), jurisdictions=bindparam("new_places", type_=Text()))
)
_END_SESSIONS: Final = delete(operator_sessions).where(operator_sessions.c.name == _NAME)


class SqlOperators:
    """``OperatorRegistry``."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def save(self, operator: Operator, key_hash: bytes, event: AuditEvent) -> bool:
        """Add one; false, and nothing changed, if the name (also of somebody disabled) or the key is taken."""
        if not is_key(operator.name):
            raise ValueError("an operator's name is printable ASCII of at most 256 characters")
        row = {
            "name": operator.name,
            "role": operator.role.value,
            "key_hash": key_hash,
            "created_at": operator.created_at,
            "disabled_at": operator.disabled_at,
            "jurisdictions": _places(operator),
        }

        def work(connection: Connection) -> bool:
            if connection.execute(_ADD[connection.dialect.name], row).rowcount == 0:
                return False
            audit.record(connection, event)
            return True

        return await self._database.run(work)

    async def of_key(self, key_hash: bytes) -> Operator | None:
        """The operator behind a key, also when disabled."""
        return await self._one(_OF_KEY, {"of_key": key_hash})

    async def find(self, name: str) -> Operator | None:
        """The operator of a name, also when disabled."""
        return await self._one(_OF_NAME, {"of_name": name}) if is_key(name) else None

    async def all(self) -> Sequence[Operator]:
        """Everybody, by name."""
        return await self._database.read(lambda connection: [_operator(row) for row in connection.execute(_ALL)])

    async def disable(self, name: str, now: datetime, event: AuditEvent) -> bool:
        """Take a key back, and end the sessions; false, and no event, if unknown or disabled already."""
        if not is_key(name):
            return False

        def work(connection: Connection) -> bool:
            if not audit.if_changed(connection, _DISABLE, {"of_name": name, "now": now}, event):
                return False
            connection.execute(_END_SESSIONS, {"of_name": name})
            return True

        return await self._database.run(work)

    async def change(self, before: Operator, after: Operator, event: AuditEvent) -> bool:
        """Write role and jurisdictions anew, and end the sessions; false if disabled or changed meanwhile."""
        name = {"of_name": before.name}
        values = {**name, "new_role": after.role.value, "new_places": _places(after)}

        def work(connection: Connection) -> bool:
            row = connection.execute(_READ, name).one_or_none()
            if row is None or _operator(row) != before:
                return False
            if not audit.if_changed(connection, _CHANGE, values, event):
                return False
            connection.execute(_END_SESSIONS, name)
            return True

        return await self._database.run(work)

    async def _one(self, statement: Any, values: dict[str, Any]) -> Operator | None:
        row = await self._database.read(lambda connection: connection.execute(statement, values).one_or_none())
        return None if row is None else _operator(row)


def _places(operator: Operator) -> str | None:
    return " ".join(operator.jurisdictions) or None


def _operator(row: Any) -> Operator:
    places = tuple((row.jurisdictions or "").split())
    return Operator(row.name, Role(row.role), row.created_at, row.disabled_at, places)
