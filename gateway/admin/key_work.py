"""The floor under the verbs on managed keys: the office, an order, and one write for each change (§9.2).

Whoever changes a set reads it, asks the guards, and writes once, by compare and set; two who act at once find that out.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from certs.keys.backends import KeyPlaces
from certs.keys.rotation.guards import Facts, Guard, GuardError, GuardNumber, require, version
from certs.keys.rotation.records import KeySetRecord
from certs.keys.rotation.schedule import Step, plan
from gateway.admin import joint_acts
from gateway.admin.acts import Act
from gateway.admin.key_sets import SetDescription
from gateway.admin.operation_ports import InstanceRegistry, JointActs, KeyRegistry
from gateway.admin.operation_records import Instance, JointAct, JointActKind
from gateway.audit import AuditAction, AuditLog

ALIVE: Final = timedelta(seconds=30)
"""A worker that was not seen for so long does not run."""


MOST_SKEW: Final = timedelta(seconds=5)


_TRIES: Final = 3


Move = Callable[[KeySetRecord, Facts], KeySetRecord]


Ready = Callable[[KeySetRecord], frozenset[str]]


class UnknownKeySetError(LookupError):
    """There is no set of this name, or no key of this name in it."""


class AlreadyRunningError(Exception):
    """Somebody else is changing the set at this moment."""


class AskedError(Exception):
    """A second person was asked for their agreement, and nothing else was done."""

    def __init__(self, asked: JointAct) -> None:
        super().__init__(asked.id)
        self.asked = asked


@dataclass(frozen=True, slots=True)
class KeyOffice:
    """What the verbs work with, put together by the composition root."""

    registry: KeyRegistry
    instances: InstanceRegistry
    backend: KeyPlaces
    sets: Mapping[str, SetDescription]
    acts: JointActs
    audit: AuditLog
    ready: Ready
    """Which keys of a set have proven themselves in this process."""


@dataclass(frozen=True, slots=True)
class Done:
    """What a verb has done, or in a dry run would do."""

    key_set: str
    verb: str
    version: int
    kid: str | None
    changed: bool
    """False where an operation of this id was done before."""
    states: Mapping[str, str]
    """By key: its state now."""
    plan: Sequence[Step]
    """What comes next."""


@dataclass(frozen=True, slots=True)
class Order:
    """How a verb is to be carried out."""

    act: Act
    dry_run: bool = False
    operation: str | None = None
    """An id of the caller's: the same one again does nothing, and is told what was done."""
    expected: int | None = None
    """The version that the caller's plan was made for (guard 7)."""
    joint_act: str | None = None
    """The second person's agreement, where one is needed (guard 13)."""
    ask: bool = False
    """Whether to ask for that agreement, in the place of doing it."""


@dataclass(frozen=True, slots=True)
class Chain:
    """A certificate with those above it, PEM, its own first."""

    certificates: tuple[str, ...]
    not_after: datetime


async def current(office: KeyOffice, name: str) -> tuple[SetDescription, KeySetRecord]:
    """A set as it is; raises ``UnknownKeySetError``."""
    description = office.sets.get(name)
    if description is None:
        raise UnknownKeySetError("there is no key set of this name")
    return description, (await office.registry.all()).get(name, KeySetRecord(name))


async def facts(office: KeyOffice, keys: KeySetRecord, now: datetime, *, acknowledged: bool = False) -> Facts:
    """What the guards rest on: the living workers, what they can sign with, and whether their clocks agree."""
    living = [one for one in await office.instances.living(now - ALIVE) if one.kind == "gateway"]
    ready = office.ready(keys)
    for one in living:
        ready &= frozenset(one.ready)
    skewed = [one for one in living if not one.healthy or abs(one.skew_ms) > MOST_SKEW / timedelta(milliseconds=1)]
    skew = f"{len(skewed)} of {len(living)} instances disagree" if skewed else ""
    return Facts(now, ready, len(living), not skewed, skew, acknowledged)


def used_lately(keys: KeySetRecord, living: Sequence[Instance]) -> KeySetRecord:
    """The set with the latest use of each key that any worker has told of."""
    used: dict[str, datetime] = {}
    for one in living:
        for kid, at in one.used.items():
            moment = datetime.fromisoformat(at)
            used[kid] = max(used.get(kid, moment), moment)
    changed = [
        replace(key, last_used_at=used[key.kid])
        for key in keys.keys
        if key.kid in used and (key.last_used_at is None or key.last_used_at < used[key.kid])
    ]
    return KeySetRecord(keys.name, keys.version, tuple({key.kid: key for key in (*keys.keys, *changed)}.values()))


