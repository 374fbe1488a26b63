"""Group RT, the chain of refresh tokens: reuse ends it, parallel and repeated requests do not (RT-01, -02, -03, -07).

Of RT-02 a quick part is played here: 50 requests at once over two gateways, on both engines, and few rounds.
"""

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from typing import Final

import httpx
import pytest
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway.config import Lifetimes
from tests.asking import AT
from tests.attacks.conftest import in_turn
from tests.attacks.staying import (
    Staying,
    a_guess,
    a_party,
    a_public_party,
    assert_dead,
    chain_length,
    error_in,
    events,
    is_live,
    stay,
)
from tests.attacks.watch import WatchedWorld, leaves_nothing
from tests.relying_party import RelyingParty

AT_ONCE: Final = 50
ROUNDS: Final = 2
TRIES: Final = 6
BEHIND_THE_GRACE: Final = 21
INVALID: Final = (400, "invalid_grant")


async def refreshed(party: RelyingParty, refresh_token: str) -> tuple[str, str]:
    """One refresh that must do: (access token, refresh token)."""
    response = await party.refresh(refresh_token)
    assert response.status_code == 200, response.text
    return response.json()["access_token"], response.json()["refresh_token"]


async def a_chain(world: WatchedWorld) -> tuple[Staying, list[str], list[str]]:
    """R1 rotated to R2 and R3, each after the time for parallel requests: (who, refresh tokens, access tokens)."""
    who = await stay(await a_public_party(world))
    kept, live = [who.refresh_token], [who.access_token]
    for _link in range(2):
        world.clock.advance(seconds=BEHIND_THE_GRACE)
        access, refresh = await refreshed(who.party, kept[-1])
        kept.append(refresh)
        live.append(access)
    world.clock.advance(seconds=BEHIND_THE_GRACE)
    return who, kept, live


# ------------------------------------------------------------------------------------------------ reuse (RT-01)
@pytest.mark.attack("RT-01")
@pytest.mark.spec("RFC 9700 §4.14.2")
async def test_rt_01_an_old_link_ends_the_whole_family_everywhere(workers: WatchedWorld) -> None:
    who, kept, live = await a_chain(workers)

    answer = await who.party.refresh(kept[0])

    assert error_in(answer) == INVALID
    for _worker in range(2):
        assert [error_in(await who.party.refresh(token)) for token in kept] == [INVALID] * 3
        assert [await is_live(who.party, token) for token in live] == [False] * 3


@pytest.mark.attack("RT-01")
async def test_rt_01_the_link_before_the_last_ends_the_family_as_well(world: WatchedWorld) -> None:
    who, kept, live = await a_chain(world)

    answer = await who.party.refresh(kept[1])

    assert error_in(answer) == INVALID
    assert error_in(await who.party.refresh(kept[2])) == INVALID
    assert not await is_live(who.party, live[2])


@pytest.mark.attack("RT-01")
async def test_rt_01_a_reuse_is_on_record_once_with_its_reason_and_without_a_token(world: WatchedWorld) -> None:
    who, kept, _ = await a_chain(world)

    for _try in range(3):
        await who.party.refresh(kept[0])

    (event,) = await events(world, "token.reused")
    assert (event["client_id"], event["details"]["about"]) == (
        "phone",
        "a refresh token came back after its successor was in use",
    )
    assert event["subject_id"]
    assert not [token for token in kept if token in str(event)]


@pytest.mark.attack("RT-01")
async def test_rt_01_the_family_of_another_browser_and_of_another_relying_party_lives_on(world: WatchedWorld) -> None:
    who, kept, _ = await a_chain(world)
    elsewhere = await stay(who.party)
    neighbour = await stay(await a_party(world))

    await who.party.refresh(kept[0])

    assert (await elsewhere.party.refresh(elsewhere.refresh_token)).status_code == 200
    assert (await neighbour.party.refresh(neighbour.refresh_token)).status_code == 200


@pytest.mark.attack("RT-01", "TN-01")
async def test_rt_01_who_is_not_the_client_cannot_end_a_family_by_reuse(world: WatchedWorld) -> None:
    who, kept, _ = await a_chain(world)
    stranger = await a_public_party(world, "stranger")

    answers = [error_in(await stranger.refresh(token)) for token in kept]

    assert answers == [INVALID] * 3
    assert (await who.party.refresh(kept[-1])).status_code == 200


