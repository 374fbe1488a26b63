"""When a far side is left alone, for how long, and what brings it back; time and chance are numbers here."""

from itertools import pairwise

import pytest

from providers.breaker import RULES, Breaker, BreakerState

MIDDLE = 0.5
"""The chance that leaves a wait as it is."""


def fail(breaker: Breaker, times: int, now: float = 0.0) -> list[bool]:
    told = []
    for _ in range(times):
        ticket = breaker.admit(now)
        assert ticket is not None
        told.append(breaker.failed(ticket, now, chance=MIDDLE))
    return told


def succeed(breaker: Breaker, times: int, now: float = 0.0) -> None:
    for _ in range(times):
        ticket = breaker.admit(now)
        assert ticket is not None
        breaker.succeeded(ticket, now)


def opened(now: float = 0.0) -> Breaker:
    breaker = Breaker()
    fail(breaker, RULES.in_a_row, now)
    return breaker


def test_it_opens_with_the_fifth_failure_in_a_row_and_says_so_once() -> None:
    breaker = Breaker()

    assert fail(breaker, RULES.in_a_row) == [False, False, False, False, True]
    assert breaker.state(0.0) is BreakerState.OPEN
    assert breaker.admit(0.0) is None


def test_one_success_between_them_starts_the_row_anew() -> None:
    breaker = Breaker()
    fail(breaker, RULES.in_a_row - 1)
    succeed(breaker, 1)

    fail(breaker, RULES.in_a_row - 1)

    assert breaker.state(0.0) is BreakerState.CLOSED


def test_failures_that_lie_far_apart_are_no_row() -> None:
    breaker = Breaker()

    for at in range(RULES.in_a_row * 3):
        fail(breaker, 1, now=at * (RULES.window + 1))

    assert breaker.state(1e6) is BreakerState.CLOSED


def test_it_opens_when_half_of_many_calls_fail_and_not_a_moment_earlier() -> None:
    breaker = Breaker()

    for _ in range(RULES.least_calls // 2 - 1):
        succeed(breaker, 1)
        fail(breaker, 1)
    succeed(breaker, 1)
    assert breaker.state(0.0) is BreakerState.CLOSED
    assert fail(breaker, 1) == [True]


def test_calls_of_an_earlier_window_do_not_count() -> None:
    breaker = Breaker()
    for _ in range(RULES.least_calls // 2 - 1):
        succeed(breaker, 1)
        fail(breaker, 1)

    succeed(breaker, 1, now=RULES.window)
    fail(breaker, 1, now=RULES.window)

    assert breaker.state(RULES.window) is BreakerState.CLOSED


def test_after_its_wait_one_call_at_a_time_is_let_through() -> None:
    breaker = opened()

    assert breaker.admit(RULES.shortest - 0.01) is None
    assert breaker.state(RULES.shortest) is BreakerState.HALF_OPEN
    assert breaker.admit(RULES.shortest) is not None
    assert breaker.admit(RULES.shortest) is None


def test_a_trial_that_succeeds_closes_it_and_everything_is_forgotten() -> None:
    breaker = opened()
    ticket = breaker.admit(RULES.shortest)
    assert ticket is not None

    assert breaker.succeeded(ticket, RULES.shortest)

    assert breaker.state(RULES.shortest) is BreakerState.CLOSED
    assert fail(breaker, RULES.in_a_row - 1, RULES.shortest) == [False] * 4


def test_every_trial_that_fails_doubles_the_wait_up_to_a_limit_and_is_no_news() -> None:
    breaker, now = opened(), 0.0

    waits = []
    for _ in range(6):
        began = now
        while (ticket := breaker.admit(now)) is None:
            now += 0.5
        waits.append(now - began)
        assert not breaker.failed(ticket, now, chance=MIDDLE)

    assert waits == [5.0, 10.0, 20.0, 25.0, 25.0, 25.0]


@pytest.mark.parametrize(("chance", "wait"), [(0.0, 4.0), (1.0, 6.0)])
def test_waits_differ_by_chance_so_that_workers_do_not_knock_together(chance: float, wait: float) -> None:
    breaker = Breaker()
    for _ in range(RULES.in_a_row):
        breaker.failed(breaker.admit(0.0) or 0, 0.0, chance=chance)

    assert breaker.state(wait - 0.01) is BreakerState.OPEN
    assert breaker.state(wait + 0.01) is BreakerState.HALF_OPEN


def test_however_often_it_failed_it_is_tried_again_within_half_a_minute() -> None:
    breaker, now, tries = opened(), 0.0, [0.0]

    while now < 600:
        if (ticket := breaker.admit(now)) is not None:
            breaker.failed(ticket, now, chance=1.0)
            tries.append(now)
        now += 1.0

    assert max(later - earlier for earlier, later in pairwise(tries)) <= 30


@pytest.mark.spec("RFC 9110 §10.2.3")
@pytest.mark.parametrize(("wish", "wait"), [(40.0, 40.0), (1.0, 5.0), (86_400.0, RULES.longest_wish)])
def test_the_far_sides_own_wish_is_honoured_up_to_a_limit(wish: float, wait: float) -> None:
    breaker = Breaker()
    for _ in range(RULES.in_a_row):
        breaker.failed(breaker.admit(0.0) or 0, 0.0, chance=MIDDLE, wish=wish)

    assert breaker.state(wait - 0.01) is BreakerState.OPEN
    assert breaker.state(wait) is BreakerState.HALF_OPEN


def test_calls_from_before_it_opened_neither_close_it_nor_lengthen_its_wait() -> None:
    breaker = Breaker()
    late = [breaker.admit(0.0) or 0 for _ in range(3)]
    fail(breaker, RULES.in_a_row)

    assert not breaker.succeeded(late[0], 4.0)
    assert not breaker.failed(late[1], 4.0, chance=MIDDLE)
    breaker.abandoned(late[2])

    assert breaker.state(4.0) is BreakerState.OPEN
    assert breaker.state(RULES.shortest) is BreakerState.HALF_OPEN


def test_a_trial_that_nobody_waits_for_any_more_leaves_its_place_to_the_next() -> None:
    breaker = opened()
    ticket = breaker.admit(RULES.shortest)
    assert ticket is not None

    breaker.abandoned(ticket)

    assert breaker.admit(RULES.shortest) is not None


def test_it_counts_as_silent_until_a_success_or_until_nobody_has_tried_for_long() -> None:
    breaker = opened()

    assert breaker.is_silent(RULES.shortest + 1)
    assert breaker.is_silent(RULES.remembered - 1)
    assert not breaker.is_silent(RULES.remembered)
    breaker.succeeded(breaker.admit(RULES.shortest + 1) or 0, RULES.shortest + 1)
    assert not breaker.is_silent(RULES.shortest + 1)


def test_a_call_of_an_earlier_round_that_nobody_waits_for_lets_no_second_trial_out() -> None:
    breaker = Breaker()
    late = breaker.admit(0.0)
    assert late is not None
    for _ in range(RULES.in_a_row):
        breaker.failed(breaker.admit(0.0) or 0, 0.0, chance=MIDDLE)
    assert breaker.admit(RULES.shortest) is not None

    breaker.abandoned(late)

    assert breaker.admit(RULES.shortest) is None
