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
    IDENTIFIER_BOUND = "identifier.bound"
    IDENTIFIER_SUPERSEDED = "identifier.superseded"
    IDENTIFIER_REFUSED = "identifier.refused"
    CODE_ISSUED = "code.issued"
    CODE_REUSED = "code.reused"
    TOKEN_ISSUED = "token.issued"  # noqa: S105 - an event's name
    TOKEN_REFUSED = "token.refused"  # noqa: S105 - an event's name
    REQUEST_REFUSED = "request.refused"
    SIGNED_OUT = "signed_out"
    CLIENT_CREATED = "client.created"
    CLIENT_DISABLED = "client.disabled"


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
