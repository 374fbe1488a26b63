"""A worker says every few seconds that it lives, and looks at the clocks while it does (signatures §9.3, G21)."""

import asyncio
import contextlib
import logging
import os
import secrets
import socket
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, Protocol

from gateway.admin.operation_ports import InstanceRegistry
from gateway.admin.operation_records import Instance
from gateway.audit import AuditAction, AuditEvent, AuditLog
from gateway.clock_watch import Look, WatchedClock
from gateway.oidc.ports import StoreUnavailableError
from gateway.product import product_version

_LOG: Final = logging.getLogger("gateway.clock")
BEAT_SECONDS: Final = 5.0
_MILLISECOND: Final = timedelta(milliseconds=1)


class KeysInHand(Protocol):
    """The managed keys of a worker, as it works with them (``LiveKeys``)."""

    @property
    def ready(self) -> frozenset[str]:
        """Names of the keys that it has signed and verified with."""
        ...

    @property
    def used(self) -> Mapping[str, datetime]:
        """By key: when something signed with it was last seen."""
        ...

    @property
    def versions(self) -> Mapping[str, int]:
        """The version of every set."""
        ...


class BreakerStates(Protocol):
    """The circuit breakers of a worker."""

    def states(self) -> Mapping[str, str]:
        """By provider: ``closed``, ``half_open`` or ``open``."""
        ...


@dataclass(frozen=True, slots=True)
class Condition:
    """What a worker tells of itself beside its clock; every member as in ``Instance``."""

    ready: tuple[str, ...] = ()
    used: Mapping[str, str] = field(default_factory=dict)
    set_versions: Mapping[str, str] = field(default_factory=dict)
    breakers: Mapping[str, str] = field(default_factory=dict)


def condition_of(keys: KeysInHand, breakers: BreakerStates | None) -> Condition:
    """What a worker tells of its keys and of the providers, as they are at this moment."""
    return Condition(
        ready=tuple(sorted(keys.ready)),
        used={kid: at.isoformat() for kid, at in keys.used.items()},
        set_versions={name: str(version) for name, version in keys.versions.items()},
        breakers={} if breakers is None else breakers.states(),
    )


class Heartbeat:
    """The heartbeat of one worker."""

    def __init__(
        self,
        registry: InstanceRegistry,
        audit: AuditLog,
        clock: Callable[[], datetime],
        *,
        kind: str = "gateway",
        condition: Callable[[], Condition] = Condition,
    ) -> None:
        self.id = new_id()
        self._registry = registry
        self._audit = audit
        self._clock = clock
        self._kind = kind
        self._condition = condition
        self._started_at = clock()
        self._was_said_to_be_sound = True
        self._is_on_record_as_sound = True

    async def beat(self) -> None:
        """Say that the worker lives; a clock that is believed no more, or again, is told of at once."""
        if not isinstance(self._clock, WatchedClock):
            await self._tell(self._clock())
            return
        await self._look(self._clock)

    async def gone(self) -> None:
        """Say that it stops in order; a store that does not answer forgets it by itself."""
        with contextlib.suppress(StoreUnavailableError):
            await self._registry.gone(self.id)

    async def _look(self, clock: WatchedClock) -> None:
        wall, before = clock.shown()
        time = None
        try:
            time = await self._tell(wall)
        finally:
            half = (clock.shown()[1] - before) / 2
            clock.take(Look(wall + timedelta(seconds=half), before + half, time, timedelta(seconds=half)))
            self._say(clock)
        if clock.is_sound is not self._is_on_record_as_sound:
            await self._put_on_record(clock, time)

    def _say(self, clock: WatchedClock) -> None:
        if clock.is_sound is self._was_said_to_be_sound:
            return
        self._was_said_to_be_sound = clock.is_sound
        if clock.is_sound:
            _LOG.warning("the clock can be believed again")
        else:
            text = "%s by %+.1f s: this worker serves nobody until the clock is right (or it is restarted then)"
            _LOG.error(text, clock.words, clock.skew.total_seconds())

    async def _put_on_record(self, clock: WatchedClock, time: datetime) -> None:
        """Tell the others at once, and the audit by the database's time: this worker's own may be wrong."""
        await self._tell(clock.shown()[0])
        action = AuditAction.CLOCK_TRUSTED if clock.is_sound else AuditAction.CLOCK_DOUBTED
        details = {"instance": self.id, "skew_ms": str(clock.skew // _MILLISECOND)}
        await self._audit.append(AuditEvent(action, time, secrets.token_hex(8), details=details))
        self._is_on_record_as_sound = clock.is_sound

    async def _tell(self, wall: datetime) -> datetime:
        condition, clock = self._condition(), self._clock
        watched = clock if isinstance(clock, WatchedClock) else None
        return await self._registry.beat(
            Instance(
                id=self.id,
                seen_at=wall,
                started_at=self._started_at,
                kind=self._kind,
                version=product_version(),
                ready=condition.ready,
                used=condition.used,
                set_versions=condition.set_versions,
                skew_ms=0 if watched is None else watched.skew // _MILLISECOND,
                healthy=watched is None or watched.is_sound,
                breakers=condition.breakers,
            )
        )


def new_id() -> str:
    """A name for this process that no other one ever has: where it runs, and chance."""
    host = "".join(
        letter for letter in socket.gethostname() if letter.isascii() and (letter.isalnum() or letter in "-.")
    )
    return f"{host[:64] or 'host'}-{os.getpid()}-{secrets.token_hex(4)}"


@contextlib.asynccontextmanager
async def beating(heartbeat: Heartbeat) -> AsyncIterator[None]:
    """Let a worker's heart beat while it serves: once before the first request, at last a word that it stops."""
    await _once(heartbeat)
    task = asyncio.create_task(_again_and_again(heartbeat))
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await heartbeat.gone()


async def _again_and_again(heartbeat: Heartbeat) -> None:
    while True:
        await asyncio.sleep(BEAT_SECONDS)
        await _once(heartbeat)


async def _once(heartbeat: Heartbeat) -> None:
    try:
        await heartbeat.beat()
    except Exception as error:  # noqa: BLE001 - it must go on beating whatever happens
        _LOG.warning("heartbeat failed: %s", type(error).__name__)
