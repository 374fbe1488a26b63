"""What is on record for a holder, brought up to date while they sign in: a renewed card, or the register's news.

Nothing here is ever an error for the person: whatever goes wrong, the record stands as it is (identifiers.md §10.4).
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from gateway.alerts import AlertKind
from gateway.audit import AuditAction
from gateway.broker.asking import UNAVAILABLE, Asking, RegisterAnswer, ask_register
from gateway.broker.model import Person
from gateway.broker.parts import NUMBER_ASSURANCE, Broker
from gateway.broker.ports import BindingRaceError, Held
from gateway.broker.recording import record
from mapping.documents import TravelPermit
from mapping.evidence import Evidence
from mapping.lifecycle import Standing
from mapping.vocabulary import IdentifierKind

ATTEMPTS: Final = "recheck"
"""The kind under which questions are counted: sign-ins in a row must not become a storm at the register."""


class Cause(StrEnum):
    """Why the register is asked again about somebody who is on record."""

    DUE = "due"
    """A stand-in, and the last answer is old: there may be a residence permit by now."""
    FACTS = "facts"
    """Birth date or sex differ from the record: the register may have corrected them."""
    OTHER_PERMIT = "other_permit"
    """The provider vouches for another permit than the recorded one: both are in one session (identifiers.md §10.4)."""


@dataclass(frozen=True, slots=True, repr=False)
class Question:
    """One question to the register."""

    cause: Cause
    permit: TravelPermit

    def proof(self, held: Held) -> Mapping[str, Any]:
        """What ties the permit asked about to the recorded one."""
        if self.cause is not Cause.OTHER_PERMIT:
            return {}
        return {"previous_permit": held.binding.permit, "same_person": True}


async def bring_up_to_date(broker: Broker, asking: Asking, held: Held, *, may_ask: bool) -> Held:
    """Give the record as it stands after this sign-in's news; ``may_ask`` says whether the register may be asked."""
    person = asking.person
    if held.standing is not Standing.ACTIVE or person.assurance < NUMBER_ASSURANCE:
        return held
    keeping = asking.for_the_record(surrogates_allowed=held.binding.number.kind is IdentifierKind.SURROGATE)
    question = _question(person, held, asking.now, broker.register_recheck) if may_ask and broker.register else None
    if question is not None and await broker.attempts.admit(ATTEMPTS, person.subject_id, asking.now):
        held = await _ask(broker, keeping, held, question)
    newest = _newest_card(person, held)
    if newest.is_newer_than(held.binding.permit) and _agrees(person, held):
        return await _written(broker, keeping, held, keeping.evidence(newest))
    return held


def _question(person: Person, held: Held, now: datetime, recheck: timedelta) -> Question | None:
    """The one thing that is worth asking; without a birth date nothing can be confirmed."""
    if person.birthdate is None:
        return None
    if person.permit is not None and person.permit != held.binding.permit:
        return Question(Cause.OTHER_PERMIT, person.permit)
    if not _agrees(person, held):
        return Question(Cause.FACTS, _newest_card(person, held))
    is_due = held.checked_at is None or now - held.checked_at > recheck
    if is_due and held.binding.number.kind is IdentifierKind.SURROGATE:
        return Question(Cause.DUE, _newest_card(person, held))
    return None


async def _ask(broker: Broker, keeping: Asking, held: Held, question: Question) -> Held:
    """Ask, and write what is new; a refusal is on record and otherwise without effect."""
    answer = await ask_register(broker.register, keeping.person, question.permit)
    if answer.reason is not None:
        return await _left_as_it_is(broker, keeping, held, question, answer)
    evidence = keeping.vouched(question.permit, answer.number, **question.proof(held))
    if question.cause is Cause.DUE and evidence.residence_permit is None:
        return await _checked(broker, keeping, held)
    return await _written(broker, keeping, held, evidence)


async def _written(broker: Broker, keeping: Asking, held: Held, evidence: Evidence) -> Held:
    """Record the news; what is refused, or changed by others at the same time, waits for the next sign-in."""
    try:
        outcome = await record(broker, keeping, evidence)
    except BindingRaceError:
        return held
    return outcome if isinstance(outcome, Held) else held


async def _left_as_it_is(
    broker: Broker, keeping: Asking, held: Held, question: Question, answer: RegisterAnswer
) -> Held:
    reason = answer.reason or UNAVAILABLE
    event = keeping.event(AuditAction.IDENTIFIER_REFUSED, reason=reason, at=ATTEMPTS, cause=question.cause.value)
    if answer.is_nonsense:
        subject_id = keeping.person.subject_id
        await broker.numbers.conflict(AlertKind.REGISTER_CHANGED, subject_id, question.permit, keeping.now, event)
        return held
    await broker.audit.append(event)
    has_answered = reason != UNAVAILABLE
    return await _checked(broker, keeping, held) if has_answered and question.cause is Cause.DUE else held


async def _checked(broker: Broker, keeping: Asking, held: Held) -> Held:
    await broker.numbers.checked(held.binding_id, keeping.now)
    return replace(held, checked_at=keeping.now)


def _newest_card(person: Person, held: Held) -> TravelPermit:
    """The recorded permit, on the newer card if the provider knows it."""
    recorded = held.binding.permit
    if person.permit is not None and person.permit.is_newer_than(recorded):
        return person.permit
    return recorded


def _agrees(person: Person, held: Held) -> bool:
    """Whether nothing that the provider says contradicts the record."""
    binding = held.binding
    same_day = person.birthdate is None or person.birthdate == binding.birthdate
    return same_day and (person.sex is None or person.sex == binding.sex)
