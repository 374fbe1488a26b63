"""Signed checkpoints of the audit: what a key outside the database vouches for, at most a minute apart (G11, AU-03)."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Self

from certs.keys import base64url
from certs.keys.errors import JoseError
from certs.keys.expectation import Expectation
from certs.keys.jose import VerificationKeys, sign, verify
from certs.keys.signing_key import SigningKey
from gateway.admin.audit_chain import Break, ChainError, Finding, Place

TYPE: Final = "gba-audit-checkpoint+jws"
EVERY: Final = timedelta(seconds=60)
"""The longest that a linked event waits for a checkpoint."""
EVENTS: Final = 1_000
"""The most events that wait for one (security specification 3)."""
_HASH_BYTES: Final = 32
_LARGEST: Final = 2**53 - 1
_NUMBERS: Final = ("position", "count", "epoch", "previous")
_MOMENT: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", re.ASCII)


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What a checkpoint says: the chain had this hash at this position."""

    position: int
    hash: bytes
    at: datetime
    epoch: int
    """The life of the database that it belongs to."""
    previous: int
    """The position of the checkpoint before it; 0 for none."""
    token: str = field(default="", repr=False)

    @property
    def place(self) -> Place:
        """Where the chain was."""
        return Place(self.position, self.hash)

    @property
    def order(self) -> tuple[int, int]:
        """Its place among all checkpoints: a later life goes on from an earlier position."""
        return self.epoch, self.position


def is_due(waiting: int, last_at: datetime | None, now: datetime) -> bool:
    """Whether so many linked events want a checkpoint."""
    if waiting <= 0:
        return False
    # A clock that was set back must not keep checkpoints away until it has caught up.
    return last_at is None or waiting >= EVENTS or abs(now - last_at) >= EVERY


def issue(checkpoint: Checkpoint, issuer: str, key: SigningKey) -> str:
    """Write a checkpoint as a signed token."""
    claims = {
        "iss": issuer,
        "position": checkpoint.position,
        "hash": base64url.encode(checkpoint.hash),
        "count": checkpoint.position - checkpoint.previous,
        "at": checkpoint.at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        "epoch": checkpoint.epoch,
        "previous": checkpoint.previous,
    }
    return sign(claims, key, typ=TYPE)


def read(token: str, issuer: str, keys: VerificationKeys) -> Checkpoint:
    """Check a checkpoint and give what it says; raises `ChainError` for one that is not ours."""
    expected = Expectation(
        algorithms=frozenset({"ES256"}),
        typ=frozenset({TYPE}),
        issuer=issuer,
        audience=None,
        required=frozenset({"iss", "hash", "at", *_NUMBERS}),
    )
    try:
        # It states no times of validity: a checkpoint vouches for good, and its moment is compared nowhere here.
        return _checkpoint(verify(token, keys, expected, now=datetime.fromtimestamp(0, UTC)).claims, token)
    except (JoseError, ValueError):
        raise ChainError(Finding(Break.CHECKPOINT_FORGED)) from None


def read_at(position: int, token: str, check: Callable[[str], Checkpoint]) -> Checkpoint:
    """Check one that stands at a position, and must be for it; raises `ChainError` naming the place."""
    try:
        found = check(token)
    except ChainError as error:
        raise ChainError(Finding(error.finding.kind, position)) from None
    if found.position != position:
        raise ChainError(Finding(Break.CHECKPOINT_FORGED, position))
    return found


def keys_of(documents: Iterable[Mapping[str, Any]]) -> VerificationKeys:
    """The public halves that checkpoints are checked with, retired ones too."""
    return VerificationKeys.from_jwks({"keys": [dict(document) for document in documents]})


@dataclass(frozen=True, slots=True)
class Lost:
    """What a restored backup left out: events that were vouched for and are not in the database any more."""

    epoch: int
    """The life that began with the restore."""
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Witnesses:
    """What a file of checkpoints vouches for in the life of the database that is now."""

    hashes: Mapping[int, bytes] = field(default_factory=dict)
    lost: tuple[Lost, ...] = ()

    @classmethod
    def of(cls, checkpoints: Iterable[Checkpoint]) -> Self:
        """Take checkpoints in the order in which they were given; raises `ChainError` where one is gone.

        The very first may name one that is not there: a file may have been begun late, or laid aside and begun anew.
        """
        hashes: dict[int, bytes] = {}
        lost: list[Lost] = []
        before: Checkpoint | None = None
        for one in checkpoints:
            if before is not None and one.epoch > before.epoch:
                lost += _forget(hashes, one)
            elif before is not None and (one.epoch < before.epoch or one.previous != before.position):
                missing = one.previous if one.previous > before.position else one.position
                raise ChainError(Finding(Break.CHECKPOINT_MISSING, missing))
            hashes[one.position] = one.hash
            before = one
        return cls(hashes, tuple(lost))


def _forget(hashes: dict[int, bytes], first: Checkpoint) -> list[Lost]:
    """A backup was restored: what came after it is not to be found, and that is on record."""
    if first.previous > min(hashes) and first.previous not in hashes:
        raise ChainError(Finding(Break.CHECKPOINT_MISSING, first.previous))
    gone = [position for position in hashes if position > first.previous]
    for position in gone:
        del hashes[position]
    return [Lost(first.epoch, first.previous + 1, max(gone))] if gone else []


def _checkpoint(claims: Mapping[str, Any], token: str) -> Checkpoint:
    position, count, epoch, previous = (_number(claims[name]) for name in _NUMBERS)
    digest, moment = base64url.decode(str(claims["hash"])), str(claims["at"])
    if len(digest) != _HASH_BYTES or not _MOMENT.fullmatch(moment):
        raise ValueError("a member of a checkpoint is malformed")
    if not 0 <= previous < position or count != position - previous or epoch < 1:
        raise ValueError("the numbers of a checkpoint do not fit together")
    return Checkpoint(position, digest, datetime.fromisoformat(moment), epoch, previous, token)


def _number(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= _LARGEST:
        raise ValueError("a member of a checkpoint is no whole number")
    return value
