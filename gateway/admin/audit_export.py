"""A copy of the audit that holds by itself: checked without the database and without this gateway (AU-02, AU-03).

Lines of JSON: a head with the public keys, each event with its place and hash, each checkpoint behind the event that
it vouches for, and an end that is signed, so that nothing can be cut off (docs/reference/audit.md).
"""

import contextlib
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from certs.keys import base64url
from certs.keys.errors import JoseError, KeyMaterialError
from certs.keys.jose import sign
from gateway.admin.acts import Act
from gateway.admin.audit_chain import ChainError, Link, Place
from gateway.admin.audit_checkpoints import Checkpoint
from gateway.admin.audit_proof import Report, beginning, unheard
from gateway.admin.audit_sealing import PORTION, Sealing, is_sound, seal_all
from gateway.admin.checkpoint_file import CheckpointFileError
from gateway.audit import AuditAction, AuditLog

END_TYPE: Final = "gba-audit-export+jws"
VERSION: Final = 1
FORMAT: Final = "gba-audit"


@dataclass(frozen=True, slots=True)
class ExportPage:
    """Some lines of a copy, in their order."""

    lines: tuple[dict[str, Any], ...]
    after: int | None
    """Where to go on; none at the end."""


async def export(
    sealing: Sealing, log: AuditLog, act: Act, *, begin: int = 0, report: Report = unheard
) -> AsyncIterator[dict[str, Any]]:
    """Copy what stands behind a checkpoint, or everything, line by line; raises ``UnknownCheckpointError``."""
    after: int | None = begin
    while after is not None:
        found = await page(sealing, log, act, begin=begin, after=after, most=PORTION)
        for line in found.lines:
            yield line
        after = found.after
        if after is not None:
            report(after - begin, 0, after)


async def page(sealing: Sealing, log: AuditLog, act: Act, *, begin: int, after: int, most: int) -> ExportPage:
    """The next lines of a copy that began behind ``begin``; the head comes first and the end last.

    That it was asked for is on record, and vouched for, before the first line is given.
    """
    lines: list[dict[str, Any]] = []
    start = await beginning(sealing, begin)
    if after == begin:
        await log.append(act.event(AuditAction.AUDIT_EXPORTED, begin=str(begin)))
        with contextlib.suppress(ChainError, CheckpointFileError):
            await seal_all(sealing, act.now)
        lines.append(_head(sealing, start, act.now))
    until, is_vouched_for = await _until(sealing)
    links = await sealing.chain.links(after, max(0, min(most, until - after)))
    kept = await sealing.checkpoints.after(after, most)
    lines += _lines(links, {one.position: one.token for one in kept})
    if links and links[-1].position < until:
        return ExportPage(tuple(lines), links[-1].position)
    if not links and after > begin:
        links = await sealing.chain.links(after - 1, 1)
    place = Place(links[-1].position, links[-1].hash) if links else (start.place if start else Place())
    end = _end(sealing, begin, place, act.now if is_vouched_for and place.position == until else None)
    return ExportPage((*lines, end), None)


async def _until(sealing: Sealing) -> tuple[int, bool]:
    """Up to where to copy: what a checkpoint vouches for; everything where none does, or the audit does not hold."""
    with contextlib.suppress(ChainError, CheckpointFileError):
        if sealing.signing_key() is not None and await is_sound(sealing):
            state = await sealing.checkpoints.state()
            return (0 if state.last is None else state.last.position), True
    return (await sealing.checkpoints.state()).head.position, False


def _head(sealing: Sealing, begin: Checkpoint | None, now: datetime) -> dict[str, Any]:
    head = {
        "kind": FORMAT,
        "version": VERSION,
        "issuer": sealing.issuer,
        "exported_at": now.astimezone(UTC).isoformat(),
        "after": 0 if begin is None else begin.position,
        "keys": [dict(key) for key in sealing.known_keys()],
    }
    return head if begin is None else head | {"checkpoint": begin.token}


def _lines(links: Iterable[Link], tokens: Mapping[int, str]) -> Iterator[dict[str, Any]]:
    for link in links:
        yield {
            "kind": "event",
            "position": link.position,
            "hash": base64url.encode(link.hash),
            "row": None if link.row is None else dict(link.row),
        }
        if link.position in tokens:
            yield {"kind": "checkpoint", "token": tokens[link.position]}


def _end(sealing: Sealing, begin: int, place: Place, now: datetime | None) -> dict[str, Any]:
    says = {"after": begin, "until": place.position, "hash": base64url.encode(place.hash)}
    key = sealing.signing_key()
    if key is not None and now is not None:
        try:
            claims = {"iss": sealing.issuer, "at": now.astimezone(UTC).isoformat(), **says}
            return {"kind": "end", "token": sign(claims, key, typ=END_TYPE)}
        except (KeyMaterialError, JoseError):
            pass
    return {"kind": "end", **says}
