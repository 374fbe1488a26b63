"""Who we are in the federation: the gateway's own entity configuration (OpenID Federation 1.0 §3, §5.1.3, §9)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from certs.keys import jose
from certs.keys.signing_key import KeySource
from gateway.oidc.federation.statement import STATEMENT_TYPE, WELL_KNOWN

PATH: Final = WELL_KNOWN
LIFETIME: Final = timedelta(hours=24)
MEDIA_TYPE: Final = "application/entity-statement+jwt"
REGISTRATION_TYPES: Final = ("automatic",)
REQUEST_METHODS: Final = {
    "authorization_endpoint": ["request_object"],
    "pushed_authorization_request_endpoint": ["private_key_jwt"],
}
"""How a relying party proves itself at its first request (§12.1.1)."""


@dataclass(frozen=True, slots=True)
class OwnEntity:
    """What the gateway says of itself to the federation."""

    issuer: str
    organisation: str
    authority_hints: tuple[str, ...]
    keys: KeySource
    """Keys of the federation alone: those of tokens change at another pace."""
    algorithm: str
    discovery: Mapping[str, Any]
    trust_marks: Sequence[Mapping[str, str]] = ()

    def configuration(self, now: datetime) -> str:
        """The signed entity configuration."""
        provider = {
            **self.discovery,
            "client_registration_types_supported": list(REGISTRATION_TYPES),
            "request_authentication_methods_supported": REQUEST_METHODS,
            "request_authentication_signing_alg_values_supported": self.discovery[
                "token_endpoint_auth_signing_alg_values_supported"
            ],
        }
        claims: dict[str, Any] = {
            "iss": self.issuer,
            "sub": self.issuer,
            "iat": int(now.timestamp()),
            "exp": int((now + LIFETIME).timestamp()),
            "jwks": dict(self.keys.jwks()),
            "metadata": {
                "openid_provider": provider,
                "federation_entity": {"organization_name": self.organisation},
            },
        }
        if self.authority_hints:  # an empty list may not be sent (§3.1.2)
            claims["authority_hints"] = list(self.authority_hints)
        if self.trust_marks:
            claims["trust_marks"] = [dict(mark) for mark in self.trust_marks]
        return jose.sign(claims, self.keys.active(self.algorithm), typ=STATEMENT_TYPE)
