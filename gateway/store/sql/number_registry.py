"""The records of numbers as operators see and change them; a number leads to its record only for a reveal (MP-03)."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, Text, bindparam, select

from gateway.admin.records import Bucket, HistoryLine, NumberRecord
from gateway.audit import AuditEvent
from gateway.store.records import read_binding
from gateway.store.sql import audit, buckets, standings, ties
from gateway.store.sql import binding_rows as rows
from gateway.store.sql.binding_rows import Author, Recorded
from gateway.store.sql.binding_writer import FROM_RECORD
from gateway.store.sql.columns import is_key
from gateway.store.sql.database import Database
from gateway.store.sql.number_tables import binding_history
from gateway.store.vault import Vault
from mapping.documents import TravelPermit
from mapping.identifier import MainlandIdentifier
from mapping.lifecycle import Change, Standing

_HISTORY: Final = select(binding_history).where(binding_history.c.binding_id == bindparam("of_id", type_=Text()))
_LAST: Final = (Change.UNTIED, Change.TIED)
"""What comes last, in this order, of all that happened to one version in one moment."""


class SqlNumberRegistry:
    """``NumberRegistry``."""

    def __init__(self, database: Database, vault: Vault) -> None:
        self._database = database
        self._vault = vault

    async def of_permit(self, permit: TravelPermit) -> NumberRecord | None:
        """The record of a permit, whatever its standing."""

        def work(connection: Connection) -> NumberRecord | None:
            recorded = rows.of_permit(connection, self._vault.permit_index(permit))
            return None if recorded is None else _record(connection, self._vault, recorded)

        return await self._database.read(work)

    async def of_number(self, number: MainlandIdentifier) -> NumberRecord | None:
        """The record that has or had a number; only a reveal by two operators may ask this (MP-03)."""
        return await self._database.read(lambda connection: of_number(connection, self._vault, number))

    async def of_id(self, binding_id: str) -> NumberRecord | None:
        """The record of an alert."""
        if not is_key(binding_id):
            return None

        def work(connection: Connection) -> NumberRecord | None:
            recorded = rows.of_id(connection, binding_id)
            return None if recorded is None else _record(connection, self._vault, recorded)

        return await self._database.read(work)

    async def history(self, binding_id: str) -> Sequence[HistoryLine]:
        """All that ever happened to a record and to those that it took over from, oldest first."""
        if not is_key(binding_id):
            return ()
        return await self._database.read(lambda connection: _history(connection, self._vault, binding_id))

    async def change(self, binding_id: str, change: Change, reason: str, now: datetime, event: AuditEvent) -> Standing:
        """Freeze, release or close a record; raises ``MappingError``, or ``LookupError`` for an unknown id.

        A change that is told twice is written once; the operator's act is on record in any case.
        """
        author = Author(now, event.correlation_id, f"operator:{event.details['operator']}")

        def work(connection: Connection) -> Standing:
            recorded = rows.of_id(connection, binding_id, lock=True)
            if recorded is None:
                raise LookupError("there is no such record")
            standing = standings.change(connection, self._vault, recorded, change, reason=reason, author=author)
            audit.record(connection, event)
            return standing

        return await self._database.run(work)

    async def fullest(self, limit: int) -> Sequence[Bucket]:
        """The fullest buckets, fullest first."""
        found = await self._database.read(lambda connection: buckets.fullest(connection, limit))
        return [buckets.opened(self._vault, *row) for row in found]


def of_number(connection: Connection, vault: Vault, number: MainlandIdentifier) -> NumberRecord | None:
    """The record that has or had a number, in the transaction of a reveal."""
    recorded = rows.of_number(connection, vault.number_index(number))
    return None if recorded is None else _record(connection, vault, recorded)


def _record(connection: Connection, vault: Vault, recorded: Recorded) -> NumberRecord:
    tied = ties.accounts(connection, recorded.id)
    return NumberRecord(
        binding_id=recorded.id,
        binding=rows.opened(vault, recorded),
        standing=recorded.standing,
        checked_at=recorded.checked_at,
        providers=tuple(provider for provider, _ in tied),
        subject_ids=tuple(subject_id for _, subject_id in tied),
    )


def _history(connection: Connection, vault: Vault, binding_id: str) -> list[HistoryLine]:
    """Go from record to record: what came over from another one names it as its evidence."""
    lines, waiting, seen = [], [binding_id], set()
    while waiting:
        record_id = waiting.pop()
        seen.add(record_id)
        for row in connection.execute(_HISTORY, {"of_id": record_id}):
            line = _line(vault, row)
            lines.append(line)
            origin = line.evidence.removeprefix(FROM_RECORD)
            if line.what is not Change.RETIRED and origin != line.evidence and origin not in {*seen, *waiting}:
                waiting.append(origin)
    return sorted(lines, key=_order)


def _order(line: HistoryLine) -> tuple[datetime, bool, int, int]:
    place = _LAST.index(line.what) + 1 if line.what in _LAST else 0
    return line.at, line.what is not Change.RETIRED, line.version, place


def _line(vault: Vault, row: Any) -> HistoryLine:
    box = vault.open(row.box, "binding_history", row.id)
    return HistoryLine(
        version=row.version,
        at=row.at,
        what=Change(row.what),
        evidence=row.evidence,
        actor=row.actor,
        provider=row.provider,
        subject_id=row.subject_id,
        correlation_id=row.correlation_id,
        binding=read_binding(row.version, box),
    )
