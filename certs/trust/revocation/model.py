"""What is known of a certificate's revocation, and the material that says so."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from certs.trust.arithmetic import SignatureAlgorithm
from certs.trust.reasons import Reason


class MaterialKind(StrEnum):
    """What a piece of revocation material is."""

    OCSP = "ocsp"
    CRL = "crl"


class MaterialSource(StrEnum):
    """From where it came."""

    STAPLED = "stapled"
    CACHE = "cache"
    FETCHED = "fetched"


@dataclass(frozen=True, slots=True, repr=False)
class Material:
    """One OCSP response or certificate revocation list, whole."""

    kind: MaterialKind
    der: bytes
    source: MaterialSource
    url: str = ""
    nonce: bytes | None = None
    """What we asked with, for answers of a responder to us."""
    failure: Reason | None = None
    """Why an attempt brought nothing; ``der`` is empty then, and the attempt stays part of the evidence."""


class Standing(StrEnum):
    """What the material says of the certificate."""

    GOOD = "good"
    REVOKED = "revoked"
    ON_HOLD = "on-hold"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Status:
    """The answer for one certificate: from one piece of material, or `UNKNOWN` with what was tried and why not."""

    certificate: str
    """SHA-256 of the certificate, in hexadecimal."""
    standing: Standing
    kind: MaterialKind | None = None
    source: MaterialSource | None = None
    material: str = ""
    """SHA-256 of the material, in hexadecimal."""
    produced_at: datetime | None = None
    this_update: datetime | None = None
    next_update: datetime | None = None
    revoked_at: datetime | None = None
    reason: str = ""
    """CRLReason, spelt as in RFC 5280 §5.3.1."""
    invalid_since: datetime | None = None
    released_at: datetime | None = None
    grace: bool = False
    """The answer was past its next update and counts by the policy's grace only."""
    algorithm: SignatureAlgorithm | None = None
    """Of the material's signature: whether it is strong enough is the policy's question."""
    tried: tuple[Reason, ...] = ()
    """Why other material did not count."""


@dataclass(frozen=True, slots=True)
class RevocationRules:
    """How fresh an answer must be, in seconds."""

    skew: int = 120
    lifetime_without_next_update: int = 86_400
    grace: int = 0
    max_age_ocsp: int = 3_600
    max_age_crl: int = 43_200
