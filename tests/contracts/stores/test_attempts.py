"""Bounded tries: one suite for SQLite, PostgreSQL and Valkey behind `AttemptCounter`."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
import redis as redis_client

from gateway.broker.ports import AttemptCounter
from gateway.store import redis
from gateway.store.open import AttemptLimits, Stores, open_stores
from gateway.store.redis import PAUSE_SECONDS, RedisAttempts
from tests.contracts.stores.builders import ENGINES, KEYS, MINUTE, NOW, SECOND, a_vault

UNREACHABLE = "redis://127.0.0.1:1/0"


@pytest.fixture(params=["sql", pytest.param("valkey", marks=pytest.mark.engines)])
async def counter(request: pytest.FixtureRequest, stores: Stores) -> AsyncIterator[AttemptCounter]:
    """Give a counter; behind the one on Valkey stands one that refuses, so that nothing can hide there."""
    if request.param == "sql":
        yield stores.attempts
        return
    client = redis.connect(request.getfixturevalue("valkey_url"))
    attempts = RedisAttempts(client, Refusing(), a_vault(), AttemptLimits())
    yield attempts
    await attempts.aclose()


class Refusing:
    """A counter that admits nobody and counts who asked."""

    def __init__(self) -> None:
        self.asked = 0

    async def admit(self, kind: str, key: str, now: Any) -> bool:
        self.asked += 1
        return False


async def test_five_tries_are_admitted_and_the_sixth_is_not(counter: AttemptCounter) -> None:
    admitted = [await counter.admit("permit", "subject-1", NOW + n * SECOND) for n in range(7)]

    assert admitted == [True] * 5 + [False] * 2


async def test_somebody_else_and_another_step_are_not_concerned(counter: AttemptCounter) -> None:
    for _ in range(6):
        await counter.admit("permit", "subject-1", NOW)

    assert await counter.admit("permit", "subject-2", NOW)
    assert await counter.admit("code", "subject-1", NOW)


async def test_the_lock_passes_ten_minutes_after_the_try_that_closed_it(counter: AttemptCounter) -> None:
    for _ in range(6):
        await counter.admit("permit", "subject-1", NOW)

    assert not await counter.admit("permit", "subject-1", NOW + 10 * MINUTE - SECOND)
    assert await counter.admit("permit", "subject-1", NOW + 10 * MINUTE)


async def test_after_the_lock_five_tries_are_free_again(counter: AttemptCounter) -> None:
    for _ in range(6):
        await counter.admit("permit", "subject-1", NOW)

    admitted = [await counter.admit("permit", "subject-1", NOW + 10 * MINUTE) for _ in range(6)]

    assert admitted == [True] * 5 + [False]


async def test_tries_older_than_a_minute_do_not_count(counter: AttemptCounter) -> None:
    for n in range(5):
        await counter.admit("permit", "subject-1", NOW + n * SECOND)

    assert await counter.admit("permit", "subject-1", NOW + 60 * SECOND)
    assert not await counter.admit("permit", "subject-1", NOW + 60 * SECOND)


async def test_a_clock_that_goes_back_frees_nobody(counter: AttemptCounter) -> None:
    for _ in range(5):
        await counter.admit("permit", "subject-1", NOW)

    assert not await counter.admit("permit", "subject-1", NOW - 5 * MINUTE)


async def test_of_thirty_tries_at_once_five_are_admitted(counter: AttemptCounter) -> None:
    admitted = await asyncio.gather(*(counter.admit("permit", "subject-1", NOW) for _ in range(30)))

    assert sum(admitted) == 5


@pytest.mark.parametrize("key", ["", "a\0b", "字\ud800", "x" * 100_000])
async def test_any_text_may_be_a_key(counter: AttemptCounter, key: str) -> None:
    assert await counter.admit("permit", key, NOW)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_a_server_that_is_away_leaves_the_counting_to_the_database(database_url: str) -> None:
    stores = await open_stores(database_url, **KEYS, redis_url=UNREACHABLE)

    admitted = [await stores.attempts.admit("permit", "subject-1", NOW) for _ in range(7)]

    assert admitted == [True] * 5 + [False] * 2
    assert await stores.ready() == {"database": True, "redis": False}
    await stores.aclose()


async def test_a_server_that_failed_is_left_alone_for_a_while() -> None:
    time, behind = [100.0], Refusing()
    client = redis.connect(UNREACHABLE)
    counter = RedisAttempts(client, behind, a_vault(), AttemptLimits(), clock=lambda: time[0])
    await counter.admit("permit", "subject-1", NOW)
    calls: list[float] = []

    async def script(**_: Any) -> int:
        calls.append(time[0])
        return 1

    counter._script = script
    await counter.admit("permit", "subject-1", NOW)
    time[0] += PAUSE_SECONDS

    assert await counter.admit("permit", "subject-1", NOW)
    assert calls == [105.0]
    assert behind.asked == 2
    await counter.aclose()


@pytest.mark.engines
async def test_a_server_that_hangs_costs_a_quarter_of_a_second_and_opens_nothing(valkey_url: str) -> None:
    behind = Refusing()
    counter = RedisAttempts(redis.connect(valkey_url), behind, a_vault(), AttemptLimits())
    with redis_client.Redis.from_url(valkey_url) as admin:
        admin.client_pause(1_000)

        admitted = await counter.admit("permit", "subject-1", NOW)

        admin.client_unpause()
    assert not admitted
    assert behind.asked == 1
    await counter.aclose()


@pytest.mark.engines
@pytest.mark.parametrize("database_url", ENGINES[:1], indirect=True)
async def test_the_server_learns_neither_kind_nor_key(valkey_url: str, database_url: str) -> None:
    stores = await open_stores(database_url, **KEYS, redis_url=valkey_url)

    await stores.attempts.admit("permit", "subject-canary", NOW)

    with redis_client.Redis.from_url(valkey_url) as admin:
        names = admin.keys("*")
    assert len(names) == 1
    assert b"subject-canary" not in names[0]
    assert await stores.ready() == {"database": True, "redis": True}
    await stores.aclose()
