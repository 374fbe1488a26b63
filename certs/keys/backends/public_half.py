"""Public halves of keys that may lie anywhere: read, named (RFC 7638), held against what is signed (RFC 7518 §3)."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any, Final

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import load_der_public_key
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, RSAKey

from certs.keys import base64url
from certs.keys.errors import KeyMaterialError, KeyUnavailableError
from certs.keys.signing_key import RSA_BITS, Algorithm

RSA_OAEP: Final = "RSA-OAEP-256"
RSA_LARGEST: Final = 4096
_RSA: Final = frozenset({Algorithm.RS256.value, Algorithm.PS256.value, RSA_OAEP})
_ES256_BYTES: Final = 64
_RSA_BYTES: Final = range(RSA_BITS // 8, RSA_LARGEST // 8 + 1)


def members_of_spki(algorithm: str | None, der: bytes) -> Mapping[str, Any]:
    """The public members of a key that lies elsewhere, by its SubjectPublicKeyInfo or PKCS #1 form."""
    try:
        native = load_der_public_key(der)
    except (ValueError, UnsupportedAlgorithm):
        raise KeyMaterialError("not a public key") from None
    if isinstance(native, ec.EllipticCurvePublicKey) and isinstance(native.curve, ec.SECP256R1):
        return members_of(algorithm, ECKey.import_key(native))
    if isinstance(native, rsa.RSAPublicKey) and RSA_BITS <= native.key_size <= RSA_LARGEST:
        return members_of(algorithm, RSAKey.import_key(native))
    raise KeyMaterialError("neither a key on P-256 nor an RSA key of 2048 to 4096 bits")


def members_of(algorithm: str | None, key: ECKey | RSAKey) -> Mapping[str, Any]:
    """The public members that a record keeps; raises ``KeyMaterialError`` for a key of the other kind."""
    if algorithm is not None:
        require_kind(algorithm, key)
    named = ("kty", "crv", "x", "y") if isinstance(key, ECKey) else ("kty", "n", "e")
    members = key.as_dict(private=False)
    return {name: members[name] for name in named}


def key_of(algorithm: str, public: Mapping[str, Any]) -> ECKey | RSAKey:
    """The public key itself, for verifying; raises ``KeyMaterialError`` for members of another kind."""
    kind: type[ECKey | RSAKey] = ECKey if algorithm == Algorithm.ES256 else RSAKey
    try:
        return kind.import_key(dict(public))
    except (JoseError, ValueError, TypeError, KeyError, UnsupportedAlgorithm):
        raise KeyMaterialError("the key is of another kind than its algorithm needs") from None


def thumbprint(public: Mapping[str, Any]) -> str:
    """The name of a key (RFC 7638 §3); the SM2 curve counts as one more curve of ``EC``."""
    text = json.dumps(dict(sorted(public.items())), separators=(",", ":"))
    return base64url.encode(hashlib.sha256(text.encode("utf-8")).digest())


def require_kind(algorithm: str, key: ECKey | RSAKey) -> None:
    """Refuse a key of another family than its algorithm needs, and algorithms that nobody asked for."""
    if isinstance(key, ECKey) is not (algorithm == Algorithm.ES256) or algorithm not in {Algorithm.ES256.value, *_RSA}:
        raise KeyMaterialError("the key is of another kind than its algorithm needs")


def require_fit(public: Mapping[str, Any], algorithm: Algorithm) -> None:
    """Refuse to ask a key elsewhere for a signature that it cannot make."""
    if (public["kty"] == "EC") is not (algorithm == Algorithm.ES256):
        raise KeyMaterialError("the key is of another kind than its algorithm needs")


def require_form(algorithm: Algorithm, signature: bytes) -> bytes:
    """Pass a signature on that has the length of one; what a broken device answers is no signature."""
    length = len(signature)
    if (length != _ES256_BYTES) if algorithm == Algorithm.ES256 else (length not in _RSA_BYTES):
        raise KeyUnavailableError("what holds the key answered with no signature")
    return signature
