"""Watches the statements that stores send to their engine, or breaks one of them."""

from collections.abc import Callable
from typing import Any, Final

import pytest
from sqlalchemy import event

from gateway.store.open import Stores

POSTGRESQL: Final = pytest.mark.parametrize(
    "database_url", [pytest.param("postgresql", marks=pytest.mark.engines)], indirect=True
)
"""For what only happens where writers run beside each other."""


class InjectedError(Exception):
    """What a broken statement raises."""


def listen(stores: Stores, look: Callable[..., None]) -> None:
    """Let somebody look at every statement before it is executed."""
    runner = stores.database._runner
    for engine in (runner._engine, getattr(runner, "_reader", None)):
        if engine is not None:
            event.listen(getattr(engine, "sync_engine", engine), "before_cursor_execute", look)


def statements_of(stores: Stores) -> list[str]:
    """Give the list of statements that are executed from now on."""
    seen: list[str] = []

    def look(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        seen.append(statement)

    listen(stores, look)
    return seen


def break_at(stores: Stores, beginning: str) -> None:
    """Make every statement fail that begins so."""

    def look(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if statement.startswith(beginning):
            raise InjectedError

    listen(stores, look)


async def is_anybody_waiting(stores: Stores) -> bool:
    """Whether a connection to this database waits for a lock; the question itself gives the others their turn."""
    statement = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    return await stores.database.read(lambda connection: connection.exec_driver_sql(statement).scalar_one()) > 0
