import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from gateway.audit import AuditAction
from gateway.oidc.decoupled import DecoupledRequest, DecoupledState
from gateway.oidc.errors import OAuthError
from gateway.oidc.names import ErrorCode, GrantType, Profile
from gateway.oidc.polling import SLOWEST
from gateway.oidc.random_values import digest
from gateway.oidc.token import answer
from tests.gateway.oidc.assertions import an_assertion, assertion_form
from tests.gateway.oidc.fakes import (
    NOW,
    a_basic_header,
    a_call,
    a_client,
    a_grant,
    a_key_client,
    a_request,
    an_endpoint,
)
from tests.gateway.oidc.proofs import a_proof

SECOND = timedelta(seconds=1)
HANDLE = "the-handle-of-the-request"
HANDLE_OF = {GrantType.DEVICE_CODE: "device_code", GrantType.CIBA: "auth_req_id"}
BOTH = pytest.mark.parametrize("kind", list(HANDLE_OF))


def a_poller(**spoilt):
    return a_client(**{"grant_types": (*HANDLE_OF, GrantType.REFRESH_TOKEN)} | spoilt)


def an_op(kind, *clients, **spoilt):
    """A provider with one request that waits for its person."""
    op = an_endpoint(*(clients or (a_poller(), a_poller(client_id="rp-b"))))
    request = DecoupledRequest(
        id="request-1",
        hash=digest(HANDLE),
        grant_type=kind,
        client_id="rp-a",
        request=a_request(redirect_uri="", code_challenge=""),
        created_at=NOW,
        expires_at=NOW + timedelta(minutes=5),
        interval=5 * SECOND,
    )
    op.decoupled.requests[request.hash] = replace(request, **spoilt)
    return op


async def poll(op, kind, *, after=0.0, client_id="rp-a", handle=HANDLE, **more):
    form = [("grant_type", kind.value), (HANDLE_OF[kind], handle)]
    return await answer(a_call(form, [a_basic_header(client_id)], now=NOW + after * SECOND, **more), op)


async def refusal_of(op, kind, **more) -> ErrorCode:
    with pytest.raises(OAuthError) as refusal:
        await poll(op, kind, **more)
    return refusal.value.code


@BOTH
@pytest.mark.spec("RFC 8628 §3.5")
@pytest.mark.spec("CIBA Core 1.0 §11")
async def test_until_the_person_has_answered_the_client_waits(kind) -> None:
    op = an_op(kind)

    answers = [await refusal_of(op, kind, after=after) for after in (0, 5, 10, 299)]

    assert answers == [ErrorCode.AUTHORIZATION_PENDING] * 4


@BOTH
async def test_polls_are_not_put_on_record_one_by_one(kind) -> None:
    with pytest.raises(OAuthError) as refusal:
        await poll(an_op(kind), kind)

    assert refusal.value.audited


@BOTH
async def test_once_the_person_agrees_the_client_gets_its_tokens(kind) -> None:
    op = an_op(kind)
    op.decoupled.approve(a_grant())

    response = await poll(op, kind)

    assert (response.token_type, response.scope) == ("Bearer", "openid profile cn_id")
    assert response.id_token
    assert await op.tokens.find_access_token(digest(response.access_token), NOW) is not None
    assert op.tokens.events[-1].action is AuditAction.TOKEN_ISSUED


@BOTH
async def test_a_refresh_token_comes_along_if_the_person_agreed_to_that_too(kind) -> None:
    op = an_op(kind)
    op.decoupled.approve(a_grant(scopes=("openid", "offline_access")))

    assert (await poll(op, kind)).refresh_token


@BOTH
async def test_the_answer_is_given_once(kind) -> None:
    op = an_op(kind)
    op.decoupled.approve(a_grant())
    await poll(op, kind)

    assert await refusal_of(op, kind, after=5) is ErrorCode.INVALID_GRANT
    assert len(op.tokens.access_tokens) == 1


@BOTH
async def test_of_many_simultaneous_polls_one_gets_the_answer(kind) -> None:
    op = an_op(kind)
    op.decoupled.approve(a_grant())

    results = await asyncio.gather(*(poll(op, kind) for _ in range(20)), return_exceptions=True)

    assert sum(not isinstance(result, OAuthError) for result in results) == 1


