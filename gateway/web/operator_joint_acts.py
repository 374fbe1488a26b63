"""Acts of two persons at the operator API: asking, agreeing, refusing, and what waits for somebody (AD-05).

Only who could do such an act themselves may ask for it or agree to it.
"""

from typing import Any, Final

from gateway.admin import joint_acts
from gateway.admin.operation_records import JointAct, JointActKind
from gateway.admin.records import Role
from gateway.admin.rights import may_agree
from gateway.web.operation import Operation
from gateway.web.operator_call import Call, Desk, malformed, not_found

_SUBJECT_BYTES: Final = 16 * 1024


async def list_joint_acts(desk: Desk, call: Call) -> dict[str, Any]:
    """Those that wait for somebody, oldest first; only of kinds that this operator may do."""
    waiting = await desk.joint_acts.waiting(call.now)
    seen = [one for one in waiting if may_agree(call.operator, one.kind)]
    return {"joint_acts": [joint_acts.described(one, call.now) for one in seen]}


async def show_joint_act(desk: Desk, call: Call) -> dict[str, Any]:
    """One of them, whatever its state."""
    return joint_acts.described(await _one(desk, call), call.now)


async def ask_joint_act(desk: Desk, call: Call) -> dict[str, Any]:
    """Ask for one: ``kind`` and ``subject`` exactly as the act will be done."""
    try:
        kind = JointActKind(call.text("kind"))
    except ValueError:
        raise malformed(f"kind must be one of {', '.join(JointActKind)}") from None
    subject = call.fields.get("subject")
    if not isinstance(subject, dict):
        raise malformed("subject must be an object")
    if not may_agree(call.operator, kind):
        raise not_found()
    try:
        joint_acts.digest(kind, subject)
    except (ValueError, RecursionError):
        raise malformed("subject must be short, and made of texts, numbers and lists") from None
    return joint_acts.described(await joint_acts.ask(desk.joint_acts, kind, subject, call.act()), call.now)


async def agree_to_joint_act(desk: Desk, call: Call) -> dict[str, Any]:
    """Agree to what somebody else has asked for."""
    asked = await _one(desk, call)
    return joint_acts.described(await joint_acts.agree(desk.joint_acts, asked.id, call.act()), call.now)


async def refuse_joint_act(desk: Desk, call: Call) -> dict[str, Any]:
    """End one without its being done."""
    asked = await _one(desk, call)
    return joint_acts.described(await joint_acts.refuse(desk.joint_acts, asked.id, call.act()), call.now)


async def _one(desk: Desk, call: Call) -> JointAct:
    asked = await desk.joint_acts.find(call.id())
    if asked is None or not may_agree(call.operator, asked.kind):
        raise not_found()
    return asked


AUDITOR: Final = Role.AUDITOR
OPERATIONS: Final = (
    Operation("GET", "/v1/joint-acts", AUDITOR, list_joint_acts),
    Operation("GET", "/v1/joint-acts/{id}", AUDITOR, show_joint_act),
    Operation(
        "POST",
        "/v1/joint-acts",
        AUDITOR,
        ask_joint_act,
        ("kind", "subject", "reason"),
        _SUBJECT_BYTES,
        is_strong=True,
    ),
    Operation("POST", "/v1/joint-acts/{id}/agree", AUDITOR, agree_to_joint_act, ("reason",), is_strong=True),
    Operation("POST", "/v1/joint-acts/{id}/refuse", AUDITOR, refuse_joint_act, ("reason",), is_strong=True),
)
"""For the table of the operator API; which kinds somebody may see is looked at one by one."""
