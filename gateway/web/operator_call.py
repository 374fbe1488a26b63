"""One call of the operator API: who calls, what the body or query says, read strictly field by field.

A permit or a number stands in the JSON body and nowhere else: addresses end up in logs.
"""

import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import Any, Final

from certs.keys.signing_key import KeySource
from gateway.admin.acts import Act
from gateway.admin.audit_office import AuditOffice
from gateway.admin.backup_ports import BackupOffice
from gateway.admin.ending_desk import EndingDesk
from gateway.admin.explanation import KnownRecords
from gateway.admin.key_work import KeyOffice
from gateway.admin.numbers import Target
from gateway.admin.operation_ports import JointActs, OutageRegistry
from gateway.admin.operation_records import OperatorSession, Strength
from gateway.admin.operator_sessions import Door
from gateway.admin.ports import (
    AlertRegistry,
    ClientRegistry,
    DeadLetters,
    InitialAccessRegistry,
    NumberRegistry,
    OperatorRegistry,
    Rekeying,
    RevealRegistry,
    SubjectRegistry,
    SwitchRegistry,
)
from gateway.admin.records import Operator
from gateway.admin.subjects import PeopleView
from gateway.audit import AuditLog
from gateway.broker.ports import AttemptCounter
from gateway.oidc.ports import ClientStore, Fetch
from gateway.web.source import CertificateSource
from mapping.documents import TravelPermit
from mapping.errors import MappingError
from mapping.identifier import MainlandIdentifier
from mapping.vocabulary import Realm

TEXT_LIMIT: Final = 400
_ID: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")
_WHOLE: Final = re.compile(r"[0-9]{1,6}")
_BEIJING: Final = timezone(timedelta(hours=8))


class CallError(Exception):
    """A refusal in the API's one shape; ``description`` holds fixed words and never what was sent."""

    def __init__(self, status: int, error: str, description: str, more: Mapping[str, Any] | None = None) -> None:
        super().__init__(error)
        self.more = more or {}
        """Further members: the numbers of what is in the way."""
        self.status = status
        self.error = error
        self.description = description


def malformed(description: str) -> CallError:
    """A request that cannot be understood."""
    return CallError(400, "invalid_request", description)


def bad_cursor() -> CallError:
    """A place to go on from that is none: unknown, tampered with, or in somebody else's list (AD-04)."""
    return malformed("after is no entry of this list")


def not_found() -> CallError:
    """Unknown, or not for this operator: one answer for both, byte for byte (MP-02)."""
    return CallError(404, "not_found", "there is nothing here for you")


@dataclass(frozen=True, slots=True, repr=False)
class Desk:
    """What operators' work is done with, put together by the composition root."""

    issuer: str
    operators: OperatorRegistry
    secret_key: bytes = field(repr=False)
    clients: ClientStore
    registry: ClientRegistry
    initial_access: InitialAccessRegistry
    dead_letters: DeadLetters
    signing: KeySource = field(repr=False)
    """What there is a key for may be registered."""
    keys: KeyOffice
    examine: Callable[[], Awaitable[Sequence[Mapping[str, str]]]]
    """What ``gate doctor`` finds."""
    fetch: Fetch
    allow_loopback: bool
    numbers: NumberRegistry
    records: KnownRecords
    alerts: AlertRegistry
    switches: SwitchRegistry
    outages: OutageRegistry
    backups: BackupOffice
    ending: EndingDesk
    """Everything that ends, and the metrics."""
    subjects: SubjectRegistry
    people: PeopleView
    reveals: RevealRegistry
    rekeying: Rekeying
    audit: AuditLog
    audit_office: AuditOffice
    """The audit as it is looked through, checked and copied."""
    attempts: AttemptCounter
    """How fast one operator may ask."""
    door: Door
    """How operators sign in."""
    joint_acts: JointActs
    certificate_source: CertificateSource
    providers: frozenset[str]
    realm: Realm
    clock: Callable[[], datetime]


@dataclass(frozen=True, slots=True, repr=False)
class Call:
    """One authenticated call."""

    operator: Operator
    now: datetime
    correlation_id: str
    fields: Mapping[str, Any]
    path: Mapping[str, str]
    strength: Strength = Strength.KEY
    """How the operator has shown who they are."""
    session: OperatorSession | None = None

    def act(self, reason: str = "reason") -> Act:
        """Who acts, when and why; ``reason`` names the field that says why."""
        return Act(self.operator.name, self.now, self.optional(reason) or "", self.correlation_id)

    def text(self, name: str) -> str:
        """A text that must be there."""
        value = self.optional(name)
        if value is None:
            raise malformed(f"{name} is missing")
        return value

    def optional(self, name: str) -> str | None:
        """A text that may be absent."""
        value = self.fields.get(name)
        if value is not None and not (isinstance(value, str) and len(value) <= TEXT_LIMIT):
            raise malformed(f"{name} must be a short text")
        return value

    def flag(self, name: str) -> bool:
        """Yes or no; no when absent."""
        value = self.fields.get(name, False)
        if not isinstance(value, bool):
            raise malformed(f"{name} must be true or false")
        return value

    def whole(self, name: str, default: int, largest: int) -> int:
        """A whole number between 1 and ``largest``."""
        value = self.fields.get(name, str(default))
        text = str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""
        if not _WHOLE.fullmatch(text) or not 1 <= int(text) <= largest:
            raise malformed(f"{name} must be a whole number from 1 to {largest}")
        return int(text)

    def id(self) -> str:
        """The opaque id in the address; what cannot be one of ours is not looked for."""
        value = self.path.get("id", "")
        if not _ID.fullmatch(value):
            raise not_found()
        return value

    def permit(self) -> TravelPermit:
        """The permit in the body."""
        try:
            return TravelPermit.parse(self.text("permit"))
        except MappingError as error:
            raise malformed(f"permit is not acceptable: {error.code}") from None

    def number(self) -> MainlandIdentifier:
        """The 18-character number in the body."""
        try:
            return MainlandIdentifier.parse(self.text("number"), self.now.astimezone(_BEIJING).date())
        except MappingError as error:
            raise malformed(f"number is not acceptable: {error.code}") from None

    def target(self) -> Target:
        """The record that is meant: by its permit, or by the id that an alert names."""
        if ("permit" in self.fields) == ("record" in self.fields):
            raise malformed("give either permit or record")
        if "permit" in self.fields:
            return self.permit()
        record = self.text("record")
        if not _ID.fullmatch(record):
            raise not_found()
        return record
