"""How often is too often: the rule for bounded tries, the same for every counter (security.md section 3)."""

from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True)
class AttemptLimits:
    """So many tries in any stretch of ``window``; the next one locks for ``lock_out``."""

    tries: int = 5
    window: timedelta = timedelta(seconds=60)
    lock_out: timedelta = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Tries:
    """What is remembered of somebody's tries."""

    at: tuple[datetime, ...] = ()
    locked_until: datetime | None = None


def admit(seen: Tries, limits: AttemptLimits, now: datetime) -> tuple[Tries, bool]:
    """Count one try, and say whether it may be made; refused ones do not lengthen the lock."""
    if seen.locked_until is not None:
        if now < seen.locked_until:
            return seen, False
        seen = Tries()
    # A try from the future, after a clock went back, still counts.
    recent = tuple(at for at in seen.at if at > now - limits.window)
    if len(recent) >= limits.tries:
        return Tries(locked_until=now + limits.lock_out), False
    return Tries((*recent, now)), True


def end(seen: Tries, limits: AttemptLimits, now: datetime) -> datetime:
    """When nothing of this needs to be remembered any more."""
    return seen.locked_until or max((*seen.at, now)) + limits.window
