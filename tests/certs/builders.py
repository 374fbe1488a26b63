"""Valid tokens, keys and expectations by default; one keyword spoils them."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from certs.keys import base64url
from certs.keys.jose import Expectation, VerificationKeys
from certs.keys.signing_key import Algorithm, SigningKey

NOW = datetime(2026, 12, 1, 12, 0, tzinfo=UTC)
EPOCH = int(NOW.timestamp())
ISSUER = "https://id.example.hk"
AUDIENCE = "https://rp.example.mo"


@cache
def a_key(algorithm: Algorithm = Algorithm.ES256, number: int = 0) -> SigningKey:
    """The same key for the same arguments: RSA keys take long to make."""
    return SigningKey.generate(algorithm, NOW)


def keys_of(*keys: SigningKey) -> VerificationKeys:
    return VerificationKeys.from_jwks({"keys": [key.public_jwk() for key in keys]})


def some_claims(**changes: Any) -> dict[str, Any]:
    claims = {"iss": ISSUER, "aud": AUDIENCE, "sub": "s-1", "iat": EPOCH, "exp": EPOCH + 300} | changes
    return {name: value for name, value in claims.items() if value is not ...}


def an_expectation(**changes: Any) -> Expectation:
    fields: dict[str, Any] = {
        "algorithms": frozenset({"ES256", "RS256", "PS256"}),
        "typ": frozenset({"JWT"}),
        "issuer": ISSUER,
        "audience": AUDIENCE,
        "required": frozenset({"sub", "exp"}),
    }
    return Expectation(**(fields | changes))


def forge(header: Mapping[str, Any] | bytes, payload: Mapping[str, Any] | bytes, key: SigningKey | None = None) -> str:
    """Sign whatever is given, as an attacker who holds a key could, without asking the code under test."""
    segments = [part if isinstance(part, bytes) else json.dumps(part).encode() for part in (header, payload)]
    signing_input = ".".join(base64url.encode(part) for part in segments)
    if key is None:
        return signing_input + "."
    native = key.private.private_key
    assert isinstance(native, ec.EllipticCurvePrivateKey)
    r, s = decode_dss_signature(native.sign(signing_input.encode(), ec.ECDSA(hashes.SHA256())))
    return f"{signing_input}.{base64url.encode(r.to_bytes(32, 'big') + s.to_bytes(32, 'big'))}"


def a_header(key: SigningKey, **changes: Any) -> dict[str, Any]:
    header = {"alg": "ES256", "kid": key.kid, "typ": "JWT"} | changes
    return {name: value for name, value in header.items() if value is not ...}
