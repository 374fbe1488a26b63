"""Numbers of legal persons: the mainland's unified social credit code and Hong Kong's unique business identifier.

The credit code follows GB 32100-2015 and contains an organisation code of GB 11714 with a check character of its
own. No check is published for the Hong Kong number (mapping specification 6).
"""

import re
from dataclasses import dataclass
from typing import Final, Self

from mapping.conceal import mask
from mapping.errors import MappingError
from mapping.normalise import normalise
from mapping.vocabulary import DocumentKind

USCC_LENGTH: Final = 18
_ALPHABET: Final = "0123456789ABCDEFGHJKLMNPQRTUWXY"  # 31 symbols: I, O, S, V and Z are left out
_AUTHORITIES: Final = frozenset("123456789ANY")
_CATEGORY_AND_REGION: Final = re.compile(r"[1-9][0-9]{6}")
_WEIGHTS: Final = tuple(pow(3, i, 31) for i in range(17))
_ORGANISATION_ALPHABET: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_ORGANISATION_WEIGHTS: Final = (3, 7, 9, 10, 5, 8, 4, 2)
_ORGANISATION_CHECKS: Final = "0123456789X"
_UBI_SHAPE: Final = re.compile(r"[A-Z0-9][0-9]{7}")


def _organisation_check(body: str) -> str:
    """GB 11714: the ninth character of the organisation code inside."""
    pairs = zip(body, _ORGANISATION_WEIGHTS, strict=True)
    total = sum(_ORGANISATION_ALPHABET.index(symbol) * weight for symbol, weight in pairs)
    return _ORGANISATION_CHECKS[-total % 11]


def _credit_code_check(body: str) -> str:
    """GB 32100-2015: the eighteenth character of the whole."""
    pairs = zip(body, _WEIGHTS, strict=True)
    return _ALPHABET[-sum(_ALPHABET.index(symbol) * weight for symbol, weight in pairs) % 31]


@dataclass(frozen=True, slots=True, repr=False)
class UnifiedSocialCreditCode:
    """The 18 characters of a mainland organisation, both check characters proved."""

    canonical: str

    def __post_init__(self) -> None:
        """Let no malformed code exist, whichever way it was made."""
        code = self.canonical
        if len(code) != USCC_LENGTH:
            raise MappingError("uscc.length")
        if not set(code) <= set(_ALPHABET):
            raise MappingError("uscc.charset")
        if code[0] not in _AUTHORITIES:
            raise MappingError("uscc.authority")
        if not _CATEGORY_AND_REGION.fullmatch(code[1:8]):
            raise MappingError("uscc.format")
        if _organisation_check(code[8:16]) != code[16] or _credit_code_check(code[:17]) != code[17]:
            raise MappingError("uscc.check")

    def __repr__(self) -> str:
        return f"UnifiedSocialCreditCode({self.masked})"

    @classmethod
    def parse(cls, text: object) -> Self:
        """Read the code as it is printed or typed."""
        return cls(normalise(text).value)

    @property
    def kind(self) -> DocumentKind:
        """The family."""
        return DocumentKind.USCC

    @property
    def masked(self) -> str:
        """The form that may be shown."""
        return mask(self.kind, self.canonical)


@dataclass(frozen=True, slots=True, repr=False)
class HongKongBusinessIdentifier:
    """A business registration number, or the lettered stand-in of an entity without one (since December 2023)."""

    canonical: str

    def __post_init__(self) -> None:
        """Let no malformed number exist, whichever way it was made."""
        if not _UBI_SHAPE.fullmatch(self.canonical):
            raise MappingError("ubi.format")

    def __repr__(self) -> str:
        return f"HongKongBusinessIdentifier({self.masked})"

    @classmethod
    def parse(cls, text: object) -> Self:
        """Read the eight characters; a whole certificate number must be cut by the caller."""
        return cls(normalise(text).value)

    @property
    def kind(self) -> DocumentKind:
        """The family."""
        return DocumentKind.HK_UBI

    @property
    def is_dummy(self) -> bool:
        """Whether the entity has no business registration."""
        return self.canonical[0].isalpha()

    @property
    def masked(self) -> str:
        """The form that may be shown."""
        return mask(self.kind, self.canonical)
