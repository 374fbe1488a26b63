"""Kills work at any statement, and looks at everything that is left: for suites on what a crash may leave behind."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Engine, event, select

from gateway.store.open import Stores
from gateway.store.sql import number_tables

NEVER = 10**9


class KilledError(Exception):
    """The process is gone at this point."""


@dataclass
class Counter:
    """How many statements came through."""

    statements: int = 0


def engine_of(stores: Stores) -> Engine:
    """The engine that writes."""
    engine = stores.database._runner._engine  # type: ignore[attr-defined]
    return getattr(engine, "sync_engine", engine)


@contextmanager
def killed_at(stores: Stores, place: int = NEVER) -> Iterator[Counter]:
    """Let nothing be executed from the statement with this number on; count those before it."""
    counter = Counter()

    def before(*_: Any) -> None:
        counter.statements += 1
        if counter.statements >= place:
            raise KilledError

    event.listen(engine_of(stores), "before_cursor_execute", before)
    try:
        yield counter
    finally:
        event.remove(engine_of(stores), "before_cursor_execute", before)


async def everything(stores: Stores) -> Mapping[str, Sequence[Any]]:
    """Every row of every table."""

    def work(connection: Connection) -> Mapping[str, Sequence[Any]]:
        return {
            table.name: sorted(repr(row) for row in connection.execute(select(table)).all())
            for table in number_tables.metadata.sorted_tables
        }

    return await stores.database.read(work)
