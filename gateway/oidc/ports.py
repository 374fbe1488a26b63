"""What the protocol needs to be remembered; implemented in ``gateway.store``, checked by one suite for all engines."""

from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple, Protocol

from gateway.audit import AuditEvent
from gateway.oidc.errors import OAuthError
from gateway.oidc.model import AccessToken, AuthorizationCode, Client, Grant


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
    """What became of a redemption: a token to remember, or an error; in both cases the code is spent."""

    event: AuditEvent
    token: AccessToken | None = None
    error: OAuthError | None = None


class TokenStore(Protocol):
    """Codes, access tokens and the grants they hang on."""

    async def redeem(
        self, code_hash: bytes, now: datetime, settle: Callable[[Redemption], Settlement]
    ) -> tuple[Redemption, Settlement] | None:
        """Give the code to exactly one caller (RFC 6749 §4.1.2) and store what ``settle`` makes of it.

        One transaction: the code is spent by one atomic statement, ``settle`` (pure, quick) judges it, its token and
        its audit event are stored; it is committed also when the judgement is an error. ``None`` when the code is
        unknown, expired, spent before, or when its grant, subject or client ended (CD-09). A code that comes a second
        time ends its grant, and with it every token on it, and leaves an event of its own (CD-01).
        """
        ...

    async def find_access_token(self, token_hash: bytes, now: datetime) -> tuple[AccessToken, Grant] | None:
        """The live token with its grant; ``None`` when expired, unknown or its grant, subject or client ended."""
        ...

    async def revoke_grant(self, grant_id: str, now: datetime) -> None:
        """End a grant: no code and no token on it is honoured from now on."""
        ...


class ReplayStore(Protocol):
    """One-time marks: a client assertion's ``jti`` and the like (G03)."""

    async def first_use(self, kind: str, value: str, expires_at: datetime, now: datetime) -> bool:
        """True for exactly one caller per (kind, value) until ``expires_at``; a store that cannot tell raises."""
        ...


class StoreUnavailableError(Exception):
    """The database did not answer, or not in time; the edge says 503 and nothing half-done remains (G06)."""
