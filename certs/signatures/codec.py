"""Evidence as canonical JSON and back, for storage, for the worker's pipe and for bundles that people carry away.

Certificates and material stand once, by digest; what is read back is checked like anything from outside.
"""

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from certs.signatures.evidence import (
    Evidence,
    Expectation,
    Question,
    Receipt,
    SignerEvidence,
    TimestampEvidence,
)
from certs.signatures.signed import Covered, Finding, Format
from certs.trust.arithmetic import SignatureAlgorithm
from certs.trust.errors import RefusalCode, Refused
from certs.trust.reasons import Reason
from certs.trust.revocation.model import Material, MaterialKind, MaterialSource
from certs.trust.trust_list import Jurisdiction

VERSION: Final = 1


@dataclass(slots=True)
class _Blobs:
    """Bytes by digest, each once."""

    held: dict[str, str] = field(default_factory=dict)

    def put(self, data: bytes) -> str:
        name = hashlib.sha256(data).hexdigest()
        self.held.setdefault(name, base64.b64encode(data).decode())
        return name

    def get(self, name: str) -> bytes:
        data = base64.b64decode(self.held[name], validate=True)
        if hashlib.sha256(data).hexdigest() != name:
            raise ValueError("a blob is not what its name says")
        return data


def evidence_to_json(evidence: Evidence) -> dict[str, Any]:
    """Write evidence; the order of everything is kept."""
    blobs, question = _Blobs(), evidence.question
    return {
        "version": VERSION,
        "input": {"format": evidence.input_format.value, "sha256": evidence.input_sha256, "size": evidence.input_size},
        "question": {
            "relying_jurisdiction": question.relying_jurisdiction.value,
            "purpose": question.purpose,
            "validation_time": question.validation_time.isoformat(),
            "expect": {
                "certificate_sha256": question.expect.certificate_sha256,
                "policy_oid": question.expect.policy_oid,
                "subject_number_sha256": question.expect.subject_number_sha256,
            },
        },
        "signers": [_signer(signer, blobs) for signer in evidence.signers],
        "receipts": [
            {"signature_sha256": one.signature_sha256, "first_seen": one.first_seen.isoformat()}
            for one in evidence.receipts
        ],
        "blobs": dict(sorted(blobs.held.items())),
    }


def evidence_from_json(members: Mapping[str, Any]) -> Evidence:
    """Read evidence back; raises `Refused` when it is not what `evidence_to_json` writes."""
    try:
        return _read(members)
    except (KeyError, ValueError, TypeError, AttributeError):
        raise Refused(RefusalCode.FORMAT, "the evidence is not what this gateway writes") from None


def _read(members: Mapping[str, Any]) -> Evidence:
    if members["version"] != VERSION:
        raise ValueError("another version")
    blobs, question, given = _Blobs(dict(members["blobs"])), members["question"], members["input"]
    return Evidence(
        input_format=Format(given["format"]),
        input_sha256=given["sha256"],
        input_size=given["size"],
        question=Question(
            Jurisdiction(question["relying_jurisdiction"]),
            question["purpose"],
            datetime.fromisoformat(question["validation_time"]),
            Expectation(**question["expect"]),
        ),
        signers=tuple(read_signer(signer, blobs) for signer in members["signers"]),
        receipts=tuple(
            Receipt(one["signature_sha256"], datetime.fromisoformat(one["first_seen"])) for one in members["receipts"]
        ),
    )


def signers_to_json(signers: tuple[SignerEvidence, ...]) -> dict[str, Any]:
    """Write signers alone, as the worker answers."""
    blobs = _Blobs()
    return {"signers": [_signer(signer, blobs) for signer in signers], "blobs": blobs.held}


def signers_from_json(members: Mapping[str, Any]) -> tuple[SignerEvidence, ...]:
    """Read what the worker answered."""
    blobs = _Blobs(dict(members["blobs"]))
    return tuple(read_signer(signer, blobs) for signer in members["signers"])


