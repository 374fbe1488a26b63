"""Group MP, oracle: nobody without the right to know can tell a number or permit on record from one that is not (MP-02)."""

import random
import re
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import httpx
import pytest
import pytest_asyncio

from gateway.admin.records import Role
from mapping.documents import TravelPermit
from mapping.identifier import MainlandIdentifier, check_character
from tests.attacks.failing_provider import a_victim, provider_answer
from tests.attacks.watch import WatchedWorld
from tests.contracts.stores.desk import Desk, an_evidence
from tests.faults.significance import differ
from tests.faults.weight import PATIENT, rounds
from tests.world import AT, Asked, Browser, asking

pytestmark = [pytest.mark.attack("MP-02"), pytest.mark.asyncio(loop_scope="module"), PATIENT]
KNOWN = 200
QUESTIONS = rounds(200, 5000)
PERMIT_QUESTIONS = rounds(40, 200)
UNLIKELY = 0.01
TRIES = 3
"""Chance alone stays below the bound in one of a hundred runs, and so often in a row in one of a million."""
ASKED_IN_A_ROW = 25
TYPED_IN_A_ROW = 4
REFUSED = (("/v1/map/freeze", {"reason": "a case"}), ("/v1/reveals", {"purpose": "a case"}))
"""What is asked for without the right to it."""
_FRESH = re.compile(r"[A-Za-z0-9_\-.]{16,}")


@dataclass(frozen=True, slots=True)
class Pairs:
    """Permits and numbers on record, each with another of its kind that nobody ever had."""

    permits: list[tuple[str, str]]
    numbers: list[tuple[str, str]]


@dataclass(slots=True)
class Sample:
    """What was seen of the answers about one kind of value."""

    answers: set[Any] = field(default_factory=set)
    seconds: list[float] = field(default_factory=list)

    async def add(self, ask: Callable[[], Awaitable[httpx.Response]]) -> None:
        began = time.perf_counter()
        response = await ask()
        self.seconds.append(time.perf_counter() - began)
        self.answers.add(seen(response))


def seen(response: httpx.Response) -> tuple[int, int, str, tuple[tuple[str, str], ...]]:
    """Status, size, body and headers, without what is fresh in every answer."""
    headers = [(name, _FRESH.sub("…", value)) for name, value in response.headers.items() if name != "date"]
    return response.status_code, len(response.content), _FRESH.sub("…", response.text), tuple(sorted(headers))


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def pairs(shared_world: WatchedWorld) -> Pairs:
    """Fill the records, and choose for everything in them something that is not."""
    desk = Desk(shared_world.stores)
    permits, numbers = [], []
    for place in range(KNOWN):
        permit = f"H7{place:07d}"
        held = await desk.resolve(await desk.person(f"one-{place}"), an_evidence(TravelPermit.parse(permit)))
        permits.append((permit, f"H8{place:07d}"))
        numbers.append(held.binding.number.value)
    given = set(numbers)
    return Pairs(permits, [(number, never_given(number, given)) for number in numbers])


def never_given(number: str, given: set[str]) -> str:
    """The next number of the same code, day and sex that is not on record."""
    serial = int(number[14:17])
    while True:
        serial = serial + 2 if serial + 2 <= 995 else 2 - serial % 2
        stem = f"{number[:14]}{serial:03d}"
        if stem + check_character(stem) not in given:
            return stem + check_character(stem)


def never_issued_residence(number: str) -> str:
    stem = f"810000{number[6:17]}"
    return stem + check_character(stem)


@dataclass(slots=True)
class Asker:
    """A relying party that comes back with a new token whenever it has asked often enough."""

    world: WatchedWorld
    browser: Browser
    token: str = ""
    asked: int = 0

    async def ask(self, number: str) -> httpx.Response:
        async with self.world.net.browser(authorization=f"Bearer {self.token}") as http:
            return await http.post(f"{AT.issuer}/v1/identifiers/verify", json={"number": number})

    async def ready(self) -> None:
        """Have a token that may still ask twice."""
        if self.token and self.asked < ASKED_IN_A_ROW:
            self.asked += 2
            return
        asked: Asked = asking(scope="openid cn_id")
        answer = await self.browser.sign_in(asked, "hong_kong", "chan-siu-ming") if not self.token else None
        if answer is None:
            await self.browser.open(asked.url)
            answer = self.browser.answer
        self.token = (await self.world.token(asked, answer["code"])).json()["access_token"]
        self.asked = 2


async def sampled(asker: Asker, pairs: list[tuple[str, str]], questions: int) -> tuple[Sample, Sample]:
    """Ask about known and unknown values in turn, either first as chance has it."""
    known, unknown, chance = Sample(), Sample(), random.Random(questions)  # noqa: S311 - an order, not a secret
    for place in range(questions):
        await asker.ready()
        both = list(zip(pairs[place % len(pairs)], (known, unknown), strict=True))
        chance.shuffle(both)
        for value, sample in both:
            await sample.add(partial(asker.ask, value))
    return known, unknown


