"""Whether the reserved region codes suffice: two populations, drawn person by person (mapping specification 11.5).

A stand-in carries the true birth date, so what runs out is one day, not the block: a registry that writes 1 January
for everybody whose birthday is unknown ("heaping") fills that day long before the others. Nothing here knows a real
person; the cohorts are a rounded model, and every draw hangs on the seed alone.
"""

import math
from bisect import bisect_right
from calendar import isleap
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from functools import cache
from itertools import accumulate, pairwise
from operator import attrgetter, itemgetter
from random import Random
from typing import Final, Self, TypeVar

from mapping.surrogate import ALERT_SHARE, RANDOM_TRIES, Block, Choose, bucket_capacity
from mapping.vocabulary import HolderClass, Realm, Sex, Territory

HEAPING: Final = (0.0, 1.0, 2.0, 5.0, 10.0, 15.0, 20.0, 30.0)
"""The levels of the specification's table: percent of each cohort aged 50 or more that is recorded on 1 January."""
MIN_SHARE: Final = 0.001
MAX_LEVELS: Final = 20
AS_OF_YEAR: Final = 2025

_HEAPED_AGE: Final = 50
_YOUNGER_HEAPING: Final = 0.1
_SEASON: Final = 0.08
_SEASON_PEAK: Final = 285  # October, as a day of the year
_DAILY_NOISE: Final = 0.05
_WOMEN: Final = {Territory.HONG_KONG: 0.545, Territory.MACAO: 0.53}
_PERSONS_BORN: Final = {
    Territory.HONG_KONG: (1_000, 8_000, 21_000, 34_000, 48_000, 83_000, 108_000, 124_000, 124_000, 121_000, 117_000,
                          115_000, 113_000, 101_000, 80_000, 63_000, 60_000, 63_000, 58_000, 44_000, 33_000),
    Territory.MACAO: (100, 500, 1_200, 2_000, 3_400, 6_100, 8_200, 9_700, 10_300, 10_100, 10_000,
                      11_500, 14_100, 14_400, 9_900, 6_200, 5_100, 5_200, 6_000, 5_200, 3_600),
}  # fmt: skip
"""Residents born in 1925, 1930 … 2025, rounded by us; years between are interpolated. 7.54 and 0.71 million in all."""
_PEAK: Final = {Territory.HONG_KONG: {1962: 129_000}, Territory.MACAO: {1988: 15_600}}

Progress = Callable[[int], None]
"""Told how many more people are done."""


class SimulationError(Exception):
    """A plan that cannot be simulated."""


class Population(StrEnum):
    """Numbers are never freed, so what counts in the long run is everybody who was ever enrolled."""

    LIVING = "living"
    EVER_ENROLLED = "ever_enrolled"


_TIMES: Final = {Population.LIVING: 1.0, Population.EVER_ENROLLED: 1.6}


class Verdict(StrEnum):
    """What the fullest day means for the operator."""

    FITS = "fits"
    ALERT = "alert"
    FULL = "full"


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be simulated; an impossible plan cannot exist."""

    heaping: tuple[float, ...] = HEAPING
    share: float = 1.0
    seed: int = 1
    territories: tuple[Territory, ...] = (Territory.HONG_KONG, Territory.MACAO)

    def __post_init__(self) -> None:
        """Refuse what would draw nobody, take too long, or is no percentage (a NaN is none either)."""
        if not MIN_SHARE <= self.share <= 1:
            raise SimulationError(f"the share must lie between {MIN_SHARE:g} and 1")
        if not all(0 <= level <= 100 for level in self.heaping):  # noqa: PLR2004 - percent
            raise SimulationError("heaping is a percentage between 0 and 100")
        if not 1 <= len(self.heaping) <= MAX_LEVELS or any(low >= high for low, high in pairwise(self.heaping)):
            raise SimulationError(f"give 1 to {MAX_LEVELS} levels of heaping, ascending, each once")
        if not self.territories or not set(self.territories) <= _PERSONS_BORN.keys():
            raise SimulationError("only Hong Kong and Macao can be simulated")

    def drawn(self, residents: int, population: Population) -> int:
        """Count the people to draw for so many living residents."""
        return round(residents * _TIMES[population] * self.share)


@dataclass(frozen=True, slots=True)
class Row:
    """Which question a figure answers: whose people, which of them, at which heaping."""

    territory: Territory
    population: Population
    heaping: float


@dataclass(frozen=True, slots=True)
class Cohort:
    """The people of one birth year as recorded: a count for each sex and day of the year."""

    row: Row
    year: int
    people: Mapping[Sex, Sequence[int]]

    @property
    def persons(self) -> int:
        """Count them all."""
        return sum(map(sum, self.people.values()))

    def day(self, index: int) -> date:
        """Name the day that a position in `people` stands for."""
        return date(self.year, 1, 1) + timedelta(days=index)


@dataclass(frozen=True, slots=True)
class Reserve:
    """What one territory's citizens are served from, as the allocator itself counts it."""

    codes: tuple[str, ...]
    serials: Mapping[Sex, int]