async def carry_out(  # noqa: PLR0917 - the five words of an order, and its office
    office: KeyOffice, name: str, verb: str, action: AuditAction, move: Move, order: Order, *, kid: str | None = None
) -> Done:
    """Read, ask the guards, write once; raises ``GuardError``, ``AlreadyRunningError`` or ``UnknownKeySetError``."""
    description, keys = await current(office, name)
    if (again := await done_before(office, name, verb, order, kid)) is not None:
        return again
    for _ in range(_TRIES):
        try:
            known = await facts(office, keys, order.act.now)
            require_expected(keys, order)
            seen = used_lately(keys, await office.instances.living(order.act.now - ALIVE))
            after = move(seen, known)
        except GuardError as error:
            await _refused(office, name, verb, error, order)
            raise
        chosen = kid or _moved(keys, after)
        if order.dry_run:
            return done_of(description, after, verb, chosen, known, changed=True)
        event = order.act.event(action, key_set=name, verb=verb, kid=chosen or "none", version=str(after.version))
        if await office.registry.change(keys, after, [event], operation=order.operation, verb=verb):
            return done_of(description, after, verb, chosen, known, changed=True)
        if (again := await done_before(office, name, verb, order, kid)) is not None:
            return again
        _, keys = await current(office, name)
    raise AlreadyRunningError("the set is being changed by somebody else")


async def show_plan(office: KeyOffice, name: str, now: datetime) -> tuple[KeySetRecord, tuple[Step, ...]]:
    """What is due and what comes next, with every guard and its numbers."""
    description, keys = await current(office, name)
    seen = used_lately(keys, await office.instances.living(now - ALIVE))
    return keys, plan(seen, description.rules, await facts(office, keys, now))


async def failed(office: KeyOffice, name: str, verb: str, act: Act) -> None:
    """Put on record that a step could not be done: the backend does not answer."""
    await office.audit.append(act.event(AuditAction.KEY_FAILED, key_set=name, verb=verb))


async def second_person(office: KeyOffice, kind: JointActKind, subject: Mapping[str, str], order: Order) -> str:
    """The same for any act; raises ``GuardError`` (guard 13), or ``AskedError`` where that was the order."""
    guard = Guard(GuardNumber.SECOND_PERSON, holds=False, need="the agreement of a second operator", have="none")
    if order.ask and not order.dry_run:
        raise AskedError(await joint_acts.ask(office.acts, kind, subject, order.act))
    if order.joint_act is None:
        raise GuardError(guard)
    try:
        asked = await joint_acts.check(office.acts, order.joint_act, kind, subject, order.act)
        if not order.dry_run:
            await joint_acts.take(office.acts, order.joint_act, kind, subject, order.act)
    except joint_acts.JointActError:
        raise GuardError(replace(guard, have="none that covers this")) from None
    return f"{asked.asked_by}, {asked.agreed_by}"


async def done_before(office: KeyOffice, name: str, verb: str, order: Order, kid: str | None = None) -> Done | None:
    """What was done under the order's operation id; an id that stands for another act is refused, and tells nothing."""
    if order.operation is None or (done := await office.registry.outcome(order.operation)) is None:
        return None
    is_same = (done["key_set"], done["verb"]) == (name, verb)
    if verb != "generate" and kid is not None:  # a key that is made has another name each time
        is_same = is_same and done.get("kid", kid) == kid
    require(Guard(GuardNumber.VERSION, is_same, "an operation id of its own", "one that stands for another act"))
    description, keys = await current(office, name)
    known = await facts(office, keys, order.act.now)
    return done_of(description, keys, verb, done.get("kid"), known, changed=False)


async def _refused(office: KeyOffice, name: str, verb: str, error: GuardError, order: Order) -> None:
    if not order.dry_run:
        numbers = ",".join(str(int(one.number)) for one in error.guards)
        await office.audit.append(order.act.event(AuditAction.KEY_REFUSED, key_set=name, verb=verb, guards=numbers))


def done_of(
    description: SetDescription, keys: KeySetRecord, verb: str, kid: str | None, known: Facts, *, changed: bool
) -> Done:
    """What a verb has done, with what comes next."""
    states = {key.kid: key.state.value for key in keys.keys}
    return Done(keys.name, verb, keys.version, kid, changed, states, plan(keys, description.rules, known))


def _moved(before: KeySetRecord, after: KeySetRecord) -> str | None:
    """The key that a move was about: the first whose state is another one now."""
    known = {key.kid: key.state for key in before.keys}
    return next((key.kid for key in after.keys if known.get(key.kid) is not key.state), None)


def require_expected(keys: KeySetRecord, order: Order) -> None:
    """Guard 7, where the order was made for one version of the set."""
    if order.expected is not None:
        require(version(keys, order.expected))
