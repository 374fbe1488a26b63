"""Vouches for the audit: a checkpoint at most a minute apart, in the database and in a file beside it (G11).

Nothing is signed that does not follow from the checkpoint before: whoever changes the database gets no signature for
it. Nothing is signed either while the file is ahead of the database and no restored backup is on record.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

from certs.keys.errors import JoseError, KeyMaterialError
from certs.keys.signing_key import SigningKey
from certs.keys.verification_keys import VerificationKeys
from gateway.admin import audit_checkpoints, checkpoint_file
from gateway.admin.audit_chain import Break, ChainError, Finding, Place, follow
from gateway.admin.audit_checkpoints import Checkpoint
from gateway.admin.audit_ports import AuditChain, AuditCheckpoints, ChainState, KeptCheckpoint

PORTION: Final = 2_000
"""Events that are followed at once."""
_CHECKPOINTS: Final = 500
_AT_ONCE: Final = 10_000
"""Events that one checkpoint covers at most: after a day without a key, linking goes on in between."""


class Sealed(StrEnum):
    """What came of sealing."""

    NOTHING = "nothing"
    """It is not due, or another worker was quicker."""
    DONE = "done"
    NO_KEY = "no_key"
    CONTRADICTED = "contradicted"
    """The file is ahead of the database."""
    BROKEN = "broken"
    """What was linked since does not follow from the last checkpoint."""


@dataclass(frozen=True, slots=True, repr=False)
class Sealing:
    """What checkpoints are made with and checked with."""

    chain: AuditChain
    checkpoints: AuditCheckpoints
    issuer: str
    signing_key: Callable[[], SigningKey | None] = field(repr=False)
    """The active key of the set ``audit-es256``; none while there is none."""
    known_keys: Callable[[], Sequence[Mapping[str, Any]]] = field(repr=False)
    """The public halves of that set, those of keys that are out of use too (RFC 7517 §4)."""
    verification_keys: Callable[[], VerificationKeys] = field(repr=False)
    """The same, parsed."""
    file: Path | None = None

    def read(self, token: str) -> Checkpoint:
        """Check one checkpoint; raises ``ChainError``."""
        return audit_checkpoints.read(token, self.issuer, self.verification_keys())

    def read_kept(self, kept: KeptCheckpoint) -> Checkpoint:
        """Check one of the database, whose columns must say what its token says; raises ``ChainError``."""
        return audit_checkpoints.read_at(kept.position, kept.token, self.read)

    async def tail(self) -> Checkpoint | None:
        """The newest checkpoint of the file; raises ``ChainError`` or ``CheckpointFileError``."""
        return None if self.file is None else await asyncio.to_thread(checkpoint_file.last, self.file, self.read)


async def seal(sealing: Sealing, now: datetime, *, at_once: bool = False) -> Sealed:
    """Give a checkpoint if it is due, or if there is anything to vouch for; raises ``CheckpointFileError``.

    The database comes first and the file second: a crash between the two is made up for by ``catch_up``.
    """
    if not _is_due(await sealing.checkpoints.state(), now, at_once=at_once):
        return Sealed.NOTHING
    key = sealing.signing_key()
    if key is None:
        return Sealed.NO_KEY
    try:
        new = await _next(sealing, now)
    except ChainError:
        return Sealed.BROKEN
    if new is None:
        return Sealed.CONTRADICTED
    try:
        token = audit_checkpoints.issue(new, sealing.issuer, key)
    except (KeyMaterialError, JoseError):
        return Sealed.NO_KEY
    done = await sealing.checkpoints.add(KeptCheckpoint(new.position, now, token))
    await catch_up(sealing)
    return Sealed.DONE if done else Sealed.NOTHING


async def seal_all(sealing: Sealing, now: datetime) -> None:
    """Vouch for everything that is linked now, if that is possible; raises ``CheckpointFileError``."""
    until = (await sealing.checkpoints.state()).head.position
    while await seal(sealing, now, at_once=True) is Sealed.DONE:
        last = (await sealing.checkpoints.state()).last
        if last is None or last.position >= until:
            return


async def _next(sealing: Sealing, now: datetime) -> Checkpoint | None:
    """What would be vouched for now; none while the file contradicts. Raises ``ChainError``."""
    tail = await sealing.tail()  # before the database is asked: what is newer there is no contradiction
    state = await sealing.checkpoints.state()
    last = None if state.last is None else sealing.read_kept(state.last)
    if contradicts(tail, last, state.epoch):
        return None
    start = Place() if last is None else last.place
    place = await follow_to(sealing.chain, start, state.head.position, _AT_ONCE)
    return Checkpoint(place.position, place.hash, now, state.epoch, 0 if last is None else last.position)


async def is_sound(sealing: Sealing) -> bool:
    """Whether the newest checkpoint is ours and stands in the chain, and the file agrees; raises as ``seal`` does."""
    tail = await sealing.tail()
    state = await sealing.checkpoints.state()
    if state.last is None:
        return not contradicts(tail, None, state.epoch)
    last = sealing.read_kept(state.last)
    links = await sealing.chain.links(last.position - 1, 1)
    stands = [(link.position, link.hash) for link in links] == [(last.position, last.hash)]
    return stands and not contradicts(tail, last, state.epoch)


def contradicts(tail: Checkpoint | None, last: Checkpoint | None, epoch: int) -> bool:
    """Whether the file knows of something that the database does not, or otherwise.

    A later life of the database, which a restore puts on record, may well go back.
    """
    if tail is None or tail.epoch < epoch:
        return False
    if last is None or tail.epoch > epoch or tail.order > last.order:
        return True
    return tail.position == last.position and tail.hash != last.hash


async def follow_to(chain: AuditChain, place: Place, position: int, most: int | None = None) -> Place:
    """Follow the chain up to a position; raises ``ChainError`` where it breaks or ends before."""
    until = position if most is None else min(position, place.position + most)
    while place.position < until:
        links = await chain.links(place.position, min(PORTION, until - place.position))
        if not links:
            raise ChainError(Finding(Break.CUT, place.position + 1))
        place = follow(place, links)
    return place


async def catch_up(sealing: Sealing) -> int:
    """Write into the file what the database has and the file has not; returns how many lines.

    A new file begins with the newest checkpoints. Raises ``ChainError`` or ``CheckpointFileError``.
    """
    if sealing.file is None:
        return 0
    tail = await sealing.tail()
    missing: list[Checkpoint] = []
    before: int | None = None
    while portion := await sealing.checkpoints.latest(before, _CHECKPOINTS):
        newer = [one for one in map(sealing.read_kept, portion) if tail is None or one.order > tail.order]
        missing += newer
        if tail is None or len(newer) < len(portion):
            break
        before = portion[-1].position
    if not missing:
        return 0
    return await asyncio.to_thread(checkpoint_file.append, sealing.file, missing[::-1], sealing.read)


def _is_due(state: ChainState, now: datetime, *, at_once: bool) -> bool:
    waiting = state.head.position - (0 if state.last is None else state.last.position)
    if at_once:
        return waiting > 0
    return audit_checkpoints.is_due(waiting, None if state.last is None else state.last.at, now)
