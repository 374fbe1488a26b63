"""Two permits of one person: joined by explicit proof alone, and by nothing that disagrees."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from mapping.evidence import Allocate, Bind, Keep, Known
from mapping.identifier import MainlandIdentifier
from mapping.lifecycle import Change
from mapping.resolve import decide
from mapping.vocabulary import Sex
from tests.mapping.resolve_builders import (
    HONG_KONG_NUMBER,
    MACAO,
    MACAO_NUMBER,
    OTHER,
    PERMIT,
    SANDBOX,
    STAND_IN,
    a_binding,
    code_of,
    linked,
    number,
    residence,
    verified,
)


def test_a_number_stays_when_the_series_stays() -> None:
    known = Known(previous=a_binding(replaces=("x",)))

    assert decide(linked(), known, SANDBOX) == Bind(STAND_IN, ("x",), PERMIT, Change.REISSUED)


@pytest.mark.parametrize("held", [STAND_IN, HONG_KONG_NUMBER])
def test_a_holder_who_moved_to_macao_gets_a_new_number_and_the_old_one_is_reported(held: MainlandIdentifier) -> None:
    decision = decide(linked(permit=MACAO), Known(previous=a_binding(held)), SANDBOX)

    assert isinstance(decision, Allocate)
    assert decision.block.codes[0] == "820050"
    assert (decision.replaces, decision.previous_permit) == ((held.value,), PERMIT)
    assert decision.change is Change.MOVED


def test_a_moved_holder_with_a_residence_number_of_both_places_keeps_the_new_one() -> None:
    evidence = replace(verified(MACAO_NUMBER), permit=MACAO, previous_permit=PERMIT, same_person=True)
    known = Known(previous=a_binding(HONG_KONG_NUMBER))

    assert decide(evidence, known, SANDBOX) == Bind(MACAO_NUMBER, (HONG_KONG_NUMBER.value,), PERMIT, Change.MOVED)


def test_a_claimed_link_without_proof_has_no_effect() -> None:
    decision = decide(linked(same_person=False), Known(previous=a_binding()), SANDBOX)

    assert isinstance(decision, Allocate)
    assert (decision.replaces, decision.previous_permit) == ((), None)


def test_proof_about_a_permit_that_nobody_knows_is_refused() -> None:
    assert code_of(linked()) == "binding.previous_unknown"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"birthdate": date(1904, 5, 7)}, "binding.birthdate_mismatch"),
        ({"sex": Sex.MALE}, "binding.sex_mismatch"),
        ({"permit": MACAO}, "binding.conflict"),
    ],
)
def test_a_previous_record_of_someone_else_is_refused(changes: dict[str, Any], code: str) -> None:
    assert code_of(linked(), Known(previous=a_binding(**changes))) == code


def test_the_same_link_told_twice_writes_once() -> None:
    moved = a_binding(permit=OTHER)

    assert decide(linked(), Known(binding=moved), SANDBOX) == Keep(moved)


def test_a_permit_named_as_its_own_predecessor_is_no_link() -> None:
    binding = a_binding()
    known = Known(binding=binding, previous=binding)

    assert decide(linked(permit=PERMIT), known, SANDBOX) == Keep(binding)


def test_two_records_of_one_person_are_folded_into_the_current_permits_number() -> None:
    mine = a_binding(number("810051", "592"), OTHER)
    known = Known(binding=mine, previous=a_binding())

    assert decide(linked(), known, SANDBOX) == Bind(mine.number, (STAND_IN.value,), PERMIT, Change.REISSUED)


def test_folding_prefers_a_residence_number_over_a_stand_in() -> None:
    mine = a_binding(STAND_IN, OTHER)
    known = Known(binding=mine, previous=a_binding(HONG_KONG_NUMBER))

    assert decide(linked(), known, SANDBOX) == Bind(HONG_KONG_NUMBER, (STAND_IN.value,), PERMIT, Change.SUPERSEDED)


def test_folding_twice_changes_nothing() -> None:
    mine = a_binding(number("810051", "592"), OTHER, replaces=(STAND_IN.value,))
    known = Known(binding=mine, previous=a_binding())

    assert decide(linked(), known, SANDBOX) == Keep(mine)


def test_two_residence_numbers_of_one_place_cannot_be_one_persons() -> None:
    previous = a_binding(HONG_KONG_NUMBER)
    mine = a_binding(number("810000", "904"), OTHER)

    assert code_of(linked(), Known(binding=mine, previous=previous)) == "binding.conflict"
    assert code_of(replace(linked(), **residence(mine.number)), Known(previous=previous)) == "binding.conflict"


def test_a_residence_number_follows_its_holder_to_a_reissued_permit() -> None:
    evidence = replace(linked(), **residence(HONG_KONG_NUMBER))
    known = Known(previous=a_binding(HONG_KONG_NUMBER), number_holder=PERMIT.canonical)

    assert decide(evidence, known, SANDBOX) == Bind(HONG_KONG_NUMBER, (), PERMIT, Change.REISSUED)


def test_without_proof_it_does_not_follow() -> None:
    evidence = replace(linked(same_person=False), **residence(HONG_KONG_NUMBER))
    known = Known(previous=a_binding(HONG_KONG_NUMBER), number_holder=PERMIT.canonical)

    assert code_of(evidence, known) == "binding.conflict"
