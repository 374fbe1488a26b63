"""What one verified answer says of one certificate, and whether it may be believed at a moment (RFC 6960 §4.2.2.1).

Reading and checking an answer does not depend on the time; its age does. So a statement is made once and weighed often.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from certs.trust.arithmetic import SignatureAlgorithm
from certs.trust.certificate import Certificate
from certs.trust.errors import Fault
from certs.trust.reasons import Reason
from certs.trust.revocation.model import Material, MaterialKind, RevocationRules, Standing, Status

REASONS: Final = {
    0: "unspecified",
    1: "keyCompromise",
    2: "cACompromise",
    3: "affiliationChanged",
    4: "superseded",
    5: "cessationOfOperation",
    6: "certificateHold",
    8: "removeFromCRL",
    9: "privilegeWithdrawn",
    10: "aACompromise",
}
"""CRLReason (RFC 5280 §5.3.1)."""
HOLD: Final = "certificateHold"


@dataclass(frozen=True, slots=True)
class Statement:
    """What somebody entitled says of one certificate; its signature and scope have been checked."""

    kind: MaterialKind
    sha256: str
    standing: Standing
    this_update: datetime
    next_update: datetime | None
    algorithm: SignatureAlgorithm
    produced_at: datetime | None = None
    revoked_at: datetime | None = None
    reason: str = ""
    invalid_since: datetime | None = None
    released_at: datetime | None = None
    remembers_since: datetime | None = None
    """Certificates that expired at this time or later are still spoken of (archive cutoff, expiredCertsOnCRL)."""
    signer_until: datetime | None = None
    """End of validity of a delegated responder's certificate."""


def weigh(
    statement: Statement, material: Material, certificate: Certificate, *, at: datetime, rules: RevocationRules
) -> Status:
    """Say what counts of a statement at a moment, or raise `Fault` when it does not count then."""
    grace = _is_late(statement, certificate, at, rules)
    return Status(
        certificate=certificate.sha256,
        standing=statement.standing,
        kind=statement.kind,
        source=material.source,
        material=statement.sha256,
        produced_at=statement.produced_at,
        this_update=statement.this_update,
        next_update=statement.next_update,
        revoked_at=statement.revoked_at,
        reason=statement.reason,
        invalid_since=statement.invalid_since,
        released_at=statement.released_at,
        grace=grace,
        algorithm=statement.algorithm,
        tried=(Reason.REVOCATION_UNKNOWN,) if statement.standing is Standing.UNKNOWN else (),
    )


def good_until(statement: Statement | Status, rules: RevocationRules) -> datetime | None:
    """Until when the sender stands by an answer; a day where it does not say (section 6 of the specification)."""
    if statement.next_update is not None or statement.this_update is None:
        return statement.next_update
    return statement.this_update + timedelta(seconds=rules.lifetime_without_next_update)


def _is_late(statement: Statement, certificate: Certificate, at: datetime, rules: RevocationRules) -> bool:
    """Whether an answer counts by the grace only; whatever cannot count at all is raised."""
    skew = timedelta(seconds=rules.skew)
    if max(statement.this_update, statement.produced_at or statement.this_update) > at + skew:
        raise Fault(Reason.REVOCATION_FUTURE)
    if statement.standing is Standing.REVOKED:
        return False  # for ever: no later answer takes it back, so its age is no matter
    if statement.signer_until is not None and at > statement.signer_until + skew:
        raise Fault(Reason.REVOCATION_SIGNER)  # a key that outlived its certificate could date its answers back
    _check_memory(statement, certificate)
    until = good_until(statement, rules)
    if until is None or at <= until + skew:
        return False
    if at <= until + timedelta(seconds=rules.grace):
        return True
    raise Fault(Reason.REVOCATION_STALE)


def _check_memory(statement: Statement, certificate: Certificate) -> None:
    """Silence about an expired certificate proves nothing unless the sender remembers it (RFC 6960 §4.4.4, X.509)."""
    if statement.this_update <= certificate.not_after:
        return
    if statement.remembers_since is None or statement.remembers_since > certificate.not_after:
        raise Fault(Reason.REVOCATION_SCOPE)
