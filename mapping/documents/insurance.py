"""The social insurance number of residents of Hong Kong, Macao and Taiwan (mapping specification 4.1).

It is the permit number in other clothes and discloses it in full; it is handled with the same care as the permit
and never used as a stand-in.
"""

import re
from dataclasses import dataclass
from typing import Final, Self

from mapping.conceal import mask
from mapping.documents.permits import TravelPermit
from mapping.errors import MappingError
from mapping.normalise import normalise
from mapping.vocabulary import DocumentKind, HolderClass, Territory

_SHAPE: Final = re.compile(r"(HKG|MAC|TWN)[0-9]{9}")
_RESERVE_DIGIT: Final = "0"  # 1 to 9 are kept for special cases of the insurer
_PREFIXES: Final = {Territory.HONG_KONG: "HKG", Territory.MACAO: "MAC"}
_TERRITORIES: Final = {"HKG": Territory.HONG_KONG, "MAC": Territory.MACAO, "TWN": Territory.TAIWAN}


@dataclass(frozen=True, slots=True, repr=False)
class SocialInsuranceNumber:
    """Twelve characters: territory, reserve digit, and the eight digits that the holder keeps for life."""

    canonical: str

    def __post_init__(self) -> None:
        """Let no malformed number exist, whichever way it was made."""
        if not _SHAPE.fullmatch(self.canonical):
            raise MappingError("ssn.format")

    def __repr__(self) -> str:
        return f"SocialInsuranceNumber({self.masked})"

    @classmethod
    def parse(cls, text: object) -> Self:
        """Read the number as it is printed or typed."""
        return cls(normalise(text).value)

    @classmethod
    def from_permit(cls, permit: TravelPermit) -> Self:
        """Build the number of a permit holder; the rule covers Chinese citizens only."""
        if permit.holder_class is not HolderClass.CHINESE:
            raise MappingError("ssn.not_applicable")
        return cls(_PREFIXES[permit.territory] + _RESERVE_DIGIT + permit.canonical[1:])

    @property
    def kind(self) -> DocumentKind:
        """The family."""
        return DocumentKind.SOCIAL_INSURANCE

    @property
    def territory(self) -> Territory:
        """Whose resident the insured is."""
        return _TERRITORIES[self.canonical[:3]]

    @property
    def permit(self) -> TravelPermit | None:
        """The permit that the number discloses; Taiwan's permits are another document."""
        if self.territory is Territory.TAIWAN:
            return None
        return TravelPermit(self.canonical[0] + self.canonical[4:])

    @property
    def masked(self) -> str:
        """The form that may be shown."""
        return mask(self.kind, self.canonical)
