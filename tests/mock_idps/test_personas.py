"""The cast is complete, consistent, and belongs to nobody."""

import re
from collections import Counter

import pytest

from mock_idps.personas import (
    AGENT,
    MANDATES,
    ORGANISATIONS,
    PERSONAS,
    REPRESENTATIVE,
    Organisation,
    Persona,
    directory_of,
    find,
)

WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
EIGHTEEN = [
    pytest.param(persona, number, id=f"{persona.id}-{number[:6]}")
    for persona in PERSONAS
    for number in (persona.resident_id, persona.residence_permit)
    if number is not None
]


def check_character(body: str) -> str:
    return "10X98765432"[sum(int(digit) * weight for digit, weight in zip(body, WEIGHTS, strict=True)) % 11]


CREDIT_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
PLACES = ("hong_kong", "macao", "guangdong")


def credit_code_check(body: str) -> str:
    return CREDIT_ALPHABET[-sum(CREDIT_ALPHABET.index(c) * 3**i for i, c in enumerate(body)) % 31]


def organisation_code_check(body: str) -> str:
    total = sum(int(c, 36) * weight for c, weight in zip(body, (3, 7, 9, 10, 5, 8, 4, 2), strict=True))
    return "0123456789X"[-total % 11]


def hkid_check(body: str) -> str:
    values = [36 if c == " " else int(c) if c.isdigit() else ord(c) - 55 for c in body.rjust(8)]
    rest = -sum(value * weight for value, weight in zip(values, range(9, 1, -1), strict=True)) % 11
    return "A" if rest == 10 else str(rest)


def some(**wanted):
    return [p for p in PERSONAS if all(getattr(p, name) == value for name, value in wanted.items())]


def test_every_id_is_a_unique_slug():
    ids = [persona.id for persona in PERSONAS]

    assert len(ids) == len(set(ids))
    assert all(re.fullmatch(r"[a-z]+(-[a-z]+)*", slug) for slug in ids)


@pytest.mark.parametrize("field", ["hkid", "bir", "resident_id", "permit", "residence_permit", "otp_secret"])
def test_no_two_people_share_a_number(field):
    counted = Counter(getattr(persona, field) for persona in PERSONAS if getattr(persona, field) is not None)

    assert max(counted.values()) == 1


@pytest.mark.spec("GB 11643-1999")
@pytest.mark.parametrize(("persona", "number"), EIGHTEEN)
def test_an_eighteen_character_number_agrees_with_its_person_and_with_nobody_alive(persona: Persona, number: str):
    assert check_character(number[:17]) == number[17]
    assert number[6:14] == persona.birthdate.replace("-", "")
    assert 1900 <= int(number[6:10]) <= 1909
    assert (int(number[16]) % 2 == 1) == (persona.sex == "M")


@pytest.mark.parametrize("persona", [p for p in PERSONAS if p.hkid], ids=lambda p: p.id)
def test_a_hong_kong_card_has_its_check_character(persona: Persona):
    assert hkid_check(persona.hkid[:-1]) == persona.hkid[-1]


@pytest.mark.parametrize("persona", [p for p in PERSONAS if p.bir], ids=lambda p: p.id)
def test_a_macao_card_has_eight_digits_of_a_known_series(persona: Persona):
    assert re.fullmatch(r"[157][0-9]{7}", persona.bir)


@pytest.mark.parametrize("persona", [p for p in PERSONAS if p.permit], ids=lambda p: p.id)
def test_a_permit_fits_the_territory_and_has_low_digits(persona: Persona):
    letter = {"hong_kong": "H", "macao": "M"}[persona.home]

    assert re.fullmatch(rf"{letter}(A0000|00000)[0-9]{{3,4}}", persona.permit)
    assert len(persona.permit) == 9
    assert re.fullmatch(r"[0-9]{2}", persona.permit_issue_count)


def test_a_previous_permit_keeps_the_nine_characters():
    renewed = [persona for persona in PERSONAS if persona.previous_permit]

    assert renewed
    assert all(p.previous_permit[:9] == p.permit and p.previous_permit[9:] < p.permit_issue_count for p in renewed)


