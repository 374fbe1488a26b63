import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest
from jose import jwt as far_side

from gateway.audit import AuditAction
from gateway.oidc.names import ErrorCode
from gateway.oidc.provider import Lifetimes
from gateway.oidc.random_values import digest
from gateway.oidc.token import answer
from tests.gateway.oidc.fakes import (
    CALLBACK,
    NOW,
    VERIFIER,
    a_basic_header,
    a_call,
    a_client,
    an_endpoint,
    with_code,
)
from tests.gateway.oidc.refreshing import (
    DAY,
    OFFLINE,
    SECOND,
    a_public_refresher,
    a_refresher,
    an_offline_grant,
    refresh,
    refusal_of,
    with_refresh,
)


async def is_live(op, response, now=NOW) -> bool:
    return await op.tokens.find_access_token(digest(response.access_token), now) is not None


def read(id_token: str):
    return far_side.get_unverified_claims(id_token)


# ----------------------------------------------------------------------------------------- how one is given
async def redeem_code(op, **grant):
    code = with_code(op.tokens, grant=an_offline_grant(**grant))
    form = [("code", code), ("redirect_uri", CALLBACK), ("code_verifier", VERIFIER)]
    return await answer(a_call([("grant_type", "authorization_code"), *form], [a_basic_header()]), op)


@pytest.mark.spec("OpenID Connect Core §11")
async def test_a_person_who_agrees_to_stay_signed_in_gives_the_client_a_refresh_token() -> None:
    op = an_endpoint(a_refresher())

    response = await redeem_code(op)

    (token,) = op.tokens.refresh_tokens.values()
    assert token.hash == digest(response.refresh_token or "")
    assert (token.idle_ends_at, token.ends_at) == (NOW + 14 * DAY, NOW + 90 * DAY)
    assert (token.scopes, token.client_id, token.grant_id) == (OFFLINE, "rp-a", "grant-1")


async def test_without_the_persons_word_there_is_no_refresh_token() -> None:
    op = an_endpoint(a_refresher())

    response = await redeem_code(op, scopes=("openid", "profile"))

    assert (response.refresh_token, op.tokens.refresh_tokens) == (None, {})


async def test_a_client_that_may_not_refresh_gets_no_refresh_token() -> None:
    op = an_endpoint(a_client(scopes=OFFLINE))

    assert (await redeem_code(op)).refresh_token is None
    assert op.tokens.refresh_tokens == {}


# ------------------------------------------------------------------------------------------- how one is used
@pytest.mark.spec("RFC 6749 §6")
async def test_a_client_with_a_secret_keeps_its_refresh_token() -> None:
    op = an_endpoint(a_refresher())
    token = with_refresh(op)

    first = await refresh(op, token)
    second = await refresh(op, token, now=NOW + 10 * DAY)

    assert (first.refresh_token, second.refresh_token) == (token, token)
    assert first.access_token != second.access_token
    (kept,) = op.tokens.refresh_tokens.values()
    assert (kept.idle_ends_at, kept.spent_at) == (NOW + 24 * DAY, None)


async def test_a_refresh_leaves_one_event() -> None:
    op = an_endpoint(a_refresher())

    await refresh(op, with_refresh(op))

    (event,) = op.tokens.events
    assert (event.action, event.client_id, event.subject_id) == (AuditAction.TOKEN_REFRESHED, "rp-a", "subject-1")


@pytest.mark.spec("OpenID Connect Core §12.2")
async def test_the_new_id_token_tells_of_the_same_sign_in_and_carries_no_nonce() -> None:
    op = an_endpoint(a_refresher())

    response = await refresh(op, with_refresh(op), now=NOW + DAY)

    claims = read(response.id_token or "")
    assert (claims["sub"], claims["aud"], claims["sid"]) == ("pairwise-sub-of-rp-a", "rp-a", "session-1")
    assert claims["auth_time"] == int(an_offline_grant().auth_time.timestamp())
    assert claims["iat"] == int((NOW + DAY).timestamp())
    assert "nonce" not in claims


async def test_a_stay_ends_when_it_is_idle_for_too_long_and_in_any_case_in_the_end() -> None:
    op = an_endpoint(a_refresher())

    assert await refusal_of(op, with_refresh(op), now=NOW + 14 * DAY) is ErrorCode.INVALID_GRANT
    token = with_refresh(op)
    for days in range(10, 90, 10):
        await refresh(op, token, now=NOW + days * DAY)
    assert await refusal_of(op, token, now=NOW + 90 * DAY) is ErrorCode.INVALID_GRANT


# ---------------------------------------------------------------------------------------------- the family
@pytest.mark.spec("RFC 9700 §4.14.2")
@pytest.mark.attack("RT-01")
async def test_rt_01_an_old_token_of_a_public_client_ends_the_family() -> None:
    op = an_endpoint(a_public_refresher())
    first = with_refresh(op)
    second = await refresh(op, first)
    third = await refresh(op, second.refresh_token, now=NOW + 30 * SECOND)

    refusal = await refusal_of(op, first, now=NOW + 60 * SECOND)

    assert refusal is ErrorCode.INVALID_GRANT
    assert op.tokens.events[-1].action is AuditAction.TOKEN_REUSED
    assert await refusal_of(op, third.refresh_token, now=NOW + 61 * SECOND) is ErrorCode.INVALID_GRANT
    assert not await is_live(op, third, NOW + 61 * SECOND)


