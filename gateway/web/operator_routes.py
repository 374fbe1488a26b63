"""What the operator API offers: one row for each thing, a thin shell over ``gateway.admin``, as the command line is."""

from typing import Any, Final

from gateway.admin import alerts, explanation, numbers, rekey, reveals, subjects, switches
from gateway.admin.explanation import Given
from gateway.admin.numbers import Cause
from gateway.admin.records import Role, SwitchKind
from gateway.admin.rights import covers, covers_provider
from gateway.web import (
    operator_accounts,
    operator_audit,
    operator_backup,
    operator_certs,
    operator_clients,
    operator_deliveries,
    operator_joint_acts,
    operator_keys,
    operator_outages,
    operator_tokens,
)
from gateway.web.operation import Operation
from gateway.web.operator_call import Call, Desk, bad_cursor, malformed, not_found
from mapping.evidence import Policy

__all__ = ["OPERATIONS", "Operation"]

_TARGET: Final = ("permit", "record")
_MOST_BUCKETS: Final = 1000
_HIGHEST_LEVEL: Final = 4


async def show_capacity(desk: Desk, call: Call) -> dict[str, Any]:
    """The fullest buckets of stand-ins."""
    return await numbers.capacity(desk.numbers, call.whole("top", 10, _MOST_BUCKETS))


async def explain(desk: Desk, call: Call) -> dict[str, Any]:
    """What a sign-in would do with a permit, for its holder or for one person, step by step."""
    policy = Policy(realm=desk.realm, surrogates_allowed=call.flag("surrogates"))
    assurance = call.whole("assurance", 2, _HIGHEST_LEVEL)
    given = Given(policy, assurance, call.optional("purpose"), call.flag("same_person"))
    permit, person = call.permit(), call.optional("subject")
    if person is None:
        return {"steps": await explanation.of_permit(desk.numbers, desk.audit, permit, given, call.act())}
    return {
        "steps": await explanation.of_person(desk.numbers, desk.records, desk.audit, person, permit, given, call.act())
    }


async def show_history(desk: Desk, call: Call) -> dict[str, Any]:
    """All that ever happened to a record."""
    return await numbers.history(desk.numbers, desk.audit, call.target(), call.act())


async def freeze(desk: Desk, call: Call) -> dict[str, Any]:
    """Freeze a record."""
    return await numbers.freeze(desk.numbers, call.target(), call.act(), dry_run=call.flag("dry_run"))


async def release(desk: Desk, call: Call) -> dict[str, Any]:
    """Let a frozen record be used again."""
    return await numbers.release(desk.numbers, call.target(), call.act(), dry_run=call.flag("dry_run"))


async def close(desk: Desk, call: Call) -> dict[str, Any]:
    """End a record for good."""
    try:
        cause = Cause(call.text("reason"))
    except ValueError:
        raise malformed(f"reason must be one of {', '.join(Cause)}") from None
    return await numbers.close(desk.numbers, call.target(), cause, call.act(), dry_run=call.flag("dry_run"))


async def show_alerts(desk: Desk, call: Call) -> dict[str, Any]:
    """What somebody has to look at, newest first."""
    everything = call.optional("all")
    if everything not in {None, "true", "false"}:
        raise malformed("all must be true or false")
    limit, after = call.whole("limit", alerts.PAGE, alerts.PAGE), call.optional("after")
    if after is not None and not await desk.alerts.is_there(after):
        raise bad_cursor()
    found = await alerts.page(desk.alerts, desk.numbers, open_only=everything != "true", after=after, limit=limit)
    return {"alerts": found}


async def settle_alert(desk: Desk, call: Call) -> dict[str, Any]:
    """Put an alert aside with what came of it."""
    is_dry = call.flag("dry_run")
    done = await alerts.settle(desk.alerts, call.id(), call.text("outcome"), call.act(), dry_run=is_dry)
    return _told(done, {"settled": call.id(), "dry_run": is_dry})


async def show_switches(desk: Desk, call: Call) -> dict[str, Any]:
    """What is switched off, of what is this operator's to see."""
    found = await switches.everything(desk.switches)
    return {"switches": [one for one in found if _is_theirs(call, one["kind"], one["name"])]}


async def turn_switch(desk: Desk, call: Call) -> dict[str, Any]:
    """Switch a provider or a region code off (``off`` true) or on again; ``changed`` is false if it was so already."""
    try:
        kind = SwitchKind(call.text("kind"))
    except ValueError:
        raise malformed(f"kind must be one of {', '.join(SwitchKind)}") from None
    if "off" not in call.fields:
        raise malformed("off is missing")
    turn = switches.turn_off if call.flag("off") else switches.turn_on
    name, is_dry = call.text("name"), call.flag("dry_run")
    if not _is_theirs(call, kind, name):
        raise not_found()
    changed = await turn(desk.switches, kind, name, desk.providers, call.act(), dry_run=is_dry)
    return {"kind": kind.value, "name": name, "off": call.flag("off"), "changed": changed, "dry_run": is_dry}


async def show_person(desk: Desk, call: Call) -> dict[str, Any]:
    """What is remembered of a person, masked."""
    found = await subjects.show(desk.subjects, desk.people, desk.records, desk.audit, call.id(), call.act())
    if found is None:
        raise not_found()
    return found


