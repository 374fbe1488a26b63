"""The evidence bundle: what a report rests on, whole, so that it can be judged again anywhere, by any policy.

Replaying with the same policy gives the ``signatures`` array to the byte; another policy answers "what if".
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from certs.signatures.chain import chain_of, readable
from certs.signatures.codec import evidence_from_json, evidence_to_json
from certs.signatures.evaluate import Verdict, evaluate
from certs.signatures.evidence import Evidence
from certs.signatures.policy import ValidationPolicy, read_policy
from certs.trust.errors import RefusalCode, Refused
from certs.trust.snapshot import TrustSnapshot

VERSION: Final = 1
_MEMBERS: Final = frozenset({"bundle_version", "evidence", "policy", "trust"})


@dataclass(frozen=True, slots=True, repr=False)
class Bundle:
    """A bundle that was read back."""

    evidence: Evidence
    policy: ValidationPolicy
    trust: TrustSnapshot


def bundle_of(evidence: Evidence, policy: ValidationPolicy, trust: TrustSnapshot) -> dict[str, Any]:
    """Put a bundle together; the lists are cut down to the entries that these certificates meet."""
    return {
        "bundle_version": VERSION,
        "evidence": evidence_to_json(evidence),
        "policy": dict(policy.payload),
        "trust": trust.slice(_entries(evidence, trust)),
    }


def read_bundle(members: Mapping[str, Any]) -> Bundle:
    """Read a bundle; raises `Refused`."""
    if set(members) != _MEMBERS or members["bundle_version"] != VERSION:
        raise Refused(RefusalCode.FORMAT, "this is not an evidence bundle of this gateway")
    return Bundle(
        evidence_from_json(members["evidence"]),
        read_policy(members["policy"]),
        TrustSnapshot.from_slice(members["trust"]),
    )


def replay(
    bundle: Bundle, policy: ValidationPolicy | None = None, at: datetime | None = None
) -> tuple[Verdict, Evidence]:
    """Judge a bundle again, by another policy or as of another time if so asked."""
    evidence = bundle.evidence
    if at is not None:
        evidence = replace(evidence, question=replace(evidence.question, validation_time=at))
    return evaluate(evidence, policy or bundle.policy, bundle.trust), evidence


def _entries(evidence: Evidence, trust: TrustSnapshot) -> tuple[tuple[str, str], ...]:
    """(list, entry) of everything that could speak for a certificate of the evidence, in list order."""
    found: dict[tuple[str, str], None] = {}
    for signer in evidence.signers:
        subjects = [(signer.certificate, signer.hints), *((one.certificate, one.hints) for one in signer.timestamps)]
        for der, hints in subjects:
            leaf = None if der is None else readable(der)
            if leaf is None:
                continue
            passed = tuple(hint for hint in map(readable, hints) if hint is not None)
            for match in chain_of(leaf, passed, trust).matches:
                found[match.trust_list.list_id, match.entry.entry_id] = None
    return tuple(found)
