"""The wire of iAM Smart: what is signed, how content is sealed, how its key travels (identity-providers 1.2, 7).

Pure functions on bytes and text. A refusal is one exception, whatever was wrong with the frame, so that an answer never
tells which check failed.
"""

import base64
import binascii
import hashlib
import hmac
import os
from typing import Final
from urllib.parse import unquote

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

SIGNATURE_METHOD: Final = "HmacSHA256"
CEK_BYTES: Final = 32
IV_BYTES: Final = 12
TAG_BYTES: Final = 16
LENGTH_BYTES: Final = 4
PREAMBLE: Final = IV_BYTES.to_bytes(LENGTH_BYTES, "big")


class FrameError(Exception):
    """The content is not a frame that this key opens."""


def sign(client_id: str, secret: str, timestamp: str, nonce: str, body: bytes) -> str:
    """Sign a request: the header values and the exact body bytes, one after the other without separators."""
    signed = f"{client_id}{SIGNATURE_METHOD}{timestamp}{nonce}".encode() + body
    return base64.b64encode(hmac.digest(secret.encode(), signed, hashlib.sha256)).decode("ascii")


def signature_matches(presented: str, expected: str) -> bool:
    """Accept the Base64 text as it is or percent-encoded once; both styles are on the wire."""
    return any(
        hmac.compare_digest(style.encode("utf-8", "replace"), expected.encode("ascii"))
        for style in (presented, unquote(presented))
    )


def seal(key: bytes, plaintext: bytes, *, iv: bytes | None = None) -> str:
    """Encrypt with AES-256-GCM and frame: length of the IV, IV, ciphertext and tag, all in Base64."""
    fresh = os.urandom(IV_BYTES) if iv is None else iv
    return base64.b64encode(PREAMBLE + fresh + AESGCM(key).encrypt(fresh, plaintext, None)).decode("ascii")


def open_sealed(key: bytes, content: str) -> bytes:
    """Open a frame; anything but a 12-byte IV, some ciphertext and a full tag is refused."""
    framed = _strict_base64(content)
    if framed[:LENGTH_BYTES] != PREAMBLE or len(framed) <= LENGTH_BYTES + IV_BYTES + TAG_BYTES:
        raise FrameError
    iv = framed[LENGTH_BYTES : LENGTH_BYTES + IV_BYTES]
    try:
        return AESGCM(key).decrypt(iv, framed[LENGTH_BYTES + IV_BYTES :], None)
    except InvalidTag:
        raise FrameError from None


def wrap(kek: RSAPublicKey, secret: bytes) -> str:
    """Encrypt a content key under the client's key-encryption key, RSA with PKCS#1 v1.5 padding."""
    return base64.b64encode(kek.encrypt(secret, PKCS1v15())).decode("ascii")


def describe(kek: RSAPublicKey) -> str:
    """Base64 SubjectPublicKeyInfo, by which the client finds out which of its keys was used."""
    return base64.b64encode(kek.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).decode("ascii")


def _strict_base64(text: str) -> bytes:
    """Decode only the one spelling that encoding gives, so that no two contents are the same frame."""
    try:
        decoded = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise FrameError from None
    if base64.b64encode(decoded).decode("ascii") != text:
        raise FrameError
    return decoded
