"""A whole world in one process: the gateway and the three simulated providers over ASGI, with one clock for all.

No socket is opened. ``World.browser()`` walks through pages by element ids, as a person without script would.
"""

import atexit
import base64
import contextlib
import dataclasses
import functools
import hashlib
import json
import secrets
import shutil
import tempfile
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit

import httpx

from certs.keys.expectation import Expectation
from certs.keys.jose import verify
from certs.keys.verification_keys import VerificationKeys
from gateway.admin import keyring, operators
from gateway.admin.acts import Act
from gateway.admin.records import Role
from gateway.app import Application, create_app, create_operator_app
from gateway.chores import Chores
from gateway.cli.robot import Page, read_page
from gateway.config import OperatorApi, load
from gateway.oidc.model import Client
from gateway.oidc.names import ClientAuthMethod
from gateway.store.open import Stores
from mock_idps import guangdong, hong_kong, macao
from mock_idps.personas import PERSONAS, find
from providers.calls import Calls
from scripts.sandbox import ALL_SCOPES, Addresses, make_world, register_clients
from tests.providers.asgi_net import AsgiNet

AT = Addresses.block(8000)
NOW = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)
SHOP = "http://127.0.0.1:9000"
"""Where the relying parties of the tests live; nobody answers there."""
OPERATORS = "http://127.0.0.1:8010"
"""Where the operator API of the tests lives, while ``World.operator_api`` is open."""
HOMES = {"hong_kong": AT.hong_kong, "macao": AT.macao, "guangdong": AT.guangdong}


def a_client(client_id: str = "shop", **changes: Any) -> Client:
    """A registered relying party: public, all scopes, enrolled for surrogates, in Guangdong."""
    client = Client(
        client_id=client_id,
        client_name=f"Test service {client_id}",
        redirect_uris=(f"{SHOP}/{client_id}/callback",),
        token_endpoint_auth_method=ClientAuthMethod.NONE,
        scopes=ALL_SCOPES,
        post_logout_redirect_uris=(f"{SHOP}/{client_id}/bye",),
        purpose="accommodation",
        surrogate_purposes=("accommodation",),
    )
    return replace(client, **changes)


@dataclass(slots=True)
class Clock:
    """One time for the gateway and all mocks."""

    now: datetime = NOW

    def __call__(self) -> datetime:
        return self.now

    def milliseconds(self) -> int:
        return int(self.now.timestamp() * 1000)

    def advance(self, **span: float) -> None:
        self.now += timedelta(**span)


@dataclass(slots=True)
class Asked:
    """One authorization request of a relying party, with what it keeps for itself."""

    client_id: str
    redirect_uri: str
    state: str
    nonce: str
    verifier: str
    parameters: dict[str, str]

    @property
    def url(self) -> str:
        return f"{AT.issuer}/authorize?{urlencode(self.parameters)}"


def asking(client_id: str = "shop", scope: str = "openid profile cn_id cn_doc", **changes: str | None) -> Asked:
    """A valid authorization request; one keyword changes a parameter, ``None`` leaves it out."""
    verifier = secrets.token_urlsafe(32)
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    parameters: dict[str, str | None] = {
        "response_type": "code",
        "client_id": client_id,
        "redirect_uri": f"{SHOP}/{client_id}/callback",
        "scope": scope,
        "state": secrets.token_urlsafe(16),
        "nonce": secrets.token_urlsafe(16),
        "code_challenge": challenge,
        "code_challenge_method": "S256",
        "ui_locales": "en",
    }
    parameters |= changes
    given = {name: value for name, value in parameters.items() if value is not None}
    return Asked(
        client_id, given.get("redirect_uri", ""), given.get("state", ""), given.get("nonce", ""), verifier, given
    )


