"""A world in which every place that takes a JWT is open: clients that sign, a party that vouches for software, a federation.

Files that attack these places import the fixtures `stage` and `shared_world` from here.
"""

import itertools
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import httpx
import pytest
import pytest_asyncio
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response

from gateway.admin import initial_access, keyring
from gateway.admin.acts import Act
from gateway.admin.initial_access import Terms
from gateway.config import Lifetimes, Registration
from gateway.oidc.federation.entity import MEDIA_TYPE
from gateway.oidc.names import ClientAuthMethod, DeliveryMode, GrantType
from tests.asking import AT, RP
from tests.attacks.watch import WatchedWorld, watched
from tests.providers.openid_connect import builders as upstream
from tests.relying_party import Key, RelyingParty
from tests.world import a_client, a_world

VOUCHING: Final = "https://vouching.example"
LASTING: Final = Lifetimes(access_token=timedelta(hours=24))
_OF_OTHERS: Final = frozenset({GrantType.TOKEN_EXCHANGE, GrantType.CLIENT_CREDENTIALS})
"""Grants that no client has beside people's sign-ins."""


@dataclass(slots=True)
class Stage:
    """The world, and who signs what in it."""

    world: WatchedWorld
    party: RelyingParty
    rsa_party: RelyingParty
    house: Key
    """The key of the party that vouches for software."""
    hint_key: Key
    """The gateway's own, which signs ID tokens."""
    access_token: str = field(repr=False)
    registration_token: str = field(repr=False)
    served: dict[str, str] = field(default_factory=dict)
    """Path -> entity configuration, below ``RP``."""
    numbers: Any = field(default_factory=lambda: itertools.count(1))
    entity: str = ""
    """The entity whose configuration is forged now."""
    far_side: upstream.FarSide = field(default_factory=upstream.FarSide)
    started: Any = None

    @property
    def now(self) -> int:
        return int(self.world.clock.now.timestamp())

    async def post(self, path: str, form: Mapping[str, str], **headers: str) -> httpx.Response:
        async with self.world.net.browser() as http:
            return await http.post(f"{AT.issuer}{path}", data=dict(form), headers=headers)

    async def get(
        self, path: str, query: Mapping[str, str] | None = None, headers: Mapping[str, str] | None = None
    ) -> httpx.Response:
        async with self.world.net.browser() as http:
            return await http.get(f"{AT.issuer}{path}", params=dict(query or {}), headers=dict(headers or {}))


@asynccontextmanager
async def a_stage(folder: Path) -> AsyncIterator[Stage]:
    """Start it."""
    house = Key.make()
    keys = folder / "house.jwks"
    keys.write_text(json.dumps(house.jwks), encoding="utf-8")
    async with a_world(folder / "world", registration=Registration({VOUCHING: keys}), lifetimes=LASTING) as running:
        world = watched(running)
        party, rsa_party = await _a_party(world, "signer"), await _a_party(world, "rsa-signer", "RS256")
        tokens = await party.sign_in(scope="openid profile")
        secret_key = keyring.load(world.folder / "keys").client_secret_key
        terms = Terms(uses=10_000)
        made = await initial_access.create(
            world.stores.initial_access, "houses", terms, secret_key, Act("tests", world.clock())
        )
        stage = Stage(world, party, rsa_party, house, _own_key(world), tokens["access_token"], made.token)
        home = Starlette()
        home.add_route("/{path:path}", lambda request: _served(stage, request))
        world.net.mount(RP, home)
        yield stage


def _own_key(world: WatchedWorld) -> Key:
    private = load_pem_private_key((world.folder / "keys" / "id-token-es256.pem").read_bytes(), None)
    assert isinstance(private, ec.EllipticCurvePrivateKey)
    return Key(private)


async def _a_party(world: WatchedWorld, client_id: str, alg: str = "ES256") -> RelyingParty:
    key = Key.make(alg)
    client = a_client(
        client_id,
        token_endpoint_auth_method=ClientAuthMethod.PRIVATE_KEY_JWT,
        redirect_uris=(f"{RP}/{client_id}/callback",),
        post_logout_redirect_uris=(),
        jwks=key.jwks,
        grant_types=tuple(grant for grant in GrantType if grant not in _OF_OTHERS),
        backchannel_token_delivery_mode=DeliveryMode.POLL,
    )
    party = await RelyingParty.register(world, client, dpop=True)
    party.key = key
    return party


def _served(stage: Stage, request: Request) -> Response:
    found = stage.served.get(request.url.path)
    return Response(status_code=404) if found is None else Response(found, media_type=MEDIA_TYPE)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def opened(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    """The stage itself."""
    async with a_stage(tmp_path_factory.mktemp("stage")) as running:
        yield running


@pytest.fixture(scope="module")
def shared_world(opened: Stage) -> WatchedWorld:
    """Its world, so that it is checked after each attack like any other."""
    return opened.world


@pytest.fixture(scope="module")
def stage(opened: Stage, shared_world: WatchedWorld) -> Stage:
    """The stage under watch."""
    assert opened.world is shared_world
    return opened
