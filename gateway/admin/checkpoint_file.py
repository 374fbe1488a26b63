"""The file of checkpoints beside the database: what is not in it cannot be rolled back with it (AU-02, TL-08).

One signed token on each line; the file only grows. Writers of several processes take turns by a lock on the file. A
line that a crash tore is the last one, was never acknowledged, and is cut off by the next writer.
"""

import fcntl
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from gateway.admin.audit_chain import Break, ChainError, Finding
from gateway.admin.audit_checkpoints import Checkpoint

LONGEST_LINE: Final = 2_048
"""Bytes of one checkpoint."""

Read = Callable[[str], Checkpoint]
"""Checks a token; raises ``ChainError``."""


class CheckpointFileError(Exception):
    """The file cannot be read or written; the text names the system's reason and no path."""


def last(path: Path, read: Read) -> Checkpoint | None:
    """The newest checkpoint of the file; raises ``ChainError`` for a line that is not ours."""
    with _opened(path, os.O_RDONLY) as descriptor:
        return None if descriptor is None else _last(descriptor, read)


def append(path: Path, checkpoints: Sequence[Checkpoint], read: Read) -> int:
    """Durably add those that are newer than what is there, in their order; returns how many."""
    with _opened(path, os.O_RDWR | os.O_CREAT) as descriptor:
        if descriptor is None:  # what is created is there
            raise CheckpointFileError("the file is not there")
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        newest = _last(descriptor, read)
        new = [one for one in checkpoints if newest is None or one.order > newest.order]
        if new:
            end = _end(descriptor)
            os.ftruncate(descriptor, end)
            _write(descriptor, "".join(f"{one.token}\n" for one in new).encode("ascii"), end)
            os.fsync(descriptor)
            if end == 0:
                _sync_folder(path.parent)
        return len(new)


def all_of(path: Path, read: Read) -> Iterator[Checkpoint]:
    """Every checkpoint of the file, one after the other; a torn last line is left out."""
    try:
        with path.open("rb") as file:
            while (line := file.readline(LONGEST_LINE + 1)).endswith(b"\n"):
                yield _checkpoint(line, read)
            if len(line) > LONGEST_LINE:
                raise ChainError(Finding(Break.CHECKPOINT_FORGED))
    except FileNotFoundError:
        return
    except OSError as error:
        raise CheckpointFileError(error.strerror) from error


def _last(descriptor: int, read: Read) -> Checkpoint | None:
    end = _end(descriptor)
    if end == 0:
        return None
    tail = os.pread(descriptor, min(end, LONGEST_LINE), max(0, end - LONGEST_LINE))
    line = tail[tail.rfind(b"\n", 0, len(tail) - 1) + 1 :]
    return _checkpoint(line, read)


def _checkpoint(line: bytes, read: Read) -> Checkpoint:
    try:
        return read(line.rstrip(b"\n").decode("ascii"))
    except UnicodeDecodeError:
        raise ChainError(Finding(Break.CHECKPOINT_FORGED)) from None


def _end(descriptor: int) -> int:
    """Where the last whole line ends."""
    size = os.fstat(descriptor).st_size
    start = max(0, size - LONGEST_LINE)
    found = os.pread(descriptor, LONGEST_LINE, start).rfind(b"\n")
    if found < 0 and start > 0:
        raise ChainError(Finding(Break.CHECKPOINT_FORGED))  # no line of ours is so long
    return start + found + 1


def _write(descriptor: int, data: bytes, offset: int) -> None:
    while data:
        written = os.pwrite(descriptor, data, offset)
        data, offset = data[written:], offset + written


@contextmanager
def _opened(path: Path, flags: int) -> Iterator[int | None]:
    """Open for a moment; every failure of the system becomes one error."""
    try:
        try:
            descriptor = os.open(path, flags | os.O_CLOEXEC, 0o600)
        except FileNotFoundError:
            if flags & os.O_CREAT:
                raise
            yield None
            return
        try:
            yield descriptor
        finally:
            os.close(descriptor)
    except OSError as error:
        raise CheckpointFileError(error.strerror) from error


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
