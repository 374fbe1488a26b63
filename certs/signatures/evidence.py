"""Everything a verdict rests on, as one value: it can be stored, carried away and judged again without the document.

`SignerEvidence` says what the message said of itself and what needed the document to find out (digests, the
signature's value); certificates, revocation material and timestamps lie beside it, whole. The lists are cut down to
the entries that this signature met. The same evidence and policy give the same bytes (`evaluate`).
"""

from dataclasses import dataclass, field
from datetime import datetime

from certs.signatures.signed import Covered, Finding, Format
from certs.trust.arithmetic import SignatureAlgorithm
from certs.trust.reasons import Reason
from certs.trust.revocation.model import Material
from certs.trust.trust_list import Jurisdiction


@dataclass(frozen=True, slots=True, repr=False)
class TimestampEvidence:
    """A timestamp token as read: what it says, who made it, and whether it holds together by itself."""

    sha256: str
    generated_at: datetime | None
    accuracy_seconds: int
    policy: str
    reason: Reason | None
    """`None`: imprint, attributes and signature are right; who the authority is comes later."""
    certificate: bytes | None
    hints: tuple[bytes, ...] = ()
    whole_document: bool = False
    serial: str = ""
    """Of the token; two different tokens under one serial number contradict each other."""
    algorithm: SignatureAlgorithm | None = None
    """Under the token; `None` where it was not read."""
    digests: tuple[str, ...] = ()
    """By which the token stands for what was stamped: of its imprint, and of its own content."""


@dataclass(frozen=True, slots=True, repr=False)
class SignerEvidence:
    """One signer's signature, with everything that was found out about it from the document."""

    format: Format
    level: str
    algorithm: SignatureAlgorithm | None
    signature_sha256: str
    value: Reason | None
    """`None`: the signature's value is right over what it covers; `NOT_DONE` where there was no certificate."""
    findings: tuple[Finding, ...]
    certificate: bytes | None
    hints: tuple[bytes, ...]
    claimed_time: datetime | None
    covered: Covered
    changes: tuple[str, ...]
    timestamps: tuple[TimestampEvidence, ...] = ()
    material: tuple[Material, ...] = ()
    """Revocation material for this path and for those of the timestamps."""


@dataclass(frozen=True, slots=True)
class Expectation:
    """What the caller expects of the signer; each that is not met fails (SG-09: never by name)."""

    certificate_sha256: str | None = None
    policy_oid: str | None = None
    subject_number_sha256: str | None = None
    """SHA-256 of a document number that must stand in the subject's serialNumber."""


@dataclass(frozen=True, slots=True, repr=False)
class Receipt:
    """Our own proof that this very signature existed at a time (specification §7)."""

    signature_sha256: str
    first_seen: datetime


@dataclass(frozen=True, slots=True)
class Question:
    """For whom, for what and as of when a signature is judged."""

    relying_jurisdiction: Jurisdiction
    purpose: str
    validation_time: datetime
    expect: Expectation = field(default_factory=Expectation)


@dataclass(frozen=True, slots=True, repr=False)
class Evidence:
    """What a report rests on, besides the policy and the slice of the lists."""

    input_format: Format
    input_sha256: str
    input_size: int
    question: Question
    signers: tuple[SignerEvidence, ...]
    receipts: tuple[Receipt, ...] = ()
