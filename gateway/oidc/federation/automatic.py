"""Automatic registration: a verified trust chain becomes a client, within what operators allow (Federation §12.1)."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from gateway.oidc.client_metadata import client_from
from gateway.oidc.federation.chain import TrustChain
from gateway.oidc.federation.statement import FederationError
from gateway.oidc.model import Client
from gateway.oidc.names import ClientAuthMethod, Scope
from gateway.oidc.registration import MetadataError, check_client, with_sector

RELYING_PARTY: Final = "openid_relying_party"
LONGEST: Final = timedelta(hours=24)
"""When a chain is verified again, even if its statements would count for longer (§10.2)."""
REGISTERED_BY: Final = "federation"


@dataclass(frozen=True, slots=True)
class Admission:
    """What operators allow relying parties whom they do not know; everything else is the authorities' word."""

    jurisdictions: Mapping[str, str]
    """Entity identifier of a region's authority -> the jurisdiction of those below it."""
    scopes: frozenset[str]
    """The most that such a client may ask for."""
    required_marks: frozenset[str] = frozenset()

    def client(
        self, chain: TrustChain, marks: Collection[str], now: datetime, *, allow_loopback: bool = False
    ) -> Client:
        """The client; raises ``FederationError`` when the chain does not suffice."""
        if not self.required_marks <= set(marks):
            raise FederationError("a trust mark is missing")
        metadata = chain.metadata(RELYING_PARTY)
        try:
            client = with_sector(client_from(self._within(metadata), self._base(chain, now)))
            check_client(client, allow_loopback=allow_loopback)
        except MetadataError:
            raise FederationError("the entity's metadata cannot be registered") from None
        return client

    def _base(self, chain: TrustChain, now: datetime) -> Client:
        return Client(
            client_id=chain.configuration.sub,
            client_name="",
            redirect_uris=(),
            token_endpoint_auth_method=ClientAuthMethod.PRIVATE_KEY_JWT,
            jurisdiction=self._jurisdiction(chain),
            registered_by=REGISTERED_BY,
            created_at=now,
            expires_at=min(chain.expires_at, now + LONGEST),
        )

    def _within(self, metadata: Mapping[str, Any]) -> dict[str, Any]:
        """The metadata less what automatic registration does not give (§12.1.1: the method is a key of its own)."""
        if metadata.get("token_endpoint_auth_method", "private_key_jwt") != ClientAuthMethod.PRIVATE_KEY_JWT.value:
            raise FederationError("an entity proves itself by its keys")
        scope = metadata.get("scope", Scope.OPENID.value)
        if not isinstance(scope, str):
            raise FederationError("the entity's metadata cannot be registered")
        allowed = [each for each in scope.split(" ") if each in self.scopes]
        members = {name: value for name, value in metadata.items() if not name.startswith("gba_")}
        members["scope"] = " ".join(dict.fromkeys([Scope.OPENID.value, *allowed]))
        if isinstance(metadata.get("gba_purpose"), str):
            members["gba_purpose"] = metadata["gba_purpose"]
        return members

    def _jurisdiction(self, chain: TrustChain) -> str:
        """Where the receiver sits is said by the region's authority that stands in the chain, never by itself."""
        found = {self.jurisdictions[name] for name in chain.superiors if name in self.jurisdictions}
        if len(found) != 1:
            raise FederationError("no authority of one region stands in the chain")
        return found.pop()
