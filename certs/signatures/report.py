"""The report: what was judged, by which policy and lists, with which result and why; canonical, so that it replays.

Names and numbers of a signer are shown to callers who may see them; others get a keyed hash that is the same for the
same person and means nothing elsewhere. Everything a safety decision needs stands outside of what can be left out.

What follows from a certificate's verdict alone is written once and shared by the reports that say it: whoever holds a
report adds members at its top and changes nothing below.
"""

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, Final

from certs.keys.canonical import canonical
from certs.signatures.certificate_checks import CertificateVerdict
from certs.signatures.evaluate import Ruling, SignerVerdict, Verdict
from certs.signatures.evidence import Evidence
from certs.signatures.policy import ValidationPolicy
from certs.signatures.recent import Recent
from certs.signatures.request import Depth
from certs.signatures.standing_checks import status_to_json
from certs.signatures.wording import next_step
from certs.trust.certificate import Certificate
from certs.trust.snapshot import TrustSnapshot

VERSION: Final = 1
_HASHED: Final = 16
_WRITTEN: Final = 2_048


@dataclass(frozen=True, slots=True, repr=False)
class Audience:
    """What a caller may see of people; without ``names`` subjects are hashed with the caller's own key."""

    names: bool
    key: bytes


@dataclass(frozen=True, slots=True)
class Producer:
    """Who made a report."""

    name: str
    version: str


_LISTS: Final[Recent[datetime, dict[str, Any]]] = Recent()


def report_of(
    verdict: Verdict,
    evidence: Evidence,
    policy: ValidationPolicy,
    trust: TrustSnapshot,
    *,
    report_id: str,
    producer: Producer,
    audience: Audience,
) -> dict[str, Any]:
    """Write a report in full; its members are what `canonical` takes: texts, integers, booleans, lists, objects."""
    at = evidence.question.validation_time
    return {
        "report_version": VERSION,
        "id": report_id,
        "produced_at": at.isoformat(),
        "producer": {"name": producer.name, "version": producer.version},
        "policy": {"id": policy.policy_id, "version": policy.version, "sha256": policy.sha256},
        "input": {
            "format": evidence.input_format.value,
            "sha256": evidence.input_sha256,
            "size": evidence.input_size,
            "covered": _covered(evidence),
        },
        "question": {
            "relying_jurisdiction": evidence.question.relying_jurisdiction.value,
            "purpose": evidence.question.purpose,
        },
        "trust": _LISTS.get(trust, at, lambda: trust.identity(at)),
        "signatures": signatures_of(verdict, audience),
        "overall": {
            "indication": verdict.technical.indication.value,
            "sub_indication": _value(verdict.technical.sub_indication),
            "accept": verdict.accept,
            "signers": policy.signers,
        },
    }


def signatures_of(verdict: Verdict, audience: Audience) -> list[dict[str, Any]]:
    """The part of a report that replays to the byte."""
    return [_signature(index, signer, audience) for index, signer in enumerate(verdict.signers)]


def _covered(evidence: Evidence) -> str:
    return evidence.signers[0].covered.value if evidence.signers else "all"


def _signature(index: int, verdict: SignerVerdict, audience: Audience) -> dict[str, Any]:
    evidence = verdict.evidence
    return {
        "id": f"S{index + 1}",
        "format": evidence.format.value,
        "level": evidence.level,
        "covered": evidence.covered.value,
        "timestamps": [stamp.to_json() for stamp in verdict.timestamps],
        "changes": list(evidence.changes),
        **_ruled(verdict.ruling, audience),
    }


@lru_cache(maxsize=_WRITTEN)
def _ruled(ruling: Ruling, audience: Audience) -> Mapping[str, Any]:
    """Everything that is the same for each signature with this ruling."""
    found = ruling.found
    return {
        "algorithm": _algorithm(found),
        "signer": _signer(found, audience),
        "times": _times(found),
        "path": _path(found, audience),
        "revocation": [status_to_json(status, found.when.validation) for status in found.statuses],
        "technical": {
            "indication": ruling.technical.indication.value,
            "sub_indication": _value(ruling.technical.sub_indication),
        },
        "recognition": {"status": found.effect.verdict.value, "list_entry": _entry(found)},
        "effect": found.effect.to_json(),
        "accept": ruling.accept,
        "checks": [check.to_json() for check in ruling.checks],
        "next_step": next_step(ruling.checks, accepted=ruling.accept),
    }


