"""What is switched off while the gateway runs: a provider, a region code (G06, AL-09)."""

from collections.abc import Sequence
from typing import Final

from sqlalchemy import ColumnElement, Connection, Text, bindparam, delete, exists, select

from gateway.admin.records import Switch, SwitchKind
from gateway.audit import AuditEvent
from gateway.store.sql import audit
from gateway.store.sql.columns import is_key
from gateway.store.sql.database import Database, insert_unless_there
from gateway.store.sql.number_tables import switches

_IS_NAMED: Final = (switches.c.kind == bindparam("of_kind", type_=Text())) & (
    switches.c.name == bindparam("of_name", type_=Text())
)
_ALL: Final = select(switches).order_by(switches.c.kind, switches.c.name)
_REGIONS: Final = select(switches.c.name).where(switches.c.kind == SwitchKind.REGION.value)
_IS_OFF: Final = select(switches.c.name).where(_IS_NAMED)
_TURN_OFF: Final = insert_unless_there(switches, "kind", "name")
_TURN_ON: Final = delete(switches).where(_IS_NAMED)


def frozen_regions(connection: Connection) -> frozenset[str]:
    """The region codes that no more stand-ins are made with."""
    return frozenset(connection.execute(_REGIONS).scalars())


def is_provider_off(connection: Connection, provider: str) -> bool:
    """Whether nobody signs in with a provider now."""
    values = {"of_kind": SwitchKind.PROVIDER.value, "of_name": provider}
    return connection.execute(_IS_OFF, values).first() is not None


def its_provider_is_off(provider: ColumnElement[str]) -> ColumnElement[bool]:
    """The condition that the provider in a row of an enclosing statement is switched off."""
    of_row = exists().where(switches.c.kind == SwitchKind.PROVIDER.value, switches.c.name == provider)
    return of_row.correlate_except(switches)


def turn_off(connection: Connection, switch: Switch) -> bool:
    """Switch something off, in the transaction under way; false if it is off already."""
    row = {
        "kind": switch.kind.value,
        "name": switch.name,
        "at": switch.at,
        "actor": switch.actor,
        "reason": switch.reason,
    }
    return connection.execute(_TURN_OFF[connection.dialect.name], row).rowcount == 1


class SqlSwitches:
    """``SwitchRegistry``."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def all(self) -> Sequence[Switch]:
        """Everything that is off now."""
        rows = await self._database.read(lambda connection: connection.execute(_ALL).all())
        return [Switch(SwitchKind(row.kind), row.name, row.at, row.actor, row.reason) for row in rows]

    async def turn_off(self, switch: Switch, event: AuditEvent) -> bool:
        """Switch something off; false, and no event, if it is off already."""
        if not is_key(switch.name):
            raise ValueError("a switch has a name of printable ASCII of at most 256 characters")

        def work(connection: Connection) -> bool:
            if not turn_off(connection, switch):
                return False
            audit.record(connection, event)
            return True

        return await self._database.run(work)

    async def turn_on(self, kind: SwitchKind, name: str, event: AuditEvent) -> bool:
        """Switch it on again; false, and no event, if it was not off."""
        if not is_key(name):
            return False
        values = {"of_kind": kind.value, "of_name": name}

        def work(connection: Connection) -> bool:
            if connection.execute(_TURN_ON, values).rowcount == 0:
                return False
            audit.record(connection, event)
            return True

        return await self._database.run(work)
