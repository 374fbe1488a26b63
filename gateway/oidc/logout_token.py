"""Logout tokens: what tells a relying party that a session has ended (Back-Channel Logout 1.0 §2.4).

Its type is its own, so that no ID token passes for it and it passes for no ID token (RFC 8725 §3.11, LO-07).
"""

from datetime import datetime, timedelta
from typing import Any, Final

from certs.keys import KeyMaterialError, KeyUnavailableError, jose
from gateway.oidc.errors import OAuthError
from gateway.oidc.model import Client
from gateway.oidc.names import ErrorCode
from gateway.oidc.ports import Delivery
from gateway.oidc.provider import OpenIDProvider

TOKEN_TYPE: Final = "logout+jwt"  # noqa: S105 - a media type
EVENT: Final = "http://schemas.openid.net/event/backchannel-logout"
LIFETIME: Final = timedelta(minutes=2)
"""Long enough for a clock that is off, too short to be kept for later (security.md section 3)."""


def make(delivery: Delivery, client: Client, op: OpenIDProvider, now: datetime) -> str:
    """Sign one for one client, in the algorithm of its ID tokens; ``jti`` is the same at every try (LO-05)."""
    try:
        key = op.keys.active(client.id_token_signed_response_alg)
    except KeyUnavailableError:
        raise
    except KeyMaterialError as error:
        raise OAuthError(ErrorCode.SERVER_ERROR, "no signing key is active") from error
    return jose.sign(_claims(delivery, client, op.issuer, now), key, typ=TOKEN_TYPE)


def _claims(delivery: Delivery, client: Client, issuer: str, now: datetime) -> dict[str, Any]:
    """Subject and session as this client knows them; a ``nonce`` never stands here."""
    about = {name: delivery.content[name] for name in ("sub", "sid") if delivery.content.get(name)}
    return {
        "iss": issuer,
        "aud": client.client_id,
        "iat": int(now.timestamp()),
        "exp": int((now + LIFETIME).timestamp()),
        "jti": delivery.id,
        "events": {EVENT: {}},
        **about,
    }
