"""Check digits of machine-readable zones (ICAO Doc 9303 part 3, section 4.9).

The positions of the permit's zone are not published, so a zone only corroborates a number that was read elsewhere.
"""

import re
from typing import Final

from mapping.errors import MappingError

MAX_FIELD_LENGTH: Final = 90
_FIELD: Final = re.compile(r"[0-9A-Z<]+")
_WEIGHTS: Final = (7, 3, 1)
_VALUES: Final = {symbol: value for value, symbol in enumerate("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ")} | {"<": 0}


def zone_check_digit(field: object) -> str:
    """Compute the digit that follows a field, or closes several fields."""
    if not isinstance(field, str):
        raise MappingError("input.type")
    if not field:
        raise MappingError("input.empty")
    if len(field) > MAX_FIELD_LENGTH:
        raise MappingError("input.too_long")
    if not _FIELD.fullmatch(field):
        raise MappingError("input.charset")
    total = sum(_VALUES[symbol] * _WEIGHTS[position % 3] for position, symbol in enumerate(field))
    return str(total % 10)


def zone_field_agrees(field: object, check_digit: str) -> bool:
    """Tell whether a scanned field and its digit belong together."""
    return zone_check_digit(field) == check_digit
