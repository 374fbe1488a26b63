"""How we prove to a provider who we are: with a secret, or better with a signature (OpenID Connect Core §9)."""

import base64
import secrets
from collections.abc import Mapping
from datetime import datetime
from typing import Final, NamedTuple
from urllib.parse import quote_plus

from certs.keys import jose
from certs.keys.signing_key import SigningKey
from providers.openid_connect.settings import OpenIDConnectSettings

ASSERTION_TYPE: Final = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
ASSERTION_SECONDS: Final = 60
"""An assertion is used at once; whoever finds it later finds it dead."""


class Proof(NamedTuple):
    """What a call to the provider carries: headers, and members of the form."""

    headers: Mapping[str, str]
    form: Mapping[str, str]


def prove(settings: OpenIDConnectSettings, now: datetime) -> Proof:
    """Make the proof for one call."""
    if settings.private_key is not None:
        return _signed(settings, settings.private_key, now)
    # Form-encoded inside HTTP Basic (RFC 6749 §2.3.1).
    pair = f"{quote_plus(settings.client_id)}:{quote_plus(settings.client_secret or '')}"
    return Proof({"Authorization": "Basic " + base64.b64encode(pair.encode("ascii")).decode("ascii")}, {})


def _signed(settings: OpenIDConnectSettings, key: SigningKey, now: datetime) -> Proof:
    issued_at = int(now.timestamp())
    claims = {
        "iss": settings.client_id,
        "sub": settings.client_id,
        "aud": settings.issuer,  # the issuer and nothing else, as one text: no other server can use it
        "jti": secrets.token_urlsafe(24),
        "iat": issued_at,
        "exp": issued_at + ASSERTION_SECONDS,
    }
    assertion = jose.sign(claims, key, typ="JWT")
    return Proof(
        {},
        {"client_id": settings.client_id, "client_assertion_type": ASSERTION_TYPE, "client_assertion": assertion},
    )
