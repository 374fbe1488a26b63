"""`python -m benchmarks.allocations`: very many first numbers, and the proof that no two people have the same.

By default in a database, by the store's own allocation, with `--whole` as a part of whole bindings; with `--pure` by
the choice of numbers alone, against a set in memory. Birthdays are crowded as a registry's are, a fiftieth of them on
1 January.
"""

import argparse
import secrets
import sys
import time
from collections.abc import Sequence

from benchmarks import allocations_pure, allocations_store
from benchmarks.allocations_pure import Outcome
from benchmarks.allocations_store import Plan
from benchmarks.mapping import count_of, filling
from benchmarks.mapping_fill import Keys
from benchmarks.mapping_people import crowd
from benchmarks.mapping_tables import ENGINES, databases, prepare
from mapping.vocabulary import Realm


def main(arguments: Sequence[str] | None = None) -> int:
    """Allocate, count, and end with 1 if there was a single duplicate."""
    options = _options(arguments)
    started = time.perf_counter()
    outcome = _pure(options) if options.pure else _through_store(options)
    _show(outcome, time.perf_counter() - started)
    return 1 if outcome.duplicates else 0


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.allocations", description=__doc__)
    parser.add_argument("--count", type=count_of, default=100_000)
    parser.add_argument("--processes", type=count_of, default=2, help="that allocate at the same time, in one database")
    parser.add_argument("--engine", choices=ENGINES, default="sqlite")
    parser.add_argument("--realm", choices=[realm.value for realm in Realm], default=Realm.SANDBOX.value)
    parser.add_argument("--seed", type=int, default=1, help="of the birthdays; the numbers themselves are random")
    parser.add_argument("--whole", action="store_true", help="write accounts and records too, not the numbers alone")
    parser.add_argument("--pure", action="store_true", help="without a database, in one process")
    return parser.parse_args(arguments)


def _pure(options: argparse.Namespace) -> Outcome:
    with filling("allocating") as announce:
        people = crowd(options.count, options.seed)
        return allocations_pure.allocate(people, Realm(options.realm), announce(options.count))


def _through_store(options: argparse.Namespace) -> Outcome:
    keys = Keys({"1": secrets.token_bytes(32)}, {"1": secrets.token_bytes(32)})
    with databases(options.engine) as database, filling("allocating") as announce:
        url = database("allocations")
        prepare(url, keys)
        plan = Plan(url, keys, options.count, Realm(options.realm), options.seed, options.whole)
        return allocations_store.allocate(plan, options.processes, announce(options.count))


def _show(outcome: Outcome, seconds: float) -> None:
    print(f"allocations          {outcome.given:>14,}")
    print(f"a second             {outcome.given / seconds:>14,.0f}   (proof included, {seconds:,.0f} s in all)")
    print(f"different numbers    {outcome.distinct:>14,}")
    print(f"duplicates           {outcome.duplicates:>14,}")
    print(f"offered in vain      {outcome.misses:>14,}   ({outcome.misses / max(outcome.given, 1):.4f} for each)")
    print(f"refused, day full    {outcome.refused:>14,}")
    print(f"transactions retried {outcome.retries:>14,}")


if __name__ == "__main__":
    sys.exit(main())
