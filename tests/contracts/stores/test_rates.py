"""How often a client may call: exact over all workers, one statement for many requests, bounded in memory."""

import asyncio
from datetime import timedelta

import pytest

from gateway.oidc.ports import StoreUnavailableError
from gateway.store.open import Stores
from gateway.store.sql import rates
from gateway.store.sql.rates import LOTS
from tests.contracts.stores.builders import MINUTE, NOW, SECOND, World
from tests.contracts.stores.watching import statements_of

LATER = NOW + 12 * SECOND


@pytest.mark.attack("DS-01")
async def test_ds_01_the_limit_is_met_exactly_and_the_next_minute_begins_anew(stores: Stores) -> None:
    admitted = [await stores.rates.admit("rp-a", 7, LATER) for _ in range(9)]
    waiting = admitted[-1]

    assert admitted.count(None) == 7
    assert waiting == timedelta(seconds=48)
    assert await stores.rates.admit("rp-a", 7, LATER + waiting) is None


@pytest.mark.attack("DS-01", "DS-03")
@pytest.mark.parametrize("limit", [1, 47, 100])
async def test_ds_03_two_workers_at_once_admit_no_more_than_one_would(
    stores: Stores, second: Stores, limit: int
) -> None:
    workers = [stores.rates, second.rates]

    answers = await asyncio.gather(*(workers[n % 2].admit("rp-a", limit, NOW) for n in range(250)))

    assert answers.count(None) == limit


@pytest.mark.attack("TN-03")
async def test_tn_03_one_client_s_flood_takes_nothing_from_another(stores: Stores) -> None:
    for _ in range(20):
        await stores.rates.admit("rp-x", 5, NOW)

    assert await stores.rates.admit("rp-a", 5, NOW) is None


async def test_a_lot_costs_one_statement_and_a_refusal_none(stores: Stores) -> None:
    statements = statements_of(stores)

    for _ in range(100):
        await stores.rates.admit("rp-a", 100, NOW)
    taking = len(statements)
    for _ in range(100):
        await stores.rates.admit("rp-a", 100, NOW)

    assert taking == LOTS
    assert len(statements) == taking + 1


@pytest.mark.parametrize("limit", [0, -1])
async def test_a_client_without_any_share_is_never_admitted(stores: Stores, limit: int) -> None:
    assert await stores.rates.admit("rp-a", limit, NOW) == MINUTE


async def test_a_store_that_does_not_answer_admits_nobody_and_may_be_asked_again(
    stores: Stores, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def silent(_: object) -> None:
        raise StoreUnavailableError

    with monkeypatch.context() as patch:
        patch.setattr(stores.database, "run", silent)
        with pytest.raises(StoreUnavailableError):
            await stores.rates.admit("rp-a", 5, NOW)

    assert await stores.rates.admit("rp-a", 5, NOW) is None


@pytest.mark.attack("DS-08")
async def test_ds_08_what_is_remembered_is_bounded_and_limits_still_hold(
    stores: Stores, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rates, "REMEMBERED", 3)
    admitted = [await stores.rates.admit("rp-a", 40, NOW)]

    for number in range(30):
        await stores.rates.admit(f"stranger-{number}", 40, NOW)
        admitted.append(await stores.rates.admit("rp-a", 40, NOW))
        if number % 10 == 0:  # pushed out, its lot is lost: stricter, never laxer
            for other in range(3):
                await stores.rates.admit(f"burst-{number}-{other}", 40, NOW)
    admitted += [await stores.rates.admit("rp-a", 40, NOW) for _ in range(40)]

    assert len(stores.rates._shares) == 3  # type: ignore[attr-defined]
    assert 34 <= admitted.count(None) <= 40


async def test_who_calls_is_not_written_down_and_is_forgotten_soon(world: World) -> None:
    await world.stores.rates.admit("192.0.2.7 字", 5, LATER)

    gone = [await world.stores.purge(NOW + wait, 100) for wait in (MINUTE, 2 * MINUTE)]

    assert gone == [0, 1]
