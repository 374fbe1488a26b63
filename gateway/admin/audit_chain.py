"""The chain over the audit: how each event is tied to all before it, and how a break is found and named (G11).

Everything here is computed from values, so that a copy of the log is verified without its database. The rule, byte
for byte, is written down in docs/reference/audit.md.
"""

import hashlib
import hmac
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from certs.keys.canonical import canonical

START: Final = bytes(32)
"""What the first event is tied to."""
COLUMNS: Final = ("seq", "at", "action", "correlation_id", "client_id", "subject_id", "provider", "details")
"""Of a row of the log: each of them is covered by the hash."""
UNREADABLE: Final = "(unreadable)"

_DOMAIN: Final = b"gba-audit-link 1\n"
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
LARGEST: Final = 2**53 - 1
"""Whole numbers beyond it have no canonical spelling."""


class Break(StrEnum):
    """How an audit fails to hold."""

    EDITED = "edited"
    """The event is not the one that was linked here, or one before it was taken out."""
    REMOVED = "removed"
    """The event, or its link, is gone."""
    INSERTED = "inserted"
    """An event stands where the next one follows from the one before."""
    REORDERED = "reordered"
    """The event of another place stands here."""
    CUT = "cut"
    """The log ends before a checkpoint that was given."""
    REWRITTEN = "rewritten"
    """The chain holds in itself, and is not the one that a checkpoint vouches for."""
    UNLINKED = "unlinked"
    """An event stands outside the chain for longer than linking takes."""
    CHECKPOINT_FORGED = "checkpoint_forged"
    """A checkpoint is not signed by one of our keys, or does not say what it must."""
    CHECKPOINT_MISSING = "checkpoint_missing"
    """A checkpoint that the next one names is gone."""
    TORN = "torn"
    """The copy ends before its end, or is no copy of an audit."""


@dataclass(frozen=True, slots=True)
class Finding:
    """The first thing that is wrong."""

    kind: Break
    position: int | None = None
    """In the chain; what stands before it holds."""
    seq: int | None = None
    """Of an event outside the chain."""


class ChainError(Exception):
    """An audit does not hold; the text names the kind and the place and quotes nothing."""

    def __init__(self, finding: Finding) -> None:
        super().__init__(f"{finding.kind.value} at {finding.position or finding.seq}")
        self.finding = finding


@dataclass(frozen=True, slots=True)
class Link:
    """One place in the chain, with the event that stands there now."""

    position: int
    hash: bytes
    row: Mapping[str, Any] | None = field(repr=False)
    """As it is hashed; none if the event is gone."""


@dataclass(frozen=True, slots=True)
class Place:
    """How far a chain was followed."""

    position: int = 0
    hash: bytes = START


def row_of(  # noqa: PLR0917 - one parameter for each column, in the order of the table
    seq: Any, at: Any, action: Any, correlation_id: Any, client_id: Any, subject_id: Any, provider: Any, details: Any
) -> dict[str, Any]:
    """A row's columns as they are hashed and exported, whatever was written there.

    A value of a kind that we never write becomes a fixed word: it must not keep the chain from going on.
    """
    return {
        "seq": _plain(seq),
        "at": _written(at),
        "action": _plain(action),
        "correlation_id": _plain(correlation_id),
        "client_id": _plain(client_id),
        "subject_id": _plain(subject_id),
        "provider": _plain(provider),
        "details": _plain(details),
    }


def link_hash(previous: bytes, row: Mapping[str, Any]) -> bytes:
    """The hash of the event that comes next (docs/reference/audit.md)."""
    return hashlib.sha256(_DOMAIN + previous + canonical(row)).digest()


def chained(place: Place, rows: Sequence[Mapping[str, Any]]) -> Iterator[Link]:
    """Link further events to what is there."""
    for row in rows:
        place = Place(place.position + 1, link_hash(place.hash, row))
        yield Link(place.position, place.hash, row)


def follow(place: Place, portion: Sequence[Link]) -> Place:
    """Go on through a portion of the chain in the order of its positions; raises `ChainError` at the first break."""
    for index, link in enumerate(portion):
        if link.position != place.position + 1 or link.row is None:
            raise ChainError(Finding(Break.REMOVED, place.position + 1))
        if not hmac.compare_digest(link_hash(place.hash, link.row), link.hash):
            raise ChainError(Finding(_kind(place, portion, index), link.position))
        place = Place(link.position, link.hash)
    return place


def _kind(place: Place, portion: Sequence[Link], index: int) -> Break:
    """What was done at a place whose event does not fit; looked for once, so it may take its time."""
    here = portion[index]
    for following in portion[index + 1 : index + 2]:
        if following.row is not None and link_hash(place.hash, following.row) == following.hash:
            return Break.INSERTED
    own_seq = {} if here.row is None else {"seq": here.row["seq"]}
    for other in portion:
        if other is here or other.row is None:
            continue
        # Either the links were exchanged, or what the events say.
        if here.hash in {link_hash(place.hash, other.row), link_hash(place.hash, {**other.row, **own_seq})}:
            return Break.REORDERED
    return Break.EDITED


def _plain(value: Any) -> Any:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) <= LARGEST:
        return value
    return UNREADABLE


def _written(microseconds: Any) -> str:
    """A moment of the database, a count of microseconds since 1970, in RFC 3339 with six digits."""
    if not isinstance(microseconds, int):
        return UNREADABLE
    try:
        moment = _EPOCH + timedelta(microseconds=microseconds)
    except OverflowError:
        return UNREADABLE
    return moment.isoformat(timespec="microseconds").removesuffix("+00:00") + "Z"
