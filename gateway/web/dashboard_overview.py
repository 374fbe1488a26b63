"""The first page: is everything there, who signs in, what is due next, what waits for somebody.

Somebody with jurisdictions sees the providers, sign-ins and keys of their places, and nothing that is everybody's.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from gateway.admin import alerts, audit_keeping, key_work
from gateway.admin.audit_keeping import AuditStanding
from gateway.admin.inventory import Care, Item, Severity
from gateway.admin.inventory_upkeep import LastBackup
from gateway.admin.measured import is_up
from gateway.admin.operation_records import Instance
from gateway.admin.records import Role
from gateway.admin.rights import covers_provider
from gateway.web import operator_joint_acts, operator_keys
from gateway.web.dashboard_plots import HOURS, Bars, bars, by_hour
from gateway.web.dashboard_render import Sheet
from gateway.web.dashboard_upstreams import ProviderState, providers_of
from gateway.web.dashboard_visit import Sight, Visit

_MOST: Final = 10
_SILENT: Final = timedelta(minutes=10)
"""How long a worker that has gone silent is still shown."""


@dataclass(frozen=True, slots=True)
class Worker:
    """One running process."""

    instance: Instance
    is_up: bool
    is_skewed: bool


@dataclass(frozen=True, slots=True)
class Upkeep:
    """What is everybody's: for operators without jurisdictions."""

    stores: Mapping[str, bool]
    workers: tuple[Worker, ...]
    alerts: tuple[Mapping[str, Any], ...]
    open_alerts: int
    backup: LastBackup | None
    audit: AuditStanding
    due: tuple[Item, ...]


@dataclass(frozen=True, slots=True)
class OverviewSheet(Sheet):
    """The first page."""

    template = "overview.html"
    now: datetime
    providers: tuple[ProviderState, ...]
    plot: Bars
    key_sets: Sequence[Mapping[str, Any]]
    upkeep: Upkeep | None
    joint_acts: Sequence[Mapping[str, Any]] | None
    """None for those who have no part in acts of two persons."""

    @property
    def steps_due(self) -> int:
        """Steps of rotations whose time has come."""
        written = f"{self.now:%Y-%m-%dT%H:%M:%SZ}"
        return sum(one["due_at"] is not None and one["due_at"] <= written for one in self.key_sets)


async def show_overview(visit: Visit) -> Sheet:
    """Everything on one page, read anew each time."""
    return OverviewSheet(
        now=visit.now,
        providers=await providers_of(visit),
        plot=await _sign_ins(visit),
        key_sets=(await operator_keys.list_sets(visit.desk, visit.call({})))["key_sets"],
        upkeep=await _upkeep(visit) if visit.sees_all else None,
        joint_acts=await _joint_acts(visit),
    )


async def _sign_ins(visit: Visit) -> Bars:
    """Of the last day; of an operator's own providers."""
    since = visit.now.replace(minute=0, second=0, microsecond=0) - timedelta(hours=HOURS - 1)
    found = await visit.desk.ending.meters.records.counts(since)
    operator = visit.signed.operator
    return bars(by_hour([one for one in found if covers_provider(operator, one.provider)], visit.now))


async def _upkeep(visit: Visit) -> Upkeep:
    desk, meters, now = visit.desk, visit.desk.ending.meters, visit.now
    found = await desk.alerts.page(open_only=True, after=None, limit=_MOST)
    return Upkeep(
        stores=await meters.ready(),
        workers=tuple(_worker(one, now) for one in await meters.instances.living(now - _SILENT)),
        alerts=tuple(alerts.described(one) for one in found),
        open_alerts=await meters.endings.open_alerts(),
        backup=await meters.endings.last_backup(),
        audit=await audit_keeping.standing(desk.audit_office.sealing, now),
        due=due_next(await desk.ending.inventory(now)),
    )


def due_next(items: Sequence[Item]) -> tuple[Item, ...]:
    """The most urgent ends: what is over or due first, then what has to be renewed soonest."""
    wanted = [
        one
        for one in items
        if one.severity is not Severity.FINE or (one.care is Care.RENEW and one.not_after is not None)
    ]
    return tuple(sorted(wanted, key=lambda one: -one.severity.rank)[:_MOST])  # stable: the earliest end stays first


def _worker(instance: Instance, now: datetime) -> Worker:
    most = key_work.MOST_SKEW / timedelta(milliseconds=1)
    return Worker(instance, is_up(instance, now), not instance.healthy or abs(instance.skew_ms) > most)


async def _joint_acts(visit: Visit) -> Sequence[Mapping[str, Any]] | None:
    if not (visit.sees_all and visit.may(Role.AUDITOR)):
        return None
    found: Sequence[Mapping[str, Any]] = (await operator_joint_acts.list_joint_acts(visit.desk, visit.call({})))[
        "joint_acts"
    ]
    return found


SIGHTS: Final = (Sight("GET", "/", Role.READER, show_overview, is_scoped=True),)
