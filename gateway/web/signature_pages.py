"""The page that checks a signature, and the report in three depths: an answer, a summary, every check.

What is shown is taken from the report; only the signer's name comes from the certificate, since the report that may
be kept holds none. A check that failed never looks like one that passed, and what is undecided looks like neither.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from certs.signatures.indication import Indication, RecognitionVerdict
from certs.trust.equivalence import Purpose
from certs.trust.trust_list import Jurisdiction
from gateway.signatures.service import Validated
from gateway.web.local_time import local_moment
from gateway.web.pages import Page

HOME: Final = "/signatures"
PLACES: Final[Mapping[str, str]] = {
    Jurisdiction.HONG_KONG.value: "hong_kong",
    Jurisdiction.MACAO.value: "macao",
    Jurisdiction.GUANGDONG.value: "guangdong",
}
"""Code of a place in lists and reports -> its name in the texts of pages."""
PURPOSES: Final = tuple(purpose.value for purpose in Purpose)
_SHOWN_CHANGES: Final = 16


class Outcome(StrEnum):
    """What a report comes to, for somebody who reads one sentence of it; each has a look of its own."""

    ACCEPTED = "accepted"
    NOT_RECOGNISED = "not-recognised"
    UNDECIDED = "undecided"
    FAILED = "failed"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class CheckPage(Page):
    """Upload a document and its signature (fields ``document``, ``signature``, ``relying``, ``purpose``)."""

    template = "check.html"
    action: str
    csrf: str
    places: tuple[str, ...] = tuple(PLACES)
    purposes: tuple[str, ...] = PURPOSES
    relying: str = ""
    purpose: str = Purpose.CONTRACT.value
    answer: str | None = None
    """Code of why nothing could be checked: ``E_FORMAT``, ``E_UNSUPPORTED``, ``no_document``, ``lists`` …"""


@dataclass(frozen=True, slots=True)
class CheckLine:
    """One check: its code, what became of it (``passed``, ``failed``, ``not-done`` …), why, and a technical remark."""

    code: str
    status: str
    reason: str | None
    detail: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of one certificate's standing: from which kind of answer, how old, and when it was revoked."""

    status: str
    kind: str | None
    source: str | None
    this_update: str | None
    revoked_at: str | None


@dataclass(frozen=True, slots=True, repr=False)
class SignerShown:
    """One signature of a document."""

    outcome: Outcome
    next_step: str | None
    """Reason whose sentence says what to do."""
    subject: str | None
    """As the certificate says it, escaped (RFC 4514)."""
    issuer: str | None
    type_name: str | None
    claimed: str | None
    proven: str | None
    proof: str
    valid_until: str | None
    covered: str
    recognition: str
    effect_class: str | None
    scheme: str
    legal_reference: str
    conditions: tuple[str, ...]
    list_entry: str | None
    changes: tuple[str, ...]
    checks: tuple[CheckLine, ...]
    indication: str
    sub_indication: str | None
    format: str
    level: str | None
    algorithm: str | None
    serial: str | None
    sha256: str | None
    path: tuple[tuple[str, str], ...]
    """(role, subject) from the signer up."""
    answers: tuple[Answer, ...]


@dataclass(frozen=True, slots=True)
class ListUsed:
    """One list that a report rests on."""

    list_id: str
    sequence: int
    state: str


@dataclass(frozen=True, slots=True, repr=False)
class ReportPage(Page):
    """The report; boxes ``answer``, ``signature-<n>``, ``checks-<n>``, field ``signed-report``."""

    template = "report.html"
    outcome: Outcome
    next_step: str | None
    relying: str
    """``hong_kong``, ``macao``, ``guangdong``."""
    purpose: str
    document: str
    """The file's name as the person's computer calls it; foreign text."""
    signers: tuple[SignerShown, ...]
    report_id: str
    checked_at: str
    input_sha256: str
    policy: str
    lists: tuple[ListUsed, ...]
    token: str
    again: str = HOME


