"""Hong Kong's rotations rehearsed: our secret, our encipherment key, the content key; nobody's sign-in fails."""

import asyncio
from typing import Any

import pytest

from providers.errors import ProviderFailure
from tests.gateway.upstreams.rehearsal import (
    HK_ID,
    HK_SECRET,
    KEY,
    NEXT_KEY,
    Rehearsal,
    hong_kong_rehearsal,
    private_pem,
    public_pem,
)

SECRET_SET, KEY_SET = "hong_kong-client-secret", "hong_kong-decryption-key"
NEXT_SECRET = "hk-secret-number-0002"
OLD, NEW = private_pem(KEY), private_pem(NEXT_KEY)


@pytest.fixture
def rehearsal() -> Rehearsal:
    return hong_kong_rehearsal()


async def renewed_sign_in(rehearsal: Rehearsal) -> None:
    """A sign-in after the content key has lapsed, so that the next one comes wrapped."""
    rehearsal.advance(hours=25)
    assert (await rehearsal.sign_in()).name.han == "陳小明"


@pytest.mark.parametrize("they_are_first", [True, False], ids=["they switch first", "we switch first"])
async def test_the_client_secret_changes_in_either_order_without_a_failed_sign_in(
    rehearsal: Rehearsal, *, they_are_first: bool
) -> None:
    await rehearsal.sign_in()
    await rehearsal.theirs("publish", "client_secret", HK_ID, value=NEXT_SECRET)
    await rehearsal.sign_in()

    for they in (they_are_first, not they_are_first):
        if they:
            await rehearsal.theirs("switch", "client_secret", HK_ID)
        else:
            rehearsal.ours(SECRET_SET, NEXT_SECRET)
        await rehearsal.sign_in()
    await rehearsal.theirs("withdraw", "client_secret", HK_ID)

    await rehearsal.sign_in()


async def test_a_worker_that_has_not_changed_yet_works_until_the_old_secret_is_withdrawn(rehearsal: Rehearsal) -> None:
    late = rehearsal.provider
    await rehearsal.theirs("publish", "client_secret", HK_ID, value=NEXT_SECRET)
    rehearsal.ours(SECRET_SET, NEXT_SECRET)
    await rehearsal.theirs("switch", "client_secret", HK_ID)
    await rehearsal.sign_in(late)

    await rehearsal.theirs("withdraw", "client_secret", HK_ID)

    assert await rehearsal.refusal(late) == (ProviderFailure.MISCONFIGURED, "D20006")
    await rehearsal.sign_in()


async def test_withdrawing_before_switching_is_refused_by_the_other_side(rehearsal: Rehearsal) -> None:
    await rehearsal.theirs("publish", "client_secret", HK_ID, value=NEXT_SECRET)

    refused = await rehearsal.theirs("withdraw", "client_secret", HK_ID, name="1")

    assert refused == {"error": "this credential is in use; switch first"}
    await rehearsal.sign_in()


async def test_changing_before_the_other_side_knows_is_told_and_turned_back(rehearsal: Rehearsal) -> None:
    rehearsal.ours(SECRET_SET, NEXT_SECRET)
    told = await rehearsal.refusal()

    rehearsal.ours(SECRET_SET, HK_SECRET)

    assert told == (ProviderFailure.MISCONFIGURED, "D20006")
    await rehearsal.sign_in()


async def test_a_rotation_is_rolled_back_on_both_sides_without_a_failed_sign_in(rehearsal: Rehearsal) -> None:
    await rehearsal.theirs("publish", "client_secret", HK_ID, value=NEXT_SECRET)
    await rehearsal.theirs("switch", "client_secret", HK_ID)
    rehearsal.ours(SECRET_SET, NEXT_SECRET)
    await rehearsal.sign_in()

    await rehearsal.theirs("roll-back", "client_secret", HK_ID)
    await rehearsal.sign_in()
    rehearsal.ours(SECRET_SET, HK_SECRET)
    await rehearsal.sign_in()
    await rehearsal.theirs("withdraw", "client_secret", HK_ID, name="2")

    await rehearsal.sign_in()


