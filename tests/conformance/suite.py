"""This side of the wire: registers clients as the conformance suite does, and looks at answers as strictly.

Signatures are checked with python-jose, so that the two ends of the wire do not share a library.
"""

import contextlib
import hashlib
import itertools
import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import httpx
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response

from gateway.admin import initial_access, keyring
from gateway.admin.acts import Act
from gateway.admin.initial_access import Terms
from gateway.oidc.model import Client
from gateway.oidc.names import ClientAuthMethod, GrantType
from tests.asking import RP, Asked
from tests.conformance.wire import verified
from tests.person_browser import Browser
from tests.relying_party import Key, RelyingParty, encode
from tests.world import World, a_client, a_world

ISSUER: Final = "https://gate.example"
PROVIDER, PERSON = "guangdong", "li-xiao-hua"
"""Where most modules sign in, and who."""
PLAIN_SCOPE: Final = "openid profile"


@dataclass(slots=True)
class Documents:
    """What a relying party publishes under `https://rp.example`, and what was posted to it there."""

    served: dict[str, tuple[str, bytes]] = field(default_factory=dict)
    """Path -> media type and content."""
    statuses: dict[str, int] = field(default_factory=dict)
    """Path -> the status with which a post is answered; 200 without one."""
    got: list[str] = field(default_factory=list)
    posted: list[tuple[str, httpx.Headers, bytes]] = field(default_factory=list)

    def publish(self, path: str, content: object, media_type: str = "application/json") -> str:
        """Put a document at a path and give its address."""
        body = content.encode("ascii") if isinstance(content, str) else json.dumps(content).encode("ascii")
        self.served[path] = (media_type, body)
        return f"{RP}{path}"

    async def answer(self, request: Request) -> Response:
        path = request.url.path
        if request.method == "POST":
            self.posted.append((path, httpx.Headers(request.headers.raw), await request.body()))
            return Response(status_code=self.statuses.get(path, 200), headers={"location": f"{RP}/elsewhere"})
        self.got.append(path)
        if path not in self.served:
            return Response(status_code=404)
        media_type, body = self.served[path]
        return Response(body, media_type=media_type)


