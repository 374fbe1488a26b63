"""What operators see: records without a person's numbers in them, unless they are there to be masked."""

from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from gateway.alerts import AlertKind
from gateway.oidc.names import Profile
from gateway.oidc.ports import DeliveryKind
from mapping.evidence import Binding
from mapping.identifier import MainlandIdentifier
from mapping.lifecycle import Change, Standing
from mapping.vocabulary import Sex


@dataclass(frozen=True, slots=True)
class NumberRecord:
    """One permit's record, as it stands."""

    binding_id: str
    binding: Binding
    standing: Standing
    checked_at: datetime | None
    providers: tuple[str, ...]
    """The providers whose accounts are tied to it."""
    subject_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class HistoryLine:
    """One row of a record's history: what, when, on which evidence, by whom."""

    version: int
    at: datetime
    what: Change
    evidence: str
    actor: str
    """``person``, ``register``, ``gateway``, or ``operator:`` and a name."""
    provider: str
    subject_id: str
    correlation_id: str
    binding: Binding
    """The record after the change."""


@dataclass(frozen=True, slots=True)
class Bucket:
    """How full one region code is for one birth date and sex."""

    code: str
    birthdate: date = field(repr=False)
    sex: Sex
    given: int


@dataclass(frozen=True, slots=True)
class Alert:
    """One thing that somebody has to look at."""

    id: str
    at: datetime
    kind: AlertKind
    about: str
    """The id of a record or a bucket, or a region code."""
    subject_id: str
    correlation_id: str
    settled_at: datetime | None = None
    settled_by: str | None = None
    outcome: str | None = None


class SwitchKind(StrEnum):
    """What can be switched off while the gateway runs."""

    PROVIDER = "provider"
    """Nobody signs in with it, and nobody who did is known any more."""
    REGION = "region"
    """No more stand-ins are made with this region code."""


@dataclass(frozen=True, slots=True)
class Switch:
    """One thing that is switched off."""

    kind: SwitchKind
    name: str
    at: datetime
    actor: str
    reason: str


class Role(StrEnum):
    """What an operator may do through the operator API."""

    READER = "reader"
    """Look, masked."""
    KEEPER = "keeper"
    """Look and change."""
    AUDITOR = "auditor"
    """Look, and read, check and export the audit."""
    CUSTODIAN = "custodian"
    """All of it, and keys, certificates, backups and other operators."""


@dataclass(frozen=True, slots=True)
class Operator:
    """Somebody who works at the operators' listener."""

    name: str
    role: Role
    created_at: datetime
    disabled_at: datetime | None = None
    jurisdictions: tuple[str, ...] = ()
    """Whose relying parties, providers and keys are theirs to see and to change; empty means every one (AD-02)."""


@dataclass(frozen=True, slots=True)
class Reveal:
    """A request to trace a number back to its permit (MP-03)."""

    id: str
    asked_by: str
    asked_at: datetime
    purpose: str
    number: MainlandIdentifier
    ends_at: datetime
    approved_by: str | None = None
    used_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Remaining:
    """What still lies under a key that is to be retired."""

    boxes: int
    indexes: int

    @property
    def total(self) -> int:
        """Rows to be done."""
        return self.boxes + self.indexes


@dataclass(frozen=True, slots=True)
class InitialAccess:
    """What an initial access token lets its bearer register, and how often (RFC 7591 §1.2)."""

    name: str
    hash: bytes = field(repr=False)
    """Of the token; the token itself is nowhere."""
    scopes: tuple[str, ...]
    """The most that a client registered with it may ask for."""
    jurisdiction: str
    purpose: str
    profile: Profile
    """The least profile: stricter ones may be registered, laxer ones not."""
    uses_left: int
    created_at: datetime
    ends_at: datetime
    revoked_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """Something that a relying party could not be told; what it was is not shown."""

    id: str
    kind: DeliveryKind
    client_id: str
    at: datetime
    """When it happened."""
    given_up_at: datetime
    tries: int
