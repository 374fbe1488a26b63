"""Faults, clocks: one of two workers has a wrong time; it serves nobody, and nothing expired or used comes back."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from gateway.audit import AuditAction
from gateway.clock_watch import ClockUnsoundError
from tests.asking import Asked, asking
from tests.faults.clocks import Team, a_team, audited
from tests.relying_party import RelyingParty

HOUR = timedelta(hours=1)
BACK = [timedelta(minutes=-10), timedelta(days=-1)]
REFUSED = {400, 401}


@pytest.fixture
async def team(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Team]:
    async with a_team(tmp_path / "world", monkeypatch) as running:
        yield running


async def a_waiting_code(team: Team) -> tuple[Asked, str]:
    """A code that the second worker has given."""
    team.serve_with(1)
    asked = asking()
    answer = await team.world.browser().sign_in(asked, "hong_kong", "chan-siu-ming")
    return asked, answer["code"]


def is_put_off(response: httpx.Response) -> bool:
    return response.status_code == 503 and response.headers["retry-after"] == "5"


@pytest.mark.attack("F-CLK-01")
async def test_f_clk_01_a_worker_that_is_an_hour_ahead_issues_nothing_from_that_moment_on(team: Team) -> None:
    asked, code = await a_waiting_code(team)
    team.clocks[0].ahead = HOUR
    team.serve_with(0)

    refused = await team.world.token(asked, code)
    page = await team.ask(f"/authorize?{httpx.QueryParams(asking().parameters)}", at=0)
    malformed = await team.ask(f"/authorize?{httpx.QueryParams(asking(response_type='token').parameters)}", at=0)
    team.serve_with(1)
    taken = await team.world.token(asked, code)

    assert is_put_off(refused)
    assert refused.json()["error"] == "temporarily_unavailable"
    assert is_put_off(page)
    assert is_put_off(malformed)
    assert taken.status_code == 200, "the other worker serves, and the code was not spent by the refusal"
    assert taken.json()["expires_in"] == 600


@pytest.mark.attack("F-CLK-01")
async def test_f_clk_01_it_is_unready_for_as_long_as_it_is_wrong_and_ready_after_two_good_looks(team: Team) -> None:
    await team.beat(0)
    team.clocks[0].ahead = HOUR
    seen = []
    for _ in range(120):  # ten minutes
        await team.beat(0)
        seen.append((await team.ask("/readyz", at=0)).status_code)
    told = await team.row(0)
    team.clocks[0].ahead = timedelta(0)

    after = []
    for _ in range(3):
        await team.beat(0)
        after.append((await team.ask("/readyz", at=0)).status_code)

    assert set(seen) == {503}
    assert (told.healthy, told.skew_ms) == (False, 3_600_000)
    assert after == [503, 200, 200]
    assert (await team.ask("/readyz", at=1)).status_code == 200
    asked, code = await a_waiting_code(team)
    team.serve_with(0)
    assert (await team.world.token(asked, code)).status_code == 200


@pytest.mark.attack("F-CLK-01")
async def test_f_clk_01_from_outside_nothing_is_told_of_the_clock_but_that_it_is_not_right(team: Team) -> None:
    team.clocks[0].ahead = HOUR

    answer = await team.ask("/readyz", at=0)

    assert answer.json() == {"status": "unavailable", "checks": {"database": True, "clock": False}}
    assert (await team.ask("/jwks", at=0)).status_code == 200
    assert (await team.ask("/livez", at=0)).status_code == 200


@pytest.mark.attack("F-CLK-01")
async def test_f_clk_01_a_worker_that_is_ahead_purges_nothing_that_is_still_needed(team: Team) -> None:
    asked, code = await a_waiting_code(team)
    team.clocks[0].ahead = timedelta(days=200)

    with pytest.raises(ClockUnsoundError):
        await team.chores(0).purge()

    team.serve_with(1)
    assert (await team.world.token(asked, code)).status_code == 200


@dataclass(slots=True)
class Spent:
    """What was used, or is over, before the clock went back."""

    party: RelyingParty
    asked: Asked
    code: str
    refresh_token: str
    access_token: str
    assertion: str
    pushed: Asked
    expired_code: tuple[Asked, str]

    async def come_again(self) -> dict[str, httpx.Response]:
        """Try all of it once more."""
        with_assertion = {
            "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
            "client_assertion": self.assertion,
        }
        world = self.party.world
        async with world.net.browser() as http:
            opened = await http.get(self.pushed.url)
            replayed = await http.post(f"{world.issuer}/introspect", data={"token": "t" * 43, **with_assertion})
        return {
            "code": await self.party.redeem(self.asked, self.code),
            "expired code": await world.token(*self.expired_code),
            "refresh token": await self.party.refresh(self.refresh_token),
            "access token": await self.party.userinfo(self.access_token),
            "assertion": replayed,
            "pushed request": opened,
        }


async def used_up(team: Team) -> Spent:
    """A client under FAPI 2.0 signs somebody in, asserts, revokes; then everything is over."""
    world = team.world
    party = await RelyingParty.fapi(world)
    expired = await a_waiting_code(team)
    asked = await party.pushed(party.asking(scope="openid offline_access", prompt="consent"))
    answer = await world.browser().sign_in(asked, "hong_kong", "chan-siu-ming")
    tokens: dict[str, str] = (await party.redeem(asked, answer["code"])).json()
    assertion = party.assertion(exp=int(world.clock.now.timestamp()) + 300)
    form = {"token": "t" * 43, "client_assertion": assertion}
    form["client_assertion_type"] = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
    async with world.net.browser() as http:
        assert (await http.post(f"{world.issuer}/introspect", data=form)).status_code == 200
    assert (await party.post("/revoke", {"token": tokens["refresh_token"]})).status_code == 200
    world.clock.advance(minutes=11)  # the access token, the codes and the pushed request are over
    return Spent(
        party, asked, answer["code"], tokens["refresh_token"], tokens["access_token"], assertion, asked, expired
    )


@pytest.mark.attack("F-CLK-02")
@pytest.mark.parametrize("back", BACK)
async def test_f_clk_02_a_worker_whose_clock_went_back_revives_nothing(team: Team, back: timedelta) -> None:
    spent = await used_up(team)
    team.clocks[0].ahead = back
    team.serve_with(0)

    during = await spent.come_again()
    team.serve_with(1)
    elsewhere = await spent.come_again()
    team.clocks[0].ahead = timedelta(0)
    for _ in range(2):
        await team.beat(0)
    team.serve_with(0)
    afterwards = await spent.come_again()

    assert {name for name, answer in during.items() if not is_put_off(answer)} == set()
    for answers in (elsewhere, afterwards):
        assert {name for name, answer in answers.items() if answer.status_code not in REFUSED} == set()


@pytest.mark.attack("F-CLK-02")
@pytest.mark.parametrize("back", BACK)
async def test_f_clk_02_what_was_used_stays_used_even_for_a_clock_that_nobody_watches(
    team: Team, back: timedelta
) -> None:
    world = team.world
    world.net.mount(world.issuer, world.gateway)
    party = await RelyingParty.fapi(world)
    asked = await party.pushed(party.asking())
    answer = await world.browser().sign_in(asked, "hong_kong", "chan-siu-ming")
    assertion = party.assertion()
    form: dict[str, Any] = {"token": "t" * 43, "client_assertion": assertion}
    form["client_assertion_type"] = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
    async with world.net.browser() as http:
        first = await http.post(f"{world.issuer}/introspect", data=form)
        assert (await party.redeem(asked, answer["code"])).status_code == 200
        world.clock.now += back
        replayed = await http.post(f"{world.issuer}/introspect", data=form)

        code = await party.redeem(asked, answer["code"])

    assert first.status_code == 200
    assert replayed.status_code == 401
    assert code.status_code == 400


@pytest.mark.attack("F-CLK-02")
async def test_f_clk_02_the_audit_keeps_its_order_and_tells_of_the_clock_by_the_databases_time(team: Team) -> None:
    before = len(await audited(team.world))
    await a_waiting_code(team)
    await team.beat(0)
    team.clocks[0].ahead = timedelta(days=-1)
    await team.ask(f"/authorize?{httpx.QueryParams(asking().parameters)}", at=0)
    await team.beat(0)
    team.clocks[0].ahead = timedelta(0)
    for _ in range(2):
        await team.beat(0)
    await a_waiting_code(team)

    rows = (await audited(team.world))[before:]

    moments = [row.at for row in rows]
    assert moments == sorted(moments)
    actions = [row.action for row in rows]
    assert actions.count(AuditAction.CLOCK_DOUBTED) == 1
    assert actions.count(AuditAction.CLOCK_TRUSTED) == 1
