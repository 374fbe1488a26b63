"""Whether this worker's clock can be believed: compared with one that nobody can set, and with the database's (G21).

Everything that the gateway does with time asks ``WatchedClock``; once the clock has jumped it gives no answer at all,
so that nothing is accepted, issued, purged or delivered by a wrong time, from the jump itself on and not only from the
next look. All workers compare with the one database: two that both agree with it agree with each other.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from gateway.oidc.ports import StoreUnavailableError
from gateway.product import utc_now

LIMIT: Final = timedelta(seconds=5)
"""How far clocks may be apart, or one may jump, before it is not believed."""
GOOD_LOOKS: Final = 2
"""So many good looks in a row before a clock is believed again."""

_STEADY: Final = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
"""Goes on while the machine sleeps, where the system has such a clock: waking up is no jump."""
_NONE: Final = timedelta(0)


class ClockUnsoundError(StoreUnavailableError):
    """The time is not known: what needs it is refused for now, as when a store does not answer."""

    def __init__(self) -> None:
        super().__init__("this worker's clock cannot be believed")


@dataclass(frozen=True, slots=True)
class Look:
    """What one look at the clocks has found."""

    wall: datetime
    """This worker's clock, half-way between question and answer."""
    steady: float
    """The clock that nobody can set, at the same moment, in seconds."""
    database: datetime | None = None
    """None when it does not answer."""
    doubt: timedelta = _NONE
    """Half of the time between question and answer: nobody knows when in it the database has looked."""


@dataclass(frozen=True, slots=True)
class Anchor:
    """What a clock has shown, and what the steady one has shown then."""

    shown: datetime
    steady: float

    def drift(self, shown: datetime, steady: float) -> timedelta:
        """How much further the clock has come than the steady one."""
        return (shown - self.shown) - timedelta(seconds=steady - self.steady)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a look says of this worker's clock."""

    is_good: bool
    skew: timedelta = _NONE
    """How far ahead it is: of the database's clock, or of where it should be."""
    words: str = ""


def judge(own: Anchor, theirs: Anchor | None, look: Look) -> Verdict | None:
    """Judge this worker's clock; none if there is nothing new to go by.

    Whoever has jumped by itself is the one in doubt. Two clocks that jump together are one clock.
    """
    jump = own.drift(look.wall, look.steady)
    has_jumped = abs(jump) > LIMIT
    if look.database is None:
        return Verdict(is_good=False, skew=jump, words="the clock has jumped") if has_jumped else None
    they_jumped = theirs is not None and abs(theirs.drift(look.database, look.steady)) > LIMIT + look.doubt
    skew = look.wall - look.database
    if abs(skew) <= LIMIT + look.doubt:
        if has_jumped and they_jumped:
            return Verdict(is_good=False, skew=jump, words="the clock has jumped, and the database's with it")
        return Verdict(is_good=True, skew=skew)
    if they_jumped and not has_jumped:
        return Verdict(is_good=True, skew=skew, words="the database's clock has jumped")
    return Verdict(is_good=False, skew=skew, words="the clock differs from the database's")


def steady_seconds() -> float:
    """Read the clock that nobody can set."""
    return time.clock_gettime(_STEADY)


class WatchedClock:
    """This worker's clock, which tells the time only while it can be believed."""

    __slots__ = ("_good", "_own", "_steady", "_theirs", "_wall", "skew", "words")

    def __init__(self, wall: Callable[[], datetime], steady: Callable[[], float] = steady_seconds) -> None:
        self._wall = wall
        self._steady = steady
        self._own = Anchor(wall(), steady())
        self._theirs: Anchor | None = None
        self._good = GOOD_LOOKS
        self.skew = _NONE
        """How far ahead the clock was, when it was looked at last."""
        self.words = ""
        """What is wrong, or worth knowing, for operators."""

    def __call__(self) -> datetime:
        """Tell the time; raises ``ClockUnsoundError`` while it cannot be believed."""
        now = self._wall()
        if self._good >= GOOD_LOOKS and abs(jump := self._own.drift(now, self._steady())) > LIMIT:
            self._doubt(Verdict(is_good=False, skew=jump, words="the clock has jumped"))
        if self._good < GOOD_LOOKS:
            raise ClockUnsoundError
        return now

    @property
    def is_sound(self) -> bool:
        """Whether the clock can be believed at this very moment."""
        try:
            self()
        except ClockUnsoundError:
            return False
        return True

    def shown(self) -> tuple[datetime, float]:
        """What both clocks show, believed or not: for whoever compares them."""
        return self._wall(), self._steady()

    def take(self, look: Look) -> Verdict | None:
        """Learn from a look; gives the verdict, or none if there was nothing new to go by."""
        verdict = judge(self._own, self._theirs, look)
        if verdict is None:
            return None
        if verdict.is_good:
            self._good = min(self._good + 1, GOOD_LOOKS)
            self.skew, self.words = verdict.skew, verdict.words
        else:
            self._doubt(verdict)
        self._anchor(look, verdict)
        return verdict

    def _doubt(self, verdict: Verdict) -> None:
        self._good = 0
        self.skew, self.words = verdict.skew, verdict.words

    def _anchor(self, look: Look, verdict: Verdict) -> None:
        """Keep what to compare with next: where the clocks are if they agree, else where they should be."""
        if look.database is None:
            return
        agrees = verdict.is_good and abs(verdict.skew) <= LIMIT + look.doubt
        if agrees:
            self._own = Anchor(look.wall, look.steady)
        if agrees or self._theirs is None:
            self._theirs = Anchor(look.database, look.steady)


def watched(clock: Callable[[], datetime], steady: Callable[[], float] | None = None) -> Callable[[], datetime]:
    """The clock of a running gateway under watch; one that somebody holds by hand only if they bring a steady one."""
    if steady is not None:
        return WatchedClock(clock, steady)
    return WatchedClock(clock) if clock is utc_now else clock
