"""The two plots of the dashboard as plain geometry: bars by the hour, and a line of time on which everything ends.

Pure: counts and dates in, rectangles and marks out. Templates draw them as SVG; what they show stands in a table too.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from gateway.admin.audit_ports import HourCount
from gateway.admin.inventory import Item, Severity
from gateway.admin.measured import OUTCOMES

HOURS: Final = 24
_HOUR: Final = timedelta(hours=1)
BAR_WIDTH: Final = 960
BAR_HEIGHT: Final = 180
_GAP: Final = 6
LINE_LEFT: Final = 190
"""Room for the names of the lanes."""
LINE_NOW: Final = 270
LINE_RIGHT: Final = 970
LANE: Final = 34
TOP: Final = 34
_NEAR: Final = 32
"""Marks that are nearer to each other than this are one mark with a number."""
_FAR: Final = timedelta(days=3650)
_TICKS: Final = (
    ("1 h", timedelta(hours=1)),
    ("1 d", timedelta(days=1)),
    ("7 d", timedelta(days=7)),
    ("30 d", timedelta(days=30)),
    ("90 d", timedelta(days=90)),
    ("1 y", timedelta(days=365)),
    ("10 y", _FAR),
)


@dataclass(frozen=True, slots=True)
class Hour:
    """How sign-ins went in one hour."""

    start: datetime
    completed: int = 0
    failed: int = 0
    unfinished: int = 0
    """Begun, and neither: given up, or still under way."""

    @property
    def total(self) -> int:
        """The height of its bar."""
        return self.completed + self.failed + self.unfinished


@dataclass(frozen=True, slots=True)
class Block:
    """One part of a bar."""

    kind: str
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Bars:
    """The plot of sign-ins."""

    hours: tuple[Hour, ...]
    blocks: tuple[Block, ...]
    labels: tuple[tuple[float, str], ...]
    """Where an hour is written, and how."""
    most: int
    """The value of the highest line."""


@dataclass(frozen=True, slots=True)
class Mark:
    """One end, or several that lie upon each other; the worst of them gives the shape."""

    x: float
    y: float
    severity: Severity
    count: int
    label: str


@dataclass(frozen=True, slots=True)
class Lane:
    """One kind of thing."""

    name: str
    y: float
    marks: tuple[Mark, ...]


@dataclass(frozen=True, slots=True)
class Timeline:
    """The plot of ends; the further away, the closer together (a logarithmic scale)."""

    lanes: tuple[Lane, ...]
    ticks: tuple[tuple[float, str], ...]
    now: float
    height: int


def by_hour(counts: Iterable[HourCount], now: datetime) -> tuple[Hour, ...]:
    """The last twenty-four hours, the oldest first, empty ones included."""
    last = now.replace(minute=0, second=0, microsecond=0)
    found: dict[datetime, dict[str, int]] = {last - _HOUR * back: {} for back in reversed(range(HOURS))}
    for one in counts:
        outcome = OUTCOMES.get(one.action)
        if outcome is not None and one.hour in found:
            found[one.hour][outcome] = found[one.hour].get(outcome, 0) + one.count
    return tuple(_hour(start, outcomes) for start, outcomes in found.items())


def _hour(start: datetime, outcomes: Mapping[str, int]) -> Hour:
    completed, failed = outcomes.get("completed", 0), outcomes.get("failed", 0)
    # One that began before the full hour and ended after it is counted where it ended.
    return Hour(start, completed, failed, max(0, outcomes.get("started", 0) - completed - failed))


def bars(hours: Sequence[Hour]) -> Bars:
    """The bars, stacked: completed below, failed above it, unfinished on top."""
    most = _round(max([2, *(one.total for one in hours)]))  # half of it is written, too
    width = BAR_WIDTH / max(1, len(hours))
    blocks: list[Block] = []
    for place, hour in enumerate(hours):
        bottom = float(BAR_HEIGHT)
        for kind in ("completed", "failed", "unfinished"):
            height = BAR_HEIGHT * getattr(hour, kind) / most
            bottom -= height
            if height:
                blocks.append(Block(kind, round(place * width + _GAP / 2, 1), round(bottom, 1), width - _GAP, height))
    labels = tuple(
        (round(place * width + width / 2, 1), f"{hour.start:%H}") for place, hour in enumerate(hours) if place % 3 == 0
    )
    return Bars(tuple(hours), tuple(blocks), labels, most)


def timeline(items: Iterable[Item], now: datetime) -> Timeline:
    """A lane for each kind that has an end; the soonest end decides the order."""
    kinds: dict[str, list[Item]] = {}
    for item in items:
        if item.not_after is not None:
            kinds.setdefault(item.kind.value, []).append(item)
    lanes = tuple(
        Lane(kind, TOP + LANE * place + LANE / 2, _marks(found, TOP + LANE * place + LANE / 2, now))
        for place, (kind, found) in enumerate(kinds.items())
    )
    ticks = tuple((_x(span), label) for label, span in _TICKS)
    return Timeline(lanes, ticks, LINE_NOW, TOP + LANE * len(lanes) + LANE // 2)


def _marks(items: Sequence[Item], y: float, now: datetime) -> tuple[Mark, ...]:
    groups: list[list[tuple[float, Item]]] = []
    for item in items:
        if item.not_after is None:
            continue
        x = _x(item.not_after - now)
        if groups and x - groups[-1][0][0] < _NEAR:
            groups[-1].append((x, item))
        else:
            groups.append([(x, item)])
    return tuple(_mark(group, y) for group in groups)


def _mark(group: Sequence[tuple[float, Item]], y: float) -> Mark:
    worst = max((item for _, item in group), key=lambda item: item.severity.rank)
    names = ", ".join(item.name for _, item in group[:4]) + (" …" if len(group) > 4 else "")  # noqa: PLR2004 - a title is short
    return Mark(group[0][0], y, worst.severity, len(group), f"{names}: {worst.severity.value}")


def _x(left: timedelta) -> float:
    """The place of an end: what is over stands left of now, ten years and more at the right edge."""
    if left <= timedelta(0):
        return LINE_NOW - 40
    share = math.log1p(left / _HOUR) / math.log1p(_FAR / _HOUR)
    return round(LINE_NOW + (LINE_RIGHT - LINE_NOW) * min(1.0, share), 1)


def _round(most: int) -> int:
    """The next round number out of 2, 4, 10, 20, 40 and so on: each has a whole half."""
    size = 1
    while True:
        for step in (2, 4, 10):
            if step * size >= most:
                return step * size
        size *= 10
