"""The audit on a page: looked through page by page, and checked; each operator no further than their places (AD-02)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlencode

from gateway.admin.audit_search import FIELDS
from gateway.admin.records import Role
from gateway.audit import AuditAction
from gateway.web import operator_audit
from gateway.web.dashboard_render import Sheet
from gateway.web.dashboard_visit import Sight, Visit
from gateway.web.operator_call import CallError

_PATH: Final = "/audit"
_VERIFY: Final = "check the audit"
_LIMIT: Final = "50"
_HINTS: Final = {
    "action": "an event, or the part before its dot",
    "since": "such as 2026-11-24T09:00+08:00",
    "until": "the first moment that is not meant any more",
}


@dataclass(frozen=True, slots=True)
class SearchField:
    """One field of the search form."""

    name: str
    value: str
    hint: str


@dataclass(frozen=True, slots=True)
class AuditSheet(Sheet):
    """One page of events."""

    template = "audit.html"
    search: tuple[SearchField, ...]
    actions: tuple[str, ...]
    events: Sequence[Mapping[str, Any]]
    further: str | None
    """The address of the next page."""
    is_first: bool
    may_verify: bool
    verify_csrf: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class VerdictSheet(Sheet):
    """What the check has found."""

    template = "verdict.html"
    verdict: Mapping[str, Any]
    verify_csrf: str = field(repr=False)


async def show_audit(visit: Visit) -> Sheet:
    """The newest events that fit; a search that cannot be understood is shown again, with the reason."""
    wanted = {name: value.strip() for name, value in visit.fields.items() if value.strip()}
    if not wanted.keys() <= {*FIELDS, "cursor"}:
        raise CallError(400, "invalid_request", "the fields of the search are those of this page")
    found: Mapping[str, Any] = {"events": [], "next": None}
    wrong = ""
    try:
        found = await operator_audit.search(visit.desk, visit.call({**wanted, "limit": _LIMIT}))
    except CallError as error:
        wrong = error.description
    cursor = found["next"]
    own = {name: value for name, value in wanted.items() if name != "cursor"}
    return AuditSheet(
        search=tuple(SearchField(name, wanted.get(name, ""), _HINTS.get(name, "")) for name in FIELDS),
        actions=tuple(sorted(action.value for action in AuditAction)),
        events=found["events"],
        further=None if cursor is None else f"{_PATH}?{urlencode({**own, 'cursor': cursor})}",
        is_first="cursor" not in wanted,
        may_verify=visit.sees_all,
        verify_csrf=visit.csrf(_VERIFY),
        wrong=wrong,
    )


async def verify(visit: Visit) -> Sheet:
    """Check the chain from its beginning, or from where the check before has stopped."""
    start = visit.fields.get("from_checkpoint", "")
    verdict = await operator_audit.verify(visit.desk, visit.call({"from_checkpoint": start} if start else {}))
    return VerdictSheet(verdict, visit.csrf(_VERIFY))


SIGHTS: Final = (
    Sight("GET", _PATH, Role.AUDITOR, show_audit, is_scoped=True),
    Sight("POST", f"{_PATH}/verify", Role.AUDITOR, verify, purpose=_VERIFY),
)
