"""Did the certificates of a path stand at the relevant time: validity, revocation, hold (EN 319 102-1 §5.2.6, §5.5).

Revocation after the proven time of the signature does not harm it, except that of a stolen key which is dated back.
Without proof the relevant time is now, and what cannot be known then is open, not failed.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from certs.signatures.answers import Answers
from certs.signatures.checks import Check, CheckCode, judged
from certs.signatures.policy import ValidationPolicy
from certs.signatures.times import ProvenTime
from certs.trust.certificate import Certificate
from certs.trust.path import TrustedPath
from certs.trust.reasons import Reason
from certs.trust.revocation.model import Standing, Status

_COMPROMISE: Final = frozenset({"keyCompromise", "cACompromise", "aACompromise"})


@dataclass(frozen=True, slots=True, repr=False)
class When:
    """The times that a signature is judged by."""

    validation: datetime
    proof: ProvenTime | None
    claimed: datetime | None

    @property
    def relevant(self) -> datetime:
        """The earliest proven time, else the time of the validation."""
        return self.validation if self.proof is None else min(self.proof.moment, self.validation)


@dataclass(frozen=True, slots=True, repr=False)
class PathStanding:
    """The checks of a whole path, and the revocation answers that they rest on."""

    checks: tuple[Check, ...]
    statuses: tuple[Status, ...]
    grace_used: bool


def judge_path(path: TrustedPath, answers: Answers, when: When, policy: ValidationPolicy) -> PathStanding:
    """Judge every certificate of a path at the relevant time; the anchor's own revocation is the list's affair."""
    statuses = [
        _status(certificate, issuer, answers, when)
        for certificate, issuer in zip(path.certificates, path.certificates[1:], strict=False)
    ]
    revocation = [_revocation(status, index, when, policy) for index, status in enumerate(statuses)]
    checks = (*_validity(path, when, policy), *revocation)
    return PathStanding(checks, tuple(statuses), any(status.grace for status in statuses))


def _validity(path: TrustedPath, when: When, policy: ValidationPolicy) -> Iterator[Check]:
    leaf, at = path.leaf, when.relevant
    reason = _outside(leaf, at, Reason.CERTIFICATE_EXPIRED, Reason.CERTIFICATE_NOT_YET_VALID)
    yield judged(CheckCode.CERT_VALIDITY, policy.level(CheckCode.CERT_VALIDITY), reason, subject_ref=leaf.sha256)
    level = policy.level(CheckCode.CHAIN_VALIDITY)
    for certificate in path.certificates[1:]:
        reason = _outside(certificate, at, Reason.ISSUER_EXPIRED, Reason.ISSUER_NOT_YET_VALID)
        yield judged(CheckCode.CHAIN_VALIDITY, level, reason, subject_ref=certificate.sha256)


def _outside(certificate: Certificate, at: datetime, expired: Reason, early: Reason) -> Reason | None:
    if at < certificate.not_before:
        return early
    return expired if at > certificate.not_after else None


def _status(certificate: Certificate, issuer: Certificate, answers: Answers, when: When) -> Status:
    status = answers.status(certificate, issuer, when.validation)
    if status.standing is not Standing.UNKNOWN or when.proof is None:
        return status
    return answers.status_in_past(certificate, issuer, when.relevant, when.validation) or status


def _revocation(status: Status, index: int, when: When, policy: ValidationPolicy) -> Check:
    code = CheckCode.REV_CA if index else CheckCode.REV_LEAF
    reason, detail = _judge(status, when, grace=policy.accept.grace)
    return judged(code, policy.level(code), reason, detail=detail, subject_ref=status.certificate)


def _judge(status: Status, when: When, *, grace: bool) -> tuple[Reason | None, str]:
    if status.standing is Standing.UNKNOWN:
        return _unknown(status.tried), " ".join(reason.value for reason in status.tried)
    if status.standing is Standing.GOOD:
        return (Reason.REVOCATION_GRACE if status.grace and not grace else None), _released(status)
    since = status.revoked_at or when.relevant
    compromised = status.reason in _COMPROMISE
    if compromised and status.invalid_since is not None:
        since = min(since, status.invalid_since)
    detail = f"{status.standing.value} since {since.isoformat()} {status.reason}".rstrip()
    if when.proof is not None and when.relevant < since:
        return None, f"{detail}, after the signature"
    # A proof says that the signature is not younger; that it is not older, only the signer's own words can say.
    certain = compromised or (when.claimed is not None and when.claimed >= since)
    if not certain:
        return Reason.REVOKED_NO_PROOF, detail
    if status.standing is Standing.ON_HOLD:
        return Reason.ON_HOLD, detail
    return (Reason.REVOKED_KEY_COMPROMISE if compromised else Reason.REVOKED), detail


def _unknown(tried: tuple[Reason, ...]) -> Reason:
    if Reason.REVOCATION_UNREACHABLE in tried:
        return Reason.REVOCATION_UNREACHABLE
    return Reason.REVOCATION_UNKNOWN if set(tried) - {Reason.REVOCATION_NONE} else Reason.REVOCATION_NONE


def _released(status: Status) -> str:
    return "" if status.released_at is None else f"hold lifted {status.released_at.isoformat()}"


def status_to_json(status: Status, at: datetime) -> dict[str, Any]:
    """Write a revocation answer as a report does; its age is counted at the time of the validation."""
    return {
        "cert": status.certificate,
        "status": status.standing.value,
        "source": None if status.source is None else status.source.value,
        "kind": None if status.kind is None else status.kind.value,
        "material": status.material,
        "produced": _time(status.produced_at),
        "this_update": _time(status.this_update),
        "next_update": _time(status.next_update),
        "age_s": None if status.this_update is None else max(0, int((at - status.this_update).total_seconds())),
        "revoked_at": _time(status.revoked_at),
        "reason": status.reason,
        "grace": status.grace,
        "tried": [reason.value for reason in status.tried],
    }


def _time(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()
