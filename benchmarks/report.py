"""From tallies to a table: medians, ratios, goals and verdicts."""

import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from benchmarks.driver import Tally

Measured = dict[str, list[Tally]]
"""By name of the load: one tally for each round."""


@dataclass(frozen=True, slots=True)
class Figures:
    """What was measured on one store."""

    store: str
    loads: Measured
    cold_start_seconds: float
    memory_idle_mib: float
    memory_loaded_mib: float


@dataclass(frozen=True, slots=True)
class Goal:
    """One row of the goals: how to compute the figure, and what it should reach first and then."""

    name: str
    unit: str
    figure: Callable[[Figures], float]
    first: float
    then: float
    at_least: bool = False
    """The figure should be at least so large; otherwise at most."""
    stores: tuple[str, ...] = ("sqlite", "postgresql")

    def verdict(self, value: float) -> str:
        """`reached`, `first` or `missed`."""
        for word, limit in (("reached", self.then), ("first", self.first)):
            if value >= limit if self.at_least else value <= limit:
                return word
        return "missed"


def cpu(figures: Figures, load: str) -> float:
    """Median processor time per success."""
    return statistics.median(tally.cpu_ms for tally in figures.loads[load])


def _ratio(above: str, below: str) -> Callable[[Figures], float]:
    """Median over the rounds of one load's processor time against another's, side by side."""

    def compute(figures: Figures) -> float:
        pairs = zip(figures.loads[above], figures.loads[below], strict=True)
        return statistics.median(one.cpu_ms / other.cpu_ms for one, other in pairs)

    return compute


def _tail(figures: Figures) -> float:
    return statistics.median(tally.p99_ms / tally.p50_ms for tally in figures.loads["gateway macao 16"])


def _failures(figures: Figures) -> float:
    return float(sum(sum(tally.failures.values()) for tally in figures.loads["gateway macao 64"]))


_MACAO: Final = "gateway macao 16"
GOALS: Final = (
    Goal("CPU against the stand-in", "x", _ratio(_MACAO, "stand-in macao 16"), 8, 3, stores=("sqlite",)),
    Goal("CPU against the stand-in", "x", _ratio(_MACAO, "stand-in macao 16"), 6, 2.8, stores=("postgresql",)),
    Goal("Hong Kong against Macao", "x", _ratio("gateway hong_kong 16", _MACAO), 1.5, 1.3),
    Goal("Guangdong against Macao", "x", _ratio("gateway guangdong 16", _MACAO), 1.5, 1.3),
    Goal("CPU at 64 browsers against 4", "x", _ratio("gateway macao 64", "gateway macao 4"), 1.5, 1.1),
    Goal("p99 / p50 at 16 browsers", "x", _tail, 4, 2.5),
    Goal("JWKS against plain ASGI", "x", _ratio("stand-in jwks", "gateway jwks"), 0.5, 0.9, at_least=True),
    Goal(
        "discovery against plain ASGI", "x", _ratio("stand-in discovery", "gateway discovery"), 0.5, 0.9, at_least=True
    ),
    Goal("cold start of gate serve", "s", lambda figures: figures.cold_start_seconds, 1.0, 0.6),
    Goal("memory, idle", "MiB", lambda figures: figures.memory_idle_mib, 140, 90),
    Goal("memory, loaded", "MiB", lambda figures: figures.memory_loaded_mib, 200, 110),
    Goal("failed sign-ins at 64 browsers", "", _failures, 0, 0),
)


def judged(figures: Figures) -> list[tuple[Goal, float]]:
    """The goals whose loads were measured, each with its figure."""
    rows = []
    for goal in GOALS:
        if figures.store in goal.stores:
            try:
                rows.append((goal, goal.figure(figures)))
            except KeyError:  # a load that was not asked for
                continue
    return rows


def table(figures: Figures) -> str:
    """Both tables as text."""
    return "\n".join([f"\n{figures.store}", "", *_loads(figures.loads), "", *_goals(figures), ""])


def _loads(loads: Measured) -> list[str]:
    lines = [f"  {'load':<24}{'done/s':>9}{'CPU ms':>9}{'others':>9}{'p50 ms':>9}{'p99 ms':>9}{'failed':>8}"]
    for name, tallies in loads.items():
        medians = [
            _median(tallies, lambda tally: tally.rate),
            _median(tallies, lambda tally: tally.cpu_ms),
            _median(tallies, lambda tally: tally.others_cpu_ms),
            _median(tallies, lambda tally: tally.p50_ms),
            _median(tallies, lambda tally: tally.p99_ms),
        ]
        failed = sum(sum(tally.failures.values()) for tally in tallies)
        lines.append(f"  {name:<24}{medians[0]:>9.0f}" + "".join(f"{m:>9.2f}" for m in medians[1:]) + f"{failed:>8}")
        reasons = sorted({reason for tally in tallies for reason in tally.failures})
        lines += [f"    failed: {reason}" for reason in reasons]
    return lines


def _goals(figures: Figures) -> list[str]:
    lines = [f"  {'goal':<34}{'figure':>10}{'first':>9}{'then':>9}  verdict"]
    for goal, value in judged(figures):
        sign = ">=" if goal.at_least else "<="
        limits = f"{f'{sign} {goal.first:g}':>9}{f'{sign} {goal.then:g}':>9}"
        lines.append(f"  {goal.name:<34}{f'{value:.2f} {goal.unit}':>10}{limits}  {goal.verdict(value)}")
    return lines


def _median(tallies: Sequence[Tally], of: Callable[[Tally], float]) -> float:
    return statistics.median(of(tally) for tally in tallies)
