"""One face for both engines: a function on a connection becomes one transaction, and their failures one error."""

import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Final, Protocol, Self, TypeVar

from sqlalchemy import Connection, Table
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DBAPIError, IntegrityError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.sql.dml import Insert

from gateway.oidc.ports import StoreUnavailableError
from gateway.store.sql.address import is_sqlite, read_address
from gateway.store.sql.postgres import PostgresRunner
from gateway.store.sql.sqlite import SqliteRunner

T = TypeVar("T")

DEFAULT_POOL_SIZE: Final = 8


class Runner(Protocol):
    """How an engine is driven."""

    @property
    def note(self) -> str:
        """What an operator should know of the engine."""
        ...

    async def write(self, work: Callable[[Connection], T]) -> T:
        """Run in one transaction that may write."""
        ...

    async def read(self, work: Callable[[Connection], T]) -> T:
        """Run something that only reads."""
        ...

    async def aclose(self) -> None:
        """Let go of the database."""
        ...


class StatementError(Exception):
    """A statement that the engine refused: a fault of ours; the text names the engine's error and quotes nothing."""


class ClashError(StatementError):
    """A row that a constraint does not allow beside those that are there."""


class Database:
    """Runs functions against a database; they may be run more than once, so they only compute and execute."""

    def __init__(self, runner: Runner) -> None:
        self._runner = runner

    @classmethod
    def at(cls, database_url: str, *, pool_size: int = DEFAULT_POOL_SIZE) -> Self:
        """Choose the engine by the address; nothing is connected yet."""
        url = read_address(database_url)
        return cls(SqliteRunner(url) if is_sqlite(url) else PostgresRunner(url, pool_size))

    @property
    def note(self) -> str:
        """What an operator should know of the engine, for logs and ``doctor``."""
        return self._runner.note

    async def run(self, work: Callable[[Connection], T]) -> T:
        """Execute in one transaction: all of it is written, durably, or nothing."""
        with one_error():
            return await self._runner.write(work)

    async def read(self, work: Callable[[Connection], T]) -> T:
        """Execute something that only reads."""
        with one_error():
            return await self._runner.read(work)

    async def aclose(self) -> None:
        """Let go of the database."""
        await self._runner.aclose()


@contextmanager
def one_error() -> Iterator[None]:
    """Turn an engine that does not answer, not in time, or not any more, into the port's error (G06)."""
    try:
        yield
    except (OperationalError, InterfaceError, PoolTimeoutError, sqlite3.OperationalError) as error:
        raise StoreUnavailableError("the database does not answer") from error
    except DBAPIError as error:
        if error.connection_invalidated:
            raise StoreUnavailableError("the database does not answer") from error
        kind = ClashError if isinstance(error, IntegrityError) else StatementError
        # Cut off from its cause: PostgreSQL quotes the values of the row that it refuses.
        raise kind(type(error.orig).__name__) from None


def insert_unless_there(table: Table, *key: str) -> Mapping[str, Insert]:
    """Build, for each engine, an insert that leaves a row alone which has the same ``key``; its row count tells."""
    target = key or None
    new = {
        "sqlite": sqlite.insert(table).on_conflict_do_nothing(index_elements=target),
        "postgresql": postgresql.insert(table).on_conflict_do_nothing(index_elements=target),
    }
    return {name: statement.execution_options(preserve_rowcount=True) for name, statement in new.items()}
