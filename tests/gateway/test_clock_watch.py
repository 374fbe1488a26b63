"""Whether a worker's clock can be believed: who has jumped is the one in doubt, and trust comes back slowly (G21)."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from gateway.clock_watch import Anchor, ClockUnsoundError, Look, WatchedClock, judge, steady_seconds, watched
from gateway.oidc.ports import StoreUnavailableError
from gateway.product import utc_now

NOW = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


class Bench:
    """A wall clock that can be set, and a steady one that cannot."""

    def __init__(self) -> None:
        self.offset = timedelta(0)
        self.seconds = 100.0
        self.clock = WatchedClock(lambda: self.now, lambda: self.seconds)

    @property
    def now(self) -> datetime:
        return NOW + timedelta(seconds=self.seconds) + self.offset

    def look(self, database: timedelta | None = timedelta(0), *, after: float = 5.0, doubt: float = 0.0) -> Any:
        """Look after some seconds at a database whose clock is so far ahead of the right time."""
        self.seconds += after
        right = NOW + timedelta(seconds=self.seconds)
        shown = None if database is None else right + database
        return self.clock.take(Look(self.now, self.seconds, shown, timedelta(seconds=doubt)))


@pytest.fixture
def bench() -> Bench:
    return Bench()


def test_a_clock_that_goes_with_the_steady_one_tells_the_time(bench: Bench) -> None:
    bench.seconds += 86_400

    assert bench.clock() == bench.now


@pytest.mark.parametrize("jump", [HOUR, -HOUR, timedelta(days=-1), timedelta(seconds=5.1), timedelta(seconds=-5.1)])
def test_after_a_jump_no_time_is_told_not_even_before_the_next_look(bench: Bench, jump: timedelta) -> None:
    bench.offset = jump

    with pytest.raises(ClockUnsoundError):
        bench.clock()

    assert bench.clock.skew == jump


def test_a_small_correction_is_no_jump(bench: Bench) -> None:
    bench.offset = timedelta(seconds=4)

    assert bench.clock.is_sound


def test_small_corrections_do_not_add_up(bench: Bench) -> None:
    for _ in range(10):
        bench.offset += timedelta(seconds=1)
        bench.look(bench.offset)

    assert bench.clock.is_sound


def test_a_clock_is_believed_again_after_two_good_looks_and_not_after_one(bench: Bench) -> None:
    bench.offset = HOUR
    bench.look()
    bench.offset = timedelta(0)

    bench.look()
    after_one = bench.clock.is_sound
    bench.look()

    assert not after_one
    assert bench.clock.is_sound


def test_a_clock_that_comes_back_before_anybody_looks_is_still_watched_for_two_looks(bench: Bench) -> None:
    bench.offset = HOUR
    assert not bench.clock.is_sound
    bench.offset = timedelta(0)

    assert not bench.clock.is_sound


def test_a_jump_that_the_database_shares_is_not_vouched_for(bench: Bench) -> None:
    bench.look()
    bench.offset = HOUR

    verdicts = [bench.look(HOUR) for _ in range(5)]

    assert not any(verdict.is_good for verdict in verdicts)
    assert not bench.clock.is_sound


def test_a_correction_that_leads_to_the_databases_time_is_taken(bench: Bench) -> None:
    bench.look(HOUR)
    assert not bench.clock.is_sound
    bench.offset = HOUR

    bench.look(HOUR)
    bench.look(HOUR)

    assert bench.clock.is_sound


def test_a_worker_that_starts_with_a_wrong_clock_is_not_believed(bench: Bench) -> None:
    verdict = bench.look(timedelta(minutes=-10))

    assert not verdict.is_good
    assert verdict.skew == timedelta(minutes=10)
    assert not bench.clock.is_sound


def test_when_the_databases_clock_jumps_the_workers_go_on(bench: Bench) -> None:
    bench.look()

    verdict = bench.look(HOUR)

    assert bench.clock.is_sound
    assert verdict.skew == -HOUR
    assert verdict.words == "the database's clock has jumped"


def test_a_database_that_is_right_again_is_compared_with_as_before(bench: Bench) -> None:
    bench.look()
    bench.look(HOUR)
    bench.look()
    bench.offset = HOUR

    bench.look()

    assert not bench.clock.is_sound


def test_without_the_database_a_jump_is_still_seen_and_trust_does_not_grow(bench: Bench) -> None:
    bench.offset = HOUR
    jumped = bench.look(None)
    bench.offset = timedelta(0)
    quiet = [bench.look(None) for _ in range(3)]

    assert not jumped.is_good
    assert quiet == [None, None, None]
    assert not bench.clock.is_sound


@pytest.mark.parametrize(("skew", "doubt", "is_good"), [(5.0, 0.0, True), (5.1, 0.0, False), (6.0, 1.0, True)])
def test_a_slow_answer_leaves_as_much_doubt_as_it_took(skew: float, doubt: float, is_good: bool) -> None:
    look = Look(NOW, 0.0, NOW - timedelta(seconds=skew), timedelta(seconds=doubt))

    verdict = judge(Anchor(NOW, 0.0), None, look)

    assert verdict is not None
    assert verdict.is_good is is_good


def test_a_clock_in_doubt_is_like_a_store_that_does_not_answer() -> None:
    assert issubclass(ClockUnsoundError, StoreUnavailableError)
    assert "clock" in str(ClockUnsoundError())


def test_the_real_clock_is_watched_and_one_that_is_held_by_hand_is_not() -> None:
    def held() -> datetime:
        return NOW

    assert isinstance(watched(utc_now), WatchedClock)
    assert watched(held) is held
    assert isinstance(watched(held, steady_seconds), WatchedClock)


@pytest.mark.parametrize("jump", [HOUR, -HOUR])
def test_a_look_that_no_database_answers_finds_a_jump_in_either_direction(bench: Bench, jump: timedelta) -> None:
    bench.offset = jump

    verdict = bench.look(None)

    assert verdict is not None
    assert not verdict.is_good
