"""The gateway's own relying party among the others: its row carries what hangs on clients, its metadata is the code's.

A stored redirect URI would outlive a change of the issuer and lock people out of their own page.
"""

import secrets
from dataclasses import replace
from datetime import datetime

from gateway.admin.ports import ClientRegistry
from gateway.audit import AuditAction, AuditEvent
from gateway.broker.own_client import own_client
from gateway.oidc.model import Client
from gateway.oidc.ports import ClientStore


class WithOwnParty:
    """A client store that answers for the gateway itself with what holds today."""

    __slots__ = ("_inner", "_own")

    def __init__(self, inner: ClientStore, issuer: str) -> None:
        self._inner = inner
        self._own = own_client(issuer)

    async def find(self, client_id: str) -> Client | None:
        """The client; of the gateway's own one the row says only since when, and whether it is switched off."""
        found = await self._inner.find(client_id)
        if found is None or found.client_id != self._own.client_id:
            return found
        return replace(self._own, created_at=found.created_at, disabled_at=found.disabled_at)


async def with_own_party(clients: ClientStore, registry: ClientRegistry, issuer: str, now: datetime) -> ClientStore:
    """See to it that the gateway's own relying party is there; workers that start at once do not mind each other."""
    own = own_client(issuer)
    if await clients.find(own.client_id) is None:
        details = {"operator": "gateway"}
        event = AuditEvent(
            AuditAction.CLIENT_CREATED, now, secrets.token_hex(8), client_id=own.client_id, details=details
        )
        await registry.save(replace(own, created_at=now), event)
    return WithOwnParty(clients, issuer)
