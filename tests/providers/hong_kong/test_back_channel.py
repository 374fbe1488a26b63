import asyncio

import httpx
import pytest

from providers.calls import Calls
from providers.errors import ProviderError, ProviderFailure
from providers.hong_kong.back_channel import GET_TOKEN, LEAD_MS, PROFILES, STEP_MS, BackChannel, Sequencer
from tests.providers.asgi_net import HandMade
from tests.providers.hong_kong.builders import CODE, NOW, NOW_MS, Clock, FarSide, a_profile, a_token, envelope, settings

REQUEST = {"code": CODE, "grantType": "authorization_code"}


def channel_to(far_side: FarSide) -> BackChannel:
    return BackChannel(settings(), far_side.calls(), lambda: NOW)


async def refusal(far_side: FarSide, path: str = GET_TOKEN, *, repeatable: bool = False) -> ProviderError:
    with pytest.raises(ProviderError) as refused:
        await channel_to(far_side).ask(path, REQUEST, repeatable=repeatable)
    return refused.value


async def test_the_first_call_fetches_the_key_and_later_ones_do_not() -> None:
    far_side = FarSide()
    channel = channel_to(far_side)

    answers = [await channel.ask(GET_TOKEN, REQUEST, repeatable=False) for _ in range(3)]

    assert answers == [a_token()] * 3
    assert (far_side.count("getKey"), far_side.count("getToken")) == (1, 3)


async def test_what_is_asked_arrives_sealed() -> None:
    far_side = FarSide()

    await channel_to(far_side).ask(GET_TOKEN, REQUEST, repeatable=False)

    assert far_side.asked == [REQUEST]
    assert CODE.encode() not in far_side.requests[-1].content


@pytest.mark.attack("HK-09")
@pytest.mark.parametrize("code", ["D30001", "D30002", "D30003", "D30004"])
async def test_hk_09_trouble_with_the_key_is_answered_by_fetching_it_exactly_once(code: str) -> None:
    far_side = FarSide(refusals={"getToken": [code]})

    answer = await channel_to(far_side).ask(GET_TOKEN, REQUEST, repeatable=False)

    assert answer == a_token()
    assert (far_side.count("getKey"), far_side.count("getToken")) == (2, 2)


@pytest.mark.attack("HK-09")
async def test_hk_09_trouble_that_stays_ends_after_the_second_call() -> None:
    far_side = FarSide(refusals={"getToken": ["D30002"] * 9})

    refused = await refusal(far_side)

    assert (refused.failure, refused.detail) == (ProviderFailure.BROKEN, "D30002")
    assert (far_side.count("getKey"), far_side.count("getToken")) == (2, 2)


@pytest.mark.attack("HK-09")
async def test_hk_09_an_answer_under_a_key_that_has_just_come_into_force_is_opened_without_asking_again() -> None:
    far_side = FarSide()
    fresh = b"\x09" * 32

    def rotating(request: httpx.Request) -> httpx.Response:
        if request.url.path == GET_TOKEN:
            far_side.sealing["getToken"] = [fresh]
            answer = far_side.answer(request)
            far_side.cek, far_side.issued_at = fresh, far_side.issued_at + 1
            return answer
        return far_side.answer(request)

    channel = BackChannel(settings(), Calls(HandMade(rotating)), lambda: NOW)
    answer = await channel.ask(GET_TOKEN, REQUEST, repeatable=False)

    assert answer == a_token()
    assert (far_side.count("getKey"), far_side.count("getToken")) == (2, 1)


@pytest.mark.attack("HK-09")
async def test_hk_09_a_token_answer_that_no_key_opens_is_final_because_the_code_is_spent() -> None:
    far_side = FarSide(sealing={"getToken": [b"\x08" * 32] * 9})

    refused = await refusal(far_side)

    assert (refused.failure, refused.detail) == (ProviderFailure.BROKEN, "frame")
    assert (far_side.count("getKey"), far_side.count("getToken")) == (2, 1)


@pytest.mark.attack("HK-09")
async def test_hk_09_a_profile_answer_that_no_key_opens_is_asked_for_once_more() -> None:
    far_side = FarSide(sealing={"profiles": [b"\x08" * 32]})

    answer = await channel_to(far_side).ask(PROFILES, REQUEST, repeatable=True)

    assert answer == a_profile()
    assert (far_side.count("getKey"), far_side.count("profiles")) == (2, 2)


@pytest.mark.attack("HK-09")
async def test_hk_09_a_profile_answer_that_never_opens_ends_after_the_second_call() -> None:
    far_side = FarSide(sealing={"profiles": [b"\x08" * 32] * 9})

    refused = await refusal(far_side, PROFILES, repeatable=True)

    assert refused.detail == "frame"
    assert (far_side.count("getKey"), far_side.count("profiles")) == (2, 2)


@pytest.mark.attack("HK-09")
@pytest.mark.parametrize("trouble", ["refused", "sealed"])
async def test_hk_09_twenty_calls_in_flight_fetch_a_new_key_once(trouble: str) -> None:
    far_side = FarSide()
    channel = channel_to(far_side)
    await channel.ask(PROFILES, REQUEST, repeatable=True)
    if trouble == "refused":
        far_side.refusals["profiles"] = ["D30002"] * 20
    else:
        far_side.sealing["profiles"] = [b"\x08" * 32] * 20

    answers = await asyncio.gather(*(channel.ask(PROFILES, REQUEST, repeatable=True) for _ in range(20)))

    assert answers == [a_profile()] * 20
    assert (far_side.count("getKey"), far_side.count("profiles")) == (2, 41)


