"""A fresh world for every journey."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.world import World, a_world


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    """Gateway on SQLite and the three mocks, in this process."""
    async with a_world(tmp_path / "world") as running:
        yield running
