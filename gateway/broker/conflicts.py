"""What becomes of a refusal: it goes on record, and what contradicts the records goes before the operators.

Which conflict disturbs whom is settled in docs/decisions/0011: the second claim gets nothing, and a record is frozen
only where two accounts prove it equally well.
"""

from dataclasses import dataclass
from typing import Final

from gateway.alerts import AlertKind
from gateway.audit import AuditAction
from gateway.broker.asking import Asking
from gateway.broker.parts import Broker
from mapping.documents import TravelPermit
from mapping.evidence import Binding, Evidence, Known
from mapping.identifier import MainlandIdentifier
from mapping.vocabulary import IdentifierKind

CONFLICT: Final = "binding.conflict"
RESERVED: Final = "surrogate.input_forbidden"
_FACTS: Final = frozenset({"binding.birthdate_mismatch", "binding.sex_mismatch"})
_STRANGE_NUMBER: Final = frozenset(
    {
        "binding.territory_mismatch",
        "binding.territory_not_served",
        "binding.not_residence_permit",
        "binding.not_eligible",
    }
)
"""Refusals of a number that the register itself gave for this permit (MP-07)."""


@dataclass(frozen=True, slots=True)
class Refused:
    """Nothing was written."""

    reason: str
    is_contested: bool = False
    """Two people claim one permit: until an operator has looked, there is nothing the person can do about it."""


@dataclass(frozen=True, slots=True)
class Contradiction:
    """What an operator is told, and about which permit's record."""

    kind: AlertKind
    permit: TravelPermit


async def refuse(broker: Broker, asking: Asking, evidence: Evidence, known: Known, code: str) -> Refused:
    """Put a refused decision on record, with an alert where the records contradict the claim."""
    event = asking.event(AuditAction.IDENTIFIER_REFUSED, reason=code)
    number = evidence.residence_permit
    if code == RESERVED and number is not None:
        await broker.numbers.reserved_number_seen(number, asking.now, event)
        return Refused(code)
    found = contradiction(evidence, known, code)
    if found is None:
        await broker.audit.append(event)
        return Refused(code)
    await broker.numbers.conflict(found.kind, asking.person.subject_id, found.permit, asking.now, event)
    return Refused(code, is_contested=found.kind is AlertKind.FACTS_DIFFER)


async def refuse_tie(broker: Broker, asking: Asking, evidence: Evidence, permit: TravelPermit) -> Refused:
    """The store let no tie be made: find out whose fault that is before anybody's record is frozen."""
    event = asking.event(AuditAction.IDENTIFIER_REFUSED, reason=CONFLICT)
    subject_id = asking.person.subject_id
    held = await broker.numbers.of_subject(subject_id)
    if held is not None and held.binding.permit not in {permit, evidence.previous_permit}:
        # This account has another permit, and nothing proves that both are one person's: no holder is contested.
        await broker.audit.append(event)
        return Refused(CONFLICT)
    known = await broker.numbers.known(subject_id, permit, evidence.previous_permit, evidence.residence_permit)
    found = contradiction(evidence, known, CONFLICT) or Contradiction(AlertKind.TWO_HOLDERS, permit)
    await broker.numbers.conflict(found.kind, subject_id, found.permit, asking.now, event)
    return Refused(CONFLICT, is_contested=found.kind is AlertKind.TWO_HOLDERS)


def contradiction(evidence: Evidence, known: Known, code: str) -> Contradiction | None:
    """Whether a refusal is a contradiction that somebody has to look at, and of what kind."""
    permit = evidence.permit
    if permit is None:
        return None
    if code in _FACTS:
        return _of_facts(evidence, known, permit)
    if code in _STRANGE_NUMBER and evidence.residence_permit is not None:
        return Contradiction(AlertKind.REGISTER_CHANGED, permit)
    if code == CONFLICT and evidence.residence_permit is not None:
        return _of_numbers(evidence.residence_permit, evidence, known, permit)
    return None


def _of_facts(evidence: Evidence, known: Known, permit: TravelPermit) -> Contradiction | None:
    """The record of another, the person's own former record, or the register's own number has other facts."""
    if known.binding is not None and not known.is_holder and not _describes(known.binding, evidence):
        return Contradiction(AlertKind.FACTS_DIFFER, permit)
    if evidence.residence_permit is not None and not _describes(evidence.residence_permit, evidence):
        return Contradiction(AlertKind.REGISTER_CHANGED, permit)
    if known.previous is not None and not _describes(known.previous, evidence):
        return Contradiction(AlertKind.FACTS_DIFFER, known.previous.permit)
    return None


def _of_numbers(
    number: MainlandIdentifier, evidence: Evidence, known: Known, permit: TravelPermit
) -> Contradiction | None:
    """The register gives a number that is another permit's, or another one than it gave before."""
    own = {document.canonical for document in (permit, evidence.previous_permit) if document is not None}
    if known.number_holder is not None and known.number_holder not in own:
        return Contradiction(AlertKind.REGISTER_CHANGED, TravelPermit(known.number_holder))
    for record in (known.binding, known.previous):
        if record is not None and record.number.kind is IdentifierKind.RESIDENCE_PERMIT and record.number != number:
            return Contradiction(AlertKind.REGISTER_CHANGED, record.permit)
    return None


def _describes(source: Binding | MainlandIdentifier, evidence: Evidence) -> bool:
    return (source.birthdate, source.sex) == (evidence.birthdate, evidence.sex)
