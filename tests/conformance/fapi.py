"""Two clients under FAPI 2.0, as every FAPI plan of the suite has them, and the way of a request through PAR."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import httpx

from tests.asking import Asked
from tests.conformance.suite import PLAIN_SCOPE, Suite
from tests.person_browser import Browser
from tests.relying_party import Key, RelyingParty, without_none

SCOPE = f"{PLAIN_SCOPE} offline_access"


@dataclass(slots=True)
class Fapi:
    """The plan's two clients at one gateway."""

    suite: Suite
    first: RelyingParty
    second: RelyingParty

    def ask(self, party: RelyingParty | None = None, **changes: str | None) -> Asked:
        """A valid request of the first client, or of another."""
        return (party or self.first).asking(**{"scope": PLAIN_SCOPE, **changes})

    async def code(self, asked: Asked, party: RelyingParty | None = None, **options: Any) -> dict[str, str]:
        """Push the request, sign in behind it, and give the answer."""
        used = party or self.first
        pushed = await self.pushed(asked, used, **options)
        return await self.suite.sign_in(pushed)

    async def pushed(self, asked: Asked, party: RelyingParty | None = None, **options: Any) -> Asked:
        """What is left for the browser once a request was pushed; the answer is looked at (RFC 9126 §2.2)."""
        used = party or self.first
        answer = await used.push(asked, **options)
        assert answer.status_code == 201, answer.text
        assert answer.headers["cache-control"] == "no-store"
        found = answer.json()
        assert 5 <= found["expires_in"] < 600
        assert len(found["request_uri"].rpartition(":")[2]) >= 22  # 128 bits
        return replace(asked, parameters={"client_id": asked.client_id, "request_uri": found["request_uri"]})

    async def tokens(self, party: RelyingParty | None = None, **changes: str | None) -> dict[str, Any]:
        """The whole way, with what userinfo says."""
        used = party or self.first
        asked = self.ask(used, **changes)
        tokens = await self.suite.tokens(used, asked, await self.code(asked, used))
        tokens["userinfo"] = await self.suite.userinfo(used, tokens["access_token"])
        return tokens

    async def refused_push(
        self, asked: Asked, *errors: str, party: RelyingParty | None = None, **options: Any
    ) -> httpx.Response:
        """A request that is refused where it is pushed (RFC 9126 §2.3)."""
        answer = await (party or self.first).push(asked, **options)
        assert_refused(answer, *errors)
        return answer

    async def refused_redeem(
        self, asked: Asked, code: str, *errors: str, party: RelyingParty | None = None, **changes: Any
    ) -> None:
        """A code that the token endpoint does not take."""
        assert_refused(await (party or self.first).redeem(asked, code, **changes), *errors)

    async def resource(
        self, access_token: str, *, scheme: str = "DPoP", proofs: tuple[str, ...] | None = None, name: str = "DPoP"
    ) -> httpx.Response:
        """Call the protected resource with chosen proofs: by default one good one of the first client's."""
        sent = (self.proof(access_token),) if proofs is None else proofs
        headers = [("authorization", f"{scheme} {access_token}"), *((name, proof) for proof in sent)]
        async with self.suite.world.net.browser() as http:
            return await http.get(f"{self.suite.world.issuer}/userinfo", headers=headers)

    def proof(self, access_token: str, **changes: Any) -> str:
        """A proof for the protected resource."""
        return self.first.proof("/userinfo", method="GET", access_token=access_token, **changes)


def assert_refused(answer: httpx.Response, *errors: str) -> None:
    """A JSON error with one of the codes, a description in ASCII, and a page that explains it (RFC 6749 §5.2)."""
    assert answer.status_code in {400, 401}, answer.text
    assert answer.headers["content-type"].partition(";")[0] == "application/json"
    found = answer.json()
    assert found["error"] in errors, found
    assert found["error_description"].isascii()
    assert found["error_description"].isprintable()
    assert found["error_uri"].startswith("https://")


def assert_error_page(browser: Browser) -> None:
    """A page of ours and no way to the relying party: nothing is redirected before all is known good."""
    assert browser.caught is None
    assert browser.last.status_code == 400
    assert 'id="problem"' in browser.last.text


def members(key: Key, name: str, **changes: Any) -> Mapping[str, Any]:
    """What a client sends that registers itself for the profile."""
    return without_none(
        {
            "redirect_uris": [f"https://rp.example/{name}/callback"],
            "token_endpoint_auth_method": "private_key_jwt",
            "jwks": key.jwks,
            "gba_profile": "fapi2-sp",
            "dpop_bound_access_tokens": True,
            "grant_types": ["authorization_code", "refresh_token"],
            **changes,
        }
    )


async def a_dynamic_client(suite: Suite, name: str, **changes: Any) -> RelyingParty:
    """A client that registered itself under the profile; it pushes and proves."""
    key = Key.make()
    party = await suite.dynamic(key=key, **members(key, name, **changes))
    party.dpop = Key.make()
    party.client = replace(party.client, require_pushed_authorization_requests=True)
    return party
