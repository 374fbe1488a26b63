"""Which certificates are revoked or on hold, and since when: what responders and lists are written from."""

from dataclasses import dataclass, field, replace
from datetime import datetime

from mock_idps.authority.certificate import Issued


@dataclass(frozen=True, slots=True)
class Revocation:
    """One certificate's fate (RFC 5280 §5.3)."""

    issuer: str
    """The issuing certificate's digest."""
    serial: int
    at: datetime
    reason: str = "unspecified"
    invalid_since: datetime | None = None
    released_at: datetime | None = None
    """When a hold was lifted; it then counts as good."""

    def counts_at(self, moment: datetime | None) -> bool:
        """Whether it stands at a moment, or in the end."""
        if moment is None:
            return self.released_at is None
        return self.at <= moment and (self.released_at is None or moment < self.released_at)


@dataclass(slots=True)
class Registry:
    """The revocations of one world."""

    entries: dict[tuple[str, int], Revocation] = field(default_factory=dict)

    def revoke(
        self,
        certificate: Issued,
        at: datetime,
        reason: str = "unspecified",
        *,
        invalid_since: datetime | None = None,
    ) -> Revocation:
        """Revoke a certificate, for a reason of RFC 5280 §5.3.1."""
        issuer = _issuer(certificate)
        entry = Revocation(issuer, certificate.serial, at, reason, invalid_since)
        self.entries[issuer, certificate.serial] = entry
        return entry

    def hold(self, certificate: Issued, at: datetime) -> Revocation:
        """Suspend a certificate."""
        return self.revoke(certificate, at, "certificateHold")

    def release(self, certificate: Issued, at: datetime) -> Revocation:
        """Lift a hold; the history stays."""
        slot = (_issuer(certificate), certificate.serial)
        self.entries[slot] = replace(self.entries[slot], released_at=at)
        return self.entries[slot]

    def of(self, certificate: Issued, at: datetime | None = None) -> Revocation | None:
        """What was known against a certificate at a moment, or is in the end; a lifted hold is nothing."""
        entry = self.entries.get((_issuer(certificate), certificate.serial))
        return entry if entry is not None and entry.counts_at(at) else None

    def of_authority(self, authority: Issued) -> tuple[Revocation, ...]:
        """Everything that an authority revoked, in the order of it."""
        return tuple(entry for entry in self.entries.values() if entry.issuer == authority.sha256)


def _issuer(certificate: Issued) -> str:
    return certificate.sha256 if certificate.issuer is None else certificate.issuer.sha256
