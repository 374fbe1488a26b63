"""The served authorities in this process."""

from collections.abc import AsyncIterator

import httpx
import pytest

from mock_idps.authority.app import AuthorityConfig, create_app
from tests.authority import NOW, a_world


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    app = create_app(AuthorityConfig(a_world().base_url), world=a_world(), now=lambda: NOW)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=a_world().base_url) as http:
        yield http
