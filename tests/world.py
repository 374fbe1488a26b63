"""A whole world in one process: the gateway and the three simulated providers over ASGI, with one clock for all.

No socket is opened. ``World.browser()`` walks through pages by element ids, as a person without script would.
"""

import asyncio
import atexit
import contextlib
import dataclasses
import functools
import json
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from certs.keys import key_transport, signing_key
from certs.keys.backends import material
from certs.keys.expectation import Expectation
from certs.keys.jose import verify
from certs.keys.verification_keys import VerificationKeys
from gateway.admin import keyring, operators
from gateway.admin.acts import Act
from gateway.admin.records import Role
from gateway.app import Application, create_app, create_operator_app
from gateway.chores import Chores
from gateway.config import OperatorApi, Settings, load
from gateway.managed_keys import managed_keys
from gateway.oidc.model import Client
from gateway.oidc.names import ClientAuthMethod
from gateway.outbound import GuardedFetch
from gateway.store.open import Stores, open_stores
from mock_idps import guangdong, hong_kong, macao, trust_anchor
from providers.calls import Calls
from providers.outbound import Outbound
from scripts.sandbox import ALL_SCOPES, make_world, register_clients
from tests.asking import AT, SHOP, Asked, asking
from tests.person_browser import Browser
from tests.providers.asgi_net import AsgiNet

NOW = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)
OPERATORS = "http://127.0.0.1:8010"
"""Where the operator API of the tests lives, while ``World.operator_api`` is open."""
HOMES = {
    "hong_kong": AT.hong_kong,
    "macao": AT.macao,
    "guangdong": AT.guangdong,
    "trust_anchor": str(AT.trust_anchor),
}


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

    def seconds(self) -> int:
        return int(self.now.timestamp())

    def advance(self, **span: float) -> None:
        self.now += timedelta(**span)


@dataclass(slots=True)
class World:
    """Everything, running."""

    net: AsgiNet
    gateway: Application
    mocks: dict[str, Any]
    clock: Clock
    folder: Path
    database_url: str
    issuer: str = field(default=AT.issuer, kw_only=True)

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
        """Start the operator API beside the gateway and give a client of it; an operator's key is enough there."""
        own = OperatorApi(require_two_factors=False)
        settings = dataclasses.replace(load(self.folder / "gate.toml"), operator_api=own)
        app = create_operator_app(settings, fetch=self.fetch, clock=self.clock)
        self.net.mount(OPERATORS, app)
        async with app.inner.router.lifespan_context(app.inner), self.net.browser() as http:
            http.base_url = OPERATORS
            yield http

    async def operator(self, name: str, role: Role) -> dict[str, str]:
        """Make an operator; gives the headers that carry the key."""
        secret_key = keyring.load(self.folder / "keys").client_secret_key
        act = Act("tests", self.clock())
        made = await operators.create(self.stores.operator_registry, name, role, secret_key, act)
        return {"authorization": f"Bearer {made.key}"}

    @property
    def fetch(self) -> GuardedFetch:
        """The gateway's own guarded way to relying parties, with this world as the network."""
        return fetch_over(self.net)

    def browser(self, mock_session: str | None = None, **headers: str) -> Browser:
        return Browser(self.net.browser(**headers), mock_session)

    async def register(self, *clients: Client) -> dict[str, str]:
        """Register relying parties; returns the secrets."""
        with keys_read_once():
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
            return await http.post(f"{self.issuer}/token", data=sent, auth=auth)

    async def claims(self, asked: Asked, tokens: dict[str, Any]) -> dict[str, Any]:
        """All that the relying party learns: the ID token's claims, verified, and userinfo's."""
        told = (await self.userinfo(tokens["access_token"])).json()
        own = await self.id_token_claims(asked, tokens)
        assert told["sub"] == own["sub"]
        return {**told, **own}

    async def id_token_claims(self, asked: Asked, tokens: dict[str, Any]) -> dict[str, Any]:
        """The ID token's claims, verified; numbers are not among them unless it is encrypted (PR-05)."""
        async with self.net.browser() as http:
            keys = VerificationKeys.from_jwks((await http.get(f"{self.issuer}/jwks")).json())
        expected = Expectation(
            algorithms=frozenset({"ES256", "RS256"}),
            typ=frozenset({"JWT"}),
            issuer=self.issuer,
            audience=asked.client_id,
            required=frozenset({"iss", "sub", "aud", "exp", "iat"}),
            single_audience=True,
        )
        return dict(verify(tokens["id_token"], keys, expected, now=self.clock.now).claims)

    async def userinfo(self, access_token: str) -> httpx.Response:
        async with self.net.browser() as http:
            return await http.get(f"{self.issuer}/userinfo", headers={"authorization": f"Bearer {access_token}"})

    async def signed_in(
        self, provider: str, person: str, client_id: str = "shop", **changes: str | None
    ) -> dict[str, Any]:
        """A whole sign-in by a fresh browser; returns the verified claims."""
        asked = asking(client_id, **changes)
        answer = await self.browser().sign_in(asked, provider, person)
        response = await self.token(asked, answer["code"])
        assert response.status_code == 200, response.text
        return await self.claims(asked, response.json())


