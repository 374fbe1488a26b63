"""The yardsticks themselves: they see what is there, and nothing where nothing is."""

import random

import pytest

from tests.faults import significance

SURE = 1e-6


@pytest.fixture
def chance() -> random.Random:
    return random.Random(20261124)  # noqa: S311 - the same values in every run


def test_two_samples_of_one_kind_do_not_differ_and_a_small_shift_is_seen(chance: random.Random) -> None:
    one, other = ([chance.gauss(0, 1) for _ in range(2000)] for _ in range(2))

    assert significance.differ(one, other) > 0.01
    assert significance.differ(one, [value + 0.25 for value in other]) < SURE
    assert significance.differ([1.0] * 9, [1.0] * 9) == 1.0


def test_values_in_no_order_do_not_follow_their_place_and_a_faint_slope_is_seen(chance: random.Random) -> None:
    values = [chance.random() for _ in range(2000)]

    assert significance.follow(values) > 0.01
    assert significance.follow([value + place / 5000 for place, value in enumerate(values)]) < SURE


def test_values_in_no_order_change_sides_as_often_as_chance_does(chance: random.Random) -> None:
    values = [chance.random() for _ in range(2000)]

    assert significance.stick(values) > 0.01
    assert significance.stick([(value + place % 2) / 2 for place, value in enumerate(values)]) < SURE
    assert significance.stick([value + place // 100 % 2 for place, value in enumerate(values)]) < SURE


def test_an_outcome_that_comes_too_often_is_seen(chance: random.Random) -> None:
    counts = [0] * 10
    for _ in range(10_000):
        counts[chance.randrange(10)] += 1

    assert significance.favour(counts) > 0.01
    assert significance.favour([*counts[:9], counts[9] + 300]) < SURE
