"""A counter that asks by CIBA, and the person who answers on a phone of their own."""

import secrets
from dataclasses import dataclass
from typing import Any, Final

import httpx

from tests.asking import RP
from tests.conformance.fapi import a_dynamic_client, assert_refused
from tests.conformance.suite import ISSUER, PLAIN_SCOPE, Suite
from tests.person_browser import Browser
from tests.relying_party import RelyingParty, without_none

GRANT: Final = "urn:openid:params:grant-type:ciba"
SCOPE: Final = f"{PLAIN_SCOPE} offline_access"


@dataclass(slots=True)
class Counter:
    """One client under FAPI 2.0 Message Signing with the grant of CIBA, and somebody whom it knows."""

    suite: Suite
    party: RelyingParty
    sub: str = ""

    def signed(self, **changes: Any) -> str:
        """A signed request (CIBA §7.1.1); keywords change claims, ``key`` and ``header`` the signature."""
        now = int(self.suite.world.clock.now.timestamp())
        claims = {
            "iss": self.party.client.client_id,
            "aud": ISSUER,
            "iat": now,
            "nbf": now,
            "exp": now + 300,
            "jti": secrets.token_urlsafe(16),
            "scope": PLAIN_SCOPE,
            "login_hint": self.sub,
            "binding_message": secrets.token_hex(4),
            "client_notification_token": "t" * 32,
        }
        key, header = changes.pop("key", self.party.key), changes.pop("header", {})
        return str(key.sign(without_none(claims | changes), {"typ": "JWT", "kid": key.thumbprint, **header}))

    async def send(self, request: str | None = None, **changes: Any) -> httpx.Response:
        """Call the backchannel authentication endpoint."""
        return await self.party.post("/bc-authorize", {"request": request or self.signed(**changes)}, prove=False)

    async def ask(self, **changes: Any) -> dict[str, Any]:
        """Start a request; the answer is looked at (CIBA §7.3)."""
        answer = await self.send(**changes)
        assert answer.status_code == 200, answer.text
        assert answer.headers["cache-control"] == "no-store"
        started: dict[str, Any] = answer.json()
        assert len(started["auth_req_id"]) >= 27  # 160 bits
        assert started["expires_in"] > 0
        assert 0 < started.get("interval", 5) <= 60
        return started

    async def refused(self, *errors: str, request: str | None = None, **changes: Any) -> None:
        """A request that the endpoint does not take (CIBA §13)."""
        assert_refused(await self.send(request, **changes), *(errors or ("invalid_request",)))

    async def poll(self, started: dict[str, Any], *, waits: bool = True) -> httpx.Response:
        """Ask whether the person has answered, after the interval."""
        if waits:
            self.suite.world.clock.advance(seconds=started.get("interval", 5))
        return await self.party.post("/token", {"grant_type": GRANT, "auth_req_id": started["auth_req_id"]})

    async def pending(self, started: dict[str, Any]) -> None:
        """The person has not answered."""
        assert_refused(await self.poll(started), "authorization_pending")

    async def tokens(self, started: dict[str, Any]) -> dict[str, Any]:
        """The tokens for an approved request, checked as any others."""
        tokens = await self.suite.checked(self.party, self.party.asking(nonce=None), await self.poll(started))
        assert tokens["claims"]["sub"] == self.sub
        return tokens

    async def decide(self, answer: str) -> None:
        """The person signs in on their phone and answers what waits there: ``approve`` or ``deny``."""
        browser = await self.known()
        page = await browser.open(f"{ISSUER}/approvals")
        page = await browser.press(page, f"{answer}-1")
        if answer == "approve":
            await browser.press(page, "agree")

    async def known(self) -> Browser:
        """A browser of the person, who signs in at the counter's service as at any other."""
        browser = self.suite.browser()
        asked = self.party.asking(scope=PLAIN_SCOPE)
        request = self.party.request_object(asked)
        answer = await self.party.post("/par", {"request": request})
        assert answer.status_code == 201, answer.text
        asked.parameters = {"client_id": asked.client_id, "request_uri": answer.json()["request_uri"]}
        tokens = await self.suite.tokens(self.party, asked, await self.suite.sign_in(asked, browser))
        self.sub = tokens["claims"]["sub"]
        return browser


async def a_counter(suite: Suite, name: str, **changes: Any) -> Counter:
    """A counter that registered itself, with somebody known to it."""
    members = {
        "gba_profile": "fapi2-ms",
        "grant_types": ["authorization_code", "refresh_token", GRANT],
        "backchannel_token_delivery_mode": "poll",
        "backchannel_authentication_request_signing_alg": "ES256",
        **changes,
    }
    counter = Counter(suite, await a_dynamic_client(suite, name, **members))
    await counter.known()
    return counter


def notification_uri(name: str) -> str:
    """Where a client is pinged."""
    return f"{RP}/ping/{name}"
