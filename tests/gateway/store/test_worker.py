"""One thread runs functions in turn, whatever becomes of those who wait for them."""

import asyncio
import threading

import pytest

from gateway.store.sql.worker import Worker


async def test_functions_run_one_after_the_other_in_one_other_thread() -> None:
    worker, seen = Worker("one"), []

    def work(number: int) -> int:
        seen.append((number, threading.current_thread().name))
        return number * 2

    results = await asyncio.gather(*(worker.run(lambda n=n: work(n)) for n in range(5)))
    worker.stop()

    assert results == [0, 2, 4, 6, 8]
    assert seen == [(n, "one") for n in range(5)]


async def test_what_is_raised_reaches_the_one_who_waits_and_the_next_one_runs() -> None:
    worker = Worker("one")

    def fail() -> None:
        raise LookupError

    with pytest.raises(LookupError):
        await worker.run(fail)

    assert await worker.run(lambda: 1) == 1
    worker.stop()


async def test_a_function_that_nobody_waits_for_any_more_runs_to_its_end() -> None:
    worker, gate, seen = Worker("one"), threading.Event(), []

    def work() -> None:
        gate.wait(5)
        seen.append("done")

    waiting = asyncio.create_task(worker.run(work))
    await asyncio.sleep(0)
    waiting.cancel()
    gate.set()
    await worker.run(lambda: None)
    worker.stop()

    assert seen == ["done"]
    assert waiting.cancelled()


def test_a_loop_that_is_closed_does_not_end_the_thread() -> None:
    worker, gate = Worker("one"), threading.Event()

    async def leave() -> None:
        task = asyncio.create_task(worker.run(lambda: gate.wait(5)))
        await asyncio.sleep(0)
        task.cancel()

    asyncio.run(leave())
    gate.set()

    assert asyncio.run(worker.run(lambda: 7)) == 7
    worker.stop()


def test_a_worker_that_never_ran_may_be_stopped() -> None:
    Worker("one").stop()
