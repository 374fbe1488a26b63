"""Calls through breakers: what counts against a far side, what never does, and that a dead one costs nobody any time."""

import asyncio
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from providers.breakers import BREAKER_OPEN, BUSY, MOST_UNDER_WAY, REGISTER, BreakerChange, Breakers
from providers.calls import Calls
from providers.errors import ProviderError, ProviderFailure
from tests.providers.asgi_net import HandMade

URL = "https://provider.test/token?client_secret=hidden"
ENOUGH = 5


class FarSide:
    """Answers what it is told to, and counts who asks."""

    def __init__(self, answer: Callable[[httpx.Request], Any] = lambda _: httpx.Response(200, json={})) -> None:
        self.answer = answer
        self.asked = 0
        self.now = 0.0
        self.breakers = Breakers(("macao", REGISTER), clock=lambda: self.now, chance=lambda: 0.5)
        self.calls = Calls(HandMade(self._take), breakers=self.breakers)

    def _take(self, request: httpx.Request) -> httpx.Response:
        self.asked += 1
        outcome = self.answer(request)
        if isinstance(outcome, Exception):
            raise outcome
        assert isinstance(outcome, httpx.Response)
        return outcome

    async def call(self, times: int = 1, provider: str = "macao", calls: Calls | None = None) -> list[str]:
        """The details of what went wrong, ``fine`` where nothing did."""
        told = []
        for _ in range(times):
            try:
                await (calls or self.calls).get(provider, URL)
                told.append("fine")
            except ProviderError as error:
                told.append(error.detail)
        return told


def answer(status: int, text: str = "{}", **headers: str) -> Callable[[httpx.Request], httpx.Response]:
    return lambda _: httpx.Response(status, text=text, headers=headers)


FAULTS = {
    "no connection": lambda _: httpx.ConnectError("nobody lives there"),
    "deadline": lambda _: httpx.ReadTimeout("too late"),
    "fault": answer(500),
    "maintenance": answer(503, "<html>"),
    "throttled": answer(429),
    "redirect": answer(302, location="https://elsewhere.example/"),
    "compressed": answer(200, **{"content-encoding": "br"}),
    "page": answer(200, "\n <!DOCTYPE html><title>maintenance</title>"),
}
ANSWERS = {
    "data": answer(200),
    "a refused code": answer(400, '{"error": "invalid_grant"}'),
    "not for us": answer(401),
    "a page about a bad request": answer(403, "<html>"),
    "nothing there": answer(404),
    "an error inside an envelope": answer(200, '{"code": "D20006"}'),
    "data that breaks the dialect": answer(200, "nonsense"),
}


@pytest.mark.parametrize("fault", FAULTS)
async def test_after_five_faults_of_the_far_side_nobody_waits_for_it_any_more(fault: str) -> None:
    far = FarSide(FAULTS[fault])

    await far.call(ENOUGH)
    told = await far.call(10)

    assert told == [BREAKER_OPEN] * 10
    assert far.asked == ENOUGH
    assert far.breakers.states() == {"macao": "open", REGISTER: "closed"}


@pytest.mark.parametrize("kind", ANSWERS)
async def test_what_a_person_can_provoke_is_an_answer_and_never_opens_the_breaker_for_others(kind: str) -> None:
    far = FarSide(ANSWERS[kind])

    await far.call(ENOUGH * 10)

    assert far.asked == ENOUGH * 10
    assert far.breakers.states()["macao"] == "closed"


async def test_one_persons_spoilt_sign_ins_between_faults_show_that_the_far_side_lives() -> None:
    far = FarSide()

    for _ in range(ENOUGH * 2):
        far.answer = FAULTS["fault"]
        await far.call(1)
        far.answer = ANSWERS["a refused code"]
        await far.call(2)

    assert far.breakers.states()["macao"] == "closed"


async def test_the_refusal_of_an_open_breaker_is_the_same_error_as_that_of_a_dead_line() -> None:
    far = FarSide(FAULTS["deadline"])
    await far.call(ENOUGH)

    with pytest.raises(ProviderError) as refused:
        await far.calls.post("macao", URL, form={"code": "hidden"})

    assert (refused.value.provider, refused.value.failure) == ("macao", ProviderFailure.UNREACHABLE)
    assert "hidden" not in str(refused.value)


