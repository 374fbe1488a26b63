"""The mutual-recognition trust list as values: who is recognised, for which certificates, by which history.

One entry speaks of one *certificate type*, never of a whole authority: the same issuing certificate makes recognised
and unrecognised certificates. Only these entries create trust; histories are never shortened.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any


class Jurisdiction(StrEnum):
    """The three places."""

    HONG_KONG = "HK"
    MACAO = "MO"
    GUANGDONG = "GD"


class RecognitionStatus(StrEnum):
    """What an authority said of an entry, for a time."""

    GRANTED = "granted"
    SUSPENDED = "suspended"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"


class HolderKind(StrEnum):
    """Whom certificates of an entry are issued to."""

    INDIVIDUAL = "individual"
    ORGANISATION = "organisation"
    ORGANISATIONAL_ROLE = "organisational-role"
    GOVERNMENT = "government"
    DEVICE = "device"


class SignatureClass(StrEnum):
    """Neutral classes of certificates; higher is stronger."""

    R0 = "R0"
    R1 = "R1"
    R2 = "R2"
    R3 = "R3"


class TypePlace(StrEnum):
    """Where in a certificate the name of its type must stand."""

    SUBJECT_CN = "subject.cn"
    SUBJECT_OU = "subject.ou"
    ISSUER_CN = "issuer.cn"
    POLICY_NOTICE = "policy-notice"
    EXTENSION = "extension"


@dataclass(frozen=True, slots=True)
class RecognitionPeriod:
    """One stretch of an entry's history; ``end`` is open while nothing else was said."""

    status: RecognitionStatus
    start: datetime
    end: datetime | None
    reason: str
    reference: str


@dataclass(frozen=True, slots=True)
class TypeMatch:
    """The exact name of the certificate type, and where it must stand."""

    place: TypePlace
    value: str
    oid: str | None = None
    """Object identifier of the extension, where the place is one; its value is a UTF8String."""


@dataclass(frozen=True, slots=True)
class PolicyRule:
    """A policy identifier that must be there: exactly, or anything under an arc."""

    oid: str
    prefix: bool

    def admits(self, oid: str) -> bool:
        """Say whether a certificate's policy identifier fulfils the rule; an arc ends at a dot."""
        return oid == self.oid or (self.prefix and oid.startswith(f"{self.oid}."))


@dataclass(frozen=True, slots=True)
class ListedCertificate:
    """A root or issuing certificate of an entry, whole, with the time in which it counts."""

    der: bytes
    start: datetime | None = None
    end: datetime | None = None

    def counts_at(self, moment: datetime) -> bool:
        """Whether ``moment`` lies in that time; it ends before its end."""
        return (self.start is None or self.start <= moment) and (self.end is None or moment < self.end)


@dataclass(frozen=True, slots=True)
class KeyRule:
    """A family of keys that an entry's certificates may have, and its least size in bits."""

    family: str
    """``RSA``, ``EC``, ``Ed25519`` or ``SM2``."""
    bits: int
    curves: tuple[str, ...] = ()
    """Curves that count, as ``P-256``; empty for families without a choice."""


@dataclass(frozen=True, slots=True)
class ExtraRules:
    """What an entry demands of a certificate beyond its type."""

    key_usage: tuple[str, ...] = ()
    """Bits that must all be set, spelt as in RFC 5280 §4.2.1.3."""
    extended_key_usage: tuple[str, ...] = ()
    """Object identifiers that must all be there."""
    keys: tuple[KeyRule, ...] = ()
    """Empty: any that the policy admits."""
    sm2_user_id: bytes | None = None
    """The signer id, only where an authority uses another than the default (GM/T 0009 §10)."""
    timestamp_policies: tuple[str, ...] = ()
    """Policies that a listed authority's timestamps may state (RFC 3161 §2.4.2); empty: any."""


@dataclass(frozen=True, slots=True)
class RevocationSources:
    """Where the status of an entry's certificates may be asked: these addresses, nobody else's."""

    ocsp: tuple[str, ...] = ()
    crl: tuple[str, ...] = ()
    responders: tuple[bytes, ...] = ()
    """Responder certificates, DER, that may answer besides the issuer and its delegates."""
    freshness_seconds: int | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """One recognised certificate type."""

    entry_id: str
    ca_name: Mapping[str, str]
    licence: str
    certificate_type: str
    type_match: TypeMatch | None
    holder_kind: HolderKind
    anchors: tuple[ListedCertificate, ...]
    issuers: tuple[ListedCertificate, ...]
    policies: tuple[PolicyRule, ...]
    rules: ExtraRules
    recognition: tuple[RecognitionPeriod, ...]
    revocation: RevocationSources
    signature_class: SignatureClass
    services: tuple[str, ...]
    """``signature``, ``tsa``, ``ocsp``, ``provider:iamsmart`` and the like."""
    reliance_limit: str = ""
    notes: str = ""

    def status_at(self, moment: datetime) -> RecognitionPeriod | None:
        """What was said last of the time that ``moment`` lies in; `None` where nothing covers it (ETO s.6)."""
        covering = [p for p in self.recognition if p.start <= moment and (p.end is None or moment < p.end)]
        return covering[-1] if covering else None


@dataclass(frozen=True, slots=True)
class Source:
    """From where a list was transcribed: an address, its bytes' digest, and the two who stand for it."""

    url: str
    retrieved_at: datetime
    sha256: str
    transcriber: str
    checker: str


@dataclass(frozen=True, slots=True)
class TrustList:
    """One signed list (`gba-mrtl`), parsed and checked against its schema; ``sha256`` is of the signed payload."""

    list_id: str
    scheme: str
    issuing_jurisdiction: Jurisdiction
    operator: Mapping[str, str]
    version: int
    sequence: int
    previous_sha256: str | None
    issued: datetime
    next_update: datetime
    expires: datetime
    sources: tuple[Source, ...]
    entries: tuple[Entry, ...]
    sha256: str
    payload: Mapping[str, Any]
    """The document as it was signed."""
