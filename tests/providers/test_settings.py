"""Reading a provider's block: what counts as a text, an address, a list or a number."""

from typing import Any

import pytest

from providers import settings


def test_all_names_known_and_present_is_fine() -> None:
    settings.check_names({"a": 1, "b": 2}, required=("a",), optional=("b", "c"))


def test_an_unknown_name_without_a_near_one_is_named_alone() -> None:
    with pytest.raises(ValueError, match=r"^unknown setting zzz$"):
        settings.check_names({"zzz": 1}, required=("base_url",))


def test_an_unknown_name_is_told_before_a_missing_one_for_it_is_often_the_same() -> None:
    with pytest.raises(ValueError, match="unknown setting base_ulr; did you mean base_url"):
        settings.check_names({"base_ulr": 1}, required=("base_url",))


def test_text_loses_the_space_around_it() -> None:
    assert settings.text({"a": " secret\n"}, "a") == "secret"


@pytest.mark.parametrize("value", ["https://gd.test", "https://gd.test/", "http://127.0.0.1:8003/base/"])
def test_an_address_has_no_final_slash(value: str) -> None:
    assert settings.address({"a": value}, "a") == value.rstrip("/")


@pytest.mark.parametrize("value", ["ftp://x", "//x", "x", "https://", "https://x#y", "https://x?y", "https://u@x"])
def test_what_is_no_plain_address_is_refused(value: str) -> None:
    with pytest.raises(ValueError, match="setting a must be an http address"):
        settings.address({"a": value}, "a")


@pytest.mark.parametrize("value", [["one", " two "], "one two", "one\r\n\r\ntwo\n"])
def test_a_list_is_a_list_or_the_lines_of_a_file(value: Any) -> None:
    assert settings.lines({"a": value}, "a") == ("one", "two")


@pytest.mark.parametrize("value", [[], "", "  \n", [""], [1], None, {"one": 1}])
def test_what_is_no_list_is_refused(value: Any) -> None:
    with pytest.raises(ValueError, match="setting a must be a list"):
        settings.lines({"a": value}, "a")


def test_a_whole_number_has_a_default_and_bounds() -> None:
    assert settings.whole_number({}, "a", 5, range(1, 10)) == 5
    assert settings.whole_number({"a": 9}, "a", 5, range(1, 10)) == 9
    for value in (0, 10, True, 5.0, "5", None):
        with pytest.raises(ValueError, match="from 1 to 9"):
            settings.whole_number({"a": value}, "a", 5, range(1, 10))
