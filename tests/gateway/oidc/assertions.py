"""Signed client assertions, valid unless a keyword spoils them, and asking who a client is."""

import pytest

from certs.keys import jose
from gateway.oidc.client_auth import authenticate
from gateway.oidc.errors import OAuthError
from gateway.oidc.names import CLIENT_ASSERTION_TYPE
from gateway.oidc.parameters import Parameters
from tests.gateway.oidc.fakes import ISSUER, NOW, a_call, signing_key

SOON = int(NOW.timestamp()) + 60


def claims(**changed):
    good = {"iss": "rp-a", "sub": "rp-a", "aud": ISSUER, "exp": SOON, "iat": SOON - 60, "jti": "one"}
    return {name: value for name, value in (good | changed).items() if value is not None}


def an_assertion(key=None, typ="JWT", **changed) -> str:
    return jose.sign(claims(**changed), key or signing_key(name="client"), typ=typ)


def assertion_form(assertion: str, *more: tuple[str, str]):
    return [("client_assertion_type", CLIENT_ASSERTION_TYPE), ("client_assertion", assertion), *more]


async def client_of(op, pairs=(), authorization=(), now=NOW, **call) -> str:
    sent = a_call(pairs, authorization, now=now, **call)
    return (await authenticate(Parameters(pairs), sent, op)).client_id


async def refusal_of(op, pairs=(), authorization=(), now=NOW, **call) -> OAuthError:
    with pytest.raises(OAuthError) as refusal:
        await client_of(op, pairs, authorization, now, **call)
    return refusal.value
