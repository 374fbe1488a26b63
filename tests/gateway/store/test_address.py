"""Which engine an address means; what it does not mean is refused without being repeated."""

import pytest

from gateway.config import ConfigurationError
from gateway.store import redis
from gateway.store.sql.address import is_sqlite, read_address, sqlite_file
from gateway.store.sql.postgres import connect_args


@pytest.mark.parametrize(
    ("given", "driver"),
    [
        ("sqlite:///gate.sqlite3", "sqlite"),
        ("sqlite:////var/lib/gate.sqlite3", "sqlite"),
        ("postgresql://host/gate", "postgresql+psycopg"),
        ("postgres://host/gate", "postgresql+psycopg"),
        ("postgresql+psycopg://user:pass@host:5432/gate?sslmode=require", "postgresql+psycopg"),
    ],
)
def test_a_good_address_names_its_driver(given: str, driver: str) -> None:
    url = read_address(given)

    assert url.drivername == driver
    assert is_sqlite(url) is (driver == "sqlite")


@pytest.mark.parametrize(("given", "file"), [("sqlite:///a/b.db", "a/b.db"), ("sqlite:////a/b.db", "/a/b.db")])
def test_relative_and_absolute_files_are_told_apart(given: str, file: str) -> None:
    assert str(sqlite_file(read_address(given))) == file


@pytest.mark.parametrize(
    "given",
    [
        "",
        "gate.sqlite3",
        "sqlite://",
        "sqlite:///:memory:",
        "sqlite:///file:x?mode=memory&uri=true",
        "sqlite+aiosqlite:///x",
        "mysql://u:hush@h/x",
        "postgresql+asyncpg://u:hush@h/x",
        "postgresql://u:hush@h:port/x",
    ],
)
def test_another_address_is_refused_and_its_password_not_shown(given: str) -> None:
    with pytest.raises(ConfigurationError, match=r"storage\.database_url") as refusal:
        read_address(given)

    assert "hush" not in str(refusal.value)


def test_options_of_the_address_are_kept_beside_ours() -> None:
    url = read_address("postgresql://host/gate?options=-c%20search_path%3Dgate")

    options = connect_args(url)["options"]

    assert options.startswith("-c search_path=gate ")
    assert "synchronous_commit=on" in options


def test_an_address_that_means_no_redis_is_refused() -> None:
    with pytest.raises(ConfigurationError, match=r"storage\.redis_url") as refusal:
        redis.connect("http://u:hush@host")

    assert "hush" not in str(refusal.value)
