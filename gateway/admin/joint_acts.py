"""Acts that take two persons: asked for by one, agreed to by another, done once, within minutes (G20, AD-05).

What is agreed to is the digest of the act's kind and subject, so an act that changes afterwards was never agreed to.
A person is a name: two sessions, two keys or a change of letter case do not make two persons of one.
"""

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from gateway.admin.acts import Act
from gateway.admin.numbers import moment
from gateway.admin.operation_ports import JointActs
from gateway.admin.operation_records import JointAct, JointActKind
from gateway.audit import AuditAction
from gateway.oidc.random_values import new_id

OPEN_FOR: Final = timedelta(minutes=15)
"""From the request on: agreeing and doing both fall into it."""
MOST_WAITING: Final = 20
"""Requests of one person that may wait at once."""
SUBJECT_LIMIT: Final = 8 * 1024
"""Bytes of a subject's canonical form."""


class Refusal(StrEnum):
    """Why a step is refused; the operator and the audit are told the same word."""

    NEEDED = "needed"
    """Nobody has been asked yet."""
    TOO_MANY = "too_many"
    NOT_AGREEABLE = "not_agreeable"
    """Unknown, over, agreed to already, or asked for by the same person."""
    NOT_AGREED = "not_agreed"
    """Nobody has agreed yet."""
    NOT_USABLE = "not_usable"
    """Unknown, over, done already, or asked for by somebody else."""
    CHANGED = "changed"
    """What is to be done is not what was agreed to."""


class JointActError(Exception):
    """The step is refused, and nothing was done."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.value)
        self.refusal = refusal


async def ask(acts: JointActs, kind: JointActKind, subject: Mapping[str, Any], act: Act) -> JointAct:
    """Put a request on record for a second person to agree to; ``act.reason`` is kept with it."""
    act.require_reason()
    waiting = [one for one in await acts.waiting(act.now) if is_same_person(one.asked_by, act.operator)]
    if len(waiting) >= MOST_WAITING:
        raise await _refused(acts, Refusal.TOO_MANY, act)
    asked = JointAct(
        id=new_id(),
        kind=kind,
        subject=dict(subject),
        digest=digest(kind, subject),
        reason=act.reason,
        asked_by=act.operator,
        asked_at=act.now,
        ends_at=act.now + OPEN_FOR,
    )
    event = act.event(AuditAction.JOINT_ACT_ASKED, joint_act=asked.id, kind=kind.value, digest=asked.digest)
    await acts.ask(asked, event)
    return asked


async def agree(acts: JointActs, act_id: str, act: Act) -> JointAct:
    """Agree to what somebody else has asked for; raises ``JointActError``."""
    asked = await acts.find(act_id)
    if asked is None or is_same_person(asked.asked_by, act.operator):
        raise await _refused(acts, Refusal.NOT_AGREEABLE, act, asked)
    event = act.event(AuditAction.JOINT_ACT_AGREED, joint_act=asked.id, kind=asked.kind.value, digest=asked.digest)
    if not await acts.agree(asked.id, act.operator, act.now, event):
        raise await _refused(acts, Refusal.NOT_AGREEABLE, act, asked)
    return await _again(acts, asked)


async def check(acts: JointActs, act_id: str, kind: JointActKind, subject: Mapping[str, Any], act: Act) -> JointAct:
    """Whether the act may be done now, without using the agreement up: for dry runs. Raises ``JointActError``."""
    asked = await acts.find(act_id)
    refusal = _why_not(asked, kind, subject, act)
    if asked is None or refusal is not None:
        raise await _refused(acts, refusal or Refusal.NOT_USABLE, act, asked)
    return asked


async def take(acts: JointActs, act_id: str, kind: JointActKind, subject: Mapping[str, Any], act: Act) -> None:
    """Use an agreement up, once, right before the act is done by whoever asked; raises ``JointActError``.

    An agreement is used up also when the act fails afterwards: then it is asked for anew.
    """
    asked = await check(acts, act_id, kind, subject, act)
    words = {"joint_act": asked.id, "kind": kind.value, "digest": asked.digest, "agreed_by": asked.agreed_by or ""}
    event = act.event(AuditAction.JOINT_ACT_TAKEN, **words)
    if not await acts.take(asked.id, asked.digest, act.operator, act.now, event):
        raise await _refused(acts, Refusal.NOT_USABLE, act, asked)  # somebody was quicker


async def require(
    acts: JointActs,
    act_id: str | None,
    kind: JointActKind,
    subject: Mapping[str, Any],
    act: Act,
    *,
    dry_run: bool = False,
) -> None:
    """What an act of two persons begins with: its agreement is used up, or only looked at in a dry run.

    Raises ``JointActError``, with ``Refusal.NEEDED`` where none is named.
    """
    if act_id is None:
        raise await _refused(acts, Refusal.NEEDED, act)
    if dry_run:
        await check(acts, act_id, kind, subject, act)
    else:
        await take(acts, act_id, kind, subject, act)


async def refuse(acts: JointActs, act_id: str, act: Act) -> JointAct:
    """End a request without its being done: by a second person, or taken back by whoever asked."""
    asked = await acts.find(act_id)
    if asked is None:
        raise await _refused(acts, Refusal.NOT_AGREEABLE, act)
    event = act.event(AuditAction.JOINT_ACT_REFUSED, joint_act=asked.id, kind=asked.kind.value, why="refused")
    if not await acts.refuse(asked.id, act.operator, act.now, event):
        raise await _refused(acts, Refusal.NOT_AGREEABLE, act, asked)
    return await _again(acts, asked)


def digest(kind: JointActKind, subject: Mapping[str, Any]) -> str:
    """What an agreement covers: SHA-256 over the canonical form of kind and subject."""
    whole = {"kind": kind.value, "subject": dict(subject)}
    text = json.dumps(whole, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)
    if len(text) > SUBJECT_LIMIT:
        raise ValueError("the subject of a joint act is too long to be read by a second person")
    return hashlib.sha256(text.encode("ascii")).hexdigest()


def is_same_person(name: str, other: str) -> bool:
    """Whether two names are one person's."""
    return name.casefold() == other.casefold()


