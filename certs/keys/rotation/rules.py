"""The numbers of a set: how long a key is shown before it signs, and how long it is believed afterwards (§9.1)."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from certs.keys.rotation.records import KeyRecord

EXPIRY_MARGIN: Final = timedelta(days=14)
"""A key with an end is replaced this long before it, at the latest."""
WARNING_DAYS: Final = (90, 60, 30, 14, 7, 3, 1)
WARNING_SHARES: Final = (0.5, 0.67, 0.83)
"""Parts of a life that are over: 50 %, 33 % and 17 % are left."""
_PREPARE: Final = 2
_ACTIVATE: Final = 6


class Publication(StrEnum):
    """Who has to know a key before it may be used, and how that is known."""

    JWKS = "jwks"
    """Whoever reads our published key set; a probe fetches it from outside."""
    PARTNER = "partner"
    """One partner, who registers it; the partner's answer or an operator's word is the proof."""
    LOCAL = "local"
    """Nobody outside this gateway."""


@dataclass(frozen=True, slots=True)
class Rules:
    """The numbers of one set, as ``plan`` shows them."""

    publication: Publication
    publish_lead: timedelta
    """The least time between publishing and signing: the longest that anybody may hold an older document, and skew."""
    overlap: timedelta
    """The least time between the last signature and the end of verifying: the longest life of anything signed."""
    settle: timedelta
    """How long a change may be taken back; until then the old private half is kept, disabled."""
    active_life: timedelta
    needs_certificate: bool = False
    keeps_standby: bool = True
    """Whether a next key is always published; else it is made at half of the active life."""

    def prepare_at(self, active: KeyRecord) -> datetime:
        """When the next key has to be there at the latest: half of the active life."""
        began = active.activated_at or active.created_at
        return min(began + self.active_life / _PREPARE, self._end(active) - self.publish_lead)

    def activate_at(self, active: KeyRecord) -> datetime:
        """When the next key takes over: one sixth of the life is left, and never within 14 days of ``notAfter``."""
        began = active.activated_at or active.created_at
        return min(began + self.active_life * (_ACTIVATE - 1) / _ACTIVATE, self._end(active))

    def _end(self, active: KeyRecord) -> datetime:
        began = active.activated_at or active.created_at
        if active.not_after is None:
            return began + self.active_life
        return active.not_after - min(EXPIRY_MARGIN, (active.not_after - began) / _ACTIVATE)
