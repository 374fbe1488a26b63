"""Everything that is judged of a signer's certificate, whatever it signed: path, time, revocation, recognition.

The same certificate is met again and again within one second, with the same answers, lists and question: one verdict
serves them all (`recent`).
"""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

from certs.signatures.answers import Answers
from certs.signatures.chain import Chain, Match, chain_of, readable
from certs.signatures.checks import Check, CheckCode, judged, not_done
from certs.signatures.effect import Effect, choose_entry
from certs.signatures.evidence import Expectation, Question
from certs.signatures.policy import ValidationPolicy
from certs.signatures.recognition import EntryFindings
from certs.signatures.signed import Format
from certs.signatures.standing_checks import PathStanding, When, judge_path
from certs.signatures.times import ProvenTime
from certs.trust.arithmetic import SignatureAlgorithm
from certs.trust.certificate import Certificate
from certs.trust.path import TrustedPath
from certs.trust.reasons import Reason
from certs.trust.revocation.model import Material, Status
from certs.trust.snapshot import TrustSnapshot

_SIGNING: Final = frozenset({"digital_signature", "non_repudiation"})
_SIGNING_PURPOSES: Final = frozenset({
    "2.5.29.37.0",  # any
    "1.3.6.1.5.5.7.3.2",  # client authentication: personal certificates carry it
    "1.3.6.1.5.5.7.3.4",  # e-mail protection
    "1.3.6.1.5.5.7.3.36",  # document signing (RFC 9336)
    "1.3.6.1.4.1.311.10.3.12",
    "1.2.840.113583.1.1.5",
})  # fmt: skip
_NEEDS_PATH: Final = (
    CheckCode.CERT_VALIDITY, CheckCode.CHAIN_VALIDITY, CheckCode.REV_LEAF, CheckCode.REV_CA, CheckCode.ALG_CHAIN,
    CheckCode.LIST_FRESH, CheckCode.MR_ROOT, CheckCode.MR_ISSUER, CheckCode.MR_TYPE, CheckCode.MR_OID,
    CheckCode.MR_PERIOD, CheckCode.MR_RULES, CheckCode.MR_SERVICE, CheckCode.EQUIVALENCE,
)  # fmt: skip


@dataclass(frozen=True, slots=True, repr=False)
class CertificateCase:
    """A certificate with all that its judgement depends on."""

    leaf: Certificate
    hints: tuple[Certificate, ...]
    material: tuple[Material, ...]
    when: When
    refused_timestamp: Reason | None
    form: Format
    algorithm: SignatureAlgorithm | None
    question: Question
    policy: ValidationPolicy = field(compare=False)
    trust: TrustSnapshot = field(compare=False)

    def __hash__(self) -> int:
        return hash((self.leaf.sha256, self.when, self.algorithm, len(self.material)))


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class CertificateVerdict:
    """What follows for every signature of this certificate in this question; one object for each case."""

    leaf: Certificate | None
    """`None`: the message names no signer whose certificate passes the gate."""
    when: When
    algorithm: SignatureAlgorithm | None
    checks: tuple[Check, ...]
    path: TrustedPath | None
    chosen: EntryFindings | None
    statuses: tuple[Status, ...]
    effect: Effect
    grace_used: bool


def judge_certificate(case: CertificateCase) -> CertificateVerdict:
    """Judge a certificate's path, standing and recognition; checks come in the order of the report."""
    policy, chain = case.policy, chain_of(case.leaf, case.hints, case.trust)
    first = (*_chain(case, chain), _usage(case), *_time(case))
    if chain.path is None:
        skipped = (not_done(code, policy.level(code)) for code in _NEEDS_PATH)
        checks = (*first, _algorithm(case), *skipped, *_expected(case))
        nothing = Effect.none()
        return CertificateVerdict(
            case.leaf, case.when, case.algorithm, checks, None, None, (), nothing, grace_used=False
        )
    chosen, effect = choose_entry(
        chain.matches, case.leaf, case.question, case.trust, at=case.when.relevant, form=case.form
    )
    standing, fresh = _standing(case, chain.path, chosen.match), _freshness(case, chosen.match)
    checks = (
        *first,
        *standing.checks,
        _algorithm(case),
        *_chain_algorithms(case, chain.path),
        *_answers(case, standing.statuses),
        fresh,
        *(judged(code, policy.level(code), reason) for code, reason in chosen.findings),
        judged(CheckCode.EQUIVALENCE, policy.level(CheckCode.EQUIVALENCE), _shortfall(effect, policy)),
        *_expected(case),
    )
    return CertificateVerdict(
        case.leaf,
        case.when,
        case.algorithm,
        checks,
        chain.path,
        chosen,
        standing.statuses,
        effect.stale() if fresh.failed else effect,
        grace_used=standing.grace_used,
    )


def _shortfall(effect: Effect, policy: ValidationPolicy) -> Reason | None:
    """What the table of equivalence leaves to be desired: no row, or a class below the policy's."""
    if effect.recognised and not effect.reaches(policy.accept.minimum_class):
        return Reason.CLASS_TOO_LOW
    return effect.reason


def _chain(case: CertificateCase, chain: Chain) -> Iterator[Check]:
    policy = case.policy
    ref = case.leaf.sha256
    listed = None if chain.matches else Reason.PATH_NO_ENTRY
    yield judged(CheckCode.CHAIN_LIST_ENTRY, policy.level(CheckCode.CHAIN_LIST_ENTRY), listed, subject_ref=ref)
    if listed is not None:
        yield not_done(CheckCode.CHAIN_PATH, policy.level(CheckCode.CHAIN_PATH))
        return
    yield judged(CheckCode.CHAIN_PATH, policy.level(CheckCode.CHAIN_PATH), chain.reason, subject_ref=ref)


