"""The revocation material of one signature, asked about one certificate after the other."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from certs.trust.certificate import Certificate
from certs.trust.revocation.model import Material, RevocationRules, Standing, Status
from certs.trust.revocation.standing import status_of, this_updates

_WEIGHT: Final = {Standing.REVOKED: 2, Standing.ON_HOLD: 1, Standing.GOOD: 0}


@dataclass(frozen=True, slots=True, repr=False)
class Answers:
    """Everything that is at hand, and who else than an issuer may answer."""

    material: Sequence[Material]
    rules: RevocationRules
    responders: Sequence[Certificate] = ()
    sm2_user_id: bytes | None = None

    def status(self, certificate: Certificate, issuer: Certificate, at: datetime) -> Status:
        """What is known of a certificate at a moment."""
        status: Status = status_of(
            certificate,
            issuer,
            self.material,
            at=at,
            responders=self.responders,
            rules=self.rules,
            sm2_user_id=self.sm2_user_id,
        )
        return status

    def status_in_past(
        self, certificate: Certificate, issuer: Certificate, proven: datetime, until: datetime
    ) -> Status | None:
        """What archived answers say: one made after the proven time speaks of it, however old it is today.

        All of them are heard: a later one that says revoked is not outweighed by an earlier one that knew nothing yet.
        """
        moments = [moment for moment in this_updates(self.material) if proven <= moment <= until]
        found = (self.status(certificate, issuer, moment) for moment in (*moments, proven))
        known = [status for status in found if status.standing is not Standing.UNKNOWN]
        return max(known, key=lambda status: _WEIGHT[status.standing], default=None)  # of equals the first
