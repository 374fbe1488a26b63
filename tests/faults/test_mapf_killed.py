"""Faults, mapping: a worker that is killed between allocation and answer leaves nothing that must be mended (F-MAPF-02)."""

import asyncio
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import Connection, func, select

from gateway.audit import AuditAction
from gateway.store.open import Stores
from gateway.store.sql import number_tables, tables
from gateway.store.sql.columns import metadata
from tests.contracts.stores.desk import Desk
from tests.faults.mortal import Nursery, nursery, serve
from tests.faults.weight import PATIENT, rounds

pytestmark = PATIENT
ROUNDS = rounds(12, 200)
PEOPLE = 12


@pytest.fixture(scope="module")
def workers() -> Iterator[Nursery]:
    with nursery() as running:
        yield running


async def of(stores: Stores, statement: Any) -> list[Any]:
    def ask(connection: Connection) -> list[Any]:
        return [tuple(row) for row in connection.execute(statement)]

    return await stores.database.read(ask)


async def serve_all(desk: Desk, people: range) -> dict[int, str]:
    return {person: await serve(desk, person) for person in people}


async def assert_whole(stores: Stores, people: int) -> None:
    """Every record has one holder, one number, one entry in each index, one row of history and one event."""
    bindings, numbers, holders = (metadata.tables[name] for name in ("bindings", "numbers", "holders"))
    counted = {
        name: (await of(stores, select(func.count()).select_from(metadata.tables[name])))[0][0]
        for name in ("bindings", "numbers", "holders", "binding_history")
    }
    by_kind = select(number_tables.indexes.c.kind, func.count()).group_by(number_tables.indexes.c.kind)
    entries = dict(await of(stores, by_kind))
    without_record = select(numbers.c.id).where(numbers.c.binding_id.not_in(select(bindings.c.id)))
    without_holder = select(bindings.c.id).where(bindings.c.id.not_in(select(holders.c.binding_id)))
    given = await of(stores, select(func.sum(number_tables.buckets.c.given)))
    events = select(func.count()).where(tables.audit.c.action == AuditAction.IDENTIFIER_BOUND)

    assert set(counted.values()) == {people}, counted
    assert {kind: entries[kind] for kind in ("permit", "number", "subject")} == dict.fromkeys(
        ("permit", "number", "subject"), people
    )
    assert (await of(stores, without_record), await of(stores, without_holder)) == ([], [])
    assert (given, await of(stores, events)) == ([(people,)], [(people,)])


@pytest.mark.attack("F-MAPF-02")
async def test_f_mapf_02_whoever_was_being_served_when_the_worker_died_gets_the_same_number_on_trying_again(
    stores: Stores, database_url: str, workers: Nursery
) -> None:
    survivor, told_so_far = Desk(stores), dict[int, str]()

    deaths = Counter[bool]()
    for place in range(ROUNDS):
        first = place * PEOPLE
        told = workers.live_and_die(database_url, first, PEOPLE, after=workers.chance.randrange(PEOPLE))
        again = {person: await serve(survivor, person) for person in range(first, first + PEOPLE)}

        assert {person: again[person] for person in told} == told
        told_so_far |= again
        deaths[len(told) < PEOPLE] += 1
        await assert_whole(stores, len(told_so_far))

    assert deaths[True] > 0, "nobody was ever killed in time"
    assert len(set(told_so_far.values())) == ROUNDS * PEOPLE


@pytest.mark.attack("F-MAPF-02")
async def test_f_mapf_02_the_other_worker_goes_on_while_one_is_killed_again_and_again(
    stores: Stores, database_url: str, workers: Nursery
) -> None:
    survivor, numbers = Desk(stores), dict[int, str]()

    for place in range(ROUNDS):
        dying = asyncio.to_thread(workers.live_and_die, database_url, 0, PEOPLE, after=min(place, PEOPLE - 1))
        told, served = await asyncio.gather(dying, serve_all(survivor, range(place % PEOPLE + 1)))
        assert {person: numbers.get(person, number) for person, number in (told | served).items()} == told | served
        numbers |= told | served

    await assert_whole(stores, len(numbers))
    assert len(set(numbers.values())) == len(numbers)


@pytest.mark.attack("F-MAPF-02", "MP-04")
async def test_f_mapf_02_a_worker_that_nobody_kills_serves_everybody(
    stores: Stores, database_url: str, workers: Nursery
) -> None:
    told = workers.live_and_die(database_url, 0, PEOPLE)

    assert len(set(told.values())) == PEOPLE
    await assert_whole(stores, PEOPLE)
