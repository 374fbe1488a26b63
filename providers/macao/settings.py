"""What an operator settles with One Account, read from a block of settings before anything starts."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final

from providers import settings

KEYS_MAX_AGE: Final = timedelta(minutes=5)
"""How long the published keys are used before they are fetched again; Macao's answer allows as much."""
_LONGEST_KEYS_MAX_AGE: Final = 86_400


@dataclass(frozen=True, slots=True)
class MacaoSettings:
    """The registration with One Account; the secret never prints."""

    base_url: str
    client_id: str
    client_secret: str = field(repr=False)
    keys_max_age: timedelta = KEYS_MAX_AGE


def from_settings(block: Mapping[str, Any]) -> MacaoSettings:
    """Read a block; `keys_max_age` is in seconds."""
    settings.check_names(block, required=("base_url", "client_id", "client_secret"), optional=("keys_max_age",))
    seconds = settings.whole_number(
        block, "keys_max_age", int(KEYS_MAX_AGE.total_seconds()), range(30, _LONGEST_KEYS_MAX_AGE + 1)
    )
    return MacaoSettings(
        base_url=settings.address(block, "base_url"),
        client_id=settings.text(block, "client_id"),
        client_secret=settings.text(block, "client_secret"),
        keys_max_age=timedelta(seconds=seconds),
    )
