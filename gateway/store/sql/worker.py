"""One thread that runs functions in turn and hands results back to the event loop.

An executor of the standard library does the same at more than twice the price, because it keeps two futures for each
function; at some ten functions for a sign-in that is felt.
"""

import asyncio
import contextlib
import threading
from collections.abc import Callable
from queue import SimpleQueue
from typing import Any, NamedTuple, TypeVar

T = TypeVar("T")


class _Job(NamedTuple):
    """A function, and who waits for it."""

    work: Callable[[], Any]
    loop: asyncio.AbstractEventLoop
    outcome: "asyncio.Future[Any]"


class Worker:
    """A thread of its own, started with the first function and ended by ``stop``."""

    def __init__(self, name: str) -> None:
        self._jobs: SimpleQueue[_Job | None] = SimpleQueue()
        # A daemon, so that a process that is told to end does not wait for it; commits survive that.
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._is_started = False

    async def run(self, work: Callable[[], T]) -> T:
        """Run a function after those that were handed in before; it runs to its end even if nobody waits any more."""
        if not self._is_started:
            self._is_started = True
            self._thread.start()
        loop = asyncio.get_running_loop()
        outcome: asyncio.Future[T] = loop.create_future()
        self._jobs.put(_Job(work, loop, outcome))
        return await outcome

    def stop(self) -> None:
        """End the thread after what was handed in."""
        if self._is_started:
            self._jobs.put(None)
            self._thread.join()

    def _run(self) -> None:
        while (job := self._jobs.get()) is not None:
            _carry_out(job)
            del job  # not to keep alive, while waiting, what the function held


def _carry_out(job: _Job) -> None:
    try:
        result = job.work()
    except BaseException as error:  # noqa: BLE001 - whatever it is, it belongs to whoever waits
        _hand_over(job, job.outcome.set_exception, error)
    else:
        _hand_over(job, job.outcome.set_result, result)


def _hand_over(job: _Job, settle: Callable[[Any], None], value: Any) -> None:
    def deliver() -> None:
        if not job.outcome.done():  # the waiting task may have been cancelled
            settle(value)

    with contextlib.suppress(RuntimeError):  # the loop may be closed: then nobody is there to be told
        job.loop.call_soon_threadsafe(deliver)
