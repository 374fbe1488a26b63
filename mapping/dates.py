"""Birth dates in every spelling that the providers and the cards use; the source declares which, nothing is guessed.

A day and a month that can be exchanged make two people out of one, so an undeclared spelling is refused, and a
card that knows only the year (there are some in Hong Kong) yields no date at all (mapping specification 8).
"""

import re
from calendar import isleap, monthrange
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

from mapping.errors import MappingError

MIN_BIRTHDATE: Final = date(1900, 1, 1)
"""Nobody alive was born earlier; the floor of every date and number of this package."""

_MAX_LENGTH: Final = 16
_UNKNOWN: Final = "00"
_A_LEAP_YEAR: Final = 2000
_LEAP_DAY: Final = (2, 29)


class DateFormat(StrEnum):
    """The declared spellings, each named after where it is found."""

    ISO = "iso"
    HKID = "hkid"
    PERMIT = "permit"
    MRZ = "mrz"
    DDMMYYYY_SLASH = "ddmmyyyy_slash"
    YYYYMMDD = "yyyymmdd"


@dataclass(frozen=True, slots=True)
class _Spelling:
    """How one spelling looks, whole and with the day or the month missing."""

    whole: re.Pattern[str]
    year_or_month_only: re.Pattern[str]


def _spelling(whole: str, partial: str) -> _Spelling:
    return _Spelling(re.compile(whole), re.compile(partial))


_Y: Final = r"(?P<year>[0-9]{4})"
_M: Final = r"(?P<month>[0-9]{2})"
_D: Final = r"(?P<day>[0-9]{2})"
_SPELLINGS: Final = {
    DateFormat.ISO: _spelling(rf"{_Y}-{_M}-{_D}", r"[0-9]{4}(-[0-9]{2})?"),
    DateFormat.HKID: _spelling(rf"{_D}-{_M}-{_Y}", r"([0-9]{2}-)?[0-9]{4}"),
    DateFormat.PERMIT: _spelling(rf"{_Y}\.{_M}\.{_D}", r"[0-9]{4}(\.[0-9]{2})?"),
    DateFormat.MRZ: _spelling(rf"(?P<year>[0-9]{{2}}){_M}{_D}", r"[0-9]{2}([0-9]{2}|<<)<<"),
    DateFormat.DDMMYYYY_SLASH: _spelling(rf"{_D}/{_M}/{_Y}", r"([0-9]{2}/)?[0-9]{4}"),
    DateFormat.YYYYMMDD: _spelling(rf"{_Y}{_M}{_D}", r"[0-9]{4}([0-9]{2})?"),
}


_DAYS_OF_A_YEAR: Final = {
    f"{month:02d}{day:02d}": (month, day)
    for month in range(1, 13)
    for day in range(1, monthrange(_A_LEAP_YEAR, month)[1] + 1)
}


def date_of_digits(digits: str) -> date | None:
    """Give the date of YYYYMMDD if the calendar has it; no exception, so that none can quote the input."""
    month_and_day = _DAYS_OF_A_YEAR.get(digits[4:8])
    year = int(digits[:4])
    if month_and_day is None or year == 0:
        return None
    if month_and_day == _LEAP_DAY and not isleap(year):
        return None
    return date(year, *month_and_day)


def parse(value: object, date_format: str | None, as_of: date) -> date:
    """Read a birth date in the spelling that its source declares (mapping specification 8 and 10.3)."""
    if not isinstance(value, str):
        raise MappingError("input.type")
    spelling = _declared(date_format)
    if len(value) > _MAX_LENGTH:
        raise MappingError("date.format")
    if spelling.year_or_month_only.fullmatch(value):
        raise MappingError("date.partial")
    match = spelling.whole.fullmatch(value)
    if match is None:
        raise MappingError("date.format")
    year, month, day = match["year"], match["month"], match["day"]
    if _UNKNOWN in (month, day):
        raise MappingError("date.partial")
    if date_format == DateFormat.MRZ:
        year = _full_year(year, as_of)
    return _in_range(date_of_digits(year + month + day), as_of)


def _declared(date_format: str | None) -> _Spelling:
    if date_format not in _SPELLINGS:
        raise MappingError("date.format_undeclared")
    return _SPELLINGS[DateFormat(date_format)]


def _full_year(two_digits: str, as_of: date) -> str:
    """Choose the century of a machine-readable zone; a hundred-year-old is misread, hence zones only corroborate."""
    century = as_of.year // 100
    if int(two_digits) > as_of.year % 100:
        century -= 1
    return f"{century:02d}{two_digits}"


def _in_range(parsed: date | None, as_of: date) -> date:
    if parsed is None:
        raise MappingError("date.invalid")
    if parsed > as_of:
        raise MappingError("date.future")
    if parsed < MIN_BIRTHDATE:
        raise MappingError("date.out_of_range")
    return parsed
