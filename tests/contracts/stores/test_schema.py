"""The schema: migrations lead to exactly the tables of the code, by command only, and never back."""

import sqlite3
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, create_engine, insert

from gateway.config import ConfigurationError
from gateway.oidc.ports import StoreUnavailableError
from gateway.store import migrate
from gateway.store.open import SchemaError, open_stores
from gateway.store.schema import FLOOR, HEAD
from gateway.store.sql.columns import metadata
from gateway.store.sql.database import Database
from gateway.store.sql.operation_tables import gateway_facts
from tests.contracts.stores.builders import ENGINES, KEYS
from tests.engines import PostgresServer


@pytest.fixture(params=ENGINES)
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Give the address of a database with nothing in it."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'empty.sqlite3'}"
        return
    server: PostgresServer = request.getfixturevalue("postgres")
    url = server.create_database()
    yield url
    server.drop_database(url)


def test_the_migrated_schema_is_that_of_the_tables(database_url: str) -> None:
    engine = create_engine(database_url)

    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        differences = compare_metadata(context, metadata)
    engine.dispose()

    assert differences == []


def test_there_is_one_newest_revision_and_the_program_knows_it() -> None:
    assert scripts().get_heads() == [HEAD]


def test_there_is_no_way_back() -> None:
    for revision in scripts().walk_revisions():
        with pytest.raises(NotImplementedError, match="restore a backup"):
            revision.module.downgrade()


def test_an_upgrade_may_be_repeated(empty_url: str) -> None:
    before = migrate.status(empty_url)

    migrate.upgrade(empty_url)
    migrate.upgrade(empty_url)

    assert before == (None, HEAD)
    assert migrate.status(empty_url) == (HEAD, HEAD)


def test_an_upgrade_that_fails_midway_leaves_nothing(empty_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    upgrade = command.upgrade
    monkeypatch.setattr(command, "upgrade", lambda config, revision: failing(upgrade, config, revision))

    with pytest.raises(LookupError):
        migrate.upgrade(empty_url)

    assert migrate.status(empty_url) == (None, HEAD)


def failing(upgrade: Any, config: Config, revision: str) -> None:
    upgrade(config, revision)
    raise LookupError


async def test_a_database_without_a_schema_is_refused_and_left_alone(empty_url: str) -> None:
    with pytest.raises(SchemaError, match="gate db upgrade"):
        await open_stores(empty_url, **KEYS)

    assert migrate.status(empty_url) == (None, HEAD)


@pytest.mark.attack("F-UPG-03")
async def test_f_upg_03_a_newer_schema_that_only_adds_serves_this_program_too(database_url: str) -> None:
    await as_a_newer_program(database_url, floor=HEAD)

    stores = await open_stores(database_url, **KEYS)

    assert await stores.ready() == {"database": True}
    await stores.aclose()


@pytest.mark.attack("F-UPG-03")
@pytest.mark.parametrize("floor", ["9999", None])
async def test_f_upg_03_a_newer_schema_that_takes_something_away_is_refused_clearly(
    database_url: str, floor: str | None
) -> None:
    await as_a_newer_program(database_url, floor=floor)

    with pytest.raises(SchemaError, match="start a newer version, or restore a backup") as refusal:
        await open_stores(database_url, **KEYS)

    assert refusal.value.found == "9999"


async def test_an_upgrade_leaves_a_newer_schema_as_it_is(database_url: str) -> None:
    await as_a_newer_program(database_url, floor=HEAD)

    migrate.upgrade(database_url)

    assert migrate.status(database_url) == ("9999", HEAD)


async def test_an_upgrade_refuses_a_newer_schema_that_serves_this_program_no_more(database_url: str) -> None:
    await as_a_newer_program(database_url, floor="9999")

    with pytest.raises(SchemaError):
        migrate.upgrade(database_url)


async def as_a_newer_program(url: str, *, floor: str | None) -> None:
    """Let the database be what a later version's migration leaves behind."""

    def work(connection: Connection) -> None:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
        connection.exec_driver_sql("ALTER TABLE clients ADD COLUMN invented_later TEXT")
        connection.exec_driver_sql("CREATE TABLE invented_later (id TEXT PRIMARY KEY)")
        connection.exec_driver_sql("DELETE FROM gateway_facts WHERE name = 'schema_floor'")
        if floor is not None:
            connection.execute(insert(gateway_facts), {"name": FLOOR, "value": floor})

    database = Database.at(url)
    await database.run(work)
    await database.aclose()


def test_looking_at_a_file_that_is_not_there_makes_none(tmp_path: Path) -> None:
    assert migrate.status(f"sqlite:///{tmp_path / 'none.sqlite3'}") == (None, HEAD)

    assert list(tmp_path.iterdir()) == []


def test_a_new_file_is_for_its_owner_only(tmp_path: Path) -> None:
    migrate.upgrade(f"sqlite:///{tmp_path / 'new.sqlite3'}")

    assert stat.S_IMODE((tmp_path / "new.sqlite3").stat().st_mode) == 0o600


def test_a_folder_that_is_not_there_is_reported_as_unavailable(tmp_path: Path) -> None:
    with pytest.raises(StoreUnavailableError):
        migrate.upgrade(f"sqlite:///{tmp_path / 'no' / 'folder.sqlite3'}")


def test_a_file_that_somebody_else_holds_is_reported_as_unavailable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.store.sql.sqlite.BUSY_MILLISECONDS", 1)
    file = tmp_path / "held.sqlite3"
    holder = sqlite3.connect(file, isolation_level=None)
    holder.execute("BEGIN EXCLUSIVE")

    with pytest.raises(StoreUnavailableError):
        migrate.upgrade(f"sqlite:///{file}")
    holder.close()


def test_a_server_that_is_not_there_is_reported_as_unavailable() -> None:
    with pytest.raises(StoreUnavailableError):
        migrate.status("postgresql://nobody@127.0.0.1:1/none")


@pytest.mark.parametrize("url", ["mysql://host/x", "sqlite://", "sqlite:///:memory:", "nonsense", ""])
def test_an_address_that_means_no_database_of_ours_is_refused(url: str) -> None:
    with pytest.raises(ConfigurationError, match=r"storage\.database_url"):
        migrate.status(url)


def scripts() -> ScriptDirectory:
    config = Config()
    config.set_main_option("script_location", str(migrate.SCRIPTS))
    return ScriptDirectory.from_config(config)
