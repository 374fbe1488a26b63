"""How old a list may become: due after its next update, stale once it has expired, with warnings on the way (TL-02).

A list that cannot be renewed keeps its verdicts until it expires and loses them then; nothing is believed for ever
because its source went silent.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from certs.trust.list_header import Sequenced

WARNINGS: Final = (80, 50)
"""Per cent of the time between issue and expiry after which operators are warned."""
_WHOLE: Final = 100


class ListState(StrEnum):
    """What a list's age says of it."""

    FRESH = "fresh"
    DUE = "due"
    GRACE = "grace"
    """Expired, and believed only because the policy's grace says so."""
    STALE = "stale"


@dataclass(frozen=True, slots=True)
class Freshness:
    """A list's state, how much of its time is used, and the warning that is due (50, 80, 100 per cent) if any."""

    state: ListState
    used: int
    warning: int | None


def judge_freshness(document: Sequenced, now: datetime, grace: timedelta = timedelta(0)) -> Freshness:
    """Say how a list stands at a moment."""
    used = max(0, int((now - document.issued) / (document.expires - document.issued) * _WHOLE))
    if now >= document.expires:
        return Freshness(ListState.GRACE if now < document.expires + grace else ListState.STALE, used, _WHOLE)
    state = ListState.DUE if now >= document.next_update else ListState.FRESH
    return Freshness(state, used, next((level for level in WARNINGS if used >= level), None))
