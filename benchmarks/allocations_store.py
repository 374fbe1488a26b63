"""Allocations by the store's own functions under its own unique index, from several processes at once.

Many people share a transaction, which saves commits: every number is chosen, claimed, sealed and counted as in a
sign-in. Processes draw from the same days, so they do meet.
"""

import asyncio
import secrets
from array import array
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from multiprocessing import get_context
from typing import Final, Self

from sqlalchemy import Connection, bindparam, select

from benchmarks.allocations_pure import DIGITS, Outcome, count_distinct
from benchmarks.mapping_binding import bind, happened
from benchmarks.mapping_fill import Keys
from benchmarks.mapping_people import Person, newcomers
from gateway.oidc.ports import StoreUnavailableError
from gateway.store.open import open_stores
from gateway.store.sql.allocation import Place, give
from gateway.store.sql.database import ClashError, Database
from gateway.store.sql.number_rows import opened_number
from gateway.store.sql.number_tables import numbers
from gateway.store.vault import Vault
from mapping.errors import MappingError
from mapping.surrogate import Choose, block_for
from mapping.vocabulary import Realm

PEOPLE_A_TRANSACTION: Final = 500
PEOPLE_A_STRETCH: Final = 5_000
MOST_TRIES: Final = 100
_PAGE: Final = 5_000
_NUMBERS: Final = (
    select(numbers.c.id, numbers.c.box).where(numbers.c.id > bindparam("after")).order_by(numbers.c.id).limit(_PAGE)
)


@dataclass(frozen=True, slots=True)
class Plan:
    """Who is served, from what, and how thoroughly."""

    url: str
    keys: Keys
    count: int
    realm: Realm = Realm.SANDBOX
    seed: int = 1
    is_whole: bool = False
    """Whether the person's account and record are written too, and not the number alone."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """The people that one process serves at a time."""

    plan: Plan
    first: int
    count: int

    def people(self) -> Iterator[Person]:
        """Those people."""
        return newcomers(self.first, self.count, self.plan.seed)


@dataclass(slots=True)
class Tally:
    """What one stretch came to."""

    served: int = 0
    offers: int = 0
    refused: int = 0
    retries: int = 0

    def add(self, other: "Tally") -> None:
        """Count another stretch in."""
        self.served += other.served
        self.offers += other.offers
        self.refused += other.refused
        self.retries += other.retries


class FullDayError(Exception):
    """One person of a transaction cannot be served."""

    def __init__(self, place: int) -> None:
        super().__init__("the day is full")
        self.place = place


class Chooser:
    """Chance, counted."""

    def __init__(self) -> None:
        self.offers = 0

    def __call__(self, below: int) -> int:
        """Choose a place."""
        self.offers += 1
        return secrets.randbelow(below)


@dataclass(frozen=True, slots=True)
class Batch:
    """People who share a transaction."""

    plan: Plan
    people: tuple[Person, ...]

    def serve(self, connection: Connection) -> int:
        """Give everybody a number and say how many were offered."""
        vault, choose = self.plan.keys.vault(), Chooser()
        for person in self.people:
            try:
                self._serve_one(connection, vault, person, choose)
            except MappingError:
                raise FullDayError(person.place) from None
        return choose.offers

    def _serve_one(self, connection: Connection, vault: Vault, person: Person, choose: Choose) -> None:
        if self.plan.is_whole:
            bind(connection, vault, person, self.plan.realm, choose)
            return
        place = Place(block_for(person.permit, self.plan.realm), person.birthdate, person.sex)
        event = happened(person.subject_id)
        give(connection, vault, choose, place, binding_id=person.subject_id, event=event)

    def without(self, place: int) -> Self:
        """The same people but one."""
        return replace(self, people=tuple(person for person in self.people if person.place != place))


def allocate(plan: Plan, processes: int, progress: Callable[[int], None]) -> Outcome:
    """Serve everybody, then read every number back and count the different ones."""
    total = Tally()
    for tally in _served(stretches(plan, processes), processes):
        total.add(tally)
        progress(tally.served + tally.refused)
    given = asyncio.run(_read_back(plan))
    if len(given) != total.served:
        raise AssertionError("as many numbers are on record as were given")
    misses = total.offers - total.served
    return Outcome(len(given), count_distinct(given), misses, total.refused, total.retries)


def stretches(plan: Plan, processes: int) -> list[Stretch]:
    """Portions for processes: small enough that each of them has some."""
    size = min(PEOPLE_A_STRETCH, -(-plan.count // processes))
    return [Stretch(plan, first, min(size, plan.count - first)) for first in range(0, plan.count, size)]


def serve(stretch: Stretch) -> Tally:
    """Serve a stretch, in whatever process."""
    return asyncio.run(_serve(stretch))


def _served(work: list[Stretch], processes: int) -> Iterator[Tally]:
    if processes <= 1:
        yield from map(serve, work)
        return
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
        for future in as_completed([pool.submit(serve, stretch) for stretch in work]):
            yield future.result()


async def _serve(stretch: Stretch) -> Tally:
    tally, people = Tally(), list(stretch.people())
    async with _database(stretch.plan) as database:
        for first in range(0, len(people), PEOPLE_A_TRANSACTION):
            batch = Batch(stretch.plan, tuple(people[first : first + PEOPLE_A_TRANSACTION]))
            await _transaction(database, batch, tally)
    return tally


async def _transaction(database: Database, batch: Batch, tally: Tally) -> None:
    """Serve a batch whole; again if another process was in the way, without whoever's day is full."""
    for _ in range(MOST_TRIES):
        try:
            tally.offers += await database.run(batch.serve)
        except FullDayError as full:
            batch = batch.without(full.place)
            tally.refused += 1
        except (ClashError, StoreUnavailableError):
            tally.retries += 1
        else:
            tally.served += len(batch.people)
            return
    raise StoreUnavailableError("no batch came through")


async def _read_back(plan: Plan) -> "array[int]":
    """Open every number on record, page by page: what is proved does not rest on the index that is to be proved."""
    vault, given, after = plan.keys.vault(), array("Q"), ""
    async with _database(plan) as database:
        while page := await _page(database, after):
            after = page[-1][0]
            given.extend(int(opened_number(vault, number_id, box).value[:DIGITS]) for number_id, box in page)
    return given


async def _page(database: Database, after: str) -> list[tuple[str, bytes]]:
    return await database.read(
        lambda connection: [(row.id, row.box) for row in connection.execute(_NUMBERS, {"after": after})]
    )


@asynccontextmanager
async def _database(plan: Plan) -> AsyncIterator[Database]:
    stores = await open_stores(plan.url, sealing_keys=plan.keys.sealing, index_keys=plan.keys.index)
    try:
        yield stores.database
    finally:
        await stores.aclose()
