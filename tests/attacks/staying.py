"""Relying parties whose people stay signed in: what they hold, and whether it is worth anything (groups RT, TN, PR)."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import httpx
from sqlalchemy import Connection, func, select

from gateway.oidc.names import ClientAuthMethod
from gateway.store.sql.tables import refresh_tokens
from tests.asking import RP, Asked
from tests.attacks.watch import WatchedWorld, audit_trail
from tests.person_browser import Browser
from tests.relying_party import CODE_AND_REFRESH, RelyingParty
from tests.world import a_client

STAYING: Final = "openid profile offline_access"
STUDENT: Final = "chan-siu-ming"


async def a_public_party(world: WatchedWorld, client_id: str = "phone", **changes: Any) -> RelyingParty:
    """An application on people's phones: it keeps no secret, so its refresh tokens change at each use."""
    return await _party(world, client_id, ClientAuthMethod.NONE, changes)


async def a_party(world: WatchedWorld, client_id: str = "office", **changes: Any) -> RelyingParty:
    """A relying party with a secret, whose refresh tokens stay as they are."""
    return await _party(world, client_id, ClientAuthMethod.BASIC, changes)


async def _party(
    world: WatchedWorld, client_id: str, method: ClientAuthMethod, changes: dict[str, Any]
) -> RelyingParty:
    defaults: dict[str, Any] = {
        "redirect_uris": (f"{RP}/{client_id}/callback",),
        "post_logout_redirect_uris": (),
        "token_endpoint_auth_method": method,
        "grant_types": CODE_AND_REFRESH,
    }
    return await RelyingParty.register(world, a_client(client_id, **(defaults | changes)))


@dataclass(frozen=True, slots=True)
class Staying:
    """A person who stays signed in at a relying party: the browser, and what the relying party was given."""

    party: RelyingParty
    browser: Browser
    asked: Asked
    tokens: dict[str, Any]

    @property
    def refresh_token(self) -> str:
        return str(self.tokens["refresh_token"])

    @property
    def access_token(self) -> str:
        return str(self.tokens["access_token"])

    @property
    def id_token(self) -> str:
        return str(self.tokens["id_token"])


async def stay(
    party: RelyingParty,
    browser: Browser | None = None,
    *,
    provider: str = "hong_kong",
    person: str = STUDENT,
    scope: str = STAYING,
    **changes: str | None,
) -> Staying:
    """A whole sign-in, by a fresh browser unless one is given that may be signed in already."""
    browser, asked = browser or party.world.browser(), party.asking(scope=scope, **changes)
    page = await browser.open(asked.url)
    if browser.caught is None and f"provider-{provider.replace('_', '-')}" in page.buttons:
        page = await browser.press(page, f"provider-{provider.replace('_', '-')}")
        if "sign-in" in page.buttons or "open-phone" in page.links:
            page = await browser.prove(page, person)
    if browser.caught is None:
        await browser.go_on(page, person)
    response = await party.redeem(asked, browser.answer["code"])
    assert response.status_code == 200, response.text
    return Staying(party, browser, asked, response.json())


def error_in(response: httpx.Response) -> tuple[int, str]:
    """Status and registry word of a refusal."""
    return response.status_code, str(response.json()["error"])


async def is_live(party: RelyingParty, access_token: str) -> bool:
    """Whether an access token still opens userinfo."""
    response = await party.userinfo(access_token)
    assert response.status_code in {200, 401}, response.text
    return response.status_code == 200


async def assert_dead(who: Staying, turns: int = 2) -> None:
    """Neither token is worth anything, at whichever worker (they take requests in turn)."""
    for _turn in range(turns):
        assert error_in(await who.party.refresh(who.refresh_token)) == (400, "invalid_grant")
        assert not await is_live(who.party, who.access_token)


async def events(world: WatchedWorld, action: str) -> list[dict[str, Any]]:
    """The events of one kind on record."""
    return [event for event in await audit_trail(world) if event["action"] == action]


async def in_store(world: WatchedWorld, ask: Callable[[Connection], Any]) -> Any:
    """What stands in the store."""
    return await world.stores.database.read(ask)


async def chain_length(world: WatchedWorld) -> tuple[int, int]:
    """How many refresh tokens there are, and how many of them have not been used up."""

    def ask(connection: Connection) -> tuple[int, int]:
        every = select(func.count()).select_from(refresh_tokens)
        rows: int = connection.execute(every).scalar_one()
        unspent: int = connection.execute(every.where(refresh_tokens.c.spent_at.is_(None))).scalar_one()
        return rows, unspent

    lengths: tuple[int, int] = await in_store(world, ask)
    return lengths


def a_guess() -> str:
    """A value of the shape of ours that was never given out."""
    return secrets.token_urlsafe(32)
