"""``gate map simulate``: whether the reserved region codes suffice for everybody (mapping specification 11.5)."""

import csv
import io
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import groupby
from pathlib import Path
from typing import Annotated, Any, Final, NoReturn

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from gateway.admin import simulation
from gateway.admin.chart import Chart, Series, Threshold, render
from gateway.admin.simulation import Allocation, Demand, Plan, Population, Row, SimulationError, reserve_of
from gateway.cli.output import AsJson, Exit, show, show_rows, stop
from mapping.vocabulary import Territory

_TERRITORIES: Final = {Territory.HONG_KONG: "Hong Kong", Territory.MACAO: "Macao"}
_POPULATIONS: Final = {Population.LIVING: "living", Population.EVER_ENROLLED: "ever enrolled"}

Heaping = Annotated[
    list[float] | None,
    typer.Option(help="Percent recorded on 1 January; may be given several times. Default: the specification's table."),
]
Share = Annotated[float, typer.Option(help="Part of the population to draw; 1 is everybody.")]
Seed = Annotated[int, typer.Option(help="The same seed draws the same people.")]
Allocate = Annotated[bool, typer.Option("--allocate", help="Really give everybody a number, instead of counting.")]
CsvFile = Annotated[Path | None, typer.Option("--csv", help="Write one line for each figure.", dir_okay=False)]
PlotFile = Annotated[Path | None, typer.Option("--plot", help="Draw the table as an SVG chart.", dir_okay=False)]
Quiet = Annotated[bool, typer.Option("--quiet", help="No progress bar, and no table.")]


def simulate(  # noqa: PLR0917 - one option per question
    share: Share = 1.0,
    seed: Seed = 1,
    heaping: Heaping = None,
    allocate: Allocate = False,  # noqa: FBT002
    csv_file: CsvFile = None,
    plot: PlotFile = None,
    as_json: AsJson = False,  # noqa: FBT002
    quiet: Quiet = False,  # noqa: FBT002
) -> None:
    """Draw Hong Kong's and Macao's populations person by person and count the region codes that their days need."""
    plan = _plan(share, seed, heaping)
    _check_files(csv_file, plot, allocate=allocate)
    with _progress(simulation.steps(plan, allocating=allocate), quiet=quiet) as advance:
        found = simulation.allocate(plan, advance) if allocate else simulation.simulate(plan, advance)
    rows = [_allocated(figure) if isinstance(figure, Allocation) else _needed(figure) for figure in found]
    if csv_file is not None:
        _write(csv_file, _csv(rows))
    if plot is not None:
        _write(plot, render(_chart(_grouped(found), plan)))
    if as_json:
        show({"share": plan.share, "seed": plan.seed, "rows": rows}, as_json=True)
    elif not quiet:
        _print(found)
    if plan.share < 1 and not quiet:
        typer.echo(f"gate: {plan.share:.1%} of the people were drawn; nothing is scaled up to all of them", err=True)
    if any(figure.duplicates for figure in found if isinstance(figure, Allocation)):
        stop("a number was given twice", Exit.ATTENTION)


def _plan(share: float, seed: int, heaping: list[float] | None) -> Plan:
    try:
        return Plan(tuple(sorted(set(heaping or simulation.HEAPING))), share, seed)
    except SimulationError as error:
        stop(str(error), Exit.USAGE)


def _check_files(csv_file: Path | None, plot: Path | None, *, allocate: bool) -> None:
    """Refuse before the long part what would fail after it."""
    if plot is not None and allocate:
        stop("--plot draws the capacity table; with --allocate there is none", Exit.USAGE)
    if csv_file is not None and plot is not None and csv_file.resolve() == plot.resolve():
        stop("--csv and --plot name the same file", Exit.USAGE)
    for path in (csv_file, plot):
        if path is not None and not (path.parent.is_dir() and os.access(path.parent, os.W_OK)):
            _cannot_write(path)


@contextmanager
def _progress(total: int, *, quiet: bool) -> Iterator[Callable[[int], None]]:
    """Show a bar to a person at a terminal, on standard error; a pipe or a log gets none."""
    if quiet or not sys.stderr.isatty():
        yield lambda _: None
        return
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(f"{total:,} steps", total=total)
        yield lambda done: bar.advance(task, done)