def _times(found: CertificateVerdict) -> dict[str, Any]:
    when, leaf = found.when, found.leaf
    return {
        "claimed": _time(when.claimed),
        "best": _time(when.relevant),
        "best_source": "validation-time" if when.proof is None else when.proof.source,
        "validation": _time(when.validation),
        "not_before": None if leaf is None else _time(leaf.not_before),
        "not_after": None if leaf is None else _time(leaf.not_after),
        "extendable_until": _extendable(found),
    }


def _algorithm(found: CertificateVerdict) -> dict[str, Any]:
    algorithm, leaf = found.algorithm, found.leaf
    entry = None if found.chosen is None else found.chosen.match.entry
    sm2 = leaf is not None and leaf.key.family == "SM2"
    user_id = None if entry is None else entry.rules.sm2_user_id
    return {
        "sig": None if algorithm is None else algorithm.name,
        "hash": None if algorithm is None else algorithm.digest,
        "key_bits": None if leaf is None else leaf.key.bits,
        "curve": None if leaf is None else leaf.key.curve,
        "sm2_id": None if not sm2 else "default" if user_id is None else "list-entry",
    }


def _signer(found: CertificateVerdict, audience: Audience) -> dict[str, Any] | None:
    leaf = found.leaf
    if leaf is None:
        return None
    entry = None if found.chosen is None else found.chosen.match.entry
    return {
        "subject": shown(leaf.subject, audience),
        "subject_hidden": not audience.names,
        "issuer": leaf.issuer,
        "serial": f"{leaf.serial:x}",
        "sha256": leaf.sha256,
        "type_name": None if entry is None else entry.certificate_type,
        "policy_oids": list(leaf.policies),
        "country": next((value for name, value in leaf.names if name == "C"), None),
        "class": None if entry is None else entry.signature_class.value,
    }


def shown(subject: str, audience: Audience) -> str:
    """A subject for those who may see it, else its keyed hash (PR: one person, one value, for one caller)."""
    if audience.names:
        return subject
    return "hmac-sha256:" + hmac.digest(audience.key, subject.encode(), hashlib.sha256).hex()[: 2 * _HASHED]


def _path(found: CertificateVerdict, audience: Audience) -> list[dict[str, Any]]:
    if found.path is None:
        return []
    certificates = found.path.certificates
    return [
        {
            "sha256": certificate.sha256,
            "subject": shown(certificate.subject, audience) if index == 0 else certificate.subject,
            "role": _role(index, certificate, certificates),
            "list_entry": _entry(found) if index else None,
        }
        for index, certificate in enumerate(certificates)
    ]


def _role(index: int, certificate: Certificate, path: tuple[Certificate, ...]) -> str:
    if index == 0:
        return "signer"
    return "anchor" if certificate is path[-1] else "issuer"


def _entry(found: CertificateVerdict) -> str | None:
    if found.chosen is None:
        return None
    match = found.chosen.match
    return f"{match.trust_list.list_id}/{match.entry.entry_id}"


def _extendable(found: CertificateVerdict) -> str | None:
    """Until when a timestamp could still preserve the signature: while the whole path is valid."""
    if found.path is None:
        return None
    return _time(min(certificate.not_after for certificate in found.path.certificates))


def _time(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()


def _value(sub_indication: Any) -> str | None:
    return None if sub_indication is None else str(sub_indication.value)


_SIMPLE: Final = (
    "id",
    "format",
    "level",
    "signer",
    "times",
    "technical",
    "recognition",
    "effect",
    "accept",
    "next_step",
)


def in_depth(report: Mapping[str, Any], depth: Depth) -> dict[str, Any]:
    """A report as deep as it was asked for; the verdict and the failed checks are in every depth."""
    if depth is not Depth.SIMPLE:
        return dict(report)
    signatures = [
        {name: signature[name] for name in _SIMPLE}
        | {"checks": [check for check in signature["checks"] if check["status"] not in {"passed", "ignored"}]}
        for signature in report["signatures"]
    ]
    return {**report, "signatures": signatures}


def digest_of(signatures: list[dict[str, Any]]) -> str:
    """SHA-256 of the canonical ``signatures`` array, in hexadecimal: what a replay must reproduce."""
    return hashlib.sha256(canonical(signatures)).hexdigest()
