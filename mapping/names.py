"""Can two spellings be one person's name: Han, Latin and Portuguese names (mapping specification 8).

Names corroborate; unique identifiers and birth dates decide. Simplification merges different surnames (姜 and 薑,
余 and 餘), so neither `EQUIVALENT` nor `AMBIGUOUS` may settle a match alone, and Cantonese spellings are never
compared with pinyin.
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from itertools import zip_longest
from types import MappingProxyType
from typing import Final, Self

from mapping.errors import MappingError
from mapping.han_table import ONE_TO_MANY, ONE_TO_ONE

MAX_LENGTH: Final = 200
_MAX_TOKENS: Final = 16
_IGNORED_IN_HAN: Final = re.compile("[\\s\u00b7\u2027\u2022\u30fb\u200b-\u200d\ufe00-\ufe0f\U000e0100-\U000e01ef]")
_NOT_TEXT: Final = frozenset({"Cc", "Cs"})
_BETWEEN_TOKENS: Final = re.compile(r"[\s,.'’\-‐-―·]+")


class HanMatch(StrEnum):
    """How close two Han names are; the middle two never decide alone."""

    EXACT = "exact"
    EQUIVALENT = "equivalent"
    AMBIGUOUS = "ambiguous"
    DIFFERENT = "different"


class LatinMatch(StrEnum):
    """How close two Latin names are."""

    EXACT = "exact"
    TOKEN_EQUAL = "token_equal"  # noqa: S105 - tokens of a name, not a secret
    JOINED_EQUAL = "joined_equal"
    DIFFERENT = "different"


_FROM_CLOSE_TO_FAR: Final = (HanMatch.EXACT, HanMatch.EQUIVALENT, HanMatch.AMBIGUOUS, HanMatch.DIFFERENT)


@dataclass(frozen=True, slots=True)
class HanTable:
    """Simplified characters, each with its traditional ones; those written together are variants of one."""

    traditional: Mapping[str, frozenset[str]]
    simplified: Mapping[str, frozenset[str]]

    @classmethod
    def of(cls, entries: Mapping[str, Iterable[str]]) -> Self:
        """Build both directions from simplified character -> groups of variants."""
        traditional = {short: frozenset(groups) for short, groups in entries.items()}
        simplified: dict[str, frozenset[str]] = {}
        for short, groups in traditional.items():
            for character in {short}.union(*groups):
                simplified[character] = simplified.get(character, frozenset()) | {short}
        return cls(MappingProxyType(traditional), MappingProxyType(simplified))

    def extended(self, lines: str) -> Self:
        """Add or replace entries, written as in `han_table.ONE_TO_MANY`, without touching this table."""
        return self.of({**self.traditional, **_read_groups(lines)})

    def compare(self, a: str, b: str) -> HanMatch:
        """Compare two single characters."""
        if a == b:
            return HanMatch.EXACT
        shared = self.simplified.get(a, frozenset(a)) & self.simplified.get(b, frozenset(b))
        if not shared:
            return HanMatch.DIFFERENT
        if any(len(self.traditional[short]) == 1 for short in shared):
            return HanMatch.EQUIVALENT
        if any({a, b} <= set(group) for short in shared for group in self.traditional[short]):
            return HanMatch.EQUIVALENT
        return HanMatch.AMBIGUOUS


def _read_pairs(lines: str) -> dict[str, tuple[str, ...]]:
    return {pair[0]: (pair[1],) for pair in lines.split() if pair[0] != pair[1]}


def _read_groups(lines: str) -> dict[str, tuple[str, ...]]:
    entries = [entry.split() for line in lines.splitlines() for entry in line.split("|")]
    return {entry[0]: tuple(entry[1:]) for entry in entries if entry}


HAN_TABLE: Final = HanTable.of({**_read_pairs(ONE_TO_ONE), **_read_groups(ONE_TO_MANY)})
"""The table that is shipped; its limits are told in `han_table`."""


def compare_han(a: object, b: object, table: HanTable = HAN_TABLE) -> HanMatch:
    """Compare two names in Han characters, traditional, simplified or as Hong Kong prints them."""
    pairs = zip_longest(han_characters(a), han_characters(b), fillvalue="")
    worst = HanMatch.EXACT
    for left, right in pairs:
        worst = max(worst, table.compare(left, right), key=_FROM_CLOSE_TO_FAR.index)
    return worst


def compare_latin(a: object, b: object) -> LatinMatch:
    """Compare two names in Latin letters, whatever the order of the surname, the hyphens, case and accents."""
    left, right = latin_tokens(a), latin_tokens(b)
    if left == right:
        return LatinMatch.EXACT
    if sorted(left) == sorted(right):
        return LatinMatch.TOKEN_EQUAL
    if _joined(left) & _joined(right):
        return LatinMatch.JOINED_EQUAL
    return LatinMatch.DIFFERENT


def _checked(name: object) -> str:
    """Refuse what is no text before anything is compared; a name is never quoted."""
    if not isinstance(name, str):
        raise MappingError("input.type")
    if len(name) > MAX_LENGTH:
        raise MappingError("input.too_long")
    if any(unicodedata.category(character) in _NOT_TEXT for character in name):
        raise MappingError("input.control_char")
    return name


def han_characters(name: object) -> str:
    """Leave only what is compared of a Han name: no spaces, middle dots or variation selectors."""
    folded = _IGNORED_IN_HAN.sub("", unicodedata.normalize("NFC", _checked(name)))
    if not folded:
        raise MappingError("input.empty")
    return folded


def latin_tokens(name: object) -> list[str]:
    """Split a Latin name into its words, in capitals and without accents; hyphens and apostrophes divide."""
    decomposed = unicodedata.normalize("NFKD", _checked(name))
    plain = "".join(character for character in decomposed if not unicodedata.combining(character))
    tokens = [token for token in _BETWEEN_TOKENS.split(plain.upper()) if token]
    if not tokens:
        raise MappingError("input.empty")
    if len(tokens) > _MAX_TOKENS:
        raise MappingError("input.too_long")
    return tokens


def _joined(tokens: list[str]) -> set[str]:
    """Every way to write the tokens as one word with the surname first or last."""
    return {"".join(tokens[start:] + tokens[:start]) for start in range(len(tokens))}