@dataclass(frozen=True, slots=True)
class Bucket:
    """People of one sex and birth date, who have to share the serials of that day."""

    day: date
    sex: Sex
    persons: int
    reserve: Reserve

    @property
    def codes_needed(self) -> int:
        """How many region codes hold them all."""
        return math.ceil(self.persons / self.reserve.serials[self.sex])

    @property
    def share_of_reserved(self) -> float:
        """How full the reserved codes are on this day; more than 1 means that some people go without."""
        return self.persons / self.reserve.serials[self.sex] / len(self.reserve.codes)


_fullness: Final = attrgetter("share_of_reserved")


@dataclass(frozen=True, slots=True)
class Demand:
    """What one row of the capacity table needs: its fullest day decides."""

    row: Row
    persons: int
    crowded: int
    """Days, counted for each sex, that one region code alone could not hold."""
    fullest: Bucket

    @property
    def verdict(self) -> Verdict:
        """Judge the fullest day as an operator would be alerted."""
        share = self.fullest.share_of_reserved
        if share > 1:
            return Verdict.FULL
        return Verdict.ALERT if share >= ALERT_SHARE else Verdict.FITS

    def joined(self, other: Self) -> Self:
        """Add other people of the same row."""
        fullest = max(self.fullest, other.fullest, key=_fullness)
        return type(self)(self.row, self.persons + other.persons, self.crowded + other.crowded, fullest)


@dataclass(frozen=True, slots=True)
class Allocation:
    """What happened when every person was really given a number."""

    row: Row
    served: int
    refused: int
    misses: int
    duplicates: int
    fullest: Bucket
    """The code that chance filled most, on one day and for one sex: its reserve is that one code."""

    @property
    def misses_per_allocation(self) -> float:
        """How many numbers were offered in vain before one was free."""
        return self.misses / self.served if self.served else 0.0

    def joined(self, other: Self) -> Self:
        """Add other people of the same row."""
        return type(self)(
            self.row,
            self.served + other.served,
            self.refused + other.refused,
            self.misses + other.misses,
            self.duplicates + other.duplicates,
            max(self.fullest, other.fullest, key=_fullness),
        )


@cache
def reserve_of(territory: Territory) -> Reserve:
    """Ask the allocator how many codes there are, and how many people of one sex and day each of them holds."""
    codes = Block(territory, HolderClass.CHINESE, Realm.PRODUCTION).codes
    return Reserve(codes, {sex: bucket_capacity(sex) for sex in Sex})


def cohort_sizes(territory: Territory) -> dict[int, int]:
    """Give the living residents by year of birth."""
    sizes = dict(zip(range(1925, AS_OF_YEAR + 1, 5), _PERSONS_BORN[territory], strict=True)) | _PEAK[territory]
    for (first, persons), (last, persons_last) in pairwise(sorted(sizes.items())):
        slope = (persons_last - persons) / (last - first)
        sizes |= {year: round(persons + slope * (year - first)) for year in range(first + 1, last)}
    return dict(sorted(sizes.items()))


def steps(plan: Plan, *, allocating: bool = False) -> int:
    """Count in advance what `Progress` will be told: each person drawn, and each number asked for."""
    sizes = [size for territory in plan.territories for size in cohort_sizes(territory).values()]
    drawn = {population: sum(plan.drawn(size, population) for size in sizes) for population in Population}
    return drawn[Population.EVER_ENROLLED] + len(plan.heaping) * sum(drawn.values()) * allocating


def simulate(plan: Plan, progress: Progress) -> tuple[Demand, ...]:
    """Fill the capacity table: one figure for each territory, population and level of heaping."""
    return _by_row(_demand(cohort) for cohort in _cohorts(plan, progress))


def allocate(plan: Plan, progress: Progress) -> tuple[Allocation, ...]:
    """Give every person a number as the gateway would, and report collisions and refusals."""
    return _by_row(_allocations(plan, progress))


def fill(persons: int, slots: int, choose: Choose) -> tuple[list[int], int]:
    """Serve people of one day and sex by the rule of `mapping.surrogate.candidates`; gives the slots and the misses."""
    taken = bytearray(slots)
    given = []
    misses = 0
    for _ in range(min(persons, slots)):
        slot, missed = _free_slot(taken, choose)
        taken[slot] = 1
        given.append(slot)
        misses += missed
    return given, misses


def _free_slot(taken: bytearray, choose: Choose) -> tuple[int, int]:
    for missed in range(RANDOM_TRIES):
        slot = choose(len(taken))
        if not taken[slot]:
            return slot, missed
    start = choose(len(taken))
    slot = max(taken.find(0, start), taken.find(0))  # the next free one, or after a full end the first
    return slot, RANDOM_TRIES + (slot - start) % len(taken)


