"""Fictional residents by the million: the n-th is always the same one, so nobody has to be remembered.

Two crowds: a `resident` stands in a full table, with a number worked out beforehand, so that many processes can write
at once without asking each other; `newcomers` ask for a number, with birthdays as crowded as a registry's.
"""

import base64
import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from hashlib import blake2b
from itertools import accumulate, chain
from typing import Final

from gateway.admin.simulation import cohort_sizes
from mapping.documents import TravelPermit
from mapping.evidence import Evidence
from mapping.identifier import MainlandIdentifier
from mapping.surrogate import Block, number_at
from mapping.vocabulary import HolderClass, Realm, Sex, Territory

PROVIDERS: Final = {Territory.HONG_KONG: "hong_kong", Territory.MACAO: "macao"}

_FIRST_DAY: Final = date(1926, 1, 1)
_DAYS: Final = 36_500
_LANES: Final = tuple((territory, sex) for territory in PROVIDERS for sex in Sex)
BUCKETS: Final = _DAYS * len(_LANES)
"""How many of territory, sex and birth date there are; residents go round them."""
_STRIDE: Final = 1_009  # no divisor in common with the slots of a day, so that every slot comes up once
_PERMITS: Final = 99_999_999
_SPREAD: Final = 38_196_601  # the same for permits
_STRETCH: Final = 5_000
_HEAPED: Final = 0.02
_BLOCKS: Final = {territory: Block(territory, HolderClass.CHINESE, Realm.SANDBOX).tiers[0] for territory in PROVIDERS}
_SLOTS: Final = {sex: _BLOCKS[Territory.HONG_KONG].slot_count(sex) for sex in Sex}
_LETTERS: Final = {Territory.HONG_KONG: "H", Territory.MACAO: "M"}
_BORN_UNTIL: Final = 2025


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody with a permit, and an account that nobody else has."""

    place: int
    territory: Territory
    birthdate: date
    sex: Sex

    @property
    def permit(self) -> TravelPermit:
        """Nine characters that nobody else of their crowd has."""
        return TravelPermit(f"{_LETTERS[self.territory]}{1 + self.place * _SPREAD % _PERMITS:08d}")

    @property
    def provider(self) -> str:
        """Where they sign in."""
        return PROVIDERS[self.territory]

    @property
    def upstream_subject(self) -> str:
        """What the provider calls them."""
        return f"person-{self.place}"

    @property
    def subject_id(self) -> str:
        """The id of their account: it looks as random as a real one, and can be worked out again."""
        digest = blake2b(self.upstream_subject.encode("ascii"), digest_size=18).digest()
        return "s" + base64.urlsafe_b64encode(digest).decode("ascii")

    @property
    def evidence(self) -> Evidence:
        """What a sign-in of theirs proves."""
        return Evidence(self.permit, "516", self.birthdate, self.sex.value, assurance=3)


def resident(place: int) -> Person:
    """The person at one place of a full table: all days of a hundred years alike, territories and sexes in turns."""
    territory, sex = _LANES[place % len(_LANES)]
    return Person(place, territory, _FIRST_DAY + timedelta(days=place // len(_LANES) % _DAYS), sex)


def slot_of(person: Person) -> int:
    """Where in the block of the sandbox a resident's number stands; nobody else's stands there."""
    return (person.place % BUCKETS + person.place // BUCKETS * _STRIDE) % _SLOTS[person.sex]


def number_of(person: Person) -> MainlandIdentifier:
    """A resident's number."""
    return number_at(_BLOCKS[person.territory], person.birthdate, person.sex, slot_of(person))


def newcomers(first: int, count: int, seed: int) -> Iterator[Person]:
    """Draw people as they are spread over territories, years, days and sexes, some of them heaped on 1 January."""
    rng = random.Random(f"{seed}/{first}")
    years, weights = _years()
    drawn = rng.choices(years, cum_weights=weights, k=count)
    for place, (territory, year) in enumerate(drawn, start=first):
        offset = 0 if rng.random() < _HEAPED else int(rng.random() * 365)
        sex = Sex.FEMALE if rng.random() < 0.54 else Sex.MALE
        yield Person(place, territory, date(year, 1, 1) + timedelta(days=offset), sex)


def crowd(count: int, seed: int) -> Iterator[Person]:
    """So many newcomers, drawn a stretch at a time."""
    stretches = (newcomers(first, min(_STRETCH, count - first), seed) for first in range(0, count, _STRETCH))
    return chain.from_iterable(stretches)


@cache
def _years() -> tuple[list[tuple[Territory, int]], list[int]]:
    sizes = {
        (territory, year): size
        for territory in PROVIDERS
        for year, size in cohort_sizes(territory).items()
        if year <= _BORN_UNTIL
    }
    return list(sizes), list(accumulate(sizes.values()))
