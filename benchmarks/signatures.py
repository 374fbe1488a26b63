"""`python -m benchmarks.signatures`: what judging a signature costs, beside the cryptography that it needs.

Everything is a ratio made in one run on the same machine: a judgement beside the library's own verify, a PDF beside
pyHanko alone, a large file beside its digest. Nothing fails because something was slow.
docs/explanation/signature-speed.md says how to read it.
"""

import argparse
import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Final

from benchmarks import signature_cold, signature_crowd, signature_hostile, signature_loads, signature_pdf
from benchmarks.mapping import count_of
from benchmarks.signature_engine import Engine
from benchmarks.signature_report import Row, as_json, table

Part = Callable[[Engine, argparse.Namespace], Iterator[Row]]
PARTS: Final[dict[str, Part]] = {
    "remembered": lambda engine, options: signature_loads.rows(engine, options.rounds, options.seconds),
    "cold": lambda engine, options: signature_cold.rows(engine, options.rounds, options.seconds),
    "documents": lambda engine, options: signature_pdf.rows(engine, options.rounds, options.megabytes),
    "crowds": lambda engine, options: signature_crowd.rows(engine, options.rounds, options.processes, options.crowd),
    "hostile": lambda engine, options: signature_hostile.rows(engine, options.hostile),
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure what was asked for and print it."""
    options = _options(arguments)
    engine, found = Engine(), {}
    for part in PARTS if options.part == "all" else (options.part,):
        rows = found[part] = list(PARTS[part](engine, options))
        print("\n".join(table(part, rows)), flush=True)
    if options.json:
        figures = {part: as_json(rows) for part, rows in found.items()}
        options.json.write_text(json.dumps(figures, indent=2), encoding="utf-8")
    return 0


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.signatures", description=__doc__)
    parser.add_argument("--part", choices=[*PARTS, "all"], default="all")
    parser.add_argument("--rounds", type=count_of, default=9)
    parser.add_argument("--seconds", type=float, default=0.1, help="of each load in each round")
    parser.add_argument("--megabytes", type=count_of, default=1_000, help="of the detached content that is streamed")
    parser.add_argument("--processes", type=count_of, default=2)
    parser.add_argument("--crowd", type=count_of, default=1_000, help="signatures of one batch")
    parser.add_argument("--hostile", type=count_of, default=2_000, help="spoilt inputs")
    parser.add_argument("--json", type=Path, help="write every figure into this file")
    parser.add_argument("--quick", action="store_true", help="an impression: three short rounds, small contents")
    options = parser.parse_args(arguments)
    if options.quick:
        options.rounds, options.seconds, options.megabytes = 3, 0.02, 50
        options.crowd, options.hostile = 100, 200
    return options


if __name__ == "__main__":
    raise SystemExit(main())
