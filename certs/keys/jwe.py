"""The door to JSON Web Encryption, open outwards only: answers are sealed for a relying party (RFC 7516, RFC 7518 §4).

The gateway decrypts nothing that strangers send, so there is no padding oracle and no decompression bomb to fear
(CA-13, CA-15). RSAES-PKCS1-v1_5 and ``zip`` do not exist here.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Self

from joserfc import jwe
from joserfc.errors import JoseError as LibraryError

from certs.keys.errors import JoseError, JoseErrorCode
from certs.keys.public_jwk import PublicKey, members_of, read_public_jwk

KEY_AGREEMENTS: Final = ("ECDH-ES", "RSA-OAEP", "RSA-OAEP-256")
"""``alg``: how the content key reaches its reader."""
CONTENT_ENCRYPTIONS: Final = ("A128CBC-HS256", "A128GCM", "A256GCM")
"""``enc``: how the content is sealed."""
MAX_CONTENT: Final = 65_536
"""Bytes of content; no answer of ours comes near it."""
_ALGORITHMS: Final = {"EC": frozenset({"ECDH-ES"}), "RSA": frozenset({"RSA-OAEP", "RSA-OAEP-256"})}
_REGISTRIES: Final = {
    (alg, enc): jwe.JWERegistry(algorithms=[alg, enc]) for alg in KEY_AGREEMENTS for enc in CONTENT_ENCRYPTIONS
}


@dataclass(frozen=True, slots=True)
class EncryptionKeys:
    """The public keys of one relying party under which answers can be sealed for it."""

    keys: tuple[PublicKey, ...]

    @classmethod
    def from_jwks(cls, document: Mapping[str, Any]) -> Self:
        """Read a JSON Web Key Set (RFC 7517 §5); keys for signatures and foreign ones are passed over."""
        read = (read_public_jwk(jwk, "enc", _ALGORITHMS) for jwk in members_of(document))
        return cls(tuple(key for key in read if key is not None))

    def choose(self, alg: str) -> PublicKey:
        """Pick the first key that fits; one that its owner made for encryption goes before one without a purpose."""
        usable = [key for key in self.keys if alg in key.algorithms]
        if not usable:
            raise JoseError(JoseErrorCode.KEYS_REFUSED)
        return next((key for key in usable if key.is_dedicated), usable[0])


def encrypt(content: bytes, keys: EncryptionKeys, *, alg: str, enc: str, cty: str | None = None) -> str:
    """Seal content in compact form (RFC 7516 §7.1); ``cty`` is ``JWT`` around a signed token (RFC 7519 §5.2)."""
    registry = _REGISTRIES.get((alg, enc))
    if registry is None:
        raise JoseError(JoseErrorCode.ALGORITHM_REFUSED)
    if len(content) > MAX_CONTENT:
        raise JoseError(JoseErrorCode.OVERSIZED)
    key = keys.choose(alg)
    named = {"alg": alg, "enc": enc, "kid": key.kid, "cty": cty}
    header = {name: value for name, value in named.items() if value is not None}
    try:
        return jwe.encrypt_compact(header, content, key.public, registry=registry)
    except (LibraryError, ValueError):
        raise JoseError(JoseErrorCode.KEYS_REFUSED) from None
