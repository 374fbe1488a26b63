"""Other people's public keys: read once, checked for strength, then only ever chosen inside their own set (RFC 7517).

A key set comes from a relying party or a provider. What is merely foreign (another curve, an encryption key) is
passed over as RFC 7517 §5 asks; what is dangerous (a secret, a weak or malformed key, a doubled name) makes the whole
set refused.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final, Self

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_der_public_key
from joserfc.jwk import ECKey

from certs.keys.errors import JoseError, JoseErrorCode
from certs.keys.public_jwk import MAX_KEYS, MAX_KID, RSA_LARGEST, RSA_SMALLEST, PublicKey, members_of, read_public_jwk

__all__ = ["MAX_KEYS", "MAX_KID", "RSA_LARGEST", "RSA_SMALLEST", "VerificationKeys"]

_SPKI_LARGEST: Final = 512
_ALGORITHMS: Final = {"EC": frozenset({"ES256"}), "RSA": frozenset({"RS256", "PS256"})}


@dataclass(frozen=True, slots=True)
class VerificationKeys:
    """The pinned keys of one issuer: the only keys that its tokens are checked with."""

    keys: tuple[PublicKey, ...]
    answers_to_any_name: bool = False
    """Only for `decoys`: the name in the token's header chooses nothing."""

    @classmethod
    def from_jwks(cls, document: Mapping[str, Any]) -> Self:
        """Read a JSON Web Key Set (RFC 7517 §5)."""
        return cls._of(tuple(key for key in map(read_verification_key, members_of(document)) if key is not None))

    @classmethod
    def from_spki_der(cls, numbered: Mapping[str, bytes]) -> Self:
        """Take numbered public keys on P-256 in their DER form, as Macao publishes them."""
        if len(numbered) > MAX_KEYS:
            raise JoseError(JoseErrorCode.KEYS_REFUSED)
        return cls._of(tuple(_read_spki(number, der) for number, der in numbered.items()))

    @classmethod
    def _of(cls, keys: tuple[PublicKey, ...]) -> Self:
        names = [key.kid for key in keys if key.kid is not None]
        if len(set(names)) != len(names):
            raise JoseError(JoseErrorCode.KEYS_REFUSED)
        return cls(keys)

    def decoys(self) -> Self:
        """One key for each algorithm, under whatever name: to spend a signature check on a token of nobody's.

        What would tell a stranger's token from a known issuer's is the time that the check takes (CA-18).
        """
        by_algorithms = {key.algorithms: key for key in reversed(self.keys)}
        return replace(self, keys=tuple(by_algorithms.values()), answers_to_any_name=True)

    def choose(self, kid: str | None, algorithm: str) -> PublicKey:
        """Pick the key that a header names; without a name, only if there is no choice (OpenID Connect Core §10.1)."""
        named = [key for key in self.keys if kid is None or self.answers_to_any_name or key.kid == kid]
        if kid is not None and not named:
            raise JoseError(JoseErrorCode.UNKNOWN_KID)
        usable = [key for key in named if algorithm in key.algorithms]
        if len(usable) != 1:
            raise JoseError(JoseErrorCode.KEYS_REFUSED)
        return usable[0]


def read_verification_key(jwk: object) -> PublicKey | None:
    """Read one key; ``None`` for one that verifies nothing here."""
    return read_public_jwk(jwk, "sig", _ALGORITHMS)


def _read_spki(number: str, der: bytes) -> PublicKey:
    if not 0 < len(number) <= MAX_KID or len(der) > _SPKI_LARGEST:
        raise JoseError(JoseErrorCode.KEYS_REFUSED)
    try:
        native = load_der_public_key(der)
    except (ValueError, UnsupportedAlgorithm):
        raise JoseError(JoseErrorCode.KEYS_REFUSED) from None
    if not isinstance(native, ec.EllipticCurvePublicKey) or not isinstance(native.curve, ec.SECP256R1):
        raise JoseError(JoseErrorCode.KEYS_REFUSED)
    if native.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo) != der:
        raise JoseError(JoseErrorCode.KEYS_REFUSED)
    return PublicKey(number, _ALGORITHMS["EC"], ECKey.import_key(native))
