"""A Macao mock in one process with a clock that the test turns, a browser, and a service that talks to it."""

import base64
import hashlib
import json
import re
from html import unescape
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

import httpx

from mock_idps.macao import MacaoConfig, create_app, soft_token
from mock_idps.personas import PERSONAS, find

NOW_MS: Final = 1_760_000_000_000
BASE: Final = "https://mo.test"
CALLBACK: Final = "https://gateway.test/callback/macao"
OTHER_CALLBACK: Final = "https://other.test/cb?from=mo"
VERIFIER: Final = "verifier-of-the-tests-0123456789-abcdefghijkl"
CHALLENGE: Final = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()
CLIENTS: Final = [
    {"client_id": "gateway", "client_secret": "s3cret:+ %/", "name": "Gateway <b>", "redirect_uris": [CALLBACK]},
    {"client_id": "other", "client_secret": "other-secret", "name": "Other", "redirect_uris": [OTHER_CALLBACK]},
]
SECRETS: Final = {client["client_id"]: client["client_secret"] for client in CLIENTS}


def authorization(**changes: str | None) -> dict[str, str]:
    """A valid authorization request; a change to None leaves the parameter out."""
    request = {
        "response_type": "code",
        "client_id": "gateway",
        "redirect_uri": CALLBACK,
        "scope": "profile identity",
        "state": "state-1",
        "ui_locales": "en",
        "code_challenge": CHALLENGE,
        "code_challenge_method": "S256",
        **changes,
    }
    return {name: value for name, value in request.items() if value is not None}


def query_of(response: httpx.Response) -> dict[str, str]:
    """The query of the address that a redirect names."""
    query = parse_qs(urlsplit(response.headers["location"]).query, keep_blank_values=True)
    return {name: values[0] for name, values in query.items()}


def link(response: httpx.Response, name: str) -> str:
    """The address of the link with this id."""
    tag = next(tag for tag in re.findall(r"<a [^>]*>", response.text) if f'id="{name}"' in tag)
    return unescape(re.search(r'href="([^"]*)"', tag)[1])


def hidden(response: httpx.Response, name: str) -> str:
    """The value of a hidden field."""
    return unescape(re.search(rf'name="{name}" value="([^"]*)"', response.text)[1])


def claims(answer: httpx.Response) -> dict[str, Any]:
    """The claims inside a profile, unverified."""
    part = answer.json()["data"].split(".")[1]
    return json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))


class Stage:
    """One mock; `browse` makes another browser, `session` is the tester's key of the present one."""

    def __init__(self) -> None:
        self.now_ms = NOW_MS
        self.pauses: list[float] = []
        config = MacaoConfig.from_json({"base_url": BASE, "clients": CLIENTS})
        self.app = create_app(config, now_ms=lambda: self.now_ms, pause=self._pause)
        self.browser = self.browse()
        self.service = self.browse()

    async def _pause(self, seconds: float) -> None:
        self.pauses.append(seconds)

    def browse(self, session: str | None = None) -> httpx.AsyncClient:
        """A browser (or server) of its own, with its own cookies."""
        client = httpx.AsyncClient(transport=httpx.ASGITransport(app=self.app), base_url=BASE)
        if session is not None:
            client.cookies.set("mock_session", session, domain="mo.test")
        return client

    def arm(self, scenario: str, *, session: str | None = None, times: int | None = None, **args: Any) -> None:
        """Arm a scenario for everybody or one session."""
        self.app.state.switchboard.arm(scenario, session=session, times=times, args=args)

    def otp(self, persona: str, *, steps: int = 0) -> str:
        """The code that a persona's soft token shows now."""
        return soft_token.code_at(find(PERSONAS, persona).otp_secret, self.now_ms, steps=steps)

    async def open_login(self, browser: httpx.AsyncClient | None = None, **changes: str | None) -> str:
        """Begin a sign-in and give its ticket."""
        request = authorization(**changes)
        response = await (browser or self.browser).get("/oauth/authorize", params=request)
        assert response.status_code == 302, response.text
        return query_of(response)["ticket"]

    async def sign_in(self, ticket: str, browser: httpx.AsyncClient | None = None, **fields: str) -> httpx.Response:
        """Fill in the form."""
        form = {"ticket": ticket, "person": "chao-sio-man", "password": "sandbox", **fields}
        return await (browser or self.browser).post("/en/login", data=form)

    async def code(self, browser: httpx.AsyncClient | None = None, *, auto: str = "lei-ka-meng", **changes: Any) -> str:
        """A fresh code, got without pages."""
        browser = browser or self.browser
        ticket = await self.open_login(browser, auto=auto, **changes)
        response = await browser.get("/en/login", params={"ticket": ticket, "auto": auto})
        return query_of(response)["code"]

    async def token(self, client: str = "gateway", **changes: str | None) -> httpx.Response:
        """Ask the token endpoint as a client."""
        form = {
            "grant_type": "authorization_code",
            "redirect_uri": CALLBACK if client == "gateway" else OTHER_CALLBACK,
            "code_verifier": VERIFIER,
            **changes,
        }
        sent = {name: value for name, value in form.items() if value is not None}
        return await self.service.post("/oauth/token", data=sent, headers={"Authorization": basic(client)})

    async def access_token(self, browser: httpx.AsyncClient | None = None, **changes: Any) -> str:
        """A fresh access token."""
        answer = await self.token(code=await self.code(browser, **changes))
        return answer.json()["access_token"]

    async def profile(self, token: str, **headers: str) -> httpx.Response:
        """Ask for the profile."""
        return await self.service.get("/api/profile", headers={"Authorization": f"Bearer {token}", **headers})


def basic(client: str, secret: str | None = None) -> str:
    """The Authorization header of a client, form-encoded inside Basic (RFC 6749 §2.3.1)."""
    pair = (
        httpx.QueryParams({"n": client}).__str__()[2:],
        httpx.QueryParams({"s": secret or SECRETS[client]}).__str__()[2:],
    )
    return "Basic " + base64.b64encode(":".join(pair).encode()).decode()
