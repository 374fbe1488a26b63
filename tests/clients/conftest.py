"""One running gateway for all programs of other makers: they open sockets and know nothing of our process."""

from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio

from tests.clients.person import Person
from tests.clients.running_gateway import RunningGateway, running_gateway


@pytest.fixture(scope="session")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningGateway]:
    """A gateway that runs until the last of the tests is done."""
    with running_gateway(tmp_path_factory.mktemp("clients") / "gate") as running:
        yield running


@pytest_asyncio.fixture
async def person(gateway: RunningGateway) -> AsyncIterator[Person]:
    """Somebody with a fresh browser."""
    browser = gateway.browser()
    async with browser.http:
        yield Person(gateway, browser)
