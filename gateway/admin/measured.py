"""What the metrics say, gathered once for each scrape: counts and ends of things, nothing about a person (AD-06)."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from certs.keys.key_state import KeyState
from certs.keys.rotation.guards import GuardNumber, closed
from certs.keys.rotation.records import KeySetRecord
from certs.keys.rotation.schedule import Step, Verb, plan
from gateway.admin import key_work
from gateway.admin.audit_ports import AuditRecords, HourCount
from gateway.admin.ending_ports import Endings
from gateway.admin.inventory import Item
from gateway.admin.inventory_upkeep import AuditStanding, LastBackup
from gateway.admin.key_work import KeyOffice
from gateway.admin.operation_ports import InstanceRegistry
from gateway.admin.operation_records import Instance
from gateway.audit import AuditAction
from gateway.oidc.ports import StoreUnavailableError

OUTCOMES: Final = {
    AuditAction.SIGN_IN_STARTED.value: "started",
    AuditAction.SIGN_IN_COMPLETED.value: "completed",
    AuditAction.SIGN_IN_FAILED.value: "failed",
}
_SEEN_WITHIN: Final = timedelta(minutes=10)
"""How long a worker that has gone silent is still shown, as one that is down."""
_WORST: Final = ("closed", "half_open", "open")


@dataclass(frozen=True, slots=True)
class KeySetMeasure:
    """One set of keys."""

    states: Mapping[KeyState, int]
    lacks_standby: bool | None
    """None for a set that keeps none."""
    closed_guards: frozenset[GuardNumber]
    """Guards in the way of the next key."""
    overdue: timedelta
    """For how long the next step should have been done already."""


@dataclass(frozen=True, slots=True)
class Measured:
    """Everything for one scrape."""

    now: datetime
    version: str
    stores: Mapping[str, bool]
    items: Sequence[Item] = ()
    key_sets: Mapping[str, KeySetMeasure] = field(default_factory=dict)
    sign_ins: Mapping[tuple[str, str], int] = field(default_factory=dict)
    """(provider, outcome) -> number since the operators' process started."""
    upstreams: Mapping[str, str] = field(default_factory=dict)
    """Provider -> the worst state of any worker's breaker."""
    instances: Sequence[Instance] = ()
    backup: LastBackup | None = None
    audit: AuditStanding | None = None
    alerts: int | None = None


@dataclass(frozen=True, slots=True)
class Meters:
    """Whom to ask, put together by the composition root."""

    inventory: Callable[[datetime], Awaitable[tuple[Item, ...]]]
    office: KeyOffice
    instances: InstanceRegistry
    endings: Endings
    records: AuditRecords
    ready: Callable[[], Awaitable[Mapping[str, bool]]]
    providers: frozenset[str]
    version: str
    since: datetime
    """From when on sign-ins are counted."""


async def measure(meters: Meters, now: datetime) -> Measured:
    """Ask once; when a store is away only that is said, so that the gap has its reason beside it."""
    stores = await meters.ready()
    try:
        return await _all(meters, stores, now)
    except StoreUnavailableError:
        return Measured(now, meters.version, {**stores, "database": False})


async def _all(meters: Meters, stores: Mapping[str, bool], now: datetime) -> Measured:
    living = await meters.instances.living(now - _SEEN_WITHIN)
    counts, backup, standing, alerts = await asyncio.gather(
        meters.records.counts(meters.since),
        meters.endings.last_backup(),
        meters.endings.audit_standing(),
        meters.endings.open_alerts(),
    )
    return Measured(
        now=now,
        version=meters.version,
        stores=stores,
        items=await meters.inventory(now),
        key_sets=await _key_sets(meters.office, now),
        sign_ins=sign_ins(counts),
        upstreams=upstreams(meters.providers, [one for one in living if is_up(one, now)]),
        instances=living,
        backup=backup,
        audit=standing,
        alerts=alerts,
    )


def is_up(instance: Instance, now: datetime) -> bool:
    """Whether a worker runs, and believes its clock."""
    return instance.healthy and now - instance.seen_at <= key_work.ALIVE


def sign_ins(counts: Sequence[HourCount]) -> dict[tuple[str, str], int]:
    """Sign-ins by provider and outcome, summed over the hours."""
    found: dict[tuple[str, str], int] = {}
    for one in counts:
        outcome = OUTCOMES.get(one.action)
        if outcome is not None:
            found[one.provider, outcome] = found.get((one.provider, outcome), 0) + one.count
    return found


def upstreams(providers: frozenset[str], living: Sequence[Instance]) -> dict[str, str]:
    """Each provider's state as the worker sees it that sees it worst; one nobody speaks of is not in trouble."""
    found = dict.fromkeys(sorted(providers), _WORST[0])
    for one in living:
        for provider, state in one.breakers.items():
            if state in _WORST:
                found[provider] = max(found.get(provider, _WORST[0]), state, key=_WORST.index)
    return found


async def _key_sets(office: KeyOffice, now: datetime) -> dict[str, KeySetMeasure]:
    sets = await office.registry.all()
    found = {}
    for name, description in office.sets.items():
        keys = sets.get(name, KeySetRecord(name))
        steps = plan(keys, description.rules, await key_work.facts(office, keys, now))
        found[name] = of_set(keys, steps, now, keeps_standby=description.rules.keeps_standby)
    return found


def of_set(keys: KeySetRecord, steps: Sequence[Step], now: datetime, *, keeps_standby: bool) -> KeySetMeasure:
    """One set by its record and its plan."""
    activation = next((step for step in steps if step.verb is Verb.ACTIVATE), None)
    late = [now - step.due_at for step in steps if step.due_at < now and step.verb is not Verb.REQUEST_CERT]
    return KeySetMeasure(
        states={state: len(keys.in_state(state)) for state in KeyState if keys.in_state(state)},
        lacks_standby=keys.standby is None if keeps_standby else None,
        closed_guards=frozenset(guard.number for guard in closed(activation.guards)) if activation else frozenset(),
        overdue=max(late, default=timedelta(0)),
    )
