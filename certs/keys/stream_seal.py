"""Files of any size under one key: sealed piece by piece, and found damaged wherever they were changed or cut.

    magic 8 | length of the note 4 | note (JSON, in the open) | salt 32 | pieces

Every file has a key of its own: HKDF-SHA-256 (RFC 5869) over the given key, with the salt, bound to the note. Every
piece but the last has the same size and is AES-256-GCM with its number and "is it the last" as its nonce (the STREAM
construction of Hoang, Reyhanitabar, Rogaway and Vizár, 2015): pieces cannot be left out, doubled, exchanged or cut off.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import BinaryIO, Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256, Hash
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from certs.keys.errors import KeyMaterialError, SealError

MAGIC: Final = b"GBASEAL\x01"
KEY_BYTES: Final = 32
PIECE: Final = 64 * 1024
"""Bytes of plain text in every piece but the last."""
MAX_NOTE: Final = 16 * 1024
MAX_PIECES: Final = 2**32
"""256 TiB; the number of a piece is never used twice under one key."""

_TAG: Final = 16
_SALT: Final = 32
_LENGTH: Final = 4
_SEALED: Final = PIECE + _TAG


class NotSealedError(SealError):
    """The file does not begin as a sealed file does: it is something else, or its beginning is damaged."""


@dataclass(frozen=True, slots=True)
class Opening:
    """The beginning of a sealed file; the note is believed only once the pieces open."""

    note: bytes
    salt: bytes = field(repr=False)


def key_id(key: bytes) -> str:
    """A name for a key that gives nothing of it away: which key a file needs can be told before it is opened."""
    return _derived(key, b"", b"gba stream key id", 8).hex()


class StreamSealer:
    """Writes one sealed file; what was written is whole only after ``finish``."""

    __slots__ = ("_box", "_file", "_number", "_pending")

    def __init__(self, file: BinaryIO, key: bytes, note: bytes) -> None:
        if len(note) > MAX_NOTE:
            raise SealError("the note of a sealed file is too long")
        salt = os.urandom(_SALT)
        self._box = _box(key, Opening(note, salt))
        self._file = file
        self._number = 0
        self._pending = bytearray()
        file.write(MAGIC + len(note).to_bytes(_LENGTH, "big") + note + salt)

    def write(self, data: bytes) -> None:
        """Add plain text."""
        self._pending += data
        while len(self._pending) > PIECE:  # the last piece must be known as such: one is always kept back
            self._put(bytes(self._pending[:PIECE]), is_last=False)
            del self._pending[:PIECE]

    def finish(self) -> None:
        """Write the last piece; nothing can follow it."""
        self._put(bytes(self._pending), is_last=True)
        self._pending.clear()

    def _put(self, plain: bytes, *, is_last: bool) -> None:
        self._file.write(self._box.encrypt(_nonce(self._number, is_last=is_last), plain, None))
        self._number += 1

    def __repr__(self) -> str:
        return f"StreamSealer({self._number} pieces)"


def read_opening(file: BinaryIO) -> Opening:
    """Read the beginning; raises ``NotSealedError``."""
    head = file.read(len(MAGIC) + _LENGTH)
    length = int.from_bytes(head[len(MAGIC) :], "big")
    if len(head) < len(MAGIC) + _LENGTH or not head.startswith(MAGIC) or length > MAX_NOTE:
        raise NotSealedError("this is no sealed file")
    note, salt = file.read(length), file.read(_SALT)
    if len(note) < length or len(salt) < _SALT:
        raise NotSealedError("this is no sealed file")
    return Opening(note, salt)


def open_pieces(file: BinaryIO, key: bytes, opening: Opening) -> Iterator[bytes]:
    """Give the plain text, piece by piece; raises ``SealError`` at the first piece that is not the one written there.

    Only when the iterator ends without an error was the file whole.
    """
    box = _box(key, opening)
    number, sealed = 0, file.read(_SEALED)
    while True:
        following = file.read(_SEALED)
        yield _opened(box, sealed, number, is_last=not following)
        if not following:
            return
        number, sealed = number + 1, following


def _opened(box: AESGCM, sealed: bytes, number: int, *, is_last: bool) -> bytes:
    if len(sealed) < _TAG:
        raise SealError("the file is damaged or cut off")
    try:
        return box.decrypt(_nonce(number, is_last=is_last), sealed, None)
    except InvalidTag:
        raise SealError("the file is damaged or cut off") from None


def _box(key: bytes, opening: Opening) -> AESGCM:
    digest = Hash(SHA256())
    digest.update(opening.note)
    return AESGCM(_derived(key, opening.salt, b"gba stream piece" + digest.finalize(), KEY_BYTES))


def _derived(key: bytes, salt: bytes, purpose: bytes, length: int) -> bytes:
    if len(key) != KEY_BYTES or len(set(key)) == 1:
        raise KeyMaterialError("the key of sealed files is 32 random bytes")
    return HKDF(SHA256(), length, salt or None, purpose).derive(key)


def _nonce(number: int, *, is_last: bool) -> bytes:
    if number >= MAX_PIECES:
        raise SealError("too large for a sealed file")
    return bytes(7) + number.to_bytes(4, "big") + bytes((is_last,))
