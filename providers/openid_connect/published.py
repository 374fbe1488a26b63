"""What a provider publishes and may change: fetched when it is first needed, kept fresh, never asked for in a storm."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Final, Generic, TypeVar

from providers.errors import ProviderError

INTERVAL: Final = timedelta(seconds=30)
"""Time between two fetches that something unknown, or a failed fetch, leads to."""
T = TypeVar("T")


class Published(Generic[T]):
    """The last good reading of one document, and when to read again."""

    def __init__(self, fetch: Callable[[], Awaitable[T]], max_age: timedelta) -> None:
        self._fetch = fetch
        self._max_age = max_age
        self._held: tuple[T, datetime] | None = None
        self._failed_at: datetime | None = None
        self._asked_again_at: datetime | None = None
        self._turn = asyncio.Lock()

    @property
    def held(self) -> T | None:
        """The last good reading, however old."""
        return None if self._held is None else self._held[0]

    async def current(self, now: datetime) -> T:
        """A reading that is fresh, or the last good one while the provider does not answer."""
        async with self._turn:
            held = self._held
            if held is not None and (_within(held[1], now, self._max_age) or _within(self._failed_at, now, INTERVAL)):
                return held[0]
            try:
                return await self._read(now)
            except ProviderError:
                self._failed_at = now
                if held is None:
                    raise
                return held[0]

    async def again(self, now: datetime) -> T:
        """A new reading because the last one lacks something; at most one in an interval, however many ask."""
        async with self._turn:
            held = self._held
            if held is not None and _within(self._asked_again_at, now, INTERVAL):
                return held[0]
            self._asked_again_at = now
            return await self._read(now)

    async def _read(self, now: datetime) -> T:
        read = await self._fetch()
        self._held = (read, now)
        return read


def _within(since: datetime | None, now: datetime, span: timedelta) -> bool:
    # A clock that was set back counts as time gone by: it must not freeze what is held.
    return since is not None and timedelta(0) <= now - since < span