@BOTH
async def test_whoever_polls_too_fast_has_to_slow_down_more_and_more(kind) -> None:
    op = an_op(kind)
    await refusal_of(op, kind)

    assert await refusal_of(op, kind, after=2) is ErrorCode.SLOW_DOWN
    assert await refusal_of(op, kind, after=8) is ErrorCode.SLOW_DOWN
    (request,) = op.decoupled.requests.values()
    assert request.interval == 15 * SECOND
    assert await refusal_of(op, kind, after=23) is ErrorCode.AUTHORIZATION_PENDING


@BOTH
async def test_the_interval_does_not_grow_for_ever(kind) -> None:
    op = an_op(kind)

    for after in range(30):
        await refusal_of(op, kind, after=after)

    (request,) = op.decoupled.requests.values()
    assert request.interval == SLOWEST


@BOTH
async def test_two_polls_that_drew_together_on_the_way_are_not_too_fast(kind) -> None:
    op = an_op(kind)
    await refusal_of(op, kind)

    assert await refusal_of(op, kind, after=4.6) is ErrorCode.AUTHORIZATION_PENDING


@BOTH
@pytest.mark.parametrize("state", [DecoupledState.PENDING, DecoupledState.APPROVED])
async def test_a_request_that_has_expired_is_said_to_be(kind, state) -> None:
    op = an_op(kind, state=state)

    assert await refusal_of(op, kind, after=300) is ErrorCode.EXPIRED_TOKEN


@BOTH
async def test_a_person_who_refused_is_the_end_of_it(kind) -> None:
    op = an_op(kind, state=DecoupledState.DENIED)

    assert await refusal_of(op, kind) is ErrorCode.ACCESS_DENIED


@BOTH
@pytest.mark.attack("TN-01")
async def test_tn_01_another_client_gets_nothing_and_learns_nothing(kind) -> None:
    op = an_op(kind)
    op.decoupled.approve(a_grant())

    assert await refusal_of(op, kind, client_id="rp-b") is ErrorCode.INVALID_GRANT
    assert (await poll(op, kind)).access_token


@BOTH
async def test_a_grant_of_another_client_is_never_given_out(kind) -> None:
    op = an_op(kind)
    op.decoupled.approve(a_grant(client_id="rp-b"))

    assert await refusal_of(op, kind) is ErrorCode.INVALID_GRANT
    assert op.tokens.access_tokens == {}


@BOTH
async def test_the_handle_of_the_other_flow_is_not_known_here(kind) -> None:
    (other,) = set(HANDLE_OF) - {kind}

    assert await refusal_of(an_op(other), kind) is ErrorCode.INVALID_GRANT


@BOTH
@pytest.mark.parametrize("handle", ["unknown", "x" * 4000, "é"])
async def test_an_unknown_handle_is_refused(kind, handle) -> None:
    assert await refusal_of(an_op(kind), kind, handle=handle) is ErrorCode.INVALID_GRANT


@BOTH
async def test_a_request_without_handle_is_refused(kind) -> None:
    assert await refusal_of(an_op(kind), kind, handle="") is ErrorCode.INVALID_REQUEST


@BOTH
async def test_a_mandate_that_ended_while_the_person_decided_is_not_worth_anything(kind) -> None:
    op = an_op(kind)
    op.decoupled.approve(a_grant(claims={"gba_mandate": {"expires_at": int(NOW.timestamp())}}))

    assert await refusal_of(op, kind) is ErrorCode.INVALID_GRANT


@BOTH
async def test_a_fapi_client_gets_tokens_bound_to_its_key(kind) -> None:
    client = a_key_client(grant_types=tuple(HANDLE_OF), profile=Profile.FAPI2_SP, dpop_bound_access_tokens=True)
    op = an_op(kind, client)
    op.decoupled.approve(a_grant())
    form = [("grant_type", kind.value), (HANDLE_OF[kind], HANDLE)]

    response = await answer(a_call([*form, *assertion_form(an_assertion())], proofs=[a_proof()]), op)

    assert response.token_type == "DPoP"
