"""Brings a database to this program's schema, and says where it stands; run by command, never by a replica.

There is no way back: going back would throw records away that people rely on. Restore a backup instead.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from alembic import command
from alembic.config import Config
from sqlalchemy import URL, Connection, Engine, NullPool, create_engine, event, text

from gateway.store.schema import HEAD, SchemaError, floor, is_newer, revision
from gateway.store.sql import postgres, sqlite
from gateway.store.sql.address import is_sqlite, read_address, sqlite_file
from gateway.store.sql.database import ClashError, one_error

SCRIPTS: Final = Path(__file__).parent / "migrations"
_ONE_AT_A_TIME: Final = text("SELECT pg_advisory_xact_lock(72616774)")
"""Two operators who upgrade at once wait for each other; the number only has to be the same for both."""
_PATIENT: Final = text("SET LOCAL statement_timeout = '30min'")
"""A migration may work on millions of rows; for locks it waits no longer than everybody else, and is then run again."""


def upgrade(database_url: str) -> None:
    """Bring the schema to ``HEAD`` in one transaction; nothing happens when it is there already.

    A newer schema stays as it is; ``SchemaError`` if this program cannot work with it.
    """
    url = read_address(database_url)
    if is_sqlite(url):
        _make_private(sqlite_file(url))
    with _connected(url) as connection:
        if is_newer(found := revision(connection)):
            if (oldest := floor(connection)) is None or oldest > HEAD:
                raise SchemaError(found, oldest)
            return
        config = Config()
        config.set_main_option("script_location", str(SCRIPTS).replace("%", "%%"))
        config.attributes["connection"] = connection
        command.upgrade(config, HEAD)


def status(database_url: str) -> tuple[str | None, str]:
    """The revision that the database has, and the one that this program needs."""
    url = read_address(database_url)
    if is_sqlite(url) and not sqlite_file(url).exists():
        return None, HEAD  # looking must not make a file
    with _connected(url) as connection:
        return revision(connection), HEAD


@contextmanager
def _connected(url: URL) -> Iterator[Connection]:
    engine = _sqlite_engine(url) if is_sqlite(url) else _postgres_engine(url)
    try:
        with one_error(), engine.begin() as connection:
            if not is_sqlite(url):
                connection.execute(_ONE_AT_A_TIME)
                connection.execute(_PATIENT)
            yield connection
    finally:
        engine.dispose()


def _postgres_engine(url: URL) -> Engine:
    return create_engine(url, poolclass=NullPool, hide_parameters=True, connect_args=postgres.connect_args(url))


def _sqlite_engine(url: URL) -> Engine:
    """An engine that begins for itself, so that changes of the schema are part of the transaction."""
    engine = sqlite.make_engine(url)

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        sqlite.prepare(connection)
        # A table is changed by building it anew, and the old one could not go while others refer to it.
        connection.exec_driver_sql("PRAGMA foreign_keys = OFF")
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    @event.listens_for(engine, "commit")
    def _commit(connection: Connection) -> None:
        if connection.exec_driver_sql("PRAGMA foreign_key_check").first() is not None:
            connection.exec_driver_sql("ROLLBACK")
            raise ClashError("foreign keys")
        connection.exec_driver_sql("COMMIT")

    @event.listens_for(engine, "rollback")
    def _rollback(connection: Connection) -> None:
        connection.exec_driver_sql("ROLLBACK")

    return engine


def _make_private(file: Path) -> None:
    """Make the file before the engine does, for its owner's eyes only."""
    try:
        file.touch(mode=0o600, exist_ok=False)
    except (FileExistsError, OSError):
        return  # it is there, or cannot be there: the engine says which
