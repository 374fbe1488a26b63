"""Keeps a process that rotates nothing in step with the key sets: what it can sign with is asked for before each step.

The operators' process is one: guard 5 asks it as well whether a new key works, so it has to learn of new keys.
"""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Final

from gateway.live_keys import LiveKeys

EVERY: Final = 2.0
"""Seconds between two looks at the versions of the sets."""
_LOG: Final = logging.getLogger("gateway.keys")

Sleep = Callable[[float], Awaitable[None]]


@contextlib.asynccontextmanager
async def followed(live: LiveKeys, sleep: Sleep = asyncio.sleep) -> AsyncIterator[None]:
    """Read changed sets again and again while a process serves."""
    task = asyncio.create_task(_again_and_again(live, sleep))
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def _again_and_again(live: LiveKeys, sleep: Sleep) -> None:
    while True:
        await sleep(EVERY)
        try:
            await live.refresh()
        except Exception as error:  # noqa: BLE001 - a store that is down is asked again next time
            _LOG.warning("key sets cannot be read: %s", type(error).__name__)
