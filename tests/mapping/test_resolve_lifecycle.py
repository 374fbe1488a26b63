"""What befalls a record after its first number: renewal, freezing, closing, and correction by the register."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from mapping.documents import TravelPermit
from mapping.evidence import Allocate, Bind, Binding, Evidence, Keep, Known, Policy, Renew
from mapping.lifecycle import Change, Standing
from mapping.resolve import decide
from mapping.vocabulary import Realm, Sex
from tests.mapping.resolve_builders import (
    HONG_KONG_NUMBER,
    MACAO,
    OTHER,
    PERMIT,
    SANDBOX,
    STAND_IN,
    a_binding,
    an_evidence,
    code_of,
    linked,
    number,
    residence,
    verified,
)

CORRECTED_BIRTH = date(1904, 5, 7)
CORRECTED_NUMBER = number("810000", "904", "19040507")


def card(count: str | None) -> TravelPermit:
    return TravelPermit(PERMIT.canonical, count)


def corrected(**changes: Any) -> Evidence:
    return an_evidence(**{"birthdate": CORRECTED_BIRTH, "vouched": True} | changes)


def own(binding: Binding, **changes: Any) -> Known:
    return replace(Known(binding=binding, is_holder=True), **changes)


# --- renewal


@pytest.mark.parametrize(("recorded", "shown"), [(None, "00"), ("00", "01"), ("09", "10"), ("01", "99")])
@pytest.mark.spec("mapping specification §1")
def test_a_newer_card_of_the_same_permit_is_noted(recorded: str | None, shown: str) -> None:
    binding = a_binding(permit=card(recorded))

    decision = decide(an_evidence(permit=card(shown)), Known(binding=binding), SANDBOX)

    assert decision == Renew(binding, card(shown))
    assert isinstance(decision, Renew)
    assert decision.permit.issue_count == shown


@pytest.mark.parametrize(("recorded", "shown"), [("01", "01"), ("02", "01"), ("10", "09"), ("00", None), (None, None)])
def test_an_older_card_or_one_without_a_count_changes_nothing(recorded: str | None, shown: str | None) -> None:
    binding = a_binding(permit=card(recorded))

    assert decide(an_evidence(permit=card(shown)), Known(binding=binding), SANDBOX) == Keep(binding)


def test_a_renewal_is_noticed_with_a_residence_number_that_is_recorded_already() -> None:
    binding = a_binding(HONG_KONG_NUMBER, card("00"))
    evidence = verified(permit=card("01"))

    assert decide(evidence, Known(binding=binding, number_holder=PERMIT.canonical), SANDBOX) == Renew(
        binding, card("01")
    )


def test_a_renewal_gets_no_stand_in_past_the_rules() -> None:
    known = Known(binding=a_binding(permit=card("00")))
    evidence = an_evidence(permit=card("01"))

    assert code_of(evidence, known, Policy(surrogates_allowed=False)) == "policy.purpose_not_permitted"
    assert code_of(evidence, known, Policy(realm=Realm.PRODUCTION)) == "binding.conflict"


# --- records that stand still


@pytest.mark.parametrize(
    ("known", "code"),
    [
        (Known(binding=a_binding(), standing=Standing.FROZEN), "binding.frozen"),
        (Known(standing=Standing.CLOSED), "binding.closed"),
        (Known(standing=Standing.RETIRED), "binding.conflict"),
    ],
)
@pytest.mark.parametrize("evidence", [an_evidence(), verified(), corrected(), linked(permit=PERMIT)])
def test_a_record_that_stands_still_decides_nothing_whatever_is_shown(
    known: Known, code: str, evidence: Evidence
) -> None:
    assert code_of(evidence, known) == code
    assert code_of(evidence, replace(known, is_holder=True)) == code


@pytest.mark.parametrize(
    ("known", "code"),
    [
        (Known(previous=a_binding(), previous_standing=Standing.FROZEN), "binding.frozen"),
        (Known(previous_standing=Standing.CLOSED), "binding.closed"),
        (Known(binding=a_binding(permit=OTHER), previous_standing=Standing.CLOSED), "binding.closed"),
        (Known(previous_standing=Standing.RETIRED), "binding.previous_unknown"),
    ],
)
def test_a_frozen_or_closed_record_does_not_come_free_under_a_new_permit(known: Known, code: str) -> None:
    assert code_of(linked(), known) == code


def test_how_a_permit_stands_to_which_no_link_is_proved_does_not_matter() -> None:
    known = Known(previous=a_binding(), previous_standing=Standing.FROZEN)

    assert isinstance(decide(linked(same_person=False), known, SANDBOX), Allocate)


# --- correction by the register


def test_a_corrected_birth_date_gives_a_new_stand_in_that_replaces_the_old_one() -> None:
    decision = decide(corrected(), own(a_binding(replaces=("x",))), SANDBOX)

    assert isinstance(decision, Allocate)
    assert decision.replaces == ("x", STAND_IN.value)
    assert (decision.previous_permit, decision.change) == (None, Change.CORRECTED)
    assert decision.block.codes[0] == "810050"


def test_a_corrected_sex_gives_a_new_number_too() -> None:
    decision = decide(an_evidence(sex="M", vouched=True), own(a_binding()), SANDBOX)

    assert isinstance(decision, Allocate)
    assert decision.change is Change.CORRECTED


@pytest.mark.parametrize("held", [STAND_IN, HONG_KONG_NUMBER])
def test_a_residence_number_with_the_right_birth_date_is_taken_over_either(held: Any) -> None:
    evidence = corrected(**residence(CORRECTED_NUMBER))

    decision = decide(evidence, own(a_binding(held)), SANDBOX)

    assert decision == Bind(CORRECTED_NUMBER, (held.value,), change=Change.CORRECTED)


@pytest.mark.parametrize(
    ("vouched", "is_holder"),
    [(False, False), (True, False), (False, True)],
)
def test_neither_the_register_nor_the_account_alone_corrects_a_record(vouched: bool, is_holder: bool) -> None:
    known = own(a_binding(), is_holder=is_holder)

    assert code_of(corrected(vouched=vouched), known) == "binding.birthdate_mismatch"
    assert code_of(an_evidence(sex="M", vouched=vouched), known) == "binding.sex_mismatch"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        (residence(HONG_KONG_NUMBER), "binding.birthdate_mismatch"),
        (residence(number("810000", "903", "19040507")), "binding.sex_mismatch"),
        (residence(number("820000", "904", "19040507")), "binding.territory_mismatch"),
        (residence(number("810051", "590", "19040507")), "surrogate.input_forbidden"),
        ({"residence_permit": CORRECTED_NUMBER}, "assurance.residence_permit_unverified"),
    ],
)
def test_a_correction_takes_no_number_that_does_not_fit_the_new_facts(changes: dict[str, Any], code: str) -> None:
    assert code_of(corrected(**changes), own(a_binding())) == code


def test_a_correction_takes_no_number_of_another_holder() -> None:
    known = own(a_binding(HONG_KONG_NUMBER), number_holder=OTHER.canonical)

    assert code_of(corrected(**residence(CORRECTED_NUMBER)), known) == "binding.conflict"


def test_without_a_correction_a_second_residence_number_stays_a_conflict() -> None:
    evidence = verified(number("810000", "904"), vouched=True)

    assert code_of(evidence, own(a_binding(HONG_KONG_NUMBER))) == "binding.conflict"


@pytest.mark.parametrize(
    ("policy", "code"),
    [
        (Policy(surrogates_allowed=False), "policy.purpose_not_permitted"),
        (Policy(realm=Realm.PRODUCTION), "binding.conflict"),
    ],
)
def test_a_correction_makes_no_stand_in_past_the_rules(policy: Policy, code: str) -> None:
    assert code_of(corrected(), own(a_binding()), policy) == code


def test_a_vouched_sign_in_that_agrees_is_no_correction() -> None:
    binding = a_binding()

    assert decide(an_evidence(vouched=True), own(binding), SANDBOX) == Keep(binding)


def test_a_correction_and_a_proved_link_are_one_step() -> None:
    right = a_binding(number("810051", "592", "19040507"), birthdate=CORRECTED_BIRTH)
    evidence = corrected(permit=OTHER, previous_permit=PERMIT, same_person=True)

    decision = decide(evidence, own(a_binding(permit=OTHER), previous=right), SANDBOX)

    assert isinstance(decision, Allocate)
    assert decision.replaces == (right.number.value, STAND_IN.value)
    assert (decision.previous_permit, decision.change) == (PERMIT, Change.CORRECTED)


def test_a_linked_residence_number_with_the_right_birth_date_serves_the_correction() -> None:
    right = a_binding(CORRECTED_NUMBER, birthdate=CORRECTED_BIRTH)
    evidence = corrected(permit=OTHER, previous_permit=PERMIT, same_person=True)

    decision = decide(evidence, own(a_binding(permit=OTHER), previous=right), SANDBOX)

    assert decision == Bind(CORRECTED_NUMBER, (STAND_IN.value,), PERMIT, Change.CORRECTED)


def test_a_correction_does_not_reach_a_linked_record_that_disagrees_itself() -> None:
    evidence = corrected(permit=OTHER, previous_permit=PERMIT, same_person=True)
    known = own(a_binding(permit=OTHER), previous=a_binding())

    assert code_of(evidence, known) == "binding.birthdate_mismatch"


# --- the words of the history


@pytest.mark.parametrize(
    ("evidence", "known", "change"),
    [
        (verified(), Known(), Change.BOUND),
        (verified(), Known(binding=a_binding()), Change.SUPERSEDED),
        (linked(), Known(previous=a_binding()), Change.REISSUED),
        (linked(**residence(HONG_KONG_NUMBER)), Known(previous=a_binding()), Change.SUPERSEDED),
        (linked(permit=MACAO), Known(previous=a_binding()), Change.MOVED),
        (
            linked(permit=TravelPermit("HA0000018")),
            Known(previous=a_binding()),
            Change.MOVED,
        ),
        (
            linked(permit=PERMIT, previous_permit=TravelPermit("HA0000018")),
            Known(previous=a_binding(number("810055", "590"), TravelPermit("HA0000018"))),
            Change.MOVED,
        ),
        (
            linked(),
            Known(binding=a_binding(number("810051", "592"), OTHER), previous=a_binding()),
            Change.REISSUED,
        ),
        (
            linked(permit=MACAO),
            Known(binding=a_binding(number("820050", "592"), MACAO), previous=a_binding()),
            Change.MOVED,
        ),
    ],
)
def test_the_history_gets_the_word_for_what_happens(evidence: Evidence, known: Known, change: Change) -> None:
    decision = decide(evidence, known, SANDBOX)

    assert isinstance(decision, Bind | Allocate)
    assert decision.change is change


def test_a_first_stand_in_is_bound() -> None:
    decision = decide(an_evidence(sex=Sex.MALE.value), Known(), SANDBOX)

    assert isinstance(decision, Allocate)
    assert decision.change is Change.BOUND
