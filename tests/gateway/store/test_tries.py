"""The rule for bounded tries, as a pure function."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from gateway.store.tries import AttemptLimits, Tries, admit, end
from tests.contracts.stores.builders import MINUTE, NOW, SECOND

LIMITS = AttemptLimits()


def test_the_first_try_is_admitted_and_remembered() -> None:
    assert admit(Tries(), LIMITS, NOW) == (Tries((NOW,)), True)


def test_one_try_too_many_locks_and_forgets_the_others() -> None:
    full = Tries(tuple(NOW + n * SECOND for n in range(5)))

    seen, is_admitted = admit(full, LIMITS, NOW + 6 * SECOND)

    assert not is_admitted
    assert seen == Tries(locked_until=NOW + 6 * SECOND + 10 * MINUTE)


def test_tries_while_locked_do_not_lengthen_the_lock() -> None:
    locked = Tries(locked_until=NOW + MINUTE)

    assert admit(locked, LIMITS, NOW) == (locked, False)


def test_a_lock_that_has_passed_is_forgotten() -> None:
    assert admit(Tries(locked_until=NOW), LIMITS, NOW) == (Tries((NOW,)), True)


def test_nothing_needs_to_be_remembered_after_window_or_lock() -> None:
    assert end(Tries((NOW,)), LIMITS, NOW) == NOW + MINUTE
    assert end(Tries((NOW + SECOND,)), LIMITS, NOW) == NOW + SECOND + MINUTE
    assert end(Tries(locked_until=NOW + 2 * MINUTE), LIMITS, NOW) == NOW + 2 * MINUTE


@given(st.lists(st.integers(min_value=0, max_value=200), max_size=60))
def test_no_minute_ever_sees_more_than_five_admitted_tries(pauses: list[int]) -> None:
    seen, now, admitted = Tries(), NOW, []
    for pause in pauses:
        now += timedelta(milliseconds=500 * pause)
        seen, is_admitted = admit(seen, LIMITS, now)
        if is_admitted:
            admitted.append(now)

    assert all(later - first >= LIMITS.window for first, later in zip(admitted, admitted[5:], strict=False))
