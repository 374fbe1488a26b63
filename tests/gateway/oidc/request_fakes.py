"""Authorization requests and request objects, valid unless a keyword spoils them, and what becomes of them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

import pytest

from certs.keys import jose
from certs.keys.signing_key import SigningKey
from gateway.oidc.authorize import OfferedValues, validate
from gateway.oidc.errors import OAuthError
from gateway.oidc.model import AuthorizationRequest, Client
from gateway.oidc.names import Profile
from gateway.oidc.provider import OpenIDProvider
from tests.gateway.oidc.fakes import CALLBACK, CHALLENGE, ISSUER, NOW, a_client, a_key_client, an_endpoint, signing_key

OFFERED: Final = OfferedValues(providers=frozenset({"hong_kong", "macao"}))
GOOD: Final = {
    "client_id": "rp-a",
    "redirect_uri": CALLBACK,
    "response_type": "code",
    "scope": "openid profile",
    "state": "a state+%41",
    "code_challenge": CHALLENGE,
    "code_challenge_method": "S256",
}
LEFT_OUT: Final = None
MINUTE: Final = 60
AT: Final = int(NOW.timestamp())


def a_fapi_client(**spoilt: Any) -> Client:
    return a_key_client(**{"profile": Profile.FAPI2_SP, "dpop_bound_access_tokens": True} | spoilt)


def pairs(**changed: Any) -> list[tuple[str, str]]:
    return [(name, value) for name, value in (GOOD | changed).items() if value is not LEFT_OUT]


async def accepted(
    client: Client | None = None, op: OpenIDProvider | None = None, **changed: Any
) -> AuthorizationRequest:
    provider = op or an_endpoint(client or a_client())
    return (await validate(pairs(**changed), provider, offered=OFFERED, now=NOW))[1]


async def read(sent: Sequence[tuple[str, str]], op: OpenIDProvider, now: datetime = NOW) -> AuthorizationRequest:
    return (await validate(sent, op, offered=OFFERED, now=now))[1]


async def refusal_of(
    sent: Sequence[tuple[str, str]],
    client: Client | None = None,
    op: OpenIDProvider | None = None,
    now: datetime = NOW,
) -> OAuthError:
    with pytest.raises(OAuthError) as refusal:
        await validate(sent, op or an_endpoint(client or a_client()), offered=OFFERED, now=now)
    return refusal.value


def object_claims(**changed: Any) -> dict[str, Any]:
    stamped = {"iss": "rp-a", "aud": ISSUER, "nbf": AT, "exp": AT + 5 * MINUTE}
    members = GOOD | stamped | changed
    return {name: value for name, value in members.items() if value is not LEFT_OUT}


def a_request_object(key: SigningKey | None = None, typ: str = "oauth-authz-req+jwt", **changed: Any) -> str:
    return jose.sign(object_claims(**changed), key or signing_key(name="client"), typ=typ)
