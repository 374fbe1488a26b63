"""Signatures with SM2 and SM3 as Guangdong makes them (GB/T 32918.2, with the encodings of GM/T 0009).

The arithmetic is the system library's, or where that is missing another engine's that only verifies; before it is
asked, keys and signatures have passed our own checks, and before the first time it has passed the self-test. Keys here
only sign: there is no decryption that a signing key, or signing that an encryption key, could be misused for.
"""

import base64
import binascii
import secrets
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Final, Self

from certs.keys import sm2_engine, sm2_self_test
from certs.keys.errors import SmError
from certs.keys.sm2_der import (
    COORDINATE_BYTES,
    POINT_BYTES,
    N,
    check_point,
    check_secret,
    read_secret,
    read_signature,
    read_spki,
    write_secret,
    write_spki,
)
from certs.keys.sm2_digest import za
from certs.keys.sm2_self_test import Engine

USER_ID: Final = b"1234567812345678"
"""The signer id that everybody uses unless a trust list says otherwise (GM/T 0009 §10)."""
MAX_USER_ID: Final = 1_024
MAX_MESSAGE: Final = 33_554_432
_PEM_HEAD: Final = b"-----BEGIN PRIVATE KEY-----"
_PEM_FOOT: Final = b"-----END PRIVATE KEY-----"
_PEM_LARGEST: Final = 1_024


@cache
def _library() -> Engine:
    return sm2_engine.choose()


def backend() -> str:
    """Name the engine that passed the self-test, for health output; raises `SmUnavailableError` if there is none."""
    return _library().version


def can_sign() -> bool:
    """Whether that engine takes private keys; the one for machines without a library only verifies."""
    return _library().signs


def self_test() -> None:
    """Prove the library again, now (`gate doctor`)."""
    sm2_self_test.run(_library())


@dataclass(frozen=True, slots=True, repr=False)
class Sm2PublicKey:
    """A public key on the SM2 curve; one that is off the curve cannot exist."""

    point: bytes
    _key: Any = field(compare=False)

    @classmethod
    def from_hex(cls, text: str) -> Self:
        """Read `04`, x and y in hexadecimal, as configuration and provider documents give it."""
        return cls._of(_unhex(text, POINT_BYTES, "public key refused"))

    @classmethod
    def from_spki_der(cls, der: bytes) -> Self:
        """Read a SubjectPublicKeyInfo, as certificates hold it (RFC 5480 §2)."""
        return cls._of(read_spki(der))

    @classmethod
    def _of(cls, point: bytes) -> Self:
        check_point(point)
        return cls(point, _library().load_public(point))

    def to_hex(self) -> str:
        """Write `04`, x and y in hexadecimal."""
        return self.point.hex()

    def spki_der(self) -> bytes:
        """Write a SubjectPublicKeyInfo."""
        return write_spki(self.point)

    def verify(self, message: bytes, signature: bytes, user_id: bytes = USER_ID) -> None:
        """Refuse a signature that is malformed, out of range or not this key's over this message and id."""
        _check_input(message, user_id)
        read_signature(signature)
        if not _library().verify(self._key, message, signature, user_id):
            raise SmError("signature refused")

    def za(self, user_id: bytes = USER_ID) -> bytes:
        """What stands before the message when e is computed: e = SM3(ZA ‖ M) (GB/T 32918.2 §5.5)."""
        _check_input(b"", user_id)
        return za(self.point, user_id)

    def verify_digest(self, e: bytes, signature: bytes) -> None:
        """Refuse a signature that is malformed, out of range or not this key's over e = SM3(ZA ‖ M)."""
        read_signature(signature)
        if not _library().verify_digest(self._key, e, signature):
            raise SmError("signature refused")

    def __repr__(self) -> str:
        return "Sm2PublicKey(on the curve)"


@dataclass(frozen=True, slots=True, repr=False)
class Sm2PrivateKey:
    """A private key on the SM2 curve; it never prints itself."""

    _secret: bytes
    _key: Any = field(compare=False)
    public_key: Sm2PublicKey = field(compare=False)

    @classmethod
    def generate(cls) -> Self:
        """Make a new key."""
        return cls._of((secrets.randbelow(N - 2) + 1).to_bytes(COORDINATE_BYTES, "big"))

    @classmethod
    def from_hex(cls, text: str) -> Self:
        """Read 64 hexadecimal characters."""
        return cls._of(_unhex(text, COORDINATE_BYTES, "private key refused"))

    @classmethod
    def from_pem(cls, pem: bytes) -> Self:
        """Read an unencrypted PKCS #8 key; one that carries another key's public half is refused."""
        secret, point = read_secret(_unarmour(pem))
        key = cls._of(secret)
        if point is not None and point != key.public_key.point:
            raise SmError("private key refused")
        return key

    @classmethod
    def _of(cls, secret: bytes) -> Self:
        check_secret(secret)
        library = _library()
        key = library.load_secret(secret)
        point = library.public_point(key)
        check_point(point)
        return cls(secret, key, Sm2PublicKey(point, library.load_public(point)))

    def to_pem(self) -> bytes:
        """Write the private key, unencrypted: only for a `Sealer` or a file that the operator protects."""
        lines = base64.encodebytes(write_secret(self._secret)).replace(b"\n", b"")
        body = b"\n".join(lines[start : start + 64] for start in range(0, len(lines), 64))
        return b"\n".join((_PEM_HEAD, body, _PEM_FOOT, b""))

    def sign(self, message: bytes, user_id: bytes = USER_ID) -> bytes:
        """Sign a message; the answer is DER."""
        _check_input(message, user_id)
        return _library().sign(self._key, message, user_id)

    def __repr__(self) -> str:
        return "Sm2PrivateKey(hidden)"


def _check_input(message: bytes, user_id: bytes) -> None:
    # An empty id is what careless software signs with; it is never a configured one.
    if not 0 < len(user_id) <= MAX_USER_ID:
        raise SmError("user id refused")
    if len(message) > MAX_MESSAGE:
        raise SmError("message too large")


def _unhex(text: str, size: int, refusal: str) -> bytes:
    # bytes.fromhex skips spaces, so the length is compared too.
    if len(text) != 2 * size:
        raise SmError(refusal)
    try:
        data = bytes.fromhex(text)
    except ValueError:
        raise SmError(refusal) from None
    if len(data) != size:
        raise SmError(refusal)
    return data


def _unarmour(pem: bytes) -> bytes:
    text = pem.strip() if len(pem) <= _PEM_LARGEST else b""
    if not (text.startswith(_PEM_HEAD) and text.endswith(_PEM_FOOT)):
        raise SmError("private key refused")
    try:
        return base64.b64decode(b"".join(text[len(_PEM_HEAD) : -len(_PEM_FOOT)].split()), validate=True)
    except binascii.Error:
        raise SmError("private key refused") from None