def test_the_cast_has_every_case_that_the_gateway_must_tell_apart():
    assert len(PERSONAS) >= 18
    student = find(PERSONAS, "chan-siu-ming")
    assert student is not None
    assert (student.permit, student.residence_permit, student.hk_user_type) == ("H00000018", None, "default")
    assert {p.register for p in PERSONAS} == {"ok", "unknown", "several", "expired"}
    assert some(home="hong_kong", permit_issue_count="02")
    assert some(hk_user_type="sign")
    assert {p.mo_level for p in some(home="macao")} == {None, 1, 2, 3}
    assert {p.gd_level for p in PERSONAS} == {None, "L0", "L1", "L2", "L3"}
    assert some(home="macao", bir_permanent=False)
    assert some(home="hong_kong", gd_level="L2", residence_permit=None)
    assert some(home="hong_kong", gd_level="L3")[0].residence_permit
    assert any(p.permit and p.permit.startswith("HA") for p in PERSONAS)
    assert any(p.permit and p.permit.startswith("MA") for p in PERSONAS)
    assert any(p.name_han and any(ord(c) > 0xFFFF for c in p.name_han) for p in PERSONAS)
    assert any(p.home == "hong_kong" and p.name_han is None for p in PERSONAS)
    assert any(p.surname == "da Luz" and p.given == "José" and p.name_han is None for p in PERSONAS)


def test_two_people_share_name_and_birth_date_so_that_nothing_may_link_them():
    student, namesake = find(PERSONAS, "chan-siu-ming"), find(PERSONAS, "chan-siu-ming-namesake")

    assert (student.name_han, student.birthdate) == (namesake.name_han, namesake.birthdate)
    assert student.permit != namesake.permit


def test_a_guardian_names_children_of_the_cast():
    children = [child for persona in PERSONAS for child in persona.guardian_of]

    assert children
    assert all(find(PERSONAS, child) is not None for child in children)


def test_a_telephone_number_belongs_to_nobody():
    assert all(persona.mobile.startswith("0") for persona in PERSONAS if persona.mobile)


def test_an_unknown_id_finds_nobody():
    assert find(PERSONAS, "nobody") is None


def test_every_organisation_has_a_slug_of_its_own_and_the_number_of_its_own_register_alone():
    ids = [organisation.id for organisation in ORGANISATIONS]
    numbers = {"hong_kong": "brn", "macao": "taxpayer_number", "guangdong": "uscc"}

    assert len(ids) == len(set(ids))
    assert all(re.fullmatch(r"[a-z]+(-[a-z]+)*", slug) for slug in ids)
    for organisation in ORGANISATIONS:
        known = {name for name in numbers.values() if getattr(organisation, name) is not None}
        assert known == {numbers[organisation.home]}


@pytest.mark.spec("GB 32100-2015")
@pytest.mark.parametrize("organisation", [o for o in ORGANISATIONS if o.uscc], ids=lambda o: o.id)
def test_a_credit_code_has_both_check_characters_and_an_authority_that_does_not_exist(organisation: Organisation):
    assert organisation.uscc[17] == credit_code_check(organisation.uscc[:17])
    assert organisation.uscc[16] == organisation_code_check(organisation.uscc[8:16])
    assert organisation.uscc[2:8] == "999900"


@pytest.mark.parametrize("organisation", [o for o in ORGANISATIONS if not o.uscc], ids=lambda o: o.id)
def test_a_number_of_hong_kong_or_macao_has_eight_low_digits(organisation: Organisation):
    assert re.fullmatch(r"000000[0-9]{2}", organisation.brn or organisation.taxpayer_number)
    assert (organisation.entity_code is not None) == (organisation.home == "macao")


@pytest.mark.parametrize("place", PLACES)
def test_each_place_has_a_representative_an_agent_a_former_agent_and_an_organisation_that_was_struck_off(place: str):
    directory = directory_of(place)

    assert {organisation.is_struck_off for organisation in directory.organisations} == {False, True}
    assert {mandate.role for mandate in directory.mandates} == {REPRESENTATIVE, AGENT}
    assert {mandate.until for mandate in directory.mandates if mandate.role == AGENT} == {"2035-12-31", "2020-12-31"}
    assert all(directory.representative(organisation.id) for organisation in directory.organisations)


def test_whoever_may_act_has_an_account_where_the_organisation_is():
    accounts = {"hong_kong": "hk_user_type", "macao": "mo_level", "guangdong": "gd_level"}
    for place in PLACES:
        for mandate in directory_of(place).mandates:
            persona = find(PERSONAS, mandate.persona)
            assert persona is not None
            assert getattr(persona, accounts[place]) is not None


def test_an_agent_has_matters_and_a_representative_needs_none():
    assert all(bool(mandate.scope) == (mandate.role == AGENT) for mandate in MANDATES)


def test_nobody_acts_without_a_mandate():
    directory = directory_of("guangdong")

    assert directory.mandate("liu-yang", "bay-trading") is None
    assert directory.mandate("li-xiao-hua", "harbour-books") is None
    assert directory.organisation("nowhere") is None