@pytest.mark.parametrize(
    ("code", "failure"),
    [
        ("D20000", ProviderFailure.UNREACHABLE),
        ("D20001", ProviderFailure.BROKEN),
        ("D20005", ProviderFailure.MISCONFIGURED),
        ("D20006", ProviderFailure.MISCONFIGURED),
        ("D20009", ProviderFailure.EXPIRED),
        ("D20010", ProviderFailure.BROKEN),
        ("D20012", ProviderFailure.MISCONFIGURED),
        ("D20018", ProviderFailure.MISCONFIGURED),
        ("D40004", ProviderFailure.EXPIRED),
        ("D50001", ProviderFailure.REFUSED),
        ("D99999", ProviderFailure.BROKEN),
    ],
)
async def test_each_refusal_has_its_meaning_and_is_not_repeated(code: str, failure: ProviderFailure) -> None:
    far_side = FarSide(refusals={"getToken": [code]})

    refused = await refusal(far_side)

    assert (refused.failure, refused.detail) == (failure, code)
    assert (far_side.count("getKey"), far_side.count("getToken")) == (1, 1)


async def test_a_missing_encryption_key_is_for_the_operator() -> None:
    far_side = FarSide(refusals={"getKey": ["D30001"]})

    refused = await refusal(far_side)

    assert (refused.failure, refused.detail) == (ProviderFailure.MISCONFIGURED, "D30001")
    assert far_side.count("getToken") == 0


@pytest.mark.parametrize("status", [429, 500, 503])
async def test_an_outage_says_that_later_may_help(status: int) -> None:
    refused = await refusal(FarSide(refusals={"getToken": [httpx.Response(status, html="<p>maintenance</p>")]}))

    assert (refused.failure, refused.detail) == (ProviderFailure.UNREACHABLE, f"http_{status}")


async def test_a_redirect_is_not_followed() -> None:
    elsewhere = httpx.Response(302, headers={"Location": "http://elsewhere.mock/"})

    refused = await refusal(FarSide(refusals={"getToken": [elsewhere]}))

    assert (refused.failure, refused.detail) == (ProviderFailure.BROKEN, "redirect")


async def test_success_without_content_is_refused() -> None:
    refused = await refusal(FarSide(refusals={"getToken": [envelope("D00000")]}))

    assert refused.detail == "content"


@pytest.mark.attack("HK-11")
async def test_hk_11_a_refused_timestamp_is_answered_by_one_call_with_a_later_one() -> None:
    far_side = FarSide(refusals={"getToken": ["D20004"]})

    answer = await channel_to(far_side).ask(GET_TOKEN, REQUEST, repeatable=False)

    refused, accepted = far_side.requests[-2:]
    assert answer == a_token()
    assert int(accepted.headers["timestamp"]) == int(refused.headers["timestamp"]) + STEP_MS
    assert accepted.headers["nonce"] != refused.headers["nonce"]


@pytest.mark.attack("HK-11")
async def test_hk_11_a_timestamp_that_stays_refused_is_not_tried_for_ever() -> None:
    far_side = FarSide(refusals={"getToken": ["D20004"] * 9})

    refused = await refusal(far_side)

    assert (refused.failure, refused.detail) == (ProviderFailure.BROKEN, "D20004")
    assert far_side.count("getToken") == 2


@pytest.mark.attack("HK-11")
async def test_hk_11_no_nonce_is_used_twice() -> None:
    far_side = FarSide()
    channel = channel_to(far_side)

    await asyncio.gather(*(channel.ask(GET_TOKEN, REQUEST, repeatable=False) for _ in range(200)))

    nonces = {request.headers["nonce"] for request in far_side.requests}
    assert len(nonces) == len(far_side.requests) == 201


@pytest.mark.attack("HK-11")
async def test_hk_11_two_workers_whose_clocks_differ_do_not_lock_each_other_out() -> None:
    far_side = FarSide()
    clocks = [Clock(), Clock()]
    clocks[1].turn(seconds=2)
    latest, refusals = 0, 0

    def strict(request: httpx.Request) -> httpx.Response:
        nonlocal latest, refusals
        timestamp = int(request.headers["timestamp"])
        if timestamp < latest:
            refusals += 1
            return envelope("D20004")
        latest = timestamp
        return far_side.answer(request)

    workers = [BackChannel(settings(), Calls(HandMade(strict)), clock) for clock in clocks]
    for _ in range(50):  # 200 calls in 50 seconds
        await asyncio.gather(*(worker.ask(GET_TOKEN, REQUEST, repeatable=False) for worker in workers * 2))
        for clock in clocks:
            clock.turn(seconds=1)

    assert far_side.count("getToken") == 200
    assert 0 < refusals <= 2 * 50 * 1_000 // STEP_MS + 2


@pytest.mark.attack("HK-11")
def test_hk_11_times_never_go_backwards() -> None:
    sequencer = Sequencer()

    times = [sequencer.next(NOW_MS + offset) for offset in (0, 25_000, 3_000, 24_000, -4_000)]

    assert times == sorted(times)


@pytest.mark.attack("HK-11")
def test_hk_11_refusals_cannot_push_the_time_far_ahead_of_the_clock() -> None:
    sequencer = Sequencer()

    for _ in range(1_000):
        sequencer.step_over(sequencer.next(NOW_MS), NOW_MS)

    assert sequencer.next(NOW_MS) <= NOW_MS + LEAD_MS


@pytest.mark.attack("HK-11")
def test_hk_11_a_clock_that_was_an_hour_ahead_is_forgotten_when_it_is_put_right() -> None:
    sequencer = Sequencer()
    sequencer.next(NOW_MS + 3_600_000)

    assert sequencer.next(NOW_MS) <= NOW_MS
