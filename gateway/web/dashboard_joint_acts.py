"""Acts of two persons on a page: what waits, exactly what would be done, agreeing and refusing (AD-05)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from starlette.responses import RedirectResponse, Response

from gateway.admin.joint_acts import is_same_person
from gateway.admin.operation_records import JointActKind
from gateway.admin.records import Role
from gateway.web import operator_joint_acts
from gateway.web.dashboard_render import Sheet
from gateway.web.dashboard_visit import Sight, Visit

_PATH: Final = "/joint-acts"
_DONE: Final = {
    "agreed": "You have agreed. Whoever asked can do it now, once, until the request ends.",
    "refused": "The request is ended. Nothing was done.",
    "asked": "A second person has been asked. The request waits here for their agreement.",
}


@dataclass(frozen=True, slots=True)
class WaitingAct:
    """One request, as this operator may answer it."""

    shown: Mapping[str, Any]
    is_own: bool
    carry_out: str | None
    """The page where one's own request is carried out, once it is agreed to."""
    agree_csrf: str = field(repr=False)
    refuse_csrf: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class JointActsSheet(Sheet):
    """All that waits for somebody."""

    template = "joint_acts.html"
    acts: Sequence[WaitingAct]
    now: datetime
    is_strong: bool
    """Whether this session is enough to answer."""


async def show_joint_acts(visit: Visit) -> Sheet:
    """The requests of the kinds that this operator may do."""
    found = (await operator_joint_acts.list_joint_acts(visit.desk, visit.call({})))["joint_acts"]
    return JointActsSheet(
        acts=[_waiting(visit, one) for one in found],
        now=visit.now,
        is_strong=visit.may(Role.AUDITOR, changes=True),
        done=_DONE.get(visit.fields.get("done", ""), ""),
    )


async def agree(visit: Visit) -> Response:
    """Agree to what somebody else has asked for."""
    await operator_joint_acts.agree_to_joint_act(visit.desk, visit.call())
    return RedirectResponse(f"{_PATH}?done=agreed", 303)


async def refuse(visit: Visit) -> Response:
    """End a request without its being done."""
    await operator_joint_acts.refuse_joint_act(visit.desk, visit.call())
    return RedirectResponse(f"{_PATH}?done=refused", 303)


def _waiting(visit: Visit, shown: Mapping[str, Any]) -> WaitingAct:
    is_own = is_same_person(shown["asked_by"], visit.signed.operator.name)
    return WaitingAct(shown, is_own, _carry_out(shown) if is_own else None, visit.csrf(AGREE), visit.csrf(REFUSE))


def _carry_out(shown: Mapping[str, Any]) -> str | None:
    """Only what a page here can do; the rest is done by whoever asked, at the command line."""
    if shown["state"] != "agreed" or shown["kind"] != JointActKind.EARLY_RETIRE.value:
        return None
    return f"/keys/{shown['subject']['key_set']}?joint_act={shown['id']}#verb-retire"


AGREE: Final = "agree to a joint act"
REFUSE: Final = "refuse a joint act"
SIGHTS: Final = (
    Sight("GET", _PATH, Role.AUDITOR, show_joint_acts),
    Sight(
        "POST",
        f"{_PATH}/{{id}}/agree",
        Role.AUDITOR,
        agree,
        is_strong=True,
        purpose=AGREE,
        back=show_joint_acts,
    ),
    Sight(
        "POST",
        f"{_PATH}/{{id}}/refuse",
        Role.AUDITOR,
        refuse,
        is_strong=True,
        purpose=REFUSE,
        back=show_joint_acts,
    ),
)
