"""The records of numbers in operators' hands: look, freeze, release, close; never give, move or take away.

An operator names a record by its permit or, since alerts know no permits, by its id. What comes back is masked: there
is no way here from a number to a permit (MP-03), and no way to change what a record says.
"""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any, Final, TypeAlias

from gateway.admin.acts import Act
from gateway.admin.ports import NumberRegistry
from gateway.admin.records import Bucket, HistoryLine, NumberRecord
from gateway.audit import AuditAction, AuditLog
from gateway.config import ConfigurationError
from mapping.documents import TravelPermit
from mapping.lifecycle import Change, standing_after
from mapping.surrogate import bucket_capacity, is_filling, reserved_block_problems

Target: TypeAlias = TravelPermit | str
"""A record, by its permit or by its id."""

CROWD: Final = 10
"""From so many people on, a birth date says nothing about any one of them; below, only its year is shown."""


class Cause(StrEnum):
    """Why a record ends."""

    DEATH = "death"
    WITHDRAWAL = "withdrawal"


class UnknownRecordError(LookupError):
    """There is no record of this permit or id."""


_ACTIONS: Final = {
    Change.FROZEN: AuditAction.IDENTIFIER_FROZEN,
    Change.RELEASED: AuditAction.IDENTIFIER_RELEASED,
    Change.CLOSED: AuditAction.IDENTIFIER_CLOSED,
}


async def find(registry: NumberRegistry, target: Target) -> NumberRecord:
    """The record, whatever its standing; raises ``UnknownRecordError``."""
    found = await (registry.of_permit(target) if isinstance(target, TravelPermit) else registry.of_id(target))
    if found is None:
        raise UnknownRecordError("no record")
    return found


async def looked_up(registry: NumberRegistry, log: AuditLog, target: Target, act: Act, what: str) -> NumberRecord:
    """The record, for somebody who wants to see it; raises ``UnknownRecordError`` after the question is on record."""
    try:
        record = await find(registry, target)
    except UnknownRecordError:
        await act.looked(log, what, record=None)
        raise
    await act.looked(log, what, record=record.binding_id)
    return record


async def freeze(registry: NumberRegistry, target: Target, act: Act, *, dry_run: bool = False) -> dict[str, Any]:
    """Let nothing be released from a record or written to it until somebody releases it."""
    return await _change(registry, target, Change.FROZEN, act, dry_run=dry_run)


async def release(registry: NumberRegistry, target: Target, act: Act, *, dry_run: bool = False) -> dict[str, Any]:
    """Let a frozen record be used again."""
    return await _change(registry, target, Change.RELEASED, act, dry_run=dry_run)


async def close(
    registry: NumberRegistry, target: Target, cause: Cause, act: Act, *, dry_run: bool = False
) -> dict[str, Any]:
    """End a record for good: its holder has died or withdrawn. Its numbers stay taken."""
    closing = Act(act.operator, act.now, cause.value, act.correlation_id)  # the history knows these two words alone
    return await _change(registry, target, Change.CLOSED, closing, dry_run=dry_run)


async def _change(
    registry: NumberRegistry, target: Target, change: Change, act: Act, *, dry_run: bool
) -> dict[str, Any]:
    """Raises ``UnknownRecordError``, ``ReasonError``, or ``MappingError`` if the standing forbids the change."""
    act.require_reason()
    record = await find(registry, target)
    standing = standing_after(record.standing, change)
    if not dry_run:
        event = act.event(_ACTIONS[change], record=record.binding_id)
        standing = await registry.change(record.binding_id, change, act.reason, act.now, event)
    return {**described(record), "standing": standing.value, "was": record.standing.value, "dry_run": dry_run}


async def history(registry: NumberRegistry, log: AuditLog, target: Target, act: Act) -> dict[str, Any]:
    """A record with all that ever happened to it; who asked is on record."""
    record = await looked_up(registry, log, target, act, "history")
    lines = await registry.history(record.binding_id)
    return {"record": described(record), "history": [described_line(line) for line in lines]}


async def capacity(registry: NumberRegistry, limit: int) -> dict[str, Any]:
    """The fullest buckets, fullest first, and whether one of them calls for more region codes."""
    buckets = await registry.fullest(limit)
    return {"filling": has_filling(buckets), "buckets": [described_bucket(bucket) for bucket in buckets]}


def has_filling(buckets: Sequence[Bucket]) -> bool:
    """Whether one bucket has passed the mark of the mapping specification 11.5."""
    return any(is_filling(bucket.given, bucket.sex) for bucket in buckets)


def described(record: NumberRecord) -> dict[str, Any]:
    """A record as operators see it: masked, without birth date and sex."""
    binding = record.binding
    return {
        "record": record.binding_id,
        "permit": binding.permit.masked,
        "number": binding.number.masked,
        "kind": binding.number.kind.value,
        "standing": record.standing.value,
        "since": moment(binding.issued_at),
        "last_asked": moment(record.checked_at),
        "version": binding.version,
        "replaced_numbers": len(binding.replaces),
        "providers": list(record.providers),
        "subjects": list(record.subject_ids),
    }


def described_line(line: HistoryLine) -> dict[str, Any]:
    """One row of a record's history, masked."""
    return {
        "version": line.version,
        "at": moment(line.at),
        "what": line.what.value,
        "evidence": line.evidence,
        "actor": line.actor,
        "provider": line.provider,
        "subject": line.subject_id,
        "correlation_id": line.correlation_id,
        "permit": line.binding.permit.masked,
        "number": line.binding.number.masked,
        "kind": line.binding.number.kind.value,
    }


def described_bucket(bucket: Bucket) -> dict[str, Any]:
    """How full one day of one code is; the day itself only where many share it."""
    places = bucket_capacity(bucket.sex)
    born = bucket.birthdate.isoformat() if bucket.given >= CROWD else f"{bucket.birthdate.year}-**-**"
    return {
        "code": bucket.code,
        "birthdate": born,
        "sex": bucket.sex.value,
        "given": bucket.given,
        "capacity": places,
        "share": round(bucket.given / places, 4),
        "filling": is_filling(bucket.given, bucket.sex),
    }


def moment(at: datetime | None) -> str | None:
    """A moment in UTC, to the second."""
    return None if at is None else at.isoformat(timespec="seconds").replace("+00:00", "Z")


def require_sound_blocks() -> None:
    """Refuse to start when the reserved blocks collide with anything (mapping specification 10.5 b)."""
    problems = reserved_block_problems()
    if problems:
        raise ConfigurationError(f"the reserved blocks of stand-in numbers are not sound: {'; '.join(problems)}")
