"""The moves from state to state: each takes a set, checks its guards, and gives the set after it (§9.1)."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from certs.keys.key_state import KeyState
from certs.keys.rotation.guards import (
    Facts,
    Guard,
    GuardError,
    GuardNumber,
    in_state,
    predecessor,
    private_half,
    require,
    span,
    to_abort,
    to_activate,
    to_retire,
)
from certs.keys.rotation.records import KeyRecord, KeySetRecord, Proof
from certs.keys.rotation.rules import Rules

_BEFORE_PUBLISHING: Final = (KeyState.GENERATED, KeyState.CERTIFIED)
_ENDED: Final = (KeyState.RETIRED, KeyState.COMPROMISED, KeyState.REVOKED, KeyState.GENERATED, KeyState.CERTIFIED)
_LIVING: Final = (
    KeyState.GENERATED,
    KeyState.CERTIFIED,
    KeyState.PUBLISHED,
    KeyState.HELD,
    KeyState.ACTIVE,
    KeyState.RETIRING,
    KeyState.RETIRED,
)


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key as a backend has made it, or as it was found."""

    kid: str
    algorithm: str
    handle: str
    public: Mapping[str, Any]


def generate(keys: KeySetRecord, made: NewKey, now: datetime) -> KeySetRecord:
    """A new key joins the set, shown to nobody; a name that was ever used is refused."""
    if keys.find(made.kid) is not None:
        raise GuardError(Guard(GuardNumber.STATE, holds=False, need="a name never used before", have="a known one"))
    key = KeyRecord(made.kid, made.algorithm, KeyState.GENERATED, now, now, made.handle, dict(made.public))
    return keys.changed(key)


def adopt(keys: KeySetRecord, made: NewKey, now: datetime) -> KeySetRecord:
    """The key that signed before keys were managed is the first active one; it has been published all along."""
    if keys.keys:
        raise GuardError(Guard(GuardNumber.STATE, holds=False, need="an empty set", have=f"{len(keys.keys)} keys"))
    key = KeyRecord(made.kid, made.algorithm, KeyState.ACTIVE, now, now, made.handle, dict(made.public))
    return keys.changed(replace(key, published_at=now, activated_at=now))


def certify(keys: KeySetRecord, kid: str, chain: tuple[str, ...], not_after: datetime, now: datetime) -> KeySetRecord:
    """A certificate joins its key: before it is published, or as the renewal of one that is in use."""
    key = _find(keys, kid)
    require(in_state(key, *_BEFORE_PUBLISHING, KeyState.PUBLISHED, KeyState.HELD, KeyState.ACTIVE))
    certified = replace(key, certificates=chain, not_after=not_after)
    return keys.changed(_enter(certified, KeyState.CERTIFIED, now) if key.state in _BEFORE_PUBLISHING else certified)


def publish(keys: KeySetRecord, kid: str, rules: Rules, now: datetime) -> KeySetRecord:
    """Show the public half; a key that was held goes on, and keeps the time for which it has been shown."""
    key = _find(keys, kid)
    before = (KeyState.CERTIFIED,) if rules.needs_certificate else _BEFORE_PUBLISHING
    require(in_state(key, *before, KeyState.HELD), private_half(key))
    if key.state is KeyState.HELD:
        return keys.changed(_enter(key, KeyState.PUBLISHED, now))
    return keys.changed(replace(_enter(key, KeyState.PUBLISHED, now), published_at=now, proof=None))


def prove(keys: KeySetRecord, kid: str, proof: Proof) -> KeySetRecord:
    """Put on record that everybody concerned can see the key."""
    key = _find(keys, kid)
    require(in_state(key, KeyState.PUBLISHED, KeyState.HELD))
    return keys.changed(replace(key, proof=proof))


def hold(keys: KeySetRecord, kid: str, reason: str, now: datetime) -> KeySetRecord:
    """Keep a published key from being activated."""
    key = _find(keys, kid)
    require(in_state(key, KeyState.PUBLISHED))
    return keys.changed(replace(_enter(key, KeyState.HELD, now), reason=reason))


def activate(keys: KeySetRecord, kid: str, rules: Rules, facts: Facts) -> KeySetRecord:
    """The next key signs from now on, and the one before only verifies: both in one step, or neither."""
    key = _find(keys, kid)
    require(*to_activate(key, rules, facts))
    return _take_over(keys, key, facts.now)


