"""Attribute tables and their checks: what is required, optional, ignored, unknown, and never coerced."""

import logging
from typing import Any

import pytest

from providers.attributes import AttributeTable, matching, name_text, one_of, record, text
from providers.base import NAME_LIMIT
from providers.errors import ProviderError, ProviderFailure

TABLE = AttributeTable(required={"id": text}, optional={"sex": one_of({"F", "M"})}, ignored={"lang"})
STRANGE_TYPES = [None, 7, 7.0, True, [], ["x"], {}, {"x": "y"}, b"x"]


def test_required_and_optional_fields_are_given_and_ignored_ones_are_not() -> None:
    assert TABLE.read("macao", {"id": "a", "sex": "F", "lang": "pt"}) == {"id": "a", "sex": "F"}


@pytest.mark.parametrize("fields", [{"id": "a"}, {"id": "a", "sex": None}])
def test_an_optional_field_may_be_absent(fields: dict[str, Any]) -> None:
    assert TABLE.read("macao", fields) == {"id": "a"}


def test_a_missing_field_breaks_the_sign_in_by_name() -> None:
    with pytest.raises(ProviderError) as refused:
        TABLE.read("macao", {"sex": "F"})

    assert (refused.value.provider, refused.value.failure) == ("macao", ProviderFailure.BROKEN)
    assert refused.value.detail == "missing:id"


@pytest.mark.parametrize("fields", [{"id": ""}, {"id": None}, {"id": "a", "sex": "secret value"}])
def test_a_field_that_fails_its_check_breaks_the_sign_in_without_its_value(fields: dict[str, Any]) -> None:
    with pytest.raises(ProviderError) as refused:
        TABLE.read("macao", fields)

    assert refused.value.detail in {"field:id", "field:sex"}
    assert "secret value" not in str(refused.value)
    assert refused.value.__suppress_context__


def test_an_unknown_field_is_reported_and_not_used(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING)

    values = TABLE.read("macao", {"id": "a", "surprise": "secret value"})

    assert values == {"id": "a"}
    assert "unknown upstream fields" in caplog.text
    assert "secret value" not in caplog.text


def test_known_fields_alone_are_not_reported(caplog: pytest.LogCaptureFixture) -> None:
    TABLE.read("macao", {"id": "a", "sex": None, "lang": "pt"})

    assert caplog.text == ""


@pytest.mark.parametrize("check", [text, name_text, one_of({"x"}), matching("x")])
@pytest.mark.parametrize("value", STRANGE_TYPES)
@pytest.mark.attack("UN-06")
def test_un_06_another_type_is_never_coerced(check: Any, value: object) -> None:
    with pytest.raises(ValueError):
        check(value)


@pytest.mark.parametrize("value", ["", "a" * 513, "a\x00b", "a\nb", "a\x7fb", "\ud800", "a\x85b"])
@pytest.mark.attack("UN-05")
def test_un_05_text_is_bounded_and_free_of_control_characters(value: str) -> None:
    with pytest.raises(ValueError):
        text(value)


@pytest.mark.parametrize("value", ["", "   ", "陳" * (NAME_LIMIT + 1), "陳\x00", "\udfff", "x" * 10_000])
@pytest.mark.attack("UN-05")
@pytest.mark.attack("WB-08")
def test_un_05_wb_08_a_name_that_is_none_is_refused(value: str) -> None:
    with pytest.raises(ValueError):
        name_text(value)


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("Jose\u0301", "José"),
        (" 陳大文 ", "陳大文"),
        ("𨋢", "𨋢"),
        ("\ue000", "\ue000"),
        ("葛\U000e0100", "葛\U000e0100"),
        ("王?", "王?"),
        ("<script>{{7*7}}'\"", "<script>{{7*7}}'\""),
        ("陳" * NAME_LIMIT, "陳" * NAME_LIMIT),
    ],
)
@pytest.mark.attack("UN-05")
@pytest.mark.attack("WB-08")
def test_un_05_wb_08_a_name_is_composed_and_otherwise_kept_as_it_came(value: str, shown: str) -> None:
    assert name_text(value) == shown


@pytest.mark.parametrize("value", ["12\n", "1２", "123", "x12"])
def test_a_pattern_must_match_the_whole_in_ascii(value: str) -> None:
    with pytest.raises(ValueError):
        matching(r"\d{2}")(value)


def test_a_record_is_a_json_object() -> None:
    assert record({"a": 1}) == {"a": 1}
    for value in ([], "a", None, 7):
        with pytest.raises(ValueError):
            record(value)
