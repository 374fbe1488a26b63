"""What the protocol needs to be remembered; implemented in ``gateway.store``, checked by one suite for all engines."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, NamedTuple, Protocol

from gateway.audit import AuditEvent
from gateway.oidc.decoupled import DecoupledRequest
from gateway.oidc.errors import OAuthError
from gateway.oidc.model import AccessToken, AuthorizationCode, Client, Grant, RefreshToken


class ClientStore(Protocol):
    """The registered relying parties."""

    async def find(self, client_id: str) -> Client | None:
        """The client, also when disabled: the caller decides what that means."""
        ...


class Redemption(NamedTuple):
    """What an unspent code is worth."""

    code: AuthorizationCode
    grant: Grant


class Settlement(NamedTuple):
    """What became of a redemption: tokens to remember, or an error; in both cases what was redeemed is spent."""

    event: AuditEvent
    token: AccessToken | None = None
    error: OAuthError | None = None
    text: str | None = None
    """The access token itself, for the answer; the store does not look at it."""
    refresh_token: RefreshToken | None = None


class Refreshing(NamedTuple):
    """What a refresh token is worth: the token as found, its grant, and its client's scopes of today."""

    token: RefreshToken
    grant: Grant


class RefreshSettlement(NamedTuple):
    """What became of a refresh."""

    event: AuditEvent
    token: AccessToken | None = None
    successor: RefreshToken | None = None
    """The token that takes the place of the presented one; stored once however often it is handed in."""
    idle_ends_at: datetime | None = None
    """The new idle end of the presented token, when it stays; never beyond its ``ends_at``."""
    ends_family: bool = False
    """A token that was rotated too long ago came back: the grant ends (RFC 9700 §4.14.2)."""
    error: OAuthError | None = None
    text: str | None = None


class TokenStore(Protocol):
    """Codes, access tokens and the grants they hang on."""

    async def redeem(
        self, code_hash: bytes, now: datetime, settle: Callable[[Redemption], Settlement]
    ) -> tuple[Redemption, Settlement] | None:
        """Give the code to exactly one caller (RFC 6749 §4.1.2) and store what ``settle`` makes of it.

        Without a second transaction the refresh token of the settlement is stored as well.

        One transaction: the code is spent by one atomic statement, ``settle`` (pure, quick) judges it, its token and
        its audit event are stored; it is committed also when the judgement is an error. ``None`` when the code is
        unknown, expired, spent before, or when its grant, subject or client ended (CD-09). A code that comes a second
        time ends its grant, and with it every token on it, and leaves an event of its own (CD-01).
        """
        ...

    async def find_access_token(self, token_hash: bytes, now: datetime) -> tuple[AccessToken, Grant] | None:
        """The live token with its grant; ``None`` when expired, unknown or its grant, subject or client ended."""
        ...

    async def refresh(
        self, token_hash: bytes, now: datetime, settle: Callable[[Refreshing], RefreshSettlement]
    ) -> tuple[Refreshing, RefreshSettlement] | None:
        """Judge a refresh token and store what comes of it, in one transaction that locks its row (RFC 6749 §6).

        ``None`` when unknown, past either of its ends, or when its grant, subject or client ended (RT-06). A token
        that was spent already is handed to ``settle`` all the same, with ``spent_at`` set: its own rule decides.
        Otherwise the presented token is spent if there is a successor, else its idle end moves to ``idle_ends_at`` of
        the settlement (``Lifetimes.refresh_token_idle`` from now, never beyond ``ends_at``).
        """
        ...

    async def find_refresh_token(self, token_hash: bytes, now: datetime) -> tuple[RefreshToken, Grant] | None:
        """The live, unspent token with its grant, for introspection and revocation."""
        ...

    async def add_access_token(self, token: AccessToken, event: AuditEvent, now: datetime) -> bool:
        """Store one more token on a live grant (token exchange); false when the grant has ended meanwhile."""
        ...

    async def revoke_access_token(self, token_hash: bytes, event: AuditEvent, now: datetime) -> bool:
        """Forget one access token; false if there is none."""
        ...

    async def revoke_grant(self, grant_id: str, now: datetime, event: AuditEvent | None = None) -> None:
        """End a grant: no code and no token on it is honoured from now on."""
        ...


class PushedRequestStore(Protocol):
    """Pushed authorization requests (RFC 9126): their parameters, sealed, under the hash of a ``request_uri``."""

    async def push(self, handle: bytes, client_id: str, pairs: Sequence[tuple[str, str]], expires_at: datetime) -> None:
        """Remember the parameters of a request that passed every check."""
        ...

    async def pushed(self, handle: bytes, client_id: str, now: datetime) -> Sequence[tuple[str, str]] | None:
        """The live, unspent parameters of this very client; opening them again before the sign-in ends is no harm."""
        ...

    async def spend(self, handle: bytes, now: datetime) -> bool:
        """Spend the handle; true for exactly one caller. The end of a sign-in does so in its own transaction."""
        ...


