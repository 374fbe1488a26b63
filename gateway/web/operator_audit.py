"""What the operator API offers about the audit: the same as ``gate audit``.

Searching knows whose place is whose; the chain is of one piece, so checking and copying it is for those who may see
all of it.
"""

from typing import Any, Final

from gateway.admin import audit_export, audit_office, audit_proof, audit_search, joint_acts
from gateway.admin.audit_proof import UnknownCheckpointError
from gateway.admin.audit_search import FIELDS, PAGE, SearchError
from gateway.admin.checkpoint_file import CheckpointFileError
from gateway.admin.operation_records import JointActKind
from gateway.admin.records import Role
from gateway.web.operation import Operation
from gateway.web.operator_call import Call, CallError, Desk, malformed

_EVENTS: Final = 100_000
"""That one call checks; the answer says where to go on."""
_LINES: Final = 1_000
_POSITION: Final = 15
"""Digits of a position."""


async def search(desk: Desk, call: Call) -> dict[str, Any]:
    """Events, newest first; those of this operator's places."""
    try:
        wanted = audit_search.wanted({name: call.optional(name) for name in FIELDS})
        found = await audit_search.search(
            desk.audit_office.search,
            call.operator,
            wanted,
            call.act(),
            cursor=call.optional("cursor"),
            most=call.whole("limit", 50, PAGE),
        )
    except SearchError as error:
        raise malformed(str(error)) from None
    return found.described()


async def verify(desk: Desk, call: Call) -> dict[str, Any]:
    """Check the audit, from a checkpoint on or from its beginning."""
    office = desk.audit_office
    start = _position(call, "from_checkpoint")
    try:
        verdict = await audit_proof.verify(office.sealing, desk.audit, call.act(), start=start, most=_EVENTS)
    except UnknownCheckpointError:
        raise malformed("from_checkpoint must be the position of a checkpoint") from None
    except CheckpointFileError:
        raise CallError(503, "temporarily_unavailable", "the file of checkpoints cannot be read") from None
    return audit_office.described(verdict)


async def export(desk: Desk, call: Call) -> dict[str, Any]:
    """Lines of a copy: written into a file one after the other, they are checked by ``gate audit verify --file``."""
    begin = _position(call, "from_checkpoint")
    after = max(begin, _position(call, "after"))
    agreed = call.optional("joint_act")
    if agreed is not None and after == begin:
        subject = {"from_checkpoint": begin}
        await joint_acts.take(desk.joint_acts, agreed, JointActKind.AUDIT_EXPORT, subject, call.act())
    most = call.whole("limit", _LINES, _LINES)
    try:
        found = await audit_export.page(
            desk.audit_office.sealing, desk.audit, call.act(), begin=begin, after=after, most=most
        )
    except UnknownCheckpointError:
        raise malformed("from_checkpoint must be the position of a checkpoint") from None
    return {"lines": list(found.lines), "after": found.after}


def _position(call: Call, name: str) -> int:
    """A position in the chain, or 0."""
    value = call.fields.get(name, 0)
    text = str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""
    if not (0 < len(text) <= _POSITION and text.isascii() and text.isdigit()):
        raise malformed(f"{name} must be a position in the audit")
    return int(text)


OPERATIONS: Final = (
    Operation("GET", "/v1/audit", Role.AUDITOR, search, (*FIELDS, "cursor", "limit"), is_scoped=True),
    Operation("POST", "/v1/audit/verify", Role.AUDITOR, verify, ("from_checkpoint",)),
    Operation("GET", "/v1/audit/export", Role.AUDITOR, export, ("from_checkpoint", "after", "limit", "joint_act")),
)
"""Everything about the audit."""