@pytest.mark.attack("HK-04")
async def test_hk_04_the_other_side_may_wrap_under_the_next_key_first_and_turn_back(rehearsal: Rehearsal) -> None:
    await rehearsal.sign_in()
    rehearsal.ours(KEY_SET, OLD, coming=NEW)
    await rehearsal.theirs("publish", "kek", HK_ID, value=public_pem(NEXT_KEY))
    await renewed_sign_in(rehearsal)

    for verb in ("switch", "roll-back", "switch"):
        await rehearsal.theirs(verb, "kek", HK_ID)
        await renewed_sign_in(rehearsal)
    rehearsal.ours(KEY_SET, NEW, retiring=OLD)
    await renewed_sign_in(rehearsal)
    await rehearsal.theirs("withdraw", "kek", HK_ID)
    rehearsal.ours(KEY_SET, NEW)

    await renewed_sign_in(rehearsal)


@pytest.mark.attack("HK-04")
async def test_hk_04_we_may_change_first_and_the_key_before_opens_until_the_new_one_was_seen(
    rehearsal: Rehearsal,
) -> None:
    await rehearsal.theirs("publish", "kek", HK_ID, value=public_pem(NEXT_KEY))
    rehearsal.ours(KEY_SET, NEW, retiring=OLD)
    await renewed_sign_in(rehearsal)
    await rehearsal.theirs("switch", "kek", HK_ID)
    await renewed_sign_in(rehearsal)

    await rehearsal.theirs("roll-back", "kek", HK_ID)
    rehearsal.advance(hours=25)

    assert await rehearsal.refusal() == (ProviderFailure.BROKEN, "key_rolled_back")


async def test_our_own_roll_back_lets_the_key_before_be_used_again(rehearsal: Rehearsal) -> None:
    await rehearsal.theirs("publish", "kek", HK_ID, value=public_pem(NEXT_KEY))
    rehearsal.ours(KEY_SET, NEW, retiring=OLD)
    await rehearsal.theirs("switch", "kek", HK_ID)
    await renewed_sign_in(rehearsal)

    rehearsal.ours(KEY_SET, OLD, coming=NEW)
    await rehearsal.theirs("roll-back", "kek", HK_ID)

    await renewed_sign_in(rehearsal)


async def test_a_key_that_we_do_not_hold_yet_is_told_as_our_own_trouble(rehearsal: Rehearsal) -> None:
    await rehearsal.theirs("publish", "kek", HK_ID, value=public_pem(NEXT_KEY))
    await rehearsal.theirs("switch", "kek", HK_ID)

    assert await rehearsal.refusal() == (ProviderFailure.MISCONFIGURED, "kek_unknown")


@pytest.mark.attack("HK-09")
async def test_hk_09_a_content_key_that_ends_in_the_middle_of_sign_ins_is_fetched_once(rehearsal: Rehearsal) -> None:
    await rehearsal.sign_in()
    callbacks = [await rehearsal.callback() for _ in range(20)]
    keys, before = rehearsal.app.state.simulation.iam_smart.keys, rehearsal.net.count("/api/v1/security/getKey")
    on_the_way(rehearsal, "/api/v1/profiles", keys.revoke_all)

    found = await asyncio.gather(*(rehearsal.provider.finish(callback) for callback in callbacks))

    assert {identity.name.han for identity in found} == {"陳小明"}
    assert rehearsal.net.count("/api/v1/security/getKey") == before + 1


async def test_sign_ins_that_are_being_finished_survive_a_swap_which_calls_nobody(rehearsal: Rehearsal) -> None:
    await rehearsal.theirs("publish", "client_secret", HK_ID, value=NEXT_SECRET)
    callbacks = [await rehearsal.callback() for _ in range(10)]
    asked: list[int] = []

    def swap() -> None:
        before = len(rehearsal.net.requests)
        rehearsal.ours(SECRET_SET, NEXT_SECRET)
        asked.append(len(rehearsal.net.requests) - before)

    on_the_way(rehearsal, "/api/v1/profiles", swap)
    found = await asyncio.gather(*(rehearsal.provider.finish(callback) for callback in callbacks))

    assert {identity.name.han for identity in found} == {"陳小明"}
    assert asked == [0]
    await rehearsal.sign_in()


def on_the_way(rehearsal: Rehearsal, path: str, happen: Any) -> None:
    """Let something happen once, when the first call of a path arrives over there."""
    waiting = [happen]

    async def app(scope: Any, receive: Any, send: Any) -> None:
        if scope["path"] == path and waiting:
            waiting.pop()()
        await rehearsal.app(scope, receive, send)

    rehearsal.net.mount("https://far.mock", app)
