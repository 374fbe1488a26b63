"""Other people's public keys: read once, checked for strength, then only ever chosen inside their own set (RFC 7517).

A key set comes from a relying party or a provider. What is merely foreign (another curve, an encryption key) is
passed over as RFC 7517 §5 asks; what is dangerous (a secret, a weak or malformed key, a doubled name) makes the whole
set refused.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Self

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_der_public_key
from joserfc.jwk import ECKey, RSAKey

from certs.keys import base64url
from certs.keys.errors import JoseError, JoseErrorCode

MAX_KEYS: Final = 32
"""Keys in one set; a set with more is an attack on our time or an accident."""
MAX_KID: Final = 255
RSA_SMALLEST: Final = 2048
RSA_LARGEST: Final = 4096
_MEMBERS: Final = 32
_COORDINATE: Final = 43  # characters of 32 bytes
_MODULUS: Final = 683  # characters of 512 bytes
_EXPONENT: Final = 6  # characters of 32 bits
_EXPONENT_SMALLEST: Final = 65537
_SPKI_LARGEST: Final = 512
_SECRET_MEMBERS: Final = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k"})
_ALGORITHMS: Final = {"EC": frozenset({"ES256"}), "RSA": frozenset({"RS256", "PS256"})}
_FAMILIES: Final = {"EC": ("ES", "ECDH-"), "RSA": ("RS", "PS", "RSA")}


@dataclass(frozen=True, slots=True)
class VerificationKey:
    """One public key with the algorithms that it may be used for."""

    kid: str | None
    algorithms: frozenset[str]
    public: ECKey | RSAKey


@dataclass(frozen=True, slots=True)
class VerificationKeys:
    """The pinned keys of one issuer: the only keys that its tokens are checked with."""

    keys: tuple[VerificationKey, ...]

    @classmethod
    def from_jwks(cls, document: Mapping[str, Any]) -> Self:
        """Read a JSON Web Key Set (RFC 7517 §5)."""
        members = document.get("keys")
        if not isinstance(members, list) or len(members) > MAX_KEYS:
            raise JoseError(JoseErrorCode.KEYS_REFUSED)
        return cls._of(tuple(key for key in map(_read_jwk, members) if key is not None))

    @classmethod
    def from_spki_der(cls, numbered: Mapping[str, bytes]) -> Self:
        """Take numbered public keys on P-256 in their DER form, as Macao publishes them."""
        if len(numbered) > MAX_KEYS:
            raise JoseError(JoseErrorCode.KEYS_REFUSED)
        return cls._of(tuple(_read_spki(number, der) for number, der in numbered.items()))

    @classmethod
    def _of(cls, keys: tuple[VerificationKey, ...]) -> Self:
        names = [key.kid for key in keys if key.kid is not None]
        if len(set(names)) != len(names):
            raise JoseError(JoseErrorCode.KEYS_REFUSED)
        return cls(keys)

    def choose(self, kid: str | None, algorithm: str) -> VerificationKey:
        """Pick the key that a header names; without a name, only if there is no choice (OpenID Connect Core §10.1)."""
        named = [key for key in self.keys if kid is None or key.kid == kid]
        if kid is not None and not named:
            raise JoseError(JoseErrorCode.UNKNOWN_KID)
        usable = [key for key in named if algorithm in key.algorithms]
        if len(usable) != 1:
            raise JoseError(JoseErrorCode.KEYS_REFUSED)
        return usable[0]


def _read_jwk(jwk: object) -> VerificationKey | None:
    if not isinstance(jwk, dict) or len(jwk) > _MEMBERS or not _SECRET_MEMBERS.isdisjoint(jwk):
        raise JoseError(JoseErrorCode.KEYS_REFUSED)
    kty, kid = _text(jwk, "kty", 16), _optional_text(jwk, "kid", MAX_KID)
    use, alg = _optional_text(jwk, "use", 16), _optional_text(jwk, "alg", 64)
    if kty == "oct":  # a secret among public keys would make every reader of the set a signer
        raise JoseError(JoseErrorCode.KEYS_REFUSED)
    if kty not in _ALGORITHMS or use not in (None, "sig"):
        return None
    if alg is not None and not alg.startswith(_FAMILIES[kty]):
        raise JoseError(JoseErrorCode.KEYS_REFUSED)
    algorithms = _ALGORITHMS[kty] if alg is None else _ALGORITHMS[kty] & {alg}
    if not algorithms or (kty == "EC" and _text(jwk, "crv", 16) != "P-256"):
        return None
    return VerificationKey(kid, algorithms, _read_ec(jwk) if kty == "EC" else _read_rsa(jwk))


def _read_ec(jwk: Mapping[str, Any]) -> ECKey:
    x, y = (_number(jwk, name, _COORDINATE) for name in ("x", "y"))
    if len(jwk["x"]) != _COORDINATE or len(jwk["y"]) != _COORDINATE:
        raise JoseError(JoseErrorCode.KEYS_REFUSED)
    try:  # refuses a point that does not lie on the curve
        return ECKey.import_key(ec.EllipticCurvePublicNumbers(x, y, ec.SECP256R1()).public_key())
    except ValueError:
        raise JoseError(JoseErrorCode.KEYS_REFUSED) from None


def _read_rsa(jwk: Mapping[str, Any]) -> RSAKey:
    modulus, exponent = _number(jwk, "n", _MODULUS), _number(jwk, "e", _EXPONENT)
    strong = RSA_SMALLEST <= modulus.bit_length() <= RSA_LARGEST and modulus % 2 == 1
    if not strong or exponent < _EXPONENT_SMALLEST or exponent % 2 == 0:
        raise JoseError(JoseErrorCode.KEYS_REFUSED)
    try:
        return RSAKey.import_key(rsa.RSAPublicNumbers(exponent, modulus).public_key())
    except ValueError:
        raise JoseError(JoseErrorCode.KEYS_REFUSED) from None


def _read_spki(number: str, der: bytes) -> VerificationKey:
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
    return VerificationKey(number, _ALGORITHMS["EC"], ECKey.import_key(native))


def _text(jwk: Mapping[str, Any], name: str, longest: int) -> str:
    value = jwk.get(name)
    if not isinstance(value, str) or not 0 < len(value) <= longest:
        raise JoseError(JoseErrorCode.KEYS_REFUSED)
    return value


def _optional_text(jwk: Mapping[str, Any], name: str, longest: int) -> str | None:
    return _text(jwk, name, longest) if name in jwk else None


def _number(jwk: Mapping[str, Any], name: str, longest: int) -> int:
    # The length is limited before decoding: a modulus of 100,000 bits costs time with every use.
    try:
        return int.from_bytes(base64url.decode(_text(jwk, name, longest)), "big")
    except ValueError:
        raise JoseError(JoseErrorCode.KEYS_REFUSED) from None
