from dataclasses import replace
from datetime import timedelta

import pytest
from jose import jwt as far_side

from gateway.audit import AuditAction
from gateway.oidc.errors import OAuthError
from gateway.oidc.grants.token_exchange import MAX_ACTORS
from gateway.oidc.names import ErrorCode, GrantType, SubjectType, TokenType
from gateway.oidc.random_values import digest
from gateway.oidc.token import answer
from tests.gateway.oidc.fakes import ISSUER, NOW, a_basic_header, a_call, a_client, a_grant, an_endpoint
from tests.gateway.oidc.proofs import a_proof, binding
from tests.gateway.oidc.tokens import with_access_token

FRONT, BACK, FAR = "https://front.rp-a.example", "https://back.rp-a.example", "https://far.rp-a.example"
PARTY = {"relying_party": "insurer", "sector": "rp-a.example"}
PORTAL = a_client(**PARTY)
SERVICE = a_client(
    client_id="service",
    grant_types=(GrantType.TOKEN_EXCHANGE,),
    serves=FRONT,
    resources=(BACK, FAR),
    **PARTY,
)


def an_op(**service):
    return an_endpoint(PORTAL, replace(SERVICE, **service))


def with_token(op, **terms) -> str:
    return with_access_token(op, **{"client_id": "rp-a", "audience": FRONT} | terms)


async def exchange(op, token, *, client_id="service", now=NOW, proofs=(), **changed):
    good = {
        "grant_type": GrantType.TOKEN_EXCHANGE.value,
        "subject_token": token,
        "subject_token_type": TokenType.ACCESS_TOKEN.value,
        "resource": BACK,
    }
    form = [(name, value) for name, value in (good | changed).items() if value is not None]
    return await answer(a_call(form, [a_basic_header(client_id)], now=now, proofs=proofs), op)


async def refusal_of(op, token, **more) -> ErrorCode:
    with pytest.raises(OAuthError) as refusal:
        await exchange(op, token, **more)
    return refusal.value.code


def stored(op, response):
    return op.tokens.access_tokens[digest(response.access_token)]


@pytest.mark.spec("RFC 8693 §2.2")
async def test_a_service_gets_a_token_for_another_service_of_its_relying_party() -> None:
    op = an_op()

    response = await exchange(op, with_token(op))

    claims = far_side.get_unverified_claims(response.access_token)
    assert (claims["aud"], claims["client_id"], claims["sub"]) == (BACK, "service", "pairwise-sub-of-rp-a")
    assert claims["act"] == {"client_id": "service"}
    assert (response.issued_token_type, response.token_type) == (TokenType.ACCESS_TOKEN, "Bearer")
    assert (response.id_token, response.refresh_token) == (None, None)
    assert op.tokens.events[-1].action is AuditAction.TOKEN_EXCHANGED


async def test_a_client_may_exchange_a_token_of_its_own() -> None:
    op = an_op()
    token = with_token(op, client_id="service", audience=None)

    assert stored(op, await exchange(op, token)).audience == BACK


async def test_a_token_for_userinfo_may_be_exchanged_within_the_relying_party() -> None:
    op = an_op()

    assert stored(op, await exchange(op, with_token(op, audience=None))).audience == BACK


@pytest.mark.spec("RFC 8693 §4.1")
async def test_each_service_on_the_way_is_named() -> None:
    op = an_op()

    token = with_token(op, actor="before")
    response = await exchange(op, token)

    assert stored(op, response).actor == "service before"


async def test_a_chain_of_services_has_an_end() -> None:
    op = an_op()
    actors = " ".join(f"service-{serial}" for serial in range(MAX_ACTORS))

    assert await refusal_of(op, with_token(op, actor=actors)) is ErrorCode.INVALID_REQUEST


async def test_the_new_token_does_not_outlive_the_old_one() -> None:
    op = an_op()
    token = with_token(op)

    response = await exchange(op, token, now=NOW + timedelta(minutes=9))

    assert response.expires_in == 60


# ---------------------------------------------------------------------------------------------------- scopes
async def test_what_the_service_may_not_have_is_left_out() -> None:
    op = an_op(scopes=("openid", "profile"))
    grant = a_grant(scopes=("openid", "profile", "cn_id", "offline_access"))

    assert (await exchange(op, with_token(op, grant=grant))).scope == "openid profile"


async def test_less_can_be_asked_for() -> None:
    op = an_op()

    assert (await exchange(op, with_token(op), scope="openid")).scope == "openid"


@pytest.mark.attack("TN-02")
@pytest.mark.parametrize("scope", ["openid cn_doc", "offline_access", "email", "cn_id"])
async def test_tn_02_more_than_the_token_or_the_service_may_have_is_refused(scope) -> None:
    op = an_op(scopes=("openid", "profile", "cn_doc", "offline_access"))
    grant = a_grant(scopes=("openid", "profile", "cn_id", "offline_access"))

    assert await refusal_of(op, with_token(op, grant=grant), scope=scope) is ErrorCode.INVALID_SCOPE


