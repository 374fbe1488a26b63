"""Making what is given out: authorization codes, access tokens, refresh tokens and ID tokens."""

import base64
import hashlib
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any, Final

from gateway.oidc.claims import released_in_id_token
from gateway.oidc.model import (
    AccessToken,
    AuthorizationCode,
    AuthorizationRequest,
    Client,
    Confirmation,
    Grant,
    RefreshToken,
)
from gateway.oidc.protection import Envelope, signing_key
from gateway.oidc.provider import Lifetimes, OpenIDProvider
from gateway.oidc.random_values import digest, new_value

__all__ = ["ID_TOKEN_TYPE", "id_token", "new_access_token", "new_code", "new_refresh_token", "signing_key"]

ID_TOKEN_TYPE: Final = "JWT"  # noqa: S105 - the typ header of ID tokens
"""Logout tokens and the like carry types of their own, so that none passes for another (RFC 8725 §3.11)."""


def new_code(
    request: AuthorizationRequest, grant: Grant, now: datetime, lifetime: timedelta
) -> tuple[str, AuthorizationCode]:
    """Make a code, bound to all that its redemption has to prove (RFC 6749 §4.1.2, RFC 7636 §4.4)."""
    text = new_value()
    code = AuthorizationCode(
        hash=digest(text),
        client_id=request.client_id,
        redirect_uri=request.redirect_uri,
        code_challenge=request.code_challenge,
        grant_id=grant.id,
        expires_at=now + lifetime,
    )
    return text, code


def new_access_token(text: str, grant: Grant, now: datetime, lifetime: timedelta) -> AccessToken:
    """Bind a fresh ``random_values.new_value()`` to a grant.

    The text is made by the caller beforehand: a transaction that the database repeats must not make a second one.
    """
    return AccessToken(
        hash=digest(text),
        grant_id=grant.id,
        client_id=grant.client_id,
        scopes=grant.scopes,
        expires_at=now + lifetime,
    )


def new_refresh_token(
    text: str, grant: Grant, now: datetime, lifetimes: Lifetimes, confirmation: Confirmation | None
) -> RefreshToken:
    """Bind a fresh value to a grant for as long as one may stay away, and for as long as one may stay at all."""
    ends_at = now + lifetimes.refresh_token
    return RefreshToken(
        hash=digest(text),
        grant_id=grant.id,
        client_id=grant.client_id,
        scopes=grant.scopes,
        created_at=now,
        idle_ends_at=min(now + lifetimes.refresh_token_idle, ends_at),
        ends_at=ends_at,
        confirmation=confirmation,
    )


def id_token(
    grant: Grant,
    client: Client,
    access_token: str,
    op: OpenIDProvider,
    now: datetime,
    *,
    envelope: Envelope | None = None,
    scopes: Collection[str] | None = None,
) -> str:
    """Say who signed in, how and when (OpenID Connect Core §2, §3.1.3.6); signed, and encrypted if its envelope is."""
    closing = envelope if envelope is not None else Envelope(signing_key(client, op))
    granted = grant.scopes if scopes is None else scopes
    personal = released_in_id_token(grant, granted, is_encrypted=closing.seal is not None)
    claims = _protocol_claims(grant, client, op, now) | {"at_hash": _at_hash(access_token)}
    # Protocol claims last: nothing that describes a person can take their place.
    return closing.close({**personal, **claims}, typ=ID_TOKEN_TYPE)


def _protocol_claims(grant: Grant, client: Client, op: OpenIDProvider, now: datetime) -> dict[str, Any]:
    claims: dict[str, Any] = {
        "iss": op.issuer,
        "sub": grant.sub,
        "aud": client.client_id,
        "iat": int(now.timestamp()),
        "exp": int((now + op.lifetimes.id_token).timestamp()),
        "jti": new_value(),
        "auth_time": int(grant.auth_time.timestamp()),
        "acr": grant.acr,
        "amr": list(grant.amr),
        "sid": grant.sid or None,
        "nonce": grant.nonce,
        "act": {"sub": grant.actor_sub} if grant.actor_sub is not None else None,
    }
    return {name: value for name, value in claims.items() if value is not None}


def _at_hash(access_token: str) -> str:
    """Left half of the hash that ES256, PS256 and RS256 share (OpenID Connect Core §3.1.3.6)."""
    half = hashlib.sha256(access_token.encode("ascii")).digest()[:16]
    return base64.urlsafe_b64encode(half).rstrip(b"=").decode("ascii")
