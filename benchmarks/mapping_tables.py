"""Full tables of several sizes side by side in one run, so that "it does not slow down" is a ratio like the others."""

import asyncio
import secrets
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from benchmarks.mapping_fill import Keys, fill
from benchmarks.mapping_store import FIRST, KNOWN, LOADS, RETURNING, ROW_READ, ROWS_WRITTEN, Table, statements
from benchmarks.mapping_timing import AsyncLoad, Rates, median, ratio, take_turns_in_a_store
from gateway.store import migrate
from gateway.store.open import Stores, open_stores
from tests.engines import start_postgres

ENGINES: Final = ("sqlite", "postgresql")
YARDSTICKS: Final = {RETURNING: ROW_READ, KNOWN: ROW_READ, FIRST: ROWS_WRITTEN}
SINGLE_ROW_GOAL: Final = 0.5
"""A resolution against one row, or one transaction, of the same store."""
FLAT_GOAL: Final = 2.0
"""The cost in the largest table against that in the smallest."""

Say = Callable[[str], None]
Filling = Callable[[int], Callable[[int], None]]
"""Announces so many rows and gives what is to be told of those that are done."""


@dataclass(frozen=True, slots=True)
class Measured:
    """What was measured on one engine."""

    engine: str
    sizes: tuple[int, ...]
    rates: Rates
    statements: dict[str, int]
    """How many statements each load sends for one person."""

    def rate(self, rows: int, load: str) -> float:
        """How many a second."""
        return median(self.rates, _name(rows, load))

    def against_yardstick(self, rows: int, load: str) -> float:
        """How fast against the store's own single row or transaction."""
        return ratio(self.rates, _name(rows, load), _name(rows, YARDSTICKS[load]))

    def each_statement(self, rows: int, load: str) -> float:
        """The same for each row that is read, or for each statement, instead of for the whole."""
        own, yardstick = self.statements[load], self.statements[YARDSTICKS[load]]
        return self.against_yardstick(rows, load) * own / yardstick

    def growth(self, load: str) -> float:
        """How much more a load costs in the largest table than in the smallest."""
        return ratio(self.rates, _name(self.sizes[0], load), _name(self.sizes[-1], load))


def measure(engine: str, sizes: Sequence[int], rounds: int, processes: int, filling: Filling) -> Measured:
    """Fill a database of each size, then let all of them take turns."""
    ordered = tuple(sorted(set(sizes)))
    with databases(engine) as database:
        keys = Keys({"1": secrets.token_bytes(32)}, {"1": secrets.token_bytes(32)})
        urls = {}
        for rows in ordered:
            urls[rows] = database(f"rows_{rows}")
            prepare(urls[rows], keys)
            fill(urls[rows], keys, rows, processes, filling(rows))
        return asyncio.run(_take_turns(engine, urls, keys, rounds))


def prepare(url: str, keys: Keys) -> None:
    """Make a database with the newest schema, and put its keys into use."""
    migrate.upgrade(url)
    asyncio.run(_begin(url, keys))


async def _begin(url: str, keys: Keys) -> None:
    await (await _open(url, keys)).aclose()


async def _take_turns(engine: str, urls: dict[int, str], keys: Keys, rounds: int) -> Measured:
    async with AsyncExitStack() as stack:
        tables = []
        for rows, url in urls.items():
            stores = await _open(url, keys)
            stack.push_async_callback(stores.aclose)
            tables.append(Table(stores, rows))
        loads: dict[str, AsyncLoad] = {}
        counts = await counted(tables[0])
        for table in tables:
            await table.expect(rounds)
            loads |= {_name(table.rows, name): load for name, load in table.loads().items()}
        return Measured(engine, tuple(urls), await take_turns_in_a_store(loads, rounds), counts)


async def counted(table: Table) -> dict[str, int]:
    """Count what each load sends to the engine for one person, once everything is warm."""
    await table.expect(2)
    counts = {}
    for name, load in table.loads().items():
        await load()
        with statements() as seen:
            done = await load()
        counts[name] = round(seen.total() / done)
    return counts


@contextmanager
def databases(engine: str) -> Iterator[Callable[[str], str]]:
    """Give empty databases; all of them go with their folder or their server."""
    if engine == "sqlite":
        with tempfile.TemporaryDirectory(prefix="gate-bench-") as folder:
            yield lambda name: f"sqlite:///{Path(folder) / name}.sqlite3"
        return
    with start_postgres(durable=True) as server:
        yield lambda _: server.create_database()


async def _open(url: str, keys: Keys) -> Stores:
    return await open_stores(url, sealing_keys=keys.sealing, index_keys=keys.index)


def _name(rows: int, load: str) -> str:
    if load not in LOADS:
        raise KeyError(load)
    return f"{rows}: {load}"
