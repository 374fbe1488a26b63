from dataclasses import replace
from datetime import timedelta

import pytest
from jose import jwt as far_side

from certs.keys.signing_key import Algorithm
from gateway.oidc.errors import OAuthError
from gateway.oidc.introspection import MEDIA_TYPE, answer
from gateway.oidc.names import ErrorCode, Profile
from tests.gateway.oidc.assertions import an_assertion, assertion_form
from tests.gateway.oidc.fakes import (
    ISSUER,
    NOW,
    a_basic_header,
    a_call,
    a_client,
    a_grant,
    a_key_client,
    a_public_client,
    an_endpoint,
    with_code,
)
from tests.gateway.oidc.proofs import binding, thumbprint
from tests.gateway.oidc.tokens import with_access_token, with_refresh_token

AT = int(NOW.timestamp())
REGISTER = "https://register.example.hk"
SERVER = a_client(client_id="register", serves=REGISTER)
INACTIVE = {"active": False}


def an_op(*clients):
    return an_endpoint(a_client(), SERVER, a_client(client_id="rp-b", serves="https://other.example"), *clients)


async def introspect(op, token, *, client_id="register", accept="", now=NOW):
    call = a_call([("token", token)], [a_basic_header(client_id)], path="/introspect", accept=accept, now=now)
    return await answer(call, op)


@pytest.mark.spec("RFC 7662 §2.2")
async def test_a_resource_server_is_told_what_a_token_for_it_is_worth() -> None:
    op = an_op()
    token = with_access_token(op, audience=REGISTER, confirmation=binding(), actor="service")

    assert await introspect(op, token) == {
        "active": True,
        "iss": ISSUER,
        "client_id": "rp-a",
        "scope": "openid profile cn_id",
        "token_type": "DPoP",
        "sub": "pairwise-sub-of-rp-a",
        "aud": REGISTER,
        "exp": AT + 600,
        "acr": "urn:gba:loa:3",
        "auth_time": AT - 120,
        "act": {"client_id": "service"},
        "cnf": {"jkt": thumbprint()},
    }


@pytest.mark.attack("PR-05")
async def test_pr_05_nothing_of_the_person_is_said() -> None:
    op = an_op()
    held = {"name": "Fictional", "gba_cn_id": {"value": "x"}}

    facts = await introspect(op, with_access_token(op, grant=a_grant(claims=held), audience=REGISTER))

    assert not set(held) & set(facts)


async def test_a_client_may_ask_about_its_own_tokens() -> None:
    op = an_op()

    access = await introspect(op, with_access_token(op), client_id="rp-a")
    refresh = await introspect(op, with_refresh_token(op), client_id="rp-a")

    assert (access["active"], access["aud"], access["token_type"]) == (True, ISSUER, "Bearer")
    assert (refresh["active"], refresh["exp"]) == (True, AT + 14 * 86_400)
    assert "token_type" not in refresh


@pytest.mark.attack("TN-01")
@pytest.mark.parametrize("client_id", ["rp-b", "register"])
async def test_tn_01_everybody_else_is_told_that_there_is_no_such_token(client_id) -> None:
    op = an_op()
    audience = REGISTER if client_id == "rp-b" else None

    assert await introspect(op, with_access_token(op, audience=audience), client_id=client_id) == INACTIVE
    assert await introspect(op, with_refresh_token(op), client_id=client_id) == INACTIVE


@pytest.mark.attack("CD-07")
@pytest.mark.parametrize("token", ["unknown", "a.b.c", "x" * 4000])
async def test_cd_07_what_is_no_token_is_not_active(token) -> None:
    op = an_op()

    assert await introspect(op, token) == INACTIVE
    assert await introspect(op, with_code(op.tokens), client_id="rp-a") == INACTIVE


@pytest.mark.attack("PR-06")
async def test_pr_06_a_token_is_over_when_its_time_its_grant_or_its_client_is() -> None:
    op = an_op()
    token = with_access_token(op, audience=REGISTER)

    assert await introspect(op, token, now=NOW + timedelta(minutes=10)) == INACTIVE
    op.clients.by_id["rp-a"] = a_client(disabled_at=NOW)
    assert await introspect(op, token) == INACTIVE
    op.clients.by_id["rp-a"] = a_client()
    await op.tokens.revoke_grant("grant-1", NOW)
    assert await introspect(op, token) == INACTIVE


@pytest.mark.spec("RFC 7662 §2.1")
async def test_a_client_that_cannot_prove_itself_may_not_ask() -> None:
    op = an_op(a_public_client(client_id="public"))

    with pytest.raises(OAuthError) as refusal:
        await answer(a_call([("token", "x"), ("client_id", "public")]), op)

    assert refusal.value.code is ErrorCode.INVALID_CLIENT


async def test_a_request_without_token_is_refused() -> None:
    with pytest.raises(OAuthError) as refusal:
        await introspect(an_op(), "")

    assert refusal.value.code is ErrorCode.INVALID_REQUEST


# ---------------------------------------------------------------------------------------------- signed answers
def opened(op, answered, audience="register", algorithm=Algorithm.ES256):
    assert isinstance(answered, str)
    assert far_side.get_unverified_header(answered)["typ"] == "token-introspection+jwt"
    keys = [key for key in op.keys.jwks()["keys"] if key["alg"] == algorithm]
    return far_side.decode(answered, {"keys": keys}, algorithms=[algorithm.value], audience=audience, issuer=ISSUER)


@pytest.mark.spec("RFC 9701 §5")
@pytest.mark.parametrize("accept", [MEDIA_TYPE, f"application/json;q=0.5, {MEDIA_TYPE.upper()};q=0.9"])
async def test_whoever_asks_for_it_gets_a_signed_answer(accept) -> None:
    op = an_op()
    token = with_access_token(op, audience=REGISTER)

    claims = opened(op, await introspect(op, token, accept=accept))

    assert set(claims) == {"iss", "aud", "iat", "token_introspection"}
    assert claims["iat"] == AT
    assert claims["token_introspection"] == await introspect(op, token)


@pytest.mark.spec("RFC 9701 §5")
async def test_that_a_token_is_not_active_is_signed_as_well() -> None:
    op = an_op()

    assert opened(op, await introspect(op, "x", accept=MEDIA_TYPE))["token_introspection"] == INACTIVE


@pytest.mark.parametrize("accept", ["", "*/*", "application/json", "application/jwt"])
async def test_otherwise_the_answer_is_plain_json(accept) -> None:
    op = an_op()

    assert await introspect(op, "x", accept=accept) == INACTIVE


@pytest.mark.spec("RFC 9701 §6")
async def test_a_client_registered_for_signed_answers_gets_them_with_its_algorithm() -> None:
    op = an_op()
    op.clients.by_id["register"] = replace(SERVER, introspection_signed_response_alg="RS256")

    answered = await introspect(op, with_access_token(op, audience=REGISTER))

    assert opened(op, answered, algorithm=Algorithm.RS256)["token_introspection"]["active"]


@pytest.mark.spec("FAPI 2.0 Message Signing §5.5.1")
async def test_a_client_of_the_message_signing_profile_gets_signed_answers() -> None:
    client = a_key_client(profile=Profile.FAPI2_MS, dpop_bound_access_tokens=True)
    op = an_endpoint(client)
    form = [("token", with_access_token(op)), *assertion_form(an_assertion())]

    answered = await answer(a_call(form), op)

    assert opened(op, answered, audience="rp-a")["token_introspection"]["active"]
