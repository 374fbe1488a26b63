"""Tracing a number back to its permit: asked by one operator, approved by another, used once, within minutes (MP-03).

Nobody may do it alone, nobody may do it often, and every step is on record with its purpose, refused ones too.
"""

from datetime import timedelta
from enum import StrEnum
from typing import Any, Final

from gateway.admin.acts import Act
from gateway.admin.numbers import moment
from gateway.admin.ports import RevealRegistry
from gateway.admin.records import Reveal
from gateway.audit import AuditAction, AuditLog
from gateway.oidc.random_values import new_id
from mapping.identifier import MainlandIdentifier

OPEN_FOR: Final = timedelta(hours=24)
"""How long a request waits for a second operator."""
USABLE_FOR: Final = timedelta(minutes=15)
"""How long an approved request may be used."""
DAILY_LIMIT: Final = 5
"""Requests of one operator in a day."""

_DAY: Final = timedelta(days=1)


class Refusal(StrEnum):
    """Why a request is refused; the operator and the audit trail are told the same word."""

    TOO_MANY = "too_many"
    NOT_APPROVABLE = "not_approvable"
    """Unknown, over, approved already, or asked for by the same operator."""
    NOT_USABLE = "not_usable"
    """Unknown, not approved, over, used already, somebody else's, or there is no record of the number."""


class RevealRefusedError(Exception):
    """The request is refused."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.value)
        self.refusal = refusal


async def ask(registry: RevealRegistry, log: AuditLog, number: MainlandIdentifier, act: Act) -> dict[str, Any]:
    """Put a request on record; ``act.reason`` is its purpose. Raises ``RevealRefusedError``."""
    act.require_reason("the purpose")
    if await registry.used_since(act.operator, act.now - _DAY) >= DAILY_LIMIT:
        raise await _refused(log, Refusal.TOO_MANY, act)
    reveal = Reveal(
        id=new_id(),
        asked_by=act.operator,
        asked_at=act.now,
        purpose=act.reason,
        number=number,
        ends_at=act.now + OPEN_FOR,
    )
    await registry.ask(reveal, act.event(AuditAction.REVEAL_ASKED, reveal=reveal.id))
    return described(reveal)


async def approve(registry: RevealRegistry, log: AuditLog, reveal_id: str, act: Act) -> dict[str, Any]:
    """Let the operator who asked use the request; whoever approves has read number (masked) and purpose."""
    reveal = await registry.find(reveal_id)
    ends_at = act.now + USABLE_FOR
    is_done = reveal is not None and await registry.approve(
        reveal.id,
        act.operator,
        ends_at,
        act.now,
        act.event(AuditAction.REVEAL_APPROVED, reveal=reveal.id, purpose=reveal.purpose),
    )
    if reveal is None or not is_done:
        raise await _refused(log, Refusal.NOT_APPROVABLE, act, reveal)
    return {**described(reveal), "approved_by": act.operator, "ends_at": moment(ends_at)}


async def use(registry: RevealRegistry, log: AuditLog, reveal_id: str, act: Act) -> dict[str, Any]:
    """Give the permit in full, once, to whoever asked for it: the only place where a record is shown unmasked."""
    reveal = await registry.find(reveal_id)
    if reveal is None:
        raise await _refused(log, Refusal.NOT_USABLE, act)
    # Several requests at once may all have passed the limit when they were asked; none of them passes here.
    if await registry.used_since(act.operator, act.now - _DAY) > DAILY_LIMIT:
        raise await _refused(log, Refusal.TOO_MANY, act, reveal)
    event = act.event(AuditAction.REVEAL_USED, reveal=reveal.id, purpose=reveal.purpose)
    record = await registry.use(reveal.id, act.operator, act.now, event)
    if record is None:
        raise await _refused(log, Refusal.NOT_USABLE, act, reveal)
    permit = record.binding.permit
    return {
        **described(reveal),
        "used_at": moment(act.now),
        "record": record.binding_id,
        "standing": record.standing.value,
        "is_current": record.binding.number == reveal.number,
        "permit": permit.number11 or permit.canonical,
    }


def described(reveal: Reveal) -> dict[str, Any]:
    """A request as operators see it: the number masked."""
    return {
        "id": reveal.id,
        "number": reveal.number.masked,
        "purpose": reveal.purpose,
        "asked_by": reveal.asked_by,
        "asked_at": moment(reveal.asked_at),
        "approved_by": reveal.approved_by,
        "ends_at": moment(reveal.ends_at),
        "used_at": moment(reveal.used_at),
    }


async def _refused(log: AuditLog, refusal: Refusal, act: Act, reveal: Reveal | None = None) -> RevealRefusedError:
    """Put the refusal on record. An id that does not exist is not repeated: it may be anything."""
    words = {"why": refusal.value} if reveal is None else {"why": refusal.value, "reveal": reveal.id}
    await log.append(act.event(AuditAction.REVEAL_REFUSED, **words))
    return RevealRefusedError(refusal)
