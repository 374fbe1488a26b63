"""The gateway's command line under the profiler, every thread of it; the switch is here, the product has none.

What is counted is processor time of the thread, so that neighbours on the machine and waiting weigh nothing.

GATE_BENCH_PROFILE names the file for the figures; `python -m benchmarks.signin --profile FILE` sets it and prints them.
"""

import cProfile
import os
import pstats
import signal
import sys
import threading
import time
from typing import Any

from gateway.cli import main

_PROFILES: list[cProfile.Profile] = []


def _watch_threads() -> None:
    """Give each new thread a profiler of its own: one profiler sees one thread only."""
    plain_run = threading.Thread.run

    def run(self: threading.Thread) -> None:
        profile = cProfile.Profile(time.thread_time)
        _PROFILES.append(profile)
        profile.runcall(plain_run, self)

    threading.Thread.run = run  # type: ignore[method-assign]


def _end(*_: object) -> None:
    sys.exit(0)


def _main() -> None:
    _watch_threads()
    # The server gives the signal that ended it to whoever listened before; by default that ends us without figures.
    signal.signal(signal.SIGTERM, _end)
    profile: Any = cProfile.Profile(time.thread_time)
    try:
        profile.runcall(main)
    finally:
        stats = pstats.Stats(profile)
        for other in _PROFILES:
            if other.getstats():
                stats.add(other)
        stats.dump_stats(os.environ["GATE_BENCH_PROFILE"])


if __name__ == "__main__":
    _main()
