"""Who did what: audit events, whose type leaves no room for a number, a name, a code or a token."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol


class AuditAction(StrEnum):
    """The catalogue of events."""

    SIGN_IN_STARTED = "sign_in.started"
    SIGN_IN_COMPLETED = "sign_in.completed"
    SIGN_IN_FAILED = "sign_in.failed"
    CONSENT_GIVEN = "consent.given"
    CONSENT_REFUSED = "consent.refused"
    CONSENT_WITHDRAWN = "consent.withdrawn"
    IDENTIFIER_BOUND = "identifier.bound"
    IDENTIFIER_SUPERSEDED = "identifier.superseded"
    IDENTIFIER_REFUSED = "identifier.refused"
    IDENTIFIER_RENEWED = "identifier.renewed"
    IDENTIFIER_CORRECTED = "identifier.corrected"
    IDENTIFIER_DISPUTED = "identifier.disputed"
    IDENTIFIER_UNTIED = "identifier.untied"
    IDENTIFIER_FROZEN = "identifier.frozen"
    IDENTIFIER_RELEASED = "identifier.released"
    IDENTIFIER_CLOSED = "identifier.closed"
    IDENTIFIER_VERIFIED = "identifier.verified"
    CODE_ISSUED = "code.issued"
    CODE_REUSED = "code.reused"
    TOKEN_ISSUED = "token.issued"  # noqa: S105 - an event's name
    TOKEN_REFUSED = "token.refused"  # noqa: S105 - an event's name
    REQUEST_REFUSED = "request.refused"
    TOKEN_REFRESHED = "token.refreshed"  # noqa: S105 - an event's name
    TOKEN_REUSED = "token.reused"  # noqa: S105 - an event's name
    TOKEN_EXCHANGED = "token.exchanged"  # noqa: S105 - an event's name
    TOKEN_REVOKED = "token.revoked"  # noqa: S105 - an event's name
    REQUEST_PUSHED = "request.pushed"
    DECOUPLED_STARTED = "decoupled.started"
    DECOUPLED_APPROVED = "decoupled.approved"
    DECOUPLED_DENIED = "decoupled.denied"
    SIGNED_OUT = "signed_out"
    LOGOUT_DELIVERED = "logout.delivered"
    LOGOUT_GIVEN_UP = "logout.given_up"
    PING_DELIVERED = "ping.delivered"
    PING_GIVEN_UP = "ping.given_up"
    DELIVERY_REPEATED = "delivery.repeated"
    CLIENT_CREATED = "client.created"
    CLIENT_UPDATED = "client.updated"
    CLIENT_SECRET_ROTATED = "client.secret_rotated"  # noqa: S105 - an event's name
    CLIENT_DISABLED = "client.disabled"
    INITIAL_ACCESS_CREATED = "initial_access.created"
    INITIAL_ACCESS_REVOKED = "initial_access.revoked"
    SUBJECT_BLOCKED = "subject.blocked"
    SUBJECT_UNBLOCKED = "subject.unblocked"
    SUBJECT_ERASED = "subject.erased"
    SWITCHED_OFF = "switched.off"
    SWITCHED_ON = "switched.on"
    ALERT_RAISED = "alert.raised"
    ALERT_SETTLED = "alert.settled"
    NOTICE_DELIVERED = "notice.delivered"
    NOTICE_GIVEN_UP = "notice.given_up"
    RECORD_READ = "record.read"
    REVEAL_ASKED = "reveal.asked"
    REVEAL_APPROVED = "reveal.approved"
    REVEAL_USED = "reveal.used"
    REVEAL_REFUSED = "reveal.refused"
    OPERATOR_CREATED = "operator.created"
    OPERATOR_DISABLED = "operator.disabled"
    OPERATOR_REFUSED = "operator.refused"
    OPERATOR_UPDATED = "operator.updated"
    OPERATOR_SIGNED_IN = "operator.signed_in"
    OPERATOR_SIGNED_OUT = "operator.signed_out"
    JOINT_ACT_ASKED = "joint_act.asked"
    JOINT_ACT_AGREED = "joint_act.agreed"
    JOINT_ACT_TAKEN = "joint_act.taken"
    JOINT_ACT_REFUSED = "joint_act.refused"
    KEYS_CHANGED = "keys.changed"
    KEY_ADOPTED = "key.adopted"
    KEY_GENERATED = "key.generated"
    KEY_CERTIFIED = "key.certified"
    KEY_PUBLISHED = "key.published"
    KEY_PROVEN = "key.proven"
    KEY_HELD = "key.held"
    KEY_ACTIVATED = "key.activated"
    KEY_ABORTED = "key.aborted"
    KEY_RETIRED = "key.retired"
    KEY_COMPROMISED = "key.compromised"
    KEY_REVOKED = "key.revoked"
    KEY_DESTROYED = "key.destroyed"
    KEY_DRILLED = "key.drilled"
    KEY_REFUSED = "key.refused"
    KEY_FAILED = "key.failed"
    KEY_NOTICE_DELIVERED = "key_notice.delivered"
    KEY_NOTICE_GIVEN_UP = "key_notice.given_up"
    CERTIFICATE_IMPORTED = "certificate.imported"
    AUDIT_EXPORTED = "audit.exported"
    AUDIT_SEARCHED = "audit.searched"
    BACKUP_CREATED = "backup.created"
    BACKUP_VERIFIED = "backup.verified"
    BACKUP_RESTORED = "backup.restored"
    OUTAGE_PLANNED = "outage.planned"
    OUTAGE_WITHDRAWN = "outage.withdrawn"
    BREAKER_OPENED = "breaker.opened"
    BREAKER_CLOSED = "breaker.closed"
    SETTINGS_RELOADED = "settings.reloaded"
    SETTINGS_REFUSED = "settings.refused"
    CLOCK_DOUBTED = "clock.doubted"
    CLOCK_TRUSTED = "clock.trusted"
    TRUST_PROPOSED = "trust.proposed"
    TRUST_ACCEPTED = "trust.accepted"
    TRUST_REFUSED = "trust.refused"
    TRUST_WITHDRAWN = "trust.withdrawn"
    TRUST_MARK_REPAIRED = "trust.mark_repaired"
    TRUST_ALARM = "trust.alarm"
    SIGNING_ASKED = "signing.asked"
    SIGNING_STARTED = "signing.started"
    SIGNING_ENDED = "signing.ended"


@dataclass(frozen=True, slots=True)
class AuditEvent:
    """One thing that happened. ``details`` holds fixed words of ours and counts, never a value of a person's."""

    action: AuditAction
    at: datetime
    correlation_id: str
    client_id: str | None = None
    subject_id: str | None = None
    provider: str | None = None
    details: Mapping[str, str] = field(default_factory=dict)


class AuditLog(Protocol):
    """Where events that belong to no other transaction go."""

    async def append(self, event: AuditEvent) -> None:
        """Durably add one event."""
        ...
