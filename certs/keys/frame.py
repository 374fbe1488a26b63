"""Sealed content and its message signature on Hong Kong's wire: the AES-256-GCM frame and HMAC-SHA256 of iAM Smart.

length of IV, 4 bytes, always 12 | IV | ciphertext and 16-byte tag        as one Base64 text ("AAAADA…")
"""

import base64
import binascii
import hashlib
import hmac
import os
from dataclasses import dataclass, field
from typing import Final, Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from certs.keys.errors import KeyMaterialError, SealError

CONTENT_KEY_BYTES: Final = 32
MAX_FRAME_TEXT: Final = 393_216
"""Characters of a frame: a callback of 256 kB in Base64, and some room."""
MAX_ENCRYPTIONS_PER_CONTENT_KEY: Final = 2**24
"""Ask for a new content key before this many frames: random IVs then collide with a chance below 2**-48.

A key lives a day, so this is 194 frames a second, and far under the 2**32 of NIST SP 800-38D §8.3."""
SMALLEST_HMAC_KEY: Final = 16
"""A shorter secret can be guessed, and an empty one makes every message valid."""

_IV: Final = 12
_TAG: Final = 16
_HEAD: Final = _IV.to_bytes(4, "big")
_SHORTEST: Final = len(_HEAD) + _IV + 1 + _TAG
_REFUSED: Final = "the content does not open"


@dataclass(frozen=True, slots=True, repr=False)
class ContentKey:
    """The key that both sides of Hong Kong's wire seal content with; parsed once, never printed."""

    value: bytes
    cipher: AESGCM = field(init=False, compare=False)

    def __post_init__(self) -> None:
        if len(self.value) != CONTENT_KEY_BYTES:
            raise SealError(_REFUSED)
        object.__setattr__(self, "cipher", AESGCM(self.value))

    @classmethod
    def random(cls) -> Self:
        """Make a key that opens nothing, for where a failure must not show."""
        return cls(os.urandom(CONTENT_KEY_BYTES))

    def __repr__(self) -> str:
        return "ContentKey(hidden)"


def seal_frame(key: ContentKey, plain: bytes, iv: bytes | None = None) -> str:
    """Seal content under a fresh random IV; one is only ever given to reproduce a published vector."""
    nonce = os.urandom(_IV) if iv is None else iv
    if len(nonce) != _IV or not plain:
        raise SealError("content and an IV of 12 bytes are needed")
    text = base64.b64encode(_HEAD + nonce + key.cipher.encrypt(nonce, plain, None)).decode("ascii")
    if len(text) > MAX_FRAME_TEXT:
        raise SealError("too large for a frame")
    return text


def open_frame(key: ContentKey, text: str) -> bytes:
    """Open content, with one refusal for everything that can be wrong with it."""
    frame = _decode(text)
    # The length is compared, never used: no value of it can move where the IV, the text and the tag are cut.
    if len(frame) < _SHORTEST or frame[: len(_HEAD)] != _HEAD:
        raise SealError(_REFUSED)
    nonce, sealed = frame[len(_HEAD) : len(_HEAD) + _IV], frame[len(_HEAD) + _IV :]
    try:
        return key.cipher.decrypt(nonce, sealed, None)
    except InvalidTag:
        raise SealError(_REFUSED) from None


def _decode(text: str) -> bytes:
    if len(text) > MAX_FRAME_TEXT:
        raise SealError(_REFUSED)
    try:
        frame = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise SealError(_REFUSED) from None
    if base64.b64encode(frame).decode("ascii") != text:  # unused bits would make two texts of one frame
        raise SealError(_REFUSED)
    return frame


def hmac_sha256(key: bytes, message: bytes) -> bytes:
    """Compute the signature of a message (RFC 2104)."""
    if len(key) < SMALLEST_HMAC_KEY:
        raise KeyMaterialError("an HMAC key needs at least 16 bytes")
    return hmac.digest(key, message, hashlib.sha256)


def equal(ours: bytes, theirs: bytes) -> bool:
    """Compare in a time that does not tell how many bytes agree."""
    return hmac.compare_digest(ours, theirs)
