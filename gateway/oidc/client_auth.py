"""Client authentication at the token endpoint (RFC 6749 §2.3, RFC 7523, OpenID Connect Core §9).

The registered method is the only one that counts. A client that is unknown, disabled or registered for another method
costs the same work and gets the same answer as one whose proof is wrong, so nobody can list our clients (CA-18).
"""

import hashlib
import hmac
import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Final, assert_never

from certs.keys import JoseError
from certs.keys.jose import LEEWAY, Expectation, VerificationKeys, VerifiedClaims, verify
from gateway.oidc.credentials import Credentials, read_credentials, refused
from gateway.oidc.endpoint import TokenEndpoint
from gateway.oidc.model import Client
from gateway.oidc.names import CLIENT_ASSERTION_ALGORITHMS, ClientAuthMethod
from gateway.oidc.parameters import Parameters

ASSERTION_LIFETIME: Final = timedelta(seconds=300)
"""How far ahead an assertion may expire; it bounds how long its ``jti`` is remembered."""
JTI_LIMIT: Final = 256
_REPLAY_KIND: Final = "client_assertion"
_TYPES: Final = frozenset({None, "JWT", "client-authentication+jwt"})
_NO_HASH: Final = bytes(hashlib.sha256().digest_size)


async def authenticate(
    form: Parameters, authorization: Sequence[str], endpoint: TokenEndpoint, now: datetime
) -> Client:
    """Find out which client is asking, or refuse."""
    credentials = read_credentials(form, authorization)
    found = await endpoint.clients.find(credentials.client_id)
    is_candidate = found is not None and found.is_active and found.token_endpoint_auth_method is credentials.method
    client = found if is_candidate else None
    match credentials.method:
        case ClientAuthMethod.BASIC | ClientAuthMethod.POST:
            is_proven = _secret_matches(credentials, client, endpoint)
        case ClientAuthMethod.PRIVATE_KEY_JWT:
            is_proven = await _assertion_is_good(credentials, client, endpoint, now)
        case ClientAuthMethod.NONE:
            is_proven = True  # a public client only names itself; its codes are bound by PKCE
        case _:
            assert_never(credentials.method)
    if client is None or not is_proven:
        raise refused()
    return client


def hash_secret(pepper: bytes, secret: str) -> bytes:
    """The form in which a client secret is kept; the secret has 256 random bits, so one quick hash is enough."""
    return hmac.digest(pepper, secret.encode("utf-8"), hashlib.sha256)


def _secret_matches(credentials: Credentials, client: Client | None, endpoint: TokenEndpoint) -> bool:
    expected = client.client_secret_hash if client is not None else None
    is_equal = hmac.compare_digest(hash_secret(endpoint.secret_key, credentials.proof), expected or _NO_HASH)
    return is_equal and expected is not None


async def _assertion_is_good(
    credentials: Credentials, client: Client | None, endpoint: TokenEndpoint, now: datetime
) -> bool:
    """Check a signed assertion, then spend its ``jti`` (RFC 7523 §3, G03)."""
    # Without a client our own keys take part: they can never have signed this, and the work is the same.
    keys = endpoint.keys.jwks() if client is None or client.jwks is None else client.jwks
    try:
        claims = verify(
            credentials.proof, _read_keys(json.dumps(dict(keys))), _expected(credentials, endpoint), now=now
        )
    except JoseError:
        return False
    if client is None or client.jwks is None or claims["sub"] != client.client_id or len(claims["jti"]) > JTI_LIMIT:
        return False
    return await _first_use(claims, client, endpoint, now)


def _expected(credentials: Credentials, endpoint: TokenEndpoint) -> Expectation:
    return Expectation(
        algorithms=frozenset(CLIENT_ASSERTION_ALGORITHMS),
        typ=_TYPES,
        issuer=credentials.client_id,
        audience=endpoint.issuer,
        single_audience=True,  # the token endpoint's address or a list would let an assertion serve elsewhere (CA-08)
        required=frozenset({"iss", "sub", "aud", "exp", "jti"}),
        leeway=LEEWAY,
        max_lifetime=ASSERTION_LIFETIME,
    )


async def _first_use(claims: VerifiedClaims, client: Client, endpoint: TokenEndpoint, now: datetime) -> bool:
    # Hashed, so that its size is fixed; two clients may use the same jti.
    mark = hashlib.sha256(f"{client.client_id}\x00{claims['jti']}".encode()).hexdigest()
    expires_at = datetime.fromtimestamp(claims["exp"], UTC) + LEEWAY
    return await endpoint.replays.first_use(_REPLAY_KIND, mark, expires_at, now)


@lru_cache(maxsize=1024)
def _read_keys(jwks: str) -> VerificationKeys:
    """Parsing a key costs more than a signature check, so each set is parsed once; the text is the cache's name."""
    return VerificationKeys.from_jwks(json.loads(jwks))
