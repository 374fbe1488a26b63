"""One line of an examination."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at."""

    check: str
    verdict: str
    """``fine``, ``attention`` or ``broken``."""
    remark: str
