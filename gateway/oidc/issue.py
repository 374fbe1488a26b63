"""Making what is given out: authorization codes, access tokens and ID tokens."""

import base64
import hashlib
from datetime import datetime, timedelta
from typing import Any, Final

from certs.keys import KeyMaterialError, jose
from certs.keys.signing_key import SigningKey
from gateway.oidc.claims import released_in_id_token
from gateway.oidc.endpoint import TokenEndpoint
from gateway.oidc.errors import OAuthError
from gateway.oidc.model import AccessToken, AuthorizationCode, AuthorizationRequest, Client, Grant
from gateway.oidc.names import ErrorCode
from gateway.oidc.random_values import digest, new_value

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


def id_token(grant: Grant, client: Client, access_token: str, endpoint: TokenEndpoint, now: datetime) -> str:
    """Sign who signed in, how and when (OpenID Connect Core §2, §3.1.3.6)."""
    key = signing_key(client, endpoint)
    claims = _protocol_claims(grant, client, endpoint, now) | {"at_hash": _at_hash(access_token)}
    # Protocol claims last: nothing that describes a person can take their place.
    return jose.sign({**released_in_id_token(grant.claims, grant.scopes), **claims}, key, typ=ID_TOKEN_TYPE)


def signing_key(client: Client, endpoint: TokenEndpoint) -> SigningKey:
    """The key for the algorithm that the client registered (OpenID Connect Registration §2)."""
    try:
        return endpoint.keys.active(client.id_token_signed_response_alg)
    except KeyMaterialError as error:
        raise OAuthError(ErrorCode.SERVER_ERROR, "no signing key is active") from error


def _protocol_claims(grant: Grant, client: Client, endpoint: TokenEndpoint, now: datetime) -> dict[str, Any]:
    claims: dict[str, Any] = {
        "iss": endpoint.issuer,
        "sub": grant.sub,
        "aud": client.client_id,
        "iat": int(now.timestamp()),
        "exp": int((now + endpoint.lifetimes.id_token).timestamp()),
        "jti": new_value(),
        "auth_time": int(grant.auth_time.timestamp()),
        "acr": grant.acr,
        "amr": list(grant.amr),
        "sid": grant.sid or None,
        "nonce": grant.nonce,
    }
    return {name: value for name, value in claims.items() if value is not None}


def _at_hash(access_token: str) -> str:
    """Left half of the hash that ES256 and RS256 share (OpenID Connect Core §3.1.3.6)."""
    half = hashlib.sha256(access_token.encode("ascii")).digest()[:16]
    return base64.urlsafe_b64encode(half).rstrip(b"=").decode("ascii")
