"""Faults, mapping: two workers allocate for one person at the same moment, and many people come at once (F-MAPF-01)."""

import asyncio
import random

import pytest

from gateway.broker.ports import BindingRaceError, Held
from gateway.store.open import Stores
from mapping.resolve import decide
from tests.contracts.stores.builders import NOW
from tests.contracts.stores.desk import BOUND, POLICY, Desk
from tests.faults.mortal import evidence_of, nursery
from tests.faults.test_mapf_killed import assert_whole
from tests.faults.weight import PATIENT, rounds

pytestmark = PATIENT
ROUNDS = rounds(40, 10_000)
MANY = rounds(300, 10_000)
WORKERS = 2


async def meet(desk: Desk, person: int, barrier: asyncio.Barrier, chance: random.Random) -> tuple[Held, int]:
    """Read and decide, wait for the other one, and write; gives how often the race was lost too."""
    evidence, lost = evidence_of(person), 0
    subject_id = await desk.person(f"person {person}")
    decision = decide(evidence, await desk.known(evidence, subject_id), POLICY)
    await barrier.wait()
    for _ in range(chance.randrange(4)):
        await asyncio.sleep(0)
    while True:
        try:
            held = await desk.stores.numbers.apply(subject_id, "hong_kong", evidence, decision, NOW, BOUND)
        except BindingRaceError:
            lost += 1
            decision = decide(evidence, await desk.known(evidence, subject_id), POLICY)
        else:
            return held, lost


@pytest.mark.attack("F-MAPF-01")
async def test_f_mapf_01_of_two_allocations_decided_at_one_barrier_the_loser_reads_the_winners(
    stores: Stores, second: Stores
) -> None:
    desks = [Desk(stores), Desk(second)]
    chance = random.Random(20261124)  # noqa: S311 - delays, not secrets
    numbers = set()

    for person in range(ROUNDS):
        barrier = asyncio.Barrier(WORKERS)
        met = await asyncio.gather(*(meet(desk, person, barrier, chance) for desk in desks))
        assert met[0][0] == met[1][0]
        assert sorted(lost for _, lost in met) == [0, 1]
        numbers.add(met[0][0].binding.number.value)

    assert len(numbers) == ROUNDS
    await assert_whole(stores, ROUNDS)


@pytest.mark.attack("MP-04", "F-MAPF-01")
async def test_mp_04_two_processes_that_serve_the_same_people_at_once_give_each_one_number(
    stores: Stores, database_url: str
) -> None:
    with nursery() as one, nursery() as other:
        told = await asyncio.gather(
            asyncio.to_thread(one.live_and_die, database_url, 0, MANY),
            asyncio.to_thread(other.live_and_die, database_url, MANY // 2, MANY),
        )

    shared = told[0].keys() & told[1].keys()
    together = told[0] | told[1]
    assert len(shared) == MANY // 2
    assert {person: told[0][person] for person in shared} == {person: told[1][person] for person in shared}
    assert len(set(together.values())) == len(together) == MANY + MANY // 2
    await assert_whole(stores, MANY + MANY // 2)
