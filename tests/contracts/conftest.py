"""Real servers for the suites that run on every implementation of a port.

Each test process has servers of its own, started when the first test asks: workers share nothing, and none of them
depends on another one's life. `--without-engines` (dev.py) leaves such tests out, loudly and only when asked.
"""

import os
from collections.abc import Iterator

import pytest

from tests.engines import PostgresServer, ValkeyServer, start_postgres, start_valkey

ENGINE_FIXTURES = {"postgres", "valkey", "postgres_url", "valkey_url"}
SHARED_REDIS_DATABASES = 16


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests that need a server, so that `-m "not engines"` chooses truly."""
    for item in items:
        if ENGINE_FIXTURES & set(getattr(item, "fixturenames", ())):
            item.add_marker("engines")


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """Give a running PostgreSQL."""
    leave_out_when_asked()
    with start_postgres() as server:
        yield server


@pytest.fixture(scope="session")
def valkey() -> Iterator[ValkeyServer]:
    """Give a running Valkey."""
    leave_out_when_asked()
    with start_valkey() as server:
        yield server if server.process is not None else ValkeyServer(own_database(server.url))


@pytest.fixture
def postgres_url(postgres: PostgresServer) -> Iterator[str]:
    """Give the URL of a fresh, empty database: postgresql+psycopg://…"""
    url = postgres.create_database()
    yield url
    postgres.drop_database(url)


@pytest.fixture
def valkey_url(valkey: ValkeyServer) -> str:
    """Give the URL of an empty key space: redis://…"""
    valkey.flush()
    return valkey.url


def own_database(url: str) -> str:
    """Give each worker a numbered database of a server that the environment named, which they share."""
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    address, _, options = url.partition("?")
    scheme, _, rest = address.partition("://")
    host = rest.split("/", 1)[0]
    return f"{scheme}://{host}/{SHARED_REDIS_DATABASES - 1 - worker}" + (f"?{options}" if options else "")


def leave_out_when_asked() -> None:
    """Skip only on the explicit wish of whoever started the run."""
    if os.environ.get("GATE_WITHOUT_ENGINES"):
        pytest.skip("needs PostgreSQL or Valkey, and --without-engines was asked for")
