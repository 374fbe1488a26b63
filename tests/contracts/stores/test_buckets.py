"""How full a day is, how that is told, and how a generator that repeats itself is noticed (F-MAPF-03)."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from itertools import cycle

import pytest
from sqlalchemy import Connection, select, update

from gateway.store.open import Stores, open_stores
from gateway.store.sql import number_tables
from mapping.documents import TravelPermit
from mapping.errors import MappingError
from mapping.surrogate import ALERT_SHARE, Block, bucket_capacity
from mapping.vocabulary import Sex
from tests.contracts.stores.builders import KEYS, OTHER_PERMIT
from tests.contracts.stores.desk import Desk, an_evidence, verified

MARK = -(-bucket_capacity(Sex.MALE) * int(ALERT_SHARE * 100) // 100)
"""The first count that is reason to tell."""


@asynccontextmanager
async def choosing(database_url: str, choose: Callable[[int], int]) -> AsyncIterator[Desk]:
    stores: Stores = await open_stores(database_url, **KEYS, choose=choose)
    try:
        yield Desk(stores)
    finally:
        await stores.aclose()


async def people(desk: Desk, count: int, start: int = 0) -> list[str]:
    """Give so many people of one birth date and sex a number each."""
    numbers = []
    for place in range(start, start + count):
        permit = TravelPermit.parse(f"H{50_000_000 + place}")
        held = await desk.resolve(await desk.person(f"person {place}"), an_evidence(permit))
        numbers.append(held.binding.number.value)
    return numbers


async def set_given(desk: Desk, given: int) -> None:
    """Let the counters say that so many numbers were given before."""

    def work(connection: Connection) -> None:
        connection.execute(update(number_tables.buckets).values(given=given))

    await desk.stores.database.run(work)


async def test_every_number_is_counted_under_its_code_date_and_sex(database_url: str) -> None:
    async with choosing(database_url, chosen([0, 498, 1])) as desk:
        await people(desk, 3)
        given = [(bucket.code, bucket.given) for bucket in await desk.stores.number_registry.fullest(9)]

    assert given == [("810050", 2), ("810051", 1)]


def chosen(slots: list[int]) -> Callable[[int], int]:
    rest = iter(slots)
    return lambda _: next(rest)


async def test_a_number_that_the_police_gave_is_not_counted(desk: Desk) -> None:
    await desk.resolve(await desk.person(), verified())

    assert await desk.rows("buckets") == 0


async def test_a_filling_day_is_told_once_when_the_mark_is_passed(database_url: str) -> None:
    async with choosing(database_url, chosen([0, 1, 2, 3, 4])) as desk:
        await people(desk, 1)
        await set_given(desk, MARK - 2)
        before = (await people(desk, 1, 1), await desk.alerts())[1]
        await people(desk, 2, 2)
        bucket_id = (await desk.all(select(number_tables.buckets.c.id)))[0][0]
        after = await desk.alerts()

    assert before == []
    assert after == [("capacity", bucket_id, "")]


@pytest.mark.attack("F-MAPF-03")
@pytest.mark.parametrize("slots", [[3], [3, 4]])
async def test_f_mapf_03_a_generator_that_repeats_itself_is_noticed_and_gives_no_number_twice(
    database_url: str, slots: list[int]
) -> None:
    values = cycle(slots)
    async with choosing(database_url, lambda _: next(values)) as desk:
        numbers = await people(desk, 5)
        alerts = await desk.alerts()

    assert len(set(numbers)) == 5
    assert alerts == [("generator", "generator", "")]


@pytest.mark.attack("F-MAPF-03")
async def test_f_mapf_03_one_repeated_choice_in_a_hundred_is_no_alarm(database_url: str) -> None:
    slots = [slot for slot in range(20) for _ in range(2)]
    async with choosing(database_url, chosen(slots)) as desk:
        numbers = await people(desk, 20)
        alerts = await desk.alerts()

    assert (len(set(numbers)), alerts) == (20, [])


@pytest.mark.attack("F-MAPF-03")
async def test_f_mapf_03_all_is_well_at_once_when_the_generator_is(desk: Desk, database_url: str) -> None:
    async with choosing(database_url, lambda _: 3) as stuck:
        numbers = await people(stuck, 3)

    numbers += await people(desk, 3, 3)

    assert len(set(numbers)) == 6


async def test_misses_on_a_day_that_is_more_than_half_full_are_chance(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Block, "slot_count", lambda _self, _sex: 4)
    slots = iter([0, 1, *[0] * 65])
    async with choosing(database_url, lambda _: next(slots)) as desk:
        await people(desk, 3)
        alerts = await desk.alerts()

    assert alerts == []


async def test_a_full_day_counts_nothing(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Block, "tiers", property(lambda self: (self,)))
    monkeypatch.setattr(Block, "slot_count", lambda _self, _sex: 1)
    await people(desk, 1)

    with pytest.raises(MappingError, match=r"surrogate\.capacity"):
        await desk.resolve(await desk.person("late"), an_evidence(OTHER_PERMIT))

    assert [bucket.given for bucket in await desk.stores.number_registry.fullest(9)] == [1]
