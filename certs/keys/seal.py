"""Boxes for personal data and private keys at rest: a fresh key for each, wrapped under a key from elsewhere.

    version 1 | length of key id 1 | key id | nonce 12 | wrapped data key 48 | nonce 12 | ciphertext and tag

Both layers are AES-256-GCM and bind the wrapping key's id and the context, "table|column|row id": a box that is
copied to another row, column or key does not open.
"""

import os
import re
from collections.abc import Mapping
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from certs.keys.errors import KeyMaterialError, SealError

KEY_BYTES: Final = 32
MAX_PLAIN: Final = 1_048_576
"""Bytes in one box; what is larger does not belong in a row."""
MAX_CONTEXT: Final = 512
MAX_SEALS_PER_WRAPPING_KEY: Final = 2**32
"""After this many boxes random nonces collide with a chance of 2**-33 (NIST SP 800-38D §8.3): rotate well before."""

_VERSION: Final = 1
_NONCE: Final = 12
_TAG: Final = 16
_WRAPPED: Final = KEY_BYTES + _TAG
_KEY_ID: Final = re.compile(r"[A-Za-z0-9._-]{1,32}")
_REFUSED: Final = "the box does not open"


class Sealer:
    """Seals under the active wrapping key and opens under every one it was given, so that keys can be rotated."""

    __slots__ = ("_active", "_wrapping")

    def __init__(self, wrapping_keys: Mapping[str, bytes], active: str) -> None:
        if active not in wrapping_keys:
            raise KeyMaterialError("the active wrapping key is not among the keys")
        self._wrapping = {key_id: _load(key_id, key) for key_id, key in wrapping_keys.items()}
        self._active = active

    @property
    def active(self) -> str:
        """The id of the key that new boxes are sealed under."""
        return self._active

    @property
    def head(self) -> bytes:
        """The bytes with which every box under the active key begins: others are found by them without being opened."""
        return _head(self._active)

    def seal(self, plain: bytes, *, context: str) -> bytes:
        """Close a box that opens only with the same context."""
        if len(plain) > MAX_PLAIN:
            raise SealError("too large for a box")
        head = _head(self._active)
        bound = _bound(head, context)
        data_key, wrap_nonce, nonce = AESGCM.generate_key(256), os.urandom(_NONCE), os.urandom(_NONCE)
        wrapped = self._wrapping[self._active].encrypt(wrap_nonce, data_key, b"key" + bound)
        content = AESGCM(data_key).encrypt(nonce, plain, b"box" + bound)
        return head + wrap_nonce + wrapped + nonce + content

    def open(self, box: bytes, *, context: str) -> bytes:
        """Open a box, or refuse it: damaged, moved, of another version or under a key that is gone."""
        key_id = _key_id(box)
        wrapping = self._wrapping.get(key_id)
        head = _head(key_id)
        rest = box[len(head) :]
        shortest = _NONCE + _WRAPPED + _NONCE + _TAG
        if wrapping is None or not shortest <= len(rest) <= shortest + MAX_PLAIN:
            raise SealError(_REFUSED)
        wrap_nonce, wrapped = rest[:_NONCE], rest[_NONCE : _NONCE + _WRAPPED]
        nonce, content = rest[_NONCE + _WRAPPED : 2 * _NONCE + _WRAPPED], rest[2 * _NONCE + _WRAPPED :]
        bound = _bound(head, context)
        try:
            data_key = wrapping.decrypt(wrap_nonce, wrapped, b"key" + bound)
            return AESGCM(data_key).decrypt(nonce, content, b"box" + bound)
        except InvalidTag:
            raise SealError(_REFUSED) from None

    def is_current(self, box: bytes) -> bool:
        """Say whether a box is under the active key, or waits to be sealed again."""
        return _key_id(box) == self._active

    def holds_key_of(self, box: bytes) -> bool:
        """Say whether a box is under one of the keys at hand; one that is not may be quite in order."""
        return _key_id(box) in self._wrapping

    def __repr__(self) -> str:
        return f"Sealer({len(self._wrapping)} keys, active={self._active!r})"


def _load(key_id: str, key: bytes) -> AESGCM:
    if not _KEY_ID.fullmatch(key_id):
        raise KeyMaterialError("a wrapping key's id is 1 to 32 letters, digits, dots, dashes or underscores")
    # A key of one repeated byte is a placeholder that nobody replaced.
    if len(key) != KEY_BYTES or len(set(key)) == 1:
        raise KeyMaterialError("a wrapping key is 32 random bytes")
    return AESGCM(key)


def _head(key_id: str) -> bytes:
    return bytes((_VERSION, len(key_id))) + key_id.encode("ascii")


def _key_id(box: bytes) -> str:
    head = 2
    if len(box) < head or box[0] != _VERSION:
        raise SealError(_REFUSED)
    try:
        key_id = box[head : head + box[1]].decode("ascii")
    except UnicodeDecodeError:
        raise SealError(_REFUSED) from None
    if len(key_id) != box[1] or not _KEY_ID.fullmatch(key_id):
        raise SealError(_REFUSED)
    return key_id


def _bound(head: bytes, context: str) -> bytes:
    # The head carries its own length, so no pair of key id and context can be read as another pair.
    if not 0 < len(context) <= MAX_CONTEXT:
        raise SealError("a box needs a context")
    return head + context.encode("utf-8")
