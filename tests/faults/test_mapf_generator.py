"""Faults, mapping: the random generator repeats itself while the gateway serves (F-MAPF-03)."""

import random
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from itertools import count, cycle

import pytest

from gateway.store.open import open_stores
from mapping.surrogate import RANDOM_TRIES
from tests.contracts.stores.builders import KEYS
from tests.contracts.stores.desk import Desk
from tests.faults.mortal import serve
from tests.faults.test_mapf_killed import assert_whole
from tests.faults.weight import PATIENT, rounds

pytestmark = [pytest.mark.attack("F-MAPF-03"), PATIENT]
BEFORE = AFTER = 10
DURING = rounds(30, 400)
BOUND = RANDOM_TRIES + 1
"""Asking the generator more often than that for one number would be asking without end."""


@dataclass(slots=True)
class Generator:
    """What chooses: chance, until a fault is switched on; it counts how often it is asked."""

    chance: random.Random = field(default_factory=lambda: random.Random(20261124))  # noqa: S311 - repeatable on purpose
    fault: Callable[[int], int] | None = None
    asked: int = 0

    def __call__(self, bound: int) -> int:
        self.asked += 1
        return self.fault(bound) if self.fault else self.chance.randrange(bound)


def constant() -> Callable[[int], int]:
    return lambda bound: 7 % bound


def two_in_turn() -> Callable[[int], int]:
    turns = cycle((7, 400))
    return lambda bound: next(turns) % bound


def one_in_a_hundred() -> Callable[[int], int]:
    """Good, but every hundredth value is the one before it."""
    chance, places, last = random.Random(3), count(), [0]  # noqa: S311 - repeatable on purpose

    def choose(bound: int) -> int:
        if next(places) % 100 != 50:
            last[0] = chance.randrange(bound)
        return last[0] % bound

    return choose


@dataclass(slots=True)
class Counter:
    """A worker with a generator that can be broken and mended."""

    desk: Desk
    generator: Generator
    people: Iterator[int] = field(default_factory=count)
    numbers: dict[int, str] = field(default_factory=dict)
    most_asked: int = 0

    async def serve(self, many: int) -> None:
        for _ in range(many):
            person, self.generator.asked = next(self.people), 0
            self.numbers[person] = await serve(self.desk, person, days=1)
            self.most_asked = max(self.most_asked, self.generator.asked)

    async def alerts(self) -> list[str]:
        page = await self.desk.stores.alert_registry.page(open_only=True, after=None, limit=50)
        return [alert.kind.value for alert in page]


@pytest.fixture
async def counter(database_url: str) -> AsyncIterator[Counter]:
    generator = Generator()
    stores = await open_stores(database_url, **KEYS, choose=generator)
    yield Counter(Desk(stores), generator)
    await stores.aclose()


@pytest.mark.parametrize(
    ("fault", "is_told"),
    [(constant, True), (two_in_turn, True), (one_in_a_hundred, False)],
    ids=["constant", "two in turn", "one in a hundred"],
)
async def test_f_mapf_03_a_generator_that_repeats_itself_gives_nobody_anothers_number(
    counter: Counter, fault: Callable[[], Callable[[int], int]], is_told: bool
) -> None:
    await counter.serve(BEFORE)
    assert await counter.alerts() == []
    counter.generator.fault = fault()
    await counter.serve(DURING)

    numbers = dict(counter.numbers)
    assert len(set(numbers.values())) == BEFORE + DURING
    assert counter.most_asked <= BOUND
    # A generator that stands still fills one code's day to the brim, and that is told as well.
    assert set(await counter.alerts()) - {"capacity"} == ({"generator"} if is_told else set())
    assert {person: await serve(counter.desk, person, days=1) for person in numbers} == numbers
    await assert_whole(counter.desk.stores, BEFORE + DURING)


async def test_f_mapf_03_all_is_well_again_from_the_first_number_after_the_fault(counter: Counter) -> None:
    counter.generator.fault = constant()
    await counter.serve(3)
    counter.generator.fault, counter.most_asked = None, 0

    await counter.serve(AFTER)

    assert counter.most_asked < 4
    assert len(set(counter.numbers.values())) == AFTER + 3
    assert await counter.alerts() == ["generator"]
