"""Drives SQLite: the synchronous driver, one connection in one thread of its own, durable commits.

One writer is all that SQLite allows, so one thread costs nothing; the event loop never waits for the disk.
"""

import sqlite3
from collections.abc import Callable
from functools import partial
from typing import Final, TypeVar

from sqlalchemy import URL, Connection, Engine, StaticPool, create_engine

from gateway.store.sql.worker import Worker

T = TypeVar("T")

BUSY_MILLISECONDS: Final = 3_000
"""How long another process may hold the file before the answer is "not available"."""

_RACE_FROM: Final = (3, 7, 0)
_RACE_TO: Final = (3, 51, 2)
_RACE_MENDED: Final = frozenset({(3, 44, 6), (3, 50, 7)})


def has_wal_reset_race(version: tuple[int, ...]) -> bool:
    """Say whether this SQLite can corrupt a write-ahead log that two connections use (F-SQL3-03)."""
    return _RACE_FROM <= version <= _RACE_TO and version not in _RACE_MENDED


def journal_mode(version: tuple[int, ...]) -> str:
    """Choose the write-ahead log where it is safe and a rollback journal elsewhere; both allow several processes."""
    return "TRUNCATE" if has_wal_reset_race(version) else "WAL"


def make_engine(url: URL) -> Engine:
    """Make an engine whose transactions are begun and ended by us alone."""
    # Values never enter an exception's text: they may be somebody's.
    return create_engine(
        url, poolclass=StaticPool, hide_parameters=True, isolation_level="AUTOCOMMIT", connect_args={"timeout": 0}
    )


def prepare(connection: Connection, version: tuple[int, ...] = sqlite3.sqlite_version_info) -> None:
    """Switch every safety on, and make sure that the journal really is the one that is safe here."""
    for pragma in (f"busy_timeout={BUSY_MILLISECONDS}", "synchronous=FULL", "foreign_keys=ON", "trusted_schema=OFF"):
        connection.exec_driver_sql(f"PRAGMA {pragma}")
    wanted = journal_mode(version).lower()
    if connection.exec_driver_sql("PRAGMA journal_mode").scalar_one() == wanted:
        return
    if connection.exec_driver_sql(f"PRAGMA journal_mode={wanted}").scalar_one() != wanted:
        raise sqlite3.OperationalError("the journal mode cannot be changed while others use the file")


class SqliteRunner:
    """Runs functions on the one connection, each in one transaction."""

    def __init__(self, url: URL, version: tuple[int, ...] = sqlite3.sqlite_version_info) -> None:
        self._version = version
        self._engine = make_engine(url)
        self._worker = Worker("sqlite")
        self._connection: Connection | None = None
        self._is_closed = False

    @property
    def note(self) -> str:
        """What an operator should know of the engine."""
        name = ".".join(str(part) for part in self._version)
        if has_wal_reset_race(self._version):
            return f"SQLite {name}: rollback journal, because its write-ahead log can corrupt (upgrade to 3.51.3)"
        return f"SQLite {name}: write-ahead log"

    async def write(self, work: Callable[[Connection], T]) -> T:
        """Run with the write lock from the start, so that nothing read can change before it is written."""
        return await self._submit("BEGIN IMMEDIATE", work)

    async def read(self, work: Callable[[Connection], T]) -> T:
        """Run on one consistent state without the write lock."""
        return await self._submit("BEGIN", work)

    async def aclose(self) -> None:
        """Close the file, after the work that is under way."""
        if self._is_closed:
            return
        self._is_closed = True
        await self._worker.run(self._close)
        self._worker.stop()

    async def _submit(self, begin: str, work: Callable[[Connection], T]) -> T:
        if self._is_closed:
            raise sqlite3.OperationalError("the database is closed")
        return await self._worker.run(partial(self._run, begin, work))

    def _run(self, begin: str, work: Callable[[Connection], T]) -> T:
        connection = self._connection or self._connect()
        # The transaction is the driver's business: through SQLAlchemy these two words cost more than a statement.
        raw: sqlite3.Connection = connection.connection.driver_connection  # type: ignore[assignment]  # pysqlite's own
        raw.execute(begin)
        try:
            result = work(connection)
            raw.execute("COMMIT")
        except BaseException:
            if raw.in_transaction:
                raw.execute("ROLLBACK")
            raise
        return result

    def _connect(self) -> Connection:
        connection = self._engine.connect()
        try:
            prepare(connection, self._version)
        except BaseException:
            connection.close()
            self._engine.dispose()
            raise
        self._connection = connection
        return connection

    def _close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None
        self._engine.dispose()
