"""Group RT, the end of a stay: given back by its owner alone, and over when the ground is gone (RT-04, -05, -06)."""

import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, Final

import httpx
import pytest
from sqlalchemy.exc import OperationalError

from gateway.store.sql.clients import CACHE_SECONDS
from gateway.store.sql.sqlite import SqliteRunner
from tests.asking import AT
from tests.attacks.conftest import in_turn
from tests.attacks.staying import (
    STUDENT,
    Staying,
    a_guess,
    a_party,
    a_public_party,
    assert_dead,
    error_in,
    events,
    is_live,
    stay,
)
from tests.attacks.watch import WatchedWorld, leaves_nothing
from tests.my_identifier import a_browser, change, my_identifier, operate, subject_of
from tests.recast import person
from tests.relying_party import RelyingParty

REVOKE: Final = "/revoke"
SCOPE: Final = "openid profile cn_id offline_access"


async def assert_alive(who: Staying) -> None:
    assert await is_live(who.party, who.access_token)
    assert (await who.party.refresh(who.refresh_token)).status_code == 200


# --------------------------------------------------------------------------------- given back by a stranger (RT-04)
@pytest.mark.attack("RT-04")
@pytest.mark.spec("RFC 7009 §2.1")
async def test_rt_04_a_stranger_is_told_success_as_for_garbage_and_ends_nothing(world: WatchedWorld) -> None:
    who, stranger = await stay(await a_party(world)), await a_party(world, "stranger")

    async with leaves_nothing(world):
        answers = [
            await stranger.post(REVOKE, {"token": token, "token_type_hint": hint})
            for token in (who.access_token, who.refresh_token, who.id_token, a_guess(), "x")
            for hint in (None, "access_token", "refresh_token", "unheard_of")
        ]

    assert {(answer.status_code, answer.content) for answer in answers} == {(200, b"")}
    assert await events(world, "token.revoked") == []
    await assert_alive(who)


@pytest.mark.attack("RT-04")
async def test_rt_04_who_does_not_prove_to_be_the_client_is_refused(world: WatchedWorld) -> None:
    who = await stay(await a_party(world))
    no_credentials: tuple[tuple[dict[str, str], Any], ...] = (
        ({}, httpx.USE_CLIENT_DEFAULT),
        ({"client_id": "office"}, httpx.USE_CLIENT_DEFAULT),
        ({}, ("office", a_guess())),
        ({}, ("nobody", a_guess())),
    )

    async with leaves_nothing(world), world.net.browser() as http:
        for fields, auth in no_credentials:
            answer = await http.post(f"{AT.issuer}{REVOKE}", data={"token": who.refresh_token, **fields}, auth=auth)
            assert error_in(answer) == (401, "invalid_client")

    await assert_alive(who)


@pytest.mark.attack("RT-04", "TN-01")
async def test_rt_04_an_application_without_a_secret_gives_back_only_what_is_its_own(world: WatchedWorld) -> None:
    who, stranger = await stay(await a_public_party(world)), await a_public_party(world, "stranger")

    answers = [await stranger.post(REVOKE, {"token": token}) for token in (who.access_token, who.refresh_token)]

    assert [answer.status_code for answer in answers] == [200, 200]
    await assert_alive(who)


@pytest.mark.attack("RT-04")
async def test_rt_04_the_owner_gives_back_a_token_and_with_the_refresh_token_everything(workers: WatchedWorld) -> None:
    who = await stay(await a_party(workers))
    second = (await who.party.refresh(who.refresh_token)).json()["access_token"]

    await who.party.post(REVOKE, {"token": who.access_token})
    after_one = [await is_live(who.party, token) for token in (who.access_token, second)]
    await who.party.post(REVOKE, {"token": who.refresh_token})

    assert after_one == [False, True]
    await assert_dead(who)
    assert not await is_live(who.party, second)
    assert [event["details"]["about"] for event in await events(workers, "token.revoked")] == [
        "access_token",
        "refresh_token",
    ]


