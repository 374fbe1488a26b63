"""What the edge knows about the request of a browser: the ground on which every step of a sign-in stands."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Visit:
    """One request of one browser."""

    browser: bytes
    """Hash of the browser's binding cookie."""
    language: str
    correlation_id: str
    now: datetime
    session: bytes | None = None
    """Hash of the session cookie, if the browser sent one."""