@dataclass(slots=True)
class Suite:
    """A running gateway with somebody who tests it."""

    world: World
    access_token: str = field(repr=False)
    """An initial access token of many uses (RFC 7591 §1.2)."""
    documents: Documents
    numbers: Any = field(default_factory=lambda: itertools.count(1))

    # ------------------------------------------------------------------------------------------------ clients
    async def static(self, **changes: Any) -> RelyingParty:
        """A client that an operator registered: with a secret and refresh tokens, unless told otherwise."""
        name = f"static-{next(self.numbers)}"
        defaults: dict[str, Any] = {
            "redirect_uris": (f"{RP}/{name}/callback",),
            "post_logout_redirect_uris": (),
            "token_endpoint_auth_method": ClientAuthMethod.BASIC,
            "grant_types": (GrantType.AUTHORIZATION_CODE, GrantType.REFRESH_TOKEN),
            "id_token_signed_response_alg": "RS256",
        }
        return await RelyingParty.register(self.world, a_client(name, **(defaults | changes)))

    async def register(self, members: Mapping[str, Any]) -> httpx.Response:
        """Call the registration endpoint."""
        headers = {"authorization": f"Bearer {self.access_token}"}
        async with self.world.net.browser() as http:
            return await http.post(f"{ISSUER}/register", json=dict(members), headers=headers)

    async def dynamic(self, *, key: Key | None = None, **members: Any) -> RelyingParty:
        """A client that registered itself, with what the suite sends by default."""
        name = f"dynamic-{next(self.numbers)}"
        defaults = {
            "client_name": f"Suite {name}",
            "redirect_uris": [f"{RP}/{name}/callback"],
            "grant_types": ["authorization_code", "refresh_token"],
            "response_types": ["code"],
            "token_endpoint_auth_method": "client_secret_basic",
            "contacts": ["suite@rp.example"],
        }
        answer = await self.register(defaults | members)
        assert answer.status_code == 201, answer.text
        assert answer.headers["cache-control"] == "no-store"
        made = answer.json()
        client = Client(
            client_id=made["client_id"],
            client_name=made["client_name"],
            redirect_uris=tuple(made["redirect_uris"]),
            token_endpoint_auth_method=ClientAuthMethod(made["token_endpoint_auth_method"]),
        )
        return RelyingParty(self.world, client, key or Key.make(), secret=made.get("client_secret"))

    # --------------------------------------------------------------------------------------------- documents
    async def discovery(self) -> dict[str, Any]:
        """The discovery document."""
        return await self.document("/.well-known/openid-configuration")

    async def document(self, path: str) -> dict[str, Any]:
        """A JSON document of the gateway."""
        async with self.world.net.browser() as http:
            answer = await http.get(f"{ISSUER}{path}")
        assert answer.status_code == 200, answer.text
        assert answer.headers["content-type"].partition(";")[0] == "application/json"
        found: dict[str, Any] = answer.json()
        return found

    def browser(self) -> Browser:
        """A stranger's browser."""
        return self.world.browser(**{"accept-language": "en"})

    # ------------------------------------------------------------------------------------------- whole steps
    async def sign_in(self, asked: Asked, browser: Browser | None = None, person: str = PERSON) -> dict[str, str]:
        """Go all the way, and look at the answer as the suite does: state, issuer, a code (RFC 9207, RFC 6749 §4.1.2)."""
        used = browser or self.browser()
        answer = await used.sign_in(asked, PROVIDER, person)
        assert answer.get("state", "") == asked.state
        assert answer["iss"] == ISSUER
        assert "error" not in answer, answer
        assert len(answer["code"]) >= 22  # 128 bits
        return answer

    async def tokens(self, party: RelyingParty, asked: Asked, answer: Mapping[str, str]) -> dict[str, Any]:
        """Redeem the code; the answer must be one of RFC 6749 §5.1, and its ID token valid."""
        response = await party.redeem(asked, answer["code"])
        return await self.checked(party, asked, response)

    async def checked(self, party: RelyingParty, asked: Asked, response: httpx.Response) -> dict[str, Any]:
        """The answer of the token endpoint, with the verified claims of the ID token as ``claims``."""
        assert response.status_code == 200, response.text
        assert response.headers["content-type"].partition(";")[0] == "application/json"
        assert response.headers["cache-control"] == "no-store"
        tokens: dict[str, Any] = response.json()
        assert tokens["token_type"] == ("DPoP" if party.dpop is not None else "Bearer")
        assert isinstance(tokens["expires_in"], int)
        tokens["claims"] = await self.id_token(tokens["id_token"], party, asked, tokens["access_token"])
        return tokens

    async def id_token(
        self, token: str, party: RelyingParty, asked: Asked | None, access_token: str | None = None
    ) -> dict[str, Any]:
        """The claims of an ID token, when it is as OpenID Connect Core §3.1.3.7 wants it."""
        claims = await self.verified(token)
        now = self.world.clock.now.timestamp()
        assert (claims["iss"], claims["aud"]) == (ISSUER, party.client.client_id)
        assert now - 300 <= claims["iat"] <= now + 5
        assert claims["iat"] < claims["exp"] <= now + 3600
        assert claims["exp"] > now
        assert 0 < len(claims["sub"]) <= 255
        assert claims["sub"].isascii()
        assert claims["auth_time"] <= now + 10
        assert isinstance(claims["acr"], str)
        if asked is not None and asked.nonce:
            assert claims["nonce"] == asked.nonce
        if access_token is not None:
            digest = hashlib.sha256(access_token.encode("ascii")).digest()
            assert claims["at_hash"] == encode(digest[:16])
        return claims

    async def verified(self, token: str) -> dict[str, Any]:
        """The claims of something that the gateway signed."""
        return verified(token, await self.document("/jwks"))

    async def userinfo(self, party: RelyingParty, access_token: str, **options: Any) -> dict[str, Any]:
        """What userinfo tells (OpenID Connect Core §5.3.2)."""
        answer = await party.userinfo(access_token, **options)
        assert answer.status_code == 200, answer.text
        assert answer.headers["content-type"].partition(";")[0] == "application/json"
        told: dict[str, Any] = answer.json()
        return told

    async def whole(self, party: RelyingParty, browser: Browser | None = None, **changes: str | None) -> dict[str, Any]:
        """From the request to the tokens and userinfo, which must agree about the person."""
        asked = party.asking(**{"scope": PLAIN_SCOPE, **changes})
        if party.client.demands_push:
            asked = await party.pushed(asked)
        tokens = await self.tokens(party, asked, await self.sign_in(asked, browser))
        tokens["userinfo"] = await self.userinfo(party, tokens["access_token"])
        assert tokens["userinfo"]["sub"] == tokens["claims"]["sub"]
        return tokens


@contextlib.asynccontextmanager
async def a_suite(folder: Path, **changes: Any) -> AsyncIterator[Suite]:
    """Start a gateway on https and make an initial access token; keywords change settings."""
    async with a_world(folder, issuer=ISSUER, **changes) as world:
        secret_key = keyring.load(world.folder / "keys").client_secret_key
        terms = Terms(scopes=("openid", "profile", "offline_access"), uses=1000, lifetime=timedelta(days=300))
        act = Act("tests", world.clock())
        made = await initial_access.create(world.stores.initial_access, "suite", terms, secret_key, act)
        documents = Documents()
        home = Starlette()
        home.add_route("/{path:path}", documents.answer, methods=["GET", "POST"])
        world.net.mount(RP, home)
        yield Suite(world, made.token, documents)
