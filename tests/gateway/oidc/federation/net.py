"""A federation in memory: entities with keys, and the addresses at which they answer, each answer open to tampering."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

from certs.keys import jose
from certs.keys.jose import VerificationKeys
from certs.keys.signing_key import Algorithm, SigningKey
from gateway.oidc.federation.entity import MEDIA_TYPE
from gateway.oidc.federation.statement import STATEMENT_TYPE, WELL_KNOWN
from gateway.oidc.federation.trust_mark import MARK_TYPE
from gateway.oidc.ports import Fetched, FetchError

NOW = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)
ANCHOR = "https://anchor.example"
REGION = "https://region.example"
RP = "https://rp.example/hotel"


@dataclass(slots=True)
class Entity:
    """One entity: what it says of itself, and whom it vouches for."""

    id: str
    hints: tuple[str, ...] = ()
    metadata: dict[str, Any] = field(default_factory=dict)
    more: dict[str, Any] = field(default_factory=dict)
    """Further members of its configuration."""
    key: SigningKey = field(default_factory=lambda: SigningKey.generate(Algorithm.ES256, NOW))
    below: dict[str, dict[str, Any]] = field(default_factory=dict)
    """Subordinate -> members of the statement about it, ``jwks`` among them."""

    @property
    def jwks(self) -> dict[str, Any]:
        return {"keys": [self.key.public_jwk()]}

    @property
    def pinned(self) -> VerificationKeys:
        return VerificationKeys.from_jwks(self.jwks)

    def vouch(self, entity: "Entity", **members: Any) -> None:
        self.below[entity.id] = {"jwks": entity.jwks, **members}

    def sign(self, sub: str, typ: str = STATEMENT_TYPE, /, **members: Any) -> str:
        now = int(NOW.timestamp())
        claims = {"iss": self.id, "sub": sub, "iat": now, "exp": now + 3600, **members}
        return jose.sign({name: value for name, value in claims.items() if value is not None}, self.key, typ=typ)

    def configuration(self) -> str:
        metadata = dict(self.metadata)
        if self.below:
            metadata["federation_entity"] = {"federation_fetch_endpoint": f"{self.id}/fetch"}
        members: dict[str, Any] = {"jwks": self.jwks, "metadata": metadata, **self.more}
        if self.hints:
            members.setdefault("authority_hints", list(self.hints))
        return self.sign(self.id, **members)

    def mark(self, sub: str, mark_type: str, /, **members: Any) -> str:
        return self.sign(sub, MARK_TYPE, **{"trust_mark_type": mark_type, **members})


@dataclass(slots=True)
class Net:
    """``Fetch`` over the entities; ``instead`` replaces an answer, ``asked`` remembers every call."""

    entities: dict[str, Entity]
    instead: dict[str, Callable[[], Fetched]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    async def get(self, url: str, headers: Mapping[str, str] | None = None) -> Fetched:
        assert headers is not None
        assert headers["accept"] == MEDIA_TYPE
        self.asked.append(url)
        if url in self.instead:
            return self.instead[url]()
        parts = urlsplit(url)
        base = f"{parts.scheme}://{parts.netloc}{parts.path}"
        entity = self.entities.get(base.removesuffix(WELL_KNOWN).removesuffix("/fetch"))
        if entity is None:
            raise FetchError("unreachable")
        if base.endswith(WELL_KNOWN):
            return _answer(entity.configuration())
        sub = parse_qs(parts.query)["sub"][0]
        if sub not in entity.below:
            return Fetched(404, b"{}", "application/json")
        return _answer(entity.sign(sub, **entity.below[sub]))

    async def post(self, url: str, content: bytes, headers: Mapping[str, str]) -> Fetched:
        raise AssertionError("nothing is posted in a federation")


def _answer(token: str) -> Fetched:
    return Fetched(200, token.encode("ascii"), MEDIA_TYPE)


def a_relying_party(entity_id: str = RP, hints: tuple[str, ...] = (REGION,), **metadata: Any) -> Entity:
    """A relying party with keys for its requests and a redirect URI on its own host."""
    entity = Entity(entity_id, hints)
    host = f"https://{urlsplit(entity_id).netloc}"
    own = SigningKey.generate(Algorithm.ES256, NOW)
    entity.metadata["openid_relying_party"] = {
        "client_name": "A hotel of the federation",
        "redirect_uris": [f"{host}/callback"],
        "token_endpoint_auth_method": "private_key_jwt",
        "jwks": {"keys": [own.public_jwk()]},
        "scope": "openid profile cn_id",
        **metadata,
    }
    return entity


def a_federation(party: Entity | None = None) -> tuple[Net, Entity, Entity, Entity]:
    """An anchor, a region's authority and a relying party, all in order."""
    party = party or a_relying_party()
    region = Entity(REGION, (ANCHOR,))
    anchor = Entity(ANCHOR)
    region.vouch(party)
    anchor.vouch(region)
    return Net({each.id: each for each in (anchor, region, party)}), anchor, region, party
