"""The variants of the basic plan: registered by itself or by an operator, answered in the query or in a form."""

from dataclasses import dataclass
from typing import Any, Final

from tests.asking import Asked
from tests.conformance.suite import PLAIN_SCOPE, Suite
from tests.person_browser import Browser
from tests.relying_party import RelyingParty

VARIANTS: Final = ("basic-dynamic", "basic-static", "formpost-dynamic")


@dataclass(slots=True)
class Variant:
    """One client, and how it is answered."""

    suite: Suite
    party: RelyingParty
    is_posted: bool
    is_dynamic: bool

    def ask(self, **changes: str | None) -> Asked:
        """A valid request of the variant."""
        mode = {"response_mode": "form_post"} if self.is_posted else {}
        return self.party.asking(**{"scope": PLAIN_SCOPE, **mode, **changes})

    async def whole(self, browser: Browser | None = None, **changes: str | None) -> dict[str, Any]:
        """From the request to tokens and userinfo; the answer has to travel as it was asked to."""
        used = browser or self.suite.browser()
        asked = self.ask(**changes)
        return await self.finish(asked, await self.suite.sign_in(asked, used), used)

    async def finish(self, asked: Asked, answer: dict[str, str], browser: Browser) -> dict[str, Any]:
        """The tokens and userinfo behind an answer."""
        self.check_travel(browser)
        tokens = await self.suite.tokens(self.party, asked, answer)
        tokens["userinfo"] = await self.suite.userinfo(self.party, tokens["access_token"])
        assert tokens["userinfo"]["sub"] == tokens["claims"]["sub"]
        return tokens

    async def refusal(self, asked: Asked, browser: Browser | None = None) -> dict[str, str]:
        """What the client is told without anybody doing anything."""
        used = browser or self.suite.browser()
        answer = await self.answer(asked, used)
        self.check_travel(used)
        assert answer["iss"] == asked.issuer
        assert answer.get("state", "") == asked.state
        return answer

    async def answer(self, asked: Asked, browser: Browser) -> dict[str, str]:
        """The answer that comes without a question to the person."""
        page = await browser.open(asked.url)
        if browser.caught is None and "continue" in page.buttons:
            await browser.press(page, "continue")
        return browser.answer

    def check_travel(self, browser: Browser) -> None:
        """In a form if that was asked for, in the query otherwise; never in a fragment."""
        assert browser.caught is not None
        assert "#" not in browser.caught
        assert bool(browser.posted) is self.is_posted


async def a_variant(suite: Suite, name: str) -> Variant:
    """Register the client of a variant."""
    is_dynamic = name.endswith("dynamic")
    party = await suite.dynamic() if is_dynamic else await suite.static()
    return Variant(suite, party, name.startswith("formpost"), is_dynamic)
