"""Days and hours as people in the three places write them down; they share one time."""

from datetime import datetime, timedelta, timezone
from typing import Final

_LOCAL: Final = timezone(timedelta(hours=8))
"""The one time of Hong Kong, Macao and Guangdong."""


def local_date(at: datetime) -> str:
    """The day, ``2026-11-24``."""
    return at.astimezone(_LOCAL).date().isoformat()


def local_minute(at: datetime) -> str:
    """The hour and minute of a day that goes without saying, ``16:02``."""
    return at.astimezone(_LOCAL).strftime("%H:%M")


def local_when(at: datetime, now: datetime) -> str:
    """The hour and minute, with the day before it where that is another than today: ``2026-11-25 01:00``."""
    day = local_date(at)
    return local_minute(at) if day == local_date(now) else f"{day} {local_minute(at)}"


def local_moment(text: str) -> str:
    """A moment of a report to the minute, ``2026-11-24 16:02``; ``text`` is a time of RFC 3339."""
    return datetime.fromisoformat(text).astimezone(_LOCAL).strftime("%Y-%m-%d %H:%M")
