"""Does a machine-readable line speak for the permit number that was read elsewhere (mapping specification 1).

Where the fields of the permit's zone stand is not published, so the line is searched for a number that its own check
digit confirms. The answer corroborates; it is never a key, and nothing is ever read out of a line.
"""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Literal

from mapping.documents.permits import TravelPermit
from mapping.documents.zone import zone_field_agrees
from mapping.errors import MappingError

_LINE: Final = re.compile(r"[0-9A-Z<]{10,90}")
# A number is looked for at every place, overlapping ones too: where a field starts is not known.
_NUMBER: Final = re.compile(r"(?=([HM](?:A[0-9]{7}|[0-9]{8}))([0-9])([0-9]{2})?)")

ZoneField = Literal["number", "issue_count"]


class ZoneOutcome(StrEnum):
    """What a line says about a permit."""

    AGREES = "agrees"
    DIFFERS = "differs"
    """The line is sound and about another number, or about another card of the same holder."""
    UNREADABLE = "unreadable"
    """No number in the line is confirmed by its check digit: scan again, or do without."""


@dataclass(frozen=True, slots=True)
class Corroboration:
    """The outcome and the field that decided it; no part of the line."""

    outcome: ZoneOutcome
    field: ZoneField | None = None


def corroborate(permit: TravelPermit, zone_line: object) -> Corroboration:
    """Compare a permit with one line of a zone, digit by digit and by check digits (ICAO Doc 9303 part 3, 4.9)."""
    if not isinstance(zone_line, str):
        raise MappingError("input.type")
    if not _LINE.fullmatch(zone_line):
        return Corroboration(ZoneOutcome.UNREADABLE)
    confirmed = [found for match in _NUMBER.finditer(zone_line) for found in _confirmed(match)]
    if not confirmed:
        return Corroboration(ZoneOutcome.UNREADABLE, "number")
    own = [found for found in confirmed if found == permit]
    if not own:
        return Corroboration(ZoneOutcome.DIFFERS, "number")
    return _with_count(permit, {found.issue_count for found in own})


def _confirmed(match: re.Match[str]) -> list[TravelPermit]:
    """Read a place as nine characters with their check digit, and as eleven with theirs (the card of 1999)."""
    number, following, rest = match.groups()
    if not number.strip("HMA0"):
        return []  # a blank card, or filler that was misread
    found = [TravelPermit(number)] if zone_field_agrees(number, following) else []
    if rest is not None and zone_field_agrees(number + following + rest[0], rest[1]):
        found.append(TravelPermit(number, following + rest[0]))
    return found


def _with_count(permit: TravelPermit, counts: set[str | None]) -> Corroboration:
    """A count that the line does not have, or the permit does not, is no difference."""
    if permit.issue_count is None or None in counts or permit.issue_count in counts:
        return Corroboration(ZoneOutcome.AGREES, "number")
    return Corroboration(ZoneOutcome.DIFFERS, "issue_count")
