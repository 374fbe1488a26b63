"""What every worker does for the audit beside its requests: link, vouch, watch (decision 0020).

Several workers do not meet: who links holds a lock, and a position takes one link and one checkpoint.
"""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Final

from gateway.admin.audit_chain import Break, ChainError, Finding, Place
from gateway.admin.audit_checkpoints import Checkpoint
from gateway.admin.audit_ports import ChainState
from gateway.admin.audit_sealing import Sealed, Sealing, catch_up, contradicts, follow_to, seal
from gateway.admin.checkpoint_file import CheckpointFileError
from gateway.alerts import AlertKind

BATCH: Final = 500
"""Events that are linked in one transaction: sign-ins wait for it no longer than for one another."""
UNSEALED: Final = timedelta(minutes=5)
"""How long an event may be without a checkpoint before somebody is told (F-AUDF-03)."""
LINKING: Final = timedelta(seconds=60)
"""How long an event may stand outside the chain."""
_BATCHES: Final = 20
_LATE_EVERY: Final = 30
"""Rounds between two looks for events that were seen late."""
_REST: Final = 60
"""Rounds without a try after a checkpoint was refused: what is broken does not mend itself."""
_WATCHED: Final = 5_000
"""Events that are followed at each look."""


class FileState(StrEnum):
    """How the file of checkpoints stands to the database."""

    NONE = "none"
    """There is none: whoever can write to the database can cut the audit without being noticed from it."""
    AGREES = "agrees"
    BEHIND = "behind"
    AHEAD = "ahead"
    BROKEN = "broken"
    UNREADABLE = "unreadable"


@dataclass(frozen=True, slots=True)
class AuditStanding:
    """How the audit stands, for ``doctor``, the dashboard and metrics."""

    head: int
    """Events in the chain."""
    sealed: int
    """Up to which position a checkpoint vouches."""
    sealed_at: datetime | None
    file: FileState
    has_key: bool
    holds: bool
    """Whether what is newest follows from the last checkpoint; all of it is for ``gate audit verify``."""
    is_late: bool
    """Whether an event waits for its link or its checkpoint longer than it may."""

    @property
    def unsealed(self) -> int:
        """Events without a checkpoint."""
        return max(0, self.head - self.sealed)


class AuditKeeper:
    """The chores of one worker; it remembers only when to look next."""

    def __init__(self, sealing: Sealing) -> None:
        self.sealing = sealing
        self._round = 0
        self._rest = 0

    async def link(self, now: datetime) -> int:
        """Link what is new and vouch for it when that is due; returns how many events were linked."""
        chain = self.sealing.chain
        linked = await chain.link_late() if self._round % _LATE_EVERY == 0 else 0
        self._round += 1
        for _ in range(_BATCHES):
            count = await chain.link(BATCH)
            linked += count
            await self._seal(now)
            if count < BATCH:
                break
        return linked

    async def watch(self, now: datetime) -> AuditStanding:
        """Bring the file up to date, and tell operators of what is not as it should be."""
        found = await standing(self.sealing, now)
        if found.file is FileState.BEHIND:
            found = await self._caught_up(found, now)
        for kind, about in _alarms(found):
            await self.sealing.checkpoints.alarm(kind, about, now)
        return found

    async def _seal(self, now: datetime) -> None:
        if self._rest > 0:
            self._rest -= 1
            return
        try:
            outcome = await seal(self.sealing, now)
        except (ChainError, CheckpointFileError):
            return  # the checkpoint is in the database; ``watch`` tells of the file
        if outcome in {Sealed.BROKEN, Sealed.CONTRADICTED, Sealed.NO_KEY}:
            self._rest = _REST

    async def _caught_up(self, found: AuditStanding, now: datetime) -> AuditStanding:
        try:
            await catch_up(self.sealing)
        except ChainError:
            return replace(found, holds=False)
        except CheckpointFileError:
            return replace(found, file=FileState.UNREADABLE)
        return await standing(self.sealing, now)


async def standing(sealing: Sealing, now: datetime) -> AuditStanding:
    """How things are; changes nothing."""
    tail, trouble = await _tail(sealing)
    state = await sealing.checkpoints.state()
    holds, last = True, None
    try:
        last = None if state.last is None else sealing.read_kept(state.last)
        await _follow_newest(sealing, state, last)
    except ChainError:
        holds = False
    sealed = 0 if last is None else last.position
    return AuditStanding(
        head=state.head.position,
        sealed=sealed,
        sealed_at=None if last is None else last.at,
        file=trouble or _compared(sealing, tail, last, state),
        has_key=sealing.signing_key() is not None,
        holds=holds,
        is_late=await _waits_too_long(sealing, sealed, state.head.position, now),
    )


async def _tail(sealing: Sealing) -> tuple[Checkpoint | None, FileState | None]:
    try:
        return await sealing.tail(), None
    except ChainError:
        return None, FileState.BROKEN
    except CheckpointFileError:
        return None, FileState.UNREADABLE


async def _follow_newest(sealing: Sealing, state: ChainState, last: Checkpoint | None) -> None:
    place = Place() if last is None else last.place
    if last is not None:
        # The link that was vouched for must still be there, and those behind it must follow.
        links = await sealing.chain.links(last.position - 1, 1)
        if [(link.position, link.hash) for link in links] != [(last.position, last.hash)]:
            raise ChainError(Finding(Break.CUT, last.position))
    await follow_to(sealing.chain, place, state.head.position, _WATCHED)


def _compared(sealing: Sealing, tail: Checkpoint | None, last: Checkpoint | None, state: ChainState) -> FileState:
    if sealing.file is None:
        return FileState.NONE
    if contradicts(tail, last, state.epoch):
        return FileState.AHEAD
    is_behind = last is not None and (tail is None or tail.order < last.order)
    return FileState.BEHIND if is_behind else FileState.AGREES


def _alarms(found: AuditStanding) -> list[tuple[AlertKind, str]]:
    alarms = []
    if not found.holds:
        alarms.append((AlertKind.AUDIT_BROKEN, "chain"))
    if found.file is FileState.BROKEN:
        alarms.append((AlertKind.AUDIT_BROKEN, "file"))
    if found.file is FileState.AHEAD:
        alarms.append((AlertKind.AUDIT_RESTORED, "file"))
    if found.file is FileState.UNREADABLE:
        alarms.append((AlertKind.AUDIT_UNSEALED, "file"))
    if found.is_late:
        alarms.append((AlertKind.AUDIT_UNSEALED, "chain"))
    return alarms


async def _waits_too_long(sealing: Sealing, sealed: int, head: int, now: datetime) -> bool:
    """Whether the first event without a checkpoint, or the first without a link, is older than it may be."""
    for link in await sealing.chain.links(sealed, 1):
        if link.row is None or _moment(link.row["at"], now) < now - UNSEALED:
            return True
    newest = await sealing.chain.links(head - 1, 1)
    after = next((link.row["seq"] for link in newest if link.row is not None), 0)
    return (await sealing.chain.outside(after, now - LINKING)).first is not None


def _moment(text: str, otherwise: datetime) -> datetime:
    try:
        return datetime.fromisoformat(text).astimezone(UTC)
    except ValueError:  # of a row that was not written by us: the chain will not hold either
        return otherwise