def _facts(row: Row) -> dict[str, Any]:
    return {"territory": row.territory.value, "population": row.population.value, "heaping_percent": row.heaping}


def _needed(demand: Demand) -> dict[str, Any]:
    fullest = demand.fullest
    return {
        **_facts(demand.row),
        "persons": demand.persons,
        "codes_needed": fullest.codes_needed,
        "fullest_day": fullest.day.isoformat(),
        "fullest_sex": fullest.sex.value,
        "fullest_persons": fullest.persons,
        "share_of_reserved": round(fullest.share_of_reserved, 4),
        "days_over_one_code": demand.crowded,
        "verdict": demand.verdict.value,
    }


def _allocated(allocation: Allocation) -> dict[str, Any]:
    fullest = allocation.fullest
    return {
        **_facts(allocation.row),
        "served": allocation.served,
        "refused": allocation.refused,
        "duplicates": allocation.duplicates,
        "misses_per_allocation": round(allocation.misses_per_allocation, 6),
        "fullest_code": fullest.reserve.codes[0],
        "fullest_day": fullest.day.isoformat(),
        "fullest_sex": fullest.sex.value,
        "fullest_code_share": round(fullest.share_of_reserved, 4),
    }


def _print(found: Sequence[Demand | Allocation]) -> None:
    """For people at eighty columns: the table as the specification prints it, then what decided each figure."""
    table = [
        {"region codes needed": _whose(group[0].row)}
        | {f"{demand.row.heaping:g} %": demand.fullest.codes_needed for demand in group}
        for group in _grouped(found)
    ]
    if table:
        show_rows("table", table, list(table[0]), as_json=False)
    lines = [
        {
            "population": _whose(figure.row),
            "heaping": f"{figure.row.heaping:g} %",
            "fullest": f"{figure.fullest.day.isoformat()} {figure.fullest.sex}",
            "full": f"{figure.fullest.share_of_reserved:.1%}",
            **_remark(figure),
        }
        for figure in found
    ]
    show_rows("rows", lines, list(lines[0]), as_json=False)


def _remark(figure: Demand | Allocation) -> dict[str, Any]:
    if isinstance(figure, Demand):
        return {"verdict": figure.verdict}
    return {"refused": figure.refused, "misses": f"{figure.misses_per_allocation:.4f}"}


def _chart(groups: list[list[Demand]], plan: Plan) -> Chart:
    reserved = len(reserve_of(Territory.HONG_KONG).codes)
    tops = "; ".join(
        f"{_whose(group[-1].row)}: {group[-1].fullest.codes_needed} at {group[-1].row.heaping:g} %" for group in groups
    )
    return Chart(
        title="Region codes needed so that the fullest day fits",
        description=f"Region codes needed, by heaping on 1 January; {reserved} are reserved. {tops}. "
        f"Simulated people, share {plan.share:g}, seed {plan.seed}.",
        x_label="people aged 50 or more recorded on 1 January, percent",
        y_label="region codes",
        series=tuple(
            Series(
                _whose(group[0].row),
                tuple((demand.row.heaping, float(demand.fullest.codes_needed)) for demand in group),
            )
            for group in groups
        ),
        thresholds=(Threshold(reserved, f"{reserved} codes reserved"),),
        name="capacity",
    )


def _grouped(found: Sequence[Demand | Allocation]) -> list[list[Demand]]:
    """Put the levels of one population together; they come in that order. An allocation has no such table."""
    demands = (figure for figure in found if isinstance(figure, Demand))
    return [list(group) for _, group in groupby(demands, key=lambda demand: _whose(demand.row))]


def _whose(row: Row) -> str:
    return f"{_TERRITORIES[row.territory]}, {_POPULATIONS[row.population]}"


def _csv(rows: list[dict[str, Any]]) -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, fieldnames=list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def _write(path: Path, text: str) -> None:
    """Write beside the target and rename, so that whoever interrupts us finds the old file or the new one."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        draft.write_text(text, encoding="utf-8")
        draft.replace(path)
    except OSError:
        _cannot_write(path)
    finally:
        draft.unlink(missing_ok=True)


def _cannot_write(path: Path) -> NoReturn:
    stop(f"{path} cannot be written", Exit.PRECONDITION)
