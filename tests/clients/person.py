"""The person whom the clients sign in: one browser, one account in Hong Kong."""

from dataclasses import dataclass
from typing import Final

from gateway.cli.robot import Page
from mock_idps.personas import PERSONAS
from tests.clients.running_gateway import RunningGateway
from tests.person_browser import Browser

PERSON: Final = PERSONAS[0]
"""Holds a home-return permit, so that every scope has an answer."""


@dataclass(slots=True)
class Person:
    """Somebody with a browser of their own."""

    gateway: RunningGateway
    browser: Browser

    async def sign_in(self, url: str) -> str:
        """Open a relying party's link, sign in where that is asked, agree; gives the address that the relying party sees."""
        await self.go_on(await self.browser.open(url))
        return self._caught()

    async def go_on(self, page: Page) -> Page:
        """From the gateway's first page to a page of somebody else's, or to the relying party."""
        if "provider-hong-kong" in page.buttons:
            page = await self.browser.press(page, "provider-hong-kong")
            page = await self.browser.prove(page, PERSON.id)
        for _ in range(3):
            if "permit" in page.inputs and PERSON.permit is not None:
                page = await self.browser.press(page, "check-permit", permit=PERSON.permit)
            elif "agree" in page.buttons:
                page = await self.browser.press(page, "agree")
        return page

    async def answer_kiosk(self, verification_uri: str, user_code: str) -> None:
        """Type the code of a kiosk on a device of one's own, and allow what it asks (RFC 8628 §3.3)."""
        page = await self.browser.open(verification_uri)
        page = await self.browser.press(page, "continue", **{"user-code": user_code})
        page = await self.go_on(await self.browser.press(page, "continue"))
        assert "device-approved" in page

    async def approve(self) -> None:
        """Allow the first of the requests that wait for the person (CIBA §8)."""
        page = await self.browser.open(f"{self.gateway.issuer}/approvals")
        page = await self.browser.press(page, "approve-1")
        if "agree" in page.buttons:
            await self.browser.press(page, "agree")

    async def sign_out(self, url: str) -> str:
        """Follow a relying party's link to sign out, and confirm where that is asked."""
        page = await self.browser.open(url)
        if "confirm-sign-out" in page.buttons:
            await self.browser.press(page, "confirm-sign-out")
        return self._caught()

    def _caught(self) -> str:
        last = self.browser.last
        assert self.browser.caught is not None, f"still at {last.status_code} {last.url}: {last.text[:2000]}"
        return self.browser.caught

    async def leave(self) -> None:
        """Sign out at the gateway itself, without any relying party's doing."""
        page = await self.browser.open(f"{self.gateway.issuer}/logout")
        await self.browser.press(page, "confirm-sign-out")
