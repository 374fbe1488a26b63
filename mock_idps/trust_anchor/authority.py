"""One authority of the sandbox federation: its key, and the statements that it signs (OpenID Federation 1.0 §3, §7)."""

import base64
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from jose import jws

STATEMENT_TYPE: Final = "entity-statement+jwt"
MARK_TYPE: Final = "trust-mark+jwt"
STATEMENT_SECONDS: Final = 24 * 3600
MARK_SECONDS: Final = 30 * 24 * 3600


@dataclass(frozen=True, slots=True)
class FederationKey:
    """A signing key with its public half as a JWK (RFC 7517), named by its thumbprint (RFC 7638)."""

    private: ec.EllipticCurvePrivateKey = field(repr=False)
    jwk: Mapping[str, str]

    @classmethod
    def make(cls, pem: str | None = None) -> "FederationKey":
        """Read the key, or make a fresh one."""
        private = (
            ec.generate_private_key(ec.SECP256R1())
            if pem is None
            else serialization.load_pem_private_key(pem.encode("ascii"), password=None)
        )
        if not isinstance(private, ec.EllipticCurvePrivateKey) or not isinstance(private.curve, ec.SECP256R1):
            raise ValueError("the key must be on P-256")  # noqa: TRY004 - one exception type for a wrong setting
        numbers = private.public_key().public_numbers()
        members = {"crv": "P-256", "kty": "EC", "x": _coordinate(numbers.x), "y": _coordinate(numbers.y)}
        canonical = json.dumps(members, separators=(",", ":"), sort_keys=True).encode("ascii")
        kid = _text(hashlib.sha256(canonical).digest())
        return cls(private, {**members, "kid": kid, "use": "sig", "alg": "ES256"})

    def sign(self, claims: Mapping[str, Any], typ: str) -> str:
        """Sign as compact JWS with ES256."""
        headers = {"kid": self.jwk["kid"], "typ": typ}
        signed: str = jws.sign(dict(claims), self.private, headers=headers, algorithm="ES256")
        return signed


@dataclass(frozen=True, slots=True)
class Authority:
    """An entity that vouches for others: the anchor, or the authority of a region."""

    entity_id: str
    name: str
    key: FederationKey
    superior: str | None = None
    mark_issuers: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Whose trust marks count, by type; only the anchor says so (§7.1)."""

    def configuration(self, now: int) -> str:
        """What the authority says of itself, at its well-known address (§9)."""
        claims: dict[str, Any] = {
            **self._frame(self.entity_id, now),
            "jwks": {"keys": [dict(self.key.jwk)]},
            "metadata": {
                "federation_entity": {
                    "organization_name": self.name,
                    "federation_fetch_endpoint": f"{self.entity_id}/fetch",
                    "federation_list_endpoint": f"{self.entity_id}/list",
                }
            },
        }
        if self.superior is not None:
            claims["authority_hints"] = [self.superior]
        if self.mark_issuers:
            claims["trust_mark_issuers"] = {name: list(issuers) for name, issuers in self.mark_issuers.items()}
        return self.key.sign(claims, STATEMENT_TYPE)

    def statement(self, sub: str, jwks: Mapping[str, Any], members: Mapping[str, Any], now: int) -> str:
        """What the authority says of an entity below it (§3.1)."""
        claims = {**self._frame(sub, now), "jwks": dict(jwks), **members}
        return self.key.sign(claims, STATEMENT_TYPE)

    def mark(self, sub: str, mark_type: str, now: int) -> str:
        """A trust mark for an entity (§7.1)."""
        claims = {
            "iss": self.entity_id,
            "sub": sub,
            "iat": now,
            "exp": now + MARK_SECONDS,
            "trust_mark_type": mark_type,
        }
        return self.key.sign(claims, MARK_TYPE)

    def _frame(self, sub: str, now: int) -> dict[str, Any]:
        return {"iss": self.entity_id, "sub": sub, "iat": now, "exp": now + STATEMENT_SECONDS}


def _coordinate(number: int) -> str:
    return _text(number.to_bytes(32, "big"))


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")
