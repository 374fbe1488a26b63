"""The rows of the goals for signatures as text: figure, goal, and whether it was met; missed ones too."""

from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Row:
    """One goal with the figure of this run."""

    name: str
    figure: float
    unit: str
    goal: float | None
    """`None`: shown for comparison only."""
    at_least: bool = False
    note: str = ""

    @property
    def verdict(self) -> str:
        """`met`, `missed`, or nothing where there is no goal."""
        if self.goal is None:
            return ""
        return "met" if (self.figure >= self.goal if self.at_least else self.figure <= self.goal) else "missed"


def table(title: str, rows: Iterable[Row]) -> Iterator[str]:
    """One part of the run."""
    yield f"\n{title}\n"
    yield f"  {'case':<58}{'figure':>14}{'goal':>12}  verdict"
    for row in rows:
        sign = ">=" if row.at_least else "<="
        goal = "" if row.goal is None else f"{sign} {row.goal:g}"
        yield f"  {row.name:<58}{f'{row.figure:,.2f} {row.unit}':>14}{goal:>12}  {row.verdict:<7} {row.note}".rstrip()


def as_json(rows: Iterable[Row]) -> list[dict[str, Any]]:
    """Every row with its verdict."""
    return [asdict(row) | {"verdict": row.verdict} for row in rows]
