"""A process that rotates nothing learns of new keys all the same, and goes on after a store was away."""

import asyncio
from typing import Any

from gateway.key_following import EVERY, followed


class Live:
    """Key sets of which the first reading fails."""

    def __init__(self) -> None:
        self.readings = 0

    async def refresh(self) -> bool:
        self.readings += 1
        if self.readings == 1:
            raise OSError
        return True


async def test_it_reads_again_and_again_until_the_process_ends() -> None:
    live: Any = Live()
    waited: list[float] = []
    turns = asyncio.Semaphore(3)
    done = asyncio.Event()

    async def sleep(seconds: float) -> None:
        waited.append(seconds)
        if turns.locked():
            done.set()
            await asyncio.Event().wait()
        await turns.acquire()

    async with followed(live, sleep):
        await done.wait()

    assert live.readings == 3
    assert set(waited) == {EVERY}
