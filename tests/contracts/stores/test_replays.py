"""One-time marks: one suite for every engine behind `ReplayStore`."""

import asyncio

import pytest

from gateway.store.open import Stores, open_stores
from tests.contracts.stores.builders import KEYS, MINUTE, NOW, SECOND

LATER = NOW + 5 * MINUTE


async def test_a_mark_is_made_once(stores: Stores) -> None:
    uses = [await stores.replays.first_use("client_assertion", "jti-1", LATER, NOW) for _ in range(3)]

    assert uses == [True, False, False]


async def test_a_mark_can_be_looked_at_without_being_made(stores: Stores) -> None:
    assert not await stores.replays.is_used("service token", "jti-1", NOW)
    assert await stores.replays.first_use("service token", "jti-1", LATER, NOW)

    assert await stores.replays.is_used("service token", "jti-1", NOW)
    assert not await stores.replays.is_used("client_assertion", "jti-1", NOW)
    assert not await stores.replays.is_used("service token", "jti-1", LATER)


async def test_kinds_and_values_do_not_touch_each_other(stores: Stores) -> None:
    assert await stores.replays.first_use("client_assertion", "jti-1", LATER, NOW)

    assert await stores.replays.first_use("client_assertion", "jti-2", LATER, NOW)
    assert await stores.replays.first_use("logout_token", "jti-1", LATER, NOW)


async def test_a_mark_holds_until_its_end_and_not_beyond(stores: Stores) -> None:
    await stores.replays.first_use("client_assertion", "jti-1", LATER, NOW)

    assert not await stores.replays.first_use("client_assertion", "jti-1", LATER + MINUTE, LATER - SECOND)
    assert await stores.replays.first_use("client_assertion", "jti-1", LATER + MINUTE, LATER)


async def test_a_mark_that_is_over_already_is_refused(stores: Stores) -> None:
    assert not await stores.replays.first_use("client_assertion", "jti-1", NOW, NOW)


@pytest.mark.parametrize("value", ["", "a\0b", "字\ud800", "x" * 1_000_000])
async def test_any_text_may_be_a_value(stores: Stores, value: str) -> None:
    uses = [await stores.replays.first_use("client_assertion", value, LATER, NOW) for _ in range(2)]

    assert uses == [True, False]


@pytest.mark.parametrize("is_old", [False, True])
async def test_of_fifty_at_once_exactly_one_is_first(stores: Stores, database_url: str, is_old: bool) -> None:
    other = await open_stores(database_url, **KEYS)
    workers = [stores.replays, other.replays]
    if is_old:
        await stores.replays.first_use("client_assertion", "jti-1", NOW - MINUTE, NOW - 2 * MINUTE)

    uses = await asyncio.gather(
        *(workers[n % 2].first_use("client_assertion", "jti-1", LATER, NOW) for n in range(50)),
    )
    await other.aclose()

    assert sum(uses) == 1
