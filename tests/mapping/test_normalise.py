"""Normalisation beyond the published cases: order of the refusals, and nothing disclosed."""

import pytest

from mapping.errors import MappingError
from mapping.normalise import MAX_LENGTH, normalise


def code_of(text: object) -> str:
    with pytest.raises(MappingError) as refusal:
        normalise(text)
    return refusal.value.code


def test_plain_text_passes_without_a_flag() -> None:
    assert normalise("H12345678").value == "H12345678"
    assert normalise("H12345678").flags == ()


def test_every_listed_space_is_dropped() -> None:
    spaces = " \t\n\r\f\v\u00a0\u3000\u2002\u2003\u2009\u202f"

    assert normalise(f"H{spaces}1").value == "H1"


def test_every_listed_dash_is_dropped() -> None:
    dashes = "-\u2010\u2011\u2012\u2013\u2014\u2212\uff0d"

    assert normalise(f"H{dashes}1").value == "H1"


def test_every_listed_invisible_character_is_dropped() -> None:
    assert normalise("H\u200b\u200c\u200d\u2060\ufeff\u00ad\u180e1").value == "H1"


def test_a_full_width_small_x_is_folded_twice_and_says_so() -> None:
    assert normalise("1ｘ").value == "1X"
    assert normalise("1ｘ").flags == ("case_folded", "fullwidth_folded")


@pytest.mark.parametrize("mark", "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
def test_a_directional_mark_is_refused(mark: str) -> None:
    assert code_of(f"H1234{mark}5678") == "input.control_char"


@pytest.mark.parametrize("control", [chr(n) for n in (*range(9), *range(14, 32), 127)])
def test_a_control_character_is_refused(control: str) -> None:
    assert code_of(f"H12345678{control}") == "input.control_char"


@pytest.mark.parametrize("text", ["H1234567\ud800", "H1234567\u0085", "H1234567²", "Η12345678", "𝟏"])
def test_what_only_looks_like_a_number_is_refused(text: str) -> None:
    assert code_of(text) == "input.non_ascii"


def test_64_characters_are_read_and_one_more_is_not() -> None:
    assert normalise("1" * MAX_LENGTH).value == "1" * MAX_LENGTH
    assert code_of(" " * MAX_LENGTH + "1") == "input.too_long"


def test_a_control_character_is_reported_before_anything_else() -> None:
    assert code_of("\u202e;①") == "input.control_char"


def test_a_result_does_not_show_the_number() -> None:
    assert "12345678" not in repr(normalise(" h12345678"))