def _cohorts(plan: Plan, progress: Progress) -> Iterator[Cohort]:
    for territory in plan.territories:
        for year, residents in cohort_sizes(territory).items():
            yield from _cohort(territory, year, residents, plan)
            progress(plan.drawn(residents, Population.EVER_ENROLLED))


def _cohort(territory: Territory, year: int, residents: int, plan: Plan) -> Iterator[Cohort]:
    """Draw one birth year once; every level of heaping and both populations look at the same people.

    A person is a natural birthday with a sex, and a uniform number that says from which level on the registry wrote
    1 January instead. So levels differ by heaping only, and asking for one more changes none of the others.
    """
    rng = Random(f"{plan.seed}/{territory}/{year}")  # noqa: S311 - the point is that it can be repeated
    noise = [max(0.0, rng.gauss(1, _DAILY_NOISE)) for _ in range(366 if isleap(year) else 365)]
    everyone = plan.drawn(residents, Population.EVER_ENROLLED)
    days = rng.choices(range(2 * len(noise)), cum_weights=_birth_weights(noise, _WOMEN[territory]), k=everyone)
    heaped = (1 if AS_OF_YEAR - year >= _HEAPED_AGE else _YOUNGER_HEAPING) * noise[0]
    levels = [level / 100 * heaped for level in plan.heaping]
    bands = [bisect_right(levels, rng.random()) for _ in range(everyone)]
    for population in Population:
        count = plan.drawn(residents, population)  # the living are the first of all who were ever enrolled
        drawn = Counter(zip(days[:count], bands[:count], strict=True))
        for index, level in enumerate(plan.heaping):
            yield Cohort(Row(territory, population, level), year, _recorded(drawn, index, len(noise)))


def _birth_weights(noise: Sequence[float], women: float) -> list[float]:
    """Weigh every natural birthday, women's first and then men's: the season and the chance of the day."""
    angles = [2 * math.pi * (day - _SEASON_PEAK) / len(noise) for day in range(len(noise))]
    births = [(1 + _SEASON * math.cos(angle)) * chance for angle, chance in zip(angles, noise, strict=True)]
    return list(accumulate([women * birth for birth in births] + [(1 - women) * birth for birth in births]))


def _recorded(drawn: Mapping[tuple[int, int], int], level: int, days: int) -> dict[Sex, list[int]]:
    """Count the birth dates as recorded: whoever's band is not above the level stands on 1 January."""
    women, men = [0] * days, [0] * days
    for (day, band), count in drawn.items():
        half, index = (women, day) if day < days else (men, day - days)
        half[index if band > level else 0] += count
    return {Sex.FEMALE: women, Sex.MALE: men}


def _demand(cohort: Cohort) -> Demand:
    reserve, sexes = reserve_of(cohort.row.territory), cohort.people.items()
    buckets = [Bucket(cohort.day(people.index(max(people))), sex, max(people), reserve) for sex, people in sexes]
    crowded = sum(count > reserve.serials[sex] for sex, people in sexes for count in people)
    return Demand(cohort.row, cohort.persons, crowded, max(buckets, key=_fullness))


def _allocations(plan: Plan, progress: Progress) -> Iterator[Allocation]:
    for cohort in _cohorts(plan, progress):
        row = cohort.row
        choose = _chooser(f"{plan.seed}/{row.territory}/{row.population}/{row.heaping:g}/{cohort.year}")
        for sex, people in cohort.people.items():
            for index, persons in filter(itemgetter(1), enumerate(people)):
                yield _allocation(row, Bucket(cohort.day(index), sex, persons, reserve_of(row.territory)), choose)
        progress(cohort.persons)


def _allocation(row: Row, bucket: Bucket, choose: Choose) -> Allocation:
    reserve, serials = bucket.reserve, bucket.reserve.serials[bucket.sex]
    given, misses = fill(bucket.persons, serials * len(reserve.codes), choose)
    by_code = Counter(slot // serials for slot in given)
    code = max(by_code, key=by_code.__getitem__)
    duplicates = len(given) - len(set(given))  # counted by other means than those that avoid them
    fullest = Bucket(bucket.day, bucket.sex, by_code[code], Reserve((reserve.codes[code],), reserve.serials))
    return Allocation(row, len(given), bucket.persons - len(given), misses, duplicates, fullest)


_Figure = TypeVar("_Figure", Demand, Allocation)


def _by_row(figures: Iterable[_Figure]) -> tuple[_Figure, ...]:
    """Join figures that answer the same question, in the order in which the questions first appear."""
    joined: dict[Row, _Figure] = {}
    for figure in figures:
        joined[figure.row] = joined[figure.row].joined(figure) if figure.row in joined else figure
    return tuple(joined.values())


def _chooser(seed: str) -> Choose:
    draw = Random(seed).random  # noqa: S311 - as above
    return lambda below: int(draw() * below)  # four times as fast as `randrange`, and called a hundred million times
