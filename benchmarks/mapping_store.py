"""Resolutions through the real store, beside what one row costs in the same store, in the same run.

The yardsticks go through the very same `Database`: one row read by its primary key, and one transaction of three
statements. What a resolution costs beyond them is ours: indexes, boxes, decisions, and further statements.
"""

import random
from collections import Counter, deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from typing import Any, Final

from sqlalchemy import Connection, Engine, bindparam, event, select, update

from benchmarks.mapping_binding import NOW, happened
from benchmarks.mapping_people import Person, resident
from benchmarks.mapping_timing import AsyncLoad
from gateway.broker.ports import Anchor
from gateway.store.open import Stores
from gateway.store.sql import audit
from gateway.store.sql.tables import subjects
from mapping.evidence import Allocate, Keep, Known, Policy
from mapping.resolve import decide

ROW_READ, RETURNING, KNOWN = "one row read", "returning person", "person with permit"
ROWS_WRITTEN, FIRST = "one write transaction", "first binding"
LOADS: Final = (ROW_READ, RETURNING, KNOWN, ROWS_WRITTEN, FIRST)

_READS_A_TURN: Final = 100
_WRITES_A_TURN: Final = 10
_POLICY: Final = Policy()
_BOX: Final = select(subjects.c.box).where(subjects.c.id == bindparam("of_id"))
_TOUCH: Final = update(subjects).where(subjects.c.id == bindparam("of_id")).values(box=bindparam("same_box"))


class WrongAnswerError(Exception):
    """What was measured did something else than it should: its figures mean nothing."""


@dataclass(frozen=True, slots=True)
class Table:
    """One full table, and who is in it."""

    stores: Stores
    rows: int
    rng: random.Random = field(default_factory=lambda: random.Random(1))
    strangers: deque[tuple[Person, str]] = field(default_factory=deque)
    """People whose account is known and whose permit is not, each for one turn."""
    arrivals: Iterator[int] = field(default_factory=count)

    async def expect(self, rounds: int) -> None:
        """Let the accounts of all strangers be made before anything is measured."""
        for _ in range((rounds + 1) * _WRITES_A_TURN):
            person = resident(self.rows + next(self.arrivals))
            subject_id, _ = await self.stores.sign_ins.subject(
                person.provider, person.upstream_subject, Anchor(), NOW, "benchmark"
            )
            self.strangers.append((person, subject_id))

    def somebody(self) -> Person:
        """Anybody who is in the table."""
        return resident(self.rng.randrange(self.rows))

    def loads(self) -> dict[str, AsyncLoad]:
        """What is measured on it, one beside what it is compared with."""
        return {
            ROW_READ: lambda: read_rows(self, _READS_A_TURN),
            RETURNING: lambda: return_people(self, _READS_A_TURN),
            KNOWN: lambda: resolve_people(self, _READS_A_TURN),
            ROWS_WRITTEN: lambda: write_rows(self, _WRITES_A_TURN),
            FIRST: lambda: bind_strangers(self, _WRITES_A_TURN),
        }


async def read_rows(table: Table, times: int) -> int:
    """The yardstick of reading."""
    database = table.stores.database
    for _ in range(times):
        values = {"of_id": table.somebody().subject_id}
        box = await database.read(lambda connection, values=values: connection.execute(_BOX, values).scalar_one())  # type: ignore[misc]
        if not box:
            raise WrongAnswerError("an empty row")
    return times


async def write_rows(table: Table, times: int) -> int:
    """The yardstick of writing: read a row, write it, and append another, durably."""
    for _ in range(times):
        subject_id = table.somebody().subject_id

        def work(connection: Connection, subject_id: str = subject_id) -> None:
            box = connection.execute(_BOX, {"of_id": subject_id}).scalar_one()
            connection.execute(_TOUCH, {"of_id": subject_id, "same_box": box})
            audit.record(connection, happened(subject_id))

        await table.stores.database.run(work)
    return times


async def return_people(table: Table, times: int) -> int:
    """Somebody comes back, and the record is fresh enough: what most sign-ins do."""
    for _ in range(times):
        person = table.somebody()
        held = await table.stores.numbers.of_subject(person.subject_id)
        if held is None:
            raise WrongAnswerError("everybody here has a number")
        known = Known(binding=held.binding, standing=held.standing, is_holder=True)
        if not isinstance(decide(person.evidence, known, _POLICY), Keep):
            raise WrongAnswerError("everybody here keeps it")
    return times


async def resolve_people(table: Table, times: int) -> int:
    """Somebody comes back and their documents are looked at again."""
    for _ in range(times):
        person, numbers = table.somebody(), table.stores.numbers
        held = await numbers.of_subject(person.subject_id)
        known = await numbers.known(person.subject_id, person.permit, None, None)
        decision = decide(person.evidence, known, _POLICY)
        if held is None or not isinstance(decision, Keep) or decision.binding.number != held.binding.number:
            raise WrongAnswerError("both ways lead to one record")
    return times


async def bind_strangers(table: Table, times: int) -> int:
    """Somebody comes for the first time and is given a number."""
    numbers = table.stores.numbers
    for _ in range(times):
        person, subject_id = table.strangers.popleft()
        known = await numbers.known(subject_id, person.permit, None, None)
        decision = decide(person.evidence, known, _POLICY)
        if not isinstance(decision, Allocate):
            raise WrongAnswerError("a stranger has no record")
        await numbers.apply(subject_id, person.provider, person.evidence, decision, NOW, happened(subject_id))
    return times


@contextmanager
def statements() -> Iterator[Counter[str]]:
    """Count the statements that reach an engine from now on, by their first word."""
    seen: Counter[str] = Counter()

    def notice(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        seen[statement.split(None, 1)[0].upper()] += 1

    event.listen(Engine, "before_cursor_execute", notice)
    try:
        yield seen
    finally:
        event.remove(Engine, "before_cursor_execute", notice)
