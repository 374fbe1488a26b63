"""A database of three small tables for the tests of backups, and a list of backups in memory."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from gateway.admin.backup_facts import Facts
from gateway.admin.backup_ports import Row, TableDump
from gateway.admin.operation_records import BackupRecord, Epoch
from gateway.audit import AuditEvent

ROWS: dict[str, list[Row]] = {
    "clients": [["a", 1], ["b", None]],
    "grants": [],
    "audit": [[place, "x" * 900] for place in range(300)],
}
FACTS = Facts("0005", "sqlite", 1, {name: len(rows) for name, rows in ROWS.items()}, 300, 0, "", {}, {})


@dataclass
class Fake:
    """A snapshot of three small tables."""

    facts: Facts = FACTS
    rows: Any = None

    def tables(self) -> Iterator[TableDump]:
        for name, rows in (self.rows or ROWS).items():
            yield TableDump(name, ("id", "value"), iter(rows))


class FakeSource:
    """``BackupSource``."""

    @contextmanager
    def snapshot(self, scratch: Path) -> Iterator[Fake]:
        yield Fake()
        scratch.unlink()


@dataclass
class FakeRegistry:
    """``BackupRegistry``."""

    records: dict[str, BackupRecord] = field(default_factory=dict)
    events: list[AuditEvent] = field(default_factory=list)

    async def add(self, record: BackupRecord, event: AuditEvent) -> None:
        self.records[record.id] = record
        self.events.append(event)

    async def newest(self, limit: int) -> Sequence[BackupRecord]:
        return list(self.records.values())[:limit]

    async def epochs(self) -> Sequence[Epoch]:
        return []
