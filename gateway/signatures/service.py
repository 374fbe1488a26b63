"""One validation from request to signed report: read, collect, judge, remember; every door of the gateway comes here.

One snapshot of the lists serves one validation from its beginning to its end (TL-05). A report is kept with its
evidence until five years after the certificate lapses, so that it can be asked for and judged again.
"""

import hashlib
import logging
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from certs.keys.canonical import canonical
from certs.keys.signing_key import KeySource, SigningKey
from certs.signatures.bundle import bundle_of
from certs.signatures.checks import CheckCode
from certs.signatures.collect import Surroundings, with_material
from certs.signatures.evaluate import SignerVerdict, Verdict, evaluate
from certs.signatures.evidence import Evidence, Question, Receipt, SignerEvidence
from certs.signatures.policy import Policies, ValidationPolicy
from certs.signatures.report import Audience, Producer, report_of
from certs.signatures.request import ValidationRequest, read_request
from certs.signatures.seal import seal
from certs.signatures.signed import Format
from certs.signatures.worker import InProcessReader, WorkerReader
from certs.trust.errors import RefusalCode, Refused
from certs.trust.list_errors import ListError
from certs.trust.snapshot import TrustSnapshot
from gateway.signatures.ports import ReceiptStore, ReportStore
from gateway.signatures.records import RecognitionFacts, StoredReport
from gateway.signatures.trust_state import TrustReader

RETENTION: Final = timedelta(days=5 * 365 + 2)
"""After the certificate lapses (Electronic Signature Law art. 24)."""
REPORT_ALGORITHM: Final = "ES256"
_ID_BYTES: Final = 16
_BEGINNING: Final = datetime(1970, 1, 1, tzinfo=UTC)
_SKEW: Final = timedelta(seconds=120)
_LOG: Final = logging.getLogger("gateway.signatures")
_CHEAP: Final = frozenset({Format.RAW_DIGEST, Format.PROVIDER_RESULT})
"""Formats without containers: their parsers are small and bounded, and a process of its own would cost more."""


class TrustUnusableError(Exception):
    """Nothing is validated: no lists, older ones than were accepted, or a clock that is wrong (TL-08)."""


@dataclass(slots=True)
class Pace:
    """Notices a clock that was set back: what had expired would be valid again (specification §7)."""

    latest: datetime = _BEGINNING

    def notice(self, now: datetime) -> None:
        """Refuse a moment that is earlier than one that has been."""
        if now < self.latest - _SKEW:
            _LOG.error("the clock was set back: nothing is validated until it is right again")
            raise TrustUnusableError
        self.latest = max(self.latest, now)


@dataclass(frozen=True, slots=True, repr=False)
class Caller:
    """For whom a validation is made."""

    client_id: str
    sees_names: bool


