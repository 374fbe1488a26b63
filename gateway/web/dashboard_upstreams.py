"""Providers as operators see them: whether they answer, planned outages, and what is switched off by hand."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from starlette.responses import RedirectResponse, Response

from gateway.admin.measured import is_up, upstreams
from gateway.admin.records import Role, SwitchKind
from gateway.admin.rights import covers_provider
from gateway.web import operator_outages, operator_routes
from gateway.web.dashboard_render import Sheet
from gateway.web.dashboard_visit import Sight, Visit

_SILENT: Final = timedelta(minutes=10)
_PATH: Final = "/upstreams"
_HONG_KONG: Final = "+08:00"
_PLAN: Final = "plan an outage"
_WITHDRAW: Final = "withdraw an outage"
_TURN: Final = "turn a switch"
_DONE: Final = {
    "planned": "The outage is planned; people are told of it a day before.",
    "withdrawn": "The outage is withdrawn.",
    "off": "The provider is switched off: nobody signs in with it.",
    "on": "The provider is switched on again.",
}
_PLANNED_FIELDS: Final = ("provider", "starts_at", "ends_at", "reason")


@dataclass(frozen=True, slots=True)
class ProviderState:
    """One provider."""

    name: str
    breaker: str
    """The worst of any worker: ``closed``, ``half_open`` or ``open``."""
    workers: tuple[tuple[str, str], ...]
    """(worker, its breaker)."""
    outage: Mapping[str, Any] | None
    """The next one, or the one under way."""
    off: Mapping[str, Any] | None
    """Since when it is switched off, by whom and why."""

    @property
    def mark(self) -> str:
        """One word for the whole: ``off``, ``outage``, ``open``, ``half_open`` or ``closed``."""
        if self.off is not None:
            return "off"
        if self.outage is not None and self.outage["under_way"]:
            return "outage"
        return self.breaker


@dataclass(frozen=True, slots=True)
class UpstreamsSheet(Sheet):
    """The page of the providers."""

    template = "upstreams.html"
    providers: tuple[ProviderState, ...]
    outages: Sequence[Mapping[str, Any]]
    switches: Sequence[Mapping[str, Any]]
    """What else is switched off: region codes."""
    may_change: bool
    now: datetime
    plan_csrf: str = field(repr=False)
    withdraw_csrf: str = field(repr=False)
    turn_csrf: str = field(repr=False)


async def providers_of(visit: Visit) -> tuple[ProviderState, ...]:
    """Each provider of the operator's places, with what every worker says of it."""
    meters = visit.desk.ending.meters
    living = [one for one in await meters.instances.living(visit.now - _SILENT) if is_up(one, visit.now)]
    worst = upstreams(meters.providers, living)
    planned = (await operator_outages.list_outages(visit.desk, visit.call({})))["outages"]
    switched = (await operator_routes.show_switches(visit.desk, visit.call({})))["switches"]
    off = {one["name"]: one for one in switched if one["kind"] == SwitchKind.PROVIDER.value}
    return tuple(
        ProviderState(
            name,
            state,
            tuple((one.id, one.breakers[name]) for one in living if name in one.breakers),
            next((one for one in planned if one["provider"] == name), None),
            off.get(name),
        )
        for name, state in worst.items()
        if covers_provider(visit.signed.operator, name)
    )


async def show_upstreams(visit: Visit) -> Sheet:
    """The page, with its forms for those who may."""
    switched = (await operator_routes.show_switches(visit.desk, visit.call({})))["switches"]
    return UpstreamsSheet(
        providers=await providers_of(visit),
        outages=(await operator_outages.list_outages(visit.desk, visit.call({})))["outages"],
        switches=[one for one in switched if one["kind"] != SwitchKind.PROVIDER.value],
        may_change=visit.may(Role.KEEPER, changes=True),
        now=visit.now,
        plan_csrf=visit.csrf(_PLAN),
        withdraw_csrf=visit.csrf(_WITHDRAW),
        turn_csrf=visit.csrf(_TURN),
        done=_DONE.get(visit.fields.get("done", ""), ""),
    )


async def plan_outage(visit: Visit) -> Response:
    """Plan one; the times are Hong Kong's, as the form says."""
    given = {name: visit.fields.get(name, "") for name in _PLANNED_FIELDS}
    times = {name: f"{given[name]}{_HONG_KONG}" for name in ("starts_at", "ends_at")}
    await operator_outages.plan_outage(visit.desk, visit.call(given | times))
    return _back("planned")


async def withdraw_outage(visit: Visit) -> Response:
    """Take one back, or end it early."""
    await operator_outages.withdraw_outage(visit.desk, visit.call({"reason": visit.fields.get("reason", "")}))
    return _back("withdrawn")


async def turn_switch(visit: Visit) -> Response:
    """Switch a provider off, or on again."""
    is_off = visit.fields.get("off") == "yes"
    given = {"name": visit.fields.get("name", ""), "reason": visit.fields.get("reason", "")}
    kind = {"kind": SwitchKind.PROVIDER.value, "off": is_off}
    await operator_routes.turn_switch(visit.desk, visit.call({**given, **kind}))
    return _back("off" if is_off else "on")


def _back(done: str) -> Response:
    return RedirectResponse(f"{_PATH}?done={done}", 303)


SIGHTS: Final = (
    Sight("GET", _PATH, Role.READER, show_upstreams, is_scoped=True),
    Sight(
        "POST",
        f"{_PATH}/outages",
        Role.KEEPER,
        plan_outage,
        is_scoped=True,
        purpose=_PLAN,
        back=show_upstreams,
    ),
    Sight(
        "POST",
        f"{_PATH}/outages/{{id}}/withdraw",
        Role.KEEPER,
        withdraw_outage,
        is_scoped=True,
        purpose=_WITHDRAW,
        back=show_upstreams,
    ),
    Sight("POST", f"{_PATH}/switch", Role.KEEPER, turn_switch, is_scoped=True, purpose=_TURN, back=show_upstreams),
)
