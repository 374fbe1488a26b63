"""Machine-readable lines beside a permit: they agree, differ or cannot be read, and are never a key."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mapping.documents import Corroboration, TravelPermit, ZoneOutcome, corroborate, zone_check_digit
from mapping.errors import MappingError

PERMIT = TravelPermit("H00000018")
AGREES = Corroboration(ZoneOutcome.AGREES, "number")
OTHER_NUMBER = Corroboration(ZoneOutcome.DIFFERS, "number")
OTHER_CARD = Corroboration(ZoneOutcome.DIFFERS, "issue_count")
NO_NUMBER = Corroboration(ZoneOutcome.UNREADABLE, "number")
NO_LINE = Corroboration(ZoneOutcome.UNREADABLE)


def checked(field: str) -> str:
    return field + zone_check_digit(field)


def a_line(*fields: str) -> str:
    return "<".join(("CS", *fields)).ljust(30, "<")


@pytest.mark.spec("ICAO Doc 9303-3 §4.9")
@pytest.mark.parametrize("number", ["H00000018", "M12345678", "HA0000018", "MA1234567"])
def test_a_line_with_the_number_and_its_check_digit_agrees(number: str) -> None:
    line = a_line(checked(number), checked("040506"))

    assert corroborate(TravelPermit(number), line) == AGREES
    assert corroborate(TravelPermit(number, "03"), line) == AGREES


def test_a_line_with_the_longer_number_of_the_first_cards_agrees() -> None:
    line = a_line(checked("H0000001801"))

    assert corroborate(TravelPermit("H00000018", "01"), line) == AGREES
    assert corroborate(PERMIT, line) == AGREES


def test_another_card_of_the_same_holder_differs_in_its_count_alone() -> None:
    assert corroborate(TravelPermit("H12345678", "02"), a_line(checked("H1234567801"))) == OTHER_CARD


def test_where_the_count_could_be_a_check_digit_the_number_agrees_and_nothing_is_said_of_the_card() -> None:
    assert zone_check_digit("H00000018") == "0"

    assert corroborate(TravelPermit("H00000018", "02"), a_line(checked("H0000001801"))) == AGREES


def test_a_sound_line_about_another_number_differs() -> None:
    assert corroborate(PERMIT, a_line(checked("H00000026"))) == OTHER_NUMBER
    assert corroborate(PERMIT, a_line(checked("M00000018"))) == OTHER_NUMBER


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (a_line("H000000181"), NO_NUMBER),
        (a_line("H00000018"), NO_NUMBER),
        (a_line("H000000000"), NO_NUMBER),
        (a_line(checked("040506")), NO_NUMBER),
        ("<" * 30, NO_NUMBER),
        ("", NO_LINE),
        ("H00000018", NO_LINE),
        (a_line(checked("H00000018")).lower(), NO_LINE),
        (a_line(checked("H00000018")) + "\n", NO_LINE),
        (a_line("Ｈ00000018"), NO_LINE),
        ("H" * 91, NO_LINE),
        ("H" * 100_000, NO_LINE),
    ],
)
def test_what_no_check_digit_confirms_cannot_be_read(line: str, expected: Corroboration) -> None:
    assert corroborate(PERMIT, line) == expected


@pytest.mark.parametrize("line", [None, 7, b"H000000180", ["H000000180"]])
def test_a_line_that_is_no_text_is_refused(line: Any) -> None:
    with pytest.raises(MappingError) as refusal:
        corroborate(PERMIT, line)

    assert refusal.value.code == "input.type"


@given(st.integers(1, 99_999_999), st.integers(1, 8), st.integers(1, 9))
@settings(max_examples=150, deadline=None, database=None)
def test_one_misread_digit_never_agrees(number: int, place: int, shift: int) -> None:
    permit = TravelPermit(f"H{number:08d}")
    line = checked(permit.canonical)
    misread = line[:place] + str((int(line[place]) + shift) % 10) + line[place + 1 :]

    assert corroborate(permit, a_line(misread)).outcome is not ZoneOutcome.AGREES


def test_an_answer_shows_nothing_of_the_line() -> None:
    assert "0000001" not in repr(corroborate(PERMIT, a_line(checked("H00000018"))))
