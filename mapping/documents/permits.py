"""The Mainland Travel Permit (Home Return Permit): the key by which a resident is known (mapping specification 1).

Nine characters belong to the holder for life; the two renewal digits of the 1999 card, printed apart since 2013,
change with every card and are therefore no part of the key. The number has no check digit and shares its shape with
passports, so parsing proves nothing about the document: the declared type and the evidence do.
"""

import re
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, Self

from mapping.conceal import mask
from mapping.errors import MappingError
from mapping.normalise import normalise
from mapping.repairs import straighten
from mapping.vocabulary import DocumentKind, HolderClass, Territory

TRAVEL_PERMIT_TYPE: Final = "516"
"""The permit in GA/T 2000.156; no other code was found for the card of 2024."""

KEY_LENGTH: Final = 9
LOOK_ALIKES: Final = {
    "mainland_exit_permit": re.compile(r"[CW][0-9]{8}|C[A-HJ-NP-Z][0-9]{7}"),
    "taiwan_travel_permit": re.compile(r"[0-9]{8}|[0-9]{10}"),
    "sar_passport": re.compile(r"K[0-9]{8}|[HK]J[0-9]{7}|MB[0-9]{7}"),
}
"""Documents that people type into the permit field and that cannot be a permit."""

_SHAPE: Final = re.compile(r"([HM](?:[0-9]{8}|A[0-9]{7}))([0-9]{2})?")
_KEY_SHAPE: Final = re.compile(r"[HM](?:[0-9]{8}|A[0-9]{7})")
_DIGITS_ONLY: Final = re.compile(r"[HM][0-9]*")
_COUNT: Final = re.compile(r"[0-9]{1,2}")
_MAX_COUNT: Final = 99
_TERRITORIES: Final = {"H": Territory.HONG_KONG, "M": Territory.MACAO}


class PermitForm(StrEnum):
    """Which card a person holds, by the year it was introduced, as far as they or their provider say so."""

    BOOKLET = "booklet"
    """Before 1999; no rule for its number is known and all have expired, so a person must look at it."""
    CARD_1999 = "card_1999"
    CARD_2013 = "card_2013"
    CARD_2024 = "card_2024"
    """For the holders who are not Chinese citizens."""


@dataclass(frozen=True, slots=True, repr=False)
class TravelPermit:
    """One holder's permit; two cards of one holder are equal, whatever their renewal counts."""

    canonical: str
    issue_count: str | None = field(default=None, compare=False)

    def __post_init__(self) -> None:
        """Let no malformed permit exist, whichever way it was made."""
        if not _KEY_SHAPE.fullmatch(self.canonical):
            raise MappingError("permit.format")
        if self.issue_count is not None and not re.fullmatch(r"[0-9]{2}", self.issue_count):
            raise MappingError("permit.format")
        if not self.canonical.lstrip("HMA0"):
            raise MappingError("permit.placeholder")

    def __repr__(self) -> str:
        return f"TravelPermit({self.masked})"

    @classmethod
    def parse(cls, text: object, issue_count: object = None, *, form: PermitForm | None = None) -> Self:
        """Read the number in its nine- or eleven-character form, beside the count printed apart if there is one."""
        if form is PermitForm.BOOKLET:
            raise MappingError("permit.wrong_document", document="booklet", route="manual")
        value = normalise(text).value
        match = _SHAPE.fullmatch(value)
        if match is None:
            raise _refusal(value)
        permit = cls(match[1], match[2])
        if form is not None and (form is PermitForm.CARD_2024) != (permit.holder_class is HolderClass.NON_CHINESE):
            raise MappingError("permit.format")
        declared = _declared_count(issue_count)
        if declared is None or declared == permit.issue_count:
            return permit
        if permit.issue_count is not None:
            raise MappingError("permit.issue_count_mismatch")
        return cls(permit.canonical, declared)

    @staticmethod
    def suggest(text: object) -> str | None:
        """Offer the one repair of mistyped letters that makes a permit, for the person to confirm."""
        try:
            value = normalise(text).value
        except MappingError:
            return None
        repaired = value[:1] + straighten(value[1:])
        if repaired == value or any(shape.fullmatch(value) for shape in LOOK_ALIKES.values()):
            return None
        try:
            return TravelPermit.parse(repaired).number11 or repaired
        except MappingError:
            return None

    @property
    def kind(self) -> DocumentKind:
        """The family of all four cards."""
        return DocumentKind.PERMIT

    @property
    def territory(self) -> Territory:
        """Whose resident the holder is, by the first letter."""
        return _TERRITORIES[self.canonical[0]]

    @property
    def holder_class(self) -> HolderClass:
        """Chinese citizen, or holder of the card of July 2024 for the others."""
        return HolderClass.NON_CHINESE if self.canonical[1] == "A" else HolderClass.CHINESE

    @property
    def number11(self) -> str | None:
        """The older, longer form, which some platforms still ask for, if the renewal count is known."""
        return None if self.issue_count is None else self.canonical + self.issue_count

    @property
    def masked(self) -> str:
        """The form that may be shown."""
        return mask(self.kind, self.canonical)

    def is_newer_than(self, recorded: Self) -> bool:
        """Whether this is a newer card of the same holder; an older one proves as much, but tells nothing new."""
        if self != recorded or self.issue_count is None:
            return False
        return recorded.issue_count is None or int(self.issue_count) > int(recorded.issue_count)


def _refusal(value: str) -> MappingError:
    """Say why this is no permit; naming the look-alike helps the person more than anything else."""
    for document, shape in LOOK_ALIKES.items():
        if shape.fullmatch(value):
            return MappingError("permit.wrong_document", looks_like=document)
    return MappingError("permit.length" if _DIGITS_ONLY.fullmatch(value) else "permit.format")


def _declared_count(issue_count: object) -> str | None:
    if issue_count is None:
        return None
    if isinstance(issue_count, bool) or not isinstance(issue_count, int | str):
        raise MappingError("input.type")
    if isinstance(issue_count, int):
        if not 0 <= issue_count <= _MAX_COUNT:
            raise MappingError("permit.format")
        return f"{issue_count:02d}"
    if not _COUNT.fullmatch(issue_count):
        raise MappingError("permit.format")
    return issue_count.zfill(2)