@dataclass(slots=True)
class Browser:
    """A person's browser: cookies, redirects, forms and links; it stops where a relying party would answer."""

    http: httpx.AsyncClient
    mock_session: str | None = None
    visited: list[httpx.Response] = field(default_factory=list)
    caught: str | None = None

    async def open(self, url: str, form: dict[str, str] | None = None) -> Page:
        """Open an address and follow redirects to a page, or to the relying party."""
        self.caught = None
        for _ in range(15):
            headers = {"X-Mock-Session": self.mock_session} if self.mock_session else {}
            if form is None:
                response = await self.http.get(url, headers=headers)
            else:
                response = await self.http.post(url, data=form, headers=headers)
            self.visited.append(response)
            if response.status_code not in {301, 302, 303, 307, 308}:
                return read_page(url, response.status_code, response.text)
            url, form = urljoin(url, response.headers["location"]), None
            if url.startswith(SHOP):
                self.caught = url
                return Page(url, response.status_code)
        raise AssertionError("too many redirects")

    @property
    def last(self) -> httpx.Response:
        return self.visited[-1]

    @property
    def answer(self) -> dict[str, str]:
        """What the relying party was told."""
        assert self.caught is not None, f"still at {self.last.status_code} {self.last.url}: {self.last.text[:2000]}"
        return dict(parse_qsl(urlsplit(self.caught).query, keep_blank_values=True))

    async def follow(self, page: Page, element_id: str) -> Page:
        return await self.open(urljoin(page.url, page.links[element_id]))

    async def press(self, page: Page, element_id: str, **values: str) -> Page:
        """Press a button; keywords fill fields by their ids."""
        form, name, value = page.buttons[element_id]
        sent = {**form.fields, **{page.inputs[field_id][1]: text for field_id, text in values.items()}}
        if name:
            sent[name] = value
        url = urljoin(page.url, form.action)
        if form.method == "post":
            return await self.open(url, sent)
        return await self.open(f"{url.partition('?')[0]}?{urlencode(sent)}")

    async def to_provider(self, asked: Asked, provider: str) -> Page:
        """Up to the provider's own first page."""
        page = await self.open(asked.url)
        return await self.press(page, f"provider-{provider.replace('_', '-')}")

    async def prove(self, page: Page, person: str) -> Page:
        """Do at a provider what the person has to do there."""
        if "open-phone" in page.links and "sign-in" not in page.buttons:
            phone = await self.follow(page, "open-phone")
            await self.press(phone, "approve", person=person)
            return await self.press(page, "continue")
        values = {"person": person}
        if "otp" in page.inputs:
            values["otp"] = page.texts.get(f"token-{person}", "").strip()
        return await self.press(page, "sign-in", **values)

    async def sign_in(self, asked: Asked, provider: str, person: str, permit: str | None = None) -> dict[str, str]:
        """The whole way to the relying party: permit page and consent where they come."""
        page = await self.prove(await self.to_provider(asked, provider), person)
        return await self.go_on(page, person, permit)

    async def go_on(self, page: Page, person: str, permit: str | None = None) -> dict[str, str]:
        typed = False
        for _ in range(4):
            if self.caught is not None:
                break
            if "permit" in page.inputs and not typed:
                known = find(PERSONAS, person)
                number = permit or (known.permit if known else None)
                typed = True
                page = (
                    await self.press(page, "check-permit", permit=number)
                    if number
                    else await self.press(page, "skip-permit")
                )
            elif "permit" in page.inputs:
                page = await self.press(page, "skip-permit")
            elif "agree" in page.buttons:
                page = await self.press(page, "agree")
            else:
                break
        return self.answer


