"""What operators' work needs to be remembered; implemented in ``gateway.store``."""

from datetime import datetime
from typing import Protocol

from gateway.audit import AuditEvent
from gateway.oidc.model import Client


class ClientRegistry(Protocol):
    """Writing side of the registered relying parties."""

    async def save(self, client: Client, event: AuditEvent) -> bool:
        """Add a new client; false if the ``client_id`` is taken."""
        ...

    async def page(self, after: str | None, limit: int) -> list[Client]:
        """Clients in the order of ``client_id``, from the one behind ``after`` on (keyset, never an offset)."""
        ...

    async def disable(self, client_id: str, now: datetime, event: AuditEvent) -> bool:
        """Switch a client off, with all its grants; false if unknown."""
        ...
