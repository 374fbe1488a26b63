"""The capacity table of the mapping specification, reproduced by drawing people (section 11.5)."""

from collections.abc import Iterator
from contextlib import suppress
from datetime import date
from random import Random

import pytest

from gateway.admin import simulation
from gateway.admin.simulation import (
    HEAPING,
    Allocation,
    Bucket,
    Demand,
    Plan,
    Population,
    Row,
    SimulationError,
    Verdict,
    allocate,
    cohort_sizes,
    fill,
    reserve_of,
    simulate,
    steps,
)
from mapping.errors import MappingError
from mapping.surrogate import Block, Choose, candidates
from mapping.vocabulary import HolderClass, Realm, Sex, Territory

HONG_KONG, MACAO = Territory.HONG_KONG, Territory.MACAO
LIVING, EVER = Population.LIVING, Population.EVER_ENROLLED
SPECIFIED = {
    (HONG_KONG, LIVING): (1, 2, 4, 8, 15, 23, 30, 44),
    (HONG_KONG, EVER): (1, 4, 6, 13, 24, 36, 47, 69),
    (MACAO, LIVING): (1, 1, 1, 1, 2, 2, 3, 4),
    (MACAO, EVER): (1, 1, 1, 1, 2, 3, 4, 6),
}
"""The table of section 11.5, at the levels of `HEAPING`."""


def ignore(done: int) -> None:
    """Nobody watches."""


def chance(seed: int) -> Choose:
    return Random(seed).randrange  # noqa: S311 - the point is that it can be repeated


def by_row(figures: tuple[Demand, ...]) -> dict[Row, Demand]:
    return {figure.row: figure for figure in figures}


def specified(row: Row) -> int:
    return SPECIFIED[row.territory, row.population][HEAPING.index(row.heaping)]


@pytest.fixture(scope="module")
def macao() -> dict[Row, Demand]:
    """All of Macao, at two levels."""
    return by_row(simulate(Plan(heaping=(10.0, 30.0), territories=(MACAO,)), ignore))


@pytest.fixture(scope="module")
def hong_kong() -> dict[Row, Demand]:
    """Every twentieth person of Hong Kong."""
    return by_row(simulate(Plan(heaping=(0.0, 30.0), share=0.05, territories=(HONG_KONG,)), ignore))


@pytest.mark.spec("mapping specification 11.5")
def test_all_of_macao_needs_as_many_codes_as_the_specification_says(macao: dict[Row, Demand]) -> None:
    needed = {row: demand.fullest.codes_needed for row, demand in macao.items()}

    assert all(abs(codes - specified(row)) <= 1 for row, codes in needed.items()), needed
    assert all(demand.verdict is Verdict.FITS for demand in macao.values())


@pytest.mark.spec("mapping specification 11.5")
@pytest.mark.parametrize("population", [LIVING, EVER])
def test_a_twentieth_of_hong_kong_fills_a_twentieth_of_the_specified_codes(
    hong_kong: dict[Row, Demand], population: Population
) -> None:
    row = Row(HONG_KONG, population, 30.0)

    fullest = hong_kong[row].fullest
    expected = specified(row) * reserve_of(HONG_KONG).serials[Sex.FEMALE] * 0.05
    assert fullest.persons == pytest.approx(expected, rel=0.12)
    assert (fullest.day.month, fullest.day.day, fullest.sex) == (1, 1, Sex.FEMALE)
    assert fullest.day.year <= 1975


def test_without_heaping_no_day_stands_out(hong_kong: dict[Row, Demand]) -> None:
    even = hong_kong[Row(HONG_KONG, LIVING, 0.0)]

    assert even.fullest.codes_needed == 1
    assert even.crowded == 0


@pytest.mark.parametrize(("territory", "millions", "peak"), [(HONG_KONG, 7.54, 129_000), (MACAO, 0.71, 15_600)])
def test_the_model_has_the_specified_totals_and_peaks(territory: Territory, millions: float, peak: int) -> None:
    sizes = cohort_sizes(territory)

    assert round(sum(sizes.values()) / 1_000_000, 2) == millions
    assert max(sizes.values()) == peak
    assert list(sizes) == list(range(1925, 2026))


def test_people_are_counted_once_whatever_the_heaping(macao: dict[Row, Demand]) -> None:
    living = sum(cohort_sizes(MACAO).values())

    assert {demand.persons for row, demand in macao.items() if row.population is LIVING} == {living}
    assert {round(demand.persons / living, 3) for row, demand in macao.items() if row.population is EVER} == {1.6}


def test_the_same_seed_draws_the_same_people_and_another_seed_others() -> None:
    plan = Plan(heaping=(5.0,), share=0.01, seed=4)

    assert simulate(plan, ignore) == simulate(plan, ignore)
    assert simulate(plan, ignore) != simulate(Plan(heaping=(5.0,), share=0.01, seed=5), ignore)


def test_asking_for_more_levels_changes_none_of_the_others() -> None:
    alone = by_row(simulate(Plan(heaping=(10.0,), share=0.01, territories=(MACAO,)), ignore))
    among = by_row(simulate(Plan(heaping=(0.0, 2.5, 10.0, 50.0), share=0.01, territories=(MACAO,)), ignore))

    assert alone.items() <= among.items()


def test_more_heaping_never_needs_fewer_codes_and_everybody_never_fewer_than_the_living() -> None:
    found = simulate(Plan(share=0.02), ignore)
    persons = {figure.row: figure.fullest.persons for figure in found}

    for territory in (HONG_KONG, MACAO):
        heaped = [persons[Row(territory, EVER, level)] for level in HEAPING[3:]]
        assert heaped == sorted(heaped)
        assert all(persons[Row(territory, EVER, level)] >= persons[Row(territory, LIVING, level)] for level in HEAPING)


