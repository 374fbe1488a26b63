"""The breakers of one worker: one for every provider, one for the register, and none for anybody else.

What counts against a far side is only what nobody but the far side can be guilty of: no connection, a deadline missed,
5xx, 429, a redirect or a page where data was asked for. A refused code, a cancelled or forged sign-in are answers, and
an answer shows that it lives: nobody can have an account switched off for all by spoiling their own sign-ins.
"""

import random
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from types import TracebackType
from typing import Final, Self

from providers.breaker import RULES, Breaker, BreakerRules
from providers.errors import ProviderError, ProviderFailure

BREAKER_OPEN: Final = "breaker_open"
"""The detail of an error for a call that was not made."""
BUSY: Final = "busy"
"""The same for one too many at a time."""
MOST_UNDER_WAY: Final = 60
"""Calls to one far side at a time: one that is slow must leave connections of the pool to the others (F-UP-02)."""
REGISTER: Final = "register"
"""The far side of the permit register: its failures are not those of the sign-ins of the same province."""
_COUNTED: Final = frozenset({ProviderFailure.UNREACHABLE, ProviderFailure.BROKEN})
_KEPT_CHANGES: Final = 256


@dataclass(frozen=True, slots=True)
class BreakerChange:
    """A breaker that opened or closed, and how long ago."""

    name: str
    is_open: bool
    age: float
    """Seconds."""


class Breakers:
    """Every breaker of this worker, by far side; a name that is not among them is never held back."""

    def __init__(
        self,
        names: Iterable[str],
        *,
        rules: BreakerRules = RULES,
        clock: Callable[[], float] = time.monotonic,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._breakers = {name: Breaker(rules) for name in names}
        self._under_way = dict.fromkeys(self._breakers, 0)
        self._clock, self._chance = clock, chance
        self._changes: deque[tuple[str, bool, float]] = deque(maxlen=_KEPT_CHANGES)

    def states(self) -> Mapping[str, str]:
        """By far side: ``closed``, ``half_open`` or ``open``."""
        now = self._clock()
        return {name: breaker.state(now).value for name, breaker in self._breakers.items()}

    def silent(self) -> frozenset[str]:
        """The far sides that do not answer, as far as this worker knows."""
        now = self._clock()
        return frozenset(name for name, breaker in self._breakers.items() if breaker.is_silent(now))

    def next_change(self) -> BreakerChange | None:
        """The earliest opening or closing that was not told yet."""
        if not self._changes:
            return None
        name, is_open, at = self._changes[0]
        return BreakerChange(name, is_open, max(self._clock() - at, 0.0))

    def told(self) -> None:
        """The earliest change is on record; it is not told again."""
        if self._changes:
            self._changes.popleft()

    def passage(self, name: str, provider: str) -> "Passage":
        """What a call to a far side goes through; ``provider`` is who its error names."""
        return Passage(self, name, provider)

    def enter(self, name: str) -> bool:
        """Take a place among the calls under way; false if there is none."""
        if self._under_way.get(name, 0) >= MOST_UNDER_WAY:
            return False
        if name in self._under_way:
            self._under_way[name] += 1
        return True

    def leave(self, name: str) -> None:
        """Give the place back."""
        if name in self._under_way:
            self._under_way[name] -= 1

    def admit(self, name: str) -> int | None:
        """A ticket for one call, or none if it must not be made."""
        breaker = self._breakers.get(name)
        return 0 if breaker is None else breaker.admit(self._clock())

    def succeeded(self, name: str, ticket: int) -> None:
        """The far side has answered."""
        breaker, now = self._breakers.get(name), self._clock()
        if breaker is not None and breaker.succeeded(ticket, now):
            self._changes.append((name, False, now))

    def failed(self, name: str, ticket: int, wish: float) -> None:
        """The far side has not answered, or not as itself."""
        breaker, now = self._breakers.get(name), self._clock()
        if breaker is not None and breaker.failed(ticket, now, chance=self._chance(), wish=wish):
            self._changes.append((name, True, now))

    def abandoned(self, name: str, ticket: int) -> None:
        """Nothing came of the call on either side."""
        breaker = self._breakers.get(name)
        if breaker is not None:
            breaker.abandoned(ticket)


class Passage(AbstractContextManager["Passage"]):
    """One call's way through its breaker: refused at once, or counted by what came of it."""

    __slots__ = ("_breakers", "_name", "_provider", "_ticket", "has_failed", "wish")

    def __init__(self, breakers: Breakers, name: str, provider: str) -> None:
        self._breakers, self._name, self._provider = breakers, name, provider
        self._ticket = 0
        self.has_failed = False
        """Set for an answer that is handed on although the far side cannot have meant it."""
        self.wish = 0.0
        """Seconds for which the far side wants to be left alone."""

    def __enter__(self) -> Self:
        """Go, or raise: nobody waits for a far side that is known not to answer."""
        if not self._breakers.enter(self._name):
            raise ProviderError(self._provider, ProviderFailure.UNREACHABLE, BUSY)
        ticket = self._breakers.admit(self._name)
        if ticket is None:
            self._breakers.leave(self._name)
            raise ProviderError(self._provider, ProviderFailure.UNREACHABLE, BREAKER_OPEN)
        self._ticket = ticket
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Count what came of it; somebody who left (a cancelled task) says nothing about the far side."""
        self._breakers.leave(self._name)
        if (isinstance(error, ProviderError) and error.failure in _COUNTED) or (error is None and self.has_failed):
            self._breakers.failed(self._name, self._ticket, self.wish)
        elif error is None:
            self._breakers.succeeded(self._name, self._ticket)
        else:
            self._breakers.abandoned(self._name, self._ticket)
