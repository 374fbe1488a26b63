from dataclasses import replace
from datetime import timedelta

import pytest
from jose import jwt as far_side

from certs.keys import jose
from gateway.audit import AuditAction
from gateway.oidc import introspection, revocation, service_access, userinfo
from gateway.oidc.errors import OAuthError
from gateway.oidc.names import ErrorCode, GrantType, ServiceScope, TokenType
from gateway.oidc.protected_resource import BearerError
from gateway.oidc.registration import MetadataError, check_client, with_sector
from gateway.oidc.service_token import TYPE
from gateway.oidc.token import answer
from tests.gateway.oidc.fakes import (
    ISSUER,
    NOW,
    a_basic_header,
    a_call,
    a_client,
    a_public_client,
    an_endpoint,
    signing_key,
)
from tests.gateway.oidc.proofs import a_proof, ath, proof_key
from tests.gateway.oidc.request_fakes import pairs, refusal_of

VALIDATE, READ = ServiceScope.SIGNATURES_VALIDATE, ServiceScope.SIGNATURES_READ
MINUTE = timedelta(minutes=1)
ADDRESS = f"{ISSUER}/v1/signatures/validate"


class Log(list):
    async def append(self, event) -> None:
        list.append(self, event)


def a_service(**spoilt):
    good = {
        "redirect_uris": (),
        "post_logout_redirect_uris": (),
        "sector": "client:rp-a",
        "grant_types": (GrantType.CLIENT_CREDENTIALS,),
        "service_scopes": (VALIDATE.value, READ.value),
    }
    return a_client(**good | spoilt)


def an_op(**service):
    return an_endpoint(a_service(**service), audit=Log())


async def ask(op, *, now=NOW, proofs=(), **changed):
    form = {"grant_type": "client_credentials"} | changed
    return await answer(a_call(list(form.items()), [a_basic_header("rp-a")], now=now, proofs=proofs), op)


async def refused(op, **changed) -> ErrorCode:
    with pytest.raises(OAuthError) as refusal:
        await ask(op, **changed)
    return refusal.value.code


def a_visit(token, *, scheme="Bearer", now=NOW, **call):
    return a_call((), [f"{scheme} {token}"], path="/v1/signatures/validate", now=now, **call)


async def use(op, token, needed=VALIDATE, *, query=False, **call):
    return await service_access.service_access_of(a_visit(token, **call), op, needed, query_has_token=query)


async def refused_use(op, token, needed=VALIDATE, **call):
    with pytest.raises(BearerError) as refusal:
        await use(op, token, needed, **call)
    return refusal.value.status, refusal.value.code


@pytest.mark.spec("RFC 6749 §4.4.3")
async def test_a_service_gets_a_token_for_the_gateway_alone_and_nothing_to_refresh_it() -> None:
    op = an_op()

    response = await ask(op)

    claims = far_side.get_unverified_claims(response.access_token)
    assert (claims["sub"], claims["client_id"], claims["aud"]) == ("rp-a", "rp-a", ISSUER)
    assert (response.scope, response.token_type) == ("signatures:validate signatures:read", "Bearer")
    assert (response.id_token, response.refresh_token) == (None, None)
    assert op.audit[-1].action is AuditAction.TOKEN_ISSUED


async def test_a_token_may_be_for_less_than_the_client_is_registered_for() -> None:
    op = an_op()

    response = await ask(op, scope=READ.value)

    assert response.scope == READ.value
    assert await refused_use(op, response.access_token) == (403, ErrorCode.INSUFFICIENT_SCOPE)
    assert (await use(op, response.access_token, READ)).scopes == {READ}


@pytest.mark.attack("TN-02")
@pytest.mark.parametrize("scope", ["signatures:sign", "openid", "signatures:validate cn_id", "everything"])
async def test_tn_02_a_service_gets_no_scope_that_it_is_not_registered_for(scope) -> None:
    assert await refused(an_op(), scope=scope) is ErrorCode.INVALID_SCOPE


@pytest.mark.attack("TN-02")
async def test_tn_02_a_client_for_people_may_not_use_the_grant() -> None:
    assert await refused(an_endpoint(a_client())) is ErrorCode.UNAUTHORIZED_CLIENT


