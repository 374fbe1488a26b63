"""`python -m benchmarks.mapping`: what validating a number, and resolving a person to one, costs.

Everything is a ratio made in one run: our validation beside two libraries', a resolution beside one row of the same
store, a full table beside a small one. Nothing fails because something was slow. docs/explanation/mapping-speed.md
says how to read it.
"""

import argparse
import json
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from benchmarks import mapping_contest, mapping_operations, mapping_report
from benchmarks.mapping_tables import ENGINES, Filling, Measured, measure
from benchmarks.mapping_timing import median


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure what was asked for and print it."""
    options = _options(arguments)
    figures: dict[str, Any] = {}
    if options.part in {"pure", "all"}:
        figures |= _pure(options)
    if options.part in {"store", "all"}:
        with filling() as announce:
            engines = ENGINES if options.engine == "both" else (options.engine,)
            measured = [
                measure(engine, options.rows, options.rounds, options.processes, announce) for engine in engines
            ]
        figures["engines"] = [_shown(one) for one in measured]
    if options.json:
        options.json.write_text(json.dumps(figures, indent=2), encoding="utf-8")
    return 0


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.mapping", description=__doc__)
    parser.add_argument("--part", choices=["pure", "store", "all"], default="all")
    parser.add_argument("--engine", choices=[*ENGINES, "both"], default="sqlite")
    parser.add_argument("--rows", type=count_of, nargs="+", default=[10**3, 10**4, 10**5], help="sizes of the table")
    parser.add_argument("--rounds", type=count_of, default=15)
    parser.add_argument("--seconds", type=float, default=0.1, help="of each pure load in each round")
    parser.add_argument("--processes", type=int, default=2, help="that compose rows while tables are filled; 0: none")
    parser.add_argument("--json", type=Path, help="write every figure into this file")
    parser.add_argument("--quick", action="store_true", help="an impression: SQLite, a thousand rows, three rounds")
    options = parser.parse_args(arguments)
    if options.quick:
        options.engine, options.rows, options.rounds, options.processes = "sqlite", [200, 1_000], 3, 0
        options.seconds = 0.02
    return options


def count_of(text: str) -> int:
    """Read a count of at least one; `10_000_000` is easier to read than its zeros."""
    value = int(text.replace("_", ""))
    if value < 1:
        raise argparse.ArgumentTypeError("at least 1")
    return value


def _pure(options: argparse.Namespace) -> dict[str, Any]:
    published, fields = mapping_contest.fields()
    results = [mapping_contest.contest(field, options.rounds, options.seconds) for field in fields]
    rates = mapping_operations.measure(options.rounds, options.seconds / 4)
    _print([*mapping_report.contest(results, published), *mapping_report.operations(rates)])
    return {
        "contest": [mapping_contest.as_json(result) for result in results],
        "operations_per_second": {name: median(rates, name) for name in rates},
    }


def _shown(measured: Measured) -> dict[str, Any]:
    _print(mapping_report.tables(measured))
    return mapping_report.as_json(measured)


def _print(lines: Sequence[str] | Iterator[str]) -> None:
    print("\n".join(lines), flush=True)


@contextmanager
def filling(what: str = "filling") -> Iterator[Filling]:
    """Progress bars on standard error; none where nobody looks."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(file=sys.stderr), disable=not sys.stderr.isatty()) as progress:

        def announce(rows: int) -> Callable[[int], None]:
            task = progress.add_task(f"{what} {rows:,}", total=rows)
            return lambda done: progress.advance(task, done)

        yield announce


if __name__ == "__main__":
    raise SystemExit(main())
