"""The page on which a person decides what is passed on: how to get there, the form as others could send it, the ledger."""

from typing import Any, Final
from urllib.parse import urlencode

import httpx
from sqlalchemy import Connection, select

from gateway.cli.robot import Page
from gateway.store.sql.tables import consents
from tests.asking import AT, Asked
from tests.attacks.staying import STUDENT, in_store
from tests.attacks.watch import WatchedWorld
from tests.person_browser import Browser
from tests.relying_party import RelyingParty

PERMIT: Final = "H00000018"
FULL: Final = "openid profile cn_id cn_doc"


async def to_consent(
    party: RelyingParty, scope: str = FULL, browser: Browser | None = None, **changes: str | None
) -> tuple[Browser, Asked, Page]:
    """Up to the page on which the person decides; the browser's last answer is its HTML."""
    browser, asked = browser or party.world.browser(**{"accept-language": "en"}), party.asking(scope=scope, **changes)
    page = await browser.open(asked.url)
    if "provider-hong-kong" in page.buttons:
        page = await browser.prove(await browser.press(page, "provider-hong-kong"), STUDENT)
    if "check-permit" in page.buttons:
        page = await browser.press(page, "check-permit", permit=PERMIT)
    assert "agree" in page.buttons, browser.last.text
    return browser, asked, page


async def press_agree(browser: Browser, page: Page, *more: tuple[str, str]) -> httpx.Response:
    """Send the form with fields added, as a script or an extension could; redirects are not followed."""
    form, name, value = page.buttons["agree"]
    pairs = [*form.fields.items(), (name, value), *more]
    headers = {"content-type": "application/x-www-form-urlencoded"}
    return await browser.http.post(f"{AT.issuer}{form.action}", content=urlencode(pairs), headers=headers)


def code_in(response: httpx.Response) -> str:
    location = response.headers["location"]
    return httpx.URL(location).params["code"]


async def told_with(party: RelyingParty, asked: Asked, code: str) -> dict[str, Any]:
    """All that the relying party learns for its code, and the scope that it was given."""
    tokens = (await party.redeem(asked, code)).json()
    userinfo: dict[str, Any] = (await party.userinfo(tokens["access_token"])).json()
    return {**userinfo, **await party.world.id_token_claims(asked, tokens), "scope": tokens["scope"]}


async def ledger(world: WatchedWorld, client_id: str) -> list[dict[str, Any]]:
    """The decisions about one relying party, oldest first."""

    def ask(connection: Connection) -> list[dict[str, Any]]:
        statement = select(consents).where(consents.c.client_id == client_id).order_by(consents.c.seq)
        return [dict(row) for row in connection.execute(statement).mappings()]

    rows: list[dict[str, Any]] = await in_store(world, ask)
    return rows