async def test_a_far_side_that_is_back_is_used_again_after_one_trial() -> None:
    far = FarSide(FAULTS["deadline"])
    await far.call(ENOUGH)
    far.answer, far.now = ANSWERS["data"], 5.0

    assert await far.call(3) == ["fine"] * 3
    assert far.breakers.states()["macao"] == "closed"
    assert far.breakers.silent() == frozenset()


async def test_only_one_person_at_a_time_tries_a_far_side_that_was_dead() -> None:
    far = FarSide(FAULTS["fault"])
    await far.call(ENOUGH)
    far.now = 5.0
    asked = far.asked

    told = await asyncio.gather(*(far.call() for _ in range(20)))

    assert far.asked == asked + 1
    assert sorted(detail for (detail,) in told) == [BREAKER_OPEN] * 19 + ["http_500"]


async def test_somebody_who_leaves_during_the_trial_does_not_block_it_for_others() -> None:
    far = FarSide(FAULTS["fault"])
    await far.call(ENOUGH)
    far.now = 5.0

    class Gone(httpx.AsyncBaseTransport):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            raise asyncio.CancelledError

    with pytest.raises(asyncio.CancelledError):
        await Calls(Gone(), breakers=far.breakers).get("macao", URL)
    far.answer = ANSWERS["data"]

    assert await far.call() == ["fine"]


class Slow(httpx.AsyncBaseTransport):
    """A far side that holds every call until it is let go."""

    def __init__(self) -> None:
        self.gate = asyncio.Event()
        self.under_way = 0

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.under_way += 1
        await self.gate.wait()
        return httpx.Response(200, stream=httpx.ByteStream(b"{}"))


async def test_a_slow_far_side_holds_only_its_share_of_the_connections() -> None:
    far, slow = FarSide(), Slow()
    calls = Calls(slow, breakers=far.breakers)
    waiting = [asyncio.create_task(far.call(calls=calls)) for _ in range(MOST_UNDER_WAY)]
    await asyncio.sleep(0)

    refused = await far.call(calls=calls)
    other = asyncio.create_task(far.call(calls=calls.under(REGISTER)))
    await asyncio.sleep(0)
    held = slow.under_way
    slow.gate.set()

    assert (refused, held) == ([BUSY], MOST_UNDER_WAY + 1)
    assert await asyncio.gather(*waiting, other) == [["fine"]] * (MOST_UNDER_WAY + 1)
    assert await far.call(calls=calls) == ["fine"]
    assert far.breakers.states()["macao"] == "closed"


@pytest.mark.spec("RFC 9110 §10.2.3")
@pytest.mark.parametrize(("value", "ready"), [("60", 60.0), ("Wed, 25 Nov 2026 08:00:00 GMT", 5.0), ("-9", 5.0)])
async def test_a_throttling_far_side_is_left_alone_for_as_long_as_it_says(value: str, ready: float) -> None:
    far = FarSide(answer(429, **{"retry-after": value}))

    await far.call(ENOUGH)

    far.now = ready - 0.1
    assert far.breakers.states()["macao"] == "open"
    far.now = ready
    assert far.breakers.states()["macao"] == "half_open"


async def test_the_register_of_the_same_province_has_a_breaker_of_its_own() -> None:
    far = FarSide(FAULTS["deadline"])
    register = far.calls.under(REGISTER)

    await far.call(ENOUGH, calls=register)

    assert far.breakers.states() == {"macao": "closed", REGISTER: "open"}
    assert await far.call(calls=register) == [BREAKER_OPEN]
    assert await far.call() == ["timeout"]


async def test_relying_parties_share_no_breaker_so_that_a_dead_one_silences_no_other() -> None:
    far = FarSide(FAULTS["deadline"])

    told = await far.call(50, provider="relying_party")

    assert told == ["timeout"] * 50
    assert far.asked == 50
    assert far.breakers.next_change() is None


async def test_each_opening_and_closing_is_news_once_with_its_age() -> None:
    far = FarSide(FAULTS["fault"])
    await far.call(ENOUGH + 3)
    far.now = 5.0
    await far.call()
    far.answer, far.now = ANSWERS["data"], 15.0
    await far.call()
    far.now = 16.0

    news = []
    while (change := far.breakers.next_change()) is not None:
        news.append(change)
        far.breakers.told()

    assert news == [BreakerChange("macao", is_open=True, age=16.0), BreakerChange("macao", is_open=False, age=1.0)]
