"""The foreign permanent resident card in both its forms (mapping specification 3): read, never bound.

Since December 2023 its number is built like a citizen's, with a nine in front; the older card has three letters of a
country and twelve digits. The two are not computed from each other, so a renewed card is a new number.
"""

import re
from dataclasses import dataclass
from datetime import date
from typing import Final, Literal, Self

from mapping.conceal import mask
from mapping.errors import MappingError
from mapping.identifier import MainlandIdentifier, check_character
from mapping.normalise import normalise
from mapping.regions import region_class
from mapping.vocabulary import DocumentKind

_OLDER: Final = re.compile(r"[A-Z]{3}[0-9]{12}")
_OLDER_LENGTH: Final = 15
_NEWER: Final = re.compile(r"9[0-9]{16}[0-9X]")


@dataclass(frozen=True, slots=True, repr=False)
class ForeignPermanentResidentCard:
    """One card's number; a malformed one cannot exist."""

    canonical: str

    def __post_init__(self) -> None:
        """Let no malformed number exist, whichever way it was made."""
        if _OLDER.fullmatch(self.canonical):
            return
        if not _NEWER.fullmatch(self.canonical):
            raise MappingError("number.format")
        region_class(self.canonical[:6])
        if check_character(self.canonical[:17]) != self.canonical[17]:
            raise MappingError("number.check")

    def __repr__(self) -> str:
        return f"ForeignPermanentResidentCard({self.masked})"

    @classmethod
    def parse(cls, text: object, as_of: date) -> Self:
        """Read either form; the newer one is checked like every number of 18 characters, its birth date included."""
        value = normalise(text).value
        if len(value) == _OLDER_LENGTH:
            return cls(value)
        return cls(MainlandIdentifier.parse(value, as_of).value)  # refuses a resident's number: another document

    @property
    def kind(self) -> DocumentKind:
        """The family."""
        return DocumentKind.FOREIGN_PR

    @property
    def country(self) -> str:
        """The country of the holder: three letters on the older card, three digits (ISO 3166) on the newer one."""
        return self.canonical[:3] if self.check == "unverified" else self.canonical[3:6]

    @property
    def check(self) -> Literal["verified", "unverified"]:
        """Whether the number proves itself; of the older form only the shape is published."""
        return "unverified" if len(self.canonical) == _OLDER_LENGTH else "verified"

    @property
    def masked(self) -> str:
        """The form that may be shown."""
        return mask(self.kind, self.canonical)
