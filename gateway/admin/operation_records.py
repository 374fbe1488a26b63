"""What operation remembers: instances, joint acts, operators' sessions, outages, backups, lines of the audit."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any


@dataclass(frozen=True, slots=True)
class Instance:
    """One running worker, as it last told of itself."""

    id: str
    seen_at: datetime
    """By the worker's own clock."""
    started_at: datetime
    kind: str = "gateway"
    """``gateway`` or ``operators``."""
    version: str = ""
    ready: tuple[str, ...] = ()
    """Names of the keys that it has signed and verified with."""
    used: Mapping[str, str] = field(default_factory=dict)
    """By key: when something signed with it was last verified there (RFC 3339)."""
    set_versions: Mapping[str, str] = field(default_factory=dict)
    """By key set: the version that it works with."""
    skew_ms: int = 0
    """How far its clock is from the database's, or jumped by itself."""
    healthy: bool = True
    breakers: Mapping[str, str] = field(default_factory=dict)
    """By provider: ``closed``, ``half_open`` or ``open``."""


class JointActKind(StrEnum):
    """Acts that take two persons (G20)."""

    PROOF_OVERRIDE = "proof_override"
    """Publication of a key is taken for granted without a probe."""
    CERTIFICATE_IMPORT = "certificate_import"
    """The fingerprint of a certificate was compared by a second person."""
    KEY_DESTROY = "key_destroy"
    EARLY_RETIRE = "early_retire"
    """A key is retired although it was seen lately."""
    BACKUP_RESTORE = "backup_restore"
    KEY_EXPORT = "key_export"
    OPERATOR_ROLE = "operator_role"
    """Somebody becomes a custodian."""
    AUDIT_EXPORT = "audit_export"


@dataclass(frozen=True, slots=True)
class JointAct:
    """An act that one person asks for and another agrees to; ``subject`` is exactly what may be done."""

    id: str
    kind: JointActKind
    subject: Mapping[str, Any]
    """Fixed words and ids; its canonical form is what the agreement covers."""
    digest: str
    """SHA-256 of the canonical form of kind and subject, hexadecimal."""
    reason: str
    asked_by: str
    asked_at: datetime
    ends_at: datetime
    agreed_by: str | None = None
    agreed_at: datetime | None = None
    over_at: datetime | None = None
    """When it was done, or refused."""


@dataclass(frozen=True, slots=True)
class Credentials:
    """What an operator signs in with."""

    name: str
    password: str | None = field(default=None, repr=False)
    """Argon2id, PHC form (RFC 9106)."""
    totp_secret: bytes | None = field(default=None, repr=False)
    """RFC 6238; sealed where it is kept."""
    totp_step: int | None = None
    """The step of the last code that was taken."""
    certificate: str | None = None
    """SHA-256 thumbprint of a client certificate, base64url (RFC 8705 §3.1)."""


class Strength(StrEnum):
    """How an operator has shown who they are."""

    KEY = "key"
    """A key of the operator API: one factor, for programs."""
    TWO_FACTORS = "two_factors"
    """A password with a one-time code."""
    CERTIFICATE = "certificate"
    """A client certificate over mutual TLS."""
    SYSTEM = "system"
    """An account of the machine, at the command line."""


@dataclass(frozen=True, slots=True)
class OperatorSession:
    """Somebody who is signed in at the operators' listener."""

    hash: bytes = field(repr=False)
    """Of the cookie or token; the value itself is nowhere."""
    name: str
    strength: Strength
    began_at: datetime
    seen_at: datetime
    ends_at: datetime
    """The earlier of the two ends, idle and absolute."""
    latest_end: datetime


@dataclass(frozen=True, slots=True)
class Outage:
    """A planned time during which a provider is not there."""

    id: str
    provider: str
    starts_at: datetime
    ends_at: datetime
    reason: str
    """For operators; people read a sentence of ours in their language."""
    planned_by: str


@dataclass(frozen=True, slots=True)
class Epoch:
    """One life of the database: the first, or one after a restored backup."""

    number: int
    began_at: datetime
    cause: str
    """``first`` or ``restore``."""
    backup_id: str | None = None
    backup_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class BackupRecord:
    """A backup that was made or verified here."""

    id: str
    at: datetime
    file: str
    """The name of the file, without its folder."""
    sha256: str
    rows: int
    size: int
    verified_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class AuditLine:
    """One event of the audit, with its place in the chain."""

    seq: int
    at: datetime
    action: str
    correlation_id: str
    client_id: str | None
    subject_id: str | None
    provider: str | None
    details: Mapping[str, str]
    position: int | None = None
    """Its place in the chain; none for an event that is not linked yet (about a second)."""
