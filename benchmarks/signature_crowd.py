"""Many signatures: a batch against calls that know nothing of each other, and processes against one."""

import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import cache
from multiprocessing import get_context
from statistics import median as middle
from typing import Any, Final

from benchmarks.mapping_timing import median, ratio, take_turns
from benchmarks.signature_engine import Engine, detached, raw_digest
from benchmarks.signature_report import Row
from mock_idps.authority.certificate import Issued

_SECONDS: Final = 2.0
_SIGNERS: Final = (
    ("hk-personal-mr", "GD"), ("hk-organisational-mr", "GD"), ("hk-personal", "HK"), ("hk-iamsmart", "HK"),
    ("gd-sign", "HK"), ("gd-organisation", "HK"), ("gd-sign-rsa", "HK"), ("mo-qualified", "MO"),
    ("mo-qualified-organisation", "MO"), ("hk-bank", "HK"),
)  # fmt: skip
"""Ten types of certificates; their issuing certificates are those of the sandbox."""


def rows(engine: Engine, rounds: int, processes: int, crowd: int) -> Iterator[Row]:
    """The rows of crowds."""
    yield from _batch(engine, max(2, rounds // 3), crowd)
    if processes > 1:
        yield _processes(processes)


def _batch(engine: Engine, rounds: int, crowd: int) -> Iterator[Row]:
    samples = [_sample(engine, kind, relying) for kind, relying in _SIGNERS]
    batch = [samples[number % len(samples)] for number in range(crowd)]

    def together() -> int:
        engine.forget()
        for members, issued in batch:
            engine.judge(members, engine.news(issued))
        return len(batch)

    def alone() -> int:
        for members, issued in samples:
            engine.forget()
            engine.judge(members, engine.news(issued))
        return len(samples)

    rates = take_turns({"together": together, "alone": alone}, rounds, 0.1)
    note = f"{median(rates, 'together'):,.0f}/s against {median(rates, 'alone'):,.0f}/s"
    name = f"batch of {crowd:,} detached messages of ten types, against single"
    yield Row(name, ratio(rates, "together", "alone"), "x", 5, at_least=True, note=note)


def _sample(engine: Engine, kind: str, relying: str) -> tuple[dict[str, Any], Issued]:
    issued = engine.world.issue(kind)
    return detached(issued) | {"relying_jurisdiction": relying}, issued


@cache
def _worker() -> tuple[Engine, dict[str, Any], Any]:
    engine = Engine()
    issued = engine.world.issue("hk-personal-mr")
    return engine, raw_digest(issued), engine.news(issued)


def _ready() -> None:
    engine, members, news = _worker()
    engine.accepted(members, news)


def _work(until: float) -> float:
    """How many a second this process judges until then."""
    engine, members, news = _worker()
    started, done = time.perf_counter(), 0
    while time.time() < until:
        for _ in range(20):
            engine.judge(members, news)
        done += 20
    return done / (time.perf_counter() - started)


def _processes(count: int) -> Row:
    with ProcessPoolExecutor(count, mp_context=get_context("spawn"), initializer=_ready) as pool:
        _together(pool, count, 0.2)  # everybody has started
        rounds = [(_together(pool, 1, _SECONDS), _together(pool, count, _SECONDS)) for _ in range(3)]
    figure = middle(all_of_them / one for one, all_of_them in rounds) / count
    note = f"{middle(rate for _, rate in rounds):,.0f}/s; on cores of one's own"
    return Row(f"{count} processes against {count} times one", figure, "x", 0.85, at_least=True, note=note)


def _together(pool: ProcessPoolExecutor, count: int, seconds: float) -> float:
    until = time.time() + seconds
    return sum(pool.map(_work, [until] * count))
