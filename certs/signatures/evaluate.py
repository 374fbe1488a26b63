"""The one judgement, pure: evidence, policy and lists in, verdicts out; the same three give the same verdicts.

In this order for each signer: what its format found, the signature's value, entry and path, key usage, time, validity
and revocation, algorithms at the relevant time, the list's freshness, the five things of recognition, equivalence,
what the caller expects. Nothing here is an error: what went wrong stands in a check.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from certs.signatures.answers import Answers
from certs.signatures.certificate_checks import CertificateCase, CertificateVerdict, judge_certificate
from certs.signatures.chain import readable
from certs.signatures.checks import Check, CheckCode, judged, not_done
from certs.signatures.effect import Effect
from certs.signatures.evidence import Evidence, Question, Receipt, SignerEvidence
from certs.signatures.indication import Indication, Technical, best, technical_of, worst
from certs.signatures.policy import ValidationPolicy
from certs.signatures.recent import Recent
from certs.signatures.recognition import EntryFindings
from certs.signatures.signed import Finding, content_digests
from certs.signatures.standing_checks import When
from certs.signatures.times import JudgedTimestamp, judge_timestamp, proven
from certs.trust.certificate import Certificate
from certs.trust.path import TrustedPath
from certs.trust.reasons import Reason
from certs.trust.revocation.model import Status
from certs.trust.snapshot import TrustSnapshot


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class Ruling:
    """What the findings about a message and the verdict on its certificate come to; one object for each pair."""

    found: CertificateVerdict
    checks: tuple[Check, ...]
    technical: Technical
    accept: bool


_CERTIFICATES: Final[Recent[tuple[str, CertificateCase], CertificateVerdict]] = Recent()
_RULINGS: Final[Recent[tuple[CertificateVerdict, tuple[Finding, ...], Reason | None], Ruling]] = Recent()


@dataclass(frozen=True, slots=True, repr=False)
class SignerVerdict:
    """Everything that a report says of one signer."""

    evidence: SignerEvidence
    ruling: Ruling
    timestamps: tuple[JudgedTimestamp, ...]

    @property
    def leaf(self) -> Certificate | None:
        """The signer's certificate."""
        return self.ruling.found.leaf

    @property
    def path(self) -> TrustedPath | None:
        """From that certificate to a listed root."""
        return self.ruling.found.path

    @property
    def chosen(self) -> EntryFindings | None:
        """The entry that is nearest to recognising it."""
        return self.ruling.found.chosen

    @property
    def when(self) -> When:
        """The times that it was judged by."""
        return self.ruling.found.when

    @property
    def statuses(self) -> tuple[Status, ...]:
        """What is known of revocation, certificate by certificate."""
        return self.ruling.found.statuses

    @property
    def effect(self) -> Effect:
        """Whether and as what it is recognised."""
        return self.ruling.found.effect

    @property
    def checks(self) -> tuple[Check, ...]:
        """Everything that was checked, in order."""
        return self.ruling.checks

    @property
    def technical(self) -> Technical:
        """The first axis."""
        return self.ruling.technical

    @property
    def accept(self) -> bool:
        """What the policy makes of all of it."""
        return self.ruling.accept


@dataclass(frozen=True, slots=True, repr=False)
class Verdict:
    """The verdict over all signers of one input."""

    signers: tuple[SignerVerdict, ...]
    technical: Technical
    accept: bool


def evaluate(evidence: Evidence, policy: ValidationPolicy, trust: TrustSnapshot) -> Verdict:
    """Judge every signer of an input, and the input as the policy's rule for several signers says."""
    signers = tuple(
        judge_signer(signer, evidence.question, evidence.receipts, policy, trust) for signer in evidence.signers
    )
    verdicts = [signer.technical for signer in signers]
    accepted = [signer.accept for signer in signers]
    if policy.signers == "any":
        return Verdict(signers, best(verdicts), any(accepted))
    return Verdict(signers, worst(verdicts), bool(accepted) and all(accepted))


