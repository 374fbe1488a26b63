"""Sign-ins under way: one suite for every engine behind `TransactionStore`."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from gateway.audit import AuditAction
from gateway.broker.model import Stage
from gateway.store.open import Stores
from tests.contracts.stores.builders import FRONT, MINUTE, NOW, SECOND, World, a_person, a_transaction, an_event

STARTED = an_event(AuditAction.SIGN_IN_STARTED)
AWAY = a_transaction(stage=Stage.AWAY, provider="macao", login_id="login-1", kept={"verifier": "v"})


async def test_a_transaction_comes_back_as_it_was_kept(stores: Stores) -> None:
    transaction = a_transaction(
        stage=Stage.PERMIT,
        provider="hong_kong",
        login_id="login-1",
        kept={"state": "x"},
        person=a_person("subject-1"),
        permit_answer="register.not_matched",
        without_number=True,
    )

    await stores.transactions.begin(transaction, STARTED)

    assert await stores.transactions.find(transaction.id, FRONT, NOW) == transaction
    assert await stores.transactions.find_by_login("login-1", FRONT, NOW) == transaction


@pytest.mark.attack("ST-01")
async def test_st_01_another_browser_finds_nothing(stores: Stores) -> None:
    await stores.transactions.begin(AWAY, STARTED)
    stranger = b"another browser".ljust(32)

    assert await stores.transactions.find(AWAY.id, stranger, NOW) is None
    assert await stores.transactions.find_by_login("login-1", stranger, NOW) is None
    assert not await stores.transactions.move(replace(AWAY, stage=Stage.RETURNED, browser=stranger), {Stage.AWAY}, NOW)


@pytest.mark.parametrize("key", ["", "unknown", "with\0nul", "login-\ud800", "字", "x" * 100_000])
async def test_a_key_that_nobody_was_given_finds_nothing(stores: Stores, key: str) -> None:
    assert await stores.transactions.find(key, FRONT, NOW) is None
    assert await stores.transactions.find_by_login(key, FRONT, NOW) is None


async def test_the_clock_ends_a_transaction_whose_row_is_still_there(stores: Stores) -> None:
    await stores.transactions.begin(AWAY, STARTED)
    late = NOW + 10 * MINUTE

    assert await stores.transactions.find(AWAY.id, FRONT, late - SECOND) is not None
    assert await stores.transactions.find(AWAY.id, FRONT, late) is None
    assert not await stores.transactions.move(replace(AWAY, stage=Stage.RETURNED), {Stage.AWAY}, late)


async def test_a_step_from_the_wrong_stage_changes_nothing_and_leaves_no_event(world: World) -> None:
    await world.stores.transactions.begin(AWAY, STARTED)

    moved = await world.stores.transactions.move(replace(AWAY, stage=Stage.DONE), {Stage.CONSENT}, NOW, an_event())

    assert not moved
    assert await world.stores.transactions.find(AWAY.id, FRONT, NOW) == AWAY
    assert await world.actions() == ["client.created", "sign_in.started"]


async def test_a_step_is_stored_with_its_event(world: World) -> None:
    await world.stores.transactions.begin(AWAY, STARTED)
    returned = replace(AWAY, stage=Stage.RETURNED, kept={}, person=a_person(world.subject_id))

    assert await world.stores.transactions.move(returned, {Stage.AWAY, Stage.CHOOSING}, NOW, an_event())

    assert await world.stores.transactions.find(AWAY.id, FRONT, NOW) == returned
    assert (await world.actions())[-1] == "sign_in.completed"


@pytest.mark.attack("ST-12")
async def test_st_12_of_twenty_callbacks_at_once_exactly_one_is_taken(stores: Stores) -> None:
    await stores.transactions.begin(AWAY, STARTED)
    returned = replace(AWAY, stage=Stage.RETURNED)

    moves = await asyncio.gather(*(stores.transactions.move(returned, {Stage.AWAY}, NOW) for _ in range(20)))

    assert sum(moves) == 1


async def test_a_callback_of_a_login_that_was_given_up_is_not_taken(stores: Stores) -> None:
    await stores.transactions.begin(AWAY, STARTED)
    again = replace(AWAY, login_id="login-2", provider="guangdong")
    assert await stores.transactions.move(again, {Stage.AWAY, Stage.CHOOSING}, NOW)

    assert await stores.transactions.find_by_login("login-1", FRONT, NOW) is None
    assert not await stores.transactions.move(replace(AWAY, stage=Stage.RETURNED), {Stage.AWAY}, NOW)
    assert await stores.transactions.find(AWAY.id, FRONT, NOW) == again


async def test_going_back_to_the_choice_drops_the_login(stores: Stores) -> None:
    await stores.transactions.begin(replace(AWAY, stage=Stage.RETURNED), STARTED)
    choosing = replace(AWAY, stage=Stage.CHOOSING, provider=None, login_id=None, kept={})

    assert await stores.transactions.move(choosing, {Stage.RETURNED}, NOW)

    assert await stores.transactions.find_by_login("login-1", FRONT, NOW) is None
    assert await stores.transactions.find(AWAY.id, FRONT, NOW) == choosing


async def test_a_transaction_that_never_had_a_login_moves_on_without_one(stores: Stores) -> None:
    waiting = a_transaction(stage=Stage.PERMIT)
    await stores.transactions.begin(waiting, STARTED)

    assert await stores.transactions.move(replace(waiting, stage=Stage.CONSENT), {Stage.PERMIT}, NOW)


async def test_moments_keep_their_last_microsecond(stores: Stores) -> None:
    exact = NOW + timedelta(microseconds=123_457)
    await stores.transactions.begin(a_transaction(expires_at=exact), STARTED)

    found = await stores.transactions.find("transaction-1", FRONT, NOW)

    assert found is not None
    assert found.expires_at == exact
