"""Planned outages of providers at the operator API: the same as ``gate provider outage`` (docs/how-to)."""

from typing import Any, Final

from gateway.admin import outages
from gateway.admin.outages import OutageError, Plan, UnknownProviderError
from gateway.admin.records import Role
from gateway.admin.rights import covers_provider
from gateway.web.operation import Operation
from gateway.web.operator_call import Call, Desk, malformed, not_found


async def list_outages(desk: Desk, call: Call) -> dict[str, Any]:
    """What is under way or planned, of the providers that are this operator's to see."""
    rows = await outages.coming(desk.outages, call.now)
    return {"outages": [row for row in rows if covers_provider(call.operator, row["provider"])]}


async def plan_outage(desk: Desk, call: Call) -> dict[str, Any]:
    """Plan one; people are told of it a day before."""
    provider = call.text("provider")
    if not covers_provider(call.operator, provider):
        raise not_found()
    try:
        starts_at = outages.read_moment(call.text("starts_at"), "starts_at")
        wish = Plan(provider, starts_at, outages.read_moment(call.text("ends_at"), "ends_at"))
        is_dry = call.flag("dry_run")
        planned = await outages.plan(desk.outages, wish, desk.providers, call.act(), dry_run=is_dry)
    except UnknownProviderError:
        raise not_found() from None
    except OutageError as error:
        raise malformed(f"the outage cannot be planned: {error}") from None
    return {**planned, "dry_run": is_dry}


async def withdraw_outage(desk: Desk, call: Call) -> dict[str, Any]:
    """Take one back, or end it early."""
    seen = {row["id"] for row in (await list_outages(desk, call))["outages"]}
    is_dry = call.flag("dry_run")
    done = call.id() in seen and await outages.withdraw(desk.outages, call.id(), call.act(), dry_run=is_dry)
    if not done:
        raise not_found()
    return {"withdrawn": call.id(), "dry_run": is_dry}


OPERATIONS: Final = (
    Operation("GET", "/v1/outages", Role.READER, list_outages, is_scoped=True),
    Operation(
        "POST",
        "/v1/outages",
        Role.KEEPER,
        plan_outage,
        ("provider", "starts_at", "ends_at", "reason", "dry_run"),
        is_routine=True,
        is_scoped=True,
    ),
    Operation(
        "POST",
        "/v1/outages/{id}/withdraw",
        Role.KEEPER,
        withdraw_outage,
        ("reason", "dry_run"),
        is_routine=True,
        is_scoped=True,
    ),
)
"""For the table of the operator API. Partners' programs announce their own maintenance: a key is enough."""
