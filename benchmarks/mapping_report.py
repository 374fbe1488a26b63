"""The figures of the mapping as text: each beside its goal, missed ones too."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import Any, Final

from benchmarks.mapping_contest import GOAL, ID_VALIDATOR, OURS, STDNUM, Result
from benchmarks.mapping_store import FIRST, KNOWN, LOADS, RETURNING
from benchmarks.mapping_tables import FLAT_GOAL, SINGLE_ROW_GOAL, YARDSTICKS, Measured
from benchmarks.mapping_timing import Rates, median

_MICROSECONDS: Final = 1_000_000


def verdict(value: float, goal: float, *, at_least: bool = True) -> str:
    """`reached` or `missed`."""
    return "reached" if (value >= goal if at_least else value <= goal) else "missed"


def contest(results: Sequence[Result], published: int) -> Iterator[str]:
    """Validations a second, side by side."""
    yield f"validations a second ({published} cases are published for this number)"
    yield ""
    judges = f"{OURS:>11}{STDNUM:>15}{ID_VALIDATOR:>14}"
    yield f"  {'numbers':<38}{'count':>7}{judges}{'ours/stdnum':>13}{'goal':>8}  verdict"
    for result in results:
        rates = f"{result.rate(OURS):>11,.0f}{result.rate(STDNUM):>15,.0f}{result.rate(ID_VALIDATOR):>14,.0f}"
        times = result.times(STDNUM)
        judged = f"{f'{times:.2f} x':>13}{f'>= {GOAL:g}':>8}  {verdict(times, GOAL)}"
        yield f"  {result.field.name:<38}{len(result.field.numbers):>7}{rates}{judged}"
    yield ""


def operations(rates: Rates) -> Iterator[str]:
    """Microseconds of the pure operations."""
    yield f"  {'pure operation':<40}{'µs':>8}{'a second':>12}"
    for name in rates:
        rate = median(rates, name)
        yield f"  {name:<40}{_MICROSECONDS / rate:>8.2f}{rate:>12,.0f}"
    yield ""


def tables(measured: Measured) -> Iterator[str]:
    """Resolutions through one engine, by the size of the table."""
    yield f"{measured.engine}: resolutions a second, one after another"
    yield ""
    yield f"  {'load':<24}{'statements':>11}" + "".join(f"{f'{rows:,} rows':>18}" for rows in measured.sizes)
    for load in LOADS:
        rates = "".join(f"{measured.rate(rows, load):>18,.0f}" for rows in measured.sizes)
        yield f"  {load:<24}{measured.statements[load]:>11}{rates}"
    yield ""
    yield f"  {'goal':<58}{'figure':>10}{'goal':>8}  verdict"
    for name, value, goal, at_least in goals(measured):
        sign = ">=" if at_least else "<="
        yield f"  {name:<58}{f'{value:.2f} x':>10}{f'{sign} {goal:g}':>8}  {verdict(value, goal, at_least=at_least)}"
    yield ""


def goals(measured: Measured) -> Iterator[tuple[str, float, float, bool]]:
    """What was to be reached: name, figure, goal, and whether the figure should be at least so large."""
    rows = measured.sizes[-1]
    for load, yardstick in YARDSTICKS.items():
        yield f"{load} against {yardstick}", measured.against_yardstick(rows, load), SINGLE_ROW_GOAL, True
    for load in (KNOWN, FIRST):
        yield f"{load}, each statement", measured.each_statement(rows, load), SINGLE_ROW_GOAL, True
    if len(measured.sizes) > 1:
        span = f"{measured.sizes[-1]:,} rows against {measured.sizes[0]:,}"
        for load in (RETURNING, KNOWN, FIRST):
            yield f"cost, {load}: {span}", measured.growth(load), FLAT_GOAL, False


def as_json(measured: Measured) -> dict[str, Any]:
    """Everything that was measured on one engine, and how it was judged."""
    judged = [
        {"goal": name, "figure": value, "limit": goal, "verdict": verdict(value, goal, at_least=at_least)}
        for name, value, goal, at_least in goals(measured)
    ]
    return {**asdict(measured), "goals": judged}