def _usage(case: CertificateCase) -> Check:
    leaf, code = case.leaf, CheckCode.CERT_KEY_USAGE
    reason = None
    # Subscribers in Guangdong hold two certificates: the one for encipherment signs nothing (GB/T 20518).
    if leaf.key_usage is not None and not leaf.key_usage & _SIGNING:
        reason = Reason.KEY_USAGE_ENCIPHERMENT if leaf.key_usage else Reason.KEY_USAGE_NOT_FOR_SIGNING
    elif leaf.key_usage is None or leaf.is_ca:
        reason = Reason.KEY_USAGE_NOT_FOR_SIGNING
    elif leaf.extended_key_usage is not None and not _SIGNING_PURPOSES & set(leaf.extended_key_usage):
        reason = Reason.EXTENDED_KEY_USAGE
    return judged(code, case.policy.level(code), reason, subject_ref=leaf.sha256)


def _time(case: CertificateCase) -> Iterator[Check]:
    policy, when = case.policy, case.when
    proof: ProvenTime | None = when.proof
    wanted = Reason.NO_PROOF_OF_TIME if policy.proof_of_time and proof is None else None
    detail = "" if proof is None else f"{proof.source} {proof.moment.isoformat()}"
    yield judged(CheckCode.TIME_PROOF, policy.level(CheckCode.TIME_PROOF), wanted, detail=detail)
    skew = timedelta(seconds=policy.skew)
    implausible = when.claimed is not None and not (case.leaf.not_before - skew <= when.claimed <= when.relevant + skew)
    reason = Reason.CLAIMED_TIME_IMPLAUSIBLE if implausible else None
    yield judged(CheckCode.TIME_CLAIMED, policy.level(CheckCode.TIME_CLAIMED), reason)
    yield judged(CheckCode.TIME_ORDER, policy.level(CheckCode.TIME_ORDER), case.refused_timestamp)


def _standing(case: CertificateCase, path: TrustedPath, match: Match) -> PathStanding:
    responders = tuple(
        certificate for der in match.entry.revocation.responders if (certificate := readable(der)) is not None
    )
    answers = Answers(case.material, case.policy.revocation, responders, match.entry.rules.sm2_user_id)
    return judge_path(path, answers, case.when, case.policy)


def _algorithm(case: CertificateCase) -> Check:
    algorithm, code = case.algorithm, CheckCode.ALG_SIGNATURE
    if algorithm is None:
        return judged(code, case.policy.level(code), Reason.ALGORITHM_UNSUPPORTED)
    reason = case.policy.judge_algorithm(algorithm, case.leaf.key, case.when.relevant)
    return judged(code, case.policy.level(code), reason, detail=f"{algorithm.name} {algorithm.digest}".rstrip())


def _chain_algorithms(case: CertificateCase, path: TrustedPath) -> Iterator[Check]:
    code = CheckCode.ALG_CHAIN
    for certificate, issuer in zip(path.certificates, path.certificates[1:], strict=False):
        reason = case.policy.judge_algorithm(certificate.algorithm, issuer.key, case.when.relevant)
        yield judged(code, case.policy.level(code), reason, subject_ref=certificate.sha256)


def _answers(case: CertificateCase, statuses: Sequence[Status]) -> Iterator[Check]:
    """How the answers were signed, and whether the signer's is older than the proof of time (EN 319 102-1 §5.5)."""
    code, policy = CheckCode.ALG_CHAIN, case.policy
    for status in statuses:
        reason = None if status.algorithm is None else policy.judge_answer(status.algorithm, case.when.relevant)
        if reason is not None:
            yield judged(code, policy.level(code), reason, detail="revocation answer", subject_ref=status.certificate)
    proof, made = case.when.proof, statuses[0].produced_at if statuses else None
    if proof is not None and made is not None and made < proof.moment:
        code = CheckCode.TIME_ORDER
        detail = f"answer {made.isoformat()}, {proof.source} {proof.moment.isoformat()}"
        yield judged(code, policy.level(code), Reason.REVOCATION_BEFORE_PROOF, detail=detail)


def _freshness(case: CertificateCase, match: Match) -> Check:
    code = CheckCode.LIST_FRESH
    at, table = case.question.validation_time, case.trust.equivalence
    stale = case.trust.is_stale(match.trust_list, at) or case.trust.is_stale(table, at)
    return judged(
        code,
        case.policy.level(code),
        Reason.LIST_STALE if stale else None,
        detail=f"{match.trust_list.list_id} {match.trust_list.sequence}",
    )


def _expected(case: CertificateCase) -> Iterator[Check]:
    expect: Expectation = case.question.expect
    if expect == Expectation():
        return
    numbers = {hashlib.sha256(value.encode()).hexdigest() for name, value in case.leaf.names if name == "serialNumber"}
    met = (
        expect.certificate_sha256 in {None, case.leaf.sha256}
        and (expect.policy_oid is None or expect.policy_oid in case.leaf.policies)
        and (expect.subject_number_sha256 is None or expect.subject_number_sha256 in numbers)
    )
    code = CheckCode.EXPECTED
    yield judged(code, case.policy.level(code), None if met else Reason.EXPECTATION_NOT_MET)
