"""Who knows what cannot be computed: the province's register of permits and residence permits, behind a port.

The register is usable but not visible: it answers whether a permit, a name and a birth date belong together, shows a
mask, and gives the number itself only against a token, once (mapping specification 10.4, first step).
"""

from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Protocol

from mapping.documents.permits import TravelPermit
from mapping.identifier import MainlandIdentifier


class LinkOutcome(StrEnum):
    """The only answers; none of them says which part did not agree."""

    MATCHED = "matched"
    NOT_MATCHED = "not_matched"
    SEVERAL = "several"
    EXPIRED = "expired"
    """All agrees, but the card on record has ended: it must be renewed before it proves anything."""


@dataclass(frozen=True, slots=True)
class LinkQuestion:
    """What the register is asked; the person typed the permit, the home provider vouches for the rest."""

    permit: TravelPermit
    name_han: str | None = field(repr=False)
    name_latin: str | None = field(repr=False)
    birthdate: date = field(repr=False)


@dataclass(frozen=True, slots=True)
class LinkAnswer:
    """What the register says; a match without a residence permit has neither mask nor token."""

    outcome: LinkOutcome
    residence_masked: str | None = field(default=None, repr=False)
    token: str | None = field(default=None, repr=False)


class LinkRegister(Protocol):
    """The register that links travel permits and residence permits."""

    async def ask(self, question: LinkQuestion) -> LinkAnswer:
        """Ask whether the register knows this holder; `SEVERAL` is for a person to sort out, never a match."""

    async def redeem(self, token: str) -> MainlandIdentifier:
        """Give the number behind a matched answer, to exactly one caller.

        The number is parsed but not yet believed: `resolve.decide` compares it with the evidence.
        """