def judge_signer(
    signer: SignerEvidence,
    question: Question,
    receipts: Sequence[Receipt],
    policy: ValidationPolicy,
    trust: TrustSnapshot,
) -> SignerVerdict:
    """Judge one signer: what its format found, the signature's value, then its certificate."""
    timestamps = _timestamps(signer, trust, policy, question)
    proof = proven(timestamps, receipts, signer.signature_sha256)
    when = When(question.validation_time, proof, signer.claimed_time)
    leaf = None if signer.certificate is None else readable(signer.certificate)
    if leaf is None:
        found = _nobody(signer, policy, when)
        return SignerVerdict(signer, _ruling(found, tuple(_findings(signer.findings, policy)), policy), timestamps)
    case = CertificateCase(
        leaf=leaf,
        hints=tuple(hint for hint in map(readable, signer.hints) if hint is not None),
        material=signer.material,
        when=when,
        refused_timestamp=next((stamp.reason for stamp in timestamps if stamp.reason is not None), None),
        form=signer.format,
        algorithm=signer.algorithm,
        question=question,
        policy=policy,
        trust=trust,
    )
    found = _CERTIFICATES.get(trust, (policy.sha256, case), lambda: judge_certificate(case))
    said = (found, signer.findings, signer.value)
    ruling = _RULINGS.get(trust, said, lambda: _ruling(found, tuple(_message(signer, policy, when)), policy))
    return SignerVerdict(signer, ruling, timestamps)


def _nobody(signer: SignerEvidence, policy: ValidationPolicy, when: When) -> CertificateVerdict:
    """Without a signing certificate nothing else can be said."""
    checks = tuple(_skipped(policy, signer))
    return CertificateVerdict(None, when, signer.algorithm, checks, None, None, (), Effect.none(), grace_used=False)


def _ruling(found: CertificateVerdict, message: tuple[Check, ...], policy: ValidationPolicy) -> Ruling:
    checks = (*message, *found.checks)
    technical = technical_of(checks)
    accept = found.leaf is not None and _accepted(technical, found.effect, policy, grace=found.grace_used)
    return Ruling(found, checks, technical, accept)


def _accepted(technical: Technical, effect: Effect, policy: ValidationPolicy, *, grace: bool) -> bool:
    wanted = policy.accept
    if technical.indication is not Indication.TOTAL_PASSED or (grace and not wanted.grace):
        return False
    if not wanted.recognised:
        return True
    return effect.recognised and effect.reaches(wanted.minimum_class)


def _timestamps(
    signer: SignerEvidence, trust: TrustSnapshot, policy: ValidationPolicy, question: Question
) -> tuple[JudgedTimestamp, ...]:
    found = [
        judge_timestamp(stamp, trust, Answers(signer.material, policy.revocation), policy, question.validation_time)
        for stamp in signer.timestamps
    ]
    return tuple(
        JudgedTimestamp(stamp.evidence, Reason.TIMESTAMP_CONTRADICTION, stamp.authority)
        if stamp.reason is None and _contradicted(stamp, found)
        else stamp
        for stamp in found
    )


def _contradicted(stamp: JudgedTimestamp, all_of_them: Sequence[JudgedTimestamp]) -> bool:
    """One authority never gives one serial number to two tokens (RFC 3161 §2.4.2)."""
    return any(
        other.authority == stamp.authority
        and other.evidence.serial == stamp.evidence.serial
        and other.evidence.sha256 != stamp.evidence.sha256
        for other in all_of_them
    )


def _message(signer: SignerEvidence, policy: ValidationPolicy, when: When) -> Iterator[Check]:
    yield from _findings(signer.findings, policy)
    for digest in content_digests(signer.findings):
        reason = policy.judge_digest(digest, when.relevant)
        if reason is not None:  # a strong algorithm over a weak digest protects nothing (SG-11)
            code = CheckCode.ALG_SIGNATURE
            yield judged(code, policy.level(code), reason, detail=f"content {digest}")
    yield judged(CheckCode.SIG_VALUE, policy.level(CheckCode.SIG_VALUE), signer.value)


def _findings(findings: Sequence[Finding], policy: ValidationPolicy) -> Iterator[Check]:
    for finding in findings:
        code = CheckCode(finding.code) if finding.code in CheckCode.__members__.values() else CheckCode.FORMAT
        yield judged(code, policy.level(code), finding.reason, detail=finding.detail)


def _skipped(policy: ValidationPolicy, signer: SignerEvidence) -> Iterator[Check]:
    """Without a signing certificate nothing else can be said; a silent format module does not make that a pass."""
    if not any(finding.reason is not None for finding in signer.findings):
        code = CheckCode.SIGNING_CERTIFICATE
        yield judged(code, policy.level(code), Reason.SIGNING_CERTIFICATE_NOT_FOUND)
    yield not_done(CheckCode.SIG_VALUE, policy.level(CheckCode.SIG_VALUE))
