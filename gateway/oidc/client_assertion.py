"""A client's signed assertion: made by it, for us alone, just now, and never seen before (RFC 7523 §3, RFC 10070)."""

import hashlib
import json
from datetime import UTC, datetime, timedelta
from typing import Final

from certs.keys import JoseError
from certs.keys.jose import LEEWAY, Expectation, VerifiedClaims, verify
from gateway.oidc import client_keys, profiles
from gateway.oidc.credentials import Credentials
from gateway.oidc.model import Client
from gateway.oidc.names import CLIENT_ASSERTION_ALGORITHMS
from gateway.oidc.provider import OpenIDProvider

ASSERTION_LIFETIME: Final = timedelta(seconds=300)
"""How far ahead an assertion may expire; it bounds how long its ``jti`` is remembered."""
JTI_LIMIT: Final = 256
_REPLAY_KIND: Final = "client_assertion"
_TYPES: Final = frozenset({None, "JWT", "client-authentication+jwt"})


async def assertion_is_good(credentials: Credentials, client: Client | None, op: OpenIDProvider, now: datetime) -> bool:
    """Check a signed assertion, then spend its ``jti``: once, whichever endpoint sees it first (G03, CA-07)."""
    expected = _expected(credentials, client, op)
    try:
        if client is None or (client.jwks is None and client.jwks_uri is None):
            # Our own keys take part: they can never have signed this, and the work is the same.
            verify(credentials.proof, client_keys.decoys(json.dumps(dict(op.keys.jwks()))), expected, now=now)
            return False
        claims = await client_keys.verified(credentials.proof, client, op, expected, now)
    except JoseError:
        return False
    if claims["sub"] != client.client_id or len(claims["jti"]) > JTI_LIMIT:
        return False
    return await _first_use(claims, client, op, now)


def _expected(credentials: Credentials, client: Client | None, op: OpenIDProvider) -> Expectation:
    offered = CLIENT_ASSERTION_ALGORITHMS
    return Expectation(
        algorithms=profiles.algorithms(client, offered) if client is not None else frozenset(offered),
        typ=_TYPES,
        issuer=credentials.client_id,
        audience=op.issuer,
        single_audience=True,  # the token endpoint's address or a list would let an assertion serve elsewhere (CA-08)
        required=frozenset({"iss", "sub", "aud", "exp", "jti"}),
        leeway=LEEWAY,
        max_lifetime=ASSERTION_LIFETIME,
    )


async def _first_use(claims: VerifiedClaims, client: Client, op: OpenIDProvider, now: datetime) -> bool:
    # Hashed, so that its size is fixed; two clients may use the same jti.
    mark = hashlib.sha256(f"{client.client_id}\x00{claims['jti']}".encode()).hexdigest()
    expires_at = datetime.fromtimestamp(claims["exp"], UTC) + LEEWAY
    return await op.replays.first_use(_REPLAY_KIND, mark, expires_at, now)
