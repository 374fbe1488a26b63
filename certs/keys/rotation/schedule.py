"""What is due in a set now, and what comes next: what ``gate keys plan`` shows and the chores do (§9.1).

One step at a time: each is one write, and after a crash the same question gives the same next step.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from certs.keys.key_state import BAD, KeyState
from certs.keys.rotation.guards import Facts, Guard, closed, to_activate, to_retire
from certs.keys.rotation.moves import settled
from certs.keys.rotation.records import KeyRecord, KeySetRecord
from certs.keys.rotation.rules import Publication, Rules


class Verb(StrEnum):
    """The steps of a rotation, spelt as on the command line."""

    GENERATE = "generate"
    REQUEST_CERT = "request-cert"
    PUBLISH = "publish"
    PROVE = "prove"
    ACTIVATE = "activate"
    RETIRE = "retire"
    DESTROY_PRIVATE = "destroy-private"


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a plan: what, with which key, when it is due, and the guards in its way."""

    verb: Verb
    due_at: datetime
    kid: str | None = None
    """None for a key that is yet to be made."""
    guards: tuple[Guard, ...] = ()
    by_hand: bool = False
    """Whether only a person can do it: a certificate comes from outside, a partner has to register a key."""

    def is_open(self, now: datetime) -> bool:
        """Whether it may be done now."""
        return now >= self.due_at and not closed(self.guards)


def plan(keys: KeySetRecord, rules: Rules, facts: Facts) -> tuple[Step, ...]:
    """Every step that is due or foreseen, the earliest first."""
    steps = [*_farewells(keys, rules, facts), *_successions(keys, rules, facts)]
    return tuple(sorted(steps, key=lambda step: step.due_at))


def next_step(keys: KeySetRecord, rules: Rules, facts: Facts) -> Step | None:
    """The first step that the chores may do by themselves now."""
    return next((one for one in plan(keys, rules, facts) if not one.by_hand and one.is_open(facts.now)), None)


def _successions(keys: KeySetRecord, rules: Rules, facts: Facts) -> list[Step]:
    """The next key, on its way from being made to signing."""
    active = keys.active
    coming = _coming(keys)
    if coming is None:
        due = facts.now if active is None or rules.keeps_standby else rules.prepare_at(active)
        return [Step(Verb.GENERATE, due, by_hand=rules.publication is Publication.PARTNER)]
    if coming.state is KeyState.HELD:
        return []
    if coming.state is KeyState.GENERATED and rules.needs_certificate:
        return [Step(Verb.REQUEST_CERT, coming.state_since, coming.kid, by_hand=True)]
    if coming.state in {KeyState.GENERATED, KeyState.CERTIFIED}:
        is_ours = rules.publication is not Publication.PARTNER
        return [Step(Verb.PUBLISH, coming.state_since, coming.kid, by_hand=not is_ours)]
    return _activation(coming, active, rules, facts)


def _activation(coming: KeyRecord, active: KeyRecord | None, rules: Rules, facts: Facts) -> list[Step]:
    guards = to_activate(coming, rules, facts)
    due = facts.now if active is None else rules.activate_at(active)
    opens = [one.opens_at for one in guards if one.opens_at is not None]
    steps = [Step(Verb.ACTIVATE, max([due, *opens]), coming.kid, guards)]
    if rules.publication is not Publication.LOCAL and coming.proof is None:
        by_hand = rules.publication is Publication.PARTNER
        steps.append(Step(Verb.PROVE, coming.published_at or coming.state_since, coming.kid, by_hand=by_hand))
    return steps


def _farewells(keys: KeySetRecord, rules: Rules, facts: Facts) -> list[Step]:
    """What happens to keys that do not sign any more."""
    steps = []
    for key in keys.in_state(KeyState.RETIRING):
        guards = to_retire(key, rules, facts)
        due = max(one.opens_at or facts.now for one in guards)
        steps.append(Step(Verb.RETIRE, due, key.kid, guards))
    for key in keys.in_state(KeyState.RETIRING, KeyState.RETIRED, *sorted(BAD)):
        if key.handle is not None and key.private_gone_at is None:
            guard = settled(key, rules, facts.now)
            due = guard.opens_at or facts.now
            steps.append(Step(Verb.DESTROY_PRIVATE, due, key.kid, (guard,), by_hand=key.is_with_operator))
    return steps


def _coming(keys: KeySetRecord) -> KeyRecord | None:
    """The key that is furthest on its way to signing."""
    for state in (KeyState.PUBLISHED, KeyState.HELD, KeyState.CERTIFIED, KeyState.GENERATED):
        found = keys.in_state(state)
        if found:
            return found[0]
    return None