# ------------------------------------------------------------------------------------- a store that fails (RT-05)
def a_full_disk(*_: object) -> None:
    raise OperationalError("statement", {}, Exception("database or disk is full"))


@pytest.mark.attack("RT-05")
@pytest.mark.parametrize("which", ["access_token", "refresh_token"])
async def test_rt_05_a_store_that_cannot_write_is_no_success(
    world: WatchedWorld, monkeypatch: pytest.MonkeyPatch, which: str
) -> None:
    who = await stay(await a_party(world))

    async def fails(*_: object) -> None:
        a_full_disk()

    with monkeypatch.context() as broken:
        broken.setattr(SqliteRunner, "write", fails)
        answer = await who.party.post(REVOKE, {"token": who.tokens[which]})

    assert answer.status_code == 503
    assert answer.headers["retry-after"].isdigit()
    await assert_alive(who)
    assert (await who.party.post(REVOKE, {"token": who.tokens[which]})).status_code == 200
    assert not await is_live(who.party, who.access_token)


@pytest.mark.attack("RT-05")
async def test_rt_05_a_write_that_fails_half_way_is_undone_as_a_whole(
    world: WatchedWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    who = await stay(await a_party(world))

    with monkeypatch.context() as broken:
        broken.setattr("gateway.store.sql.audit.record", a_full_disk)  # the grant has been ended by then
        answer = await who.party.post(REVOKE, {"token": who.refresh_token})

    assert answer.status_code == 503
    await assert_alive(who)


# --------------------------------------------------------------------------------------- the ground is gone (RT-06)
Ground = Callable[[WatchedWorld, Staying], Awaitable[object]]


async def signing_out(world: WatchedWorld, who: Staying) -> None:
    page = await who.browser.open(f"{AT.issuer}/logout?id_token_hint={who.id_token}")
    assert page.status == 200


async def signing_out_by_hand(world: WatchedWorld, who: Staying) -> None:
    page = await who.browser.open(f"{AT.issuer}/logout")
    await who.browser.press(page, "confirm-sign-out")


async def withdrawing(world: WatchedWorld, who: Staying) -> None:
    browser = a_browser(world)
    page = await my_identifier(browser, "hong_kong", STUDENT)
    (name,) = [
        name
        for name, (form, _, _) in page.buttons.items()
        if name.startswith("withdraw-") and form.fields["client_id"] == who.party.client.client_id
    ]
    assert "done" in await browser.press(page, name)


async def untying(world: WatchedWorld, who: Staying) -> None:
    browser = a_browser(world)
    await my_identifier(browser, "hong_kong", STUDENT)
    await change(browser, "untie")


async def erasing(world: WatchedWorld, who: Staying) -> None:
    browser = a_browser(world)
    await my_identifier(browser, "hong_kong", STUDENT)
    await change(browser, "erase")


async def blocking(world: WatchedWorld, who: Staying) -> None:
    subject = await subject_of(world, str(person(STUDENT).permit))
    await operate(world, f"/v1/people/{subject}/block")


async def freezing(world: WatchedWorld, who: Staying) -> None:
    await operate(world, "/v1/map/freeze", permit=str(person(STUDENT).permit))


async def switching_the_provider_off(world: WatchedWorld, who: Staying) -> None:
    await operate(world, "/v1/switches", kind="provider", name="hong_kong", off=True)


async def disabling_the_client(world: WatchedWorld, who: Staying) -> None:
    await operate(world, "/v1/clients/disable", client_id=who.party.client.client_id)


GROUNDS: Final[tuple[Ground, ...]] = (
    signing_out,
    signing_out_by_hand,
    withdrawing,
    untying,
    erasing,
    blocking,
    freezing,
    switching_the_provider_off,
)


@pytest.mark.attack("RT-06")
@pytest.mark.parametrize("ground", GROUNDS)
async def test_rt_06_nothing_is_refreshed_once_the_ground_is_gone(world: WatchedWorld, ground: Ground) -> None:
    who = await stay(await a_public_party(world), scope=SCOPE)

    await ground(world, who)

    await assert_dead(who)


@pytest.mark.attack("RT-06")
@pytest.mark.parametrize("ground", [signing_out, withdrawing])
async def test_rt_06_both_workers_know_at_once(two_workers: WatchedWorld, ground: Ground) -> None:
    who = await stay(await a_party(two_workers), scope=SCOPE)

    await ground(two_workers, who)

    await assert_dead(who, turns=3)


@pytest.mark.attack("RT-06")
async def test_rt_06_a_grant_of_another_session_is_not_ended_by_signing_out(world: WatchedWorld) -> None:
    party = await a_party(world)
    here, there = await stay(party), await stay(party)

    await signing_out(world, here)

    await assert_dead(here)
    await assert_alive(there)


async def a_minute_on(monkeypatch: pytest.MonkeyPatch, *gateways: Any) -> None:
    """What workers remember of clients is a minute old."""
    assert CACHE_SECONDS <= 60
    for gateway in gateways:
        monkeypatch.setattr(gateway.inner.state.stores.clients, "_clock", lambda: time.monotonic() + 60)


@pytest.mark.attack("RT-06")
async def test_rt_06_a_client_that_is_switched_off_gets_nothing_from_any_worker_within_a_minute(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with in_turn(tmp_path / "world") as (world, second):
        who = await stay(await a_party(world))
        assert (await who.party.refresh(who.refresh_token)).status_code == 200  # by now both workers remember it

        await disabling_the_client(world, who)

        at_once = [error_in(await who.party.refresh(who.refresh_token)) for _ in range(2)]
        assert set(at_once) <= {(400, "invalid_grant"), (401, "invalid_client")}
        assert not await is_live(who.party, who.access_token)
        await a_minute_on(monkeypatch, world.gateway, second)
        later = [error_in(await who.party.refresh(who.refresh_token)) for _ in range(2)]
        assert later == [(401, "invalid_client")] * 2


@pytest.mark.attack("RT-06", "RT-03")
async def test_rt_06_a_scope_that_was_taken_from_the_client_is_not_refreshed_within_a_minute(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with in_turn(tmp_path / "world") as (world, second):
        who = await stay(await a_party(world))

        await operate(world, "/v1/clients/update", client_id="office", metadata={"scope": "openid offline_access"})
        await a_minute_on(monkeypatch, world.gateway, second)

        for _worker in range(2):
            assert error_in(await who.party.refresh(who.refresh_token)) == (400, "invalid_grant")
            narrow = await who.party.refresh(who.refresh_token, form={"scope": "openid"})
            assert narrow.json()["scope"] == "openid"


@pytest.mark.attack("RT-06")
async def test_rt_06_a_client_that_may_not_refresh_any_more_is_refused(
    world: WatchedWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    who = await stay(await a_party(world))

    metadata = {"grant_types": ["authorization_code"]}
    await operate(world, "/v1/clients/update", client_id="office", metadata=metadata)
    await a_minute_on(monkeypatch, world.gateway)

    assert error_in(await who.party.refresh(who.refresh_token)) == (400, "unauthorized_client")


@pytest.mark.attack("RT-06")
@pytest.mark.parametrize(("days", "times"), [(14, 1), (13, 7)])
async def test_rt_06_a_stay_ends_by_the_clock_idle_or_not(world: WatchedWorld, days: int, times: int) -> None:
    who = await stay(await a_party(world))

    for _step in range(times):
        world.clock.advance(days=days, seconds=1)
        answer = await who.party.refresh(who.refresh_token)

    assert error_in(answer) == (400, "invalid_grant")


async def refusal(party: RelyingParty, refresh_token: str) -> str:
    return str((await party.refresh(refresh_token)).json()["error_description"])


@pytest.mark.attack("RT-06", "TN-04")
async def test_rt_06_the_refusal_does_not_tell_why(world: WatchedWorld) -> None:
    party = await a_party(world)
    ended, stranger = await stay(party), await stay(await a_party(world, "other"))

    await signing_out(world, ended)

    told = {await refusal(party, token) for token in (ended.refresh_token, stranger.refresh_token, a_guess())}
    assert len(told) == 1
