"""What the tamper-evident audit needs to be remembered; implemented in ``gateway.store``."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from gateway.admin.audit_chain import Link, Place
from gateway.admin.operation_records import AuditLine
from gateway.alerts import AlertKind


@dataclass(frozen=True, slots=True)
class KeptCheckpoint:
    """A checkpoint as the database has it: what it says is in its token, and believed only from there."""

    position: int
    at: datetime
    token: str


@dataclass(frozen=True, slots=True)
class ChainState:
    """How far the chain is, and what was vouched for last."""

    head: Place
    """Position 0 when nothing is linked yet."""
    last: KeptCheckpoint | None
    epoch: int
    """The life of the database, by its own record."""


@dataclass(frozen=True, slots=True)
class Outside:
    """What a stretch of the log has outside the chain."""

    reached: int | None
    """The ``seq`` up to which was looked; none when the log has no more."""
    first: int | None = None
    """The first event outside the chain."""
    first_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class AuditFilter:
    """Which events are meant; every part has been checked, and all of them must fit."""

    actions: tuple[str, ...] = ()
    """Any of these; empty for every one."""
    since: datetime | None = None
    until: datetime | None = None
    """The first moment that is not meant any more."""
    client_id: str | None = None
    subject_id: str | None = None
    provider: str | None = None
    operator: str | None = None
    correlation_id: str | None = None


@dataclass(frozen=True, slots=True)
class FoundLines:
    """What one stretch of the log has, newest first."""

    lines: tuple[AuditLine, ...]
    reached: int | None
    """The ``seq`` down to which was looked; none when there is no more."""


@dataclass(frozen=True, slots=True)
class HourCount:
    """How often something happened within an hour."""

    hour: datetime
    action: str
    provider: str
    """Empty for none."""
    count: int


class AuditChain(Protocol):
    """The chain over the log."""

    async def link(self, most: int) -> int:
        """Link events that are not linked yet, at most so many; none if another worker is at it."""
        ...

    async def link_late(self) -> int:
        """Link events that were written earlier and seen later than others."""
        ...

    async def links(self, after: int, most: int) -> Sequence[Link]:
        """The chain behind a position, in its order, with the events as they are now."""
        ...

    async def outside(self, after_seq: int, before: datetime) -> Outside:
        """Look through the next stretch of the log for events outside the chain, written before a moment."""
        ...


class AuditCheckpoints(Protocol):
    """The checkpoints that the database keeps."""

    async def state(self) -> ChainState:
        """How far things are."""
        ...

    async def after(self, position: int, most: int) -> Sequence[KeptCheckpoint]:
        """Those behind a position, in their order."""
        ...

    async def latest(self, before: int | None, most: int) -> Sequence[KeptCheckpoint]:
        """Those before a position, or the very last, the newest first."""
        ...

    async def add(self, checkpoint: KeptCheckpoint) -> bool:
        """Keep one; false if there is one for its position."""
        ...

    async def alarm(self, kind: AlertKind, about: str, now: datetime) -> bool:
        """Tell operators, once while it is open; false if it is."""
        ...


class AuditRecords(Protocol):
    """The log as people look at it."""

    async def search(self, wanted: AuditFilter, before: int | None, most: int) -> FoundLines:
        """Look through the next stretch of the log, from the newest event or from before a ``seq``."""
        ...

    async def counts(self, since: datetime, until: datetime | None = None) -> Sequence[HourCount]:
        """How many sign-ins began, ended and failed, hour by hour; about a second late."""
        ...
