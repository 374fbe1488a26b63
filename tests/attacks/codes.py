"""Fresh authorization codes, got through a normal sign-in at a mock (CODE in the catalogue's words)."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx

from tests.attacks.watch import WatchedWorld
from tests.world import AT, Asked, Browser, asking

STUDENT = "chan-siu-ming"
GRANTED = {"grants": 1, "codes": 1}
"""Rows that a new code brings along."""


async def a_session(world: WatchedWorld, client_id: str = "shop", **changes: str) -> Browser:
    """A browser whose person is signed in and has agreed, so that it gets codes without a question."""
    browser = world.browser()
    await browser.sign_in(asking(client_id, **changes), "hong_kong", STUDENT)
    return browser


async def a_code(browser: Browser, client_id: str = "shop", **changes: str) -> tuple[Asked, str]:
    """One more code for a signed-in person."""
    asked = asking(client_id, **changes)
    await browser.open(asked.url)
    return asked, browser.answer["code"]


async def codes(browser: Browser, count: int) -> list[tuple[Asked, str]]:
    """Several codes, each of a request of its own."""
    return [await a_code(browser) for _ in range(count)]


@asynccontextmanager
async def gateway_client(world: WatchedWorld) -> AsyncIterator[httpx.AsyncClient]:
    """A relying party's server, which knows the gateway's address and keeps no cookies."""
    async with world.net.browser() as http:
        http.base_url = httpx.URL(AT.issuer)
        yield http


def error_of(response: httpx.Response) -> tuple[int, str]:
    """Status and registry word of a refusal in JSON; nothing else stands in it."""
    body = response.json()
    assert set(body) == {"error", "error_description", "error_uri"}
    assert body["error_uri"] == f"{AT.issuer}/errors/{body['error']}"
    return response.status_code, body["error"]