@pytest.mark.spec("RFC 6749 §4.4")
async def test_a_public_client_gets_no_token_even_if_it_was_registered_so() -> None:
    op = an_endpoint(a_public_client(grant_types=(GrantType.CLIENT_CREDENTIALS,), service_scopes=(VALIDATE.value,)))
    form = [("grant_type", "client_credentials"), ("client_id", "rp-a")]

    with pytest.raises(OAuthError) as refusal:
        await answer(a_call(form), op)

    assert refusal.value.code is ErrorCode.UNAUTHORIZED_CLIENT


@pytest.mark.attack("TN-01")
@pytest.mark.parametrize("name", ["resource", "audience"])
async def test_tn_01_a_token_without_a_person_is_for_no_other_resource_server(name) -> None:
    op = an_op(resources=("https://api.rp-a.example",))

    assert await refused(op, **{name: "https://api.rp-a.example"}) is ErrorCode.INVALID_TARGET
    assert (await ask(op, **{name: ISSUER})).access_token


async def test_a_bound_token_is_worth_nothing_without_its_key() -> None:
    op = an_op(dpop_bound_access_tokens=True)
    response = await ask(op, proofs=[a_proof()])

    proof = a_proof(htu=ADDRESS, ath=ath(response.access_token))
    stolen = a_proof(proof_key(name="thief"), htu=ADDRESS, ath=ath(response.access_token))

    assert response.token_type == "DPoP"
    assert (await use(op, response.access_token, scheme="DPoP", proofs=[proof])).client.client_id == "rp-a"
    assert await refused_use(op, response.access_token) == (401, ErrorCode.INVALID_TOKEN)
    assert await refused_use(op, response.access_token, scheme="DPoP", proofs=[stolen]) == (
        401,
        ErrorCode.INVALID_TOKEN,
    )


async def test_a_token_ends_to_the_second() -> None:
    op = an_op()
    token = (await ask(op)).access_token

    assert await use(op, token, now=NOW + 10 * MINUTE - timedelta(seconds=1))
    assert await refused_use(op, token, now=NOW + 10 * MINUTE) == (401, ErrorCode.INVALID_TOKEN)


@pytest.mark.parametrize("spoilt", [{"disabled_at": NOW}, {"client_id": "somebody-else"}])
async def test_a_token_ends_with_its_client(spoilt) -> None:
    token = (await ask(an_op())).access_token

    assert await refused_use(an_op(**spoilt), token) == (401, ErrorCode.INVALID_TOKEN)


async def test_what_an_operator_takes_away_is_gone_at_once() -> None:
    token = (await ask(an_op())).access_token

    assert await refused_use(an_op(service_scopes=(READ.value,)), token) == (403, ErrorCode.INSUFFICIENT_SCOPE)


async def test_a_token_that_was_given_back_is_worth_nothing() -> None:
    op = an_op()
    token = (await ask(op)).access_token

    await revocation.answer(a_call([("token", token)], [a_basic_header("rp-a")]), op)

    assert await refused_use(op, token) == (401, ErrorCode.INVALID_TOKEN)
    assert op.audit[-1].action is AuditAction.TOKEN_REVOKED


async def test_nobody_else_can_give_a_token_back() -> None:
    op = an_endpoint(a_service(), a_client(client_id="other"))
    token = (await ask(op)).access_token

    await revocation.answer(a_call([("token", token)], [a_basic_header("other")]), op)

    assert await use(op, token)


@pytest.mark.spec("RFC 7662 §2.2")
async def test_introspection_names_the_client_as_the_subject_and_tells_nobody_else() -> None:
    op = an_endpoint(a_service(), a_client(client_id="other", serves="https://api.rp-a.example"))
    token = (await ask(op)).access_token

    own, others = [
        await introspection.answer(a_call([("token", token)], [a_basic_header(name)]), op) for name in ("rp-a", "other")
    ]

    assert (own["active"], own["sub"], own["client_id"], own["aud"]) == (True, "rp-a", "rp-a", ISSUER)
    assert own["scope"] == "signatures:validate signatures:read"
    assert {"acr", "auth_time"}.isdisjoint(own)
    assert others == {"active": False}


