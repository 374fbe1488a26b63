"""Trust chains: the way from an entity up to a trust anchor whose keys an operator has pinned (OpenID Federation §10).

The way is searched breadth first, so that the shortest chain wins, with a budget: a stranger decides where it leads.
"""

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from urllib.parse import urlencode, urlsplit

from certs.keys.jose import VerificationKeys
from gateway.oidc.federation.policy import applied, merged
from gateway.oidc.federation.statement import (
    WELL_KNOWN,
    EntityStatement,
    FederationError,
    check_entity_id,
    read_configuration,
    read_statement,
    statement_of,
)
from gateway.oidc.ports import Fetch, FetchError

MAX_LENGTH: Final = 5
"""Superiors between a relying party and its trust anchor, the anchor included."""
MAX_FETCHES: Final = 16
"""Calls for one relying party, wherever its hints lead."""
_OK: Final = 200
_MEDIA_TYPE: Final = "application/entity-statement+jwt"


@dataclass(frozen=True, slots=True)
class TrustChain:
    """A verified way up: the entity's configuration, the statements about it and its superiors, the anchor's own."""

    configuration: EntityStatement
    subordinates: tuple[EntityStatement, ...]
    """The first is about the entity itself, the last is the trust anchor's."""
    anchor: EntityStatement
    expires_at: datetime

    @property
    def superiors(self) -> tuple[str, ...]:
        """Who vouches, from the entity upwards."""
        return tuple(statement.iss for statement in self.subordinates)

    def metadata(self, entity_type: str) -> dict[str, Any]:
        """The entity's metadata for one role as its superiors will have it (§6.1); raises ``FederationError``."""
        own = self.configuration.metadata.get(entity_type)
        if own is None or not _type_is_allowed(self.subordinates, entity_type):
            raise FederationError("the entity does not have this role")
        # The immediate superior may set members outright, before any policy is applied (§3.1.3).
        given = {**own, **self.subordinates[0].metadata.get(entity_type, {})}
        policies = [statement.metadata_policy.get(entity_type, {}) for statement in reversed(self.subordinates)]
        return applied(merged(policies), given)


@dataclass(frozen=True, slots=True)
class _Way:
    """A part of a chain: an entity at its upper end, and the statements that lead there."""

    top: EntityStatement
    subordinates: tuple[EntityStatement, ...] = ()
    seen: frozenset[str] = frozenset()


@dataclass(slots=True)
class _Caller:
    """Fetches with a budget, and no address twice."""

    fetch: Fetch
    now: datetime
    left: int = MAX_FETCHES
    known: dict[str, EntityStatement] = field(default_factory=dict)

    async def configuration(self, entity_id: str) -> EntityStatement:
        if entity_id not in self.known:
            token = await self._get(check_entity_id(entity_id).rstrip("/") + WELL_KNOWN)
            self.known[entity_id] = read_configuration(token, entity_id, self.now)
        return self.known[entity_id]

    async def subordinate(self, superior: EntityStatement, keys: VerificationKeys, sub: str) -> EntityStatement:
        endpoint = superior.metadata.get("federation_entity", {}).get("federation_fetch_endpoint")
        if not isinstance(endpoint, str) or "?" in endpoint:
            raise FederationError("a superior offers no statements")
        token = await self._get(f"{check_entity_id(endpoint)}?{urlencode({'sub': sub})}")
        return read_statement(token, superior.sub, sub, keys, self.now)

    async def _get(self, url: str) -> str:
        self.left -= 1
        if self.left < 0:
            raise FederationError("the way to a trust anchor is too long")
        try:
            answer = await self.fetch.get(url, {"accept": _MEDIA_TYPE})
        except FetchError:
            raise FederationError("an entity did not answer") from None
        if answer.status != _OK or answer.content_type.partition(";")[0].strip().lower() != _MEDIA_TYPE:
            raise FederationError("an entity did not answer")
        return statement_of(answer.body)


