"""The file of a backup: one note in the open, and all tables as JSON lines in sealed pieces, digest by digest.

    {"facts": …}
    {"table": "clients", "columns": […]}    then one array for each row
    {"end": "clients", "rows": 2, "sha256": "…"}
    …
    {"whole": "<id of the backup>", "rows": 17}

Written under another name, put on the disk, and renamed only then: a file of its name is whole (``backup_reader``).
"""

import hashlib
import json
import os
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO, Final

from certs.keys import JsonError, strict_json
from certs.keys.errors import SealError
from certs.keys.stream_seal import StreamSealer, read_opening
from gateway.admin.backup_ports import Snapshot

SUFFIX: Final = ".gbabackup"
PARTIAL: Final = ".partial"
"""The end of the name while a file is being written; one that is left over is worth nothing."""
SCRATCH: Final = ".copy"
"""The end of the name of a copy of an embedded database that a backup is made from."""
FORMAT: Final = 1

_MODE: Final = 0o600
_NOTE: Final = frozenset({"format", "id", "created_at", "issuer", "schema", "engine", "key_id"})


class BackupError(Exception):
    """A backup cannot be made, read or restored; the text says why in words for an operator, and changed is nothing."""


class BackupDamagedError(BackupError):
    """The file is not as it was written."""


@dataclass(frozen=True, slots=True)
class Note:
    """What stands in the open at the beginning of a file; believed once the file was read to its end."""

    id: str
    created_at: datetime
    issuer: str
    schema: str
    engine: str
    key_id: str


@dataclass(frozen=True, slots=True)
class Written:
    """A file that lies in its place."""

    path: Path
    sha256: str
    size: int
    rows: int


def write(path: Path, note: Note, key: bytes, snapshot: Snapshot, report: Callable[[str, int, int], None]) -> Written:
    """Write a whole file for its owner only, or leave nothing behind; raises ``BackupError``."""
    partial = path.with_name(path.name + PARTIAL)
    try:
        with _new(partial) as file:
            measured = Measured(file)
            sealer = StreamSealer(measured, key, _described(note))  # type: ignore[arg-type]  # only ever written to
            rows = _write_tables(sealer, snapshot, report)
            sealer.write(_line({"whole": note.id, "rows": rows}))
            sealer.finish()
            file.flush()
            os.fsync(file.fileno())
        partial.rename(path)
        _sync_folder(path.parent)
    except OSError as error:
        raise BackupError(f"the backup cannot be written ({error.strerror}); nothing is left of it") from error
    finally:
        partial.unlink(missing_ok=True)
    return Written(path, measured.digest.hexdigest(), measured.size, rows)


def note_of(path: Path) -> Note | None:
    """The note of a file, unproved; none for a file that is no backup."""
    try:
        with path.open("rb") as file:
            return note_from(read_opening(file).note)
    except (OSError, SealError, BackupError):
        return None


def leftovers(folder: Path) -> list[str]:
    """Names of files that a backup which was cut short has left behind."""
    return sorted(path.name for end in (PARTIAL, SCRATCH) for path in folder.glob(f"*{SUFFIX}{end}*"))


def make_private(path: Path) -> None:
    """Make an empty file for its owner only, which another program is about to fill; raises ``BackupError``."""
    try:
        _new(path).close()
    except OSError as error:
        raise BackupError(f"the backup cannot be written ({error.strerror})") from error


def _write_tables(sealer: StreamSealer, snapshot: Snapshot, report: Callable[[str, int, int], None]) -> int:
    facts, done = snapshot.facts, 0
    sealer.write(_line({"facts": asdict(facts)}))
    for table in snapshot.tables():
        sealer.write(_line({"table": table.name, "columns": table.columns}))
        digest, count = hashlib.sha256(), 0
        for row in table.rows:
            line = _line(row)
            digest.update(line)
            sealer.write(line)
            count += 1
            if count % 1_000 == 0:
                report(table.name, done + count, facts.total)
        sealer.write(_line({"end": table.name, "rows": count, "sha256": digest.hexdigest()}))
        done += count
        report(table.name, done, facts.total)
    return done


class Measured:
    """A file whose bytes are counted and digested as they pass."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.digest = hashlib.sha256()
        self.size = 0

    def write(self, data: bytes) -> None:
        """Write on."""
        self._file.write(data)
        self._passed(data)

    def read(self, length: int) -> bytes:
        """Read on."""
        data = self._file.read(length)
        self._passed(data)
        return data

    def _passed(self, data: bytes) -> None:
        self.digest.update(data)
        self.size += len(data)


def _line(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode("ascii") + b"\n"


def _described(note: Note) -> bytes:
    members = {"format": FORMAT, **asdict(note), "created_at": note.created_at.isoformat()}
    return json.dumps(members, separators=(",", ":")).encode("ascii")


def note_from(data: bytes) -> Note:
    """Read the note; raises ``BackupError``."""
    try:
        members = dict(strict_json.parse_object(data))
        if members.keys() != _NOTE or members.pop("format") != FORMAT:
            raise BackupError("the backup was written by another version of this program")
        return Note(**{**members, "created_at": datetime.fromisoformat(members["created_at"])})
    except (JsonError, TypeError, ValueError):
        raise BackupDamagedError("this is no backup, or its beginning is damaged") from None


def _new(path: Path) -> BinaryIO:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, _MODE)
    return os.fdopen(descriptor, "wb")


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