@pytest.mark.attack("CD-07")
async def test_cd_07_a_service_token_opens_no_persons_claims_and_is_not_exchanged() -> None:
    grants = (GrantType.CLIENT_CREDENTIALS, GrantType.TOKEN_EXCHANGE)
    op = an_op(grant_types=grants, resources=("https://api.rp-a.example",), relying_party="insurer")
    token = (await ask(op)).access_token

    with pytest.raises(BearerError) as at_userinfo:
        await userinfo.answer(a_visit(token), op, query_has_token=False)
    exchange = await refused(
        op,
        grant_type=GrantType.TOKEN_EXCHANGE.value,
        subject_token=token,
        subject_token_type=TokenType.ACCESS_TOKEN.value,
        resource="https://api.rp-a.example",
    )

    assert at_userinfo.value.code is ErrorCode.INVALID_TOKEN
    assert exchange is ErrorCode.INVALID_REQUEST


def forged(typ=TYPE, **changed) -> str:
    at = int(NOW.timestamp())
    good = {
        "iss": ISSUER,
        "aud": ISSUER,
        "sub": "rp-a",
        "client_id": "rp-a",
        "jti": "x",
        "iat": at,
        "exp": at + 60,
        "scope": VALIDATE.value,
    }
    return jose.sign(good | changed, signing_key(), typ=typ)


@pytest.mark.attack("CD-07")
@pytest.mark.parametrize(
    "token",
    [
        forged("at+jwt"),
        forged("JWT"),
        forged(aud="https://api.rp-a.example"),
        forged(aud=[ISSUER, "https://api.rp-a.example"]),
        forged(iss="https://elsewhere.example"),
        forged(sub="a-person"),
        forged(scope="openid signatures:validate"),
        "x" * 43,
        "not.a.token",
    ],
)
async def test_cd_07_no_other_token_passes_for_a_services(token) -> None:
    assert await refused_use(an_op(), token) == (401, ErrorCode.INVALID_TOKEN)


@pytest.mark.attack("HP-09")
async def test_hp_09_a_token_in_the_address_is_refused() -> None:
    op = an_op()

    assert await refused_use(op, (await ask(op)).access_token, query=True) == (400, ErrorCode.INVALID_REQUEST)


async def test_nobody_can_ask_a_person_for_a_service_scope() -> None:
    client = a_client(service_scopes=(VALIDATE.value,))

    error = await refusal_of(pairs(scope="openid signatures:validate"), client)

    assert error.code is ErrorCode.INVALID_SCOPE


@pytest.mark.parametrize("client", [a_service(), a_service(service_scopes=(VALIDATE.value,))])
def test_a_client_with_service_scopes_alone_needs_no_redirect_uri(client) -> None:
    check_client(with_sector(client))


BOTH = (GrantType.AUTHORIZATION_CODE, GrantType.CLIENT_CREDENTIALS)


def test_a_client_may_sign_people_in_and_act_by_itself() -> None:
    check_client(a_client(grant_types=BOTH, service_scopes=(VALIDATE.value,)))


@pytest.mark.parametrize(
    ("client", "field"),
    [
        (a_client(grant_types=BOTH), "service_scopes"),
        (a_client(service_scopes=(VALIDATE.value,)), "service_scopes"),
        (a_service(service_scopes=("cn_id",)), "service_scopes"),
        (a_service(service_scopes=(VALIDATE.value, VALIDATE.value)), "service_scopes"),
        (a_service(registered_by="dynamic"), "service_scopes"),
        (a_public_client(grant_types=BOTH, service_scopes=(VALIDATE.value,)), "grant_types"),
        (replace(a_service(), redirect_uris=("https://rp-a.example/cb",)), "redirect_uris"),
    ],
)
def test_services_are_registered_rightly_or_not_at_all(client, field) -> None:
    with pytest.raises(MetadataError) as refusal:
        check_client(with_sector(client))

    assert refusal.value.field == field
