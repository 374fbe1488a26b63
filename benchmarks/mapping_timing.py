"""Rates of small operations, taken in turns: what disturbs one of them disturbs all, so their ratios can be trusted."""

import gc
import statistics
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Final

Load = Callable[[], int]
"""Does something many times and says how many times."""
AsyncLoad = Callable[[], Awaitable[int]]
"""The same for something that waits."""
Rates = dict[str, list[float]]
"""By name of the load: how many a second, one figure for each round."""

_CALIBRATION_SECONDS: Final = 0.01


def take_turns(loads: Mapping[str, Load], rounds: int, seconds: float) -> Rates:
    """Run every load in every round for about so many seconds of this thread; a turn that is not recorded warms up."""
    repeats = {name: _repeats(load, seconds) for name, load in loads.items()}
    rates: Rates = {name: [] for name in loads}
    with _without_collector():
        for _ in range(rounds):
            for name, load in loads.items():
                rates[name].append(_rate(load, repeats[name]))
    return rates


def median(rates: Rates, name: str) -> float:
    """The middle of a load's rounds."""
    return statistics.median(rates[name])


def ratio(rates: Rates, above: str, below: str) -> float:
    """How many times as fast one load is as another: made inside each round, and the middle of the rounds."""
    return statistics.median(a / b for a, b in zip(rates[above], rates[below], strict=True))


def _repeats(load: Load, seconds: float) -> int:
    load()
    started, turns = time.thread_time(), 0
    while turns == 0 or time.thread_time() - started < _CALIBRATION_SECONDS:
        load()
        turns += 1
    return max(1, round(turns * seconds / (time.thread_time() - started)))


def _rate(load: Load, repeats: int) -> float:
    # The thread's own processor time: a neighbour on the same core does not count.
    started = time.thread_time()
    done = sum(load() for _ in range(repeats))
    return done / (time.thread_time() - started)


@contextmanager
def _without_collector() -> Iterator[None]:
    """Let no load pay for the litter of another."""
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


async def take_turns_in_a_store(loads: Mapping[str, AsyncLoad], rounds: int) -> Rates:
    """The same for loads that wait for a database: by the clock on the wall, in short turns, each of a fixed size."""
    rates: Rates = {name: [] for name in loads}
    with _without_collector():
        for number in range(rounds + 1):
            for name, load in loads.items():
                started = time.perf_counter()
                done = await load()
                if number:  # the first round warms up
                    rates[name].append(done / (time.perf_counter() - started))
    return rates
