"""A person with a browser, signed in at a relying party and on the page "my identifier"; and what operators see of it."""

import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final

import httpx

from gateway.admin import alerts
from gateway.admin.records import Role
from gateway.cli.robot import Page
from tests.world import AT, Asked, Browser, World, asking

ACCOUNT: Final = f"{AT.issuer}/account"


@dataclass(frozen=True, slots=True)
class SignedIn:
    """One completed sign-in, with all that came of it."""

    browser: Browser
    asked: Asked
    tokens: dict[str, Any]
    claims: dict[str, Any]

    @property
    def sub(self) -> str:
        return str(self.claims["sub"])

    @property
    def number(self) -> str | None:
        claim = self.claims.get("gba_cn_id")
        return None if claim is None else str(claim["value"])

    @property
    def given(self) -> str:
        """The number, which must be there."""
        assert self.number is not None, "no number was given"
        return self.number


def a_browser(world: World) -> Browser:
    """A browser of somebody who reads English."""
    return world.browser(**{"accept-language": "en"})


async def signed_in(
    world: World,
    provider: str,
    person: str,
    *,
    client_id: str = "shop",
    permit: str | None = None,
    browser: Browser | None = None,
    **changes: str,
) -> SignedIn:
    """A whole sign-in; the permit is typed if it is asked for."""
    browser, asked = browser or a_browser(world), asking(client_id, **changes)
    answer = await browser.sign_in(asked, provider, person, permit)
    return await redeemed(world, browser, asked, answer["code"])


async def redeemed(world: World, browser: Browser, asked: Asked, code: str) -> SignedIn:
    """What the relying party gets for its code."""
    response = await world.token(asked, code)
    assert response.status_code == 200, response.text
    tokens = response.json()
    return SignedIn(browser, asked, tokens, await world.claims(asked, tokens))


async def again(world: World, browser: Browser, client_id: str = "shop", **changes: str) -> SignedIn:
    """A sign-in that the browser's session answers without a page."""
    asked = asking(client_id, **changes)
    await browser.open(asked.url)
    return await redeemed(world, browser, asked, browser.answer["code"])


async def silently(browser: Browser, client_id: str = "shop") -> dict[str, str]:
    """What a relying party is told that asks for a sign-in without any page."""
    await browser.open(asking(client_id, prompt="none").url)
    return browser.answer


async def my_identifier(browser: Browser, provider: str, person: str) -> Page:
    """Sign in to the page "my identifier"."""
    page = await browser.follow(await browser.open(f"{ACCOUNT}/sign-in"), "account-sign-in")
    page = await browser.press(page, f"provider-{provider.replace('_', '-')}")
    if "sign-in" in page.buttons or "open-phone" in page.links:
        page = await browser.prove(page, person)
    assert (page.status, "acts-title" in page) == (200, True), browser.last.text
    return page


async def asked_about(browser: Browser, act: str) -> Page:
    """The page that asks about one change."""
    page = await browser.open(f"{ACCOUNT}/ask/{act}")
    assert f"confirm-{act}" in page.buttons, browser.last.text
    return page


async def change(browser: Browser, act: str, **values: str) -> Page:
    """Make one change from "my identifier"."""
    return await browser.press(await asked_about(browser, act), f"confirm-{act}", **values)


async def open_alerts(world: World) -> list[dict[str, Any]]:
    """What operators have to look at."""
    stores = world.stores
    return await alerts.page(stores.alert_registry, stores.number_registry, open_only=True, after=None, limit=50)


async def alert_kinds(world: World) -> list[str]:
    """The kinds of the open alerts, sorted."""
    return sorted(alert["kind"] for alert in await open_alerts(world))


@asynccontextmanager
async def a_keeper(world: World) -> AsyncIterator[httpx.AsyncClient]:
    """The operator API, with the key of an operator who may change things."""
    async with world.operator_api() as http:
        http.headers.update(await world.operator(f"grace-{secrets.token_hex(4)}", Role.KEEPER))
        yield http


async def operate(world: World, path: str, **body: Any) -> dict[str, Any]:
    """One change by an operator, who gives a reason."""
    async with a_keeper(world) as http:
        response = await http.post(path, json={"reason": "case 17", **body})
    assert response.status_code == 200, response.text
    answer: dict[str, Any] = response.json()
    return answer


async def subject_of(world: World, permit: str) -> str:
    """The opaque id under which operators know the one holder of a permit."""
    async with a_keeper(world) as http:
        response = await http.post("/v1/map/history", json={"permit": permit})
    (subject,) = response.json()["record"]["subjects"]
    return str(subject)
