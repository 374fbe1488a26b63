"""How well two names go together, as a grade with its reasons, for people and audit trails (mapping specification 8).

Names alone never link: they corroborate what unique identifiers and birth dates decide, and a contradiction sends a
pair to a person. That is why a judgement is no yes and no no; asking it for its truth is an error.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise
from typing import Final, Literal, NoReturn

from mapping.names import HanMatch, LatinMatch, compare_han, compare_latin, han_characters, latin_tokens

PARTICLES: Final = frozenset({"DE", "DA", "DO", "DOS", "DAS", "E"})
"""The small words of Portuguese names; cards and passports of one person differ in them."""

_ENOUGH_WITHOUT_PARTICLES: Final = 2  # a single remaining word could have lost its surname: E and DO are surnames too


class NameGrade(StrEnum):
    """From close to far; the last one stands apart."""

    IDENTICAL = "identical"
    CONSISTENT = "consistent"
    WEAK = "weak"
    CONTRADICTORY = "contradictory"
    NOT_COMPARABLE = "not_comparable"
    """Nothing was compared, which speaks neither for nor against."""


NameReason = Literal[
    "han_exact",
    "han_equivalent",
    "han_ambiguous:simplification_merges",
    "han_different",
    "latin_exact",
    "latin_token_equal",
    "latin_joined_equal",
    "latin_subset",
    "latin_different",
    "portuguese_particles",
    "missing_family",
    "missing_given",
    "script_differs_not_compared",
    "nothing_to_compare",
]


@dataclass(frozen=True, slots=True, repr=False)
class NameParts:
    """What one source says of a name: any of the four, each refused if it is no name at all."""

    han: str | None = None
    latin: str | None = None
    """The whole name in Latin letters; where it is missing, family and given name stand for it."""
    family: str | None = None
    given: str | None = None

    def __post_init__(self) -> None:
        """Let no empty or hostile part exist."""
        if self.han is not None:
            han_characters(self.han)
        for part in (self.latin, self.family, self.given):
            if part is not None:
                latin_tokens(part)
        if self.whole_latin is not None:
            latin_tokens(self.whole_latin)  # two good halves may be too long together

    def __repr__(self) -> str:
        return "NameParts(…)"

    @property
    def whole_latin(self) -> str | None:
        """The name in Latin letters as far as it is known."""
        if self.latin is not None:
            return self.latin
        return " ".join(part for part in (self.family, self.given) if part is not None) or None

    @property
    def missing(self) -> tuple[NameReason, ...]:
        """Which half of the Latin name is not there; a whole line is not taken apart."""
        if self.latin is not None or self.whole_latin is None:
            return ()
        return ("missing_family",) if self.family is None else ("missing_given",) if self.given is None else ()


@dataclass(frozen=True, slots=True)
class NameJudgement:
    """A grade and why, in fixed words; it links nobody."""

    grade: NameGrade
    reasons: tuple[NameReason, ...]

    def __bool__(self) -> NoReturn:
        raise TypeError("a judgement of names is neither yes nor no: read its grade")


_HAN: Final[Mapping[HanMatch, NameJudgement]] = {
    HanMatch.EXACT: NameJudgement(NameGrade.IDENTICAL, ("han_exact",)),
    HanMatch.EQUIVALENT: NameJudgement(NameGrade.CONSISTENT, ("han_equivalent",)),
    HanMatch.AMBIGUOUS: NameJudgement(NameGrade.WEAK, ("han_ambiguous:simplification_merges",)),
    HanMatch.DIFFERENT: NameJudgement(NameGrade.CONTRADICTORY, ("han_different",)),
}
_LATIN: Final[Mapping[LatinMatch, NameJudgement]] = {
    LatinMatch.EXACT: NameJudgement(NameGrade.IDENTICAL, ("latin_exact",)),
    LatinMatch.TOKEN_EQUAL: NameJudgement(NameGrade.CONSISTENT, ("latin_token_equal",)),
    LatinMatch.JOINED_EQUAL: NameJudgement(NameGrade.CONSISTENT, ("latin_joined_equal",)),
}
_CLOSE_TO_FAR: Final = tuple(NameGrade)


def judge_names(a: NameParts, b: NameParts) -> NameJudgement:
    """Grade two names by every script that both have; Han characters and Latin letters are never set against."""
    judgements = _judge_han(a, b) + _judge_latin(a, b)
    match judgements:
        case []:
            return _not_comparable(a, b)
        case [only]:
            return only
        case _:
            return _together(*judgements)


def _judge_han(a: NameParts, b: NameParts) -> list[NameJudgement]:
    return [] if a.han is None or b.han is None else [_HAN[compare_han(a.han, b.han)]]


def _judge_latin(a: NameParts, b: NameParts) -> list[NameJudgement]:
    left, right = a.whole_latin, b.whole_latin
    if left is None or right is None:
        return []
    match = compare_latin(left, right)
    judgement = _loosely(left, right) if match is LatinMatch.DIFFERENT else _LATIN[match]
    return [_with_missing(judgement, (*a.missing, *b.missing))]


def _loosely(left: str, right: str) -> NameJudgement:
    """Compare without the particles, then ask whether one name is a part of the other."""
    words = latin_tokens(left), latin_tokens(right)
    a, b = (_without_particles(each) for each in words)
    particles: tuple[NameReason, ...] = () if (a, b) == words else ("portuguese_particles",)
    if sorted(a) == sorted(b) and len(a) >= _ENOUGH_WITHOUT_PARTICLES:
        return NameJudgement(NameGrade.CONSISTENT, particles)
    if _is_part(a, b) or _is_part(b, a):
        return NameJudgement(NameGrade.WEAK, ("latin_subset", *particles))
    return NameJudgement(NameGrade.CONTRADICTORY, ("latin_different",))


def _without_particles(tokens: list[str]) -> list[str]:
    return [token for token in tokens if token not in PARTICLES] or tokens


def _is_part(some: list[str], whole: list[str]) -> bool:
    """Whether all words of one name are in the other, also where the other writes two of them as one."""
    return Counter(_written_like(whole, some)) <= Counter(_written_like(some, whole))


def _written_like(other: list[str], tokens: list[str]) -> list[str]:
    """Join two neighbours that the other name writes as one word (TAI MAN, TAIMAN)."""
    for place, (first, second) in enumerate(pairwise(tokens)):
        if first + second in other:
            return [*tokens[:place], first + second, *_written_like(other, tokens[place + 2 :])]
    return tokens


def _with_missing(judgement: NameJudgement, missing: tuple[NameReason, ...]) -> NameJudgement:
    """Half a name that agrees says little, even where both sides have the same half."""
    if not missing or judgement.grade is NameGrade.CONTRADICTORY:
        return judgement
    return NameJudgement(NameGrade.WEAK, tuple(dict.fromkeys((*judgement.reasons, *missing))))


def _together(han: NameJudgement, latin: NameJudgement) -> NameJudgement:
    """Let the Han name decide; Latin spellings vary, so that they can weaken it and never contradict it."""
    latin_grade = NameGrade.WEAK if latin.grade is NameGrade.CONTRADICTORY else latin.grade
    grade = max(han.grade, latin_grade, key=_CLOSE_TO_FAR.index)
    return NameJudgement(grade, han.reasons + latin.reasons)


def _not_comparable(a: NameParts, b: NameParts) -> NameJudgement:
    is_named = all(parts.han is not None or parts.whole_latin is not None for parts in (a, b))
    reason: NameReason = "script_differs_not_compared" if is_named else "nothing_to_compare"
    return NameJudgement(NameGrade.NOT_COMPARABLE, (reason,))
