"""What people are told of an account before they choose it: it does not answer, or is away by plan, now or soon.

A notice closes nothing. Whoever has only this account may still try it; what we know may be a few seconds old.
"""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

AHEAD: Final = timedelta(hours=24)
"""How long before its start a planned outage is told of."""


class NoticeKind(StrEnum):
    """What there is to say of an account."""

    SILENT = "silent"
    """It does not answer."""
    AWAY = "away"
    """It is in a planned outage."""
    SOON = "soon"
    """It works, and a planned outage comes."""


@dataclass(frozen=True, slots=True)
class ProviderNotice:
    """One account's news, with the times of a planned outage."""

    kind: NoticeKind
    starts_at: datetime | None = None
    ends_at: datetime | None = None

    @property
    def is_away(self) -> bool:
        """Whether signing in with it would probably fail now."""
        return self.kind is not NoticeKind.SOON


@dataclass(frozen=True, slots=True)
class PlannedOutage:
    """A time during which a provider is not there, as operators have planned it."""

    provider: str
    starts_at: datetime
    ends_at: datetime


@dataclass(slots=True)
class ProviderNotices:
    """What this worker knows of all providers: plans and others' experience from the store, its own at once."""

    outages: tuple[PlannedOutage, ...] = ()
    """Those that are not over, the earliest first."""
    silent_elsewhere: frozenset[str] = frozenset()
    """Providers that do not answer most workers, as those last said."""
    silent_here: Callable[[], Collection[str]] = frozenset

    def of(self, provider: str, now: datetime) -> ProviderNotice | None:
        """The one thing to say of a provider now; a plan explains a silence better than silence does."""
        planned = _next(self.outages, provider, now)
        if planned is not None and planned.starts_at <= now:
            return ProviderNotice(NoticeKind.AWAY, planned.starts_at, planned.ends_at)
        if provider in self.silent_elsewhere or provider in self.silent_here():
            return ProviderNotice(NoticeKind.SILENT)
        if planned is not None and planned.starts_at - now <= AHEAD:
            return ProviderNotice(NoticeKind.SOON, planned.starts_at, planned.ends_at)
        return None

    def is_away(self, provider: str, now: datetime) -> bool:
        """Whether signing in with it would probably fail now."""
        notice = self.of(provider, now)
        return notice is not None and notice.is_away

    def working_first(self, providers: Iterable[str], now: datetime) -> tuple[str, ...]:
        """The same providers, those that work first; otherwise in their order."""
        return tuple(sorted(providers, key=lambda name: self.is_away(name, now)))


def _next(outages: Iterable[PlannedOutage], provider: str, now: datetime) -> PlannedOutage | None:
    """The outage that is or comes next; plans that follow one another without a gap are one."""
    found: PlannedOutage | None = None
    for outage in sorted(outages, key=lambda one: one.starts_at):
        if outage.provider != provider or outage.ends_at <= now:
            continue
        if found is None:
            found = outage
        elif outage.starts_at <= found.ends_at < outage.ends_at:
            found = PlannedOutage(provider, found.starts_at, outage.ends_at)
    return found