def test_with_everybody_heaped_each_cohort_of_the_old_stands_on_one_day() -> None:
    found = by_row(simulate(Plan(heaping=(100.0,), share=0.05, seed=2, territories=(HONG_KONG,)), ignore))

    fullest = found[Row(HONG_KONG, LIVING, 100.0)].fullest
    assert fullest.persons == pytest.approx(129_000 * 0.05 * 0.545, rel=0.08)


def test_the_capacity_is_that_of_the_allocator() -> None:
    block = Block(HONG_KONG, HolderClass.CHINESE, Realm.PRODUCTION)

    reserve = reserve_of(HONG_KONG)
    assert reserve.codes == block.codes
    assert {sex: each * len(reserve.codes) for sex, each in reserve.serials.items()} == {
        sex: block.slot_count(sex) for sex in Sex
    }


@pytest.mark.parametrize(
    ("persons", "codes", "verdict"),
    [
        (497, 1, Verdict.FITS),
        (498, 2, Verdict.FITS),
        (8_945, 18, Verdict.FITS),
        (8_946, 18, Verdict.ALERT),
        (14_910, 30, Verdict.ALERT),
        (14_911, 31, Verdict.FULL),
    ],
)
def test_codes_are_rounded_up_and_the_alert_comes_at_sixty_percent(persons: int, codes: int, verdict: Verdict) -> None:
    bucket = Bucket(date(1962, 1, 1), Sex.FEMALE, persons, reserve_of(HONG_KONG))

    demand = Demand(Row(HONG_KONG, LIVING, 0.0), persons, 0, bucket)
    assert (bucket.codes_needed, demand.verdict) == (codes, verdict)


def numbers_taken(persons: int, block: Block, choose: Choose) -> Iterator[str]:
    """What a store holds after the real allocator served people of one day in turn."""
    stored: set[str] = set()
    for _ in range(persons):
        with suppress(MappingError):
            for number in candidates(block, date(1962, 1, 1), Sex.MALE, choose):
                if number.value not in stored:
                    stored.add(number.value)
                    yield number.value
                    break


def test_people_get_the_slots_that_the_real_allocator_would_offer_up_to_the_last_one() -> None:
    block = Block(HONG_KONG, HolderClass.CHINESE, Realm.SANDBOX)
    slots = block.slot_count(Sex.MALE)

    given, misses = fill(slots, slots, chance(7))
    real = list(numbers_taken(slots, block, chance(7)))
    codes, serials = [int(value[:6]) - 810050 for value in real], [int(value[14:17]) // 2 for value in real]
    assert given == [code * (slots // 5) + serial for code, serial in zip(codes, serials, strict=True)]
    assert sorted(given) == list(range(slots))
    assert misses > slots


def test_nobody_is_served_beyond_a_full_day() -> None:
    given, _ = fill(12, 10, chance(1))

    assert sorted(given) == list(range(10))


def test_an_empty_day_costs_nothing() -> None:
    assert fill(0, 10, chance(1)) == ([], 0)


def test_everybody_gets_a_number_of_their_own_while_the_codes_suffice() -> None:
    plan = Plan(heaping=(10.0,), share=0.02, territories=(MACAO,))

    found = allocate(plan, ignore)
    asked = {demand.row: demand.persons for demand in simulate(plan, ignore)}
    assert {figure.row: figure.served for figure in found} == asked
    assert {(figure.refused, figure.duplicates) for figure in found} == {(0, 0)}
    assert all(0 <= figure.misses_per_allocation < 0.01 for figure in found)
    assert all(0 < figure.fullest.share_of_reserved < 0.1 for figure in found)
    assert all(figure.fullest.reserve.codes[0] in reserve_of(MACAO).codes for figure in found)


def test_people_are_refused_when_a_day_is_full_and_still_no_number_is_given_twice(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(simulation, "cohort_sizes", lambda _: {1962: 30_000})

    living, _ = allocate(Plan(heaping=(100.0,), territories=(HONG_KONG,)), ignore)
    assert living.served + living.refused == 30_000
    assert living.refused > 0
    assert living.duplicates == 0
    assert living.fullest.share_of_reserved == 1
    assert living.misses_per_allocation > 1


def test_an_allocation_without_people_has_no_misses() -> None:
    empty = Bucket(date(1962, 1, 1), Sex.MALE, 0, reserve_of(MACAO))

    assert Allocation(Row(MACAO, LIVING, 0.0), 0, 0, 0, 0, empty).misses_per_allocation == 0


@pytest.mark.parametrize("allocating", [False, True])
def test_progress_counts_up_to_what_was_announced(*, allocating: bool) -> None:
    plan = Plan(heaping=(1.0, 5.0), share=0.002)
    told: list[int] = []

    (allocate if allocating else simulate)(plan, told.append)
    assert sum(told) == steps(plan, allocating=allocating)


@pytest.mark.parametrize(
    "wrong",
    [
        {"share": 0.0},
        {"share": 1.01},
        {"share": -1.0},
        {"share": float("nan")},
        {"heaping": ()},
        {"heaping": (-1.0,)},
        {"heaping": (100.5,)},
        {"heaping": (float("nan"),)},
        {"heaping": (float("inf"),)},
        {"heaping": (5.0, 5.0)},
        {"heaping": (10.0, 5.0)},
        {"heaping": tuple(float(level) for level in range(21))},
        {"territories": ()},
        {"territories": (Territory.TAIWAN,)},
    ],
)
def test_a_plan_that_makes_no_sense_is_refused(wrong: dict) -> None:
    with pytest.raises(SimulationError):
        Plan(**wrong)
