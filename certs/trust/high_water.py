"""The highest numbers ever accepted, in a file beside the database: restoring a backup cannot roll a list back (TL-08).

The file only grows. Every line carries a MAC over the line and the MAC before it, so that nothing in the middle can be
changed or left out; what is missing at the end shows in the comparison with the database. A line that a crash tore is
the last one, has no MAC, was never acknowledged, and is cut off.
"""

import hashlib
import hmac
import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final, Self

from certs.keys import JsonError, strict_json
from certs.keys.canonical import canonical
from certs.trust.list_errors import ListError, ListRefusal
from certs.trust.list_writer import write_time

MAX_FILE: Final = 16 * 1024 * 1024
_KEY_SMALLEST: Final = 32
_MEMBERS: Final = frozenset({"list_id", "sequence", "sha256", "at", "reset"})
_MAC_LENGTH: Final = 64
_START: Final = b"gba high-water 1"


class Comparison(StrEnum):
    """How file and database stand to one another."""

    AGREE = "agree"
    FILE_AHEAD = "file-ahead"
    """The database is older than what it once accepted: a restored backup. Nothing is accepted or judged on it."""
    DATABASE_AHEAD = "database-ahead"
    """A crash between the database's commit and the file: the file is to be advanced."""


@dataclass(frozen=True, slots=True)
class Mark:
    """The highest accepted number of one list, and the digest that it had."""

    sequence: int
    sha256: str


@dataclass(frozen=True, slots=True, repr=False)
class HighWaterMark:
    """What the file says; `advance` writes a line durably and gives the new state."""

    path: Path
    key: bytes
    marks: Mapping[str, Mark]
    last_mac: bytes
    size: int

    @classmethod
    def load(cls, path: Path, key: bytes) -> Self:
        """Read and check the whole file; one that is not there yet is empty. Raises `ListError`."""
        if len(key) < _KEY_SMALLEST:
            raise ValueError("the key of the high-water file is too short")
        state = cls(path, key, MappingProxyType({}), _START, 0)
        for line in _lines(path):
            state = state._with(line)
        return state

    def highest(self, list_id: str) -> Mark | None:
        """The mark of one list."""
        return self.marks.get(list_id)

    def advance(self, list_id: str, sequence: int, sha256: str, at: datetime, *, reset: bool = False) -> Self:
        """Write that a document was accepted; only a reset after a theft of keys may go down. Idempotent."""
        mark, known = Mark(sequence, sha256), self.marks.get(list_id)
        if known == mark:
            return self
        if known is not None and sequence <= known.sequence and not reset:
            raise ListError(ListRefusal.ROLLBACK, "a higher number was accepted before", where="sequence")
        members = {"list_id": list_id, "sequence": sequence, "sha256": sha256, "at": write_time(at), "reset": reset}
        body = canonical(members)
        line = body + _tail(self._mac(body))
        self._append(line)
        return self._with(line)

    def compare(self, database: Mapping[str, tuple[int, str]]) -> Comparison:
        """Compare with the numbers and digests that the database says are in force."""
        lists = sorted(self.marks.keys() | database.keys())
        found = {_compare(self.marks.get(list_id), database.get(list_id)) for list_id in lists}
        # One list that went back outweighs any number that went forward.
        for worst in (Comparison.FILE_AHEAD, Comparison.DATABASE_AHEAD):
            if worst in found:
                return worst
        return Comparison.AGREE

    def _with(self, line: bytes) -> Self:
        body, tail = line[: -_MAC_LENGTH - 2], line[-_MAC_LENGTH - 2 :]
        expected = self._mac(body)
        if not hmac.compare_digest(_tail(expected), tail):
            raise ListError(ListRefusal.HIGH_WATER_BROKEN, "a line of the high-water file was changed or left out")
        members = _members(body)
        known = self.marks.get(members["list_id"])
        if known is not None and members["sequence"] <= known.sequence and not members["reset"]:
            raise ListError(ListRefusal.HIGH_WATER_BROKEN, "a number in the high-water file goes down")
        mark = Mark(members["sequence"], members["sha256"])
        marks = MappingProxyType({**self.marks, members["list_id"]: mark})
        return replace(self, marks=marks, last_mac=expected, size=self.size + len(line))

    def _mac(self, body: bytes) -> bytes:
        return hmac.new(self.key, self.last_mac + b"\n" + body, hashlib.sha256).digest()

    def _append(self, line: bytes) -> None:
        descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            # Another process wrote since we read: its line must not be cut off as if a crash had torn it.
            if os.fstat(descriptor).st_size > self.size and _has_whole_line(descriptor, self.size):
                raise ListError(ListRefusal.HIGH_WATER_BROKEN, "the high-water file has grown: read it again")
            os.ftruncate(descriptor, self.size)
            os.pwrite(descriptor, line, self.size)
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        if self.size == 0:
            _sync_folder(self.path.parent)

    def __repr__(self) -> str:
        return f"HighWaterMark({len(self.marks)} lists)"


def _tail(mac: bytes) -> bytes:
    return b" " + mac.hex().encode("ascii") + b"\n"


def _compare(mark: Mark | None, stored: tuple[int, str] | None) -> Comparison:
    if mark is None:
        return Comparison.DATABASE_AHEAD
    if stored is None or stored[0] < mark.sequence:
        return Comparison.FILE_AHEAD
    if stored[0] > mark.sequence:
        return Comparison.DATABASE_AHEAD
    return Comparison.AGREE if stored[1] == mark.sha256 else Comparison.FILE_AHEAD


def _lines(path: Path) -> list[bytes]:
    try:
        if path.stat().st_size > MAX_FILE:
            raise ListError(ListRefusal.HIGH_WATER_BROKEN, "the high-water file is larger than any")
        data = path.read_bytes()
    except FileNotFoundError:
        return []
    except OSError:
        raise ListError(ListRefusal.HIGH_WATER_BROKEN, "the high-water file cannot be read") from None
    lines = data.splitlines(keepends=True)
    return lines if not lines or lines[-1].endswith(b"\n") else lines[:-1]


def _members(body: bytes) -> dict[str, Any]:
    try:
        members = strict_json.parse_object(body)
    except JsonError:
        members = {}
    if members.keys() != _MEMBERS:
        raise ListError(ListRefusal.HIGH_WATER_BROKEN, "a line of the high-water file is malformed")
    return members


def _has_whole_line(descriptor: int, start: int) -> bool:
    return b"\n" in os.pread(descriptor, MAX_FILE, start)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
