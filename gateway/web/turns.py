"""Who may work now, who waits, and who is sent away: a bound on what one process does at once (SG-12, DS-01)."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

from certs.trust.errors import RefusalCode, Refused


class Turns:
    """At most ``at_once`` work, at most ``waiting`` wait for it in the order they came; everybody else is refused."""

    def __init__(self, at_once: int, waiting: int) -> None:
        self._most = at_once + waiting
        self._here = 0
        self._working = asyncio.Semaphore(at_once)

    @contextlib.asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Wait for a turn and have it; raises ``Refused`` (``E_BUSY``) at once when too many wait already."""
        if self._here >= self._most:
            raise Refused(RefusalCode.BUSY, "too much is being worked on: try again in a moment")
        self._here += 1
        try:
            async with self._working:
                yield
        finally:
            self._here -= 1
