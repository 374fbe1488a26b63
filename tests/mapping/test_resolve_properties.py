"""Decisions over all evidence and records that a store could ever show, not only those that follow from each other."""

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mapping.documents import TravelPermit
from mapping.errors import MappingError
from mapping.evidence import Allocate, Bind, Binding, Decision, Evidence, Keep, Known, Policy, Read, Renew
from mapping.lifecycle import Change, Standing
from mapping.resolve import decide
from mapping.vocabulary import IdentifierKind, Realm
from tests.mapping.resolve_builders import BORN, NOW, number

CORRECTED = date(1904, 5, 7)
QUICK = settings(max_examples=200, deadline=None, database=None)
NUMBERS = [
    number(region, serial, born)
    for region in ("810000", "820000", "810050", "820050", "810055", "810070", "440305")
    for serial in ("902", "904")
    for born in ("19040506", "19040507")
]
PERMITS = [
    TravelPermit(key, count) for key in ("H00000018", "H00000067", "M00000018", "HA0000018") for count in (None, "01")
]

HONEST = number("810000")

permits = st.sampled_from(PERMITS)
numbers = st.sampled_from(NUMBERS)
often, rarely = st.sampled_from((True, True, True, False)), st.sampled_from((False, False, False, True))


@st.composite
def bindings(draw: st.DrawFn, permit: TravelPermit) -> Binding:
    """A record as it is written: birth date and sex are those of its number, which mostly fits the permit."""
    fitting = [each for each in NUMBERS if each.territory is permit.territory and each.birthdate == BORN]
    held = draw(numbers if draw(rarely) else st.sampled_from(fitting))
    replaced = draw(st.lists(numbers.filter(lambda each: each != held), max_size=2, unique=True))
    return Binding(permit, held.birthdate, held.sex, held, NOW, tuple(each.value for each in replaced))


evidences = st.builds(
    Evidence,
    permit=st.sampled_from([*PERMITS, *PERMITS, None]),
    birthdate=st.sampled_from((*(BORN,) * 5, CORRECTED, CORRECTED, None)),
    sex=st.sampled_from((*("F",) * 8, "M", "X", None)),
    assurance=st.sampled_from((*(2,) * 8, 3, 1)),
    residence_permit=st.sampled_from([*(None,) * 40, *(HONEST,) * 10, *NUMBERS]),
    residence_permit_verified=often,
    previous_permit=st.none() | permits,
    same_person=st.booleans(),
    citizen=st.sampled_from([*(None,) * 60, *NUMBERS[-4:], *NUMBERS[8:10]]),
    vouched=st.booleans(),
)


@st.composite
def cases(draw: st.DrawFn) -> tuple[Evidence, Known]:
    """Evidence, and records of just the permits it names, as a store reads them."""
    evidence = draw(evidences)
    own, former = evidence.permit, evidence.previous_permit
    known = Known(
        binding=None if own is None else draw(st.none() | bindings(own)),
        previous=None if former is None else draw(st.none() | bindings(former)),
        number_holder=draw(permits).canonical if draw(rarely) else None,
        standing=draw(st.sampled_from(Standing)) if draw(rarely) else Standing.ACTIVE,
        is_holder=draw(st.booleans()),
    )
    return evidence, known


policies = st.builds(Policy, st.sampled_from((Realm.SANDBOX, Realm.SANDBOX, Realm.PRODUCTION)), often)


def outcome(evidence: Evidence, known: Known, policy: Policy) -> Decision | None:
    try:
        return decide(evidence, known, policy)
    except MappingError:
        return None


@given(cases(), policies)
@QUICK
def test_a_stand_in_that_is_offered_as_evidence_is_never_released_or_bound(
    case: tuple[Evidence, Known], policy: Policy
) -> None:
    evidence, known = case
    decision = outcome(evidence, known, policy)
    if decision is None:
        return

    offered = (evidence.residence_permit, evidence.permit and evidence.citizen)
    assert all(each is None or each.kind is IdentifierKind.RESIDENCE_PERMIT for each in offered)
    if isinstance(decision, Read):
        assert decision.number.kind is not IdentifierKind.SURROGATE


@given(cases(), policies)
@QUICK
def test_a_number_that_another_permit_holds_is_never_decided_for_this_one(
    case: tuple[Evidence, Known], policy: Policy
) -> None:
    evidence, known = case
    decision = outcome(evidence, known, policy)
    own = {record.permit.canonical for record in (known.binding, known.previous) if record is not None}

    if isinstance(decision, Bind) and decision.number == evidence.residence_permit:
        assert known.number_holder is None or known.number_holder in own


@given(cases(), policies)
@QUICK
def test_nothing_is_decided_about_a_record_that_stands_still(case: tuple[Evidence, Known], policy: Policy) -> None:
    evidence, known = case
    decision = outcome(evidence, known, policy)

    if decision is not None and evidence.permit is not None:
        assert known.standing is Standing.ACTIVE


@given(cases(), policies)
@QUICK
def test_whatever_is_written_is_about_the_holder_and_forgets_nothing(
    case: tuple[Evidence, Known], policy: Policy
) -> None:
    evidence, known = case
    decision = outcome(evidence, known, policy)

    match decision:
        case Bind(number, replaces, previous, change):
            assert (number.birthdate, number.sex.value) == (evidence.birthdate, evidence.sex)
            held = {number.value, *replaces}
        case Allocate(block, replaces, previous, change):
            assert evidence.permit is not None
            assert (block.territory, block.realm) == (evidence.permit.territory, policy.realm)
            assert policy.surrogates_allowed
            held = set(replaces)
        case _:
            return
    taking_part = [known.binding, known.previous if previous is not None else None]
    before = {value for record in taking_part if record for value in (*record.replaces, record.number.value)}
    assert before <= held
    assert previous is None or (evidence.same_person and previous == evidence.previous_permit)
    if change is Change.CORRECTED:
        assert evidence.vouched
        assert known.is_holder


@given(cases(), policies)
@QUICK
def test_a_recorded_number_is_released_to_its_own_holder_alone(case: tuple[Evidence, Known], policy: Policy) -> None:
    evidence, known = case
    decision = outcome(evidence, known, policy)

    if isinstance(decision, Keep | Renew):
        assert decision.binding == known.binding
        assert (decision.binding.birthdate, decision.binding.sex.value) == (evidence.birthdate, evidence.sex)
        is_stand_in = decision.binding.number.kind is IdentifierKind.SURROGATE
        assert not is_stand_in or evidence.residence_permit is not None or policy.surrogates_allowed


@pytest.mark.parametrize("assurance", [-1, 0, 1])
@given(cases(), policies)
@settings(max_examples=50, deadline=None, database=None)
def test_too_little_assurance_never_gives_a_number(
    assurance: int, case: tuple[Evidence, Known], policy: Policy
) -> None:
    evidence, known = case
    values = {name: getattr(evidence, name) for name in Evidence.__slots__} | {"assurance": assurance}

    assert outcome(Evidence(**values), known, policy) is None
