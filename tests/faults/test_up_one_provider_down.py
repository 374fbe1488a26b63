"""One provider dies while people sign in: the others work as ever, and the dead one costs nobody a wait (F-UP-01).

Costs are counted in calls that the gateway makes to the dead place, not in time.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit

import pytest
import pytest_asyncio

from gateway.cli.robot import Page
from gateway.store.sql import tables
from providers.breakers import Breakers
from tests.person_browser import Browser
from tests.world import AT, HOMES, Asked, World, a_world, asking

pytestmark = pytest.mark.asyncio(loop_scope="module")

DEAD = "hong_kong"
PEOPLE = {"macao": "jose-da-luz", "guangdong": "wong-ka-yan", "hong_kong": "chan-siu-ming"}
OPENS_AFTER = 5
CODE = "c0de" * 8
"""Has the shape of a code, and was never given out."""


@dataclass(slots=True)
class Place:
    """A world whose gateway has breakers, and their clock."""

    world: World
    breakers: Breakers
    now: float = 0.0

    def calls_to_the_dead(self) -> int:
        """How often the gateway has knocked."""
        dead = urlsplit(HOMES[DEAD]).netloc
        return sum(request.url.netloc.decode() == dead for request in self.world.net.requests)

    async def news(self) -> list[str]:
        """What has come on record of breakers since this was last asked."""
        before = len(await self._told())
        await self.world.chores.refresh_notices()
        return (await self._told())[before:]

    async def _told(self) -> list[str]:
        rows = await self.world.stores.database.read(
            lambda connection: connection.execute(tables.audit.select().order_by(tables.audit.c.seq)).all()
        )
        return [f"{row.action} {row.provider}" for row in rows if row.action.startswith("breaker.")]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def world(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    async with a_world(tmp_path_factory.mktemp("one-down") / "world") as running:
        yield running


@pytest.fixture
def place(world: World) -> Place:
    """The world with new breakers, as after a start."""
    breakers = Breakers(PEOPLE, clock=lambda: made.now, chance=lambda: 0.5)
    made = Place(world, breakers)
    world.chores.calls.breakers = breakers
    world.chores.broker.notices_of_providers.silent_here = breakers.silent
    return made


async def on_the_way(world: World) -> tuple[Browser, str]:
    """Somebody at the provider's page, and the address with which the provider will send them back."""
    browser = world.browser()
    page = await browser.to_provider(asking(), DEAD)
    (state,) = parse_qs(urlsplit(page.url).query)["state"]
    return browser, f"{AT.issuer}/callback/hong-kong?code={CODE}&state={state}"


async def chooser(world: World, **changes: str | None) -> tuple[Browser, Page, Asked]:
    browser, asked = world.browser(), asking(**changes)
    return browser, await browser.open(asked.url), asked


async def test_f_up_01_the_others_go_on_and_the_dead_one_costs_nobody_a_call(place: Place) -> None:
    world = place.world
    waiting = [await on_the_way(world) for _ in range(OPENS_AFTER + 2)]
    dead = world.mocks[DEAD]
    world.net.unmount(HOMES[DEAD])
    before = place.calls_to_the_dead()

    codes = []
    for browser, callback in waiting:
        page = await browser.open(callback)
        codes.append((page.status, page.texts["problem-code"]))
    cost = place.calls_to_the_dead() - before

    _, choice, _ = await chooser(world)
    _, hinted, _ = await chooser(world, idp_hint=DEAD)
    others = [await world.signed_in(name, PEOPLE[name], scope="openid profile") for name in ("macao", "guangdong")]

    assert codes == [(503, "GBA-2003")] * len(waiting)
    assert cost == OPENS_AFTER
    assert list(choice.buttons)[-1] == "provider-hong-kong"
    assert "does not answer at the moment" in choice.texts["notice-provider-hong-kong"]
    assert "provider-macao" in hinted.buttons
    assert all(claims["sub"] for claims in others)
    assert place.calls_to_the_dead() - before == OPENS_AFTER
    assert await place.news() == ["breaker.opened hong_kong"]

    world.net.mount(HOMES[DEAD], dead)
    place.now = 6.0
    back = await world.signed_in(DEAD, PEOPLE[DEAD], scope="openid profile")
    _, choice, _ = await chooser(world)

    assert back["sub"]
    assert "notice-provider-hong-kong" not in choice.texts
    assert await place.news() == ["breaker.closed hong_kong"]


async def test_f_up_01_spoilt_callbacks_of_one_person_switch_no_provider_off_for_all(place: Place) -> None:
    world = place.world

    for _ in range(OPENS_AFTER + 2):
        browser, callback = await on_the_way(world)
        page = await browser.open(callback)
        assert page.texts["problem-code"].startswith("GBA-2")

    assert place.breakers.states()[DEAD] == "closed"
    assert (await world.signed_in(DEAD, PEOPLE[DEAD], scope="openid profile"))["sub"]
    assert await place.news() == []


async def test_f_up_01_where_nothing_works_the_service_is_told_that_it_is_for_now(place: Place) -> None:
    world = place.world
    for name in PEOPLE:
        for _ in range(OPENS_AFTER):
            place.breakers.failed(name, place.breakers.admit(name) or 0, 0.0)

    browser, page, asked = await chooser(world)
    await browser.follow(page, "way-home")

    assert "none-answers" in page.texts
    assert browser.caught is not None
    answer = parse_qs(urlsplit(browser.caught).query)
    assert (answer["error"], answer["state"]) == (["temporarily_unavailable"], [asked.state])
