"""What backups need of a database: one state to read, an empty one to fill; implemented in ``gateway.store``."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol, TypeAlias

from gateway.admin.backup_facts import Facts
from gateway.admin.backup_losses import Losses
from gateway.admin.operation_records import BackupRecord, Epoch
from gateway.audit import AuditEvent
from mapping.vocabulary import Realm

Row: TypeAlias = list[Any]
"""The values of a row as they stand in a backup: texts, numbers, nothing; bytes in base64."""
Report: TypeAlias = Callable[[str, int, int], None]
"""Told how far it is: the table, the rows so far, all rows."""


@dataclass(frozen=True, slots=True)
class TableDump:
    """One table of a snapshot."""

    name: str
    columns: tuple[str, ...]
    rows: Iterator[Row]


class Snapshot(Protocol):
    """One consistent state, whatever is written meanwhile."""

    @property
    def facts(self) -> Facts:
        """What it holds."""
        ...

    def tables(self) -> Iterator[TableDump]:
        """Every table; each is read to its end before the next one."""
        ...


class BackupSource(Protocol):
    """A database to be read as it is at one moment."""

    def snapshot(self, scratch: Path) -> AbstractContextManager[Snapshot]:
        """Hold one state; what has to be put aside meanwhile is put into the file ``scratch``, and taken away."""
        ...


@dataclass(frozen=True, slots=True)
class Restoring:
    """What a restore is told: which backup, when, by whom, and what is known to have happened after the backup."""

    backup_id: str
    backup_at: datetime
    facts: Facts
    event: AuditEvent
    is_complete: bool
    """Whether nothing happened after what is at hand: after the backup, or after the copy of the audit."""
    losses: Losses | None
    realm: Realm
    proved: Callable[[], BackupRecord]
    """The record of the file, once its last row was read."""

    @property
    def at(self) -> datetime:
        """When the new life of the database begins."""
        return self.event.at


@dataclass(frozen=True, slots=True)
class Restored:
    """What a restore has done."""

    epoch: Epoch
    rows: int
    ended: Mapping[str, int]
    """Rows that were not taken over, because they would be usable, by table."""
    changed: Mapping[str, int]
    """What was ended or repeated in the new epoch, by kind."""


class BackupTarget(Protocol):
    """A database to be filled."""

    def filled(self, now: datetime) -> Mapping[str, int]:
        """The tables that are not empty, with their rows; raises ``SchemaError`` for another schema than ours.

        Raises ``BackupError`` where a gateway works with it: what it remembers would not be what is there.
        """
        ...

    def restore(self, tables: Iterator[TableDump], told: Restoring, report: Report) -> Restored:
        """Fill it in one transaction and begin a new epoch: all of it, or nothing at all."""
        ...


class BackupRegistry(Protocol):
    """Backups that were made or verified here."""

    async def add(self, record: BackupRecord, event: AuditEvent) -> None:
        """Put one on record, or what was found out about it since."""
        ...

    async def newest(self, limit: int) -> Sequence[BackupRecord]:
        """Those on record, the newest first."""
        ...

    async def epochs(self) -> Sequence[Epoch]:
        """The lives of this database that began with a restored backup, the last one first."""
        ...


@dataclass(frozen=True, slots=True, repr=False)
class BackupOffice:
    """What backups are made with, put together by the composition root."""

    issuer: str
    source: BackupSource
    registry: BackupRegistry
    key: bytes | None = field(repr=False)
    folder: Path | None
    marks: Callable[[], Mapping[str, int]]
    """The high-water file's numbers of the trust lists; empty where there is none."""
