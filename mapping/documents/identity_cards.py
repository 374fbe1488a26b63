"""The cards of home: Hong Kong identity card and Macao resident identity card (mapping specification 6).

They are other numbers than the permit's. A permit's back prints the home card's number, which makes the home card
the strongest documentary link between two permits of one person. Only the Hong Kong number can check itself.
"""

import re
from dataclasses import dataclass
from typing import ClassVar, Final, Self

from mapping.conceal import mask
from mapping.errors import MappingError
from mapping.normalise import normalise
from mapping.vocabulary import DocumentKind

_HKID_SHAPE: Final = re.compile(r"([A-Z]{1,2})([0-9]{6})([0-9A])")
_BIR_SHAPE: Final = re.compile(r"[157][0-9]{7}")
_BLANK: Final = 36
_LETTER_OFFSET: Final = 55
_TEN: Final = 10


def hong_kong_check_character(prefix: str, digits: str) -> str:
    """Compute the character in brackets: weights nine to two, a blank before a single letter counts 36."""
    values = [_BLANK] * (2 - len(prefix)) + [ord(letter) - _LETTER_OFFSET for letter in prefix]
    values += [int(digit) for digit in digits]
    remainder = -sum(value * weight for value, weight in zip(values, range(9, 1, -1), strict=True)) % 11
    return "A" if remainder == _TEN else str(remainder)


@dataclass(frozen=True, slots=True, repr=False)
class HongKongIdentityCard:
    """A Hong Kong identity card number with its check character, which is kept: it is the only error guard."""

    canonical: str

    def __post_init__(self) -> None:
        """Let no malformed number exist, whichever way it was made."""
        match = _HKID_SHAPE.fullmatch(self.canonical)
        if match is None:
            raise MappingError("hkid.format")
        if hong_kong_check_character(match[1], match[2]) != match[3]:
            raise MappingError("hkid.check")

    def __repr__(self) -> str:
        return f"HongKongIdentityCard({self.masked})"

    @classmethod
    def parse(cls, text: object) -> Self:
        """Read the number with or without brackets."""
        return cls(normalise(text).value)

    @property
    def kind(self) -> DocumentKind:
        """The family."""
        return DocumentKind.HKID

    @property
    def printed(self) -> str:
        """The number as the card prints it, in full: only for the holder's own form."""
        return f"{self.canonical[:-1]}({self.canonical[-1]})"

    @property
    def masked(self) -> str:
        """The form that may be shown."""
        return mask(self.kind, self.canonical)


@dataclass(frozen=True, slots=True, repr=False)
class MacaoIdentityCard:
    """A Macao resident identity card number; its check is not public, so only the shape is known to be right."""

    check: ClassVar[str] = "unverified"
    canonical: str

    def __post_init__(self) -> None:
        """Let no malformed number exist, whichever way it was made."""
        if not _BIR_SHAPE.fullmatch(self.canonical):
            raise MappingError("bir.format")

    def __repr__(self) -> str:
        return f"MacaoIdentityCard({self.masked})"

    @classmethod
    def parse(cls, text: object) -> Self:
        """Read the number with or without brackets."""
        return cls(normalise(text).value)

    @property
    def kind(self) -> DocumentKind:
        """The family."""
        return DocumentKind.BIR

    @property
    def printed(self) -> str:
        """The number as the card prints it, in full: only for the holder's own form."""
        return f"{self.canonical[:-1]}({self.canonical[-1]})"

    @property
    def masked(self) -> str:
        """The form that may be shown."""
        return mask(self.kind, self.canonical)