@pytest.mark.attack("RT-01")
async def test_rt_01_a_client_with_a_secret_keeps_its_token_and_nobody_else_can_use_it(world: WatchedWorld) -> None:
    who = await stay(await a_party(world))
    thief = await a_party(world, "thief")

    for _use in range(3):
        world.clock.advance(seconds=BEHIND_THE_GRACE)
        assert (await refreshed(who.party, who.refresh_token))[1] == who.refresh_token
    stolen = await thief.refresh(who.refresh_token)
    async with world.net.browser() as http:
        form = {"grant_type": "refresh_token", "refresh_token": who.refresh_token, "client_id": "office"}
        unproven = await http.post(f"{AT.issuer}/token", data=form)

    assert error_in(stolen) == INVALID
    assert error_in(unproven) == (401, "invalid_client")
    assert (await who.party.refresh(who.refresh_token)).status_code == 200


# --------------------------------------------------------------------------------------- many at once (RT-02)
async def patiently(party: RelyingParty, refresh_token: str) -> httpx.Response:
    """A refresh by a client that comes again when the gateway says that it cannot keep up."""
    for _try in range(TRIES):
        response = await party.refresh(refresh_token)
        if response.status_code != 503:
            return response
    raise AssertionError("the gateway never kept up")


@pytest.mark.attack("RT-02", "RT-07")
@pytest.mark.timeout(120)
async def test_rt_02_fifty_refreshes_at_once_over_two_workers_are_links_of_one_chain(workers: WatchedWorld) -> None:
    world = workers
    who = await stay(await a_public_party(world))
    token, given, used = who.refresh_token, [who.access_token], []

    for _round in range(ROUNDS):
        answers = await asyncio.gather(*(patiently(who.party, token) for _ in range(AT_ONCE)))
        assert {answer.status_code for answer in answers} == {200}
        (successor,) = {answer.json()["refresh_token"] for answer in answers}
        given += [answer.json()["access_token"] for answer in answers]
        used.append(token)
        token = successor
        world.clock.advance(seconds=BEHIND_THE_GRACE)

    assert await chain_length(world) == (ROUNDS + 1, 1)
    assert len(set(given)) == 1 + AT_ONCE * ROUNDS
    assert error_in(await who.party.refresh(used[0])) == INVALID
    assert error_in(await who.party.refresh(token)) == INVALID
    assert not [text for text in given[:: AT_ONCE // 2] if await is_live(who.party, text)]


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.engines)])
async def strict_workers(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[WatchedWorld]:
    """Two gateways that give no time for parallel requests."""
    url = None if request.param == "sqlite" else request.getfixturevalue("postgres_url")
    lifetimes = Lifetimes(parallel_refresh=timedelta(0))
    async with in_turn(tmp_path / "world", url, lifetimes=lifetimes) as (world, _):
        yield world


@pytest.mark.attack("RT-02")
@pytest.mark.timeout(120)
async def test_rt_02_without_a_grace_of_fifty_at_once_one_wins_and_the_others_end_the_family(
    strict_workers: WatchedWorld,
) -> None:
    world = strict_workers
    who = await stay(await a_public_party(world))

    answers = await asyncio.gather(*(patiently(who.party, who.refresh_token) for _ in range(AT_ONCE)))

    won = [answer.json() for answer in answers if answer.status_code == 200]
    assert len(won) == 1
    assert {error_in(answer) for answer in answers if answer.status_code != 200} == {INVALID}
    assert await chain_length(world) == (2, 1)
    assert error_in(await who.party.refresh(won[0]["refresh_token"])) == INVALID
    assert not await is_live(who.party, won[0]["access_token"])
    assert await events(world, "token.reused"), "each that came before the family's end is on record"


@pytest.mark.attack("RT-02")
@pytest.mark.timeout(120)
async def test_rt_02_a_client_with_a_secret_may_refresh_side_by_side_for_ever(two_workers: WatchedWorld) -> None:
    who = await stay(await a_party(two_workers))

    answers = await asyncio.gather(*(patiently(who.party, who.refresh_token) for _ in range(20)))

    assert {answer.status_code for answer in answers} == {200}
    assert {answer.json()["refresh_token"] for answer in answers} == {who.refresh_token}
    assert await chain_length(two_workers) == (1, 1)


# ---------------------------------------------------------------------------------------------- scope (RT-03)
@pytest.mark.attack("RT-03")
@pytest.mark.spec("RFC 6749 §6")
@pytest.mark.parametrize("make", [a_party, a_public_party])
async def test_rt_03_more_is_refused_less_is_for_once_and_the_whole_comes_back(
    world: WatchedWorld, make: Callable[[WatchedWorld], Awaitable[RelyingParty]]
) -> None:
    who = await stay(await make(world))
    whole = set(who.tokens["scope"].split())

    async with leaves_nothing(world, refused=2):
        for scope in ("openid profile cn_id", "openid profile unheard_of"):
            assert error_in(await who.party.refresh(who.refresh_token, form={"scope": scope})) == (400, "invalid_scope")
    narrow = (await who.party.refresh(who.refresh_token, form={"scope": "openid"})).json()
    told = (await who.party.userinfo(narrow["access_token"])).json()
    again = (await who.party.refresh(narrow["refresh_token"], form={"scope": " ".join(sorted(whole))})).json()

    assert narrow["scope"] == "openid"
    assert set(told) == {"sub"}
    assert set(again["scope"].split()) == whole
    assert "name" in (await who.party.userinfo(again["access_token"])).json()


@pytest.mark.attack("RT-03", "PR-04")
async def test_rt_03_what_the_person_left_out_cannot_be_refreshed_into(world: WatchedWorld) -> None:
    party = await a_party(world)
    browser, asked = world.browser(), party.asking(scope="openid profile cn_doc offline_access")
    page = await browser.prove(await browser.to_provider(asked, "hong_kong"), "chan-siu-ming")
    page = await browser.press(page, "check-permit", permit="H00000018")
    form, name, value = page.buttons["agree"]
    await browser.open(f"{AT.issuer}{form.action}", {**form.fields, name: value, "withhold": "cn_doc"})
    tokens = (await party.redeem(asked, browser.answer["code"])).json()

    answer = await party.refresh(tokens["refresh_token"], form={"scope": "openid cn_doc"})

    assert "cn_doc" not in tokens["scope"]
    assert error_in(answer) == (400, "invalid_scope")


# -------------------------------------------------------------------------------------- lost answers (RT-07)
class Lossy:
    """A wire that carries requests to the gateway and loses the answers."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self.lost = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def nowhere(message: Message) -> None:
            """Nobody hears it."""

        await self._app(scope, receive, nowhere)
        self.lost += 1
        raise ConnectionResetError


async def lose_the_answer(world: WatchedWorld, who: Staying) -> None:
    """One refresh whose answer never arrives."""
    lossy = Lossy(world.witness)
    world.net.mount(AT.issuer, lossy)
    with pytest.raises(ConnectionResetError):
        await who.party.refresh(who.refresh_token)
    world.net.mount(AT.issuer, world.witness)
    assert lossy.lost == 1
    assert world.answers[-1].status == 200


@pytest.mark.attack("RT-07")
async def test_rt_07_a_client_that_never_got_the_answer_gets_the_same_one_at_once(workers: WatchedWorld) -> None:
    world = workers
    who = await stay(await a_public_party(world))
    await lose_the_answer(world, who)
    lost = re.search(r'"refresh_token":\s*"([^"]+)"', world.answers[-1].body.decode())

    world.clock.advance(seconds=3)
    _, successor = await refreshed(who.party, who.refresh_token)
    world.clock.advance(seconds=BEHIND_THE_GRACE)

    assert lost is not None
    assert successor == lost[1], "one family, however often its answer is lost"
    assert await chain_length(world) == (2, 1)
    assert (await who.party.refresh(successor)).status_code == 200


@pytest.mark.attack("RT-07")
async def test_rt_07_whoever_comes_30_seconds_after_a_lost_answer_has_to_sign_in_anew(world: WatchedWorld) -> None:
    who = await stay(await a_public_party(world))
    await lose_the_answer(world, who)
    lost = re.search(r'"refresh_token":\s*"([^"]+)"', world.answers[-1].body.decode())

    world.clock.advance(seconds=30)
    await assert_dead(who)

    assert lost is not None
    assert error_in(await who.party.refresh(lost[1])) == INVALID, "no family lives on"
    anew = await stay(who.party, who.browser)
    assert (await who.party.refresh(anew.refresh_token)).status_code == 200


@pytest.mark.attack("RT-07")
async def test_rt_07_a_client_with_a_secret_loses_nothing_with_an_answer(world: WatchedWorld) -> None:
    who = await stay(await a_party(world))
    await lose_the_answer(world, who)

    world.clock.advance(seconds=30)

    assert (await refreshed(who.party, who.refresh_token))[1] == who.refresh_token


@pytest.mark.attack("RT-01")
async def test_rt_01_refresh_tokens_cannot_be_guessed(world: WatchedWorld) -> None:
    who = await stay(await a_public_party(world))

    async with leaves_nothing(world):
        answers = [await who.party.refresh(guess) for guess in (a_guess(), who.access_token, who.refresh_token[:-1])]

    assert {error_in(answer) for answer in answers} == {INVALID}
    assert len({answer.json()["error_description"] for answer in answers}) == 1