@functools.lru_cache(maxsize=64)
def read_once(pem: bytes, password: None, **options: bool) -> Any:
    """A private key, parsed once in a test process: an RSA key takes 30 ms, and all worlds have the same ones."""
    return load_pem_private_key(pem, password, **options)


@contextlib.contextmanager
def keys_read_once() -> Iterator[None]:
    """For as long as a world is put together or changed, the product's readers of keys remember what they have read."""
    readers = (signing_key, key_transport, material)
    before = [module.load_pem_private_key for module in readers]
    for module in readers:
        setattr(module, "load_pem_private_key", read_once)  # noqa: B010 - the name is another module's own
    try:
        yield
    finally:
        for module, reader in zip(readers, before, strict=True):
            setattr(module, "load_pem_private_key", reader)  # noqa: B010 - the same


def fetch_over(net: AsgiNet) -> GuardedFetch:
    """Calls to addresses that relying parties name, over the network of a test."""
    return GuardedFetch(Outbound(transport=net, allow_loopback=True))


@functools.cache
def _template() -> Path:
    """One set of keys and one empty database for all worlds of a test process: RSA keys take a second to make."""
    folder = Path(tempfile.mkdtemp(prefix="gate-world-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    settings = load(make_world(folder, AT, f"sqlite:///{folder / 'gateway.sqlite3'}"))
    with ThreadPoolExecutor(1) as aside:  # whoever asks has a loop of their own under way
        aside.submit(asyncio.run, _adopt(settings)).result()
    return folder


async def _adopt(settings: Settings) -> None:
    """Put the first keys on record, as the first start of every world would."""
    keys = keyring.load(settings.keys_dir)
    stores = await open_stores(
        settings.storage.database_url, pool_size=1, sealing_keys=keys.sealing_keys, index_keys=keys.index_keys
    )
    with keys_read_once():
        await managed_keys(settings, keys, stores, NOW)
    await stores.aclose()


@contextlib.asynccontextmanager
async def a_world(
    folder: Path,
    database_url: str | None = None,
    redis_url: str | None = None,
    *,
    issuer: str = AT.issuer,
    **changes: Any,
) -> AsyncIterator[World]:
    """Build and start a world in a folder; SQLite unless a database is given; keywords change settings."""
    shutil.copytree(_template(), folder)
    address = database_url or f"sqlite:///{folder / 'gateway.sqlite3'}"
    written = load(make_world(folder, replace(AT, issuer=issuer), address, redis_url, unlimited=True))
    # Rotations that are due are taken when a test says so, and never in the middle of another one.
    settings = replace(written, **{"keys": replace(written.keys, automatic=False), **changes})
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
        "trust_anchor": trust_anchor.create_app(
            trust_anchor.TrustAnchorConfig.from_json(blocks["trust_anchor"]), now=clock.seconds
        ),
    }
    for place, app in mocks.items():
        net.mount(HOMES[place], app)
    async with contextlib.AsyncExitStack() as running:
        with keys_read_once():
            gateway = create_app(settings, calls=Calls(net), fetch=fetch_over(net), clock=clock)
            net.mount(issuer, gateway)
            await running.enter_async_context(gateway.inner.router.lifespan_context(gateway.inner))
        world = World(net, gateway, mocks, clock, folder, address, issuer=issuer)
        await world.register(a_client())
        yield world
