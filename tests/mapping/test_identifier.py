"""The 18-character number beyond the published cases: order of the checks, repairs, and silence."""

from datetime import date

import pytest

from mapping import identifier
from mapping.errors import MappingError
from mapping.identifier import MainlandIdentifier, check_character
from mapping.regions import PROVINCES, RegionClass, region_class
from mapping.vocabulary import IdentifierKind, Sex

AS_OF = date(2026, 11, 22)
RESIDENCE_PERMIT = "810000190405069024"


def code_of(text: object) -> str:
    with pytest.raises(MappingError) as refusal:
        MainlandIdentifier.parse(text, AS_OF)
    return refusal.value.code


def numbered(body: str) -> str:
    return body + check_character(body)


@pytest.mark.spec("GB 11643-1999")
@pytest.mark.parametrize(
    ("body", "character"),
    [("11010519491231002", "X"), ("44052418800101001", "4"), ("93268219850101001", "7")],
)
def test_the_check_character_agrees_with_printed_samples(body: str, character: str) -> None:
    assert check_character(body) == character


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("00000018991331000", "number.length"),
        ("0000001899133100XX", "number.format"),
        ("000000209913310001", "number.region_unknown"),
        ("810001209913310001", "number.region_unassigned"),
        ("810000209913310001", "number.date_invalid"),
        ("810000209912310001", "number.date_future"),
        ("810000189912310001", "number.date_out_of_range"),
        ("810070190102030001", "number.check"),
        (numbered("81007019010203000"), "surrogate.serial_invalid"),
    ],
)
@pytest.mark.spec("mapping specification §10.2")
def test_the_first_failing_check_gives_the_code(text: str, code: str) -> None:
    assert code_of(text) == code


@pytest.mark.parametrize("code", ["110000", "440000", "650000", "710101", "810018", "820301", "830001", "810100"])
def test_codes_under_which_nobody_is_registered_are_unassigned(code: str) -> None:
    with pytest.raises(MappingError) as refusal:
        region_class(code)

    assert refusal.value.code == "number.region_unassigned"


@pytest.mark.parametrize("code", ["100000", "160101", "660101", "840000", "990682", "932000", "981682"])
def test_codes_of_no_province_are_unknown(code: str) -> None:
    with pytest.raises(MappingError) as refusal:
        region_class(code)

    assert refusal.value.code == "number.region_unknown"


def test_an_unlisted_county_of_a_province_is_accepted() -> None:
    assert region_class("110120").kind is IdentifierKind.RESIDENT_ID
    assert len(PROVINCES) == 31


def test_a_number_shows_neither_itself_nor_the_birth_date() -> None:
    number = MainlandIdentifier.parse(RESIDENCE_PERMIT, AS_OF)

    for shown in (repr(number), str(number), f"{number}", f"{[number]}"):
        assert shown.strip("[]") == "MainlandIdentifier(8****************4)"


def test_numbers_are_equal_by_value() -> None:
    one = MainlandIdentifier.parse(RESIDENCE_PERMIT, AS_OF)
    other = MainlandIdentifier.parse(RESIDENCE_PERMIT, date(1999, 1, 1))

    assert one == other
    assert len({one, other}) == 1


@pytest.mark.parametrize(
    ("value", "code"),
    [
        (RESIDENCE_PERMIT + "\n", "number.format"),
        ("８" + RESIDENCE_PERMIT[1:], "number.format"),
        (RESIDENCE_PERMIT[:17] + "5", "number.check"),
        ("", "number.format"),
    ],
)
def test_a_malformed_number_cannot_be_constructed(value: str, code: str) -> None:
    region = RegionClass(IdentifierKind.RESIDENCE_PERMIT)

    with pytest.raises(MappingError) as refusal:
        MainlandIdentifier(value, date(1904, 5, 6), region)

    assert refusal.value.code == code


def test_sex_is_the_parity_of_the_order_code() -> None:
    assert MainlandIdentifier.parse(RESIDENCE_PERMIT, AS_OF).sex is Sex.FEMALE
    assert MainlandIdentifier.parse("810000190405069016", AS_OF).sex is Sex.MALE


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("11010549123100", "number.length"),
        ("11010519491231002X", "number.length"),
        ("110000491231002", "number.region_unassigned"),
        ("820000490101002", "number.region_unknown"),
        ("110105491331002", "number.date_invalid"),
        (110105491231002, "input.type"),
    ],
)
def test_a_15_digit_number_that_is_none_is_not_upgraded(text: object, code: str) -> None:
    with pytest.raises(MappingError) as refusal:
        identifier.upgrade(text)

    assert refusal.value.code == code


def test_an_upgraded_centenarian_is_still_out_of_range() -> None:
    assert code_of(identifier.upgrade("440524010101999")) == "number.date_out_of_range"


@pytest.mark.parametrize("text", [RESIDENCE_PERMIT, "81000019040506902Q", "8100O", None, "", "１\u202e", ";"])
def test_nothing_is_suggested_for_what_is_right_or_beyond_repair(text: object) -> None:
    assert identifier.suggest(text, AS_OF) is None


def test_a_repair_is_only_suggested_and_the_text_stays_refused() -> None:
    typed = "8I0000190405069024"

    assert identifier.suggest(typed, AS_OF) == RESIDENCE_PERMIT
    assert code_of(typed) == "number.format"
