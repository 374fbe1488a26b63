"""When a signature certainly existed: the earliest trusted proof, and never what the signer claims (EN 319 102-1 §5.5).

A timestamp counts if its authority stands on a list in force with the service ``tsa``, was valid then, is known not to
have been revoked, and nothing in it is too weak today; our own receipt counts as it is. Everything else is ignored and
said so (SG-10).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any, Final

from certs.signatures.answers import Answers
from certs.signatures.chain import Chain, chain_of, readable
from certs.signatures.evidence import Receipt, TimestampEvidence
from certs.signatures.policy import ValidationPolicy
from certs.trust.certificate import Certificate, read_certificate
from certs.trust.errors import Fault
from certs.trust.path import TrustedPath
from certs.trust.reasons import Reason
from certs.trust.revocation.model import Standing, Status
from certs.trust.snapshot import TrustSnapshot
from certs.trust.trust_list import Entry, RecognitionStatus

TSA: Final = "tsa"
TIME_STAMPING: Final = "1.3.6.1.5.5.7.3.8"


@dataclass(frozen=True, slots=True)
class ProvenTime:
    """The earliest time for which there is proof."""

    moment: datetime
    source: str
    """``timestamp`` or ``receipt``."""


@dataclass(frozen=True, slots=True, repr=False)
class JudgedTimestamp:
    """One timestamp with its verdict."""

    evidence: TimestampEvidence
    reason: Reason | None
    authority: str = ""
    """SHA-256 of the authority's certificate."""

    def to_json(self) -> dict[str, Any]:
        """Write it as a report does."""
        at = self.evidence.generated_at
        return {
            "sha256": self.evidence.sha256,
            "generated_at": None if at is None else at.isoformat(),
            "policy": self.evidence.policy,
            "authority": self.authority,
            "whole_document": self.evidence.whole_document,
            "trusted": self.reason is None,
            "reason": None if self.reason is None else self.reason.value,
        }


def judge_timestamp(
    evidence: TimestampEvidence, trust: TrustSnapshot, answers: Answers, policy: ValidationPolicy, at: datetime
) -> JudgedTimestamp:
    """Say whether a timestamp proves anything at ``at``."""
    if evidence.reason is not None or evidence.certificate is None or evidence.generated_at is None:
        return JudgedTimestamp(evidence, evidence.reason or Reason.TIMESTAMP_MALFORMED)
    try:
        authority = read_certificate(evidence.certificate)
        hints = tuple(read_certificate(der) for der in evidence.hints)
    except Fault:
        return JudgedTimestamp(evidence, Reason.TIMESTAMP_NOT_LISTED)
    case = _Case(evidence, authority, evidence.generated_at, chain_of(authority, hints, trust), policy, at)
    return JudgedTimestamp(evidence, _reason(case, trust, answers), authority.sha256)


@dataclass(frozen=True, slots=True, repr=False)
class _Case:
    evidence: TimestampEvidence
    authority: Certificate
    generated_at: datetime
    chain: Chain
    policy: ValidationPolicy
    at: datetime


def _reason(case: _Case, trust: TrustSnapshot, answers: Answers) -> Reason | None:
    outside = _time_is_outside(case)
    if outside is not None:
        return outside
    listed = [
        match for match in case.chain.matches if TSA in match.entry.services and match.counts_at(case.generated_at)
    ]
    fresh = [match for match in listed if not trust.is_stale(match.trust_list, case.at)]
    if not fresh or case.chain.path is None:
        return Reason.LIST_STALE if listed else Reason.TIMESTAMP_NOT_LISTED
    entry = fresh[0].entry
    responders = tuple(one for one in map(readable, entry.revocation.responders) if one is not None)
    asked = replace(answers, responders=responders, sm2_user_id=entry.rules.sm2_user_id)
    return (
        _authority_is_unknown(case, entry)
        or _algorithm_is_weak(case, case.chain.path)
        or _path_fell(case, case.chain.path, asked)
    )


def _time_is_outside(case: _Case) -> Reason | None:
    if case.generated_at > case.at + timedelta(seconds=case.policy.skew):
        return Reason.TIMESTAMP_FUTURE
    path = (case.authority,) if case.chain.path is None else case.chain.path.certificates
    inside = all(one.not_before <= case.generated_at <= one.not_after for one in path)
    return None if inside else Reason.TIMESTAMP_EXPIRED


def _authority_is_unknown(case: _Case, entry: Entry) -> Reason | None:
    period = entry.status_at(case.generated_at)
    if period is None or period.status is not RecognitionStatus.GRANTED:
        return Reason.TIMESTAMP_NOT_LISTED
    if case.authority.extended_key_usage != (TIME_STAMPING,):
        return Reason.TIMESTAMP_USAGE
    stated = entry.rules.timestamp_policies
    return None if not stated or case.evidence.policy in stated else Reason.TIMESTAMP_POLICY


def _algorithm_is_weak(case: _Case, path: TrustedPath) -> Reason | None:
    """Judged as of now: a token that could be forged today proves nothing of yesterday."""
    policy, at, algorithm = case.policy, case.at, case.evidence.algorithm
    if algorithm is None:
        return Reason.ALGORITHM_UNSUPPORTED
    certificates = path.certificates
    reasons = [
        policy.judge_algorithm(algorithm, case.authority.key, at),
        *(policy.judge_digest(digest, at) for digest in case.evidence.digests),
        *(policy.judge_algorithm(one.algorithm, issuer.key, at) for one, issuer in pairwise(certificates)),
    ]
    return next((reason for reason in reasons if reason is not None), None)


def _path_fell(case: _Case, path: TrustedPath, answers: Answers) -> Reason | None:
    """Whether the authority or one above it was revoked by then, or nobody can say (fail closed)."""
    for certificate, issuer in pairwise(path.certificates):
        status = answers.status(certificate, issuer, case.at)
        if status.standing is Standing.UNKNOWN:
            status = answers.status_in_past(certificate, issuer, case.generated_at, case.at) or status
        reason = _revoked(status, case)
        if reason is not None:
            return reason
    return None


def _revoked(status: Status, case: _Case) -> Reason | None:
    if status.standing is Standing.UNKNOWN:
        return Reason.REVOCATION_UNKNOWN
    if status.standing is Standing.GOOD:
        return Reason.REVOCATION_GRACE if status.grace and not case.policy.accept.grace else None
    # A key that was stolen could have been told any time: only other reasons leave earlier stamps standing.
    stolen = status.reason in {"keyCompromise", "cACompromise", "aACompromise"}
    return Reason.REVOKED if stolen or (status.revoked_at or case.generated_at) <= case.generated_at else None


def proven(
    timestamps: Sequence[JudgedTimestamp], receipts: Sequence[Receipt], signature_sha256: str
) -> ProvenTime | None:
    """The earliest proof; a timestamp's own inaccuracy counts against it."""
    times = [
        ProvenTime(stamp.evidence.generated_at + timedelta(seconds=stamp.evidence.accuracy_seconds), "timestamp")
        for stamp in timestamps
        if stamp.reason is None and stamp.evidence.generated_at is not None
    ]
    times += [
        ProvenTime(receipt.first_seen, "receipt")
        for receipt in receipts
        if receipt.signature_sha256 == signature_sha256
    ]
    return min(times, key=lambda proof: proof.moment, default=None)
