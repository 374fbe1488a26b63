"""Many at once, in two workers: one number for each person, and no number for two (MP-04, F-MAPF-01)."""

import asyncio
from collections.abc import Awaitable, Iterable
from typing import TypeVar

import pytest
from sqlalchemy import func, select

from gateway.broker.ports import BindingConflictError, Held
from gateway.store.open import Stores, open_stores
from gateway.store.sql import number_tables
from mapping.documents import TravelPermit
from mapping.evidence import Bind
from mapping.surrogate import Block
from tests.contracts.stores.builders import BIRTHDATE, KEYS, OTHER_PERMIT, PERMIT
from tests.contracts.stores.desk import MACAO_PERMIT, RESIDENCE, Desk, an_evidence, verified

T = TypeVar("T")

AT_ONCE = 24
"""As many as a web server would let in at a time; more would wait at the door, not in the pool of connections."""


async def together(work: Iterable[Awaitable[T]]) -> list[T]:
    """Run everything at once, a bounded number at a time."""
    door = asyncio.Semaphore(AT_ONCE)

    async def enter(one: Awaitable[T]) -> T:
        async with door:
            return await one

    return await asyncio.gather(*(enter(one) for one in work))


@pytest.fixture
def desks(stores: Stores, second: Stores) -> list[Desk]:
    """Give the desks of two workers."""
    return [Desk(stores), Desk(second)]


