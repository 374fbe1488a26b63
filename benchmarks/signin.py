"""`python -m benchmarks.signin`: what a brokered sign-in costs, side by side with the stand-in, in one run.

Loads take turns (gateway, stand-in, gateway, …), every ratio is made inside a round and the median is shown: a noisy
machine disturbs both sides alike. Nothing here fails because something was slow.
"""

import argparse
import json
import os
import pstats
import statistics
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Final

from benchmarks.course import CAST, Course, CourseError, running, start_gateway
from benchmarks.driver import Tally
from benchmarks.processes import StartError
from benchmarks.report import Figures, Measured, judged, table
from tests.engines import start_postgres

STORES: Final = ("sqlite", "postgresql")
_FEW, _MANY = 4, 64
_PROFILE_LINES: Final = 40


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure what was asked for and print it."""
    options = _options(arguments)
    stores = STORES if options.store == "both" else (options.store,)
    try:
        if options.profile:
            _profile(stores[0], options)
            return 0
        results = [_measure(store, options) for store in stores]
    except (CourseError, StartError) as error:
        print(f"benchmark: {error}", file=sys.stderr)
        return 1
    for figures in results:
        print(table(figures))
    if options.json:
        options.json.write_text(json.dumps([_as_json(figures) for figures in results], indent=2), encoding="utf-8")
    return 0


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.signin", description=__doc__)
    parser.add_argument("--store", choices=[*STORES, "both"], default="both")
    parser.add_argument("--provider", choices=["macao", "hong-kong", "guangdong", "all"], default="all")
    parser.add_argument("--algorithm", choices=["ES256", "RS256"], default="ES256", help="of the ID tokens")
    parser.add_argument("--browsers", type=int, default=16)
    parser.add_argument("--seconds", type=float, default=5.0, help="of each load in each round")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", type=Path, help="write every tally into this file")
    parser.add_argument("--quick", action="store_true", help="SQLite, two short rounds: an impression within a minute")
    parser.add_argument("--profile", type=Path, help="instead: profile Macao sign-ins, the figures go into this file")
    options = parser.parse_args(arguments)
    if options.quick:
        options.store, options.seconds, options.rounds = "sqlite", 1.5, 2
    return options


def _measure(store: str, options: argparse.Namespace) -> Figures:
    with _addresses(store) as (folder, gateway_url, stand_in_url):
        _say(f"{store}: starting")
        with running(folder, gateway_url, stand_in_url, options.algorithm) as course:
            idle = course.gateway.memory_mib()
            loads = _loads(course, options)
            _say(f"{store}: warming up")
            for load in (loads[name] for name in loads if name.endswith(f" {options.browsers}")):
                load(options.seconds / 2)
            measured: Measured = {name: [] for name in loads}
            for number in range(1, options.rounds + 1):
                _say(f"{store}: round {number} of {options.rounds}")
                for name, load in loads.items():
                    measured[name].append(load(options.seconds))
            loaded = course.gateway.memory_mib()
            issuer = course.job.issuer
        starts = [_cold_start(folder, issuer) for _ in range(2 if options.quick else 5)]
        return Figures(store, measured, statistics.median(starts), idle, loaded)


def _loads(course: Course, options: argparse.Namespace) -> dict[str, Callable[[float], Tally]]:
    """What is run in each round, in this order: a load that is compared stands beside what it is compared with."""
    count = options.browsers
    wanted = list(CAST) if options.provider == "all" else [options.provider.replace("-", "_")]
    loads: dict[str, Callable[[float], Tally]] = {}
    if "macao" in wanted:
        loads[f"gateway macao {count}"] = lambda s: course.through_gateway(browsers=count, seconds=s)
        loads[f"stand-in macao {count}"] = lambda s: course.through_stand_in(browsers=count, seconds=s)
    for place in (place for place in wanted if place != "macao"):
        loads[f"gateway {place} {count}"] = lambda s, place=place: course.through_gateway(  # type: ignore[misc]
            place, browsers=count, seconds=s
        )
    if "macao" in wanted:
        loads[f"gateway macao {_FEW}"] = lambda s: course.through_gateway(browsers=_FEW, seconds=s)
        loads[f"gateway macao {_MANY}"] = lambda s: course.through_gateway(browsers=_MANY, seconds=s)
    for name, path in (("jwks", "/jwks"), ("discovery", "/.well-known/openid-configuration")):
        loads |= _document_loads(course, name, path)
    return loads


def _document_loads(course: Course, name: str, path: str) -> dict[str, Callable[[float], Tally]]:
    job, other = course.job, course.stand_in_job
    loads: dict[str, Callable[[float], Tally]] = {
        f"gateway {name}": lambda s: course.drive(job, document=path, browsers=_FEW, seconds=s / 4)
    }
    if other is not None:
        loads[f"stand-in {name}"] = lambda s: course.drive(other, document=path, browsers=_FEW, seconds=s / 4)
    return loads


def _cold_start(folder: Path, issuer: str) -> float:
    with start_gateway(folder, folder / "gate.toml", issuer) as gateway:
        return gateway.seconds_to_ready


@contextmanager
def _addresses(store: str) -> Iterator[tuple[Path, str, str]]:
    """A folder and two empty databases of the store: the gateway's and the stand-in's."""
    with tempfile.TemporaryDirectory(prefix="gate-bench-") as name:
        folder = Path(name)
        if store == "sqlite":
            yield folder, f"sqlite:///{folder / 'gateway.sqlite3'}", f"sqlite:///{folder / 'stand_in.sqlite3'}"
            return
        with start_postgres(durable=True) as postgres:
            yield folder, postgres.create_database(), postgres.create_database()


def _profile(store: str, options: argparse.Namespace) -> None:
    os.environ["GATE_BENCH_PROFILE"] = str(options.profile.resolve())
    provider = "macao" if options.provider == "all" else options.provider.replace("-", "_")
    with _addresses(store) as (folder, gateway_url, _):
        server = "benchmarks.profiled"
        with running(folder, gateway_url, None, options.algorithm, server=server) as course:
            tally = course.through_gateway(provider, browsers=options.browsers, seconds=options.seconds)
    print(f"{tally.done} sign-ins, {tally.cpu_ms:.2f} ms each under the profiler, failures {tally.failures}")
    stats = pstats.Stats(str(options.profile))
    stats.sort_stats("tottime").print_stats(_PROFILE_LINES)
    stats.sort_stats("cumulative").print_stats(_PROFILE_LINES)


def _as_json(figures: Figures) -> dict[str, object]:
    verdicts = [
        {"goal": goal.name, "figure": value, "first": goal.first, "then": goal.then, "verdict": goal.verdict(value)}
        for goal, value in judged(figures)
    ]
    return {**asdict(figures), "goals": verdicts}


def _say(text: str) -> None:
    print(f"benchmark: {text}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    raise SystemExit(main())
