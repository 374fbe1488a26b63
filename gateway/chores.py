"""What a running gateway does beside its requests: purge what has ended, learn of new keys, tell relying parties.

Every worker does all of it: each chore takes its work by an atomic statement, so that several do not meet.
"""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from certs.keys import jose
from gateway import upstream_watch
from gateway.admin import key_chores
from gateway.admin.audit_keeping import AuditKeeper
from gateway.admin.key_chores import Probe
from gateway.admin.key_work import KeyOffice
from gateway.admin.records import SwitchKind
from gateway.broker import deliveries
from gateway.broker.notices import TOKEN_TYPE, DeliveryError, Reply, deliver
from gateway.broker.parts import Broker
from gateway.live_keys import LiveKeys
from gateway.oidc.issue import signing_key
from gateway.oidc.model import Client
from gateway.oidc.provider import OpenIDProvider
from gateway.signatures import trust_watch
from gateway.signatures.trust_state import TrustFiles
from gateway.store.open import Stores
from providers.calls import Calls
from providers.errors import ProviderError

_LOG: Final = logging.getLogger("gateway.chores")
_PURGE_SECONDS: Final = 60.0
_PURGE_BATCH: Final = 5_000
_WATCH_SECONDS: Final = 60.0
_LINK_SECONDS: Final = 1.0
_PROOF_SECONDS: Final = 15.0
"""A key that is back signs again within this time (F-KEY-03)."""
_ROTATION_SECONDS: Final = 20.0
_QUICK_SECONDS: Final = 5.0
"""Between two looks at keys in use and at notices: a worker learns of a new key within this time (MP-09)."""
_SIDE_BY_SIDE: Final = 8
"""Rounds of deliveries that may be under way at once; each takes other deliveries by its lease."""
_RECEIVER: Final = "relying_party"
"""What the one door for HTTP calls the far side of a delivery in its errors."""


@dataclass(frozen=True, slots=True)
class Rotation:
    """The managed keys of this process, and what changes them."""

    live: LiveKeys
    office: KeyOffice
    probe: Probe
    automatic: bool = True
    """Whether this gateway takes the steps that are due by itself."""


@dataclass(frozen=True, slots=True)
class Chores:
    """The chores of one worker; each may be done by hand as well, which is how tests do them."""

    stores: Stores
    broker: Broker
    op: OpenIDProvider
    calls: Calls
    clock: Callable[[], datetime]
    due: asyncio.Event
    """Set when something was written that relying parties wait for."""
    rotation: Rotation | None = None
    """The managed keys; none only where a test has no need of them."""
    trust: TrustFiles | None = None
    """The files of the trust lists, for a gateway that validates signatures."""
    keeper: AuditKeeper | None = None
    """Links and vouches for the audit; none only where a test has no need of it."""

    async def purge(self) -> None:
        """Take away what has expired, in small portions (G15)."""
        await self.stores.purge(self.clock(), _PURGE_BATCH)

    async def refresh_keys(self) -> None:
        """Learn which keys are in use now."""
        await self.stores.refresh_keys()

    async def refresh_managed_keys(self) -> None:
        """Learn of rotations, and above all of emergencies, within seconds (KM-03)."""
        if self.rotation is not None:
            await self.rotation.live.refresh()

    async def prove_keys(self) -> None:
        """Let every key prove itself again: one whose file or token has gone signs nothing until it is back."""
        if self.rotation is not None:
            self.rotation.live.prove()

    async def rotate_keys(self) -> None:
        """Take the steps of rotations that are due (§9.1)."""
        if self.rotation is not None and self.rotation.automatic:
            await key_chores.rotate(self.rotation.office, self.rotation.probe, self.clock())
            await self.rotation.live.refresh()

    async def refresh_switches(self) -> None:
        """Learn which providers are switched off, so that the chooser leaves them out (AL-09)."""
        switches = await self.stores.switch_registry.all()
        off = frozenset(switch.name for switch in switches if switch.kind is SwitchKind.PROVIDER)
        self.broker.switched_off.providers = off

    async def refresh_notices(self) -> None:
        """Learn which providers do not answer, or will not, and put on record what this worker has found out."""
        registry, instances = self.stores.outage_registry, self.stores.instances
        await upstream_watch.refresh(self.broker.notices_of_providers, registry, instances, self.clock())
        if self.calls.breakers is not None:
            await upstream_watch.put_on_record(self.calls.breakers, self.stores.audit, self.clock())

    async def watch_trust(self) -> None:
        """Keep the high-water file in step with the lists, and alarm what is late or set back (TL-02, TL-08)."""
        if self.trust is not None:
            await trust_watch.watch(self.stores.trust_lists, self.trust, self.stores.audit, self.clock())

    async def link_audit(self) -> None:
        """Link what has happened since, and vouch for it (G11)."""
        if self.keeper is not None:
            await self.keeper.link(self.clock())

    async def watch_audit(self) -> None:
        """Keep the file of checkpoints in step with the audit, and alarm what does not hold (AU-02)."""
        if self.keeper is not None:
            await self.keeper.watch(self.clock())

    async def deliver_notices(self) -> int:
        """Tell relying parties of numbers that were replaced or withdrawn (RFC 8935); returns how many were told."""
        return await deliver(self.broker, self._sign, self._post, self.clock())

    async def deliver(self) -> int:
        """Tell relying parties of sign-outs and of decided requests (Back-Channel Logout 1.0 §2.5, CIBA §10.2).

        Goes on while there is something to tell; returns how many were told.
        """
        told = 0
        while count := await deliveries.deliver(self.broker.deliveries, self.op, self.clock()):
            told += count
        return told

    def _sign(self, claims: Mapping[str, Any], client: Client) -> str:
        return jose.sign(claims, signing_key(client, self.op), typ=TOKEN_TYPE)

    async def _post(self, url: str, headers: Mapping[str, str], content: bytes) -> Reply:
        try:
            answer = await self.calls.post(_RECEIVER, url, headers=headers, content=content)
        except ProviderError as error:
            raise DeliveryError(error.detail) from error
        return Reply(answer.status, answer.content)


