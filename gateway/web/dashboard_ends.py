"""Everything that ends, on one page: drawn along a line of time, and in a table that can be sorted and narrowed."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from starlette.responses import Response

from gateway.admin import due_calendar
from gateway.admin.inventory import Item, Kind, Severity, counts
from gateway.admin.records import Role
from gateway.web.dashboard_plots import Timeline, timeline
from gateway.web.dashboard_render import Sheet
from gateway.web.dashboard_visit import Sight, Visit
from gateway.web.operator_call import malformed

ORDERS: Final[Mapping[str, Callable[[Item], Any]]] = {
    "end": lambda item: (item.not_after is None, item.not_after.timestamp() if item.not_after else 0.0, item.id),
    "severity": lambda item: (-item.severity.rank, item.id),
    "kind": lambda item: (item.kind.value, item.name, item.id),
    "name": lambda item: (item.name, item.id),
    "where": lambda item: (item.where, item.name, item.id),
}
"""What the table can be sorted by; nothing else is."""


@dataclass(frozen=True, slots=True)
class EndsSheet(Sheet):
    """The list of everything that ends."""

    template = "ends.html"
    items: tuple[Item, ...]
    plot: Timeline
    now: datetime
    counts: Mapping[Severity, int]
    kinds: tuple[str, ...]
    """Those that there are."""
    kind: str
    """The one that is shown; empty for all."""
    order: str
    orders: tuple[str, ...] = tuple(ORDERS)


async def show_ends(visit: Visit) -> Sheet:
    """The list, the earliest end first unless something else is asked for."""
    order, kind = visit.fields.get("sort") or "end", visit.fields.get("kind") or ""
    if not visit.fields.keys() <= {"sort", "kind"} or order not in ORDERS or kind not in {"", *Kind}:
        raise malformed("sort and kind are out of the lists of this page")
    everything = await visit.desk.ending.inventory(visit.now)
    found = [one for one in everything if kind in {"", one.kind.value}]
    return EndsSheet(
        items=tuple(sorted(found, key=ORDERS[order])),
        plot=timeline(found, visit.now),
        now=visit.now,
        counts=counts(everything),
        kinds=tuple(sorted({one.kind.value for one in everything})),
        kind=kind,
        order=order,
    )


async def show_calendar(visit: Visit) -> Response:
    """The same as a calendar, for whoever is signed in; programs subscribe to the one of the operator API."""
    items = await visit.desk.ending.inventory(visit.now)
    content = due_calendar.calendar(items, visit.desk.issuer, visit.now)
    disposition = {"content-disposition": 'attachment; filename="calendar.ics"'}
    return Response(content, media_type=due_calendar.MEDIA_TYPE, headers=disposition)


SIGHTS: Final = (
    Sight("GET", "/ends", Role.READER, show_ends),
    Sight("GET", "/calendar.ics", Role.READER, show_calendar),
)
