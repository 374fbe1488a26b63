"""Request objects: an authorization request that its client has signed (RFC 9101, OpenID Connect Core §6).

What comes out is a list of parameters like that of any other request, so that the checks behind are the same for all.
"""

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from certs.keys import JoseError
from certs.keys.jose import LEEWAY, Expectation, VerifiedClaims
from gateway.oidc import client_keys, profiles
from gateway.oidc.errors import OAuthError
from gateway.oidc.model import Client
from gateway.oidc.names import REQUEST_OBJECT_ALGORITHMS, ErrorCode
from gateway.oidc.parameters import REPEATABLE
from gateway.oidc.provider import OpenIDProvider
from gateway.oidc.random_values import digest

FEDERATED: Final = "federation"
"""Clients known by their trust chain alone; their objects follow OpenID Federation 1.0 §12.1.1.1."""
LONGEST: Final = timedelta(minutes=60)
"""How far ahead ``exp``, and how far back ``nbf`` may lie (FAPI 2.0 Message Signing §5.3.1)."""
TYPES: Final = frozenset({"oauth-authz-req+jwt", "JWT", None})
JTI_LIMIT: Final = 256
REPLAY_KIND: Final = "request_object"

_OF_THE_TOKEN: Final = frozenset({"iss", "aud", "exp", "nbf", "iat", "jti", "sub", "trust_chain"})
"""Claims that are about the object itself and no parameters; chains are followed by ourselves, not taken from it."""
_NUMBERS: Final = frozenset({"max_age", "requested_expiry"})
_NESTED: Final = frozenset({"request", "request_uri"})


async def read(
    token: str, client: Client, op: OpenIDProvider, now: datetime, *, is_dated: bool
) -> list[tuple[str, str]]:
    """Check a request object and give its parameters; with ``is_dated`` it must say when it begins and ends."""
    try:
        claims = await client_keys.verified(token, client, op, _expected(client, op, is_dated=is_dated), now)
    except JoseError as error:
        raise _refused("the request object is not acceptable") from error
    _check_age(claims, now)
    _check_names(claims, client)
    if client.registered_by == FEDERATED:
        await _spend(claims, client, op, now)
    return [pair for name in claims if name not in _OF_THE_TOKEN for pair in _pairs(name, claims[name])]


def _expected(client: Client, op: OpenIDProvider, *, is_dated: bool) -> Expectation:
    allowed = profiles.algorithms(client, REQUEST_OBJECT_ALGORITHMS)
    if client.request_object_signing_alg is not None:
        allowed &= {client.request_object_signing_alg}
    if not allowed:
        raise _refused("the client is registered for an algorithm that is not offered")
    return Expectation(
        algorithms=allowed,
        typ=TYPES,
        issuer=client.client_id,
        audience=op.issuer,
        required=frozenset({"iss", "aud", *_demanded(client, is_dated=is_dated)}),
        leeway=LEEWAY,
    )


def _demanded(client: Client, *, is_dated: bool) -> tuple[str, ...]:
    """What the object must say of its time: from when to when, or that it is good once (Federation §12.1.1.1)."""
    if client.registered_by == FEDERATED:
        return ("exp", "jti")
    return ("exp", "nbf") if is_dated else ()


def _check_age(claims: VerifiedClaims, now: datetime) -> None:
    limit = (LONGEST + LEEWAY).total_seconds()
    exp, nbf = claims.get("exp"), claims.get("nbf")
    if exp is not None and exp - now.timestamp() > limit:
        raise _refused("the request object lives too long")
    if nbf is not None and now.timestamp() - nbf > limit:
        raise _refused("the request object is too old")


def _check_names(claims: VerifiedClaims, client: Client) -> None:
    if claims.get("client_id", client.client_id) != client.client_id:
        raise _refused("the request object is another client's")
    if not _NESTED.isdisjoint(claims):  # RFC 9101 §4, RO-03
        raise _refused("a request object must not hold another")
    if client.registered_by == FEDERATED and "sub" in claims:
        raise _refused("a request object must not have a sub")
    if claims.get("sub") == client.client_id:  # with it, the object could pass for a client assertion (§10.8)
        raise _refused("a request object must not name its client as sub")


async def _spend(claims: VerifiedClaims, client: Client, op: OpenIDProvider, now: datetime) -> None:
    """A member of the federation signs every request anew."""
    if len(claims["jti"]) > JTI_LIMIT:
        raise _refused("jti is too long")
    mark = digest(f"{client.client_id}\x00{claims['jti']}").hex()
    if not await op.replays.first_use(REPLAY_KIND, mark, datetime.fromtimestamp(claims["exp"], UTC) + LEEWAY, now):
        raise _refused("the request object was used before")


def _pairs(name: str, value: object) -> list[tuple[str, str]]:
    """One member as it would stand in a query: numbers and objects become text, and only where they are meant."""
    if isinstance(value, str):
        return [(name, value)]
    if name in _NUMBERS and isinstance(value, int) and not isinstance(value, bool):
        return [(name, str(value))]
    if name == "claims" and isinstance(value, Mapping):
        return [(name, _compact(value))]
    if name in REPEATABLE and isinstance(value, list) and all(isinstance(each, str) for each in value):
        return [(name, each) for each in value]
    if value is None:
        return []
    raise _refused("the request object has a member of the wrong type")


def _compact(value: Mapping[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _refused(description: str) -> OAuthError:
    return OAuthError(ErrorCode.INVALID_REQUEST_OBJECT, description)
