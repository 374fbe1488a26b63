"""Managed keys over the operator API: the verbs of ``gate keys``, with the same guards and the same numbers (§9.2)."""

import re
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any, Final

from certs.keys.own_certificate import ExpectedCertificate, Purpose
from certs.keys.rotation.guards import GuardError
from certs.keys.rotation.records import ProofKind
from gateway.admin import key_certificates, key_drill, key_office, key_plans, key_work
from gateway.admin.key_certificates import Wish
from gateway.admin.key_plans import PlanError
from gateway.admin.key_words import described_done, described_guard, described_set, summary
from gateway.admin.key_work import AlreadyRunningError, Done, Order, UnknownKeySetError
from gateway.admin.records import Role
from gateway.admin.rights import covers
from gateway.web.operation import Operation
from gateway.web.operator_call import Call, CallError, Desk, malformed, not_found

LOOK: Final = Role.READER
KEYS: Final = Role.CUSTODIAN
_COMMON: Final = ("kid", "reason", "operation_id", "joint_act", "dry_run")
_PLAN_BYTES: Final = 256 * 1024
_PEM_BYTES: Final = 64 * 1024
_MOST_NAMES: Final = 100
_OPERATION: Final = re.compile(r"[!-~]{1,64}")

Verb = Callable[[Desk, str, Order, Call], Awaitable[Done]]


async def list_sets(desk: Desk, call: Call) -> dict[str, Any]:
    """Every set that is this operator's to see."""
    rows = []
    for name in sorted(desk.keys.sets):
        if _is_theirs(desk, call, name):
            keys, steps = await key_work.show_plan(desk.keys, name, call.now)
            rows.append(summary(desk.keys.sets[name], keys, steps))
    return {"key_sets": rows}


async def show_set(desk: Desk, call: Call) -> dict[str, Any]:
    """One set with its keys and its plan."""
    name = _name(desk, call)
    keys, steps = await key_work.show_plan(desk.keys, name, call.now)
    return described_set(desk.keys.sets[name], keys, steps)


async def make_plan(desk: Desk, call: Call) -> dict[str, Any]:
    """What is due now, with the versions that it was found at."""
    names = [name for name in sorted(desk.keys.sets) if _is_theirs(desk, call, name)]
    return await key_plans.make(desk.keys, desk.issuer, names, call.now)


async def apply_plan(desk: Desk, call: Call) -> dict[str, Any]:
    """Carry a plan out, if nothing has changed meanwhile."""
    plan = call.fields.get("plan")
    if not isinstance(plan, dict):
        raise malformed("plan must be an object, as GET /v1/keys/plan gives it")
    try:
        for one in plan.get("sets", []):
            if not _is_theirs(desk, call, str(one["key_set"])):
                raise not_found()
        done = await _guarded(key_plans.apply(desk.keys, desk.issuer, plan, _order(call)))
    except (PlanError, TypeError, KeyError) as error:
        words = str(error) if isinstance(error, PlanError) else "the plan is damaged"
        raise CallError(409, "conflict", words) from None
    return {"done": [described_done(one) for one in done]}


def verb(run: Verb) -> Callable[[Desk, Call], Awaitable[dict[str, Any]]]:
    """A verb on one set as an operation."""

    async def operation(desk: Desk, call: Call) -> dict[str, Any]:
        name = _name(desk, call)
        return described_done(await _guarded(run(desk, name, _order(call), call)))

    return operation


async def _generate(desk: Desk, name: str, order: Order, _: Call) -> Done:
    return await key_office.generate(desk.keys, name, order)


async def _publish(desk: Desk, name: str, order: Order, call: Call) -> Done:
    return await key_office.publish(desk.keys, name, order, call.optional("kid"))


async def _prove(desk: Desk, name: str, order: Order, call: Call) -> Done:
    kind = call.text("proof")
    if kind not in {ProofKind.PARTNER.value, ProofKind.OVERRIDE.value}:
        raise malformed("proof must be partner or override; our own documents are looked at by the gateway itself")
    return await key_office.prove(desk.keys, name, ProofKind(kind), order, call.optional("kid"))


async def _activate(desk: Desk, name: str, order: Order, call: Call) -> Done:
    return await key_office.activate(desk.keys, name, order, call.optional("kid"))


async def _hold(desk: Desk, name: str, order: Order, call: Call) -> Done:
    return await key_office.hold(desk.keys, name, order, call.optional("kid"))


async def _abort(desk: Desk, name: str, order: Order, _: Call) -> Done:
    return await key_office.abort(desk.keys, name, order)


async def _retire(desk: Desk, name: str, order: Order, call: Call) -> Done:
    return await key_office.retire(desk.keys, name, order, call.optional("kid"))


async def _compromise(desk: Desk, name: str, order: Order, call: Call) -> Done:
    return await key_office.compromise(desk.keys, name, call.text("kid"), _since(call), order)


async def _revoke(desk: Desk, name: str, order: Order, call: Call) -> Done:
    return await key_office.revoke(desk.keys, name, call.text("kid"), order)


async def _destroy(desk: Desk, name: str, order: Order, call: Call) -> Done:
    return await key_office.destroy(desk.keys, name, call.text("kid"), order)


async def request_cert(desk: Desk, call: Call) -> dict[str, Any]:
    """A certificate request for the key that is on its way; changes nothing (RFC 2986)."""
    name = _name(desk, call)
    wish = Wish(call.text("subject"), _texts(call, "names"))
    made = await _guarded(key_certificates.request(desk.keys, name, call.optional("kid"), wish))
    return {"key_set": name, "request": made}


