"""A worker says that it lives, tells what its clock is worth, and says when it stops."""

import asyncio
import logging
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest

from gateway.admin.operation_records import Instance
from gateway.audit import AuditAction, AuditEvent
from gateway.clock_watch import WatchedClock
from gateway.heartbeat import Condition, Heartbeat, beating, condition_of, new_id
from gateway.oidc.ports import StoreUnavailableError

NOW = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


class Room:
    """A registry and an audit in memory, on a machine whose clocks can be set."""

    def __init__(self) -> None:
        self.rows: dict[str, Instance] = {}
        self.events: list[AuditEvent] = []
        self.offset = timedelta(0)
        self.seconds = 0.0
        self.is_down = False
        self.clock = WatchedClock(lambda: self.right + self.offset, lambda: self.seconds)
        self.heart = Heartbeat(self, self, self.clock)

    @property
    def right(self) -> datetime:
        return NOW + timedelta(seconds=self.seconds)

    async def beat(self, instance: Instance) -> datetime:
        if self.is_down:
            raise StoreUnavailableError("down")
        self.rows[instance.id] = instance
        return self.right

    async def living(self, since: datetime) -> Sequence[Instance]:
        return [row for row in self.rows.values() if row.seen_at >= since]

    async def gone(self, instance_id: str) -> None:
        if self.is_down:
            raise StoreUnavailableError("down")
        self.rows.pop(instance_id, None)

    async def append(self, event: AuditEvent) -> None:
        self.events.append(event)

    async def pass_by(self, *, seconds: float = 5.0) -> None:
        self.seconds += seconds
        await self.heart.beat()

    @property
    def row(self) -> Instance:
        return self.rows[self.heart.id]


@pytest.fixture
def room() -> Room:
    return Room()


async def test_a_beat_puts_the_worker_on_record(room: Room) -> None:
    await room.pass_by()

    assert (room.row.kind, room.row.seen_at, room.row.healthy, room.row.skew_ms) == ("gateway", room.right, True, 0)
    assert room.row.version != ""
    assert room.events == []


async def test_a_jump_is_told_to_the_others_and_put_on_record_by_the_databases_time(
    room: Room, caplog: pytest.LogCaptureFixture
) -> None:
    await room.pass_by()
    room.offset = HOUR

    with caplog.at_level(logging.WARNING, logger="gateway.clock"):
        await room.pass_by()

    assert (room.row.healthy, room.row.skew_ms) == (False, 3_600_000)
    assert [(event.action, event.at) for event in room.events] == [(AuditAction.CLOCK_DOUBTED, room.right)]
    assert room.events[0].details == {"instance": room.heart.id, "skew_ms": "3600000"}
    assert "serves nobody until the clock is right" in caplog.text


async def test_one_jump_is_told_once_and_so_is_its_end(room: Room, caplog: pytest.LogCaptureFixture) -> None:
    room.offset = HOUR
    for _ in range(3):
        await room.pass_by()
    room.offset = timedelta(0)
    for _ in range(4):
        await room.pass_by()

    assert [event.action for event in room.events] == [AuditAction.CLOCK_DOUBTED, AuditAction.CLOCK_TRUSTED]
    assert len(caplog.records) == 2
    assert room.row.healthy


async def test_a_jump_that_a_request_has_noticed_first_is_told_all_the_same(room: Room) -> None:
    room.offset = HOUR
    assert not room.clock.is_sound

    await room.pass_by()

    assert [event.action for event in room.events] == [AuditAction.CLOCK_DOUBTED]


async def test_a_jump_while_the_database_is_away_is_put_on_record_when_it_is_back(room: Room) -> None:
    room.is_down = True
    room.offset = HOUR
    with pytest.raises(StoreUnavailableError):
        await room.pass_by()

    room.is_down = False
    await room.pass_by()

    assert [event.action for event in room.events] == [AuditAction.CLOCK_DOUBTED]


async def test_a_worker_that_stops_is_forgotten_and_its_heart_beats_no_more(room: Room) -> None:
    async with beating(room.heart):
        was_there = set(room.rows)

    assert was_there == {room.heart.id}
    assert room.rows == {}
    assert len(asyncio.all_tasks()) == 1


async def test_a_database_that_is_away_stops_neither_the_start_nor_the_end(room: Room) -> None:
    room.is_down = True

    async with beating(room.heart):
        pass


async def test_a_clock_that_is_held_by_hand_is_told_as_it_is(room: Room) -> None:
    heart = Heartbeat(room, room, lambda: NOW, kind="operators", condition=lambda: Condition(ready=("k1",)))

    await heart.beat()

    row = room.rows[heart.id]
    assert (row.kind, row.seen_at, row.started_at, row.ready) == ("operators", NOW, NOW, ("k1",))


def test_what_a_worker_tells_of_its_keys_is_plain_text() -> None:
    class Keys:
        ready = frozenset({"b", "a"})
        used: dict[str, datetime] = {"a": NOW}  # noqa: RUF012 - a record of this test
        versions: dict[str, int] = {"reports": 3}  # noqa: RUF012 - the same

    class Breakers:
        def states(self) -> dict[str, str]:
            return {"macao": "open"}

    told, without = condition_of(Keys(), Breakers()), condition_of(Keys(), None)

    assert without.breakers == {}
    assert told == Condition(("a", "b"), {"a": "2026-11-24T08:00:00+00:00"}, {"reports": "3"}, {"macao": "open"})


def test_two_workers_never_share_a_name() -> None:
    names = {new_id() for _ in range(100)}

    assert len(names) == 100
    assert all(name.isascii() and len(name) < 128 for name in names)
