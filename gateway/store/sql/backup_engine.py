"""Connections for a backup and a restore, which take their time: the short patience of requests is not theirs.

An embedded database is copied first, by the engine's own online copy (F-SQL3-05): it holds the file for a moment
only, so nobody who signs in waits for a backup that is being written out.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Final

from sqlalchemy import URL, Connection, NullPool, create_engine, text

from gateway.store.sql import sqlite
from gateway.store.sql.address import is_sqlite, sqlite_file
from gateway.store.sql.backup_tables import everything
from gateway.store.sql.database import one_error

_PATIENT: Final = {"statement_timeout": "0", "idle_in_transaction_session_timeout": "0", "lock_timeout": "3s"}
_SECONDS: Final = 30
"""How long another process may hold an embedded database."""


@contextmanager
def reading(url: URL, scratch: Path) -> Iterator[Connection]:
    """One state of the database, for as long as it is looked at; ``scratch`` exists, is empty and private."""
    with one_error(), _copied(url, scratch) if is_sqlite(url) else _snapshot(url) as connection:
        yield connection


@contextmanager
def writing(url: URL) -> Iterator[Connection]:
    """One transaction with the database to itself; whatever is raised leaves nothing of it behind."""
    with one_error(), _exclusive_file(url) if is_sqlite(url) else _exclusive_server(url) as connection:
        yield connection


@contextmanager
def _copied(url: URL, scratch: Path) -> Iterator[Connection]:
    if not sqlite_file(url).is_file():
        raise sqlite3.OperationalError("the database file is not there")
    _copy(sqlite_file(url), scratch)
    # Nothing of the copy is ever written, and no journal is looked for beside it.
    address = f"{scratch.absolute().as_uri()}?immutable=1"
    engine = create_engine("sqlite://", creator=lambda: sqlite3.connect(address, uri=True), poolclass=NullPool)
    try:
        with engine.connect() as connection:
            yield connection
    finally:
        engine.dispose()


def _copy(file: Path, scratch: Path) -> None:
    with closing(sqlite3.connect(file, timeout=_SECONDS)) as source, closing(sqlite3.connect(scratch)) as copy:
        source.backup(copy)


@contextmanager
def _snapshot(url: URL) -> Iterator[Connection]:
    engine = _server(url, isolation_level="REPEATABLE READ")
    try:
        with engine.connect() as connection:
            yield connection.execution_options(postgresql_readonly=True)
    finally:
        engine.dispose()


@contextmanager
def _exclusive_file(url: URL) -> Iterator[Connection]:
    engine = sqlite.make_engine(url)
    try:
        with engine.connect() as connection:
            sqlite.prepare(connection)
            connection.exec_driver_sql("BEGIN EXCLUSIVE")
            try:
                yield connection
                connection.exec_driver_sql("COMMIT")
            except BaseException:
                connection.exec_driver_sql("ROLLBACK")
                raise
    finally:
        engine.dispose()


@contextmanager
def _exclusive_server(url: URL) -> Iterator[Connection]:
    engine = _server(url)
    try:
        with engine.begin() as connection:
            names = ", ".join(f'"{table.name}"' for table in everything())
            # A gateway that still runs on it is kept out, or keeps us out: then nothing is restored.
            connection.execute(text(f"LOCK TABLE {names} IN ACCESS EXCLUSIVE MODE"))
            yield connection
    finally:
        engine.dispose()


def _server(url: URL, **options: Any) -> Any:
    given = url.query.get("options", "")
    ours = " ".join(f"-c {name}={value}" for name, value in _PATIENT.items())
    arguments = {"connect_timeout": 3, "options": f"{given} {ours}".strip()}
    return create_engine(url, poolclass=NullPool, hide_parameters=True, connect_args=arguments, **options)