@pytest.mark.attack("RT-02")
async def test_rt_02_simultaneous_refreshes_give_one_chain_and_lock_nobody_out() -> None:
    op = an_endpoint(a_public_refresher())
    token = with_refresh(op)

    responses = await asyncio.gather(*(refresh(op, token) for _ in range(20)))

    assert len({response.refresh_token for response in responses}) == 1
    assert len(op.tokens.refresh_tokens) == 2
    assert (await refresh(op, responses[0].refresh_token, now=NOW + DAY)).access_token


@pytest.mark.attack("RT-02")
async def test_rt_02_with_no_time_for_parallel_requests_the_second_one_ends_the_family() -> None:
    op = an_endpoint(a_public_refresher(), lifetimes=Lifetimes(parallel_refresh=timedelta(0)))
    token = with_refresh(op)
    first = await refresh(op, token)

    assert await refusal_of(op, token) is ErrorCode.INVALID_GRANT
    assert await refusal_of(op, first.refresh_token) is ErrorCode.INVALID_GRANT


@pytest.mark.attack("RT-07")
async def test_rt_07_a_lost_answer_can_be_asked_for_again_at_once_and_not_later() -> None:
    op = an_endpoint(a_public_refresher())
    token = with_refresh(op)
    lost = await refresh(op, token)

    again = await refresh(op, token, now=NOW + 19 * SECOND)

    assert again.refresh_token == lost.refresh_token
    assert await refusal_of(op, token, now=NOW + 30 * SECOND) is ErrorCode.INVALID_GRANT
    assert await refusal_of(op, lost.refresh_token, now=NOW + 31 * SECOND) is ErrorCode.INVALID_GRANT


async def test_a_successor_does_not_live_longer_than_its_family() -> None:
    op = an_endpoint(a_public_refresher())
    token = with_refresh(op)
    for days in (10, 20, 30, 40, 50, 60, 70, 80, 89):
        token = (await refresh(op, token, now=NOW + days * DAY)).refresh_token

    assert await refusal_of(op, token, now=NOW + 90 * DAY) is ErrorCode.INVALID_GRANT


async def test_a_successor_cannot_be_computed_without_the_key_of_the_gateway() -> None:
    op = an_endpoint(a_public_refresher())
    other = replace(op, secret_key=b"another fictional key of 32 byte")
    token = with_refresh(op)

    assert (await refresh(op, token)).refresh_token != (await refresh(other, token)).refresh_token


# -------------------------------------------------------------------------------------------------- scopes
@pytest.mark.spec("RFC 6749 §6")
@pytest.mark.attack("RT-03")
async def test_rt_03_less_is_given_for_once_and_the_whole_again_afterwards() -> None:
    op = an_endpoint(a_refresher())
    token = with_refresh(op)

    less = await refresh(op, token, scope="openid profile")
    again = await refresh(op, token)

    assert (less.scope, again.scope) == ("openid profile", " ".join(OFFLINE))
    assert op.tokens.access_tokens[digest(less.access_token)].scopes == ("openid", "profile")


@pytest.mark.attack("RT-03")
@pytest.mark.parametrize("scope", ["openid cn_doc", "email", "openid profile cn_id offline_access cn_doc"])
async def test_rt_03_more_than_was_granted_is_refused(scope) -> None:
    op = an_endpoint(a_refresher(scopes=(*OFFLINE, "cn_doc")))

    assert await refusal_of(op, with_refresh(op), scope=scope) is ErrorCode.INVALID_SCOPE


async def test_without_openid_there_is_no_id_token() -> None:
    op = an_endpoint(a_refresher())

    assert (await refresh(op, with_refresh(op), scope="profile")).id_token is None


# ------------------------------------------------------------------------------------- when the ground is gone
@pytest.mark.attack("RT-06")
async def test_rt_06_a_scope_that_an_operator_took_away_is_not_refreshed() -> None:
    op = an_endpoint(a_refresher(scopes=("openid", "profile", "offline_access")))
    token = with_refresh(op)

    assert await refusal_of(op, token) is ErrorCode.INVALID_GRANT
    assert (await refresh(op, token, scope="openid profile")).scope == "openid profile"


@pytest.mark.attack("RT-06")
async def test_rt_06_a_grant_that_ended_is_not_refreshed() -> None:
    op = an_endpoint(a_refresher())
    token = with_refresh(op)
    await op.tokens.revoke_grant("grant-1", NOW)

    assert await refusal_of(op, token) is ErrorCode.INVALID_GRANT


@pytest.mark.attack("RT-06")
async def test_rt_06_a_client_that_was_switched_off_or_may_not_refresh_any_more_is_refused() -> None:
    disabled, other = an_endpoint(a_refresher(disabled_at=NOW)), an_endpoint(a_client())

    assert await refusal_of(disabled, with_refresh(disabled)) is ErrorCode.INVALID_CLIENT
    assert await refusal_of(other, with_refresh(other)) is ErrorCode.UNAUTHORIZED_CLIENT


@pytest.mark.attack("RT-06")
async def test_rt_06_nothing_outlives_the_mandate_that_the_person_acted_under() -> None:
    op = an_endpoint(a_refresher())
    mandate = {"role": "agent", "expires_at": int((NOW + DAY).timestamp())}
    token = with_refresh(op, grant=an_offline_grant(claims={"gba_mandate": mandate}, actor_sub="a-person"))

    last = await refresh(op, token, now=NOW + DAY - timedelta(minutes=1))

    assert last.expires_in == 60
    assert await refusal_of(op, token, now=NOW + DAY) is ErrorCode.INVALID_GRANT
