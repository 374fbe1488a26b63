"""Hostile text in numbers: one card has one canonical value or none, in whatever spelling it comes (G09)."""

import random
import re
from collections.abc import Callable
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mapping import dates, identifier
from mapping.documents import HongKongIdentityCard, TravelPermit, classify
from mapping.errors import MappingError
from mapping.identifier import MainlandIdentifier, check_character
from mapping.normalise import normalise
from mapping.regions import PROVINCES
from mapping.vocabulary import IdentifierKind, Sex

AS_OF = date(2026, 11, 22)
CARD = "H12345678"
RESIDENT = "11010519491231002X"
CANONICAL = re.compile(r"[HM]([0-9]{8}|A[0-9]{7})")

# Ten digits each; all of them are digits to `str.isdigit` or to an unflagged \d.
FOREIGN_DIGITS = {
    "arabic_indic": "٠١٢٣٤٥٦٧٨٩",
    "extended_arabic": "۰۱۲۳۴۵۶۷۸۹",
    "devanagari": "०१२३४५६७८९",
    "thai": "๐๑๒๓๔๕๖๗๘๙",
    "mathematical_bold": "𝟎𝟏𝟐𝟑𝟒𝟓𝟔𝟕𝟖𝟗",
    "mathematical_mono": "𝟶𝟷𝟸𝟹𝟺𝟻𝟼𝟽𝟾𝟿",
    "superscript": "⁰¹²³⁴⁵⁶⁷⁸⁹",
    "subscript": "₀₁₂₃₄₅₆₇₈₉",
    "circled": "⓪①②③④⑤⑥⑦⑧⑨",
    "segmented": "🯰🯱🯲🯳🯴🯵🯶🯷🯸🯹",
}


def outcome(parse: Callable[[object], object], text: object) -> object:
    """The parsed value, or the code of the refusal; anything else is a failure of the test."""
    try:
        return parse(text)
    except MappingError as error:
        return error.code


def permit_of(text: object) -> object:
    return outcome(lambda value: TravelPermit.parse(value).canonical, text)


def number_of(text: object) -> object:
    return outcome(lambda value: MainlandIdentifier.parse(value, AS_OF).value, text)


# --- UN-01: digits outside ASCII


@pytest.mark.attack("UN-01")
@pytest.mark.parametrize("digits", FOREIGN_DIGITS.values(), ids=FOREIGN_DIGITS)
def test_un_01_digits_of_another_script_are_refused_in_a_permit(digits: str) -> None:
    table = str.maketrans("0123456789", digits)

    assert permit_of("H" + CARD[1:].translate(table)) == "input.non_ascii"
    assert permit_of(CARD[:-1] + digits[8]) == "input.non_ascii"


@pytest.mark.attack("UN-01")
@pytest.mark.parametrize("digits", FOREIGN_DIGITS.values(), ids=FOREIGN_DIGITS)
def test_un_01_digits_of_another_script_are_refused_in_a_number_and_a_date(digits: str) -> None:
    table = str.maketrans("0123456789", digits)

    assert number_of(RESIDENT.translate(table)) == "input.non_ascii"
    assert outcome(lambda text: dates.parse(text, "iso", AS_OF), "1999-02-28".translate(table)) == "date.format"


@pytest.mark.attack("UN-01")
def test_un_01_full_width_digits_are_folded_once_into_the_one_canonical_value() -> None:
    full_width = str.maketrans("H0123456789", "Ｈ０１２３４５６７８９")

    assert permit_of(CARD.translate(full_width)) == CARD


@pytest.mark.attack("UN-01")
@pytest.mark.parametrize("letter", ["Н", "Η", "ℍ", "𝐇", "Ｍ́", "ʜ", "Ⓗ"])
def test_un_01_letters_that_look_like_the_prefix_are_refused(letter: str) -> None:
    assert permit_of(letter + CARD[1:]) == "input.non_ascii"


@pytest.mark.attack("UN-01")
@given(st.characters(min_codepoint=0x80, exclude_categories=()))
@settings(max_examples=300, deadline=None, database=None)
def test_un_01_no_other_character_ever_stands_for_a_digit(character: str) -> None:
    parsed = permit_of(CARD[:-1] + character)

    assert parsed != CARD or character == "８"


# --- UN-02: spacing and invisible characters

IGNORED = " \t\n\r\f\v\u00a0\u3000\u2002\u2003\u2009\u202f\u200b\u200c\u200d\u2060\ufeff\u00ad\u180e-‐‑‒–—−－()（）"
REFUSED = "\x00\x1b\x7f\u0085\u200e\u202e\u2066\u2028\u2029\u1680\u205f\ufe0f\u0301\ue000\ud800;'\"%/\\.,_٣²Ⅰ"
TO_FULL_WIDTH = {ord(c): ord(c) + 0xFEE0 for c in "0123456789HMAhma"}


