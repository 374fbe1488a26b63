"""Pushed authorization requests: one suite for every engine behind `PushedRequestStore`."""

import asyncio
from dataclasses import replace

import pytest

from gateway.broker.model import Stage
from gateway.store.open import Stores
from tests.contracts.stores.builders import (
    MINUTE,
    NOW,
    SECOND,
    World,
    a_code,
    a_completion,
    a_grant,
    a_person,
    a_transaction,
    an_event,
)
from tests.contracts.stores.requests import HANDLE

PAIRS = [("client_id", "rp-a"), ("resource", "https://a.example"), ("resource", "https://b.example"), ("state", "字\0")]
LIFE = 90 * SECOND


async def push(world: World) -> None:
    await world.stores.pushed.push(HANDLE, "rp-a", PAIRS, NOW + LIFE)


@pytest.mark.spec("RFC 9126 §4")
async def test_a_pushed_request_comes_back_in_order_and_may_be_opened_again(world: World) -> None:
    await push(world)

    opened = [await world.stores.pushed.pushed(HANDLE, "rp-a", NOW + LIFE - SECOND) for _ in range(2)]

    assert opened == [PAIRS, PAIRS]


@pytest.mark.attack("RO-02")
@pytest.mark.parametrize("client_id", ["rp-b", "", "with\0nul", "名"])
async def test_ro_02_another_client_never_gets_it(world: World, client_id: str) -> None:
    await push(world)

    assert await world.stores.pushed.pushed(HANDLE, client_id, NOW) is None


@pytest.mark.attack("RO-02")
async def test_ro_02_it_is_not_opened_after_its_time_or_once_it_is_spent(world: World) -> None:
    await push(world)
    await world.stores.pushed.push(b"another", "rp-a", PAIRS, NOW + LIFE)

    assert await world.stores.pushed.pushed(HANDLE, "rp-a", NOW + LIFE) is None
    assert [await world.stores.pushed.spend(b"another", NOW) for _ in range(2)] == [True, False]
    assert await world.stores.pushed.pushed(b"another", "rp-a", NOW) is None


async def test_an_unknown_handle_opens_nothing_and_cannot_be_spent(world: World) -> None:
    assert await world.stores.pushed.pushed(b"unknown", "rp-a", NOW) is None
    assert not await world.stores.pushed.spend(b"unknown", NOW)


@pytest.mark.attack("RO-02")
async def test_ro_02_of_ten_sign_ins_with_one_handle_exactly_one_ends_well(world: World, second: Stores) -> None:
    await push(world)
    workers = [world.stores.sign_ins, second.sign_ins]

    def attempt(number: int) -> object:
        grant = replace(a_grant(world.subject_id), id=f"grant-{number}")
        code = a_code(grant, f"code {number}")
        return workers[number % 2].complete(a_completion(world.subject_id, grant=grant, code=code, spends=HANDLE), NOW)

    assert sum(await asyncio.gather(*(attempt(number) for number in range(10)))) == 1  # type: ignore[call-overload]

    assert [await world.count(table) for table in ("grants", "codes")] == [1, 1]


async def test_a_spent_handle_leaves_a_sign_in_where_it_was(world: World) -> None:
    await push(world)
    await world.stores.pushed.spend(HANDLE, NOW)
    transaction = a_transaction(stage=Stage.CONSENT, person=a_person(world.subject_id))
    await world.stores.transactions.begin(transaction, an_event())
    done = replace(transaction, stage=Stage.DONE, person=None)

    completion = a_completion(world.subject_id, transaction=done, came_from={Stage.CONSENT}, spends=HANDLE)

    assert not await world.stores.sign_ins.complete(completion, NOW)
    assert await world.stores.transactions.find(transaction.id, transaction.browser, NOW) == transaction


async def test_a_sign_in_that_takes_longer_than_the_handle_lives_still_ends_well(world: World) -> None:
    await push(world)
    await world.stores.pushed.pushed(HANDLE, "rp-a", NOW)
    later = NOW + 9 * MINUTE
    await world.stores.purge(later, 100)

    assert await world.stores.sign_ins.complete(a_completion(world.subject_id, spends=HANDLE), later)


@pytest.mark.attack("RO-07")
async def test_ro_07_what_was_pushed_and_never_used_is_gone_when_its_time_is_over(world: World) -> None:
    await push(world)
    await world.stores.pushed.push(b"opened", "rp-a", PAIRS, NOW + LIFE)
    await world.stores.pushed.pushed(b"opened", "rp-a", NOW)
    await world.stores.pushed.push(b"spent", "rp-a", PAIRS, NOW + LIFE)
    await world.stores.pushed.spend(b"spent", NOW)

    gone = [await world.stores.purge(NOW + LIFE + wait, 100) for wait in (-SECOND, 0 * SECOND, 15 * MINUTE)]

    assert gone == [0, 2, 1]