class DecoupledStore(Protocol):
    """Requests of devices and counters, answered in another place than where they were made (RFC 8628, CIBA)."""

    async def begin(self, request: DecoupledRequest, event: AuditEvent) -> bool:
        """Remember a new one; false if its user code is in use just now."""
        ...

    async def by_user_code(self, user_code_hash: bytes, now: datetime) -> DecoupledRequest | None:
        """The live, pending request whose code a person typed."""
        ...

    async def of_subject(self, subject_id: str, now: datetime) -> Sequence[DecoupledRequest]:
        """The live, pending requests that ask this person, oldest first."""
        ...

    async def subject_of(self, sector: str, sub: str) -> str | None:
        """The id of the person whom a sector knows by a ``sub``, for the hints of CIBA; none who may not sign in."""
        ...

    async def by_id(self, request_id: str, now: datetime) -> DecoupledRequest | None:
        """The live request, whatever its state, for our own pages."""
        ...

    async def deny(self, request_id: str, now: datetime, event: AuditEvent) -> bool:
        """The person said no; true for exactly one caller, false if it was decided before."""
        ...

    async def poll(self, request_hash: bytes, now: datetime) -> DecoupledRequest | None:
        """The request as it stood before this poll, whose moment is now on record; ``None`` when unknown or purged."""
        ...

    async def slow_down(self, request_hash: bytes, interval: timedelta) -> None:
        """Set the longer interval of a device that polls too fast (RFC 8628 §3.5); it never becomes shorter."""
        ...

    async def redeem(
        self, request_hash: bytes, now: datetime, settle: Callable[[DecoupledRequest, Grant], Settlement]
    ) -> tuple[Grant, Settlement] | None:
        """Give an approved request's grant to exactly one caller, as ``TokenStore.redeem`` does with a code."""
        ...


class Fetched(NamedTuple):
    """What an address answered within the limits."""

    status: int
    body: bytes
    content_type: str


class FetchError(Exception):
    """Nothing usable came back; the text is one fixed word and says nothing of the target (SF-06)."""


class Fetch(Protocol):
    """Calls addresses that relying parties or federation entities name: https, public hosts, bounded, no redirects."""

    async def get(self, url: str, headers: Mapping[str, str] | None = None) -> Fetched:
        """Fetch; raises ``FetchError``."""
        ...

    async def post(self, url: str, content: bytes, headers: Mapping[str, str]) -> Fetched:
        """Post bytes; raises ``FetchError``."""
        ...


class RateLimits(Protocol):
    """How often one client may call; shared by all workers (DS-01)."""

    async def admit(self, client_id: str, per_minute: int, now: datetime) -> timedelta | None:
        """Count one request; how long to wait when there are too many, ``None`` when it may go on."""
        ...


class CertificateReader(Protocol):
    """What a TLS client certificate says (RFC 8705 §2)."""

    def thumbprint(self, certificate: bytes) -> str:
        """SHA-256 of the DER form, base64url (RFC 8705 §3.1)."""
        ...

    def names(self, certificate: bytes, now: datetime) -> Mapping[str, Sequence[str]] | None:
        """Subject and alternative names by ``tls_client_auth_…`` metadata name, if a trusted authority issued it.

        ``None`` when it does not chain up to the configured authorities or is out of its time (RFC 8705 §2.1).
        """
        ...

    def is_one_of(self, certificate: bytes, jwks: Mapping[str, Any], now: datetime) -> bool:
        """Whether its public key is one of the client's own (``self_signed_tls_client_auth``, RFC 8705 §2.2)."""
        ...


class DeliveryKind(StrEnum):
    """What is delivered to relying parties until they take it."""

    LOGOUT = "logout"
    """A logout token (Back-Channel Logout 1.0 §2.5)."""
    PING = "ping"
    """The news that a CIBA request was decided (CIBA §10.2)."""
    KEY = "key"
    """A Security Event Token: a key of ours is not to be believed any more (RFC 8417)."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """Something that a relying party must be told; tried again until it is taken or given up."""

    id: str
    """Also the ``jti`` of the token: the same at every try (LO-05)."""
    kind: DeliveryKind
    client_id: str
    content: Mapping[str, str] = field(repr=False)
    """LOGOUT: ``sub``, ``sid``; PING: ``auth_req_id``, ``token``; KEY: ``kid``, ``since``. It rests sealed."""
    at: datetime
    tries: int = 0


class DeliveryStore(Protocol):
    """What is still to be delivered, and what could not be."""

    async def due(self, now: datetime, lease: timedelta, most: int) -> Sequence[Delivery]:
        """Take deliveries that are due; nobody else gets them before the lease is over."""
        ...

    async def delivered(self, delivery_id: str, event: AuditEvent, now: datetime) -> None:
        """It was taken."""
        ...

    async def try_again(self, delivery_id: str, due_at: datetime) -> None:
        """It was not taken; when to try again."""
        ...

    async def give_up(self, delivery_id: str, event: AuditEvent, now: datetime) -> None:
        """Put it on the list of dead letters."""
        ...


class ReplayStore(Protocol):
    """One-time marks: a client assertion's ``jti`` and the like (G03)."""

    async def first_use(self, kind: str, value: str, expires_at: datetime, now: datetime) -> bool:
        """True for exactly one caller per (kind, value) until ``expires_at``; a store that cannot tell raises."""
        ...

    async def is_used(self, kind: str, value: str, now: datetime) -> bool:
        """Whether the mark stands, without making it; a store that cannot tell raises."""
        ...


class StoreUnavailableError(Exception):
    """The database did not answer, or not in time; the edge says 503 and nothing half-done remains (G06)."""
