"""Operators at the operator API: signing in and out, who there is, roles, and taking a key back."""

from typing import Any, Final

from gateway.admin import operator_sessions, operators
from gateway.admin.joint_acts import is_same_person
from gateway.admin.operator_sessions import Presented, SignedIn, SignInError, TooManyTriesError
from gateway.admin.operators import OperatorNameError, OperatorTakenError, OwnRightsError, UnknownOperatorError
from gateway.admin.records import Operator, Role
from gateway.admin.rights import RIGHTS
from gateway.web.operation import Operation
from gateway.web.operator_call import Call, CallError, Desk, malformed, not_found

SIGN_IN_FIELDS: Final = ("name", "password", "code")
"""What the one call without credentials takes; none of them with a client certificate."""
NOT_SIGNED_IN: Final = CallError(401, "unauthorized", "name, password or code is wrong")
TOO_MANY: Final = CallError(429, "too_many_requests", "slow down and try again later")
_OWN: Final = CallError(409, "conflict", "somebody else has to do this: nobody changes their own rights")


async def sign_in(desk: Desk, call: Call, certificate: bytes | None, address: str) -> dict[str, Any]:
    """Begin a session; its token is in this answer and in no other. ``call.operator`` is nobody yet."""
    try:
        if not call.fields and certificate is not None:
            signed = await operator_sessions.sign_in_by_certificate(desk.door, certificate, call.act())
        else:
            presented = Presented(call.text("name"), call.text("password"), call.text("code"), address)
            signed = await operator_sessions.sign_in(desk.door, presented, call.act())
    except TooManyTriesError:
        raise TOO_MANY from None
    except SignInError:
        raise NOT_SIGNED_IN from None
    return _told(signed)


async def show_session(desk: Desk, call: Call) -> dict[str, Any]:  # noqa: ARG001 - the form of every operation
    """Who calls, how they have shown it, and what they may do."""
    shown = operators.described(call.operator)
    session = None if call.session is None else dict(operator_sessions.described(call.session))
    rights = sorted(RIGHTS[call.operator.role])
    return {"operator": shown, "rights": rights, "strength": call.strength.value, "session": session}


async def sign_out(desk: Desk, call: Call) -> dict[str, Any]:
    """End one's own session."""
    if call.session is None or not await operator_sessions.sign_out(desk.door, call.session, call.act()):
        raise not_found()
    return {"signed_out": True}


async def list_operators(desk: Desk, _: Call) -> dict[str, Any]:
    """Everybody, by name."""
    return {"operators": [operators.described(one) for one in await desk.operators.all()]}


async def create_operator(desk: Desk, call: Call) -> dict[str, Any]:
    """Add an operator; the key is in this answer and in no other. A custodian takes two persons."""
    role, is_dry = _role(call), call.flag("dry_run")
    act = call.act()
    act.require_reason()
    try:
        wished = Operator(call.text("name"), role, call.now, jurisdictions=operators.checked_places(_places(call)))
        await operators.create(  # what cannot be done uses no agreement up
            desk.operators, wished.name, role, desk.secret_key, act, dry_run=True
        )
        joint_act = call.optional("joint_act")
        await operators.require_second_person(desk.joint_acts, wished, joint_act, act, dry_run=is_dry)
        created = await operators.create(
            desk.operators,
            wished.name,
            role,
            desk.secret_key,
            act,
            jurisdictions=wished.jurisdictions,
            dry_run=is_dry,
        )
    except OperatorNameError as error:
        raise malformed(str(error)) from None
    except OperatorTakenError:
        raise CallError(409, "conflict", "this name is taken") from None
    shown = {**operators.described(created.operator), "dry_run": is_dry}
    return shown if is_dry else {**shown, "key": created.key}


async def change_role(desk: Desk, call: Call) -> dict[str, Any]:
    """Give somebody else another role, and other jurisdictions if the field is there."""
    role, is_dry, act = _role(call), call.flag("dry_run"), call.act()
    places = _places(call) if "jurisdictions" in call.fields else None
    try:
        wished = await operators.change(
            desk.operators, call.path["name"], role, act, jurisdictions=places, dry_run=True
        )
        joint_act = call.optional("joint_act")
        await operators.require_second_person(desk.joint_acts, wished, joint_act, act, dry_run=is_dry)
        changed = await operators.change(desk.operators, wished.name, role, act, jurisdictions=places, dry_run=is_dry)
    except OperatorNameError as error:
        raise malformed(str(error)) from None
    except UnknownOperatorError:
        raise not_found() from None
    except OwnRightsError:
        raise _OWN from None
    return {**operators.described(changed), "dry_run": is_dry}


async def disable_operator(desk: Desk, call: Call) -> dict[str, Any]:
    """Take somebody else's key back, and end their sessions, for good."""
    name, is_dry, act = call.path["name"], call.flag("dry_run"), call.act()
    act.require_reason()
    if is_same_person(name, call.operator.name):
        raise _OWN
    if not await operators.disable(desk.operators, name, act, dry_run=is_dry):
        raise not_found()
    return {"name": name, "active": is_dry, "dry_run": is_dry}


async def end_sessions(desk: Desk, call: Call) -> dict[str, Any]:
    """End every session of somebody."""
    found = await desk.operators.find(call.path["name"])
    if found is None:
        raise not_found()
    act = call.act()
    act.require_reason()
    return {"name": found.name, "ended": await operator_sessions.end_all(desk.door, found.name, act)}


def _told(signed: SignedIn) -> dict[str, Any]:
    return {**operator_sessions.described(signed.session), "token": signed.token}


def _role(call: Call) -> Role:
    try:
        return Role(call.text("role"))
    except ValueError:
        raise malformed(f"role must be one of {', '.join(Role)}") from None


def _places(call: Call) -> list[str]:
    value = call.fields.get("jurisdictions", [])
    if not isinstance(value, list) or not all(isinstance(entry, str) for entry in value):
        raise malformed("jurisdictions must be a list of names")
    return value


CUSTODIAN: Final = Role.CUSTODIAN
OPERATIONS: Final = (
    Operation("GET", "/v1/session", Role.READER, show_session, is_scoped=True),
    Operation("DELETE", "/v1/session", Role.READER, sign_out, is_scoped=True),
    Operation("GET", "/v1/operators", CUSTODIAN, list_operators),
    Operation(
        "POST",
        "/v1/operators",
        CUSTODIAN,
        create_operator,
        ("name", "role", "jurisdictions", "joint_act", "reason", "dry_run"),
    ),
    Operation(
        "POST",
        "/v1/operators/{name}/role",
        CUSTODIAN,
        change_role,
        ("role", "jurisdictions", "joint_act", "reason", "dry_run"),
    ),
    Operation("POST", "/v1/operators/{name}/disable", CUSTODIAN, disable_operator, ("reason", "dry_run")),
    Operation("POST", "/v1/operators/{name}/sign-out", CUSTODIAN, end_sessions, ("reason",)),
)
"""For the table of the operator API; ``sign_in`` is the one call that nobody is signed in for."""
