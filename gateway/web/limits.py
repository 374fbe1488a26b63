"""How often somebody may ask: clients by their name once it is proven, everybody else by the address they come from.

A limit must not be a switch that one party pulls on another (DS-02): nothing that a stranger sends counts against a
client, and what one address does wrong counts against that address alone.
"""

import asyncio
import math
from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from gateway.oidc.errors import OAuthError
from gateway.oidc.metadata import PATHS
from gateway.oidc.model import Client
from gateway.oidc.names import ErrorCode
from gateway.oidc.ports import RateLimits
from gateway.oidc.provider import BackChannelCall

WINDOW: Final = timedelta(minutes=1)
MEMORY: Final = 50_000
"""Addresses that are remembered at most; the one that was seen longest ago is forgotten first (DS-08)."""


def too_many(wait: timedelta) -> OAuthError:
    """The refusal of one request too many; the edge makes it 429."""
    # Not put on record: a flood would only move on to the audit log, and there it would cost more than it does here.
    return OAuthError(ErrorCode.TEMPORARILY_UNAVAILABLE, "too many requests", retry_after=wait, audited=True)


def seconds(wait: timedelta) -> str:
    """The value of ``Retry-After``."""
    return str(max(1, math.ceil(wait.total_seconds())))


@dataclass(frozen=True, slots=True)
class Pace:
    """How often one relying party may ask, over all workers; what ``OpenIDProvider.admit`` is."""

    rates: RateLimits
    issuer: str
    requests: int
    pushed_requests: int

    async def __call__(self, client: Client, call: BackChannelCall) -> None:
        """Count one request of a client that has proven who it is."""
        most = client.requests_per_minute or self.requests
        wait = await self.rates.admit(client.client_id, most, call.now)
        if wait is None and call.url == f"{self.issuer}{PATHS['par']}":
            # A name of its own that no client can have: identifiers hold no space.
            wait = await self.rates.admit(f"{client.client_id} par", min(most, self.pushed_requests), call.now)
        if wait is not None:
            raise too_many(wait)


@dataclass(slots=True)
class _Count:
    ends_at: datetime
    refused: int = 0
    running: int = 0
    left: asyncio.Event = field(default_factory=asyncio.Event)


class Refusals:
    """Requests with bad credentials, by address: in one minute never more are looked at than ``most`` (DS-03).

    Requests of one address that come side by side wait for each other once so many are being looked at, so that a
    burst of guesses is not judged before the first of them is known to be wrong.
    """

    def __init__(self, most: int, memory: int = MEMORY) -> None:
        self._most = most
        self._memory = memory
        self._counts: OrderedDict[str, _Count] = OrderedDict()

    async def enter(self, source: str, now: datetime) -> _Count:
        """Let one request in; raises ``OAuthError`` when the address has had enough."""
        count = self._of(source, now)
        while count.refused + count.running >= self._most:
            if count.refused >= self._most:
                raise too_many(count.ends_at - now)
            count.left.clear()
            await count.left.wait()
        count.running += 1
        return count

    def leave(self, source: str, count: _Count, *, refused: bool) -> None:
        """A request has been answered."""
        count.running -= 1
        count.refused += refused
        count.left.set()
        if not count.running and not count.refused and self._counts.get(source) is count:
            del self._counts[source]

    def _of(self, source: str, now: datetime) -> _Count:
        count = self._counts.get(source)
        if count is None:
            while len(self._counts) >= self._memory:
                self._counts.popitem(last=False)
            count = self._counts[source] = _Count(now + WINDOW)
        elif now >= count.ends_at:
            count.refused, count.ends_at = 0, now + WINDOW
        self._counts.move_to_end(source)
        return count


class SignInPace:
    """Sign-ins begun at one relying party from one address; both together, so that neither can shut the other out."""

    def __init__(self, most: int, memory: int = MEMORY) -> None:
        self._most = most
        self._memory = memory
        self._counts: OrderedDict[tuple[str, str], tuple[datetime, int]] = OrderedDict()

    def count(self, client_id: str, source: str, now: datetime) -> None:
        """Count one; raises ``OAuthError`` when it is one too many."""
        key = (client_id, source)
        ends_at, begun = self._counts.get(key, (now + WINDOW, 0))
        if now >= ends_at:
            ends_at, begun = now + WINDOW, 0
        if begun >= self._most:
            raise too_many(ends_at - now)
        self._counts[key] = (ends_at, begun + 1)
        self._counts.move_to_end(key)
        if len(self._counts) > self._memory:
            self._counts.popitem(last=False)
