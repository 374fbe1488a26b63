"""The guards between states: each has a number, what it needs and what it finds; ``plan`` shows them all (§9.1)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import IntEnum

from certs.keys.key_state import KeyState
from certs.keys.rotation.records import KeyRecord, KeySetRecord
from certs.keys.rotation.rules import Publication, Rules


class GuardNumber(IntEnum):
    """The guards by number; documented in docs/reference/key-guards.md, and never given anew."""

    STATE = 1
    """The move begins in the state that the key is in: no state is jumped over."""
    LEAD = 2
    """It has been published for the publish lead."""
    PUBLICATION = 3
    """It is proven that everybody concerned can see it."""
    CERTIFICATE = 4
    """Its certificate is valid now, and for the whole time that it is to be active."""
    INSTANCES = 5
    """Every running instance has signed and verified with it."""
    CLOCK = 6
    """The clocks of all instances agree."""
    VERSION = 7
    """The set is as it was when the plan was made."""
    OVERLAP = 8
    """Nothing that it signed can still be alive."""
    UNUSED = 9
    """Nothing signed with it was seen lately, or an operator knows of it."""
    SETTLE = 10
    """The settle window is still open (to take back), or over (to destroy)."""
    PRIVATE_HALF = 11
    """The private half is there."""
    STANDBY = 12
    """Another key can take its place."""
    SECOND_PERSON = 13
    """A second operator has agreed."""
    BACKEND = 14
    """The backend of the private halves answers."""


@dataclass(frozen=True, slots=True)
class Guard:
    """One guard as it was found."""

    number: GuardNumber
    holds: bool
    need: str
    have: str
    opens_at: datetime | None = None
    """When it holds by itself, if time alone will do."""


class GuardError(Exception):
    """A move that is not allowed now; ``guards`` are those that do not hold."""

    def __init__(self, *guards: Guard) -> None:
        self.guards = guards
        super().__init__("; ".join(f"guard {int(one.number)}: needs {one.need}, has {one.have}" for one in guards))


@dataclass(frozen=True, slots=True)
class Facts:
    """What a judgement of a set rests on, besides its record; gathered by whoever asks."""

    now: datetime
    ready: frozenset[str] = frozenset()
    """Names of the keys that every running instance has signed and verified with."""
    instances: int = 1
    clocks_agree: bool = True
    skew: str = ""
    """What is wrong with the clocks, in words."""
    acknowledged_use: bool = False
    """An operator knows that the key is still seen."""


def require(*guards: Guard) -> None:
    """Raise ``GuardError`` with every guard that does not hold."""
    closed = [one for one in guards if not one.holds]
    if closed:
        raise GuardError(*closed)


def to_activate(key: KeyRecord, rules: Rules, facts: Facts) -> tuple[Guard, ...]:
    """The guards of published → active, all of them, in the order of their numbers."""
    return (
        in_state(key, KeyState.PUBLISHED),
        _lead(key, rules, facts.now),
        _proven(key, rules),
        _certificate(key, rules, facts.now),
        Guard(
            GuardNumber.INSTANCES,
            key.kid in facts.ready,
            "a signature by every running instance",
            f"{facts.instances} running; " + ("all have" if key.kid in facts.ready else "not all have"),
        ),
        Guard(GuardNumber.CLOCK, facts.clocks_agree, "clocks that agree", facts.skew or "they do"),
        private_half(key),
    )


def to_retire(key: KeyRecord, rules: Rules, facts: Facts) -> tuple[Guard, ...]:
    """The guards of retiring → retired."""
    since = key.retiring_at or key.state_since
    opens = since + rules.overlap
    window = facts.now - rules.overlap
    is_quiet = key.last_used_at is None or key.last_used_at <= window
    return (
        in_state(key, KeyState.RETIRING),
        Guard(GuardNumber.OVERLAP, facts.now >= opens, span(rules.overlap), span(facts.now - since), opens),
        Guard(
            GuardNumber.UNUSED,
            is_quiet or facts.acknowledged_use,
            f"not seen for {span(rules.overlap)}, or acknowledged",
            "never seen" if key.last_used_at is None else f"seen {span(facts.now - key.last_used_at)} ago",
            None if is_quiet else (key.last_used_at or facts.now) + rules.overlap,
        ),
    )


def to_abort(keys: KeySetRecord, rules: Rules, now: datetime) -> tuple[Guard, ...]:
    """The guards of active → published: the change is fresh, and the key before it can sign again."""
    active, before = keys.active, predecessor(keys)
    since = active.activated_at if active is not None and active.activated_at is not None else None
    age = now - since if since is not None else None
    return (
        Guard(GuardNumber.STATE, active is not None, "an active key", "one" if active else "none"),
        Guard(
            GuardNumber.SETTLE,
            age is not None and age < rules.settle,
            f"less than {span(rules.settle)} since the change",
            span(age) if age is not None else "no change",
        ),
        Guard(
            GuardNumber.PRIVATE_HALF,
            before is not None and before.private_gone_at is None and before.handle is not None,
            "the private half of the key before",
            "there" if before is not None and before.private_gone_at is None else "gone",
        ),
    )


def predecessor(keys: KeySetRecord) -> KeyRecord | None:
    """The key that signed before the active one."""
    retiring = keys.in_state(KeyState.RETIRING)
    return max(retiring, key=lambda key: key.retiring_at or key.state_since, default=None)


def in_state(key: KeyRecord, *states: KeyState) -> Guard:
    """The guard that no state is jumped over."""
    need = " or ".join(state.value for state in states)
    return Guard(GuardNumber.STATE, key.state in states, f"state {need}", f"state {key.state.value}")


def private_half(key: KeyRecord) -> Guard:
    """The guard that there is something to sign with."""
    is_there = key.handle is not None and key.private_gone_at is None
    return Guard(GuardNumber.PRIVATE_HALF, is_there, "the private half", "there" if is_there else "gone")


def version(keys: KeySetRecord, expected: int) -> Guard:
    """The guard that nobody has changed the set meanwhile."""
    return Guard(GuardNumber.VERSION, keys.version == expected, f"version {expected}", f"version {keys.version}")


def closed(guards: Sequence[Guard]) -> tuple[Guard, ...]:
    """Those that do not hold."""
    return tuple(one for one in guards if not one.holds)


def _lead(key: KeyRecord, rules: Rules, now: datetime) -> Guard:
    if key.published_at is None:
        return Guard(GuardNumber.LEAD, holds=False, need=span(rules.publish_lead), have="not published")
    opens = key.published_at + rules.publish_lead
    return Guard(GuardNumber.LEAD, now >= opens, span(rules.publish_lead), span(now - key.published_at), opens)


def _proven(key: KeyRecord, rules: Rules) -> Guard:
    if rules.publication is Publication.LOCAL:
        return Guard(GuardNumber.PUBLICATION, holds=True, need="nobody outside", have="local")
    is_proven = key.proof is not None and key.published_at is not None and key.proof.at >= key.published_at
    have = "no proof" if key.proof is None or not is_proven else f"{key.proof.kind.value} by {key.proof.by}"
    return Guard(GuardNumber.PUBLICATION, is_proven, f"proof of publication ({rules.publication.value})", have)


def _certificate(key: KeyRecord, rules: Rules, now: datetime) -> Guard:
    if key.not_after is None:
        need = "a certificate" if rules.needs_certificate else "none"
        return Guard(GuardNumber.CERTIFICATE, not rules.needs_certificate, need, "none")
    until = rules.activate_at(_as_if_active(key, now))
    holds = now < key.not_after and until > now
    return Guard(
        GuardNumber.CERTIFICATE,
        holds,
        "a certificate for the time of its activity",
        f"valid to {moment(key.not_after)}",
    )


def _as_if_active(key: KeyRecord, now: datetime) -> KeyRecord:
    return KeyRecord(key.kid, key.algorithm, KeyState.ACTIVE, now, now, activated_at=now, not_after=key.not_after)


def span(value: timedelta) -> str:
    """A time span in the two largest units that it has, for people."""
    seconds = max(0, int(value.total_seconds()))
    parts = []
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "min"), (1, "s")):
        count, seconds = divmod(seconds, size)
        if count:
            parts.append(f"{count} {unit}")
    return " ".join(parts[:2]) or "0 s"


def moment(value: datetime) -> str:
    """A moment in UTC, for people and machines."""
    return value.strftime("%Y-%m-%dT%H:%M:%SZ")
