"""Roles, strength and places: what is not said to be open is closed."""

from typing import Any

import pytest

from gateway.admin import rights
from gateway.admin.operation_records import JointActKind, Strength
from gateway.admin.records import Operator, Role
from gateway.admin.rights import Denial, Right
from tests.gateway.admin.fakes import NOW

WEAK, STRONG = Strength.KEY, Strength.TWO_FACTORS


def an_operator(role: Role = Role.KEEPER, *places: str) -> Operator:
    return Operator("ada", role, NOW, jurisdictions=places)


def why(operator: Operator, needed: Role, strength: Strength = STRONG, **changes: Any) -> Denial | None:
    return rights.denial(operator, strength, needed, **changes)


def test_each_role_may_what_its_name_says_and_no_more() -> None:
    may = {role: {needed for needed in Role if why(an_operator(role), needed) is None} for role in Role}

    assert may == {
        Role.READER: {Role.READER},
        Role.KEEPER: {Role.READER, Role.KEEPER},
        Role.AUDITOR: {Role.READER, Role.AUDITOR},
        Role.CUSTODIAN: set(Role),
    }


@pytest.mark.parametrize("strength", Strength)
def test_changes_take_more_than_a_key_and_looking_does_not(strength: Strength) -> None:
    custodian = an_operator(Role.CUSTODIAN)
    expected = Denial.STRENGTH if strength is Strength.KEY else None

    assert why(custodian, Role.KEEPER, strength) is expected
    assert why(custodian, Role.CUSTODIAN, strength) is expected
    assert why(custodian, Role.AUDITOR, strength, is_strong=True) is expected
    assert why(custodian, Role.READER, strength) is None
    assert why(custodian, Role.KEEPER, strength, is_routine=True) is None
    assert why(custodian, Role.CUSTODIAN, strength, two_factors=False) is None


def test_a_role_that_does_not_allow_it_is_not_helped_by_strength_or_settings() -> None:
    for changes in ({"two_factors": False}, {"is_routine": True}, {"is_scoped": True}):
        assert why(an_operator(Role.READER), Role.KEEPER, Strength.SYSTEM, **changes) is Denial.ROLE


@pytest.mark.attack("AD-02")
def test_ad_02_what_does_not_know_of_places_is_closed_to_who_has_some() -> None:
    there = an_operator(Role.CUSTODIAN, "macao")

    assert {why(there, needed) for needed in Role} == {Denial.PLACE}
    assert why(there, Role.READER, is_scoped=True) is None
    assert why(an_operator(Role.READER, "macao"), Role.KEEPER) is Denial.PLACE


@pytest.mark.attack("AD-02")
def test_ad_02_an_operator_of_a_place_has_what_is_there_and_nothing_that_is_nowhere() -> None:
    there, everywhere = an_operator(Role.KEEPER, "macao", "hong_kong"), an_operator()

    assert rights.covers(there, "macao")
    assert not rights.covers(there, "guangdong")
    assert not rights.covers(there, None)
    assert not rights.covers(there, "")
    assert rights.covers(everywhere, None)


@pytest.mark.attack("AD-02")
def test_ad_02_a_provider_is_where_its_name_says_or_nowhere() -> None:
    places = {name: rights.place_of(name) for name in ("macao", "macao_test", "macaotest", "acme", "", "MACAO", "hong")}

    assert places == {
        "macao": "macao",
        "macao_test": "macao",
        "macaotest": None,
        "acme": None,
        "": None,
        "MACAO": None,
        "hong": None,
    }
    assert not rights.covers_provider(an_operator(Role.KEEPER, "macao"), "acme")


def test_who_agrees_could_do_it_themselves() -> None:
    for kind in JointActKind:
        assert rights.may_agree(an_operator(Role.CUSTODIAN), kind)
        assert not rights.may_agree(an_operator(Role.KEEPER), kind)
        assert rights.may_agree(an_operator(Role.AUDITOR), kind) is (kind is JointActKind.AUDIT_EXPORT)


def test_every_role_looks() -> None:
    assert all(Right.LOOK in rights.RIGHTS[role] for role in Role)
