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
