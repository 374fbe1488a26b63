"""Every suite of this folder runs on SQLite and on PostgreSQL, each test on a migrated database of its own."""

import shutil
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from gateway.store import migrate
from gateway.store.open import Stores, open_stores
from tests.contracts.stores.builders import ENGINES, KEYS, World, a_world
from tests.contracts.stores.desk import Desk
from tests.engines import PostgresServer


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a SQLite file with the newest schema, to be copied."""
    file = tmp_path_factory.mktemp("schema") / "template.sqlite3"
    migrate.upgrade(f"sqlite:///{file}")
    return file


@pytest.fixture(scope="session")
def migrated_template(postgres: PostgresServer) -> str:
    """Give the name of a PostgreSQL database with the newest schema, to be copied."""
    return postgres.create_template(migrate.upgrade)


@pytest.fixture(params=ENGINES)
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Give the address of a fresh database with the newest schema."""
    if request.param == "sqlite":
        shutil.copy(request.getfixturevalue("migrated_file"), tmp_path / "gate.sqlite3")
        yield f"sqlite:///{tmp_path / 'gate.sqlite3'}"
        return
    server: PostgresServer = request.getfixturevalue("postgres")
    url = server.create_database(request.getfixturevalue("migrated_template"))
    yield url
    server.drop_database(url)


@pytest.fixture
async def stores(database_url: str) -> AsyncIterator[Stores]:
    """Give open stores."""
    opened = await open_stores(database_url, **KEYS)
    yield opened
    await opened.aclose()


@pytest.fixture
async def second(database_url: str) -> AsyncIterator[Stores]:
    """Give the same database as another worker has it open."""
    opened = await open_stores(database_url, **KEYS)
    yield opened
    await opened.aclose()


@pytest.fixture
async def world(stores: Stores) -> World:
    """Give the stores with one client and one person in them."""
    return await a_world(stores)


@pytest.fixture
def desk(stores: Stores) -> Desk:
    """Give the desk at which numbers are resolved."""
    return Desk(stores)
