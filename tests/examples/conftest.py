"""One world for a file, with a fresh sample API in it for each test, and relying parties that hold tokens for it."""

from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio

from examples.resource_server.app import create_app
from tests.examples.calling import API, Api, a_service
from tests.relying_party import RelyingParty
from tests.world import World, a_world


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def world(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    """Gateway on SQLite and the mocks, in this process."""
    async with a_world(tmp_path_factory.mktemp("examples") / "world") as running:
        yield running


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def service(world: World) -> RelyingParty:
    """A relying party that may ask for tokens for the API and for another one."""
    return await RelyingParty.register(world, a_service())


@pytest.fixture
def api(world: World) -> Iterator[Api]:
    """The sample API, with the world as its network and its clock, which is set back afterwards."""
    now = world.clock.now
    world.net.mount(API, create_app(world.issuer, API, world.net.browser(), world.clock.seconds))
    yield Api(world)
    world.clock.now = now
    world.net.mount(world.issuer, world.gateway)
