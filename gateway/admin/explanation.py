"""Why a number is read as it is, and what a sign-in would do with it: the resolution step by step, masked.

The first half works offline on the text alone. The second looks at the record of a permit and lets
``mapping.resolve.decide`` judge, as a sign-in would; nothing is written, and no number leads to a permit (MP-03).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final, Protocol, assert_never

from gateway.admin.acts import Act
from gateway.admin.numbers import UnknownRecordError, looked_up, moment
from gateway.admin.ports import NumberRegistry
from gateway.admin.records import NumberRecord
from gateway.admin.subjects import HeldRecords
from gateway.audit import AuditLog
from mapping.documents import HongKongIdentityCard, MacaoIdentityCard, TravelPermit, classify
from mapping.errors import MappingError
from mapping.evidence import Allocate, Bind, Binding, Decision, Evidence, Keep, Known, Policy, Read, Renew
from mapping.identifier import MainlandIdentifier
from mapping.normalise import normalise
from mapping.resolve import decide
from mapping.surrogate import Block
from mapping.vocabulary import Sex

Step = dict[str, Any]
"""One step: its name under ``step``, and facts in words and masked numbers."""

_ASSUMED: Final = (date(1990, 1, 1), Sex.FEMALE)
"""Whoever has no record is judged as somebody complete: the facts decide nothing but whether they agree."""


@dataclass(frozen=True, slots=True)
class Given:
    """What the sign-in that is thought through would bring."""

    policy: Policy = field(default_factory=Policy)
    assurance: int = 2
    purpose: str | None = None
    same_person: bool = False
    """Whether it would prove that the permit and the recorded one are one person's."""


class KnownRecords(HeldRecords, Protocol):
    """What a sign-in reads before it decides."""

    async def known(
        self, subject_id: str, permit: TravelPermit, previous: TravelPermit | None, number: MainlandIdentifier | None
    ) -> Known:
        """What is on record about the documents at hand."""


_READINGS: Final[Mapping[str, Callable[[str, date], Any]]] = {
    "mainland identifier": MainlandIdentifier.parse,
    "travel permit": lambda text, _: TravelPermit.parse(text),
    "Hong Kong identity card": lambda text, _: HongKongIdentityCard.parse(text),
    "Macao identity card": lambda text, _: MacaoIdentityCard.parse(text),
}


def check(text: str, day: date, *, reveal: bool = False) -> dict[str, Any]:
    """Say what a number is; ``reveal`` shows it as it was given, and is for one's own input alone."""
    readings = [_read(name, text, day, reveal=reveal) for name in _READINGS]
    valid = [reading for reading in readings if "error" not in reading]
    if valid:
        return {"valid": True, **valid[0]}
    return {"valid": False, "errors": {reading["as"]: reading["error"] for reading in readings}}


def offline(text: str, day: date, *, reveal: bool = False) -> list[Step]:
    """How a number is read: what was cleaned, what it could be, which rule decides."""
    steps: list[Step] = []
    try:
        cleaned = normalise(text)
        steps.append({"step": "normalise", "changed": list(cleaned.flags), "length": len(cleaned.value)})
        steps.append({"step": "classify", "candidates": list(classify(cleaned.value))})
    except MappingError as error:
        steps.append({"step": "normalise", "error": error.code})
    for name in _READINGS:
        reading = _read(name, text, day, reveal=reveal)
        steps.append({"step": f"as {reading.pop('as')}", **reading})
    return steps


async def of_permit(
    registry: NumberRegistry, log: AuditLog, permit: TravelPermit, given: Given, act: Act
) -> list[Step]:
    """The permit's record, and what the next sign-in of its holder would get."""
    try:
        record = await looked_up(registry, log, permit, act, "explain")
    except UnknownRecordError:
        steps = [{"step": "record", "found": False}]
        return [*steps, *_decision_steps(_evidence(permit, _ASSUMED, given), Known(), given, "taken to be complete")]
    binding = record.binding
    evidence = _evidence(permit, (binding.birthdate, binding.sex), given)
    known = Known(binding=binding, standing=record.standing, is_holder=True)
    return [_record_step(record), *_decision_steps(evidence, known, given, "as recorded")]