def report_page(validated: Validated, document: str) -> ReportPage:
    """Make the page of a report."""
    report = validated.report
    leaves = [signer.leaf for signer in validated.verdict.signers]
    subjects = [None if leaf is None else leaf.subject for leaf in leaves]
    signers = tuple(_signer(one, subject) for one, subject in zip(report["signatures"], subjects, strict=True))
    outcome = overall(report["overall"], [signer.outcome for signer in signers])
    policy = report["policy"]
    return ReportPage(
        service=None,
        switch="",  # the answer to an upload: nothing is kept that the page could be opened again from
        outcome=outcome,
        next_step=next((signer.next_step for signer in signers if signer.next_step is not None), None),
        relying=PLACES[report["question"]["relying_jurisdiction"]],
        purpose=report["question"]["purpose"],
        document=document,
        signers=signers,
        report_id=report["id"],
        checked_at=local_moment(report["produced_at"]),
        input_sha256=report["input"]["sha256"],
        policy=f"{policy['id']} {policy['version']}",
        lists=tuple(ListUsed(one["id"], one["sequence"], one["state"]) for one in report["trust"]["lists"]),
        token=validated.token,
    )


def overall(summary: Mapping[str, Any], signers: list[Outcome]) -> Outcome:
    """The outcome over all signers; the formula that accepts is the policy's, not this page's."""
    if summary["accept"]:
        return Outcome.ACCEPTED
    found = _technical(summary["indication"])
    if found is not Outcome.ACCEPTED:
        return found
    return next((one for one in (Outcome.FAILED, Outcome.UNDECIDED) if one in signers), Outcome.NOT_RECOGNISED)


def outcome_of(indication: str, recognition: str, *, accept: bool) -> Outcome:
    """The outcome of one signature: technical findings come before recognition."""
    if accept:
        return Outcome.ACCEPTED
    found = _technical(indication)
    if found is Outcome.ACCEPTED:
        return Outcome.UNDECIDED if recognition == RecognitionVerdict.LIST_STALE else Outcome.NOT_RECOGNISED
    return found


def _technical(indication: str) -> Outcome:
    match Indication(indication):
        case Indication.TOTAL_PASSED:
            return Outcome.ACCEPTED
        case Indication.TOTAL_FAILED:
            return Outcome.FAILED
        case Indication.NO_SIGNATURE_FOUND:
            return Outcome.NONE
        case Indication.INDETERMINATE:
            return Outcome.UNDECIDED


def _signer(one: Mapping[str, Any], subject: str | None) -> SignerShown:
    signer, times, effect = one["signer"] or {}, one["times"], one["effect"]
    technical, recognition = one["technical"], one["recognition"]
    is_proven = times["best_source"] != "validation-time"
    return SignerShown(
        outcome=outcome_of(technical["indication"], recognition["status"], accept=one["accept"]),
        next_step=None if one["next_step"] is None else one["next_step"]["code"],
        subject=subject,
        issuer=signer.get("issuer"),
        type_name=signer.get("type_name"),
        claimed=_moment(times["claimed"]),
        proven=_moment(times["best"]) if is_proven else None,
        proof=times["best_source"],
        valid_until=_moment(times["not_after"]),
        covered=one["covered"],
        recognition=recognition["status"],
        effect_class=effect["class"],
        scheme=effect["scheme"],
        legal_reference=effect["legal_reference"],
        conditions=tuple(effect["conditions"]),
        list_entry=recognition["list_entry"],
        changes=tuple(one["changes"])[:_SHOWN_CHANGES],
        checks=tuple(_line(check) for check in one["checks"]),
        indication=technical["indication"],
        sub_indication=technical["sub_indication"],
        format=one["format"],
        level=one["level"] or None,
        algorithm=_algorithm(one["algorithm"]),
        serial=signer.get("serial"),
        sha256=signer.get("sha256"),
        path=tuple((part["role"], _path_name(part, subject)) for part in one["path"]),
        answers=tuple(_answer(status) for status in one["revocation"]),
    )


def _path_name(part: Mapping[str, Any], subject: str | None) -> str:
    """The report hides the signer's name; everybody else on the path is an authority."""
    return subject if part["role"] == "signer" and subject is not None else str(part["subject"])


def _line(check: Mapping[str, Any]) -> CheckLine:
    return CheckLine(check["code"], check["status"], check["reason"], check["detail"])


def _answer(status: Mapping[str, Any]) -> Answer:
    return Answer(
        status["status"],
        status["kind"],
        status["source"],
        _moment(status["this_update"]),
        _moment(status["revoked_at"]),
    )


def _algorithm(algorithm: Mapping[str, Any]) -> str | None:
    parts = [algorithm["sig"], algorithm["hash"], algorithm["curve"] or algorithm["key_bits"]]
    return ", ".join(str(part) for part in parts if part) or None


def _moment(text: str | None) -> str | None:
    return None if text is None else local_moment(text)
