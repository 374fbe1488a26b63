"""Does the audit hold? The whole chain is followed and held against every checkpoint, up to the first bad place."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from gateway.admin import checkpoint_file
from gateway.admin.acts import Act
from gateway.admin.audit_chain import Break, ChainError, Finding, Link, Place, follow
from gateway.admin.audit_checkpoints import Checkpoint, Lost, Witnesses
from gateway.admin.audit_keeping import LINKING
from gateway.admin.audit_ports import KeptCheckpoint
from gateway.admin.audit_sealing import PORTION, Sealing
from gateway.audit import AuditAction, AuditLog

Report = Callable[[int, int, int], None]
"""Is told how many events are done, of how many, and the last position that a checkpoint vouches for."""
ReadKept = Callable[[KeptCheckpoint], Checkpoint]
"""Checks a checkpoint; raises ``ChainError``."""

_LOWEST: Final = -(2**63)
"""Before every ``seq``, those too that we never give."""
_NOTHING: Final[Mapping[int, bytes]] = {}


def unheard(_done: int, _total: int, _sealed: int) -> None:
    """Nobody is waiting for news."""


class UnknownCheckpointError(Exception):
    """There is no checkpoint at the position from which somebody wants to go on."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What came of it."""

    finding: Finding | None
    """None if everything holds."""
    events: int = 0
    """That were followed."""
    reached: int = 0
    """The position up to which the chain holds."""
    sealed: int = 0
    """The last position that a checkpoint vouches for."""
    checkpoints: int = 0
    lost: tuple[Lost, ...] = ()
    """What restored backups left out, as the file of checkpoints knows it."""
    goes_on: bool = False
    """Whether it stopped after as many events as were asked for; ``sealed`` is where to go on."""


class Walk:
    """A way along the chain, in portions, whoever brings them: the database or a file."""

    def __init__(self, read: ReadKept, begin: Checkpoint | None = None, seen: Mapping[int, bytes] = _NOTHING) -> None:
        self.place = Place() if begin is None else begin.place
        self.last = begin
        self.events = 0
        self.checkpoints = 0
        self._read = read
        self._witnesses = seen

    @property
    def sealed(self) -> int:
        """The last position that a checkpoint vouches for."""
        return 0 if self.last is None else self.last.position

    def go(self, portion: Sequence[Link], checkpoints: Sequence[KeptCheckpoint]) -> None:
        """Go on; raises ``ChainError``. The checkpoints are those of the portion's positions, in order."""
        broken: ChainError | None = None
        place = self.place
        try:
            place = follow(place, portion)
        except ChainError as error:
            broken = error
        until = place.position if broken is None else (broken.finding.position or 1) - 1
        standing = {kept.position: kept for kept in checkpoints}
        for link in portion:
            if link.position > until:
                break
            self._compare(link.position, link.hash, standing.get(link.position))
            self.events += 1
        if broken is not None:
            raise broken
        self.place = place

    def end(self) -> None:
        """Nothing comes any more; raises ``ChainError`` if something vouches for more."""
        if any(position > self.place.position for position in self._witnesses):
            raise ChainError(Finding(Break.CUT, self.place.position + 1))

    def _compare(self, position: int, found: bytes, kept: KeptCheckpoint | None) -> None:
        """Hold one place against what vouches for it, in the file and beside the chain."""
        if self._witnesses.get(position, found) != found:
            raise ChainError(Finding(Break.REWRITTEN, self.sealed + 1))
        if kept is None:
            return
        checkpoint = self._read(kept)
        if checkpoint.previous != self.sealed:
            missing = checkpoint.previous if checkpoint.previous > self.sealed else checkpoint.position
            raise ChainError(Finding(Break.CHECKPOINT_MISSING, missing))
        if found != checkpoint.hash:
            raise ChainError(Finding(Break.REWRITTEN, self.sealed + 1))
        self.last = checkpoint
        self.checkpoints += 1


def witnesses(sealing: Sealing) -> Witnesses:
    """What the file vouches for; raises ``ChainError`` or ``CheckpointFileError``."""
    return Witnesses() if sealing.file is None else Witnesses.of(checkpoint_file.all_of(sealing.file, sealing.read))


async def verify(
    sealing: Sealing,
    log: AuditLog,
    act: Act,
    *,
    start: int | None = None,
    most: int | None = None,
    report: Report = unheard,
) -> Verdict:
    """Check everything, or what stands behind a checkpoint; raises ``UnknownCheckpointError``, ``CheckpointFileError``.

    With ``most``, it stops at the first checkpoint after so many events; that it was asked for is on record.
    """
    await log.append(act.event(AuditAction.AUDIT_SEARCHED, what="verify", begin=str(start or 0)))
    walk = Walk(sealing.read_kept)
    known = Witnesses()
    try:
        known = await asyncio.to_thread(witnesses, sealing)  # before the database, which may well be newer
        walk = Walk(sealing.read_kept, await beginning(sealing, start), known.hashes)
        if await _go(sealing, walk, most, report):
            return replace(verdict_of(walk, known), goes_on=True)
        await _outside(sealing, act.now)
    except ChainError as error:
        return verdict_of(walk, known, error.finding)
    return verdict_of(walk, known)


async def beginning(sealing: Sealing, start: int | None) -> Checkpoint | None:
    """The checkpoint to begin behind, checked; none for the very beginning. Raises ``UnknownCheckpointError``."""
    if not start:
        return None
    for kept in await sealing.checkpoints.latest(start + 1, 1):
        if kept.position == start:
            return sealing.read_kept(kept)
    raise UnknownCheckpointError


async def _go(sealing: Sealing, walk: Walk, most: int | None, report: Report) -> bool:
    """Walk to where the chain ends now; true if it was stopped before."""
    until = (await sealing.checkpoints.state()).head.position
    total = max(0, until - walk.place.position)
    while walk.place.position < until:
        links = await sealing.chain.links(walk.place.position, min(PORTION, until - walk.place.position))
        walk.go(links, await _checkpoints(sealing, walk.place.position, links))
        if not links:
            raise ChainError(Finding(Break.REMOVED, walk.place.position + 1))
        report(walk.events, total, walk.sealed)
        if most is not None and walk.events >= most and walk.checkpoints and walk.place.position < until:
            return True
    walk.end()
    if newer := await sealing.checkpoints.after(until, 1):
        # Either it was given since, for what was linked since, or the chain was cut.
        (kept,) = newer
        if not await sealing.chain.links(kept.position - 1, 1):
            raise ChainError(Finding(Break.CUT, until + 1))
    return False


async def _checkpoints(sealing: Sealing, after: int, links: Sequence[Link]) -> list[KeptCheckpoint]:
    if not links:
        return []
    found = await sealing.checkpoints.after(after, len(links))
    return [kept for kept in found if kept.position <= links[-1].position]


async def _outside(sealing: Sealing, now: datetime) -> None:
    """Look for events that were never linked: written past the gateway, or by one whose chores stand still."""
    reached: int | None = _LOWEST
    while reached is not None:
        found = await sealing.chain.outside(reached, now - LINKING)
        if found.first is not None:
            raise ChainError(Finding(Break.UNLINKED, seq=found.first))
        reached = found.reached


def verdict_of(walk: Walk, known: Witnesses, finding: Finding | None = None) -> Verdict:
    """What a walk has come to."""
    reached = walk.place.position
    if finding is not None and finding.position is not None:
        reached = finding.position - 1
    return Verdict(
        finding=finding,
        events=walk.events,
        reached=reached,
        sealed=walk.sealed,
        checkpoints=walk.checkpoints,
        lost=known.lost,
    )