async def of_person(  # noqa: PLR0917 - who asks about whom, and where it is looked up
    registry: NumberRegistry,
    records: KnownRecords,
    log: AuditLog,
    subject_id: str,
    permit: TravelPermit,
    given: Given,
    act: Act,
) -> list[Step]:
    """The whole decision for one person who shows one permit: both records, their tie, and the outcome."""
    held = await records.of_subject(subject_id)
    await act.looked(log, "explain", record=None if held is None else held.binding_id, subject_id=subject_id)
    recorded = None if held is None else held.binding
    previous = None if recorded is None or recorded.permit == permit else recorded.permit
    person: Step = {"step": "person", "tied": held is not None}
    if held is not None and recorded is not None:
        person |= {"record": held.binding_id, "permit": recorded.permit.masked, "standing": held.standing.value}
    known = await records.known(subject_id, permit, previous, None)
    facts, source = _facts(recorded, known)
    record = await registry.of_permit(permit)
    shown = {"step": "record", "found": False} if record is None else _record_step(record)
    evidence = _evidence(permit, facts, given, previous)
    return [person, {**shown, "is_holder": known.is_holder}, *_decision_steps(evidence, known, given, source)]


def _facts(recorded: Binding | None, known: Known) -> tuple[tuple[date, Sex], str]:
    """The person's birth date and sex as far as they are recorded; a stranger's claim is judged as if they agreed."""
    if recorded is not None:
        return (recorded.birthdate, recorded.sex), "as recorded for this person"
    if known.binding is not None:
        return (known.binding.birthdate, known.binding.sex), "taken to agree with the permit's record"
    return _ASSUMED, "taken to be complete"


def _evidence(
    permit: TravelPermit, facts: tuple[date, Sex], given: Given, previous: TravelPermit | None = None
) -> Evidence:
    return Evidence(
        permit=permit,
        birthdate=facts[0],
        sex=facts[1].value,
        assurance=given.assurance,
        previous_permit=previous,
        same_person=given.same_person,
        purpose=given.purpose,
    )


def _decision_steps(evidence: Evidence, known: Known, given: Given, facts: str) -> list[Step]:
    asked: Step = {"step": "decide", "facts": facts, "assurance": given.assurance, "register": "not asked"}
    try:
        outcome = _outcome(decide(evidence, known, given.policy))
    except MappingError as error:
        outcome = {"outcome": "refused", "why": error.code, **error.detail}
    return [{**asked, **outcome}]


def _outcome(decision: Decision) -> Step:
    """A decision in words; a new number is not chosen, so none can be shown."""
    match decision:
        case Keep(binding):
            return {"outcome": "keep", "why": "recorded binding", "number": binding.number.masked}
        case Renew(binding, permit):
            newer = {"issue_count": permit.issue_count}
            return {"outcome": "renew", "why": "recorded binding, newer card", "number": binding.number.masked, **newer}
        case Bind(number, replaces, previous, change):
            moved = None if previous is None else previous.masked
            numbers = {"number": number.masked, "replaced_numbers": len(replaces), "retires": moved}
            return {"outcome": "bind", "why": change.value, **numbers}
        case Allocate(block, replaces, previous, change):
            moved = None if previous is None else previous.masked
            return {"outcome": "allocate", "why": change.value, **_block(block), "retires": moved}
        case Read(number):
            return {"outcome": "read", "why": "the provider vouches for the number", "number": number.masked}
        case _:
            assert_never(decision)


def _block(block: Block) -> Step:
    codes = block.codes
    return {"kind": "surrogate", "realm": block.realm.value, "codes": f"{codes[0]}-{codes[-1]}" if codes else "none"}


def _record_step(record: NumberRecord) -> Step:
    number = record.binding.number
    return {
        "step": "record",
        "found": True,
        "record": record.binding_id,
        "permit": record.binding.permit.masked,
        "number": number.masked,
        "kind": number.kind.value,
        "standing": record.standing.value,
        "since": moment(record.binding.issued_at),
        "last_asked": moment(record.checked_at),
        "providers": list(record.providers),
    }


def _read(name: str, text: str, day: date, *, reveal: bool) -> Step:
    try:
        value = _READINGS[name](text, day)
    except MappingError as error:
        return {"as": name, "error": error.code}
    number = getattr(value, "value", None) or getattr(value, "canonical", "")
    facts: Step = {"as": name, "number": number if reveal else value.masked}
    for word in ("kind", "territory", "holder_class", "realm", "issue_count", "sex"):
        fact = getattr(value, word, None)
        if fact is not None and (reveal or word != "sex"):
            facts[word] = str(fact)
    return facts
