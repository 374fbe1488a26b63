"""The decision beyond the published cases: every refusal, every order of events, and nothing disclosed."""

from datetime import date
from typing import Any

import pytest

from mapping.documents import TravelPermit
from mapping.evidence import Allocate, Bind, Binding, Evidence, Keep, Known, Policy, Read
from mapping.lifecycle import Change, Standing
from mapping.resolve import PURPOSES_CLOSED_TO_NON_CHINESE, decide
from mapping.vocabulary import Realm, Sex
from tests.mapping.resolve_builders import (
    BORN,
    CITIZEN,
    HONG_KONG_NUMBER,
    MACAO,
    MACAO_NUMBER,
    NOBODY,
    NON_CHINESE,
    OTHER,
    PERMIT,
    SANDBOX,
    STAND_IN,
    a_binding,
    an_evidence,
    code_of,
    linked,
    number,
    verified,
)

# --- the order of resolution


def test_a_verified_residence_permit_number_comes_first() -> None:
    assert decide(verified(), NOBODY, SANDBOX) == Bind(HONG_KONG_NUMBER)


def test_it_supersedes_a_stand_in() -> None:
    known = Known(binding=a_binding(replaces=("x",)))

    assert decide(verified(), known, SANDBOX) == Bind(HONG_KONG_NUMBER, ("x", STAND_IN.value), change=Change.SUPERSEDED)


def test_a_number_that_is_bound_already_is_kept_whoever_offers_it_again() -> None:
    binding = a_binding(HONG_KONG_NUMBER, replaces=(STAND_IN.value,))
    known = Known(binding=binding, number_holder=PERMIT.canonical)

    assert decide(verified(), known, SANDBOX) == Keep(binding)
    assert decide(an_evidence(), known, SANDBOX) == Keep(binding)


def test_a_recorded_stand_in_is_kept() -> None:
    binding = a_binding()

    assert decide(an_evidence(), Known(binding=binding), SANDBOX) == Keep(binding)


def test_the_last_resort_is_a_new_stand_in_from_the_right_block() -> None:
    decision = decide(an_evidence(permit=MACAO), NOBODY, Policy(realm=Realm.PRODUCTION))

    assert isinstance(decision, Allocate)
    assert decision.block.codes[0] == "820070"
    assert decision.replaces == ()


# --- without a travel permit


def test_a_citizen_number_of_the_provider_is_read_and_not_stored() -> None:
    evidence = Evidence(citizen=CITIZEN, birthdate=BORN, sex="F", assurance=2)

    assert decide(evidence, NOBODY, Policy(surrogates_allowed=False)) == Read(CITIZEN)


def test_a_vouched_for_residence_number_alone_is_read_since_there_is_no_key_to_store_it_under() -> None:
    assert decide(verified(permit=None), NOBODY, SANDBOX) == Read(HONG_KONG_NUMBER)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"citizen": STAND_IN}, "surrogate.input_forbidden"),
        ({"citizen": HONG_KONG_NUMBER}, "binding.not_eligible"),
        ({"citizen": number("932682")}, "binding.not_eligible"),
        ({"citizen": CITIZEN, "assurance": 1}, "assurance.too_low"),
        ({"citizen": CITIZEN, "birthdate": date(1904, 5, 7)}, "binding.birthdate_mismatch"),
        ({"citizen": CITIZEN, "sex": "M"}, "binding.sex_mismatch"),
        ({"residence_permit": HONG_KONG_NUMBER}, "assurance.residence_permit_unverified"),
        ({"residence_permit": STAND_IN, "residence_permit_verified": True}, "surrogate.input_forbidden"),
        ({"residence_permit": CITIZEN, "residence_permit_verified": True}, "binding.not_residence_permit"),
        ({"residence_permit": number("830000"), "residence_permit_verified": True}, "binding.territory_not_served"),
        ({}, "evidence.missing"),
    ],
)
def test_a_number_without_a_permit_is_read_only_if_it_is_what_it_claims(changes: dict[str, Any], code: str) -> None:
    assert code_of(an_evidence(permit=None, **changes)) == code


# --- evidence


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"birthdate": None}, "evidence.missing"),
        ({"sex": None}, "evidence.missing"),
        ({"sex": "X"}, "evidence.sex_unsupported"),
        ({"sex": "f"}, "evidence.sex_unsupported"),
        ({"sex": ""}, "evidence.sex_unsupported"),
        ({"declared_type": "414"}, "permit.type_mismatch"),
        ({"declared_type": ""}, "permit.type_mismatch"),
        ({"assurance": 1}, "assurance.too_low"),
        ({"assurance": 0}, "assurance.too_low"),
        ({"assurance": -1}, "assurance.too_low"),
        ({"citizen": CITIZEN}, "binding.conflict"),
    ],
)
def test_insufficient_evidence_is_refused_even_for_a_holder_who_is_known(changes: dict[str, Any], code: str) -> None:
    assert code_of(an_evidence(**changes), Known(binding=a_binding())) == code


def test_the_declared_type_of_a_permit_is_accepted() -> None:
    assert isinstance(decide(an_evidence(declared_type="516"), NOBODY, SANDBOX), Allocate)


