"""The bulk side of both engines: rows in, quickly, into a database in which nobody else is."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final, Protocol

import psycopg
from psycopg import sql
from sqlalchemy import make_url

from benchmarks.mapping_recorder import Portion, columns
from gateway.store.sql.columns import metadata

_CACHE_KIB: Final = 2 * 1024 * 1024


class Writer(Protocol):
    """How an engine takes rows in bulk."""

    engine: str

    def write(self, portion: Portion) -> None:
        """Add rows of many tables."""
        ...

    def finish(self) -> None:
        """Leave the database as its engine would have it after quiet days: statistics made, log written back."""
        ...


class SqliteWriter:
    """One transaction a portion, without waiting for the disk."""

    engine = "sqlite"

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        for pragma in ("synchronous=OFF", "journal_mode=OFF", f"cache_size=-{_CACHE_KIB}", "foreign_keys=OFF"):
            connection.execute(f"PRAGMA {pragma}")

    def write(self, portion: Portion) -> None:
        """Add rows of many tables."""
        self._connection.execute("BEGIN")
        for name, rows in portion.items():
            names = columns(metadata.tables[name])
            places = ", ".join("?" * len(names))
            self._connection.executemany(f"INSERT INTO {name} ({', '.join(names)}) VALUES ({places})", rows)
        self._connection.execute("COMMIT")

    def finish(self) -> None:
        """The gateway makes no statistics on SQLite, so neither does this."""


class PostgresWriter:
    """One COPY a table and portion."""

    engine = "postgresql"

    def __init__(self, connection: psycopg.Connection) -> None:
        self._connection = connection
        connection.execute("SET session_replication_role = replica")  # foreign keys are not looked up
        connection.execute("SET synchronous_commit = off")

    def write(self, portion: Portion) -> None:
        """Add rows of many tables."""
        with self._connection.transaction(), self._connection.cursor() as cursor:
            for name, rows in portion.items():
                names = sql.SQL(", ").join(map(sql.Identifier, columns(metadata.tables[name])))
                with cursor.copy(sql.SQL("COPY {} ({}) FROM STDIN").format(sql.Identifier(name), names)) as copy:
                    for row in rows:
                        copy.write_row(row)

    def finish(self) -> None:
        """What autovacuum does after a while."""
        self._connection.execute("VACUUM ANALYZE")
        self._connection.execute("CHECKPOINT")


@contextmanager
def open_writer(url: str) -> Iterator[Writer]:
    """Open the engine behind a database address."""
    address = make_url(url)
    if address.get_backend_name() == "sqlite":
        connection = sqlite3.connect(str(address.database), isolation_level=None)
        try:
            yield SqliteWriter(connection)
        finally:
            connection.close()
        return
    plain = address.set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(plain, autocommit=True) as postgres:
        yield PostgresWriter(postgres)