@contextlib.asynccontextmanager
async def under_way(chores: Chores) -> AsyncIterator[None]:
    """Do the chores for as long as the gateway serves."""
    works: tuple[tuple[Callable[[], Awaitable[object]], float], ...] = (
        (chores.purge, _PURGE_SECONDS),
        (chores.refresh_keys, _QUICK_SECONDS),
        (chores.refresh_switches, _QUICK_SECONDS),
        (chores.refresh_notices, _QUICK_SECONDS),
        (chores.refresh_managed_keys, _QUICK_SECONDS),
        (chores.prove_keys, _PROOF_SECONDS),
        (chores.rotate_keys, _ROTATION_SECONDS),
        (chores.deliver_notices, _QUICK_SECONDS),
        (chores.watch_trust, _WATCH_SECONDS),
        (chores.link_audit, _LINK_SECONDS),
        (chores.watch_audit, _WATCH_SECONDS),
    )
    await chores.refresh_switches()
    await _once(chores.refresh_notices)
    await _once(chores.watch_trust)
    tasks = [asyncio.create_task(_every(seconds, work)) for work, seconds in works]
    tasks.append(asyncio.create_task(_whenever(chores.due, _QUICK_SECONDS, chores.deliver)))
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _every(seconds: float, work: Callable[[], Awaitable[object]]) -> None:
    """Work again and again; what fails now, a store that is down for example, is tried again next time."""
    while True:
        await asyncio.sleep(seconds)
        await _once(work)


async def _whenever(due: asyncio.Event, seconds: float, work: Callable[[], Awaitable[object]]) -> None:
    """Work as soon as there is something to do, and from time to time for what another worker left behind.

    One round may wait for a relying party that hangs; the next does not wait for it (LO-05).
    """
    running: set[asyncio.Task[None]] = set()
    async with asyncio.TaskGroup() as rounds:
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    await due.wait()
            due.clear()
            if len(running) < _SIDE_BY_SIDE:
                task = rounds.create_task(_once(work))
                running.add(task)
                task.add_done_callback(running.discard)


async def _once(work: Callable[[], Awaitable[object]]) -> None:
    try:
        await work()
    except Exception as error:  # noqa: BLE001 - a chore must outlive any one failure
        _LOG.warning("%s failed: %s", getattr(work, "__name__", "chore"), type(error).__name__)