# --------------------------------------------------------------------------------------------------- targets
@pytest.mark.parametrize("changed", [{"resource": None, "audience": BACK}, {"audience": BACK}])
async def test_audience_is_another_name_for_the_resource(changed) -> None:
    op = an_op()

    assert stored(op, await exchange(op, with_token(op), **changed)).audience == BACK


@pytest.mark.attack("TN-01")
@pytest.mark.attack("PR-03")
@pytest.mark.parametrize(
    "changed",
    [
        {"resource": None},
        {"resource": FRONT},
        {"resource": "https://stranger.example"},
        {"resource": ISSUER},
        {"audience": FAR},
        {"resource": None, "audience": "rp-a"},
    ],
)
async def test_tn_01_pr_03_a_target_that_the_service_may_not_ask_for_is_refused(changed) -> None:
    op = an_op()

    assert await refusal_of(op, with_token(op), **changed) is ErrorCode.INVALID_TARGET


@pytest.mark.attack("PR-03")
async def test_pr_03_what_a_person_released_to_one_client_is_not_handed_to_another_by_userinfo() -> None:
    op = an_op(resources=(ISSUER, BACK))

    assert await refusal_of(op, with_token(op), resource=ISSUER) is ErrorCode.INVALID_TARGET


# ---------------------------------------------------------------------------------------- whose token it is
@pytest.mark.attack("TN-01")
@pytest.mark.parametrize(
    "service",
    [
        {"relying_party": "somebody"},
        {"relying_party": None},
        {"sector": "other.example"},
        {"subject_type": SubjectType.PUBLIC},
        {"serves": BACK},
        {"serves": None},
    ],
)
async def test_tn_01_a_token_of_another_party_or_for_another_service_is_refused(service) -> None:
    op = an_op(**service)

    assert await refusal_of(op, with_token(op)) is ErrorCode.INVALID_REQUEST


async def test_two_clients_without_a_relying_party_are_not_of_one() -> None:
    op = an_endpoint(replace(PORTAL, relying_party=None), replace(SERVICE, relying_party=None))

    assert await refusal_of(op, with_token(op)) is ErrorCode.INVALID_REQUEST


async def test_a_token_whose_client_was_switched_off_is_refused() -> None:
    op = an_endpoint(replace(PORTAL, disabled_at=NOW), SERVICE)

    assert await refusal_of(op, with_token(op)) is ErrorCode.INVALID_REQUEST


@pytest.mark.attack("DP-01")
async def test_dp_01_a_token_bound_to_a_key_is_not_exchanged_for_a_bearer_token() -> None:
    op = an_op()
    token = with_token(op, confirmation=binding())

    assert await refusal_of(op, token) is ErrorCode.INVALID_REQUEST
    response = await exchange(op, token, proofs=[a_proof()])
    assert (response.token_type, stored(op, response).confirmation) == ("DPoP", binding())


@pytest.mark.parametrize("later", [timedelta(minutes=10), timedelta(days=1)])
async def test_a_token_that_has_expired_is_refused(later) -> None:
    op = an_op()

    assert await refusal_of(op, with_token(op), now=NOW + later) is ErrorCode.INVALID_REQUEST


async def test_a_grant_that_ends_at_that_moment_gives_nothing() -> None:
    op = an_op()
    token = with_token(op)
    find = op.tokens.find_access_token

    async def find_and_end(token_hash, now):
        found = await find(token_hash, now)
        await op.tokens.revoke_grant("grant-1", now)
        return found

    op.tokens.find_access_token = find_and_end

    assert await refusal_of(op, token) is ErrorCode.INVALID_REQUEST


async def test_a_mandate_that_has_ended_is_not_handed_on() -> None:
    op = an_op()
    mandate = {"expires_at": int((NOW + timedelta(minutes=1)).timestamp())}
    token = with_token(op, grant=a_grant(claims={"gba_mandate": mandate}))
    (kept,) = op.tokens.access_tokens.values()
    op.tokens.access_tokens[kept.hash] = replace(kept, expires_at=NOW + timedelta(hours=1))

    assert await refusal_of(op, token, now=NOW + timedelta(minutes=2)) is ErrorCode.INVALID_GRANT


@pytest.mark.attack("CD-07")
@pytest.mark.parametrize(
    "changed",
    [
        {"subject_token": None},
        {"subject_token": "unknown"},
        {"subject_token_type": None},
        {"subject_token_type": TokenType.ID_TOKEN.value},
        {"requested_token_type": TokenType.ID_TOKEN.value},
        {"actor_token": "x", "actor_token_type": TokenType.ACCESS_TOKEN.value},
        {"actor_token_type": TokenType.ACCESS_TOKEN.value},
    ],
)
async def test_cd_07_only_access_tokens_are_exchanged(changed) -> None:
    op = an_op()

    assert await refusal_of(op, with_token(op), **changed) is ErrorCode.INVALID_REQUEST


@pytest.mark.attack("TN-02")
async def test_tn_02_a_client_that_may_not_exchange_is_refused() -> None:
    op = an_op()

    assert await refusal_of(op, with_token(op), client_id="rp-a") is ErrorCode.UNAUTHORIZED_CLIENT
