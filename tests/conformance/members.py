"""A relying party of the federation, which nobody registered: it signs what it says of itself."""

import secrets
from dataclasses import dataclass, field, replace
from typing import Any, Final

from gateway.oidc.model import Client
from gateway.oidc.names import ClientAuthMethod
from tests.asking import AT, RP, Asked
from tests.conformance.suite import Suite
from tests.relying_party import Key, RelyingParty, without_none

STATEMENT: Final = "entity-statement+jwt"
MEDIA_TYPE: Final = "application/entity-statement+jwt"
REGION: Final = f"{AT.trust_anchor}/hong_kong"
ANCHOR: Final = f"{AT.trust_anchor}/anchor"


@dataclass(slots=True)
class Member:
    """One entity: its own key, and the keys of its client."""

    suite: Suite
    name: str
    party: RelyingParty
    key: Key = field(default_factory=Key.make)

    @property
    def entity_id(self) -> str:
        return f"{RP}/{self.name}"

    def configuration(self, **changes: Any) -> str:
        """The signed entity configuration (OpenID Federation 1.0 §3); keywords change claims."""
        now = int(self.suite.world.clock.now.timestamp())
        claims = {
            "iss": self.entity_id,
            "sub": self.entity_id,
            "iat": now,
            "exp": now + 24 * 3600,
            "jwks": self.key.jwks,
            "authority_hints": [REGION],
            "metadata": {
                "openid_relying_party": {
                    "client_name": f"Member {self.name}",
                    "redirect_uris": [f"{self.entity_id}/callback"],
                    "client_registration_types": ["automatic"],
                    "token_endpoint_auth_method": "private_key_jwt",
                    "grant_types": ["authorization_code"],
                    "response_types": ["code"],
                    "jwks": self.party.key.jwks,
                    "scope": "openid profile",
                }
            },
        }
        return self.key.sign(without_none(claims | changes), {"typ": STATEMENT, "kid": self.key.thumbprint})

    def publish(self, **changes: Any) -> None:
        """Put the configuration where it is looked for."""
        path = f"/{self.name}/.well-known/openid-federation"
        self.suite.documents.publish(path, self.configuration(**changes), MEDIA_TYPE)

    async def enrol(self) -> None:
        """Have the region's authority vouch for the entity."""
        body = {"entity_id": self.entity_id, "jwks": self.key.jwks}
        async with self.suite.world.net.browser() as http:
            answer = await http.post(f"{REGION}/enrol", json=body)
        assert answer.status_code == 201, answer.text

    def request(self, asked: Asked, **changes: Any) -> str:
        """A request object as the federation wants it (§12.1.1.1): named, dated by its end, without a subject."""
        claims = {"nbf": None, "iat": None, "jti": secrets.token_urlsafe(16), **changes}
        return self.party.request_object(asked, **claims)

    def asking(self, **changes: Any) -> Asked:
        """A request by value: the object, and beside it what OAuth and OpenID Connect want there."""
        asked = self.party.asking(scope="openid profile")
        request = changes.pop("token", None) or self.request(asked, **changes)
        outer = {name: asked.parameters[name] for name in ("client_id", "scope", "response_type")}
        return replace(asked, parameters=outer | {"request": request})


async def a_member(suite: Suite, name: str, **changes: Any) -> Member:
    """An entity that is enrolled and published; keywords change its configuration."""
    client = Client(
        client_id=f"{RP}/{name}",
        client_name=name,
        redirect_uris=(f"{RP}/{name}/callback",),
        token_endpoint_auth_method=ClientAuthMethod.PRIVATE_KEY_JWT,
    )
    member = Member(suite, name, RelyingParty(suite.world, client))
    await member.enrol()
    member.publish(**changes)
    return member
