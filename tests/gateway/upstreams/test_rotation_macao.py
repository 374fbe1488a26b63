"""Macao's rotations rehearsed: our client secret, and the platform's numbered keys; nobody's sign-in fails."""

import asyncio

import pytest

from providers.errors import ProviderFailure
from providers.macao.published_keys import INTERVAL
from tests.gateway.upstreams.rehearsal import MO_ID, MO_SECRET, Rehearsal, macao_rehearsal

SECRET_SET = "macao-client-secret"
NEXT_SECRET = "mo-secret:+ %/number-0002-ü"


@pytest.fixture
def rehearsal() -> Rehearsal:
    return macao_rehearsal()


def keys_fetched(rehearsal: Rehearsal) -> int:
    return rehearsal.net.count("/keys")


@pytest.mark.parametrize("they_are_first", [True, False], ids=["they switch first", "we switch first"])
async def test_the_client_secret_changes_in_either_order_without_a_failed_sign_in(
    rehearsal: Rehearsal, *, they_are_first: bool
) -> None:
    await rehearsal.sign_in()
    await rehearsal.theirs("publish", "client_secret", MO_ID, value=NEXT_SECRET)
    await rehearsal.sign_in()

    for they in (they_are_first, not they_are_first):
        if they:
            await rehearsal.theirs("switch", "client_secret", MO_ID)
        else:
            rehearsal.ours(SECRET_SET, NEXT_SECRET)
        await rehearsal.sign_in()
    await rehearsal.theirs("withdraw", "client_secret", MO_ID)

    await rehearsal.sign_in()


async def test_the_old_secret_is_refused_once_it_is_withdrawn_and_never_before(rehearsal: Rehearsal) -> None:
    late = rehearsal.provider
    await rehearsal.theirs("publish", "client_secret", MO_ID, value=NEXT_SECRET)
    rehearsal.ours(SECRET_SET, NEXT_SECRET)
    too_soon = await rehearsal.theirs("withdraw", "client_secret", MO_ID, name="1")
    await rehearsal.sign_in(late)

    await rehearsal.theirs("switch", "client_secret", MO_ID)
    await rehearsal.theirs("withdraw", "client_secret", MO_ID)

    assert too_soon == {"error": "this credential is in use; switch first"}
    assert await rehearsal.refusal(late) == (ProviderFailure.MISCONFIGURED, "invalid_client")
    await rehearsal.sign_in()


async def test_a_secret_that_the_platform_does_not_know_yet_is_told_and_turned_back(rehearsal: Rehearsal) -> None:
    rehearsal.ours(SECRET_SET, NEXT_SECRET)
    told = await rehearsal.refusal()

    rehearsal.ours(SECRET_SET, MO_SECRET)

    assert told == (ProviderFailure.MISCONFIGURED, "invalid_client")
    await rehearsal.sign_in()


async def test_a_code_of_before_the_swap_is_redeemed_after_it(rehearsal: Rehearsal) -> None:
    callback = await rehearsal.callback()
    await rehearsal.theirs("publish", "client_secret", MO_ID, value=NEXT_SECRET)

    rehearsal.ours(SECRET_SET, NEXT_SECRET)

    assert (await rehearsal.provider.finish(callback)).provider == "macao"


@pytest.mark.attack("MO-02")
async def test_mo_02_a_numbered_key_that_was_published_first_is_switched_to_without_a_fetch(
    rehearsal: Rehearsal,
) -> None:
    await rehearsal.theirs("publish", "profile_key")
    await rehearsal.sign_in()

    await rehearsal.theirs("switch", "profile_key")
    await rehearsal.sign_in()
    await rehearsal.theirs("roll-back", "profile_key")
    await rehearsal.sign_in()
    await rehearsal.theirs("switch", "profile_key")
    await rehearsal.theirs("withdraw", "profile_key")

    await rehearsal.sign_in()
    assert keys_fetched(rehearsal) == 1


@pytest.mark.attack("MO-02")
async def test_mo_02_a_number_nobody_has_seen_costs_one_fetch_for_all_who_meet_it(rehearsal: Rehearsal) -> None:
    await rehearsal.sign_in()
    callbacks = [await rehearsal.callback() for _ in range(20)]
    await rehearsal.theirs("publish", "profile_key")
    await rehearsal.theirs("switch", "profile_key")

    found = await asyncio.gather(*(rehearsal.provider.finish(callback) for callback in callbacks))

    assert len(found) == 20
    assert keys_fetched(rehearsal) == 2


@pytest.mark.attack("MO-02")
async def test_mo_02_a_storm_of_unknown_numbers_makes_one_fetch_in_an_interval(rehearsal: Rehearsal) -> None:
    await rehearsal.sign_in()
    rehearsal.app.state.switchboard.arm("jws_unknown_key", args={"kid": "777"})
    fetched = []

    for _ in range(2):
        rehearsal.advance(seconds=INTERVAL.total_seconds())
        callbacks = [await rehearsal.callback() for _ in range(10)]
        await asyncio.gather(*(rehearsal.provider.finish(callback) for callback in callbacks), return_exceptions=True)
        fetched.append(keys_fetched(rehearsal))

    assert fetched == [2, 3]


@pytest.mark.attack("MO-02")
async def test_mo_02_the_present_number_cannot_be_withdrawn_and_a_withdrawn_one_is_published_no_longer(
    rehearsal: Rehearsal,
) -> None:
    await rehearsal.theirs("publish", "profile_key")
    refused = await rehearsal.theirs("withdraw", "profile_key", name="2")
    await rehearsal.theirs("switch", "profile_key")

    await rehearsal.theirs("withdraw", "profile_key")

    assert refused == {"error": "this credential is in use; switch first"}
    assert set(rehearsal.app.state.account.keys.published()) == {"1", "3"}
    await rehearsal.sign_in()
