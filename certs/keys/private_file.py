"""Files that hold secrets: read only where nobody but their owner can, written whole or not at all (KM-05).

The check is on the open file, not on its name: a file that is exchanged between the look and the reading gains nothing.
"""

import contextlib
import fcntl
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from certs.keys.errors import KeyMaterialError, KeyUnavailableError

MODE: Final = 0o600
LARGEST: Final = 65_536
"""Bytes of one file; no key is larger."""
_OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO
_NEW: Final = os.O_WRONLY | os.O_CREAT | os.O_EXCL
_ROOT: Final = 0
_LOCK: Final = ".lock"


class KeyFileError(KeyUnavailableError):
    """A key file that others can read or change: until its mode is put right it counts as leaked, and is not used."""


def read_private(path: Path, *, user: int | None = None, largest: int = LARGEST) -> bytes:
    """The content of a file that belongs to one user (ours) and that nobody else may open.

    Raises ``KeyFileError`` for one that is open to others, ``KeyUnavailableError`` for one that cannot be read. Root
    may read what belongs to the user of the service: commands are given like that.
    """
    try:
        with path.open("rb") as file:
            _require_private(path, os.fstat(file.fileno()), os.geteuid() if user is None else user)
            content = file.read(largest + 1)
    except OSError:
        raise KeyUnavailableError(f"key file {path} cannot be read") from None
    if len(content) > largest:
        raise KeyMaterialError(f"key file {path} is too long for a key")
    return content


def _require_private(path: Path, state: os.stat_result, user: int) -> None:
    if not stat.S_ISREG(state.st_mode):
        raise KeyFileError(f"key file {path} is no plain file")
    if stat.S_IMODE(state.st_mode) & _OTHERS:
        raise KeyFileError(f"key file {path} is open to others than its owner: chmod 600 {path}")
    if user != _ROOT and state.st_uid not in {user, _ROOT}:
        raise KeyFileError(f"key file {path} belongs to another user: chown it to the user of the gateway")


def write_new(path: Path, content: bytes) -> bool:
    """Make a file for its owner only, on the disk before this returns; False where the name is taken."""
    try:
        descriptor = os.open(path, _NEW, MODE)
    except FileExistsError:
        return False
    except OSError:
        raise KeyUnavailableError(f"key file {path} cannot be written") from None
    try:
        _fill(descriptor, content)
        sync_folder(path.parent)
    except OSError:
        # Half a key is worse than none: it would be taken for a damaged one later.
        path.unlink(missing_ok=True)
        raise KeyUnavailableError(f"key file {path} cannot be written") from None
    return True


def replace(path: Path, content: bytes) -> None:
    """Exchange a file's content in one step: after a crash there is the old one or the new one, whole."""
    draft = path.with_name(path.name + ".new")
    try:
        draft.unlink(missing_ok=True)  # what a crash has left
        _fill(os.open(draft, _NEW, MODE), content)
        draft.replace(path)
        sync_folder(path.parent)
    except OSError:
        raise KeyUnavailableError(f"key file {path} cannot be written") from None


def remove(path: Path) -> None:
    """Take a file away; one that is gone already is no error."""
    try:
        path.unlink(missing_ok=True)
        if path.parent.is_dir():
            sync_folder(path.parent)
    except OSError:
        raise KeyUnavailableError(f"key file {path} cannot be removed") from None


@contextlib.contextmanager
def turn_in(folder: Path) -> Iterator[None]:
    """Have a folder for oneself: whoever changes its files waits for whoever does so now, also on other machines."""
    try:
        # A file of its own: folders cannot be locked where a network shares them between machines.
        descriptor = os.open(folder / _LOCK, os.O_RDWR | os.O_CREAT, MODE)
    except OSError:
        raise KeyUnavailableError(f"key folder {folder} cannot be written") from None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def sync_folder(folder: Path) -> None:
    """Have the names of a folder on the disk, too."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _fill(descriptor: int, content: bytes) -> None:
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
