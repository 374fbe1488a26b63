"""Group AL, records that stand still: no code and no token that was given before goes on giving the number."""

from collections.abc import Awaitable, Callable

import pytest

from tests.attacks.watch import WatchedWorld
from tests.my_identifier import SignedIn, a_browser, a_keeper, change, my_identifier, operate, signed_in
from tests.world import AT, asking

HOLDER, PERMIT = "chan-siu-ming", "H00000018"
Stand = Callable[[WatchedWorld], Awaitable[None]]


async def frozen(world: WatchedWorld) -> None:
    await operate(world, "/v1/map/freeze", permit=PERMIT)


async def closed(world: WatchedWorld) -> None:
    await operate(world, "/v1/map/close", permit=PERMIT, reason="death")


async def disputed(world: WatchedWorld) -> None:
    browser = a_browser(world)
    await my_identifier(browser, "hong_kong", HOLDER)
    await change(browser, "dispute")


async def verified(world: WatchedWorld, person: SignedIn) -> int:
    """How the gateway answers a relying party that asks about the number it has."""
    async with world.net.browser() as http:
        response = await http.post(
            f"{AT.issuer}/v1/identifiers/verify",
            json={"number": person.given},
            headers={"authorization": f"Bearer {person.tokens['access_token']}"},
        )
    return response.status_code


@pytest.mark.attack("AL-02", "AL-08")
@pytest.mark.parametrize("stand_still", [frozen, closed, disputed])
async def test_al_02_no_token_gives_the_number_of_a_record_that_stands_still(
    world: WatchedWorld, stand_still: Stand
) -> None:
    before = await signed_in(world, "hong_kong", HOLDER)
    browser, asked = a_browser(world), asking()
    code = (await browser.sign_in(asked, "hong_kong", HOLDER))["code"]
    assert (await world.userinfo(before.tokens["access_token"])).status_code == 200
    assert await verified(world, before) == 200

    await stand_still(world)

    assert (await world.userinfo(before.tokens["access_token"])).status_code == 401
    assert await verified(world, before) == 401
    assert (await world.token(asked, code)).json()["error"] == "invalid_grant"


@pytest.mark.attack("AL-02")
async def test_al_02_the_true_holder_gets_the_number_once_the_thief_is_untied(world: WatchedWorld) -> None:
    thief = await signed_in(world, "hong_kong", HOLDER)
    async with a_keeper(world) as http:
        record = (await http.post("/v1/map/history", json={"permit": PERMIT})).json()["record"]

    await operate(world, f"/v1/people/{record['subjects'][0]}/block")
    await operate(world, f"/v1/people/{record['subjects'][0]}/untie")

    assert (await world.userinfo(thief.tokens["access_token"])).status_code == 401
    async with a_keeper(world) as http:
        shown = (await http.post("/v1/map/history", json={"permit": PERMIT})).json()
    assert shown["record"]["subjects"] == []
    assert [(line["what"], line["actor"].split(":")[0]) for line in shown["history"]][-1] == ("untied", "operator")