def _signer(signer: SignerEvidence, blobs: _Blobs) -> dict[str, Any]:
    return {
        "format": signer.format.value,
        "level": signer.level,
        "algorithm": None if signer.algorithm is None else _algorithm(signer.algorithm),
        "signature_sha256": signer.signature_sha256,
        "value": _reason(signer.value),
        "findings": [[one.code, _reason(one.reason), one.detail] for one in signer.findings],
        "certificate": None if signer.certificate is None else blobs.put(signer.certificate),
        "hints": [blobs.put(der) for der in signer.hints],
        "claimed_time": None if signer.claimed_time is None else signer.claimed_time.isoformat(),
        "covered": signer.covered.value,
        "changes": list(signer.changes),
        "timestamps": [_timestamp(stamp, blobs) for stamp in signer.timestamps],
        "material": [_material(one, blobs) for one in signer.material],
    }


def _material(one: Material, blobs: _Blobs) -> list[str | None]:
    nonce = None if one.nonce is None else one.nonce.hex()
    return [one.kind.value, blobs.put(one.der), one.source.value, one.url, nonce, _reason(one.failure)]


def read_signer(members: Mapping[str, Any], blobs: _Blobs) -> SignerEvidence:
    """Read one signer."""
    claimed, algorithm = members["claimed_time"], members["algorithm"]
    return SignerEvidence(
        format=Format(members["format"]),
        level=members["level"],
        algorithm=None if algorithm is None else SignatureAlgorithm(**algorithm),
        signature_sha256=members["signature_sha256"],
        value=_read_reason(members["value"]),
        findings=tuple(Finding(code, _read_reason(reason), detail) for code, reason, detail in members["findings"]),
        certificate=None if members["certificate"] is None else blobs.get(members["certificate"]),
        hints=tuple(blobs.get(name) for name in members["hints"]),
        claimed_time=None if claimed is None else datetime.fromisoformat(claimed),
        covered=Covered(members["covered"]),
        changes=tuple(members["changes"]),
        timestamps=tuple(_read_timestamp(stamp, blobs) for stamp in members["timestamps"]),
        material=tuple(
            Material(
                MaterialKind(kind),
                blobs.get(name),
                MaterialSource(source),
                url,
                _read_nonce(nonce),
                _read_reason(failure),
            )
            for kind, name, source, url, nonce, failure in members["material"]
        ),
    )


def _algorithm(algorithm: SignatureAlgorithm) -> dict[str, Any]:
    return {
        "name": algorithm.name,
        "family": algorithm.family,
        "digest": algorithm.digest,
        "salt_length": algorithm.salt_length,
    }


def _timestamp(stamp: TimestampEvidence, blobs: _Blobs) -> dict[str, Any]:
    return {
        "sha256": stamp.sha256,
        "generated_at": None if stamp.generated_at is None else stamp.generated_at.isoformat(),
        "accuracy_seconds": stamp.accuracy_seconds,
        "policy": stamp.policy,
        "reason": _reason(stamp.reason),
        "certificate": None if stamp.certificate is None else blobs.put(stamp.certificate),
        "hints": [blobs.put(der) for der in stamp.hints],
        "whole_document": stamp.whole_document,
        "serial": stamp.serial,
        "algorithm": None if stamp.algorithm is None else _algorithm(stamp.algorithm),
        "digests": list(stamp.digests),
    }


def _read_timestamp(members: Mapping[str, Any], blobs: _Blobs) -> TimestampEvidence:
    at, certificate, algorithm = members["generated_at"], members["certificate"], members["algorithm"]
    return TimestampEvidence(
        sha256=members["sha256"],
        generated_at=None if at is None else datetime.fromisoformat(at),
        accuracy_seconds=members["accuracy_seconds"],
        policy=members["policy"],
        reason=_read_reason(members["reason"]),
        certificate=None if certificate is None else blobs.get(certificate),
        hints=tuple(blobs.get(name) for name in members["hints"]),
        whole_document=members["whole_document"],
        serial=members["serial"],
        algorithm=None if algorithm is None else SignatureAlgorithm(**algorithm),
        digests=tuple(members["digests"]),
    )


def _reason(reason: Reason | None) -> str | None:
    return None if reason is None else reason.value


def _read_reason(value: str | None) -> Reason | None:
    return None if value is None else Reason(value)


def _read_nonce(value: str | None) -> bytes | None:
    return None if value is None else bytes.fromhex(value)
