"""Sealed files: private halves on our own disk, each in a box that opens only under its own name and set (KM-05).

    <folder>/sealed/<32 hexadecimal digits>.key = name of the set, line feed, box of (algorithm, line feed, material)

The box is bound to ``key|<set>|<name>``: a file that is copied to another name, or set down for another set, does not
open. What wraps the boxes lies apart, in the keys folder (``wrapping.key``).
"""

import os
import re
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from certs.keys.backends import NewKey, handles
from certs.keys.backends.material import make, new_key, signer_of
from certs.keys.errors import KeyMaterialError, KeyUnavailableError, SealError
from certs.keys.private_file import read_private, remove, replace, turn_in, write_new
from certs.keys.seal import Sealer
from certs.keys.signing_key import Signer

NAME: Final = "sealed"
_NAME_BYTES: Final = 16
_FILE: Final = re.compile(r"[0-9a-f]{32}")
_FOLDER_MODE: Final = 0o700
_UNOPENED: Final = "does not open: damaged, moved, or under a wrapping key that is not at hand"


@dataclass(frozen=True, slots=True)
class Resealed:
    """What a change of the wrapping key has done so far."""

    moved: int
    current: int
    """Files that were under the newest key before."""
    refused: tuple[str, ...]
    """Names of files that do not open; the others were moved all the same."""


class SealedFileBackend:
    """Keeps private halves in sealed files below a folder; handles are ``sealed:<set>/<name>``."""

    __slots__ = ("_folder", "_sealer")

    def __init__(self, folder: Path, sealer: Sealer) -> None:
        self._folder = folder / NAME
        self._sealer = sealer

    @property
    def name(self) -> str:
        """What handles begin with."""
        return NAME

    def generate(self, key_set: str, algorithm: str) -> NewKey:
        """Make a key and have it on the disk, sealed, before anybody hears of it."""
        return self._keep(key_set, algorithm, make(algorithm), vouched=True)

    def store(self, key_set: str, algorithm: str, material: bytes) -> NewKey:
        """Keep a private half (PEM) or a secret that was made elsewhere; what is no such key is refused."""
        return self._keep(key_set, algorithm, material, vouched=False)

    def _keep(self, key_set: str, algorithm: str, material: bytes, *, vouched: bool) -> NewKey:
        handles.require_set(key_set)
        name = secrets.token_hex(_NAME_BYTES)
        made = new_key(algorithm, material, f"{NAME}:{key_set}/{name}", vouched=vouched)
        content = self._close(key_set, name, algorithm.encode("ascii") + b"\n" + material)
        self._make_folder()
        with turn_in(self._folder):
            if not write_new(self._path(name), content):
                raise KeyUnavailableError("a key file of this name is there already")
        return made

    def signer(self, handle: str) -> Signer:
        """What signs with a key, from the file as it is now; whoever signs often keeps it."""
        algorithm, material = self._open(handle)
        return signer_of(algorithm, material, vouched=True)

    def secret(self, handle: str) -> bytes:
        """The private half, or the bytes of a secret."""
        return self._open(handle)[1]

    def destroy(self, handle: str) -> None:
        """Unlink the file; copies of it elsewhere are worth as much as the wrapping key that somebody holds."""
        _, name = _parts(handle)
        if self._folder.is_dir():
            with turn_in(self._folder):
                remove(self._path(name))

    def answers(self) -> bool:
        """Whether files can be read and made, and all that are there lie under a key at hand."""
        if not os.access(self._folder if self._folder.exists() else self._folder.parent, os.R_OK | os.W_OK | os.X_OK):
            return False
        try:
            return all(self._sealer.holds_key_of(self._read(name)[1]) for name in self._names())
        except (KeyMaterialError, SealError):
            return False

    def reseal(self) -> Resealed:
        """Move every box under the newest wrapping key; after an interruption it is simply called again."""
        moved, current, refused = 0, 0, []
        for name in self._names():
            try:
                if self._reseal(name):
                    moved += 1
                else:
                    current += 1
            except (KeyMaterialError, SealError):
                refused.append(name)
        return Resealed(moved, current, tuple(refused))

    def waiting(self) -> int:
        """How many files still lie under an earlier wrapping key, or do not open at all."""
        return sum(not self._is_current(name) for name in self._names())

    def strays(self, of_records: Iterable[str]) -> tuple[str, ...]:
        """Handles of files that no record names: what a crash between making a key and recording it has left."""
        known = {_parts(handle)[1] for handle in of_records if handle.startswith(f"{NAME}:")}
        return tuple(f"{NAME}:{self._read(name)[0]}/{name}" for name in self._names() if name not in known)

    def _open(self, handle: str) -> tuple[str, bytes]:
        key_set, name = _parts(handle)
        _, box = self._read(name)
        algorithm, _, material = self._unseal(key_set, name, box).partition(b"\n")
        return algorithm.decode("ascii", "replace"), material

    def _is_current(self, name: str) -> bool:
        try:
            return self._sealer.is_current(self._read(name)[1])
        except (KeyMaterialError, SealError):
            return False

    def _reseal(self, name: str) -> bool:
        # A turn for each file: a key that is destroyed meanwhile must not come back with the rename.
        with turn_in(self._folder):
            if not self._path(name).exists():
                return False
            key_set, box = self._read(name)
            if self._sealer.is_current(box):
                return False
            replace(self._path(name), self._close(key_set, name, self._unseal(key_set, name, box)))
            return True

    def _read(self, name: str) -> tuple[str, bytes]:
        head, mark, box = read_private(self._path(name)).partition(b"\n")
        if not mark:
            raise KeyUnavailableError(f"key file {self._path(name)} is damaged")
        return head.decode("ascii", "replace"), box

    def _close(self, key_set: str, name: str, plain: bytes) -> bytes:
        return key_set.encode("ascii") + b"\n" + self._sealer.seal(plain, context=_context(key_set, name))

    def _unseal(self, key_set: str, name: str, box: bytes) -> bytes:
        try:
            return self._sealer.open(box, context=_context(key_set, name))
        except SealError:
            raise KeyUnavailableError(f"key file {self._path(name)} {_UNOPENED}") from None

    def _path(self, name: str) -> Path:
        return self._folder / f"{name}.key"

    def _names(self) -> tuple[str, ...]:
        return tuple(path.stem for path in sorted(self._folder.glob("*.key")) if _FILE.fullmatch(path.stem))

    def _make_folder(self) -> None:
        try:
            self._folder.mkdir(mode=_FOLDER_MODE, exist_ok=True)
        except OSError:
            raise KeyUnavailableError(f"key folder {self._folder} cannot be made") from None

    def __repr__(self) -> str:
        return f"SealedFileBackend({str(self._folder)!r})"


def _context(key_set: str, name: str) -> str:
    return f"key|{key_set}|{name}"


def _parts(handle: str) -> tuple[str, str]:
    key_set, _, name = handles.within(handle, NAME).rpartition("/")
    if not key_set or not _FILE.fullmatch(name):
        raise KeyUnavailableError("not the handle of a sealed file")
    return key_set, name
