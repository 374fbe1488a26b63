"""What a running gateway does beside its requests: events reach relying parties, and one failure ends nothing."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from certs.keys import jose
from certs.keys.expectation import Expectation
from certs.keys.jose import verify
from certs.keys.verification_keys import VerificationKeys
from gateway.chores import _every, _whenever
from tests.asking import RP
from tests.world import AT, NOW, SHOP, World, a_client, a_world, asking

EVENTS = f"{SHOP}/hotel/events"


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with a_world(tmp_path / "world") as running:
        await running.register(a_client("hotel", event_uri=EVENTS))
        yield running


class Receiver:
    """A relying party's endpoint for events (RFC 8935), which answers what it is told to."""

    def __init__(self, world: World, *statuses: int) -> None:
        self.requests: list[Request] = []
        self.tokens: list[str] = []
        self._statuses = list(statuses)
        world.net.mount(SHOP, Starlette(routes=[Route("/hotel/events", self._take, methods=["POST"])]))

    async def _take(self, request: Request) -> Response:
        self.requests.append(request)
        self.tokens.append((await request.body()).decode("ascii"))
        return Response(status_code=self._statuses.pop(0) if self._statuses else 202)


async def dispute(world: World) -> dict[str, Any]:
    """Somebody releases the number to the hotel and then disputes it; gives the hotel's claims."""
    asked, browser = asking("hotel"), world.browser()
    answer = await browser.sign_in(asked, "hong_kong", "chan-siu-ming")
    claims = await world.claims(asked, (await world.token(asked, answer["code"])).json())
    page = await browser.follow(await browser.open(f"{AT.issuer}/account"), "ask-dispute")
    await browser.press(page, "confirm-dispute")
    return claims


async def read(world: World, token: str) -> dict[str, Any]:
    async with world.net.browser() as http:
        keys = VerificationKeys.from_jwks((await http.get(f"{AT.issuer}/jwks")).json())
    expected = Expectation(
        algorithms=frozenset({"ES256"}),
        typ=frozenset({"secevent+jwt"}),
        issuer=AT.issuer,
        audience="hotel",
        required=frozenset({"iss", "aud", "iat", "jti"}),
        single_audience=True,
    )
    return dict(verify(token, keys, expected, now=world.clock.now).claims)


@pytest.mark.spec("RFC 8935 §2")
async def test_a_relying_party_is_told_that_a_number_does_not_stand_any_more(world: World) -> None:
    receiver = Receiver(world)
    claims = await dispute(world)

    assert await world.chores.deliver_notices() == 1

    (request,), (token,) = receiver.requests, receiver.tokens
    event = await read(world, token)
    assert request.headers["content-type"] == "application/secevent+jwt"
    assert request.headers["accept"] == "application/json"
    assert event["sub_id"] == {"format": "iss_sub", "iss": AT.issuer, "sub": claims["sub"]}
    assert event["events"] == {"urn:gba:event:identifier-withdrawn": {"value": claims["gba_cn_id"]["value"]}}
    assert await world.chores.deliver_notices() == 0


@pytest.mark.spec("RFC 8935 §2.3")
@pytest.mark.parametrize("status", [500, 503, 429, 302, 404])
async def test_an_event_that_is_not_taken_comes_again_under_the_same_name(world: World, status: int) -> None:
    receiver = Receiver(world, status)
    await dispute(world)

    ended = [await world.chores.deliver_notices()]
    ended.append(await world.chores.deliver_notices())
    world.clock.advance(minutes=2)
    ended.append(await world.chores.deliver_notices())

    assert ended == [0, 0, 1]
    first, second = [await read(world, token) for token in receiver.tokens]
    assert first["jti"] == second["jti"]


async def test_a_relying_party_that_is_away_is_told_when_it_is_back(world: World) -> None:
    await dispute(world)

    away = await world.chores.deliver_notices()
    receiver = Receiver(world)
    world.clock.advance(minutes=2)

    assert away == 0
    assert await world.chores.deliver_notices() == 1
    assert len(receiver.tokens) == 1


async def test_purging_and_keys_are_looked_after_without_harm(world: World) -> None:
    await world.chores.refresh_keys()
    await world.chores.purge()

    assert (await world.signed_in("hong_kong", "chan-siu-ming"))["auth_time"] == int(NOW.timestamp())


async def test_a_chore_that_fails_is_done_again_next_time() -> None:
    done = asyncio.Event()
    tries = []

    async def work() -> None:
        tries.append(1)
        if len(tries) < 3:
            raise RuntimeError("H00000018")
        done.set()

    task = asyncio.create_task(_every(0, work))
    await asyncio.wait_for(done.wait(), 5)
    task.cancel()

    assert len(tries) >= 3


async def test_what_a_failing_chore_says_stays_out_of_the_log(caplog: pytest.LogCaptureFixture) -> None:
    failed = asyncio.Event()

    async def work() -> None:
        failed.set()
        raise RuntimeError("H00000018")

    task = asyncio.create_task(_every(0, work))
    await asyncio.wait_for(failed.wait(), 5)
    await asyncio.sleep(0)
    task.cancel()

    assert "work failed: RuntimeError" in caplog.text
    assert "H00000018" not in caplog.text


# ------------------------------------------------------------------------------------------------- sign-outs
class LogoutReceiver:
    """A relying party's back-channel logout endpoint (Back-Channel Logout 1.0 §2.5)."""

    def __init__(self, world: World, origin: str = RP) -> None:
        self.tokens: list[str] = []
        self.taken = asyncio.Event()
        world.net.mount(origin, Starlette(routes=[Route("/hotel/logout", self._take, methods=["POST"])]))

    async def _take(self, request: Request) -> Response:
        form = dict(parse_qsl((await request.body()).decode("ascii")))
        self.tokens.append(form["logout_token"])
        self.taken.set()
        return Response(status_code=200)


async def sign_out(world: World) -> dict[str, Any]:
    """Somebody signs in at a service that wants to hear of it, and out again; gives the service's claims."""
    await world.register(a_client("inn", backchannel_logout_uri=f"{RP}/hotel/logout"))
    asked, browser = asking("inn"), world.browser()
    answer = await browser.sign_in(asked, "hong_kong", "chan-siu-ming")
    claims = await world.claims(asked, (await world.token(asked, answer["code"])).json())
    await browser.press(await browser.open(f"{AT.issuer}/logout"), "confirm-sign-out")
    return claims


@pytest.mark.spec("Back-Channel Logout 1.0 §2.5")
async def test_a_relying_party_hears_of_a_sign_out_at_once_and_once(world: World) -> None:
    receiver = LogoutReceiver(world)

    claims = await sign_out(world)
    await asyncio.wait_for(receiver.taken.wait(), 4)  # the next round by itself would come after five seconds
    world.clock.advance(minutes=2)
    again = await world.chores.deliver()

    (token,) = receiver.tokens
    assert jose.claimed(token)["sid"] == claims["sid"]
    assert again == 0


@pytest.mark.attack("LO-05")
async def test_lo_05_a_round_that_hangs_does_not_hold_the_next() -> None:
    due, begun, second = asyncio.Event(), [], asyncio.Event()

    async def work() -> None:
        begun.append(1)
        if len(begun) == 1:
            due.set()
            await asyncio.Event().wait()
        second.set()

    due.set()
    task = asyncio.create_task(_whenever(due, 60, work))
    await asyncio.wait_for(second.wait(), 5)
    task.cancel()

    assert len(begun) == 2
