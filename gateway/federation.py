"""The gateway's place in a federation, made from the settings: who we are there, and whom it lets us know."""

from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from certs.keys import JoseError
from certs.keys.errors import JsonError
from certs.keys.jose import VerificationKeys
from certs.keys.signing_key import KeySource
from certs.keys.strict_json import parse_object
from gateway.admin.key_sets import FEDERATION, OWN
from gateway.config import ConfigurationError, Federation, Settings
from gateway.federated_clients import FederatedClients, FederatedRegistry
from gateway.oidc.federation.automatic import Admission
from gateway.oidc.federation.entity import OwnEntity
from gateway.oidc.federation.statement import FederationError, check_entity_id
from gateway.oidc.names import Scope
from gateway.oidc.ports import ClientStore, Fetch
from gateway.oidc.registration import JURISDICTIONS

_FILE_LIMIT: Final = 64 * 1024


def own_entity(settings: Settings, keys: KeySource, discovery: Mapping[str, Any]) -> OwnEntity | None:
    """What the gateway says of itself; none without a block ``federation``."""
    block = settings.federation
    if block is None:
        return None
    return OwnEntity(
        issuer=settings.issuer,
        organisation=block.organisation,
        authority_hints=tuple(_entity(name, "authority_hints") for name in block.authority_hints),
        keys=keys,
        algorithm=OWN[FEDERATION],
        discovery=discovery,
    )


def with_federation(
    clients: ClientStore,
    registry: FederatedRegistry,
    settings: Settings,
    fetch: Fetch,
    clock: Callable[[], datetime],
) -> ClientStore:
    """The client store, extended by the relying parties of the federation where there is one."""
    block = settings.federation
    if block is None:
        return clients
    anchors = {_entity(name, "trust_anchors"): _keys(Path(file), name) for name, file in block.trust_anchors.items()}
    if not anchors:
        raise ConfigurationError("federation.trust_anchors is empty: nobody could be trusted")
    is_development = settings.environment == "development"
    return FederatedClients(clients, registry, anchors, _admission(block), fetch, clock, allow_loopback=is_development)


def _admission(block: Federation) -> Admission:
    unknown = set(block.jurisdictions.values()) - JURISDICTIONS
    if unknown:
        raise ConfigurationError("federation.jurisdictions: known are " + ", ".join(sorted(JURISDICTIONS)))
    if not set(block.scopes) <= set(Scope):
        raise ConfigurationError("federation.scopes: known are " + ", ".join(Scope))
    return Admission(
        jurisdictions={_entity(name, "jurisdictions"): place for name, place in block.jurisdictions.items()},
        scopes=frozenset(block.scopes),
        required_marks=frozenset(block.required_trust_marks),
    )


def _entity(name: str, setting: str) -> str:
    try:
        return check_entity_id(name)
    except FederationError:
        raise ConfigurationError(f"federation.{setting}: {name} is no entity identifier") from None


def _keys(path: Path, anchor: str) -> VerificationKeys:
    try:
        content = path.read_bytes()[: _FILE_LIMIT + 1]
    except OSError as error:
        raise ConfigurationError(f"federation: the keys of {anchor} cannot be read ({error.strerror})") from error
    try:
        keys = VerificationKeys.from_jwks(parse_object(content))
    except (JoseError, JsonError):
        raise ConfigurationError(f"federation: the file of {anchor} holds no acceptable JWK set") from None
    if not keys.keys or any(key.kid is None for key in keys.keys):
        raise ConfigurationError(f"federation: every key of {anchor} needs a kid")
    return keys