async def import_cert(desk: Desk, call: Call) -> dict[str, Any]:
    """Check a certificate and let it join its key: refused with guard 4, and nothing changed."""
    name = _name(desk, call)
    try:
        purpose = Purpose(call.optional("purpose") or Purpose.TLS_SERVER.value)
    except ValueError:
        raise malformed(f"purpose must be one of {', '.join(Purpose)}") from None
    authorities = tuple(one.encode("utf-8") for one in _texts(call, "authorities", _PEM_BYTES))
    expected = ExpectedCertificate(purpose, authorities, _texts(call, "names"), call.optional("fingerprint"))
    pem = _long_text(call.fields.get("certificate"), "certificate", _PEM_BYTES).encode("utf-8")
    work = key_certificates.import_certificate(desk.keys, name, pem, expected, _order(call), kid=call.optional("kid"))
    done, found = await _guarded(work)
    return {**described_done(done), "warnings": list(found.warnings), "fingerprint": found.fingerprint}


async def drill(desk: Desk, call: Call) -> dict[str, Any]:
    """Rehearse the loss of the active key."""
    name = _name(desk, call)
    return key_drill.described(await _guarded(key_drill.drill(desk.keys, name, call.act(), desk.clock)))


async def _guarded(work: Awaitable[Any]) -> Any:
    """Closed guards travel with their numbers: the caller sees exactly what ``plan`` shows."""
    try:
        return await work
    except GuardError as error:
        guards = [described_guard(one) for one in error.guards]
        raise CallError(409, "guard_closed", "a guard is closed; nothing was changed", {"guards": guards}) from None
    except AlreadyRunningError:
        raise CallError(409, "already_running", "somebody else is changing the set; nothing was changed") from None
    except UnknownKeySetError:
        raise not_found() from None


def _order(call: Call) -> Order:
    return Order(
        call.act(),
        dry_run=call.flag("dry_run"),
        operation=_operation(call),
        joint_act=call.optional("joint_act"),
    )


def _operation(call: Call) -> str | None:
    text = call.optional("operation_id")
    if text is not None and not _OPERATION.fullmatch(text):
        raise malformed("operation_id must have 1 to 64 plain characters")
    return text


def _texts(call: Call, name: str, limit: int = 400) -> tuple[str, ...]:
    given = call.fields.get(name, [])
    if not isinstance(given, list) or len(given) > _MOST_NAMES:
        raise malformed(f"{name} must be a list of at most {_MOST_NAMES} texts")
    return tuple(_long_text(one, name, limit) for one in given)


def _long_text(value: object, name: str, limit: int) -> str:
    if not isinstance(value, str) or not 0 < len(value) <= limit:
        raise malformed(f"{name} must be a text of at most {limit} characters")
    return value


def _name(desk: Desk, call: Call) -> str:
    name = call.path.get("key_set", "")
    if not _is_theirs(desk, call, name):
        raise not_found()
    return name


def _is_theirs(desk: Desk, call: Call, name: str) -> bool:
    """Whether the set is this operator's: those towards a partner of their place; the gateway's own are everybody's."""
    description = desk.keys.sets.get(name)
    return description is not None and covers(call.operator, description.place or "")


def _since(call: Call) -> datetime:
    text = call.optional("since")
    if text is None:
        return call.now
    try:
        found = datetime.fromisoformat(text)
        found.astimezone(UTC)
    except (ValueError, OverflowError):  # the first and the last day of the calendar exist in one zone only
        found = None
    if found is None or found.tzinfo is None:
        raise malformed("since must be a time with an offset (RFC 3339)")
    return found


_ONE: Final = "/v1/keys/{key_set}"
_CERTIFICATE: Final = (*_COMMON, "certificate", "authorities", "purpose", "names", "fingerprint")
_VERBS: Final[tuple[tuple[str, Verb, tuple[str, ...]], ...]] = (
    ("generate", _generate, _COMMON),
    ("publish", _publish, _COMMON),
    ("prove", _prove, (*_COMMON, "proof")),
    ("activate", _activate, _COMMON),
    ("hold", _hold, _COMMON),
    ("abort", _abort, _COMMON),
    ("retire", _retire, _COMMON),
    ("compromise", _compromise, (*_COMMON, "since")),
    ("revoke", _revoke, _COMMON),
    ("destroy", _destroy, _COMMON),
)
OPERATIONS: Final = (
    Operation("GET", "/v1/keys", LOOK, list_sets, is_scoped=True),
    Operation("GET", "/v1/keys/plan", LOOK, make_plan, is_scoped=True),
    Operation("POST", "/v1/keys/apply", KEYS, apply_plan, ("plan", "reason", "dry_run"), _PLAN_BYTES, is_scoped=True),
    Operation("GET", _ONE, LOOK, show_set, is_scoped=True),
    *(Operation("POST", f"{_ONE}/{name}", KEYS, verb(run), fields, is_scoped=True) for name, run, fields in _VERBS),
    Operation("POST", f"{_ONE}/request-cert", KEYS, request_cert, ("kid", "subject", "names"), is_scoped=True),
    Operation("POST", f"{_ONE}/import-cert", KEYS, import_cert, _CERTIFICATE, _PLAN_BYTES, is_scoped=True),
    Operation("POST", f"{_ONE}/drill", KEYS, drill, ("reason",), is_scoped=True),
)
"""The part of the table that is about keys."""
