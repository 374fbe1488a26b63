"""Decides whether a far side is called at all: after failures in a row it is left alone for a while, then tried again.

Without it, every person who chooses a dead account waits for a deadline that nobody can meet (openid-connect.md, row
39). One breaker is for one far side and one worker. It knows neither a clock nor chance: both are arguments.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class BreakerState(StrEnum):
    """What becomes of a call now."""

    CLOSED = "closed"
    """It is made."""
    HALF_OPEN = "half_open"
    """One is made at a time, to see whether the far side is back."""
    OPEN = "open"
    """None is made."""


@dataclass(frozen=True, slots=True)
class BreakerRules:
    """When a breaker opens, and for how long; all times in seconds."""

    in_a_row: int = 5
    """Failures without a success between them after which it opens."""
    window: float = 30.0
    """The time over which calls are counted; also the longest pause between two failures in a row."""
    least_calls: int = 20
    share: float = 0.5
    """Of at least ``least_calls`` in a window, the part that fails when it opens."""
    shortest: float = 5.0
    longest: float = 25.0
    """How long it stays open: doubled from the one to the other with every trial that fails. With the jitter half a
    minute at most, so that a far side that is back is used again soon (F-UP-01)."""
    jitter: float = 0.2
    """By how much of itself a wait differs, so that all workers do not knock at once."""
    longest_wish: float = 120.0
    """The longest that a far side's own ``Retry-After`` is waited for (RFC 9110 §10.2.3)."""
    remembered: float = 300.0
    """How long after the last failure the far side is still said not to answer, though nobody has tried since."""


RULES: Final = BreakerRules()


class Breaker:
    """One far side as one worker has found it lately.

    A caller gets a ticket and brings it back with what came of the call. A ticket of an earlier round is worth
    nothing: a call that began before the breaker opened says nothing about now.
    """

    __slots__ = (
        "_calls",
        "_failed_at",
        "_failures",
        "_in_a_row",
        "_is_open",
        "_is_tried",
        "_opened",
        "_ready_at",
        "_round",
        "_rules",
        "_since",
    )

    def __init__(self, rules: BreakerRules = RULES) -> None:
        self._rules = rules
        self._round = 0
        self._is_open = self._is_tried = False
        self._opened = 0  # times in a row, since it was last closed
        self._ready_at = self._since = self._failed_at = float("-inf")
        self._calls = self._failures = self._in_a_row = 0

    def state(self, now: float) -> BreakerState:
        """What would become of a call now."""
        if not self._is_open:
            return BreakerState.CLOSED
        return BreakerState.HALF_OPEN if now >= self._ready_at else BreakerState.OPEN

    def is_silent(self, now: float) -> bool:
        """Whether people should be told that it does not answer; what nobody has tried for long is unknown."""
        return self._is_open and now - self._failed_at < self._rules.remembered

    def admit(self, now: float) -> int | None:
        """Give a ticket for one call, or none if the call must not be made."""
        if not self._is_open:
            return self._round
        if self._is_tried or now < self._ready_at:
            return None
        self._is_tried = True
        self._round += 1
        return self._round

    def succeeded(self, ticket: int, now: float) -> bool:
        """Take note that the far side has answered; true if that closes the breaker."""
        if ticket != self._round:
            return False
        if self._is_open:
            self._close()
            return True
        self._count(now)
        self._in_a_row = 0
        return False

    def failed(self, ticket: int, now: float, *, chance: float, wish: float = 0.0) -> bool:
        """Take note of a failure; true if a closed breaker opens by it.

        ``chance`` is a random number from 0 to 1, ``wish`` the seconds for which the far side wants to be left alone.
        """
        if ticket != self._round:
            return False
        was_open, paused = self._is_open, now - self._failed_at > self._rules.window
        self._failed_at = now
        if not was_open:
            self._count(now)
            self._failures += 1
            self._in_a_row = 1 if paused else self._in_a_row + 1
            if not self._is_too_much():
                return False
        self._open(now, chance, wish)
        return not was_open

    def abandoned(self, ticket: int) -> None:
        """Take back a call of which nothing came, since whoever made it has left: somebody else may try."""
        if ticket == self._round:
            self._is_tried = False

    def _count(self, now: float) -> None:
        if now - self._since >= self._rules.window:
            self._since, self._calls, self._failures = now, 0, 0
        self._calls += 1

    def _is_too_much(self) -> bool:
        rules = self._rules
        is_share = self._calls >= rules.least_calls and self._failures >= rules.share * self._calls
        return self._in_a_row >= rules.in_a_row or is_share

    def _open(self, now: float, chance: float, wish: float) -> None:
        rules = self._rules
        doubled = rules.shortest * 2.0 ** min(self._opened, 16)
        wait = min(doubled, rules.longest) * (1 - rules.jitter + 2 * rules.jitter * chance)
        self._is_open, self._is_tried = True, False
        self._opened += 1
        self._round += 1
        self._ready_at = now + max(wait, min(wish, rules.longest_wish))

    def _close(self) -> None:
        self._is_open = self._is_tried = False
        self._round += 1
        self._opened = self._calls = self._failures = self._in_a_row = 0
        self._since = self._failed_at = float("-inf")
