"""Everything that ends, over the operator API: the list, one thing, the check of files, the calendar, the metrics."""

from typing import Any, Final

from gateway.admin import certificate_check, due_calendar
from gateway.admin.inventory import Kind, Severity, counts, find
from gateway.admin.inventory_words import described
from gateway.admin.measured import measure
from gateway.admin.records import Role
from gateway.web import metrics
from gateway.web.operation import Document, Operation
from gateway.web.operator_call import Call, Desk, malformed, not_found

_VERDICTS: Final = ("fine", "attention", "broken")


async def list_items(desk: Desk, call: Call) -> dict[str, Any]:
    """Everything, the earliest end first; narrowed by kind, or to a severity and worse."""
    kind, severity = call.optional("kind"), call.optional("severity")
    if kind is not None and kind not in set(Kind):
        raise malformed(f"kind must be one of {', '.join(Kind)}")
    if severity is not None and severity not in set(Severity):
        raise malformed(f"severity must be one of {', '.join(Severity)}")
    items = await desk.ending.inventory(call.now)
    least = 0 if severity is None else Severity(severity).rank
    found = [one for one in items if kind in {None, one.kind.value} and one.severity.rank >= least]
    numbers = {one.value: number for one, number in counts(items).items()}
    return {"items": [described(one, call.now) for one in found], "counts": numbers}


async def show_item(desk: Desk, call: Call) -> dict[str, Any]:
    """One thing, by its id."""
    found = find(await desk.ending.inventory(call.now), call.text("id"))
    if found is None:
        raise not_found()
    return described(found, call.now)


async def check_files(desk: Desk, call: Call) -> dict[str, Any]:
    """Whether the files of the listeners fit together, as they lie there now; nothing is changed."""
    remarks = certificate_check.check(desk.ending.listeners(), call.now)
    worst = max((one.verdict for one in remarks), key=_VERDICTS.index, default=_VERDICTS[0])
    return {"verdict": worst, "remarks": [one.shown() for one in remarks]}


async def show_calendar(desk: Desk, call: Call) -> Document:
    """The ends of everything, for a calendar to subscribe to."""
    items = await desk.ending.inventory(call.now)
    return Document(due_calendar.calendar(items, desk.issuer, call.now), due_calendar.MEDIA_TYPE)


async def show_metrics(desk: Desk, call: Call) -> Document:
    """Everything that is measured, for Prometheus."""
    return Document(metrics.exposition(await measure(desk.ending.meters, call.now)), metrics.MEDIA_TYPE)


async def show_findings(desk: Desk, _: Call) -> dict[str, Any]:
    """What is wrong with this gateway, and how to mend it: the same as ``gate doctor``."""
    return {"findings": list(await desk.examine())}


OPERATIONS: Final = (
    Operation("GET", "/v1/doctor", Role.READER, show_findings),
    Operation("GET", "/v1/certs", Role.READER, list_items, ("kind", "severity")),
    Operation("GET", "/v1/certs/one", Role.READER, show_item, ("id",)),
    Operation("POST", "/v1/certs/check", Role.READER, check_files),
    Operation("GET", "/v1/calendar.ics", Role.READER, show_calendar),
    Operation("GET", "/metrics", Role.READER, show_metrics),
)
