"""Birth dates beyond the published cases: each spelling of the providers, and each refusal."""

from datetime import date

import pytest

from mapping import dates
from mapping.errors import MappingError

AS_OF = date(2026, 11, 22)


def code_of(value: object, date_format: str | None, as_of: date = AS_OF) -> str:
    with pytest.raises(MappingError) as refusal:
        dates.parse(value, date_format, as_of)
    return refusal.value.code


@pytest.mark.parametrize(
    ("value", "date_format"),
    [
        ("1999-02-28", "iso"),
        ("28-02-1999", "hkid"),
        ("1999.02.28", "permit"),
        ("990228", "mrz"),
        ("28/02/1999", "ddmmyyyy_slash"),
        ("19990228", "yyyymmdd"),
    ],
)
def test_a_date_is_read_in_its_declared_spelling(value: str, date_format: str) -> None:
    assert dates.parse(value, date_format, AS_OF) == date(1999, 2, 28)


@pytest.mark.parametrize("date_format", [None, "", "guess", "ISO"])
def test_a_spelling_that_nobody_declared_is_refused(date_format: str | None) -> None:
    assert code_of("1999-02-28", date_format) == "date.format_undeclared"


@pytest.mark.parametrize(
    ("value", "date_format"),
    [
        ("1999/02/28", "iso"),
        ("1999-2-28", "iso"),
        ("1999-02-28\n", "iso"),
        ("1999-02-28T00:00", "iso"),
        ("１９９９-02-28", "iso"),
        ("٢٨-02-1999", "hkid"),
        ("28/02/1999", "hkid"),
        ("28-02-99", "hkid"),
        ("1999-02-28", "permit"),
        ("19990228", "mrz"),
        ("28.02.1999", "ddmmyyyy_slash"),
        ("990228", "ddmmyyyy_slash"),
        ("1999-02-28", "yyyymmdd"),
        ("", "iso"),
        ("-1", "yyyymmdd"),
        ("1" * 1000, "yyyymmdd"),
    ],
)
def test_another_spelling_than_the_declared_one_is_refused(value: str, date_format: str) -> None:
    assert code_of(value, date_format) == "date.format"


@pytest.mark.parametrize(
    ("value", "date_format"),
    [
        ("1950", "iso"),
        ("1950-05", "iso"),
        ("1950-00-00", "iso"),
        ("05-1950", "hkid"),
        ("00-05-1950", "hkid"),
        ("1950.05", "permit"),
        ("1950.00.00", "permit"),
        ("50<<<<", "mrz"),
        ("5005<<", "mrz"),
        ("500500", "mrz"),
        ("00/00/1950", "ddmmyyyy_slash"),
        ("1950", "ddmmyyyy_slash"),
        ("195005", "yyyymmdd"),
        ("19500500", "yyyymmdd"),
    ],
)
def test_a_date_without_its_day_or_month_is_no_date(value: str, date_format: str) -> None:
    assert code_of(value, date_format) == "date.partial"


@pytest.mark.parametrize("value", [None, 19990228, 1.5, True, ["1999-02-28"], date(1999, 2, 28)])
def test_only_text_is_read_as_a_date(value: object) -> None:
    assert code_of(value, "iso") == "input.type"


@pytest.mark.parametrize("value", ["1900-02-29", "1999-13-01", "1999-04-31", "0000-01-01", "2023-02-29"])
def test_a_day_that_no_calendar_has_is_refused(value: str) -> None:
    assert code_of(value, "iso") == "date.invalid"


def test_today_is_a_birth_date_and_tomorrow_is_not() -> None:
    assert dates.parse("2026-11-22", "iso", AS_OF) == AS_OF
    assert code_of("23/11/2026", "ddmmyyyy_slash") == "date.future"


def test_the_first_day_of_1900_is_the_floor() -> None:
    assert dates.parse("1900-01-01", "iso", AS_OF) == dates.MIN_BIRTHDATE
    assert code_of("1899-12-31", "iso") == "date.out_of_range"


@pytest.mark.parametrize(("as_of", "year"), [(date(2026, 1, 1), 1927), (date(2027, 12, 31), 2027)])
def test_the_century_of_a_two_digit_year_follows_the_day_of_reading(as_of: date, year: int) -> None:
    assert dates.parse("270101", "mrz", as_of) == date(year, 1, 1)


def test_a_zone_date_later_this_year_is_refused_and_not_moved_to_another_century() -> None:
    assert code_of("261231", "mrz") == "date.future"


def test_a_leap_day_exists_in_2000_and_not_in_1900() -> None:
    assert dates.date_of_digits("20000229") == date(2000, 2, 29)
    assert dates.date_of_digits("19000229") is None
