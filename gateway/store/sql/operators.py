"""Who has a key to the operator API; the keys themselves are nowhere, only a keyed hash of each."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, LargeBinary, Text, bindparam, select, update

from gateway.admin.records import Operator, Role
from gateway.audit import AuditEvent
from gateway.store.sql import audit
from gateway.store.sql.columns import NOW, is_key
from gateway.store.sql.database import Database, insert_unless_there
from gateway.store.sql.number_tables import operators

_COLUMNS: Final = (operators.c.name, operators.c.role, operators.c.created_at, operators.c.disabled_at)
_OF_KEY: Final = select(*_COLUMNS).where(operators.c.key_hash == bindparam("of_key", type_=LargeBinary()))
_ALL: Final = select(*_COLUMNS).order_by(operators.c.name)
_ADD: Final = insert_unless_there(operators)
_DISABLE: Final = (
    update(operators)
    .where(operators.c.name == bindparam("of_name", type_=Text()), operators.c.disabled_at.is_(None))
    .values(disabled_at=NOW)
)


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
        }

        def work(connection: Connection) -> bool:
            if connection.execute(_ADD[connection.dialect.name], row).rowcount == 0:
                return False
            audit.record(connection, event)
            return True

        return await self._database.run(work)

    async def of_key(self, key_hash: bytes) -> Operator | None:
        """The operator behind a key, also when disabled."""
        values = {"of_key": key_hash}
        row = await self._database.read(lambda connection: connection.execute(_OF_KEY, values).one_or_none())
        return None if row is None else _operator(row)

    async def all(self) -> Sequence[Operator]:
        """Everybody, by name."""
        return await self._database.read(lambda connection: [_operator(row) for row in connection.execute(_ALL)])

    async def disable(self, name: str, now: datetime, event: AuditEvent) -> bool:
        """Take a key back; false, and no event, if unknown or disabled already."""
        if not is_key(name):
            return False

        def work(connection: Connection) -> bool:
            if connection.execute(_DISABLE, {"of_name": name, "now": now}).rowcount == 0:
                return False
            audit.record(connection, event)
            return True

        return await self._database.run(work)


def _operator(row: Any) -> Operator:
    return Operator(row.name, Role(row.role), row.created_at, row.disabled_at)
