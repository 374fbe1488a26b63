"""Tokens of services: what a client may do here by itself, signed, and for the gateway alone (RFC 6749 §4.4).

They carry all that is known of them, so that a busy service costs no row for each token. A type of their own keeps them
apart from ID tokens, from people's access tokens and from the signed ones of other resource servers (CD-07): none of
these passes for the other. One that is given back is marked until it would have ended anyway.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from certs.keys import JoseError, jose
from certs.keys.jose import Expectation
from gateway.oidc import access_token
from gateway.oidc.model import Client, Confirmation
from gateway.oidc.names import ConfirmationMethod, ServiceScope
from gateway.oidc.provider import OpenIDProvider
from gateway.oidc.random_values import new_value

TYPE: Final = "gba-service+jwt"
_REVOKED: Final = "service token revoked"
_REQUIRED: Final = frozenset({"iss", "sub", "aud", "exp", "iat", "jti", "client_id", "scope"})


@dataclass(frozen=True, slots=True, repr=False)
class ServiceToken:
    """A service token that was issued, or proved."""

    client_id: str
    scopes: tuple[str, ...]
    jti: str
    issued_at: datetime
    expires_at: datetime
    confirmation: Confirmation | None = None


def issue(
    client: Client, scopes: tuple[str, ...], confirmation: Confirmation | None, op: OpenIDProvider, now: datetime
) -> tuple[str, ServiceToken]:
    """Make one for a client that has proven who it is; its subject is the client itself (RFC 9068 §2.2)."""
    token = ServiceToken(client.client_id, scopes, new_value(), now, now + op.lifetimes.access_token, confirmation)
    claims: dict[str, Any] = {
        "iss": op.issuer,
        "sub": client.client_id,
        "aud": op.issuer,
        "client_id": client.client_id,
        "scope": " ".join(scopes),
        "iat": int(now.timestamp()),
        "exp": int(token.expires_at.timestamp()),
        "jti": token.jti,
    }
    if confirmation is not None:
        claims["cnf"] = confirmation.as_claim()
    return jose.sign(claims, access_token.signing_key(op), typ=TYPE), token


async def find(text: str, op: OpenIDProvider, now: datetime) -> ServiceToken | None:
    """A live token of ours; none for anything else. Whether its client still counts is for the caller to say."""
    expected = Expectation(
        algorithms=frozenset({access_token.ALGORITHM}),
        typ=frozenset({TYPE}),
        issuer=op.issuer,
        audience=op.issuer,
        single_audience=True,
        required=_REQUIRED,
    )
    try:
        verified = jose.verify(text, op.keys.verification_keys(), expected, now=now)
    except JoseError:
        return None
    op.keys.seen(verified.header_kid, now)
    token = _read(verified.claims)
    # The library's leeway is for clocks of others; this one is ours.
    if token is None or token.expires_at <= now or await op.replays.is_used(_REVOKED, token.jti, now):
        return None
    return token


async def revoke(token: ServiceToken, op: OpenIDProvider, now: datetime) -> None:
    """Let a token be worth nothing from now on (RFC 7009 §2.1)."""
    await op.replays.first_use(_REVOKED, token.jti, token.expires_at, now)


def _read(claims: Mapping[str, Any]) -> ServiceToken | None:
    client_id, scopes = claims["client_id"], str(claims["scope"]).split()
    if claims["sub"] != client_id or not set(scopes) <= set(ServiceScope):
        return None
    return ServiceToken(
        client_id=str(client_id),
        scopes=tuple(scopes),
        jti=str(claims["jti"]),
        issued_at=datetime.fromtimestamp(claims["iat"], UTC),
        expires_at=datetime.fromtimestamp(claims["exp"], UTC),
        confirmation=_confirmation(claims.get("cnf")),
    )


def _confirmation(claim: Mapping[str, str] | None) -> Confirmation | None:
    if claim is None:
        return None
    ((method, thumbprint),) = claim.items()
    return Confirmation(ConfirmationMethod(method), thumbprint)
