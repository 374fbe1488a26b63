"""Whether an entry in force recognises a certificate: five things that must hold together, each with its own check.

Root, issuing certificate, name of the type, policy identifier and period (arrangement of Hong Kong and Guangdong);
beside them the entry's own rules for keys and usages, and the service that the entry is for. The period is looked up
at the proven signing time in a history that is never shortened (ETO s.6).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from asn1crypto.core import UTF8String

from certs.signatures.chain import Match
from certs.signatures.checks import CheckCode
from certs.signatures.indication import RecognitionVerdict
from certs.signatures.signed import Format
from certs.trust.certificate import Certificate
from certs.trust.errors import Fault
from certs.trust.fence import fence
from certs.trust.reasons import Reason
from certs.trust.trust_list import Entry, KeyRule, RecognitionStatus, TypeMatch, TypePlace

_SERVICES: Final = {Format.PROVIDER_RESULT: ("signature", "provider:")}
_OF_PERIOD: Final = {
    RecognitionStatus.SUSPENDED: Reason.MR_SUSPENDED,
    RecognitionStatus.WITHDRAWN: Reason.MR_WITHDRAWN,
    RecognitionStatus.EXPIRED: Reason.MR_PERIOD,
}
_VERDICTS: Final = {
    Reason.MR_ROOT: RecognitionVerdict.NOT_LISTED,
    Reason.MR_ISSUER: RecognitionVerdict.NOT_LISTED,
    Reason.MR_ISSUER_PERIOD: RecognitionVerdict.OUTSIDE_RECOGNITION_PERIOD,
    Reason.MR_TYPE: RecognitionVerdict.TYPE_MISMATCH,
    Reason.MR_POLICY_OID: RecognitionVerdict.POLICY_OID_MISSING,
    Reason.MR_PERIOD: RecognitionVerdict.OUTSIDE_RECOGNITION_PERIOD,
    Reason.MR_SUSPENDED: RecognitionVerdict.SUSPENDED,
    Reason.MR_WITHDRAWN: RecognitionVerdict.WITHDRAWN,
    Reason.MR_RULES: RecognitionVerdict.TYPE_MISMATCH,
    Reason.MR_SERVICE: RecognitionVerdict.TYPE_MISMATCH,
}


@dataclass(frozen=True, slots=True)
class EntryFindings:
    """What each of an entry's checks saw; `None` stands for passed."""

    match: Match
    findings: tuple[tuple[CheckCode, Reason | None], ...]

    @property
    def failures(self) -> int:
        """How far the entry is from recognising the certificate."""
        return sum(reason is not None for _, reason in self.findings)

    @property
    def verdict(self) -> RecognitionVerdict:
        """The first failed check's verdict, in the order in which a reader of a list would go."""
        first = next((reason for _, reason in self.findings if reason is not None), None)
        return RecognitionVerdict.RECOGNISED if first is None else _VERDICTS[first]


def check_entry(match: Match, leaf: Certificate, at: datetime, form: Format) -> EntryFindings:
    """Put one certificate to one entry's checks at the relevant time."""
    return EntryFindings(match, tuple(_findings(match, leaf, at, form)))


def _findings(match: Match, leaf: Certificate, at: datetime, form: Format) -> Iterator[tuple[CheckCode, Reason | None]]:
    entry = match.entry
    yield CheckCode.MR_ROOT, _root(match, at)
    yield CheckCode.MR_ISSUER, _issuer(match, at)
    yield CheckCode.MR_TYPE, _type(entry.type_match, leaf)
    yield CheckCode.MR_OID, _policies(entry, leaf)
    yield CheckCode.MR_PERIOD, _period(entry, at)
    yield CheckCode.MR_RULES, _rules(entry, leaf)
    yield CheckCode.MR_SERVICE, _service(entry, form)


def _root(match: Match, at: datetime) -> Reason | None:
    listed = match.listed_root
    return None if listed is not None and listed.counts_at(at) else Reason.MR_ROOT


def _issuer(match: Match, at: datetime) -> Reason | None:
    listed = match.listed_issuer
    if listed is None:
        return Reason.MR_ISSUER
    return None if listed.counts_at(at) else Reason.MR_ISSUER_PERIOD


def _type(wanted: TypeMatch | None, leaf: Certificate) -> Reason | None:
    if wanted is None:
        return None
    match wanted.place:
        case TypePlace.SUBJECT_CN:
            found = [value for name, value in leaf.names if name == "CN"]
        case TypePlace.SUBJECT_OU:
            found = [value for name, value in leaf.names if name == "OU"]
        case TypePlace.ISSUER_CN:
            found = [value for name, value in leaf.issuer_names if name == "CN"]
        case TypePlace.POLICY_NOTICE:
            found = list(leaf.policy_notices)
        case TypePlace.EXTENSION:
            found = [_text(value) for oid, _, value in leaf.extensions if oid == wanted.oid]
    return None if wanted.value in found else Reason.MR_TYPE  # exactly: a longer name is another type


def _text(value: bytes) -> str:
    try:
        with fence(Reason.MR_TYPE):
            return str(UTF8String.load(value, strict=True).native)
    except Fault:
        return ""


def _policies(entry: Entry, leaf: Certificate) -> Reason | None:
    if not entry.policies or any(rule.admits(oid) for rule in entry.policies for oid in leaf.policies):
        return None
    return Reason.MR_POLICY_OID


def _period(entry: Entry, at: datetime) -> Reason | None:
    period = entry.status_at(at)
    if period is None:
        return Reason.MR_PERIOD
    return _OF_PERIOD.get(period.status)


def _rules(entry: Entry, leaf: Certificate) -> Reason | None:
    rules = entry.rules
    usages = frozenset(rules.key_usage) <= (leaf.key_usage or frozenset())
    purposes = frozenset(rules.extended_key_usage) <= frozenset(leaf.extended_key_usage or ())
    keys = not rules.keys or any(_key_fits(rule, leaf) for rule in rules.keys)
    return None if usages and purposes and keys else Reason.MR_RULES


def _key_fits(rule: KeyRule, leaf: Certificate) -> bool:
    key = leaf.key
    return key.family == rule.family and key.bits >= rule.bits and (not rule.curves or key.curve in rule.curves)


def _service(entry: Entry, form: Format) -> Reason | None:
    wanted = _SERVICES.get(form, ("signature",))
    return None if any(service.startswith(wanted) for service in entry.services) else Reason.MR_SERVICE
