"""A report judged again: from what was stored with it or from a bundle in somebody's hands (specification §3).

The answer is not signed and not stored. A bundle says by itself what was found in a signature, so a signed answer about
one that a caller hands in would be our word for theirs; about a stored one the report itself is our word already.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from certs.keys import JsonError, base64url, strict_json
from certs.keys.canonical import canonical
from certs.signatures.bundle import Bundle, read_bundle
from certs.signatures.bundle import replay as judge_again
from certs.signatures.report import Audience, digest_of, report_of, signatures_of
from certs.trust.errors import RefusalCode, Refused
from gateway.signatures.records import StoredReport
from gateway.signatures.service import Caller, ValidationService


@dataclass(frozen=True, slots=True)
class Change:
    """What is to be different this time; nothing: the same ``signatures`` must come out, to the byte."""

    policy: str | None = None
    validation_time: datetime | None = None

    @property
    def is_none(self) -> bool:
        """Whether this only repeats the judgement."""
        return self.policy is None and self.validation_time is None


@dataclass(frozen=True, slots=True, repr=False)
class Replayed:
    """What came out."""

    report: dict[str, Any]
    is_same: bool | None
    """Whether ``signatures`` are those of the stored report, to the byte; none where there is nothing to compare."""


async def replay_stored(service: ValidationService, report_id: str, caller: Caller, change: Change) -> Replayed | None:
    """Judge a stored report again; none if the caller has no such report."""
    stored = await service.reports.find(report_id, caller.client_id)
    evidence = None if stored is None else await service.reports.evidence(report_id, caller.client_id)
    if stored is None or evidence is None:
        return None
    bundle = read_bundle(strict_json.parse_object(evidence))
    first = members_of(stored)["signatures"]
    was_named = any(one["signer"] and not one["signer"]["subject_hidden"] for one in first)
    audience = Audience(was_named, service.audience(caller).key)
    verdict, _ = judge_again(bundle, *_of(service, change))
    is_same = digest_of(signatures_of(verdict, audience)) == digest_of(first)
    return Replayed(_report(service, bundle, caller, change, hashlib.sha256(evidence).hexdigest()), is_same)


def replay_bundle(service: ValidationService, members: Mapping[str, Any], caller: Caller, change: Change) -> Replayed:
    """Judge a bundle that a caller hands in; raises ``Refused``."""
    try:
        bundle, name = read_bundle(members), hashlib.sha256(canonical(members)).hexdigest()
        # What a stranger wrote may only show while it is judged not to be ours: a time without offset, a huge skew.
        return Replayed(_report(service, bundle, caller, change, name), None)
    except (JsonError, KeyError, TypeError, ValueError, AttributeError, ArithmeticError):
        raise Refused(RefusalCode.FORMAT, "this is not an evidence bundle of this gateway") from None


def members_of(stored: StoredReport) -> dict[str, Any]:
    """The members of a report of our own, which rested sealed: its signature is for others to check."""
    return strict_json.parse_object(base64url.decode(stored.token.split(".")[1]))


def _of(service: ValidationService, change: Change) -> tuple[Any, datetime | None]:
    return None if change.policy is None else service.policies.find(change.policy), change.validation_time


def _report(service: ValidationService, bundle: Bundle, caller: Caller, change: Change, name: str) -> dict[str, Any]:
    policy, at = _of(service, change)
    verdict, evidence = judge_again(bundle, policy, at)
    report = report_of(
        verdict,
        evidence,
        policy or bundle.policy,
        bundle.trust,
        report_id="replay",
        producer=service.producer,
        audience=service.audience(caller),
    )
    return {**report, "evidence_ref": name}