def test_a_policy_may_ask_for_more_assurance() -> None:
    assert code_of(an_evidence(), policy=Policy(min_assurance=3)) == "assurance.too_low"


@pytest.mark.parametrize("purpose", [*sorted(PURPOSES_CLOSED_TO_NON_CHINESE), " Employment ", "STUDY"])
def test_purposes_that_the_card_of_2024_excludes_are_refused(purpose: str) -> None:
    assert code_of(an_evidence(permit=NON_CHINESE, purpose=purpose)) == "policy.purpose_not_permitted"


@pytest.mark.parametrize(("permit", "purpose"), [(NON_CHINESE, "hotel"), (NON_CHINESE, None), (PERMIT, "employment")])
def test_other_purposes_and_other_holders_are_not_restricted(permit: TravelPermit, purpose: str | None) -> None:
    assert isinstance(decide(an_evidence(permit=permit, purpose=purpose), NOBODY, SANDBOX), Allocate)


# --- residence permits


@pytest.mark.parametrize(
    ("evidence", "code"),
    [
        (verified(STAND_IN), "surrogate.input_forbidden"),
        (an_evidence(residence_permit=STAND_IN), "surrogate.input_forbidden"),
        (verified(CITIZEN), "binding.not_residence_permit"),
        (verified(number("932682")), "binding.not_residence_permit"),
        (verified(number("830000")), "binding.territory_not_served"),
        (verified(MACAO_NUMBER), "binding.territory_mismatch"),
        (verified(number("810000", "901")), "binding.sex_mismatch"),
        (verified(number("810000", born="19040507")), "binding.birthdate_mismatch"),
        (verified(permit=NON_CHINESE), "binding.not_eligible"),
        (an_evidence(residence_permit=HONG_KONG_NUMBER), "assurance.residence_permit_unverified"),
    ],
)
def test_a_residence_number_that_does_not_fit_the_permit_is_refused(evidence: Evidence, code: str) -> None:
    assert code_of(evidence) == code


def test_an_unverified_number_does_not_fall_back_to_the_recorded_one() -> None:
    evidence = an_evidence(residence_permit=HONG_KONG_NUMBER)

    assert code_of(evidence, Known(binding=a_binding())) == "assurance.residence_permit_unverified"


def test_a_number_of_another_holder_is_a_conflict() -> None:
    assert code_of(verified(), Known(number_holder=OTHER.canonical)) == "binding.conflict"


def test_a_second_residence_number_of_one_holder_is_a_conflict() -> None:
    known = Known(binding=a_binding(number("810000", "904")))

    assert code_of(verified(), known) == "binding.conflict"


# --- records


@pytest.mark.parametrize(
    ("binding", "code"),
    [
        (a_binding(birthdate=date(1904, 5, 7)), "binding.birthdate_mismatch"),
        (a_binding(sex=Sex.MALE), "binding.sex_mismatch"),
        (a_binding(number("810050", born="19040507")), "binding.birthdate_mismatch"),
        (a_binding(number("810050", "591")), "binding.sex_mismatch"),
        (a_binding(permit=OTHER), "binding.conflict"),
        (a_binding(number("810070", "590")), "binding.conflict"),
    ],
)
def test_a_record_that_disagrees_stops_everything(binding: Binding, code: str) -> None:
    assert code_of(an_evidence(), Known(binding=binding)) == code


def test_a_sandbox_number_is_not_released_in_production() -> None:
    known = Known(binding=a_binding())

    assert code_of(an_evidence(), known, Policy(realm=Realm.PRODUCTION)) == "binding.conflict"


def test_a_retired_permit_gets_no_new_number() -> None:
    assert code_of(an_evidence(), Known(standing=Standing.RETIRED)) == "binding.conflict"


def test_no_stand_in_is_made_or_released_where_none_is_allowed() -> None:
    policy = Policy(surrogates_allowed=False)

    assert code_of(an_evidence(), NOBODY, policy) == "policy.purpose_not_permitted"
    assert code_of(an_evidence(), Known(binding=a_binding()), policy) == "policy.purpose_not_permitted"
    assert code_of(linked(), Known(previous=a_binding()), policy) == "policy.purpose_not_permitted"


def test_a_residence_number_is_released_where_no_stand_in_is_allowed() -> None:
    binding = a_binding(HONG_KONG_NUMBER)

    assert decide(an_evidence(), Known(binding=binding), Policy(surrogates_allowed=False)) == Keep(binding)


# --- silence


def test_nothing_that_is_passed_around_shows_a_number_or_a_birth_date() -> None:
    known = Known(binding=a_binding(replaces=(CITIZEN.value,)), number_holder=PERMIT.canonical)
    values = (
        verified(citizen=CITIZEN, previous_permit=OTHER),
        known,
        Keep(a_binding()),
        Read(CITIZEN),
        Bind(HONG_KONG_NUMBER, (STAND_IN.value,), PERMIT),
        decide(linked(permit=MACAO), Known(previous=a_binding()), SANDBOX),
    )

    shown = " ".join(repr(value) for value in values)

    for secret in ("190405", "1904, 5", "0000001", "0000006", "'F'"):
        assert secret not in shown