async def resolve(entity_id: str, anchors: Mapping[str, VerificationKeys], fetch: Fetch, now: datetime) -> TrustChain:
    """Find and verify the shortest chain to one of the anchors; raises ``FederationError`` when there is none."""
    caller = _Caller(fetch, now)
    configuration = await caller.configuration(entity_id)
    ways = deque([_Way(configuration, seen=frozenset({entity_id}))])
    reason = FederationError("no way leads to a trust anchor")
    while ways:
        way = ways.popleft()
        for hint in way.top.authority_hints:
            if hint in way.seen:
                continue
            try:
                step = await _step(caller, way, hint, anchors)
            except FederationError as error:
                if caller.left < 0:
                    raise
                reason = error
                continue
            if hint in anchors:
                return _chain(configuration, step, now)
            if len(step.subordinates) < MAX_LENGTH:
                ways.append(step)
    raise reason


async def _step(caller: _Caller, way: _Way, hint: str, anchors: Mapping[str, VerificationKeys]) -> _Way:
    """One superior up: what it says of the entity below it must be signed by it, and vouch for that entity's keys."""
    superior = await caller.configuration(hint)
    keys = anchors.get(hint)
    if keys is None:
        keys = superior.keys
    elif not _is_pinned(superior, keys):
        raise FederationError("a trust anchor does not have the keys that are pinned")
    statement = await caller.subordinate(superior, keys, way.top.sub)
    _vouches(statement, way, caller.now)
    subordinates = (*way.subordinates, statement)
    _check_constraints(subordinates)
    return _Way(superior, subordinates, way.seen | {hint})


def _is_pinned(anchor: EntityStatement, pinned: VerificationKeys) -> bool:
    """Whether the anchor still uses one of the pinned keys; what it publishes beside them counts for nothing."""
    names = {key.kid for key in pinned.keys}
    return any(key.kid in names for key in anchor.keys.keys)


def _vouches(statement: EntityStatement, way: _Way, now: datetime) -> None:
    """All that the entity below has signed verifies with the keys that its superior lists for it (§10.2)."""
    vouched, entity = statement.keys, way.top.sub
    read_statement(way.top.token, entity, entity, vouched, now)
    if way.subordinates:
        below = way.subordinates[-1]
        read_statement(below.token, entity, below.sub, vouched, now)


def _chain(configuration: EntityStatement, way: _Way, now: datetime) -> TrustChain:
    statements = (configuration, *way.subordinates, way.top)
    expires_at = min(statement.expires_at for statement in statements)
    if expires_at <= now:
        raise FederationError("a trust chain has expired")
    return TrustChain(configuration, way.subordinates, way.top, expires_at)


def _check_constraints(subordinates: Sequence[EntityStatement]) -> None:
    """Path length and names (§6.2.1, §6.2.2), of every statement so far."""
    for below, statement in enumerate(subordinates):
        longest = statement.constraints.get("max_path_length")
        if longest is not None and (not isinstance(longest, int) or isinstance(longest, bool) or below > longest):
            raise FederationError("a superior does not allow a chain of this length")
        naming = statement.constraints.get("naming_constraints", {})
        if not isinstance(naming, dict):
            raise FederationError("an entity statement is malformed")
        names = [entity.sub for entity in subordinates[: below + 1]]
        if not all(_name_is_allowed(name, naming) for name in names):
            raise FederationError("a superior does not allow a name")


def _name_is_allowed(entity_id: str, naming: Mapping[str, Any]) -> bool:
    host = urlsplit(entity_id).hostname or ""
    permitted, excluded = naming.get("permitted"), naming.get("excluded", [])
    if not isinstance(excluded, list) or not isinstance(permitted, list | None):
        raise FederationError("an entity statement is malformed")
    if any(_covers(name, host) for name in excluded):
        return False
    return permitted is None or any(_covers(name, host) for name in permitted)


def _covers(name: object, host: str) -> bool:
    """RFC 5280 §4.2.1.10 for URIs: a leading dot stands for everything below, without it the host itself is meant."""
    if not isinstance(name, str):
        raise FederationError("an entity statement is malformed")
    return host.endswith(name) and host != name[1:] if name.startswith(".") else host == name


def _type_is_allowed(subordinates: Sequence[EntityStatement], entity_type: str) -> bool:
    """Every superior may restrict the roles below it (§6.2.3)."""
    for statement in subordinates:
        allowed = statement.constraints.get("allowed_entity_types")
        if allowed is not None and (not isinstance(allowed, list) or entity_type not in allowed):
            return False
    return True