@pytest.mark.attack("MP-04", "F-MAPF-01")
async def test_mp_04_of_64_first_sign_ins_at_once_through_two_providers_all_get_one_number(desks: list[Desk]) -> None:
    people = [(await desks[0].person(provider, provider), provider) for provider in ("hong_kong", "guangdong")]

    held = await asyncio.gather(
        *(desks[n // 2 % 2].resolve(people[n % 2][0], an_evidence(), people[n % 2][1]) for n in range(64))
    )

    desk = desks[0]
    assert len({one.binding.number for one in held}) == 1
    assert [await desk.rows(name) for name in ("bindings", "numbers", "holders", "buckets")] == [1, 1, 2, 1]
    assert sorted(await desk.history()) == ["bound", "tied"]
    assert [bucket.given for bucket in await desk.stores.number_registry.fullest(9)] == [1]


@pytest.mark.attack("MP-04")
async def test_mp_04_hundreds_of_people_of_one_day_and_sex_at_once_get_a_number_each(
    desks: list[Desk], database_url: str
) -> None:
    many = 120 if database_url.startswith("sqlite") else 500  # two writers of one file wait for its disk

    async def arrive(place: int) -> Held:
        desk = desks[place % 2]
        subject_id = await desk.person(f"person {place}")
        return await desk.resolve(subject_id, an_evidence(TravelPermit.parse(f"H{10_000_000 + place}")))

    held = await together(arrive(place) for place in range(many))

    assert len({one.binding.number.value for one in held}) == many
    assert {one.binding.number.birthdate for one in held} == {BIRTHDATE}
    assert sum(bucket.given for bucket in await desks[0].stores.number_registry.fullest(9)) == many
    indexes = number_tables.indexes.c
    by_kind = select(indexes.kind, func.count()).group_by(indexes.kind).order_by(indexes.kind)
    assert await desks[0].all(by_kind) == [("bucket", 4), ("number", many), ("permit", many), ("subject", many)]


@pytest.mark.attack("F-MAPF-01")
async def test_f_mapf_01_two_workers_allocate_for_one_person_in_every_round(desks: list[Desk]) -> None:
    numbers = set()
    for place in range(25):
        evidence = an_evidence(TravelPermit.parse(f"H{60_000_000 + place}"))
        subject_id = await desks[0].person(f"person {place}")
        pair = await asyncio.gather(*(desk.resolve(subject_id, evidence) for desk in desks))
        assert pair[0] == pair[1]
        numbers.add(pair[0].binding.number.value)

    assert len(numbers) == 25
    assert await desks[0].history() == ["bound"] * 25


async def test_a_chooser_that_repeats_itself_gives_no_number_twice_in_two_workers(database_url: str) -> None:
    workers = [await open_stores(database_url, **KEYS, choose=lambda _: 3) for _ in range(2)]
    desks = [Desk(stores) for stores in workers]

    async def arrive(place: int) -> Held:
        desk = desks[place % 2]
        subject_id = await desk.person(f"person {place}")
        return await desk.resolve(subject_id, an_evidence(TravelPermit.parse(f"H{20_000_000 + place}")))

    held = await asyncio.gather(*(arrive(place) for place in range(6)))
    for stores in workers:
        await stores.aclose()

    assert len({one.binding.number.value for one in held}) == 6


async def test_the_last_places_of_a_day_are_given_once_each(desks: list[Desk], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Block, "tiers", property(lambda self: (self,)))
    monkeypatch.setattr(Block, "slot_count", lambda _self, _sex: 8)

    async def arrive(place: int) -> Held:
        desk = desks[place % 2]
        subject_id = await desk.person(f"person {place}")
        return await desk.resolve(subject_id, an_evidence(TravelPermit.parse(f"H{20_000_000 + place}")))

    results = await asyncio.gather(*(arrive(place) for place in range(12)), return_exceptions=True)

    given = [one.binding.number.value for one in results if isinstance(one, Held)]
    refused = [str(one) for one in results if not isinstance(one, Held)]
    assert (len(set(given)), refused) == (8, ["surrogate.capacity"] * 4)
    assert await desks[0].rows("numbers") == 8


@pytest.mark.attack("MP-04")
async def test_mp_04_of_two_permits_that_claim_one_number_in_two_workers_exactly_one_gets_it(
    desks: list[Desk],
) -> None:
    one, two = await desks[0].person("one"), await desks[1].person("two")

    results = await asyncio.gather(
        desks[0].apply(one, verified(), Bind(RESIDENCE)),
        desks[1].apply(two, verified(permit=OTHER_PERMIT), Bind(RESIDENCE)),
        return_exceptions=True,
    )

    assert sorted(type(result).__name__ for result in results) == ["BindingConflictError", "Held"]


async def test_two_moves_of_one_person_at_once_leave_one_record(desks: list[Desk]) -> None:
    for place in range(8):
        permit = TravelPermit.parse(f"M{70_000_000 + place}")
        old = TravelPermit.parse(f"H{70_000_000 + place}")
        subject_id = await desks[0].person(f"person {place}")
        await desks[0].resolve(subject_id, an_evidence(old))
        moved = an_evidence(permit, previous_permit=old, same_person=True)

        await asyncio.gather(*(desk.resolve(subject_id, moved) for desk in desks))

        held = await desks[0].held(subject_id)
        assert (held.binding.permit, len(held.binding.replaces)) == (permit, 1)

    assert await desks[0].rows("holders") == 8


async def test_moves_to_and_fro_at_once_end_in_one_record_and_no_deadlock(desks: list[Desk]) -> None:
    subject_id = await desks[0].person()
    friend = await desks[1].person("friend", "guangdong")
    await desks[0].resolve(subject_id, an_evidence())
    await desks[1].resolve(friend, an_evidence(MACAO_PERMIT), "guangdong")
    there = an_evidence(MACAO_PERMIT, previous_permit=PERMIT, same_person=True)
    back = an_evidence(PERMIT, previous_permit=MACAO_PERMIT, same_person=True)

    results = await asyncio.gather(
        desks[0].resolve(subject_id, there),
        desks[1].resolve(friend, back, "guangdong"),
        return_exceptions=True,
    )

    assert any(isinstance(result, Held) for result in results)
    assert not [result for result in results if isinstance(result, AssertionError | BindingConflictError)]
    assert (await desks[0].held(subject_id)).binding_id == (await desks[0].held(friend)).binding_id