def abort(keys: KeySetRecord, rules: Rules, now: datetime) -> KeySetRecord:
    """Take a fresh change back: the key before signs again, and the new one is published as before."""
    require(*to_abort(keys, rules, now))
    active, before = keys.active, predecessor(keys)
    if active is None or before is None:  # the guards have looked already
        raise LookupError
    again = replace(_enter(before, KeyState.ACTIVE, now), activated_at=before.activated_at, retiring_at=None)
    return keys.changed(replace(_enter(active, KeyState.PUBLISHED, now), activated_at=None), again)


def retire(keys: KeySetRecord, kid: str, rules: Rules, facts: Facts) -> KeySetRecord:
    """Nothing that the key signed can be alive: it leaves the document."""
    key = _find(keys, kid)
    require(*to_retire(key, rules, facts))
    return keys.changed(replace(_enter(key, KeyState.RETIRED, facts.now), retired_at=facts.now))


def compromise(keys: KeySetRecord, kid: str, since: datetime, reason: str, now: datetime) -> KeySetRecord:
    """Somebody else may have the key: it leaves the document at once, and the standby signs; no lead is kept (§9.1).

    Where there is no standby the set is left without an active key: nothing is signed rather than wrongly signed.
    """
    key = _find(keys, kid)
    require(in_state(key, *_LIVING))
    bad = replace(_enter(key, KeyState.COMPROMISED, now), compromised_from=min(since, now), reason=reason)
    after = keys.changed(bad)
    standby = after.standby
    if key.state is not KeyState.ACTIVE or standby is None:
        return after
    return replace(_take_over(after, standby, now), version=after.version)


def take_over(keys: KeySetRecord, kid: str, now: datetime) -> KeySetRecord:
    """A key signs at once, without any lead, in a set that has no active key: the emergency's other way (§9.1)."""
    key = _find(keys, kid)
    require(
        Guard(GuardNumber.STATE, keys.active is None, "a set without an active key", "one with an active key"),
        in_state(key, KeyState.PUBLISHED),
        private_half(key),
    )
    return _take_over(keys, key, now)


def revoke(keys: KeySetRecord, kid: str, now: datetime) -> KeySetRecord:
    """Everybody concerned has been told of a compromised key."""
    key = _find(keys, kid)
    require(in_state(key, KeyState.COMPROMISED))
    return keys.changed(_enter(key, KeyState.REVOKED, now))


def disable_private(keys: KeySetRecord, kid: str, rules: Rules, now: datetime) -> KeySetRecord:
    """Put on record that a retiring key's private half was destroyed, once the change can no longer be taken back."""
    key = _find(keys, kid)
    require(in_state(key, KeyState.RETIRING, KeyState.RETIRED, *_ENDED[1:3]), settled(key, rules, now))
    return keys.changed(replace(key, private_gone_at=now))


def destroy(keys: KeySetRecord, kid: str, rules: Rules, now: datetime) -> KeySetRecord:
    """Put on record that nothing is left of the private half; the public half stays, for the archive."""
    key = _find(keys, kid)
    require(in_state(key, *_ENDED), settled(key, rules, now))
    gone = key.private_gone_at or now
    return keys.changed(replace(_enter(key, KeyState.DESTROYED, now), private_gone_at=gone))


def settled(key: KeyRecord, rules: Rules, now: datetime) -> Guard:
    """The guard that nobody may want the private half back; it holds at once for a key that never signed, or is bad."""
    if key.state in {KeyState.COMPROMISED, KeyState.REVOKED} or key.retiring_at is None:
        return Guard(GuardNumber.SETTLE, holds=True, need="nothing to take back", have="nothing")
    opens = key.retiring_at + rules.settle
    need = f"{span(rules.settle)} since the change"
    return Guard(GuardNumber.SETTLE, now >= opens, need, span(now - key.retiring_at), opens)


def _take_over(keys: KeySetRecord, key: KeyRecord, now: datetime) -> KeySetRecord:
    changed = [replace(_enter(key, KeyState.ACTIVE, now), activated_at=now)]
    if keys.active is not None:
        changed.append(replace(_enter(keys.active, KeyState.RETIRING, now), retiring_at=now))
    return keys.changed(*changed)


def _find(keys: KeySetRecord, kid: str) -> KeyRecord:
    key = keys.find(kid)
    if key is None:
        raise GuardError(Guard(GuardNumber.STATE, holds=False, need="a key of this set", have="none of this name"))
    return key


def _enter(key: KeyRecord, state: KeyState, now: datetime) -> KeyRecord:
    return replace(key, state=state, state_since=now)
