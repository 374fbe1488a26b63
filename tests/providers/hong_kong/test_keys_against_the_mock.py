"""Keys, frames and times against the mock: what goes wrong between two machines, and how often it is tried again."""

import asyncio
from typing import Any

import pytest

from providers.errors import ProviderFailure
from tests.providers.hong_kong.builders import BASE, NOW_MS, Clock
from tests.providers.hong_kong.world import World


@pytest.fixture
def world() -> World:
    return World()


@pytest.mark.parametrize("kind", ["iv_length", "short", "tag_cut", "flip", "extra"])
@pytest.mark.attack("HK-03")
async def test_hk_03_a_damaged_token_answer_is_refused_in_one_way(world: World, kind: str) -> None:
    await world.arm("frame_broken", "getToken", kind=kind)

    assert await world.failure() == (ProviderFailure.BROKEN, "frame")


@pytest.mark.attack("HK-03")
async def test_hk_03_a_damaged_profile_answer_is_asked_for_once_more(world: World) -> None:
    await world.arm("frame_broken", "profiles")

    assert (await world.sign_in()).name.han == "陳小明"


@pytest.mark.attack("HK-04")
async def test_hk_04_both_readings_of_an_expiry_work(world: World) -> None:
    await world.arm("expires_absolute", times=2)

    assert (await world.sign_in()).name.han == "陳小明"


@pytest.mark.attack("HK-04")
async def test_hk_04_the_key_under_the_earlier_encryption_key_works_during_the_overlap(world: World) -> None:
    await world.arm("kek_rotated_old_cek")

    assert (await world.sign_in()).name.han == "陳小明"


@pytest.mark.attack("HK-04")
async def test_hk_04_the_earlier_encryption_key_is_refused_once_the_new_one_was_seen(world: World) -> None:
    await world.sign_in()
    world.clock.turn(hours=25)
    await world.arm("kek_rotated_old_cek")

    assert await world.failure() == (ProviderFailure.BROKEN, "key_rolled_back")


@pytest.mark.attack("HK-04")
@pytest.mark.parametrize(
    ("args", "detail"),
    [
        ({"cek_bytes": 16}, "key_wrap"),
        ({"cek_bytes": 31}, "key_wrap"),
        ({"cek_bytes": 33}, "key_wrap"),
        ({"issueAt": NOW_MS + 3_600_000}, "key_time"),
        ({"issueAt": NOW_MS - 90_000_000, "expiresIn": 86_400_000}, "key_time"),
        ({"pubKey": "QUJD"}, "kek_unknown"),
        ({"secretKey": None}, "missing:secretKey"),
    ],
)
async def test_hk_04_a_weird_key_is_refused(world: World, args: dict[str, Any], detail: str) -> None:
    await world.arm("key_weird", times=2, **args)

    assert (await world.failure())[1] == detail


@pytest.mark.attack("HK-09")
async def test_hk_09_an_expired_key_is_fetched_exactly_once_and_the_sign_in_goes_on(world: World) -> None:
    await world.sign_in()
    await world.arm("cek_expired")

    await world.sign_in()

    assert world.net.count("/api/v1/security/getKey") == 2


@pytest.mark.attack("HK-09")
async def test_hk_09_rotated_keys_are_fetched_exactly_once(world: World) -> None:
    await world.sign_in()
    async with world.net.browser() as browser:
        await browser.post(f"{BASE}/__mock__/keys/rotate")

    await world.sign_in()

    assert world.net.count("/api/v1/security/getKey") == 2


@pytest.mark.attack("HK-09")
async def test_hk_09_a_lapsed_key_is_replaced_without_a_refusal(world: World) -> None:
    await world.sign_in()
    world.clock.turn(hours=24)

    await world.sign_in()

    assert world.net.count("/api/v1/auth/getToken") == 2
    assert world.net.count("/api/v1/security/getKey") == 2


@pytest.mark.attack("HK-09")
@pytest.mark.parametrize("scenario", ["wrong_key", "decrypt_fail"])
async def test_hk_09_twenty_sign_ins_in_flight_make_no_storm(world: World, scenario: str) -> None:
    await world.sign_in()
    callbacks = [await world.come_back() for _ in range(20)]
    await world.arm(scenario, "profiles", times=20)
    world.net.requests.clear()

    identities = await asyncio.gather(*(world.provider.finish(callback) for callback in callbacks))

    assert {identity.name.han for identity in identities} == {"陳小明"}
    assert world.net.count("/api/v1/security/getKey") == 1
    assert len(world.net.requests) == 20 + 20 + 20 + 1


@pytest.mark.attack("HK-09")
async def test_hk_09_twenty_sign_ins_in_flight_fetch_an_ended_key_once(world: World) -> None:
    await world.sign_in()
    callbacks = [await world.come_back() for _ in range(20)]
    async with world.net.browser() as browser:
        await browser.post(f"{BASE}/__mock__/keys/rotate")
    world.net.requests.clear()

    identities = await asyncio.gather(*(world.provider.finish(callback) for callback in callbacks))

    assert {identity.name.han for identity in identities} == {"陳小明"}
    assert world.net.count("/api/v1/security/getKey") == 1


@pytest.mark.attack("HK-09")
async def test_hk_09_a_token_under_a_wrong_key_ends_cleanly(world: World) -> None:
    await world.arm("wrong_key", "getToken")

    assert await world.failure() == (ProviderFailure.BROKEN, "frame")
    assert world.net.count("/api/v1/auth/getToken") == 1


@pytest.mark.attack("HK-11")
async def test_hk_11_two_workers_with_clocks_two_seconds_apart_share_one_registration(world: World) -> None:
    ahead = Clock()
    ahead.turn(seconds=2)
    workers = [world.provider, world.another_provider(ahead)]

    for _ in range(25):
        callbacks = [await world.come_back() for _ in range(4)]
        await asyncio.gather(
            *(worker.finish(callback) for worker, callback in zip(workers * 2, callbacks, strict=True))
        )
        for clock in (world.clock, ahead):
            clock.turn(seconds=1)

    refused = world.net.count("/api/v1/auth/getToken") + world.net.count("/api/v1/profiles") - 200
    assert refused <= 12


@pytest.mark.attack("HK-11")
async def test_hk_11_a_refused_time_is_tried_once_more(world: World) -> None:
    await world.arm("old_timestamp", "getToken")

    assert (await world.sign_in()).name.han == "陳小明"
