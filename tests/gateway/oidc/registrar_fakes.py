"""An operator's initial access token, a registry in memory, and a registrar over both."""

import json
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Final

from certs.keys.jose import VerificationKeys, sign
from certs.keys.signing_key import Algorithm
from gateway.audit import AuditEvent
from gateway.oidc.dynamic_registration import Registrar
from gateway.oidc.model import Client
from gateway.oidc.names import Profile
from gateway.oidc.provider import OpenIDProvider
from gateway.oidc.registration_tokens import initial_access_hash
from tests.gateway.oidc.fakes import NOW, PEPPER, FakeClients, FakeFetch, a_call, an_endpoint, signing_key

TOKEN: Final = "initial-access-token-of-the-tests"
PARTY: Final = "https://vouching.example"
METADATA: Final[dict[str, Any]] = {
    "client_name": "Fictional Ferry",
    "redirect_uris": ["https://ferry.example/cb"],
}


@dataclass(frozen=True)
class FakeAccess:
    name: str = "harbour-board"
    hash: bytes = initial_access_hash(PEPPER, TOKEN)
    scopes: tuple[str, ...] = ("openid", "profile", "cn_doc")
    jurisdiction: str = "macao"
    purpose: str = "travel"
    profile: Profile = Profile.PLAIN
    ends_at: datetime = NOW + timedelta(days=1)


@dataclass
class FakeRegistry:
    """``Registrations`` and ``InitialAccessTokens`` at once; ``uses_left`` counts down."""

    clients: FakeClients
    access: FakeAccess = field(default_factory=FakeAccess)
    uses_left: int = 3
    events: list[AuditEvent] = field(default_factory=list)

    async def find(self, token_hash: bytes, now: datetime) -> FakeAccess | None:
        is_usable = token_hash == self.access.hash and now < self.access.ends_at and self.uses_left > 0
        return self.access if is_usable else None

    async def register(self, client: Client, initial_access: bytes | None, now: datetime, event: AuditEvent) -> bool:
        if self.uses_left < 1:
            return False
        self.uses_left -= 1
        self.clients.by_id[client.client_id] = client
        self.events.append(event)
        return True

    async def replace(self, client: Client, event: AuditEvent) -> bool:
        self.clients.by_id[client.client_id] = client
        self.events.append(event)
        return True

    async def disable(self, client_id: str, now: datetime, event: AuditEvent) -> bool:
        self.clients.by_id[client_id] = replace(self.clients.by_id[client_id], disabled_at=now)
        self.events.append(event)
        return True


@dataclass
class Stage:
    """Everything a registration needs, and what to look at afterwards."""

    registry: FakeRegistry
    registrar: Registrar
    op: OpenIDProvider
    fetch: FakeFetch

    @property
    def clients(self) -> list[Client]:
        return list(self.registry.clients.by_id.values())


def a_stage(**changes: Any) -> Stage:
    clients, fetch = FakeClients(), FakeFetch()
    access = changes.pop("access", FakeAccess())
    registry = FakeRegistry(clients, access)
    keys = VerificationKeys.from_jwks({"keys": [signing_key(name="vouching").public_jwk()]})
    registrar = Registrar(registry, registry, {PARTY: keys})
    return Stage(registry, registrar, an_endpoint(clients=clients, fetch=fetch, **changes), fetch)


def asked(token: str | None = TOKEN, path: str = "/register", **more: Any) -> Any:
    return a_call(authorization=() if token is None else (f"Bearer {token}",), path=path, **more)


def body(**changes: Any) -> bytes:
    """The metadata with changes; ``None`` leaves a member out."""
    members = {name: value for name, value in (METADATA | changes).items() if value is not None}
    return json.dumps(members).encode()


def a_statement(typ: str = "JWT", key: str = "vouching", **claims: Any) -> str:
    """A software statement that the party signed."""
    said = {"iss": PARTY, "iat": int(NOW.timestamp()), "software_id": "ferry-1"} | claims
    return sign(
        {name: value for name, value in said.items() if value is not None}, signing_key(Algorithm.ES256, key), typ=typ
    )
