"""One public key as a JSON Web Key: read strictly, checked for strength, never a secret (RFC 7517 §4, RFC 7518 §6).

What is merely foreign (another curve, another type) is passed over by giving ``None``; what is dangerous (a secret, a
weak key, a point off its curve) is refused. `verification_keys` and `encryption_keys` choose among what is read here.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric import ec, rsa
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
_SECRET_MEMBERS: Final = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k"})
_FAMILIES: Final = {"EC": ("ES", "ECDH-"), "RSA": ("RS", "PS", "RSA")}
_NUMBERS: Final = {"EC": ("x", "y"), "RSA": ("n", "e")}


@dataclass(frozen=True, slots=True)
class PublicKey:
    """One public key with the algorithms that it may be used for."""

    kid: str | None
    algorithms: frozenset[str]
    public: ECKey | RSAKey
    is_dedicated: bool = False
    """Its owner says that it has this use and no other (``use``)."""


def members_of(document: Mapping[str, Any]) -> list[Any]:
    """The keys of a JSON Web Key Set, not read yet (RFC 7517 §5)."""
    members = document.get("keys")
    if not isinstance(members, list) or len(members) > MAX_KEYS:
        raise JoseError(JoseErrorCode.KEYS_REFUSED)
    return members


def read_public_jwk(jwk: object, use: str, algorithms: Mapping[str, frozenset[str]]) -> PublicKey | None:
    """Read one key for one use; ``None`` for one that is foreign to it, `JoseError` for one that is dangerous."""
    if not isinstance(jwk, dict) or len(jwk) > _MEMBERS or not _SECRET_MEMBERS.isdisjoint(jwk):
        raise JoseError(JoseErrorCode.KEYS_REFUSED)
    kty, kid = _text(jwk, "kty", 16), _optional_text(jwk, "kid", MAX_KID)
    named_use, alg = _optional_text(jwk, "use", 16), _optional_text(jwk, "alg", 64)
    if kty == "oct":  # a secret among public keys would make every reader of the set a signer
        raise JoseError(JoseErrorCode.KEYS_REFUSED)
    if kty not in algorithms or named_use not in (None, use):
        return None
    if alg is not None and not alg.startswith(_FAMILIES[kty]):
        raise JoseError(JoseErrorCode.KEYS_REFUSED)
    usable = algorithms[kty] if alg is None else algorithms[kty] & {alg}
    if not usable or (kty == "EC" and _text(jwk, "crv", 16) != "P-256"):
        return None
    return PublicKey(kid, usable, _read_ec(jwk) if kty == "EC" else _read_rsa(jwk), named_use == use)


def is_canonical(jwk: Mapping[str, Any], key: PublicKey) -> bool:
    """Whether the numbers are spelt in the one way that a thumbprint knows (RFC 7638 §3.3): no leading zeros."""
    own = key.public.as_dict(private=False)
    return all(jwk[name] == own[name] for name in _NUMBERS[jwk["kty"]])


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