def state(asked: JointAct, now: datetime) -> str:
    """One word for how far it has come."""
    if asked.over_at is not None:
        return "over"
    if asked.ends_at <= now:
        return "expired"
    return "asked" if asked.agreed_by is None else "agreed"


def described(asked: JointAct, now: datetime) -> dict[str, Any]:
    """A request as operators see it: all that a second person has to read before they agree."""
    return {
        "id": asked.id,
        "kind": asked.kind.value,
        "state": state(asked, now),
        "subject": dict(asked.subject),
        "digest": asked.digest,
        "reason": asked.reason,
        "asked_by": asked.asked_by,
        "asked_at": moment(asked.asked_at),
        "ends_at": moment(asked.ends_at),
        "agreed_by": asked.agreed_by,
        "agreed_at": moment(asked.agreed_at),
    }


def _why_not(asked: JointAct | None, kind: JointActKind, subject: Mapping[str, Any], act: Act) -> Refusal | None:
    if asked is None or asked.over_at is not None or asked.ends_at <= act.now or asked.asked_by != act.operator:
        return Refusal.NOT_USABLE
    if asked.digest != digest(kind, subject):
        return Refusal.CHANGED
    if asked.agreed_by is None:
        return Refusal.NOT_AGREED
    return Refusal.NOT_USABLE if is_same_person(asked.agreed_by, act.operator) else None


async def _again(acts: JointActs, asked: JointAct) -> JointAct:
    return await acts.find(asked.id) or asked


async def _refused(acts: JointActs, refusal: Refusal, act: Act, asked: JointAct | None = None) -> JointActError:
    """Put the refused step on record. An id that does not exist is not repeated: it may be anything."""
    words = {"why": refusal.value}
    if asked is not None:
        words |= {"joint_act": asked.id, "kind": asked.kind.value}
    await acts.note(act.event(AuditAction.JOINT_ACT_REFUSED, **words))
    return JointActError(refusal)
