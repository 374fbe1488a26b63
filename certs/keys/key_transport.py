"""How Hong Kong's content key reaches us: wrapped under our RSA key with PKCS #1 v1.5 (RFC 8017 §7.2).

That padding is known for telling attackers whether a guess was well formed. So there is one refusal for everything,
and where strangers can send a wrapped key (callbacks), `unwrap_silently` gives a random key instead of any refusal.
"""

import base64
import binascii
from dataclasses import dataclass, field
from typing import Final, Self

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from certs.keys.errors import KeyMaterialError, SealError
from certs.keys.frame import CONTENT_KEY_BYTES, ContentKey

_SMALLEST: Final = 2048
_LARGEST: Final = 4096
_PEM_LARGEST: Final = 8192
_TEXT: Final = 44  # characters of 32 bytes in Base64
_REFUSED: Final = "the wrapped key does not open"


@dataclass(frozen=True, slots=True, repr=False)
class RsaDecryptionKey:
    """Our key-encryption key: parsed once, never printed."""

    native: rsa.RSAPrivateKey = field(compare=False)
    spki: bytes

    @classmethod
    def generate(cls) -> Self:
        """Make a new key."""
        return cls._wrap(rsa.generate_private_key(public_exponent=65537, key_size=_SMALLEST))

    @classmethod
    def from_pem(cls, pem: bytes) -> Self:
        """Read an unencrypted private key."""
        if len(pem) > _PEM_LARGEST:
            raise KeyMaterialError("too long for a private key")
        try:
            native = load_pem_private_key(pem, password=None)
        except (ValueError, TypeError, UnsupportedAlgorithm):
            raise KeyMaterialError("not an unencrypted private key in PEM") from None
        if not isinstance(native, rsa.RSAPrivateKey) or not _SMALLEST <= native.key_size <= _LARGEST:
            raise KeyMaterialError("key transport needs an RSA key of 2048 to 4096 bits")
        return cls._wrap(native)

    @classmethod
    def _wrap(cls, native: rsa.RSAPrivateKey) -> Self:
        return cls(native, native.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo))

    def to_pem(self) -> bytes:
        """Write the private key, unencrypted (PKCS #8): only for a `Sealer` or a file that the operator protects."""
        return self.native.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())

    def public_spki_der(self) -> bytes:
        """Show the public half, as the provider names it beside each wrapped key."""
        return self.spki

    def unwrap(self, wrapped: bytes) -> ContentKey:
        """Unwrap a key that the provider gave as an answer to our own request."""
        key = self._try(wrapped)
        if key is None:
            raise SealError(_REFUSED)
        return key

    def unwrap_silently(self, wrapped: bytes) -> ContentKey:
        """Unwrap a key that anyone may have sent: a bad one shows only as content that does not open (RFC 3218 §2)."""
        substitute = ContentKey.random()
        return self._try(wrapped) or substitute

    def _try(self, wrapped: bytes) -> ContentKey | None:
        if len(wrapped) != self.native.key_size // 8:
            return None
        try:
            plain = self.native.decrypt(wrapped, padding.PKCS1v15())
            # Callbacks wrap the Base64 text of the key, answers its bytes.
            key = base64.b64decode(plain, validate=True) if len(plain) == _TEXT else plain
        except (ValueError, binascii.Error):
            return None
        return ContentKey(key) if len(key) == CONTENT_KEY_BYTES else None

    def __repr__(self) -> str:
        return "RsaDecryptionKey(hidden)"
