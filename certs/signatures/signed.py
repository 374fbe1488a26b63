"""What every format is parsed into: one signer's signature as facts, before anybody is trusted."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from certs.trust.arithmetic import SignatureAlgorithm
from certs.trust.certificate import Certificate
from certs.trust.content import DIGEST_BYTES, Content
from certs.trust.reasons import Reason


class Format(StrEnum):
    """The formats that a request may name."""

    CMS_DETACHED = "cms-detached"
    CMS_ATTACHED = "cms-attached"
    PADES = "pades"
    JWS = "jws"
    JADES = "jades"
    RAW_DIGEST = "raw-digest"
    PROVIDER_RESULT = "provider-result"


class Covered(StrEnum):
    """How much of the document the signature covers."""

    ALL = "all"
    RANGES = "ranges"
    DIGEST = "digest"


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check of the format saw: its stable code, and the reason if it did not pass."""

    code: str
    """``FORMAT``, ``CONTENT-TYPE``, ``CONTENT-DIGEST``, ``SIGNING-CERTIFICATE``, ``PDF-CHANGES`` …"""
    reason: Reason | None = None
    """`None`: passed."""
    detail: str = ""
    """Values of ours only: names of algorithms, kinds of change, counts."""


def content_digests(findings: Sequence[Finding]) -> tuple[str, ...]:
    """The digests that stand for the content in signed attributes, which a signature's algorithm does not name."""
    return tuple(one.detail for one in findings if one.code == "CONTENT-DIGEST" and one.detail in DIGEST_BYTES)


@dataclass(frozen=True, slots=True, repr=False)
class TimestampToken:
    """A timestamp over this signature, not believed yet (RFC 3161)."""

    der: bytes
    imprinted: bytes | Content
    """What its imprint must be a digest of: the signature's value, or a document."""
    whole_document: bool = False


@dataclass(frozen=True, slots=True, repr=False)
class SignedObject:
    """One signer: what was signed with what, by which certificate, and what the message brought along."""

    format: Format
    level: str
    """``CMS``, ``CAdES-B-B``, ``CAdES-B-T``, ``PAdES-B-B``, ``JWS``, ``JAdES-B-B``, ``raw`` …"""
    algorithm: SignatureAlgorithm | None
    """`None` where the message names one that we do not know; the findings say so."""
    signature: bytes
    message: bytes | Content
    """What the signature is over: signed attributes or signing input as bytes, or the content itself."""
    certificate: Certificate | None
    hints: tuple[Certificate, ...] = ()
    ocsp: tuple[bytes, ...] = ()
    crls: tuple[bytes, ...] = ()
    timestamps: tuple[TimestampToken, ...] = ()
    claimed_time: datetime | None = None
    covered: Covered = Covered.ALL
    changes: tuple[str, ...] = ()
    """PDF: classes of what was changed after this signature."""
    findings: tuple[Finding, ...] = field(default=())
