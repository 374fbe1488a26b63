"""A trust office for each test, on a copy of one migrated SQLite file."""

import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from gateway.signatures.trust_state import TrustFiles
from gateway.store import migrate
from gateway.store.open import open_stores
from tests.gateway.admin.audit_world import Trail, open_trail
from tests.gateway.admin.trust_world import Office, pinned


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a SQLite file with the newest schema, to be copied."""
    file = tmp_path_factory.mktemp("trust") / "template.sqlite3"
    migrate.upgrade(f"sqlite:///{file}")
    return file


@pytest.fixture
async def office(empty_database: Path, tmp_path: Path) -> AsyncIterator[Office]:
    """Give an office without a list."""
    shutil.copy(empty_database, tmp_path / "gate.sqlite3")
    stores = await open_stores(
        f"sqlite:///{tmp_path / 'gate.sqlite3'}",
        sealing_keys={"1": bytes(range(32))},
        index_keys={"1": bytes(range(32))},
    )
    yield Office(stores, tmp_path, TrustFiles.of(pinned(), tmp_path / "marks", bytes(32)))
    await stores.aclose()


@pytest.fixture
async def trail(empty_database: Path, tmp_path: Path) -> AsyncIterator[Trail]:
    """Give an audit in which nothing has happened."""
    shutil.copy(empty_database, tmp_path / "gate.sqlite3")
    opened = await open_trail(tmp_path)
    yield opened
    await opened.stores.aclose()