@dataclass(slots=True)
class World:
    """Everything, running."""

    net: AsgiNet
    gateway: Application
    mocks: dict[str, Any]
    clock: Clock
    folder: Path
    database_url: str

    @property
    def stores(self) -> Stores:
        stores: Stores = self.gateway.inner.state.stores
        return stores

    @property
    def chores(self) -> Chores:
        """What the gateway does beside its requests, to be done by hand: notices, keys in use, purging."""
        chores: Chores = self.gateway.inner.state.chores
        return chores

    @contextlib.asynccontextmanager
    async def operator_api(self) -> AsyncIterator[httpx.AsyncClient]:
        """Start the operator API beside the gateway and give a client of it."""
        settings = dataclasses.replace(load(self.folder / "gate.toml"), operator_api=OperatorApi())
        app = create_operator_app(settings, clock=self.clock)
        self.net.mount(OPERATORS, app)
        async with app.inner.router.lifespan_context(app.inner), self.net.browser() as http:
            http.base_url = OPERATORS
            yield http

    async def operator(self, name: str, role: Role) -> dict[str, str]:
        """Make an operator; gives the headers that carry the key."""
        secret_key = keyring.load(self.folder / "keys", self.clock()).client_secret_key
        act = Act("tests", self.clock())
        made = await operators.create(self.stores.operator_registry, name, role, secret_key, act)
        return {"authorization": f"Bearer {made.key}"}

    def browser(self, mock_session: str | None = None, **headers: str) -> Browser:
        return Browser(self.net.browser(**headers), mock_session)

    async def register(self, *clients: Client) -> dict[str, str]:
        """Register relying parties; returns the secrets."""
        return await register_clients(self.folder, self.database_url, list(clients))

    async def arm(self, place: str, scenario: str, **entry: Any) -> None:
        """Arm a scenario of a mock through its control plane."""
        async with self.net.browser() as http:
            response = await http.post(f"{HOMES[place]}/__mock__/scenario", json={"scenario": scenario, **entry})
        assert response.is_success, response.text

    async def token(
        self, asked: Asked, code: str, *, auth: tuple[str, str] | None = None, **changes: str | None
    ) -> httpx.Response:
        """Redeem a code; one keyword changes a parameter."""
        form: dict[str, str | None] = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": asked.redirect_uri,
            "client_id": None if auth else asked.client_id,
            "code_verifier": asked.verifier,
        }
        sent = {name: value for name, value in (form | changes).items() if value is not None}
        async with self.net.browser() as http:
            return await http.post(f"{AT.issuer}/token", data=sent, auth=auth)

    async def claims(self, asked: Asked, tokens: dict[str, Any]) -> dict[str, Any]:
        """The ID token's claims, verified."""
        async with self.net.browser() as http:
            keys = VerificationKeys.from_jwks((await http.get(f"{AT.issuer}/jwks")).json())
        expected = Expectation(
            algorithms=frozenset({"ES256", "RS256"}),
            typ=frozenset({"JWT"}),
            issuer=AT.issuer,
            audience=asked.client_id,
            required=frozenset({"iss", "sub", "aud", "exp", "iat"}),
            single_audience=True,
        )
        return dict(verify(tokens["id_token"], keys, expected, now=self.clock.now).claims)

    async def userinfo(self, access_token: str) -> httpx.Response:
        async with self.net.browser() as http:
            return await http.get(f"{AT.issuer}/userinfo", headers={"authorization": f"Bearer {access_token}"})

    async def signed_in(
        self, provider: str, person: str, client_id: str = "shop", **changes: str | None
    ) -> dict[str, Any]:
        """A whole sign-in by a fresh browser; returns the verified claims."""
        asked = asking(client_id, **changes)
        answer = await self.browser().sign_in(asked, provider, person)
        response = await self.token(asked, answer["code"])
        assert response.status_code == 200, response.text
        return await self.claims(asked, response.json())


@functools.cache
def _template() -> Path:
    """One set of keys and one empty database for all worlds of a test process: RSA keys take a second to make."""
    folder = Path(tempfile.mkdtemp(prefix="gate-world-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    make_world(folder, AT, f"sqlite:///{folder / 'gateway.sqlite3'}")
    return folder


@contextlib.asynccontextmanager
async def a_world(folder: Path, database_url: str | None = None, redis_url: str | None = None) -> AsyncIterator[World]:
    """Build and start a world in a folder; SQLite unless a database is given."""
    shutil.copytree(_template(), folder)
    address = database_url or f"sqlite:///{folder / 'gateway.sqlite3'}"
    settings = load(make_world(folder, AT, address, redis_url))
    clock, net = Clock(), AsgiNet()
    blocks = json.loads((folder / "mocks.json").read_text(encoding="utf-8"))
    mocks = {
        "hong_kong": hong_kong.create_app(
            hong_kong.HongKongConfig.from_json(blocks["hong_kong"]), now_ms=clock.milliseconds
        ),
        "macao": macao.create_app(macao.MacaoConfig.from_json(blocks["macao"]), now_ms=clock.milliseconds),
        "guangdong": guangdong.create_app(
            guangdong.GuangdongConfig.from_json(blocks["guangdong"]), now_ms=clock.milliseconds
        ),
    }
    for place, app in mocks.items():
        net.mount(HOMES[place], app)
    gateway = create_app(settings, calls=Calls(net), clock=clock)
    net.mount(AT.issuer, gateway)
    async with gateway.inner.router.lifespan_context(gateway.inner):
        world = World(net, gateway, mocks, clock, folder, address)
        await world.register(a_client())
        yield world
