"""A world for the tests of pages and endpoints that need the gateway behind them, and the operators' office in it."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from gateway.admin.records import Role
from tests.gateway.web.office import Office
from tests.world import World, a_world


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with a_world(tmp_path / "world") as running:
        yield running


@pytest.fixture
async def office(world: World) -> AsyncIterator[Office]:
    async with world.operator_api() as http:
        roles = (("rita", Role.READER), ("kim", Role.KEEPER), ("ken", Role.KEEPER))
        keys = [await world.operator(name, role) for name, role in roles]
        yield Office(world, http, *keys)
