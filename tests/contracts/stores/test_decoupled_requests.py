"""Requests of devices and counters: one suite for every engine behind `DecoupledStore`."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from gateway.audit import AuditAction
from gateway.oidc.decoupled import DecoupledRequest, DecoupledState
from gateway.oidc.errors import OAuthError
from gateway.oidc.model import Grant
from gateway.oidc.names import ErrorCode
from gateway.oidc.ports import DeliveryKind, Settlement
from gateway.store.open import Stores
from tests.contracts.stores.builders import (
    MINUTE,
    NOW,
    SECOND,
    TOKEN_TEXT,
    World,
    a_client,
    a_grant,
    a_subject,
    an_event,
    digest,
)
from tests.contracts.stores.requests import (
    AUTH_REQ_ID,
    DENIED,
    NOTIFICATION_TOKEN,
    REFRESH_TEXT,
    REQUEST_HASH,
    STARTED,
    a_ciba_request,
    a_decoupled_request,
    a_ping_client,
    a_refresh_token,
    an_access_token,
    approve,
)

CODE = digest("WDJB-MJHT")
OVER = NOW + 5 * MINUTE
CREATED = an_event(AuditAction.CLIENT_CREATED)


def accepting(text: str = TOKEN_TEXT) -> Callable[[DecoupledRequest, Grant], Settlement]:
    def settle(_: DecoupledRequest, grant: Grant) -> Settlement:
        token = an_access_token(grant, text)
        return Settlement(an_event(AuditAction.TOKEN_ISSUED), token, refresh_token=a_refresh_token(grant))

    return settle


@pytest.fixture
async def counter(world: World) -> World:
    """Give the world with a client that wants to be pinged."""
    await world.stores.registry.save(a_ping_client(), CREATED)
    return world


@pytest.mark.spec("RFC 8628 §3.1")
async def test_a_device_s_request_is_found_as_it_was_made(world: World) -> None:
    request = a_decoupled_request()

    assert await world.stores.decoupled.begin(request, STARTED)

    assert await world.stores.decoupled.by_user_code(CODE, NOW) == request
    assert await world.stores.decoupled.by_id("request-1", NOW) == request
    assert await world.stores.decoupled.poll(REQUEST_HASH, NOW) == request
    assert (await world.actions())[-1] == "decoupled.started"


async def test_a_counter_s_request_is_found_by_whom_it_asks_oldest_first(counter: World) -> None:
    first = a_ciba_request(counter.subject_id)
    later = a_ciba_request(counter.subject_id, id="request-2", hash=b"2", created_at=NOW + SECOND)
    other = a_ciba_request(await a_subject(counter.stores, "other"), id="request-3", hash=b"3")
    for request in (later, first, other):
        assert await counter.stores.decoupled.begin(request, STARTED)

    assert await counter.stores.decoupled.of_subject(counter.subject_id, NOW) == [first, later]
    assert await counter.stores.decoupled.of_subject(counter.subject_id, OVER) == []


async def test_what_is_unknown_is_not_found(world: World) -> None:
    decoupled = world.stores.decoupled

    assert await decoupled.by_user_code(digest("BBBB-BBBB"), NOW) is None
    assert [await decoupled.by_id(name, NOW) for name in ("nobody", "", "with\0nul")] == [None] * 3
    assert await decoupled.poll(digest("guessed"), NOW) is None
    assert await decoupled.redeem(digest("guessed"), NOW, accepting()) is None
    assert [await decoupled.deny(name, NOW, DENIED) for name in ("nobody", "", "with\0nul")] == [False] * 3


async def test_a_user_code_that_is_in_use_is_not_given_twice(world: World) -> None:
    another = a_decoupled_request(id="request-2", hash=b"2")
    await world.stores.decoupled.begin(a_decoupled_request(), STARTED)

    assert not await world.stores.decoupled.begin(another, STARTED)

    assert await world.count("decoupled_requests") == 1
    assert (await world.actions()).count("decoupled.started") == 1


@pytest.mark.parametrize("end", ["expired", "denied", "approved"])
async def test_a_user_code_comes_again_once_the_request_before_it_is_over(world: World, end: str) -> None:
    await world.stores.decoupled.begin(a_decoupled_request(), STARTED)
    if end == "denied":
        await world.stores.decoupled.deny("request-1", NOW, DENIED)
    elif end == "approved":
        await approve(world, a_decoupled_request())
    at = OVER if end == "expired" else NOW
    another = a_decoupled_request(id="request-2", hash=b"2", created_at=at, expires_at=at + MINUTE)

    assert await world.stores.decoupled.begin(another, STARTED)

    assert await world.stores.decoupled.by_user_code(CODE, at) == another


@pytest.mark.spec("RFC 8628 §3.5")
async def test_a_poll_gives_the_moment_of_the_one_before(world: World) -> None:
    await world.stores.decoupled.begin(a_decoupled_request(), STARTED)
    polls = [NOW + SECOND, NOW + 2 * SECOND, OVER]

    seen = [await world.stores.decoupled.poll(REQUEST_HASH, at) for at in polls]

    assert [request is not None and request.polled_at for request in seen] == [None, *polls[:2]]


@pytest.mark.spec("RFC 8628 §3.5")
async def test_the_interval_of_a_hasty_device_grows_and_never_shrinks(world: World) -> None:
    await world.stores.decoupled.begin(a_decoupled_request(), STARTED)

    for seconds in (10, 7):
        await world.stores.decoupled.slow_down(REQUEST_HASH, timedelta(seconds=seconds))

    polled = await world.stores.decoupled.poll(REQUEST_HASH, NOW)
    assert polled is not None
    assert polled.interval == timedelta(seconds=10)


async def test_an_approved_request_is_redeemed_with_all_that_it_is_worth(world: World) -> None:
    await world.stores.decoupled.begin(a_decoupled_request(), STARTED)

    assert await approve(world, a_decoupled_request())
    approved = await world.stores.decoupled.poll(REQUEST_HASH, NOW)
    redeemed = await world.stores.decoupled.redeem(REQUEST_HASH, NOW, accepting())

    assert approved is not None
    assert (approved.state, approved.grant_id) == (DecoupledState.APPROVED, "grant-1")
    assert redeemed is not None
    assert redeemed[0] == a_grant(world.subject_id)
    assert await world.stores.tokens.find_access_token(digest(TOKEN_TEXT), NOW) is not None
    assert await world.stores.tokens.find_refresh_token(digest(REFRESH_TEXT), NOW) is not None
    assert await world.count("codes") == 0


async def test_of_twenty_who_redeem_one_request_at_once_exactly_one_gets_an_answer(
    world: World, second: Stores
) -> None:
    await world.stores.decoupled.begin(a_decoupled_request(), STARTED)
    await approve(world, a_decoupled_request())
    workers = [world.stores.decoupled, second.decoupled]

    answers = await asyncio.gather(
        *(workers[n % 2].redeem(REQUEST_HASH, NOW, accepting(f"token {n}")) for n in range(20)),
    )

    assert sum(answer is not None for answer in answers) == 1
    assert await world.count("tokens") == 1


async def test_of_ten_answers_at_once_exactly_one_counts(world: World, second: Stores) -> None:
    await world.stores.decoupled.begin(a_decoupled_request(), STARTED)

    answers = await asyncio.gather(
        *(approve(world, a_decoupled_request(), f"grant-{number}") for number in range(5)),
        *(second.decoupled.deny("request-1", NOW, DENIED) for _ in range(5)),
    )

    assert sum(answers) == 1


@pytest.mark.parametrize("spoilt", ["late", "denied", "other client", "other person"])
async def test_an_approval_that_is_late_or_another_s_leaves_nothing(counter: World, spoilt: str) -> None:
    asked = await a_subject(counter.stores, "asked") if spoilt == "other person" else counter.subject_id
    made = NOW - 6 * MINUTE if spoilt == "late" else NOW
    request = a_ciba_request(asked, created_at=made, expires_at=made + 5 * MINUTE)
    await counter.stores.decoupled.begin(request, STARTED)
    if spoilt == "denied":
        await counter.stores.decoupled.deny(request.id, NOW, DENIED)
    claimed = replace(request, client_id="rp-a") if spoilt == "other client" else request

    assert not await approve(counter, claimed)

    assert await counter.count("grants") == 0
    assert await counter.stores.decoupled.redeem(REQUEST_HASH, NOW, accepting()) is None


@pytest.mark.parametrize("state", ["pending", "denied", "expired", "ended"])
async def test_a_request_that_is_not_approved_is_worth_nothing(world: World, state: str) -> None:
    await world.stores.decoupled.begin(a_decoupled_request(), STARTED)
    if state == "denied":
        await world.stores.decoupled.deny("request-1", NOW, DENIED)
    elif state != "pending":
        await approve(world, a_decoupled_request())
    if state == "ended":
        await world.stores.tokens.revoke_grant("grant-1", NOW)

    at = OVER if state == "expired" else NOW
    assert await world.stores.decoupled.redeem(REQUEST_HASH, at, accepting()) is None

    assert await world.count("tokens") == 0


async def test_a_refused_redemption_spends_the_request_and_is_recorded(world: World) -> None:
    await world.stores.decoupled.begin(a_decoupled_request(), STARTED)
    await approve(world, a_decoupled_request())
    refused = Settlement(an_event(AuditAction.TOKEN_REFUSED), error=OAuthError(ErrorCode.INVALID_GRANT, "no"))

    assert await world.stores.decoupled.redeem(REQUEST_HASH, NOW, lambda *_: refused) is not None

    assert await world.stores.decoupled.redeem(REQUEST_HASH, NOW, accepting()) is None
    assert (await world.actions())[-1] == "token.refused"


@pytest.mark.spec("CIBA §10.2")
@pytest.mark.parametrize("decision", ["approved", "denied"])
async def test_a_client_that_is_pinged_hears_of_the_decision(counter: World, decision: str) -> None:
    request = a_ciba_request(counter.subject_id)
    await counter.stores.decoupled.begin(request, STARTED)

    if decision == "approved":
        assert await approve(counter, request)
    else:
        assert await counter.stores.decoupled.deny(request.id, NOW, DENIED)

    (ping,) = await counter.stores.deliveries.due(NOW, MINUTE, 9)
    assert (ping.kind, ping.client_id, ping.at, ping.tries) == (DeliveryKind.PING, "rp-ping", NOW, 0)
    assert ping.content == {"auth_req_id": AUTH_REQ_ID, "token": NOTIFICATION_TOKEN}


async def test_a_client_that_polls_hears_nothing(world: World) -> None:
    await world.stores.registry.save(a_client("rp-poll"), CREATED)
    for number, request in enumerate((a_decoupled_request(), a_ciba_request(world.subject_id, client_id="rp-poll"))):
        one = replace(request, id=f"request-{number}", hash=bytes([number]))
        await world.stores.decoupled.begin(one, STARTED)
        assert await approve(world, one, f"grant-{number}")

    assert await world.stores.deliveries.due(NOW, MINUTE, 9) == ()


@pytest.mark.spec("CIBA §7.1")
async def test_a_sector_s_sub_leads_to_the_person_and_to_nobody_who_may_not_sign_in(world: World) -> None:
    sub = await world.stores.sign_ins.pairwise(world.subject_id, "rp-a.example", "sub-of-rp-a")
    subject_of = world.stores.decoupled.subject_of

    found = [await subject_of(*hint) for hint in (("rp-a.example", sub), ("rp-b.example", sub), ("rp-a.example", "\0"))]
    await world.switch_off_subject()

    assert found == [world.subject_id, None, None]
    assert await subject_of("rp-a.example", sub) is None


async def test_an_expired_request_is_known_for_an_hour(world: World) -> None:
    await world.stores.decoupled.begin(a_decoupled_request(), STARTED)

    gone = [await world.stores.purge(OVER + 60 * MINUTE + wait, 100) for wait in (-SECOND, 0 * SECOND)]

    assert gone == [0, 1]
    assert await world.stores.decoupled.poll(REQUEST_HASH, OVER) is None
