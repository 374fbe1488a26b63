"""A client store that also knows relying parties of the federation: found by entity identifier, vouched for above.

A stranger decides when we call whom, so calls are few: one at a time for an entity, failures are remembered a while,
and there is a limit for all of them together. What was verified is stored like any client, and verified again in time.
"""

import asyncio
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final, Protocol

from certs.keys.jose import VerificationKeys
from gateway.audit import AuditAction, AuditEvent
from gateway.oidc.federation.automatic import REGISTERED_BY, Admission
from gateway.oidc.federation.chain import resolve
from gateway.oidc.federation.statement import FederationError, check_entity_id
from gateway.oidc.federation.trust_mark import MarkJudge
from gateway.oidc.model import Client
from gateway.oidc.ports import ClientStore, Fetch
from gateway.oidc.random_values import new_id

_LOG: Final = logging.getLogger("gateway.federation")
FAILURE_MEMORY: Final = timedelta(seconds=60)
MAX_FAILURES: Final = 1_024
RESOLUTIONS_PER_MINUTE: Final = 30
"""Chains that one worker verifies in a minute, whoever asks."""


class FederatedRegistry(Protocol):
    """Where verified relying parties are kept."""

    async def save(self, client: Client, event: AuditEvent) -> bool:
        """Add; false if it is there."""
        ...

    async def replace(self, client: Client, event: AuditEvent) -> bool:
        """Change; false if it is not there."""
        ...


@dataclass(slots=True)
class _Pace:
    """The resolutions of the last minute, and the entities that failed lately."""

    begun: list[datetime] = field(default_factory=list)
    failed: dict[str, datetime] = field(default_factory=dict)
    locks: dict[str, asyncio.Lock] = field(default_factory=dict)

    def admits(self, entity_id: str, now: datetime) -> bool:
        self.begun = [at for at in self.begun if at > now - timedelta(minutes=1)]
        failed_at = self.failed.get(entity_id)
        if failed_at is not None and now < failed_at + FAILURE_MEMORY:
            return False
        if len(self.begun) >= RESOLUTIONS_PER_MINUTE:
            return False
        self.begun.append(now)
        return True

    def note_failure(self, entity_id: str, now: datetime) -> None:
        if len(self.failed) >= MAX_FAILURES:
            self.failed.clear()
        self.failed[entity_id] = now


@dataclass(frozen=True, slots=True)
class FederatedClients:
    """``ClientStore``: the registered clients, and those that a trust chain leads to."""

    inner: ClientStore
    registry: FederatedRegistry
    anchors: Mapping[str, VerificationKeys]
    admission: Admission
    fetch: Fetch
    clock: Callable[[], datetime]
    allow_loopback: bool = False
    _pace: _Pace = field(default_factory=_Pace)

    async def find(self, client_id: str) -> Client | None:
        """The client; an entity identifier that is unknown, or whose chain is over, is looked up in the federation."""
        found = await self.inner.find(client_id)
        if found is not None and not self._is_over(found):
            return found
        if found is None and "://" not in client_id:
            return None
        try:
            return await self._resolved(check_entity_id(client_id), found)
        except FederationError as error:
            _LOG.info("federation: %s", error)
            return None

    def _is_over(self, client: Client) -> bool:
        ends_at = client.expires_at
        return client.registered_by == REGISTERED_BY and ends_at is not None and ends_at <= self.clock()

    async def _resolved(self, entity_id: str, known: Client | None) -> Client | None:
        lock = self._pace.locks.setdefault(entity_id, asyncio.Lock())
        try:
            async with lock:
                again = await self.inner.find(entity_id)
                if again is not None and not self._is_over(again):
                    return again
                return await self._verified(entity_id, known)
        finally:
            if not lock.locked():
                self._pace.locks.pop(entity_id, None)

    async def _verified(self, entity_id: str, known: Client | None) -> Client | None:
        now = self.clock()
        if known is not None and not known.is_active:
            return known  # an operator has switched it off: no chain switches it on again
        if not self._pace.admits(entity_id, now):
            raise FederationError("too many entities are being looked up")
        try:
            chain = await resolve(entity_id, self.anchors, self.fetch, now)
            marks = await MarkJudge(self.anchors, self.fetch).held(chain, now)
            client = self.admission.client(chain, marks, now, allow_loopback=self.allow_loopback)
        except FederationError:
            self._pace.note_failure(entity_id, now)
            raise
        return await self._kept(client, known, now)

    async def _kept(self, client: Client, known: Client | None, now: datetime) -> Client | None:
        details = {"by": REGISTERED_BY}
        if known is not None:
            event = AuditEvent(AuditAction.CLIENT_UPDATED, now, new_id(), client_id=client.client_id, details=details)
            # The pairwise subjects of its people hang on the sector: it stays what it was at first sight.
            await self.registry.replace(replace(client, created_at=known.created_at, sector=known.sector), event)
        else:
            event = AuditEvent(AuditAction.CLIENT_CREATED, now, new_id(), client_id=client.client_id, details=details)
            await self.registry.save(client, event)
        return await self.inner.find(client.client_id)