def mutated(chance: random.Random, spelling: str) -> str:
    """Write one card in another way: case, width, renewal digits, ignorable and hostile characters."""
    text = list(spelling + chance.choice(("", "", "00", "07")))
    for _ in range(chance.randrange(6)):
        place = chance.randrange(len(text) + 1)
        match chance.randrange(8):
            case 0:
                text.insert(place, chance.choice(REFUSED))
            case 1:
                text = [character.lower() for character in text]
            case 2:
                text = list("".join(text).translate(TO_FULL_WIDTH))
            case _:
                text.insert(place, chance.choice(IGNORED))
    return "".join(text)


@pytest.mark.attack("UN-02")
@pytest.mark.parametrize("card", ["H12345678", "M00000018", "HA0000018", "MA1234567"])
def test_un_02_no_spelling_of_one_card_gives_a_second_canonical_value(card: str) -> None:
    chance = random.Random(card)  # noqa: S311 - the point is that it can be repeated

    outcomes = {permit_of(mutated(chance, card)) for _ in range(25_000)}

    assert card in outcomes
    assert {str(value) for value in outcomes if CANONICAL.fullmatch(str(value))} == {card}
    assert outcomes - {card} <= {"input.control_char", "input.non_ascii", "input.charset"}


@pytest.mark.attack("UN-02")
@given(st.text(alphabet=IGNORED, max_size=8), st.text(alphabet=IGNORED, max_size=8), st.integers(0, 9))
@settings(max_examples=200, deadline=None, database=None)
def test_un_02_ignorable_characters_change_nothing_wherever_they_stand(a: str, b: str, place: int) -> None:
    assert permit_of(a + CARD[:place] + b + CARD[place:] + a) == CARD


@pytest.mark.attack("UN-02")
@given(st.text(max_size=80))
@settings(max_examples=300, deadline=None, database=None)
def test_un_02_any_text_gives_a_plain_value_or_a_code(text: str) -> None:
    result = outcome(lambda value: normalise(value).value, text)

    assert re.fullmatch(r"[0-9A-Z]{1,64}|input\.[a-z_]+", str(result))
    for parse in (permit_of, number_of, lambda value: outcome(classify, value)):
        assert parse(text) is not None


@pytest.mark.attack("UN-02")
@pytest.mark.parametrize(
    "spoiled", [CARD + "\n", "\n" + CARD, CARD + "\x00", CARD + "\u200b", CARD + " ", CARD + "\r\n"]
)
def test_un_02_a_canonical_value_never_carries_a_newline_a_nul_or_anything_invisible(spoiled: str) -> None:
    assert outcome(TravelPermit, spoiled) == "permit.format"


@pytest.mark.attack("UN-02")
@pytest.mark.parametrize("place", [0, 4, 9])
def test_un_02_a_nul_is_refused_wherever_it_stands(place: int) -> None:
    assert permit_of(CARD[:place] + "\x00" + CARD[place:]) == "input.control_char"


# --- UN-03: 18-character numbers


@pytest.mark.attack("UN-03")
def test_un_03_exactly_one_check_character_is_right() -> None:
    results = {character: number_of(RESIDENT[:17] + character) for character in "0123456789X"}

    assert results.pop("X") == RESIDENT
    assert set(results.values()) == {"number.check"}


@pytest.mark.attack("UN-03")
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (RESIDENT[:17] + "x", RESIDENT),
        (RESIDENT[:17] + "Ｘ", RESIDENT),
        (RESIDENT[:17] + "Х", "input.non_ascii"),
        (RESIDENT[:17] + "Χ", "input.non_ascii"),
        (RESIDENT[:17] + "×", "input.non_ascii"),
        (RESIDENT[:17], "number.length"),
        (RESIDENT + "0", "number.length"),
        ("110105491231002", "number.length"),
        ("110105194902300021", "number.date_invalid"),
        ("110105202611239010", "number.date_future"),
        ("990105194912310021", "number.region_unknown"),
        ("X10105194912310021", "number.format"),
    ],
)
def test_un_03_only_the_one_right_number_passes(text: str, expected: str) -> None:
    assert number_of(text) == expected


@pytest.mark.attack("UN-03")
@pytest.mark.parametrize(("prefix", "territory"), [("81", "HK"), ("82", "MO"), ("83", "TW")])
def test_un_03_the_prefixes_of_residence_permits_are_no_citizen_numbers(prefix: str, territory: str) -> None:
    body = prefix + "0000" + "19010203" + "901"

    number = MainlandIdentifier.parse(body + check_character(body), AS_OF)

    assert (number.kind, number.territory) == (IdentifierKind.RESIDENCE_PERMIT, territory)


@pytest.mark.attack("UN-03")
def test_un_03_a_refusal_names_no_digit() -> None:
    with pytest.raises(MappingError) as refusal:
        MainlandIdentifier.parse(RESIDENT[:17] + "1", AS_OF)

    assert str(refusal.value) == "number.check"
    assert not refusal.value.detail


