"""Stored JSON is read strictly: what another version or another hand wrote is refused, and never quoted."""

from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Any

import pytest

from gateway.store.fields import Fields, RecordError


class Colour(StrEnum):
    RED = "red"


GOOD = {
    "text": "t",
    "none": None,
    "number": 3,
    "flag": True,
    "texts": ["a", "b"],
    "moment": "2026-03-02T09:30:00.000001+00:00",
    "day": "1905-06-07",
    "colour": "red",
    "colours": ["red"],
    "mapping": {"a": [1]},
    "words": {"a": "b"},
    "inner": {"text": "u"},
}


def test_every_member_is_read_as_what_it_is() -> None:
    fields = Fields(GOOD)

    read = [
        fields.text("text"),
        fields.optional_text("none"),
        fields.integer("number"),
        fields.flag("flag"),
        fields.texts("texts"),
        fields.moment("moment"),
        fields.day("day"),
        fields.member("colour", Colour),
        fields.members("colours", Colour),
        fields.mapping("mapping"),
        fields.text_mapping("words"),
        fields.fields("inner").text("text"),
    ]
    fields.end()

    moment = datetime(2026, 3, 2, 9, 30, 0, 1, tzinfo=UTC)
    expected = ["t", None, 3, True, ("a", "b"), moment, date(1905, 6, 7), Colour.RED, (Colour.RED,)]
    assert read == [*expected, {"a": [1]}, {"a": "b"}, "u"]


def test_what_may_be_absent_may_be_null() -> None:
    fields = Fields(dict.fromkeys("abcdef"))

    read = [
        fields.optional_text("a"),
        fields.optional_integer("b"),
        fields.optional_moment("c"),
        fields.optional_day("d"),
        fields.optional_mapping("e"),
        fields.optional_fields("f"),
    ]

    assert read == [None] * 6


@pytest.mark.parametrize(
    ("method", "value"),
    [
        ("text", 1),
        ("text", None),
        ("optional_text", 1),
        ("integer", True),
        ("integer", 1.0),
        ("integer", "1"),
        ("optional_integer", False),
        ("flag", 1),
        ("texts", "ab"),
        ("texts", ["a", 1]),
        ("moment", "2026-03-02T09:30:00"),
        ("moment", "yesterday"),
        ("optional_moment", 5),
        ("day", None),
        ("day", "07/06/1905"),
        ("optional_day", "1905-13-01"),
        ("mapping", []),
        ("optional_mapping", "x"),
        ("text_mapping", {"a": 1}),
        ("fields", None),
        ("fields", []),
        ("optional_fields", "x"),
    ],
)
def test_a_member_of_another_type_is_refused(method: str, value: Any) -> None:
    with pytest.raises(RecordError):
        getattr(Fields({"canary": value}), method)("canary")


@pytest.mark.parametrize("method", ["text", "optional_text", "integer", "flag", "texts", "moment", "mapping", "fields"])
def test_a_member_that_is_missing_is_refused_even_where_null_would_do(method: str) -> None:
    with pytest.raises(RecordError):
        getattr(Fields({}), method)("a")


@pytest.mark.parametrize("method", ["member", "members"])
@pytest.mark.parametrize("value", ["green", None, ["green"]])
def test_a_word_outside_the_list_is_refused(method: str, value: Any) -> None:
    with pytest.raises(RecordError):
        getattr(Fields({"a": value}), method)("a", Colour)


def test_a_member_that_nobody_asked_for_is_refused() -> None:
    with pytest.raises(RecordError):
        Fields({"surplus": 1}).end()


@pytest.mark.parametrize("members", [None, [], "text", 5])
def test_what_is_no_object_is_refused(members: object) -> None:
    with pytest.raises(RecordError):
        Fields(members)


def test_a_refusal_does_not_quote_the_value() -> None:
    with pytest.raises(RecordError) as refusal:
        Fields({"number": "canary"}).integer("number")

    assert "canary" not in str(refusal.value)
