"""The one face of both engines: durable settings, one error, transactions that are repeated only when that is safe."""

import asyncio
import sqlite3
import traceback
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy import Connection, make_url, select, text, update
from sqlalchemy.exc import StatementError
from sqlalchemy.util import await_only

from gateway.audit import AuditAction
from gateway.oidc.ports import StoreUnavailableError
from gateway.store.open import Stores, open_stores
from gateway.store.sql import tables
from gateway.store.sql.database import ClashError, Database
from gateway.store.sql.sqlite import has_wal_reset_race
from tests.contracts.stores.builders import KEYS, NOW, World, a_subject, an_event

SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
POSTGRES = [
    pytest.mark.engines,
    pytest.mark.parametrize("database_url", [pytest.param("postgresql", marks=pytest.mark.engines)], indirect=True),
]


def ask(statement: str) -> Any:
    return lambda connection: connection.execute(text(statement)).scalar_one()


@SQLITE
@pytest.mark.parametrize(
    ("pragma", "value"), [("synchronous", 2), ("foreign_keys", 1), ("busy_timeout", 3000), ("trusted_schema", 0)]
)
async def test_sqlite_runs_with_every_safety_on(stores: Stores, pragma: str, value: int) -> None:
    assert await stores.database.read(ask(f"PRAGMA {pragma}")) == value


@SQLITE
@pytest.mark.attack("F-SQL3-03")
async def test_a_sqlite_with_the_wal_race_uses_a_rollback_journal_and_says_so(stores: Stores) -> None:
    is_affected = has_wal_reset_race(sqlite3.sqlite_version_info)

    mode = await stores.database.read(ask("PRAGMA journal_mode"))

    assert mode == ("truncate" if is_affected else "wal")
    assert ("rollback journal" in stores.note) is is_affected


@SQLITE
async def test_a_file_that_another_process_holds_is_unavailable_and_then_works_again(
    stores: Stores, tmp_path: Path
) -> None:
    await stores.database.read(ask("PRAGMA busy_timeout=20"))
    holder = sqlite3.connect(tmp_path / "gate.sqlite3", isolation_level=None)
    holder.execute("BEGIN EXCLUSIVE")

    with pytest.raises(StoreUnavailableError):
        await stores.audit.append(an_event())
    assert await stores.ready() == {"database": False}
    holder.execute("ROLLBACK")
    holder.close()

    await stores.audit.append(an_event())
    assert await stores.ready() == {"database": True}


@pytest.mark.parametrize("setting", ["synchronous_commit", "statement_timeout", "lock_timeout"])
@POSTGRES[0]
@POSTGRES[1]
async def test_postgresql_runs_with_our_session_settings(stores: Stores, setting: str) -> None:
    expected = {"synchronous_commit": "on", "statement_timeout": "5s", "lock_timeout": "3s"}

    assert await stores.database.run(ask(f"SHOW {setting}")) == expected[setting]
    assert await stores.database.read(ask(f"SHOW {setting}")) == expected[setting]


@POSTGRES[0]
@POSTGRES[1]
@pytest.mark.parametrize("is_reading", [True, False])
async def test_connections_that_the_server_cut_are_replaced_without_a_word(
    stores: Stores, database_url: str, is_reading: bool
) -> None:
    await stores.ready()
    cut_connections(database_url)

    if is_reading:
        assert await stores.clients.find("nobody") is None
    else:
        await stores.audit.append(an_event())


@POSTGRES[0]
@POSTGRES[1]
async def test_a_connection_that_is_cut_in_the_middle_is_repeated_from_the_start(
    stores: Stores, database_url: str
) -> None:
    tries = []

    def work(connection: Connection) -> int:
        tries.append(connection.execute(select(tables.audit.c.seq)).all())
        if len(tries) == 1:
            cut_connections(database_url)
        connection.execute(tables.audit.insert(), row())
        return len(tries)

    assert await stores.database.run(work) == 2

    assert await stores.database.read(ask("SELECT count(*) FROM audit")) == 1


@POSTGRES[0]
@POSTGRES[1]
async def test_two_transactions_in_deadlock_both_end_well(world: World, database_url: str) -> None:
    other = await a_subject(world.stores, "two", "macao")
    ids = [world.subject_id, other]
    meeting = [asyncio.Event(), asyncio.Event()]
    loop = asyncio.get_running_loop()
    tries = [0, 0]

    def crossing(number: int) -> Any:
        def work(connection: Connection) -> None:
            tries[number] += 1
            touch(connection, ids[number])
            if tries[number] == 1:
                loop.call_soon(meeting[number].set)
                await_only(meeting[1 - number].wait())
            touch(connection, ids[1 - number])

        return work

    await asyncio.gather(*(world.stores.database.run(crossing(number)) for number in range(2)))

    assert sum(tries) > 2  # one was thrown back at least once; with bad luck they meet again


def touch(connection: Connection, subject_id: str | None) -> None:
    connection.execute(update(tables.subjects).where(tables.subjects.c.id == subject_id).values(created_at=NOW))


@POSTGRES[0]
@POSTGRES[1]
async def test_a_pool_that_is_used_up_is_unavailable_soon(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.store.sql.postgres.POOL_WAIT_SECONDS", 0.05)
    database = Database.at(database_url, pool_size=1)

    def work(connection: Connection) -> None:
        connection.execute(text("SELECT pg_sleep(0.5)"))

    first = asyncio.create_task(database.run(work))
    await asyncio.sleep(0)
    with pytest.raises(StoreUnavailableError):
        await asyncio.gather(*(database.run(work) for _ in range(2)))
    await asyncio.wait([first])
    await database.aclose()


async def test_a_server_that_is_not_there_is_unavailable() -> None:
    with pytest.raises(StoreUnavailableError) as failure:
        await open_stores("postgresql://u:hush@127.0.0.1:1/none", **KEYS)

    assert str(failure.value) == "the database does not answer"


@SQLITE
async def test_a_closed_file_is_unavailable_and_may_be_closed_again(stores: Stores) -> None:
    await stores.aclose()

    with pytest.raises(StoreUnavailableError):
        await stores.audit.append(an_event())
    await stores.aclose()


async def test_a_fault_of_ours_is_not_called_unavailable_and_quotes_no_value(stores: Stores) -> None:
    def work(connection: Connection) -> None:
        for _ in range(2):
            connection.execute(tables.replays.insert(), {"kind": "canary", "value": b"v", "expires_at": NOW})

    with pytest.raises(ClashError) as failure:
        await stores.database.run(work)

    assert "canary" not in "".join(traceback.format_exception(failure.value))
    assert await stores.database.read(ask("SELECT count(*) FROM replays")) == 0


async def test_a_moment_without_a_zone_is_refused(stores: Stores) -> None:
    with pytest.raises(StatementError, match="offset-naive"):
        await stores.audit.append(an_event(at=NOW.replace(tzinfo=None)))


def row() -> dict[str, Any]:
    return {"at": NOW, "action": AuditAction.SIGNED_OUT.value, "correlation_id": "c", "details": "{}"}


def cut_connections(database_url: str) -> None:
    address = make_url(database_url).set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(address, autocommit=True) as admin:
        admin.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