async def block(desk: Desk, call: Call) -> dict[str, Any]:
    """Switch a person off everywhere."""
    is_dry = call.flag("dry_run")
    done = await subjects.block(desk.subjects, call.id(), call.act(), dry_run=is_dry)
    return _told(done, {"subject": call.id(), "blocked": True, "dry_run": is_dry})


async def unblock(desk: Desk, call: Call) -> dict[str, Any]:
    """Let a person in again."""
    is_dry = call.flag("dry_run")
    done = await subjects.unblock(desk.subjects, call.id(), call.act(), dry_run=is_dry)
    return _told(done, {"subject": call.id(), "blocked": False, "dry_run": is_dry})


async def untie(desk: Desk, call: Call) -> dict[str, Any]:
    """Take a permit's record from an account that is not its holder's."""
    is_dry = call.flag("dry_run")
    done = await subjects.untie(desk.subjects, desk.records, call.id(), call.act(), dry_run=is_dry)
    return _told(done, {"subject": call.id(), "tied": False, "dry_run": is_dry})


async def ask_reveal(desk: Desk, call: Call) -> dict[str, Any]:
    """Ask to trace a number back; somebody else has to approve (MP-03)."""
    return await reveals.ask(desk.reveals, desk.audit, call.number(), call.act("purpose"))


async def approve_reveal(desk: Desk, call: Call) -> dict[str, Any]:
    """Let another operator's request be used."""
    return await reveals.approve(desk.reveals, desk.audit, call.id(), call.act())


async def use_reveal(desk: Desk, call: Call) -> dict[str, Any]:
    """Use one's own approved request, once: the one answer of this API with a permit in full."""
    return await reveals.use(desk.reveals, desk.audit, call.id(), call.act())


async def begin_rekey(desk: Desk, call: Call) -> dict[str, Any]:
    """Put the newest keys into use; the rows are moved by ``gate map rekey``."""
    is_dry = call.flag("dry_run")
    began = await rekey.begin(desk.rekeying, call.act(), dry_run=is_dry)
    return {"began": began, "dry_run": is_dry}


async def show_rekey(desk: Desk, _: Call) -> dict[str, Any]:
    """How much still lies under older keys."""
    return await rekey.remaining(desk.rekeying)


def _is_theirs(call: Call, kind: str, name: str) -> bool:
    """Whether a switch is this operator's: a provider of their places; region codes are everybody's together."""
    return covers_provider(call.operator, name) if kind == SwitchKind.PROVIDER else covers(call.operator, None)


def _told(done: bool, answer: dict[str, Any]) -> dict[str, Any]:  # noqa: FBT001 - what came of it, not a switch
    if not done:
        raise not_found()
    return answer


READ: Final = Role.READER
KEEP: Final = Role.KEEPER
OPERATIONS: Final = (
    *operator_accounts.OPERATIONS,
    *operator_joint_acts.OPERATIONS,
    *operator_clients.OPERATIONS,
    *operator_tokens.OPERATIONS,
    *operator_deliveries.OPERATIONS,
    *operator_outages.OPERATIONS,
    *operator_certs.OPERATIONS,
    *operator_keys.OPERATIONS,
    *operator_backup.OPERATIONS,
    *operator_audit.OPERATIONS,
    Operation("GET", "/v1/map/capacity", READ, show_capacity, ("top",)),
    Operation(
        "POST",
        "/v1/map/explain",
        READ,
        explain,
        ("permit", "subject", "assurance", "purpose", "surrogates", "same_person"),
    ),
    Operation("POST", "/v1/map/history", READ, show_history, _TARGET),
    Operation("POST", "/v1/map/freeze", KEEP, freeze, (*_TARGET, "reason", "dry_run")),
    Operation("POST", "/v1/map/release", KEEP, release, (*_TARGET, "reason", "dry_run")),
    Operation("POST", "/v1/map/close", KEEP, close, (*_TARGET, "reason", "dry_run")),
    Operation("GET", "/v1/map/alerts", READ, show_alerts, ("all", "after", "limit")),
    Operation(
        "POST", "/v1/map/alerts/{id}/settle", KEEP, settle_alert, ("outcome", "reason", "dry_run"), is_routine=True
    ),
    Operation("GET", "/v1/map/rekey", READ, show_rekey),
    Operation("POST", "/v1/map/rekey", KEEP, begin_rekey, ("reason", "dry_run")),
    Operation("GET", "/v1/switches", READ, show_switches, is_scoped=True),
    Operation("POST", "/v1/switches", KEEP, turn_switch, ("kind", "name", "off", "reason", "dry_run"), is_scoped=True),
    Operation("GET", "/v1/people/{id}", READ, show_person),
    Operation("POST", "/v1/people/{id}/block", KEEP, block, ("reason", "dry_run")),
    Operation("POST", "/v1/people/{id}/unblock", KEEP, unblock, ("reason", "dry_run")),
    Operation("POST", "/v1/people/{id}/untie", KEEP, untie, ("reason", "dry_run")),
    Operation("POST", "/v1/reveals", KEEP, ask_reveal, ("number", "purpose")),
    Operation("POST", "/v1/reveals/{id}/approve", KEEP, approve_reveal, ("reason",)),
    Operation("POST", "/v1/reveals/{id}/use", KEEP, use_reveal, ("reason",)),
)
"""Everything the API offers, with the least role that it takes."""
