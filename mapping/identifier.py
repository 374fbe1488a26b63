"""The 18-character number of mainland forms: citizens, residence permits, foreign residents, and our own stand-ins.

Structure and check character follow GB 11643-1999 (ISO 7064 MOD 11-2); the order of the checks is the mapping
specification's 10.2, and the first failure wins. Validation sits on the path of every sign-in and every import, so
the good path is a regular expression and a few table look-ups, without an exception.
"""

import re
from dataclasses import dataclass, field
from datetime import date
from typing import Final, Self

from mapping.conceal import mask
from mapping.dates import MIN_BIRTHDATE, date_of_digits
from mapping.errors import MappingError
from mapping.normalise import normalise
from mapping.regions import PROVINCES, RegionClass, region_class
from mapping.repairs import straighten
from mapping.vocabulary import HolderClass, IdentifierKind, Realm, Sex, Territory

LENGTH: Final = 18
LENGTH_BEFORE_1999: Final = 15
FIRST_SERIAL: Final = 1
LAST_SERIAL: Final = 995
"""Serials 000 and 996-999 are never issued: the latter marked people over a hundred in the 15-digit scheme."""

_SHAPE: Final = re.compile(r"[0-9]{17}[0-9X]")
_SHAPE_15: Final = re.compile(r"[0-9]{15}")
_WEIGHTS: Final = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECK_CHARACTERS: Final = "10X98765432"


def _weighted(first: int, count: int) -> dict[str, int]:
    """Precompute what the digits of a stretch add to the weighted sum; text as key saves a conversion."""
    table = {}
    for number in range(10**count):
        digits = f"{number:0{count}d}"
        table[digits] = sum(int(digit) * _WEIGHTS[first + place] for place, digit in enumerate(digits))
    return table


_W0, _W3, _W6, _W9, _W12 = (_weighted(first, 3) for first in range(0, 15, 3))
_W15: Final = _weighted(15, 2)


def check_character(body: str) -> str:
    """Compute the eighteenth character from the first seventeen digits (ISO 7064 MOD 11-2)."""
    total = _W0[body[0:3]] + _W3[body[3:6]] + _W6[body[6:9]] + _W9[body[9:12]] + _W12[body[12:15]] + _W15[body[15:17]]
    return _CHECK_CHARACTERS[total % 11]


@dataclass(frozen=True, slots=True, repr=False)
class MainlandIdentifier:
    """A valid number of 18 characters; made by `parse`, equal by its value, silent about itself."""

    value: str
    birthdate: date = field(compare=False)
    region: RegionClass = field(compare=False)

    def __post_init__(self) -> None:
        """Let no malformed number exist, whichever way it was made; the last two checks of 10.2 live here."""
        if not _SHAPE.fullmatch(self.value):
            raise MappingError("number.format")
        if check_character(self.value) != self.value[17]:
            raise MappingError("number.check")
        if self.region.realm is not None and not FIRST_SERIAL <= int(self.value[14:17]) <= LAST_SERIAL:
            raise MappingError("surrogate.serial_invalid")

    def __repr__(self) -> str:
        return f"MainlandIdentifier({self.masked})"

    @classmethod
    def parse(cls, text: object, as_of: date) -> Self:
        """Validate text in the order of the mapping specification 10.2; `as_of` is today in Asia/Shanghai."""
        value = text if isinstance(text, str) and _SHAPE.fullmatch(text) else _shaped(text)
        region = region_class(value[:6])
        birthdate = date_of_digits(value[6:14])
        if birthdate is None:
            raise MappingError("number.date_invalid")
        if birthdate > as_of:
            raise MappingError("number.date_future")
        if birthdate < MIN_BIRTHDATE:
            raise MappingError("number.date_out_of_range")
        return cls(value, birthdate, region)

    @property
    def kind(self) -> IdentifierKind:
        """Whose number this is; a stand-in is recognisable here, offline, by its region code."""
        return self.region.kind

    @property
    def sex(self) -> Sex:
        """The parity of the order code: odd for men, even for women."""
        return Sex.MALE if int(self.value[16]) % 2 else Sex.FEMALE

    @property
    def territory(self) -> Territory | None:
        """Hong Kong, Macao or Taiwan, for residence permits and stand-ins."""
        return self.region.territory

    @property
    def holder_class(self) -> HolderClass | None:
        """Chinese citizen or not, for residence permits and stand-ins."""
        return self.region.holder_class

    @property
    def realm(self) -> Realm | None:
        """Sandbox or production, for stand-ins alone."""
        return self.region.realm

    @property
    def country_numeric(self) -> str | None:
        """The ISO 3166 numeric country of a foreign permanent resident."""
        return self.value[3:6] if self.kind is IdentifierKind.FOREIGN_PR else None

    @property
    def masked(self) -> str:
        """The form that may be shown."""
        return mask(self.kind, self.value)


def _shaped(text: object) -> str:
    value = normalise(text).value
    if len(value) != LENGTH:
        raise MappingError("number.length")
    if not _SHAPE.fullmatch(value):
        raise MappingError("number.format")
    return value


def upgrade(text: object) -> str:
    """Turn a 15-digit number of before 1999 into its 18 characters, which may then be parsed (GB 11643-1999).

    The result can lie before 1900 (orders 996-999 marked centenarians), hence text and not yet an identifier.
    """
    value = normalise(text).value
    if len(value) != LENGTH_BEFORE_1999:
        raise MappingError("number.length")
    if not _SHAPE_15.fullmatch(value):
        raise MappingError("number.format")
    if value[:2] not in PROVINCES:
        raise MappingError("number.region_unknown")  # no such number was issued outside the mainland
    region_class(value[:6])
    century = "18" if int(value[12:]) > LAST_SERIAL else "19"
    body = value[:6] + century + value[6:]
    if date_of_digits(body[6:14]) is None:
        raise MappingError("number.date_invalid")
    return body + check_character(body)


def suggest(text: object, as_of: date) -> str | None:
    """Offer the one repair of mistyped letters that passes every rule, for the person to confirm."""
    try:
        value = normalise(text).value
    except MappingError:
        return None
    repaired = straighten(value)
    if repaired == value or len(value) != LENGTH:
        return None
    try:
        return MainlandIdentifier.parse(repaired, as_of).value
    except MappingError:
        return None