async def test_mp_02_verify_answers_alike_about_numbers_on_record_and_others_and_takes_as_long(
    shared_world: WatchedWorld, pairs: Pairs
) -> None:
    world = shared_world
    asker = Asker(world, world.browser())

    chances = []
    for _ in range(TRIES):
        known, unknown = await sampled(asker, pairs.numbers, QUESTIONS)
        assert known.answers == unknown.answers
        assert len(known.answers) == 1
        chances.append(differ(known.seconds, unknown.seconds))
        if chances[-1] > UNLIKELY:
            break

    assert chances[-1] > UNLIKELY, chances
    assert next(iter(known.answers))[0] == 200


async def test_mp_02_verify_answers_alike_about_permits_and_residence_numbers(
    shared_world: WatchedWorld, pairs: Pairs
) -> None:
    world = shared_world
    asker = Asker(world, world.browser())

    permits = await sampled(asker, pairs.permits, KNOWN // 4)
    residence = [(never_issued_residence(one), never_issued_residence(other)) for one, other in pairs.numbers]
    numbers = await sampled(asker, [("810000190302030020", residence[0][1])], 5)

    assert permits[0].answers == permits[1].answers
    assert numbers[0].answers == numbers[1].answers
    assert all(MainlandIdentifier.parse(one, world.clock.now.date()) for one, _ in residence)


@pytest.mark.parametrize("key", ["none", "wrong", "token", "reader"])
async def test_mp_02_the_operator_api_tells_nothing_to_those_without_the_right(
    shared_world: WatchedWorld, pairs: Pairs, key: str
) -> None:
    world = shared_world
    asker = Asker(world, world.browser())
    await asker.ready()
    async with world.operator_api() as http:
        headers = {
            "none": {},
            "wrong": {"authorization": f"Bearer {'x' * 43}"},
            "token": {"authorization": f"Bearer {asker.token}"},
            "reader": await world.operator(f"rita-{key}", Role.READER),
        }[key]

        known, unknown = Sample(), Sample()
        for permits, numbers in zip(pairs.permits, pairs.numbers, strict=True):
            for sample, permit, number in zip((known, unknown), permits, numbers, strict=True):
                path, body = REFUSED[len(sample.seconds) % len(REFUSED)]
                sent = {**body, **({"number": number} if path == "/v1/reveals" else {"permit": permit})}
                await sample.add(partial(http.post, path, json=sent, headers=headers))
                world.clock.advance(seconds=0.6)  # no faster than an operator may ask

    assert known.answers == unknown.answers
    assert {answer[0] for answer in known.answers} == {403 if key == "reader" else 401}


async def test_mp_02_a_keeper_learns_nothing_by_asking_to_trace_a_number(
    shared_world: WatchedWorld, pairs: Pairs
) -> None:
    world = shared_world
    async with world.operator_api() as http:
        keeper, second = await world.operator("kim", Role.KEEPER), await world.operator("ken", Role.KEEPER)

        asked = [
            await http.post("/v1/reveals", json={"number": number, "purpose": "a case"}, headers=keeper)
            for number in pairs.numbers[0]
        ]
        paths = [f"/v1/reveals/{answer.json()['id']}" for answer in asked]
        alone = [await http.post(f"{path}/use", headers=keeper) for path in paths]
        approved = [await http.post(f"{path}/approve", headers=second) for path in paths]

    for answers in (asked, approved):
        assert {answer.status_code for answer in answers} == {200}
        shown = [{name for name, value in answer.json().items() if value is not None} for answer in answers]
        assert shown[0] == shown[1]
    assert {answer.status_code for answer in alone} == {404}
    assert seen(alone[0]) == seen(alone[1])


async def test_mp_02_the_permit_page_tells_nothing_of_other_peoples_permits(
    shared_world: WatchedWorld, pairs: Pairs
) -> None:
    world = shared_world
    await world.signed_in("hong_kong", "chan-siu-ming")
    permits = [("H00000018", "H00000019"), *pairs.permits][:PERMIT_QUESTIONS]
    known: set[Any] = set()
    unknown: set[Any] = set()

    for place, pair in enumerate(permits):
        if place % (2 * TYPED_IN_A_ROW) == 0:
            world.clock.advance(minutes=11)
            victim = a_victim(world)
            page = await provider_answer(victim, "hong_kong", "ng-pui-shan")
        elif place % (TYPED_IN_A_ROW // 2) == 0:
            world.clock.advance(seconds=61)
        for permit, answers in zip(pair, (known, unknown), strict=True):
            page = await victim.browser.press(page, "check-permit", permit=permit)
            assert permit not in victim.browser.last.text
            answers.add(seen(victim.browser.last))

    assert known == unknown
    assert {(status, len(known)) for status, *_ in known} == {(200, 1)}
    assert "The register has no entry that fits this number" in page.texts["permit-error"]


async def test_mp_02_answers_of_the_register_reach_no_relying_party(shared_world: WatchedWorld, pairs: Pairs) -> None:
    world = shared_world
    told: list[str] = []
    for place, person in (("hong_kong", "ng-pui-shan"), ("hong_kong", "tam-wing-yan"), ("hong_kong", "chan-siu-ming")):
        asked = asking()
        answer = await world.browser().sign_in(asked, place, person)
        tokens = (await world.token(asked, answer["code"])).json()
        userinfo = (await world.userinfo(tokens["access_token"])).json()
        told.append(f"{sorted(answer)} {sorted(await world.claims(asked, tokens))} {userinfo}")

    assert not [words for words in told if re.search(r"matched|several|register|link", words)]
    assert told[0].partition("{")[0] == told[1].partition("{")[0]
