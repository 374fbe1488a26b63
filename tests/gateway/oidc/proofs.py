"""DPoP proofs as another library makes them, valid unless a keyword spoils them."""

import hashlib
from collections.abc import Mapping
from itertools import count
from typing import Any

from jose import jwt as far_side

from certs.keys.signing_key import Algorithm, SigningKey
from gateway.oidc.model import Confirmation
from gateway.oidc.names import ConfirmationMethod
from tests.gateway.oidc.fakes import ISSUER, NOW, base64url, signing_key

TOKEN_ADDRESS = f"{ISSUER}/token"
USERINFO_ADDRESS = f"{ISSUER}/userinfo"
AT = int(NOW.timestamp())
_SERIAL = count()


def proof_key(algorithm: Algorithm = Algorithm.ES256, name: str = "device") -> SigningKey:
    return signing_key(algorithm, name)


def public_jwk(key: SigningKey) -> dict[str, Any]:
    return {name: value for name, value in key.public_jwk().items() if name not in {"kid", "use", "alg"}}


def a_proof(key: SigningKey | None = None, *, header: Mapping[str, Any] | None = None, **changed: Any) -> str:
    """A proof for a POST to the token endpoint; ``None`` leaves a member out."""
    key = key or proof_key()
    good = {"jti": f"proof-{next(_SERIAL)}", "htm": "POST", "htu": TOKEN_ADDRESS, "iat": AT}
    claims = {name: value for name, value in (good | changed).items() if value is not None}
    members = {"typ": "dpop+jwt", "jwk": public_jwk(key)} | dict(header or {})
    pem = key.to_pem().decode()
    return far_side.encode(claims, pem, algorithm=key.algorithm.value, headers=members)


def binding(key: SigningKey | None = None) -> Confirmation:
    """What a token is bound to that was asked for with such a proof."""
    return Confirmation(ConfirmationMethod.JKT, thumbprint(key))


def thumbprint(key: SigningKey | None = None) -> str:
    return str((key or proof_key()).private.thumbprint())


def ath(token: str) -> str:
    return base64url(hashlib.sha256(token.encode()).digest())
