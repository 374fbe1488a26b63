"""Requests to trace a number back: two operators together, for a stated purpose, once, for a short while (MP-03)."""

from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, Text, bindparam, func, insert, select, update

from gateway.admin.records import NumberRecord, Reveal
from gateway.audit import AuditEvent
from gateway.store.records import read_number
from gateway.store.sql import audit, number_registry
from gateway.store.sql.columns import NOW, Moment, is_key
from gateway.store.sql.database import Database
from gateway.store.sql.number_tables import reveals
from gateway.store.vault import Vault
from mapping.identifier import MainlandIdentifier

_ID: Final = bindparam("of_id", type_=Text())
_WHO: Final = bindparam("who", type_=Text())
_ADD: Final = insert(reveals)
_FIND: Final = select(reveals).where(reveals.c.id == _ID)
_IS_WAITING: Final = (
    (reveals.c.id == _ID)
    & reveals.c.approved_by.is_(None)
    & reveals.c.used_at.is_(None)
    & (reveals.c.ends_at > NOW)
    & (reveals.c.asked_by != _WHO)  # nobody lets themselves see
)
_APPROVE: Final = (
    update(reveals).where(_IS_WAITING).values(approved_by=_WHO, ends_at=bindparam("until", type_=Moment()))
)
_IS_USABLE: Final = (
    (reveals.c.id == _ID)
    & (reveals.c.asked_by == _WHO)
    & reveals.c.approved_by.is_not(None)
    & reveals.c.used_at.is_(None)
    & (reveals.c.ends_at > NOW)
)
_USABLE: Final = select(reveals.c.box).where(_IS_USABLE)
_USE: Final = update(reveals).where(_IS_USABLE).values(used_at=NOW)
_ASKED_SINCE: Final = (
    select(func.count())
    .select_from(reveals)
    .where(reveals.c.asked_by == _WHO, reveals.c.asked_at >= bindparam("since", type_=Moment()))
)


class SqlReveals:
    """``RevealRegistry``."""

    def __init__(self, database: Database, vault: Vault) -> None:
        self._database = database
        self._vault = vault

    async def ask(self, reveal: Reveal, event: AuditEvent) -> None:
        """Put a request on record."""
        row = {
            "id": reveal.id,
            "asked_by": reveal.asked_by,
            "asked_at": reveal.asked_at,
            "purpose": reveal.purpose,
            "ends_at": reveal.ends_at,
            "box": self._vault.seal({"number": reveal.number.value}, "reveals", reveal.id),
        }

        def work(connection: Connection) -> None:
            connection.execute(_ADD, row)
            audit.record(connection, event)

        await self._database.run(work)

    async def find(self, reveal_id: str) -> Reveal | None:
        """A request by its id."""
        if not is_key(reveal_id):
            return None
        values = {"of_id": reveal_id}
        row = await self._database.read(lambda connection: connection.execute(_FIND, values).one_or_none())
        return None if row is None else self._reveal(row)

    async def approve(self, reveal_id: str, operator: str, ends_at: datetime, now: datetime, event: AuditEvent) -> bool:
        """Let it be used until ``ends_at``; false, and no event, if it is over, approved, or asked by ``operator``."""
        if not is_key(reveal_id):
            return False
        values = {"of_id": reveal_id, "who": operator, "until": ends_at, "now": now}

        def work(connection: Connection) -> bool:
            if connection.execute(_APPROVE, values).rowcount == 0:
                return False
            audit.record(connection, event)
            return True

        return await self._database.run(work)

    async def use(self, reveal_id: str, operator: str, now: datetime, event: AuditEvent) -> NumberRecord | None:
        """Use an approved request, once, by whoever asked for it; ``None``, and nothing written, if it cannot be used.

        A number that nobody ever had cannot be traced back, and its request stays unused.
        """
        if not is_key(reveal_id):
            return None
        values = {"of_id": reveal_id, "who": operator, "now": now}

        def work(connection: Connection) -> NumberRecord | None:
            box = connection.execute(_USABLE, values).scalar_one_or_none()
            if box is None:
                return None
            record = number_registry.of_number(connection, self._vault, self._number(reveal_id, box))
            if record is None or connection.execute(_USE, values).rowcount == 0:
                return None  # somebody was quicker
            audit.record(connection, event)
            return record

        return await self._database.run(work)

    async def used_since(self, operator: str, since: datetime) -> int:
        """How many requests an operator has made since then: the rate limit's measure."""
        values = {"who": operator, "since": since}
        return await self._database.read(lambda connection: connection.execute(_ASKED_SINCE, values).scalar_one())

    def _reveal(self, row: Any) -> Reveal:
        number = self._number(row.id, row.box)
        return Reveal(
            row.id, row.asked_by, row.asked_at, row.purpose, number, row.ends_at, row.approved_by, row.used_at
        )

    def _number(self, reveal_id: str, box: bytes) -> MainlandIdentifier:
        fields = self._vault.open(box, "reveals", reveal_id)
        number = read_number(fields.text("number"))
        fields.end()
        return number
