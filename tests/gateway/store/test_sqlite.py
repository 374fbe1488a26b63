"""SQLite's journal: the write-ahead log only where it is safe, and no start in a mode that is not (F-SQL3-03)."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection, make_url, text
from sqlalchemy.exc import OperationalError

from gateway.store.sql.sqlite import SqliteRunner, has_wal_reset_race, journal_mode

SAFE = (3, 51, 3)
AFFECTED = (3, 40, 1)


@pytest.fixture
def file(tmp_path: Path) -> Iterator[Path]:
    return tmp_path / "journal.sqlite3"


def mode(connection: Connection) -> str:
    return connection.execute(text("PRAGMA journal_mode")).scalar_one()


@pytest.mark.parametrize(
    ("version", "is_affected"),
    [
        ((3, 6, 23), False),
        ((3, 7, 0), True),
        ((3, 44, 5), True),
        ((3, 44, 6), False),
        ((3, 44, 7), True),
        ((3, 50, 6), True),
        ((3, 50, 7), False),
        ((3, 51, 2), True),
        ((3, 51, 3), False),
        ((3, 52, 0), False),
    ],
)
def test_the_versions_with_the_race_are_known(version: tuple[int, ...], is_affected: bool) -> None:
    assert has_wal_reset_race(version) is is_affected
    assert journal_mode(version) == ("TRUNCATE" if is_affected else "WAL")


@pytest.mark.parametrize(("version", "expected"), [(SAFE, "wal"), (AFFECTED, "truncate")])
async def test_the_journal_is_the_one_for_the_version(file: Path, version: tuple[int, ...], expected: str) -> None:
    runner = SqliteRunner(make_url(f"sqlite:///{file}"), version)

    found = await runner.read(mode)

    assert found == expected
    await runner.aclose()


async def test_a_file_left_in_the_unsafe_mode_is_switched(file: Path) -> None:
    before = SqliteRunner(make_url(f"sqlite:///{file}"), SAFE)
    await before.read(mode)
    await before.aclose()
    after = SqliteRunner(make_url(f"sqlite:///{file}"), AFFECTED)

    assert await after.read(mode) == "truncate"
    await after.aclose()


async def test_a_file_that_others_keep_in_the_unsafe_mode_is_refused(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.store.sql.sqlite.BUSY_MILLISECONDS", 1)
    other = SqliteRunner(make_url(f"sqlite:///{file}"), SAFE)
    await other.write(lambda connection: connection.execute(text("CREATE TABLE t (n integer)")))
    runner = SqliteRunner(make_url(f"sqlite:///{file}"), AFFECTED)

    with pytest.raises((sqlite3.OperationalError, OperationalError), match=r"locked|journal mode"):
        await runner.read(mode)
    await runner.aclose()
    await other.aclose()


async def test_what_is_raised_rolls_back_and_the_next_one_works(file: Path) -> None:
    runner = SqliteRunner(make_url(f"sqlite:///{file}"))
    await runner.write(lambda connection: connection.execute(text("CREATE TABLE t (n integer)")))

    def fail(connection: Connection) -> None:
        connection.execute(text("INSERT INTO t VALUES (1)"))
        raise LookupError

    with pytest.raises(LookupError):
        await runner.write(fail)

    assert await runner.read(lambda connection: connection.execute(text("SELECT count(*) FROM t")).scalar_one()) == 0
    await runner.aclose()


@pytest.mark.parametrize(("version", "word"), [(SAFE, "write-ahead"), (AFFECTED, "upgrade to 3.51.3")])
async def test_the_operator_is_told(file: Path, version: tuple[int, ...], word: str) -> None:
    runner = SqliteRunner(make_url(f"sqlite:///{file}"), version)

    assert word in runner.note
    await runner.aclose()
