"""Changing keys: moved to the end, retired only then, resumable, and no third generation beside two."""

import pytest

from gateway.admin import rekey
from gateway.admin.rekey import KeyStatus
from gateway.audit import AuditAction
from tests.gateway.admin.fakes import FakeRekeying, an_act

pytestmark = pytest.mark.attack("MP-09")

ONE = {"sealing": ("1",), "index": ("1",)}
TWO = {"sealing": ("2", "1"), "index": ("2", "1")}
ONLY_TWO = {"sealing": ("2",), "index": ("2",)}


async def test_mp_09_everything_is_moved_before_the_old_keys_are_retired() -> None:
    rekeying, told = FakeRekeying(12), []

    done = await rekey.run(rekeying, an_act(reason=""), 5, lambda moved, total: told.append((moved, total)))

    assert (done.began, done.moved, done.finished) == (True, 12, True)
    assert told == [(0, 12), (5, 12), (10, 12), (12, 12)]
    assert rekeying.actions == [AuditAction.KEYS_CHANGED] * 2
    assert [event.details["step"] for event in rekeying.events] == ["begin", "finish"]


async def test_mp_09_a_run_goes_on_where_another_stopped() -> None:
    rekeying = FakeRekeying(3, is_new=False)

    done = await rekey.run(rekeying, an_act(), 100, lambda *_: None)

    assert (done.began, done.moved, done.finished) == (False, 3, True)


async def test_mp_09_what_arrives_under_the_old_key_meanwhile_is_fetched_too() -> None:
    rekeying, told = FakeRekeying(2, stragglers=[4, 1]), []

    done = await rekey.run(rekeying, an_act(), 10, lambda moved, total: told.append((moved, total)))

    assert (done.moved, done.finished) == (7, True)
    assert told[-1] == (7, 7)


async def test_mp_09_a_worker_that_never_stops_using_the_old_key_does_not_keep_us_forever() -> None:
    rekeying = FakeRekeying(1, stragglers=[1] * 100)

    done = await rekey.run(rekeying, an_act(), 10, lambda *_: None)

    assert not done.finished
    assert [event.details["step"] for event in rekeying.events] == ["begin"]


@pytest.mark.parametrize(("rows", "is_done"), [(0, True), (4, False)])
async def test_a_dry_run_begins_nothing_and_says_whether_anything_is_left(rows: int, is_done: bool) -> None:
    rekeying = FakeRekeying(rows)

    assert await rekey.begin(rekeying, an_act(), dry_run=True) is is_done
    assert rekeying.is_new
    assert (await rekey.remaining(rekeying))["total"] == rows


@pytest.mark.parametrize(
    ("in_use", "held", "left", "is_under_way"),
    [
        (ONE, ONE, 0, False),
        (ONE, TWO, 0, True),  # made, not begun
        (TWO, TWO, 9, True),
        (TWO, TWO, 0, True),  # moved, not finished
        (ONLY_TWO, TWO, 0, False),
        (ONLY_TWO, TWO, 1, True),  # a worker with old knowledge wrote once more
    ],
)
def test_a_change_is_under_way_from_the_new_file_to_the_last_row(
    in_use: dict[str, tuple[str, ...]], held: dict[str, tuple[str, ...]], left: int, is_under_way: bool
) -> None:
    assert KeyStatus(in_use, held, left).is_under_way is is_under_way


def test_a_file_may_go_only_when_nothing_is_left_under_its_key() -> None:
    assert KeyStatus(ONLY_TWO, TWO, 0).may_go == {"sealing": ("1",), "index": ("1",)}
    assert KeyStatus(ONLY_TWO, TWO, 1).may_go == {}
    assert KeyStatus(TWO, TWO, 0).may_go == {}
    assert KeyStatus(ONE, ONE, 0).may_go == {}
