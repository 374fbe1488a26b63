"""Backups: made, proved to be whole, listed; a restore has a file of its own (``backup_restore``).

A backup is one file, sealed as a whole under ``backup.key``. No private key is in it, nor the keys under which people's
records are sealed: whoever has the file alone has nothing, and whoever has lost those keys has nothing either.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

from certs.keys.stream_seal import key_id
from gateway.admin import backup_file, backup_reader
from gateway.admin.acts import Act
from gateway.admin.backup_file import SCRATCH, SUFFIX, BackupError, Note, Written
from gateway.admin.backup_ports import BackupOffice, BackupRegistry, Report
from gateway.admin.backup_reader import BackupReader
from gateway.admin.operation_records import BackupRecord
from gateway.audit import AuditAction
from gateway.oidc.random_values import new_id

LISTED: Final = 50
_NO_KEY: Final = "the keys folder holds no backup.key: `gate init` makes one; keep a copy of it apart from the backups"


def quiet(_table: str, _done: int, _total: int) -> None:
    """Nobody watches."""


@dataclass(frozen=True, slots=True)
class LastGood:
    """How old the last backup is that was proved to be whole."""

    record: BackupRecord | None
    age: timedelta | None
    is_late: bool


def key_of(office: BackupOffice) -> bytes:
    """The key of backups; raises ``BackupError`` where there is none."""
    if office.key is None:
        raise BackupError(_NO_KEY)
    return office.key


def folder_of(office: BackupOffice, given: Path | None) -> Path:
    """Where backups lie; raises ``BackupError``."""
    folder = given or office.folder
    if folder is None:
        raise BackupError("say where backups go: --folder, or `folder` in the settings' block backup")
    if not folder.is_dir():
        raise BackupError(f"the folder {folder} is not there")
    return folder


async def create(
    office: BackupOffice, act: Act, *, folder: Path | None = None, report: Report = quiet, dry_run: bool = False
) -> dict[str, Any]:
    """Write one consistent state of everything into a new file and put it on record; ``verify`` proves it."""
    place, key, backup_id = folder_of(office, folder), key_of(office), new_id()
    path = place / f"{act.now:%Y%m%dT%H%M%SZ}-{backup_id}{SUFFIX}"
    if dry_run:
        return {"id": None, "file": str(place), "dry_run": True}
    written = await asyncio.to_thread(_write, office, path, (key, backup_id, act.now), report)
    record = BackupRecord(backup_id, act.now, path.name, written.sha256, written.rows, written.size)
    words = {"backup": backup_id, "rows": str(written.rows), "sha256": written.sha256}
    await office.registry.add(record, act.event(AuditAction.BACKUP_CREATED, **words))
    return {**described(record), "file": str(path), "dry_run": False}


async def verify(office: BackupOffice, path: Path, act: Act, *, report: Report = quiet) -> dict[str, Any]:
    """Read a whole file: every piece, row, count and digest; raises ``BackupError`` for what was changed."""
    record, found = await asyncio.to_thread(prove, office, path, act.now, report)
    known = next((one for one in await office.registry.newest(LISTED) if one.id == record.id), None)
    if known is not None and known.sha256 != record.sha256:
        raise BackupError("the file is whole, but not the one that was put on record under its id")
    words = {"backup": record.id, "rows": str(record.rows), "sha256": record.sha256}
    await office.registry.add(record, act.event(AuditAction.BACKUP_VERIFIED, **words))
    return {**described(record), **found, "on_record": True}


async def listed(office: BackupOffice, now: datetime, *, folder: Path | None = None) -> dict[str, Any]:
    """What lies in the folder and what is on record, the newest first; and what was left over."""
    place = folder or office.folder
    records = {record.id: record for record in await office.registry.newest(LISTED)}
    rows = [{**described(record), "age": _age(record.at, now), "there": False} for record in records.values()]
    leftovers: list[str] = []
    if place is not None and place.is_dir():
        rows, leftovers = await asyncio.to_thread(_in_folder, place, records, now)
    epochs = await office.registry.epochs()
    return {
        "backups": sorted(rows, key=lambda row: str(row["at"]), reverse=True),
        "leftovers": leftovers,
        "epoch": epochs[0].number if epochs else 1,
    }


async def last_good(registry: BackupRegistry, now: datetime, warn_after: timedelta) -> LastGood:
    """The last backup that was proved to be whole, and whether the next one is late; for `doctor` and the dashboard."""
    proved = [record for record in await registry.newest(LISTED) if record.verified_at is not None]
    if not proved:
        return LastGood(None, None, is_late=True)
    age = now - proved[0].at
    return LastGood(proved[0], age, age > warn_after)


def described(record: BackupRecord) -> dict[str, Any]:
    """A backup as operators see it."""
    return {
        "id": record.id,
        "at": record.at.isoformat(),
        "file": record.file,
        "rows": record.rows,
        "size": record.size,
        "sha256": record.sha256,
        "verified_at": None if record.verified_at is None else record.verified_at.isoformat(),
    }


def require_own(office: BackupOffice, reader: BackupReader) -> None:
    """Refuse the backup of another gateway: its records would be found by nobody, its tokens believed by the wrong."""
    if reader.note.issuer != office.issuer:
        raise BackupError("the backup was made by a gateway with another issuer")


def _write(office: BackupOffice, path: Path, made: tuple[bytes, str, datetime], report: Report) -> Written:
    key, backup_id, now = made
    scratch = path.with_name(path.name + SCRATCH)
    backup_file.make_private(scratch)
    with office.source.snapshot(scratch) as snapshot:
        facts = snapshot.facts
        note = Note(backup_id, now, office.issuer, facts.schema, facts.engine, key_id(key))
        return backup_file.write(path, note, key, snapshot, report)


def prove(
    office: BackupOffice, path: Path, now: datetime, report: Report = quiet
) -> tuple[BackupRecord, Mapping[str, Any]]:
    """Read a whole file without putting anything on record: it needs the key and no database."""
    with backup_reader.opened(path, key_of(office)) as reader:
        require_own(office, reader)
        prove_tables(reader, report)
        record = replace(record_of(reader, path), verified_at=now)
        return record, {"schema": reader.facts.schema, "engine": reader.facts.engine, "epoch": reader.facts.epoch}


def prove_tables(reader: BackupReader, report: Report) -> None:
    """Read everything that is left, and keep nothing."""
    done = 0
    for table in reader.tables():
        for _ in table.rows:
            pass
        done += reader.facts.rows[table.name]
        report(table.name, done, reader.facts.total)


def record_of(reader: BackupReader, path: Path) -> BackupRecord:
    """The record of a file that was read to its end."""
    note = reader.note
    return BackupRecord(note.id, note.created_at, path.name, reader.sha256, reader.rows, reader.size)


def _in_folder(
    folder: Path, records: Mapping[str, BackupRecord], now: datetime
) -> tuple[list[dict[str, Any]], list[str]]:
    found = {note.id: (note, path) for path in folder.glob(f"*{SUFFIX}") if (note := backup_file.note_of(path))}
    rows: list[dict[str, Any]] = []
    for backup_id in records.keys() | found.keys():
        note, path = found.get(backup_id, (None, None))
        record = records.get(backup_id)
        if record is not None:
            row = described(record)
        elif note is not None and path is not None:
            bare = BackupRecord(note.id, note.created_at, path.name, "", 0, path.stat().st_size)
            row = {**described(bare), "rows": None, "sha256": None}
        else:
            continue
        at = datetime.fromisoformat(row["at"])
        rows.append({**row, "age": _age(at, now), "there": path is not None})
    return rows, backup_file.leftovers(folder)


def _age(at: datetime, now: datetime) -> str:
    hours, minutes = divmod(max(0, int((now - at).total_seconds())) // 60, 60)
    return f"{hours} h {minutes:02d} min"
