"""What dynamic registration works with: the tokens that operators gave out, and where clients are kept.

The records of operators are another room's; here stands only what this one needs of them.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from gateway.audit import AuditEvent
from gateway.oidc.model import Client
from gateway.oidc.names import Profile
from gateway.oidc.software_statement import StatementKeys


class InitialAccess(Protocol):
    """How far the bearer of an initial access token may go."""

    @property
    def name(self) -> str:
        """What operators call it."""
        ...

    @property
    def hash(self) -> bytes:
        """Of the token."""
        ...

    @property
    def scopes(self) -> tuple[str, ...]:
        """The most that may be asked for."""
        ...

    @property
    def jurisdiction(self) -> str:
        """Where every client of it sits."""
        ...

    @property
    def purpose(self) -> str:
        """What every client of it asks for data for."""
        ...

    @property
    def profile(self) -> Profile:
        """The least profile."""
        ...


class InitialAccessTokens(Protocol):
    """The tokens that operators gave out."""

    async def find(self, token_hash: bytes, now: datetime) -> InitialAccess | None:
        """The one that may still be used."""
        ...


class Registrations(Protocol):
    """Where clients are kept."""

    async def register(self, client: Client, initial_access: bytes | None, now: datetime, event: AuditEvent) -> bool:
        """Add a client and use up one use of the token, both or neither."""
        ...

    async def replace(self, client: Client, event: AuditEvent) -> bool:
        """Write a client anew; false if unknown."""
        ...

    async def disable(self, client_id: str, now: datetime, event: AuditEvent) -> bool:
        """Switch a client off, with all its grants."""
        ...


@dataclass(frozen=True, slots=True, repr=False)
class Registrar:
    """The parts of dynamic registration."""

    registry: Registrations
    initial_access: InitialAccessTokens
    statement_keys: StatementKeys = field(default_factory=dict)
    """Who may vouch for software."""
    allow_loopback: bool = False