bodies = st.builds(
    lambda province, county, born, serial: f"{province}{county:04d}{born:%Y%m%d}{serial:03d}",
    st.sampled_from(sorted(PROVINCES)),
    st.integers(1, 9999),
    st.dates(dates.MIN_BIRTHDATE, AS_OF),
    st.integers(0, 999),
)


@pytest.mark.attack("UN-03")
@given(bodies)
@settings(max_examples=200, deadline=None, database=None)
def test_un_03_a_number_is_read_back_as_it_was_built(body: str) -> None:
    number = MainlandIdentifier.parse(body + check_character(body), AS_OF)

    assert number.value[:17] == body
    assert f"{number.birthdate:%Y%m%d}" == body[6:14]
    assert number.sex is (Sex.MALE if int(body[16]) % 2 else Sex.FEMALE)


@pytest.mark.attack("UN-03")
@given(bodies, st.integers(0, 16), st.integers(1, 9))
@settings(max_examples=200, deadline=None, database=None)
def test_un_03_every_single_wrong_digit_changes_the_check_character(body: str, place: int, shift: int) -> None:
    wrong = body[:place] + str((int(body[place]) + shift) % 10) + body[place + 1 :]

    assert check_character(wrong) != check_character(body)


@pytest.mark.attack("UN-03")
@given(bodies, st.integers(0, 15))
@settings(max_examples=200, deadline=None, database=None)
def test_un_03_every_swap_of_neighbours_changes_the_check_character(body: str, place: int) -> None:
    swapped = body[:place] + body[place + 1] + body[place] + body[place + 2 :]

    assert swapped == body or check_character(swapped) != check_character(body)


@given(bodies)
@settings(max_examples=100, deadline=None, database=None)
def test_the_table_agrees_with_the_recursive_form_of_iso_7064(body: str) -> None:
    product = 0
    for digit in body:
        product = (product + int(digit)) * 2 % 11
    remainder = (12 - product) % 11

    assert check_character(body) == ("X" if remainder == 10 else str(remainder))


@given(st.dates(dates.MIN_BIRTHDATE, date(1999, 12, 31)))
@settings(max_examples=100, deadline=None, database=None)
def test_a_15_digit_number_is_upgraded_to_the_same_person(born: date) -> None:
    upgraded = identifier.upgrade(f"110105{born:%y%m%d}002")

    assert MainlandIdentifier.parse(upgraded, AS_OF).birthdate == born


# --- UN-04: the renewal count


@pytest.mark.attack("UN-04")
def test_un_04_all_cards_of_one_holder_are_one_person_and_the_neighbour_stays_apart() -> None:
    mine = {permit_of(text) for text in ("H1234567800", "H1234567801", "H1234567802", "H12345678")}
    neighbour = permit_of("H1234567900")

    assert mine == {CARD}
    assert neighbour == "H12345679"


@pytest.mark.attack("UN-04")
@pytest.mark.parametrize("text", ["H123456780", "H12345678012", "H1234567 8 0"])
def test_un_04_forms_of_ten_and_twelve_characters_are_refused(text: str) -> None:
    assert permit_of(text) == "permit.length"


@pytest.mark.attack("UN-04")
@given(st.integers(1, 99_999_999), st.integers(0, 99), st.sampled_from("HM"))
@settings(max_examples=200, deadline=None, database=None)
def test_un_04_the_first_nine_characters_decide(lifelong: int, count: int, letter: str) -> None:
    canonical = f"{letter}{lifelong:08d}"

    permit = TravelPermit.parse(f"{canonical}{count:02d}")

    assert permit.canonical == canonical
    assert permit == TravelPermit.parse(canonical)
    assert permit.number11 == f"{canonical}{count:02d}"


# --- UN-06: other types


@pytest.mark.attack("UN-06")
@pytest.mark.parametrize(
    "value",
    [110105194912310021, 1.1010519491231e17, True, None, ["H12345678"], {"value": "H12345678"}, b"H12345678"],
    ids=["integer", "float", "bool", "null", "list", "object", "bytes"],
)
def test_un_06_only_text_is_a_number(value: object) -> None:
    for parse in (permit_of, number_of, lambda text: outcome(HongKongIdentityCard.parse, text)):
        assert parse(value) == "input.type"
    assert outcome(identifier.upgrade, value) == "input.type"
    assert outcome(lambda text: dates.parse(text, "iso", AS_OF), value) == "input.type"


@pytest.mark.attack("UN-06")
@pytest.mark.parametrize(
    ("text", "permit", "number"),
    [
        ("", "input.empty", "input.empty"),
        ("-1", "permit.format", "number.length"),
        ("null", "permit.format", "number.length"),
        ("None", "permit.format", "number.length"),
        ('"H12345678"', "input.charset", "input.charset"),
        ("1.1010519491231e17", "input.charset", "input.charset"),
        ("[object Object]", "input.charset", "input.charset"),
    ],
)
def test_un_06_words_that_programs_write_for_nothing_are_never_numbers(text: str, permit: str, number: str) -> None:
    assert permit_of(text) == permit
    assert number_of(text) == number
