"""Faults, upgrades: a migration that is killed, or has no room, leaves the schema of before; run again, it completes."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, create_engine, event, inspect

from gateway.store import migrate
from gateway.store.open import SchemaError, open_stores
from gateway.store.schema import HEAD
from tests.contracts.stores.builders import ENGINES, KEYS
from tests.engines import PostgresServer
from tests.faults.upgrading import FULL, Upgrader, changes_something, old_database, upgrader
from tests.faults.weight import PATIENT, rounds

pytestmark = PATIENT
BEFORE = "0004"
ROWS = rounds(200, 1_000_000)
POINTS = rounds(3, 20)
TEN_MINUTES = 600.0


@pytest.fixture(scope="module")
def patient() -> Iterator[Upgrader]:
    with upgrader() as started:
        yield started


@pytest.fixture(params=ENGINES)
def old_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Give the address of a database of the schema before, with rows in it."""
    server: PostgresServer | None = None
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path / 'old.sqlite3'}"
    else:
        server = request.getfixturevalue("postgres")
        url = server.create_database()
    old_database(url, BEFORE, ROWS)
    yield url
    if server is not None:
        server.drop_database(url)


def tables_of(url: str) -> set[str]:
    engine = create_engine(url)
    found = set(inspect(engine).get_table_names())
    engine.dispose()
    return found


def rows_of(url: str) -> int:
    engine = create_engine(url)
    with engine.connect() as connection:
        found: int = connection.exec_driver_sql("SELECT count(*) FROM audit").scalar_one()
    engine.dispose()
    return found


def statements_of_a_migration(folder: Path) -> int:
    """How many statements of the migration change something, counted on a database of its own."""
    url, counted = f"sqlite:///{folder / 'counted.sqlite3'}", []
    old_database(url, BEFORE, 1)

    def count(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        counted.append(changes_something(statement))

    event.listen(Engine, "before_cursor_execute", count)
    try:
        migrate.upgrade(url)
    finally:
        event.remove(Engine, "before_cursor_execute", count)
    return sum(counted)


@pytest.mark.attack("F-UPG-02")
async def test_f_upg_02_killed_anywhere_it_leaves_the_schema_of_before_and_completes_when_run_again(
    old_url: str, patient: Upgrader, tmp_path: Path
) -> None:
    last = statements_of_a_migration(tmp_path)
    before = tables_of(old_url)

    for place in range(POINTS):
        # The last one moves the version: then everything has been done and nothing is committed.
        assert patient.upgrade(old_url, last * (place + 1) // POINTS) == "killed"
        assert migrate.status(old_url) == (BEFORE, HEAD)
        assert tables_of(old_url) == before
        with pytest.raises(SchemaError, match="run `gate db upgrade`"):
            await open_stores(old_url, **KEYS)

    started = time.monotonic()
    assert patient.upgrade(old_url) == "done"

    assert time.monotonic() - started < TEN_MINUTES
    assert migrate.status(old_url) == (HEAD, HEAD)
    assert rows_of(old_url) == ROWS
    stores = await open_stores(old_url, **KEYS)
    assert await stores.ready() == {"database": True}
    await stores.aclose()


@pytest.mark.attack("F-UPG-02")
def test_f_upg_02_a_full_disk_leaves_the_schema_of_before(patient: Upgrader, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'old.sqlite3'}"
    old_database(url, BEFORE, 200)
    before = tables_of(url)

    assert patient.upgrade(url, FULL) == "StoreUnavailableError"

    assert migrate.status(url) == (BEFORE, HEAD)
    assert tables_of(url) == before
    assert rows_of(url) == 200
    assert patient.upgrade(url) == "done"
    assert migrate.status(url) == (HEAD, HEAD)
