"""Requests that are answered in another place than where they were made: a kiosk's and a counter's (RFC 8628, CIBA)."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from gateway.oidc.model import AuthorizationRequest
from gateway.oidc.names import GrantType


class DecoupledState(StrEnum):
    """Where a request without a browser of its own stands (RFC 8628 §3.5, CIBA §11)."""

    PENDING = "pending"
    APPROVED = "approved"
    DENIED = "denied"
    REDEEMED = "redeemed"


@dataclass(frozen=True, slots=True)
class DecoupledRequest:
    """A request of a kiosk (RFC 8628) or a counter (CIBA): answered elsewhere, polled for here."""

    id: str
    """Names it on our own pages; knowing it opens nothing."""
    hash: bytes = field(repr=False)
    """Of the ``device_code`` or ``auth_req_id``."""
    grant_type: GrantType
    """``DEVICE_CODE`` or ``CIBA``."""
    client_id: str
    request: AuthorizationRequest = field(repr=False)
    """What is asked for; ``redirect_uri`` and ``code_challenge`` are empty."""
    created_at: datetime
    expires_at: datetime
    interval: timedelta
    """The least time between two polls."""
    state: DecoupledState = DecoupledState.PENDING
    user_code_hash: bytes | None = field(default=None, repr=False)
    """Of the code that the person types (device only)."""
    subject_id: str | None = field(default=None, repr=False)
    """The person who is asked (CIBA only)."""
    binding_message: str | None = field(default=None, repr=False)
    notification_token: str | None = field(default=None, repr=False)
    """The bearer token for the ping (CIBA §10.2)."""
    auth_req_id: str | None = field(default=None, repr=False)
    """The ``auth_req_id`` itself, for clients that are pinged alone: the ping has to name it. It rests sealed."""
    grant_id: str | None = None
    """What it is worth once approved."""
    polled_at: datetime | None = None