@dataclass(frozen=True, slots=True, repr=False)
class Validated:
    """A report as members and as signed, with the verdict for callers inside the gateway."""

    report: dict[str, Any]
    token: str
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class ValidationService:
    """The parts of validation, put together once."""

    trust: TrustReader
    policies: Policies
    around: Surroundings
    worker: WorkerReader | InProcessReader
    reports: ReportStore
    receipts: ReceiptStore
    report_keys: KeySource
    privacy_key: bytes = field(repr=False)
    producer: Producer
    clock: Callable[[], datetime]
    in_process: InProcessReader = field(default_factory=InProcessReader)
    pace: Pace = field(default_factory=Pace)

    @property
    def report_key(self) -> SigningKey:
        """The key that reports and receipts are signed with now."""
        return self.report_keys.active(REPORT_ALGORITHM)

    async def validate(
        self, members: Mapping[str, Any], caller: Caller, *, content: Path | None = None, keep: bool = True
    ) -> Validated:
        """Judge one request and remember the report; raises `Refused` and `TrustUnusableError`.

        ``content`` is a file of ours with what was signed, where it is too large for a member. With ``keep`` off
        nothing of the report is stored: for somebody who only looks.
        """
        request = read_request(members, content)
        # To the second, as certificates count: what was judged a moment ago is then the same question.
        now = self.clock().astimezone(UTC).replace(microsecond=0)
        policy = self.policies.find(request.policy)
        trust = await self.snapshot(now)
        _check_time(request, policy, now)
        form, signers = await self._read(members, request, trust, content)
        signers = await with_material(signers, trust, policy.revocation, now, self.around)
        question = Question(request.relying_jurisdiction, request.purpose, now, request.expect)
        evidence = Evidence(
            input_format=form,
            input_sha256=hashlib.sha256(request.signature).hexdigest() if request.signature else _of_result(request),
            input_size=len(request.signature),
            question=question,
            signers=signers,
            receipts=await self._receipts(signers, now),
        )
        return await self._report(evidence, policy, trust, caller, keep=keep)

    async def take_down(self, members: Mapping[str, Any]) -> tuple[Receipt, ...]:
        """When each signature of an input was first seen here, now included; whether it is good is not asked."""
        request = read_request(members)
        now = self.clock().astimezone(UTC)
        _, signers = await self._read(members, request, await self.snapshot(now))
        return tuple([await self._seen(signer, now) for signer in signers if signer.signature_sha256])

    async def _seen(self, signer: SignerEvidence, now: datetime) -> Receipt:
        digest = bytes.fromhex(signer.signature_sha256)
        return Receipt(digest.hex(), await self.receipts.first_seen(digest, now, now + RETENTION))

    async def snapshot(self, now: datetime) -> TrustSnapshot:
        """The lists as they count for one validation; raises `TrustUnusableError`."""
        self.pace.notice(now)
        try:
            state = await self.trust.current(now)
        except ListError:
            raise TrustUnusableError from None
        if state.is_read_only or not state.lists:
            raise TrustUnusableError
        return state.snapshot

    async def _read(
        self,
        members: Mapping[str, Any],
        request: ValidationRequest,
        trust: TrustSnapshot,
        content: Path | None = None,
    ) -> tuple[Format, tuple[SignerEvidence, ...]]:
        reader = self.in_process if request.format in _CHEAP else self.worker
        return await reader.read(members, request.format, trust.sm2_user_ids, content)

    async def _receipts(self, signers: tuple[SignerEvidence, ...], now: datetime) -> tuple[Receipt, ...]:
        """When each signature was first seen here; only one whose value is right is worth remembering.

        A receipt of this very moment proves nothing that the validation does not know by itself.
        """
        found = [await self._seen(signer, now) for signer in signers if signer.value is None]
        return tuple(receipt for receipt in found if receipt.first_seen < now)

    async def _report(
        self, evidence: Evidence, policy: ValidationPolicy, trust: TrustSnapshot, caller: Caller, *, keep: bool
    ) -> Validated:
        verdict = evaluate(evidence, policy, trust)
        report = report_of(
            verdict,
            evidence,
            policy,
            trust,
            report_id=secrets.token_urlsafe(_ID_BYTES),
            producer=self.producer,
            audience=self.audience(caller),
        )
        bundle = canonical(bundle_of(evidence, policy, trust))
        report["evidence_ref"] = hashlib.sha256(bundle).hexdigest()
        token = seal(report, self.report_key)
        stored = StoredReport(
            id=report["id"],
            client_id=caller.client_id,
            produced_at=evidence.question.validation_time,
            keep_until=_keep_until(verdict, evidence.question.validation_time),
            token=token,
            facts=tuple(_facts(signer, evidence.question) for signer in verdict.signers),
        )
        if keep and not await self.reports.save(stored, bundle):
            raise Refused(RefusalCode.BUSY, "the report could not be stored")
        return Validated(report, token, verdict)

    def audience(self, caller: Caller) -> Audience:
        """What this caller may see of people; the key makes hashes of one caller useless to another."""
        key = hashlib.sha256(self.privacy_key + b"report subjects\x00" + caller.client_id.encode()).digest()
        return Audience(caller.sees_names, key)


def _of_result(request: ValidationRequest) -> str:
    return hashlib.sha256(canonical(request.result)).hexdigest()


def _check_time(request: ValidationRequest, policy: ValidationPolicy, now: datetime) -> None:
    """Another time than now would let an expired certificate pass as valid: only a replay may name one."""
    asked = request.validation_time
    if asked is not None and abs(asked - now) > timedelta(seconds=policy.skew):
        raise Refused(RefusalCode.POLICY, "validation_time other than now needs stored evidence: replay the report")


def _keep_until(verdict: Verdict, now: datetime) -> datetime:
    lapses = [signer.leaf.not_after for signer in verdict.signers if signer.leaf is not None]
    return max([now, *lapses]) + RETENTION


def _facts(signer: SignerVerdict, question: Question) -> RecognitionFacts:
    chosen, leaf, path = signer.chosen, signer.leaf, signer.path
    facts = RecognitionFacts(
        list_id="",
        sequence=0,
        entry_id="",
        status=signer.effect.verdict.value,
        leaf_sha256="" if leaf is None else leaf.sha256,
        policy_oids=() if leaf is None else leaf.policies,
        at=signer.when.relevant,
        relying=question.relying_jurisdiction.value,
        purpose=question.purpose,
    )
    if path is not None and len(path.certificates) > 1:
        facts = replace(facts, issuer_sha256=path.certificates[1].sha256, anchor_sha256=path.anchor.sha256)
    if chosen is None:
        return facts
    trust_list, entry = chosen.match.trust_list, chosen.match.entry
    has_type = (CheckCode.MR_TYPE, None) in chosen.findings and entry.type_match is not None
    return replace(
        facts,
        list_id=trust_list.list_id,
        sequence=trust_list.sequence,
        entry_id=entry.entry_id,
        # The name of the type and no other: a subject's own names would be people's.
        type_names=(entry.type_match.value,) if has_type and entry.type_match is not None else (),
    )
