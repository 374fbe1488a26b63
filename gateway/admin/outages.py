"""Planned outages of providers: people are told of them before they choose an account (openid-connect.md, row 39)."""

import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from gateway.admin.acts import Act
from gateway.admin.numbers import moment
from gateway.admin.operation_ports import OutageRegistry
from gateway.admin.operation_records import Outage
from gateway.audit import AuditAction

LONGEST: Final = timedelta(days=7)
"""What lasts longer is no outage: such a provider is switched off."""
FARTHEST: Final = timedelta(days=366)
_LATE: Final = timedelta(minutes=5)
"""How far in the past a start may lie: whoever plans one for now needs a moment to type."""


class UnknownProviderError(LookupError):
    """There is no provider of this name."""


class OutageError(ValueError):
    """An outage that cannot be planned like this; the text says why."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What an operator wants people to be told."""

    provider: str
    starts_at: datetime
    ends_at: datetime


def read_moment(text: str, name: str) -> datetime:
    """A moment as operators write it, RFC 3339; without its offset it would mean three different things."""
    try:
        at = datetime.fromisoformat(text.strip())
        utc = at.astimezone(UTC)
    except (ValueError, OverflowError):
        raise OutageError(f"{name} must be a time such as 2026-11-25T01:00+08:00") from None
    if at.utcoffset() is None:
        raise OutageError(f"{name} needs its offset, such as +08:00")
    return utc


async def coming(registry: OutageRegistry, now: datetime) -> list[dict[str, Any]]:
    """All that are under way or planned, the earliest first."""
    return [described(outage, now) for outage in await registry.coming(now)]


async def plan(
    registry: OutageRegistry, wish: Plan, known: Collection[str], act: Act, *, dry_run: bool = False
) -> dict[str, Any]:
    """Put an outage on record; ``known`` are the providers of this gateway."""
    act.require_reason()
    if wish.provider not in known:  # a misspelt name would be told to nobody
        raise UnknownProviderError("no such provider")
    _require_sound(wish, act.now)
    outage = Outage(
        secrets.token_hex(6), wish.provider, wish.starts_at, wish.ends_at, act.reason, f"operator:{act.operator}"
    )
    if not dry_run:
        await registry.plan(outage, act.event(AuditAction.OUTAGE_PLANNED, **_words(outage)))
    return described(outage, act.now)


async def withdraw(registry: OutageRegistry, outage_id: str, act: Act, *, dry_run: bool = False) -> bool:
    """Take one back, also one that is under way and ends early; false if there is none that is not over."""
    act.require_reason()
    outage = next((one for one in await registry.coming(act.now) if one.id == outage_id), None)
    if outage is None or dry_run:
        return outage is not None
    return await registry.withdraw(outage_id, act.event(AuditAction.OUTAGE_WITHDRAWN, **_words(outage)))


def described(outage: Outage, now: datetime) -> dict[str, Any]:
    """An outage as operators see it."""
    return {
        "id": outage.id,
        "provider": outage.provider,
        "starts_at": moment(outage.starts_at),
        "ends_at": moment(outage.ends_at),
        "under_way": outage.starts_at <= now < outage.ends_at,
        "reason": outage.reason,
        "planned_by": outage.planned_by,
    }


def _require_sound(wish: Plan, now: datetime) -> None:
    if wish.ends_at <= wish.starts_at:
        raise OutageError("it must end after it starts")
    if wish.ends_at <= now or wish.starts_at < now - _LATE:
        raise OutageError("it lies in the past")
    if wish.ends_at - wish.starts_at > LONGEST:
        raise OutageError(f"it may last {LONGEST.days} days at most; switch the provider off instead")
    if wish.starts_at - now > FARTHEST:
        raise OutageError("it starts more than a year from now")


def _words(outage: Outage) -> dict[str, str]:
    """What the audit says; the names of its own fields are taken."""
    return {
        "outage": outage.id,
        "about": outage.provider,
        "starts_at": str(moment(outage.starts_at)),
        "ends_at": str(moment(outage.ends_at)),
    }
