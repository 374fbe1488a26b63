import unicodedata
from datetime import date
from typing import Any

import pytest

from mapping.documents import HongKongIdentityCard
from providers.base import Assurance, UpstreamIdentity
from providers.errors import ProviderError, ProviderFailure
from providers.hong_kong.identity import FIELDS, read_identity
from providers.hong_kong.wire import AccessToken
from tests.providers.hong_kong.builders import NOW, OPEN_ID, a_profile


def read(user_type: str = "default", **changes: Any) -> UpstreamIdentity:
    token = AccessToken("c" * 32, OPEN_ID, user_type, "1700000000000")
    return read_identity(token, a_profile(**changes), NOW)


def refusal(**changes: Any) -> ProviderError:
    with pytest.raises(ProviderError) as refused:
        read(**changes)
    return refused.value


def test_a_person_is_read_from_the_verified_fields() -> None:
    identity = read()

    assert identity.provider == "hong_kong"
    assert identity.subject == OPEN_ID
    assert identity.documents == (HongKongIdentityCard("A1234563"),)
    assert (identity.birthdate, identity.sex) == (date(1904, 5, 6), "M")
    assert (identity.authenticated_at, identity.data_version) == (NOW, "1700000000000")


def test_the_english_name_is_split_where_its_comma_is() -> None:
    name = read().name

    assert (name.han, name.latin, name.family, name.given) == ("陳小明", "CHAN, Siu Ming", "CHAN", "Siu Ming")


@pytest.mark.parametrize("latin", ["MADONNA", "CHAN,", ", Siu Ming"])
def test_an_english_name_without_two_parts_is_not_split(latin: str) -> None:
    name = read(enName={"UnstructuredName": latin}).name

    assert (name.latin, name.family, name.given) == (latin, None, None)


@pytest.mark.parametrize("user_type", ["default", "sign"])
def test_both_account_versions_vouch_for_level_three_without_a_step_up(user_type: str) -> None:
    assert read(user_type).assurance is Assurance.THREE


def test_the_methods_are_registered_ones_that_the_dialect_really_tells() -> None:
    assert read().amr == ("mca", "user")


def test_a_person_without_a_chinese_name_has_the_english_one() -> None:
    name = read(chName=None, chNameVerified=None).name

    assert (name.han, name.display) == (None, "CHAN, Siu Ming")


def test_a_chinese_name_that_was_never_verified_is_not_passed_on() -> None:
    assert read(chNameVerified=None).name.han is None


def test_a_character_outside_the_basic_plane_stays_as_it_is() -> None:
    assert read(chNameVerified="陳𨋢明").name.han == "陳𨋢明"


def test_a_card_that_knows_only_the_year_gives_no_birth_date() -> None:
    assert read(birthDate="1904").birthdate is None


def test_an_untold_gender_is_no_gender() -> None:
    assert read(gender="U").sex is None


def test_the_same_open_id_in_the_profile_is_welcome() -> None:
    assert read(openID=OPEN_ID).subject == OPEN_ID


def test_another_open_id_in_the_profile_is_refused() -> None:
    assert refusal(openID="someone-else-00000000").detail == "open_id"


@pytest.mark.parametrize("name", ["idNo", "enName", "birthDate", "gender"])
def test_a_profile_without_a_promised_field_is_refused(name: str) -> None:
    assert refusal(**{name: None}).detail == f"missing:{name}"


@pytest.mark.attack("UN-06")
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("idNo", "A1234563"),
        ("idNo", {"Identification": "A123456"}),
        ("idNo", {"Identification": "A123456", "CheckDigit": 3}),
        ("idNo", {"Identification": 123456, "CheckDigit": "3"}),
        ("idNo", {"Identification": "A123456", "CheckDigit": "4"}),
        ("idNo", {"Identification": "A12345６", "CheckDigit": "3"}),
        ("idNo", {"Identification": "A123456 ", "CheckDigit": "3"}),
        ("idNo", ["A123456", "3"]),
        ("enName", "CHAN, Siu Ming"),
        ("enName", {"UnstructuredName": ""}),
        ("enName", {"UnstructuredName": ["CHAN"]}),
        ("chName", "陳小明"),
        ("chNameVerified", {"ChineseName": "陳小明"}),
        ("chNameVerified", True),
        ("birthDate", 19040506),
        ("birthDate", "1904-05-06"),
        ("birthDate", "19041306"),
        ("birthDate", "18991231"),
        ("birthDate", "20260401"),
        ("birthDate", ""),
        ("gender", "m"),
        ("gender", 1),
    ],
)
def test_un_06_a_field_of_the_wrong_type_or_shape_is_refused_by_name(name: str, value: object) -> None:
    refused = refusal(**{name: value})

    assert (refused.failure, refused.detail) == (ProviderFailure.BROKEN, f"field:{name}")


@pytest.mark.attack("UN-05")
@pytest.mark.parametrize("broken", ["\ud800", "陳\x00明", "陳\n明", "X" * 10_000, "X" * 201, "   "])
def test_un_05_a_broken_or_endless_name_is_refused(broken: str) -> None:
    assert refusal(chNameVerified=broken).detail == "field:chNameVerified"


@pytest.mark.attack("UN-05")
@pytest.mark.parametrize("odd", ["陳\ue123明", "陳󠄀明", "陳?明"])
def test_un_05_an_odd_name_is_passed_on_as_it_came(odd: str) -> None:
    assert read(chNameVerified=odd).name.han == odd


@pytest.mark.attack("UN-05")
def test_un_05_a_decomposed_name_is_composed() -> None:
    decomposed = unicodedata.normalize("NFD", "JOSÉ, da Luz")

    assert read(enName={"UnstructuredName": decomposed}).name.latin == "JOSÉ, da Luz"


@pytest.mark.attack("WB-08")
def test_wb_08_markup_in_a_name_is_text_like_any_other() -> None:
    assert read(enName={"UnstructuredName": "<script>, {{7*7}}"}).name.latin == "<script>, {{7*7}}"


def test_a_refusal_and_a_person_print_nothing_personal() -> None:
    refused = refusal(idNo={"Identification": "A123456", "CheckDigit": "4"})

    printed = f"{refused} {refused!r} {read()!r} {read().documents!r}"

    assert not any(word in printed for word in ("A123456", "陳", "CHAN", "1904"))


def test_nothing_is_asked_for_that_is_not_read() -> None:
    assert set(FIELDS) == set(a_profile())
