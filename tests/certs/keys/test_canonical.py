"""One spelling of a JSON value (RFC 8785)."""

import json

import pytest

from certs.keys.canonical import canonical
from certs.keys.errors import JsonError


@pytest.mark.spec("RFC 8785 §3.2.3")
def test_members_are_sorted_by_code_units_and_not_by_code_points() -> None:
    names = ["\u20ac", "\r", "\ufb33", "1", "\U0001f600", "\u0080", "\u00f6"]  # the example of the section

    written = json.loads(canonical(dict.fromkeys(names, 0)))

    assert list(written) == ["\r", "1", "\u0080", "\u00f6", "\u20ac", "\U0001f600", "\ufb33"]


@pytest.mark.spec("RFC 8785 §3.2.2.2")
def test_texts_are_escaped_as_little_as_possible() -> None:
    assert canonical('\u20ac$\u000f\nA\'B"\\\\"/\u007f') == '"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/\u007f"'.encode()


def test_nothing_truth_values_whole_numbers_and_nested_values_are_written_without_spaces() -> None:
    value = {"b": [None, True, False, -7, {"y": (), "x": {}}], "a": ""}

    assert canonical(value) == b'{"a":"","b":[null,true,false,-7,{"x":{},"y":[]}]}'


def test_what_was_written_is_written_the_same_again() -> None:
    once = canonical({"z": 1, "å": [2, {"k": "v"}]})

    assert canonical(json.loads(once)) == once


@pytest.mark.parametrize(
    "value", [1.0, 0.5, float("nan"), 2**53, -(2**53), b"bytes", {1: "a"}, {"a": object()}, {1, 2}]
)
def test_what_has_no_one_spelling_is_refused(value: object) -> None:
    with pytest.raises(JsonError):
        canonical(value)


@pytest.mark.parametrize("value", ["\ud800", {"\udfff": 1}], ids=["value", "name"])
def test_half_a_character_is_refused(value: object) -> None:
    with pytest.raises(JsonError):
        canonical(value)


def test_endless_nesting_is_refused() -> None:
    value: list[object] = []
    value.append(value)

    with pytest.raises(JsonError):
        canonical(value)
