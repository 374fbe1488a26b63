"""Reads the file of a backup in bounded memory, and finds whatever is not as it was written."""

import contextlib
import hashlib
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, BinaryIO, Final

from certs.keys import JsonError, strict_json
from certs.keys.errors import SealError
from certs.keys.stream_seal import NotSealedError, key_id, open_pieces, read_opening
from gateway.admin.backup_facts import Facts
from gateway.admin.backup_file import BackupDamagedError, BackupError, Measured, note_from
from gateway.admin.backup_ports import Row, TableDump

_LONGEST_LINE: Final = 256 * 1024 * 1024


class BackupReader:
    """A file being read; ``tables`` gives everything once, and only its end says that the file is whole."""

    def __init__(self, file: BinaryIO, key: bytes) -> None:
        measured = Measured(file)
        try:
            opening = read_opening(measured)  # type: ignore[arg-type]  # only ever read from
        except NotSealedError:
            raise BackupDamagedError("this is no backup, or its beginning is damaged") from None
        self.note = note_from(opening.note)
        if self.note.key_id != key_id(key):
            raise BackupError("the backup was made under another key than the backup.key of this gateway")
        self._measured = measured
        self._lines = _lines(open_pieces(measured, key, opening))  # type: ignore[arg-type]  # the same
        self._rows = 0
        self.facts = self._facts()

    @property
    def sha256(self) -> str:
        """Of the file, as far as it was read."""
        return self._measured.digest.hexdigest()

    @property
    def size(self) -> int:
        """Of the same."""
        return self._measured.size

    @property
    def rows(self) -> int:
        """How many were read."""
        return self._rows

    def tables(self) -> Iterator[TableDump]:
        """Every table; raises ``BackupDamagedError`` for a row, table or end that is missing or different."""
        for name in self.facts.rows:
            head = self._members()
            columns = head.get("columns")
            if head.get("table") != name or not isinstance(columns, list):
                raise BackupDamagedError(f"the backup is damaged: table {name} does not begin where it should")
            yield TableDump(name, tuple(columns), self._table(name, len(columns)))
        end = self._members()
        if end != {"whole": self.note.id, "rows": self._rows} or next(self._lines, None) is not None:
            raise BackupDamagedError("the backup is damaged: it does not end where it should")

    def _table(self, name: str, width: int) -> Iterator[Row]:
        digest, count = hashlib.sha256(), 0
        for line in self._lines:
            if line.startswith(b"["):
                row = json.loads(line)
                if len(row) != width:
                    raise BackupDamagedError(
                        f"the backup is damaged: a row of table {name} has too many or few columns"
                    )
                digest.update(line)
                count += 1
                yield row
                continue
            if _read(line) != {"end": name, "rows": count, "sha256": digest.hexdigest()}:
                break
            if count != self.facts.rows[name]:
                break
            self._rows += count
            return
        raise BackupDamagedError(f"the backup is damaged: table {name} is not as it was written")

    def _members(self) -> Mapping[str, Any]:
        line = next(self._lines, None)
        if line is None:
            raise BackupDamagedError("the backup is damaged: it does not end where it should")
        return _read(line)

    def _facts(self) -> Facts:
        try:
            facts = Facts(**self._members()["facts"])
        except (KeyError, TypeError):
            raise BackupDamagedError("the backup is damaged: it does not say what it holds") from None
        if (facts.schema, facts.engine) != (self.note.schema, self.note.engine):
            raise BackupDamagedError("the backup is damaged: its beginning is not that of its content")
        return facts


@contextlib.contextmanager
def opened(path: Path, key: bytes) -> Iterator[BackupReader]:
    """Read a file; raises ``BackupError`` at its beginning, or wherever it turns out to be damaged."""
    try:
        with path.open("rb") as file:
            yield BackupReader(file, key)
    except OSError as error:
        raise BackupError(f"the backup cannot be read ({error.strerror})") from error


def _lines(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """Whole lines out of pieces; a file that is damaged is told of in one way, wherever it is."""
    rest: list[bytes] = []
    try:
        for piece in pieces:
            *whole, tail = piece.split(b"\n")
            for line in whole:
                yield b"".join((*rest, line, b"\n"))
                rest = []
            rest.append(tail)
            if sum(map(len, rest)) > _LONGEST_LINE:
                break
    except SealError:
        raise BackupDamagedError("the backup is damaged or cut off") from None
    if any(rest):
        raise BackupDamagedError("the backup is damaged: a line does not end")


def _read(line: bytes) -> Mapping[str, Any]:
    try:
        return strict_json.parse_object(line)
    except JsonError:
        raise BackupDamagedError("the backup is damaged: a line is not what it should be") from None
