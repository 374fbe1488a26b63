"""Turn text from keyboards, scans and web pages into plain capitals and digits (mapping specification 10.1).

Only what is listed here is dropped or folded. Full compatibility folding (NFKC) is avoided on purpose: it would
silently make digits out of superscripts, circled and mathematical figures, and one card would have many spellings.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from mapping.errors import MappingError

MAX_LENGTH: Final = 64
"""Longer input is refused before any work is done on it."""

_PLAIN: Final = re.compile(r"[0-9A-Z]{1,64}")
# Directional marks can make a number read backwards on a page; the C0 set hides data in logs and databases.
_CONTROL: Final = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]",
)
_BEYOND_ASCII: Final = re.compile(r"[^\x00-\x7f]")


@dataclass(frozen=True, slots=True, repr=False)
class Normalised:
    """Plain text, and the sorted names of what was changed to get there."""

    value: str
    flags: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return f"Normalised({len(self.value)} characters, flags={self.flags})"


def _drop(_: re.Match[str]) -> str:
    return ""


def _narrow(match: re.Match[str]) -> str:
    return chr(ord(match[0]) - 0xFEE0)


def _ten(_: re.Match[str]) -> str:
    return "X"


def _capital(match: re.Match[str]) -> str:
    return match[0].upper()


# In this order: full-width brackets and letters must be narrow before they are dropped or raised.
_STEPS: Final[tuple[tuple[str, re.Pattern[str], Callable[[re.Match[str]], str]], ...]] = (
    ("zero_width_removed", re.compile("[\u200b-\u200d\u2060\ufeff\u00ad\u180e]"), _drop),
    ("space_removed", re.compile("[ \t\n\r\f\v\u00a0\u3000\u2002\u2003\u2009\u202f]"), _drop),
    ("dash_removed", re.compile("[\\-\u2010-\u2014\u2212\uff0d]"), _drop),
    ("fullwidth_folded", re.compile("[\uff01-\uff5e]"), _narrow),
    ("roman_ten_folded", re.compile("[\u2169\u2179]"), _ten),
    ("bracket_removed", re.compile(r"[()]"), _drop),
    ("case_folded", re.compile(r"[a-z]"), _capital),
)


def normalise(text: object) -> Normalised:
    """Give the plain form of a typed or scanned number, or refuse it (mapping specification 10.1)."""
    if not isinstance(text, str):
        raise MappingError("input.type")  # a JSON number has already lost digits in many clients
    if _PLAIN.fullmatch(text):
        return Normalised(text)
    if len(text) > MAX_LENGTH:
        raise MappingError("input.too_long")
    if _CONTROL.search(text):
        raise MappingError("input.control_char")
    value, flags = _fold(text)
    if _BEYOND_ASCII.search(value):
        raise MappingError("input.non_ascii")
    if not value:
        raise MappingError("input.empty")
    if not _PLAIN.fullmatch(value):
        raise MappingError("input.charset")
    return Normalised(value, flags)


def _fold(text: str) -> tuple[str, tuple[str, ...]]:
    flags = []
    for flag, pattern, replacement in _STEPS:
        text, count = pattern.subn(replacement, text)
        if count:
            flags.append(flag)
    return text, tuple(sorted(flags))
