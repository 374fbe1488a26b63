"""Reads the database's address and says which engine it means."""

from pathlib import Path
from typing import Final

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from gateway.config import ConfigurationError

_DRIVERS: Final = {
    "sqlite": "sqlite",
    "sqlite+pysqlite": "sqlite",
    "postgresql": "postgresql+psycopg",
    "postgres": "postgresql+psycopg",
    "postgresql+psycopg": "postgresql+psycopg",
}
_EXPECTED: Final = "setting storage.database_url must look like sqlite:///file.sqlite3 or postgresql://host/name"


def read_address(database_url: str) -> URL:
    """Parse an address; a database in memory is refused, because nothing in it would survive."""
    try:
        url = make_url(database_url)
    except (ArgumentError, ValueError):
        raise ConfigurationError(_EXPECTED) from None  # the address may hold a password
    driver = _DRIVERS.get(url.drivername)
    if driver is None or (driver == "sqlite" and not _names_a_file(url)):
        raise ConfigurationError(_EXPECTED)
    return url.set(drivername=driver)


def is_sqlite(url: URL) -> bool:
    """Tell the embedded engine from the server."""
    return url.get_backend_name() == "sqlite"


def sqlite_file(url: URL) -> Path:
    """Give the file of an embedded database."""
    return Path(url.database or "")


def _names_a_file(url: URL) -> bool:
    return bool(url.database) and not str(url.database).startswith((":", "file:"))
