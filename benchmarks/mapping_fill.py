"""Fills a database with people who all have a number: as the store writes them, but by the thousand.

Processes of their own compose the rows on a `Recorder`, one process writes them. While filling, SQLite need not wait
for the disk and PostgreSQL need not look for parents, because nobody else is there.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass, field
from functools import cache
from itertools import islice
from multiprocessing import get_context
from typing import Final

from benchmarks.mapping_binding import bind
from benchmarks.mapping_people import BUCKETS, number_of, resident, slot_of
from benchmarks.mapping_recorder import Portion, Recorder, as_row
from benchmarks.mapping_writers import Writer, open_writer
from gateway.store.sql import buckets
from gateway.store.sql.columns import metadata
from gateway.store.vault import Vault
from mapping.vocabulary import Realm

PORTION: Final = 2_000
_PARENTS_FIRST: Final = {table.name: place for place, table in enumerate(metadata.sorted_tables)}


@dataclass(frozen=True, slots=True)
class Keys:
    """What the rows are sealed and indexed with."""

    sealing: Mapping[str, bytes] = field(repr=False)
    index: Mapping[str, bytes] = field(repr=False)

    def vault(self) -> Vault:
        """A vault of one's own."""
        return Vault(self.sealing, self.index)


def fill(url: str, keys: Keys, rows: int, processes: int, progress: Callable[[int], None]) -> None:
    """Put the first so many residents into an empty database with the newest schema."""
    with open_writer(url) as writer:
        if processes == 0:
            for first in range(0, rows, PORTION):
                _write(writer, compose(keys, writer.engine, first, min(first + PORTION, rows)), progress)
        else:
            with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
                for portion in _in_order(pool, keys, writer.engine, rows, 2 * processes):
                    _write(writer, portion, progress)
        for first in range(0, min(rows, BUCKETS), PORTION):
            writer.write(compose_buckets(keys, writer.engine, range(first, min(first + PORTION, BUCKETS, rows)), rows))
        writer.finish()


def compose(keys: Keys, engine: str, first: int, end: int) -> Portion:
    """The rows of some residents, all but those that count numbers."""
    vault = _vault(tuple(sorted(keys.sealing.items())), tuple(sorted(keys.index.items())))
    recorder = Recorder(engine, vault, is_counting=False)
    for place in range(first, end):
        person = resident(place)
        slot = slot_of(person)  # chance falls on the one that is theirs
        bind(recorder.as_connection(), vault, person, Realm.SANDBOX, lambda _, slot=slot: slot)  # type: ignore[misc]
    return _portion(recorder)


def compose_buckets(keys: Keys, engine: str, lanes: range, rows: int) -> Portion:
    """The rows that count how many numbers each region code gave on some days, once everybody has theirs."""
    vault, portion = keys.vault(), Portion()
    for lane in lanes:
        numbers = [number_of(resident(place)) for place in range(lane, rows, BUCKETS)]
        by_code = Counter(buckets.code_of(number) for number in numbers)
        first_of = {buckets.code_of(number): number for number in reversed(numbers)}
        for code, given in by_code.items():
            recorder = Recorder(engine, vault, is_counting=True)
            buckets.count(recorder.as_connection(), vault, first_of[code])
            for name, composed in _portion(recorder, given).items():
                portion.setdefault(name, []).extend(composed)
    return portion


def _portion(recorder: Recorder, given: int | None = None) -> Portion:
    """What was taken down, parents before their children; a bucket is written once, with its whole count."""
    count = {} if given is None else {"given": given}
    taken = sorted(recorder.taken().items(), key=lambda item: _PARENTS_FIRST[item[0]])
    return {name: [as_row(metadata.tables[name], {**row, **count}) for row in rows] for name, rows in taken}


def _write(writer: Writer, portion: Portion, progress: Callable[[int], None]) -> None:
    writer.write(portion)
    progress(len(portion["subjects"]))


def _in_order(pool: ProcessPoolExecutor, keys: Keys, engine: str, rows: int, ahead: int) -> Iterator[Portion]:
    """Portions as they are wanted, a few composed ahead: all of them would not fit into memory."""
    asked = (pool.submit(compose, keys, engine, first, min(first + PORTION, rows)) for first in range(0, rows, PORTION))
    waiting: list[Future[Portion]] = list(islice(asked, ahead))
    while waiting:
        yield waiting.pop(0).result()
        waiting += islice(asked, 1)


@cache
def _vault(sealing: tuple[tuple[str, bytes], ...], index: tuple[tuple[str, bytes], ...]) -> Vault:
    return Vault(dict(sealing), dict(index))
