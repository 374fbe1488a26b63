"""Faults, upgrades: two versions serve one database, workers are replaced one by one, and somebody goes back.

The newer version is this program under a higher schema number, on a database to which its migration has added a table
and columns; there is no second release to play with yet.
"""

import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest

from gateway.app import Application, create_app
from gateway.config import load
from gateway.oidc.names import GrantType
from gateway.store import schema
from providers.calls import Calls
from tests.asking import AT
from tests.faults.weight import rounds
from tests.person_browser import Browser
from tests.relying_party import RelyingParty
from tests.world import World, a_world, fetch_over, keys_read_once

CYCLES = rounds(1, 10)
NEXT = "9999"
EXPANSION = (
    "ALTER TABLE clients ADD COLUMN invented_later TEXT",
    "ALTER TABLE grants ADD COLUMN invented_later BIGINT",
    "CREATE TABLE invented_later (id TEXT PRIMARY KEY)",
    "UPDATE alembic_version SET version_num = '9999'",
)


@dataclass(slots=True)
class Fleet:
    """The two places behind a proxy; each is taken by a worker of one version or the other."""

    world: World
    patch: pytest.MonkeyPatch
    running: list[tuple[Application, contextlib.AsyncExitStack]] = field(default_factory=list)

    async def start(self, *, newer: bool) -> tuple[Application, contextlib.AsyncExitStack]:
        """A worker of one of the versions."""
        stack, world = contextlib.AsyncExitStack(), self.world
        with self.patch.context() as version, keys_read_once():
            if newer:
                version.setattr(schema, "HEAD", NEXT)
            app = create_app(
                load(world.folder / "gate.toml"),
                calls=Calls(world.net),
                fetch=fetch_over(world.net),
                clock=world.clock,
            )
            await stack.enter_async_context(app.inner.router.lifespan_context(app.inner))
        return app, stack

    async def replace(self, place: int, *, newer: bool) -> None:
        """Take one worker's place: the new one serves before the old one ends."""
        came = await self.start(newer=newer)
        old, self.running[place] = self.running[place], came
        await old[1].aclose()

    def serve_with(self, place: int) -> None:
        self.world.net.mount(AT.issuer, self.running[place][0])

    async def migrate(self) -> None:
        """What the newer version's migration does: it only adds."""

        def work(connection: Any) -> None:
            for statement in EXPANSION:
                connection.exec_driver_sql(statement)

        await self.world.stores.database.run(work)


@pytest.fixture
async def fleet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Fleet]:
    async with a_world(tmp_path / "world") as world:
        fleet = Fleet(world, monkeypatch)
        fleet.running = [await fleet.start(newer=False) for _ in range(2)]
        try:
            yield fleet
        finally:
            for _, stack in fleet.running:
                await stack.aclose()


async def a_party(world: World) -> RelyingParty:
    """A client that pushes, proves, refreshes and has a kiosk."""
    grants = (GrantType.AUTHORIZATION_CODE, GrantType.REFRESH_TOKEN, GrantType.DEVICE_CODE)
    return await RelyingParty.fapi(world, grant_types=grants)


async def trip(fleet: Fleet, party: RelyingParty, browser: Browser, first: int) -> list[int]:
    """One sign-in whose every step is served by the other worker; gives the statuses of what must succeed."""
    here, there = first, 1 - first
    fleet.serve_with(here)
    asked = await party.pushed(party.asking(scope="openid profile offline_access"))
    ticket = await party.post("/device_authorization", {"scope": "openid"})
    fleet.serve_with(there)
    page = await browser.open(asked.url)
    fleet.serve_with(here)
    if browser.caught is None:  # nobody is signed in yet: to the provider, back to the other worker, consent
        page = await browser.press(page, "provider-hong-kong")
        fleet.serve_with(there)
        page = await browser.prove(page, "chan-siu-ming")
        fleet.serve_with(here)
        await browser.go_on(page, "chan-siu-ming")
    answer = browser.answer
    fleet.serve_with(there)
    tokens = await party.redeem(asked, answer["code"])
    fleet.serve_with(here)
    refreshed = await party.refresh(tokens.json()["refresh_token"])
    told = await party.userinfo(tokens.json()["access_token"])
    fleet.serve_with(there)
    poll = {"grant_type": GrantType.DEVICE_CODE.value, "device_code": ticket.json()["device_code"]}
    waiting = await party.post("/token", poll)
    again = await party.redeem(asked, answer["code"])
    assert waiting.json()["error"] == "authorization_pending"
    assert again.status_code == 400, "a code that one version has spent is spent for the other"
    return [ticket.status_code, tokens.status_code, refreshed.status_code, told.status_code]


@pytest.mark.attack("F-UPG-01")
async def test_f_upg_01_what_either_version_makes_works_on_the_other_while_workers_are_replaced(fleet: Fleet) -> None:
    party, browser = await a_party(fleet.world), fleet.world.browser()
    await fleet.migrate()
    statuses = []

    for cycle in range(CYCLES):
        fleet.world.clock.advance(minutes=1)  # a worker that ends loses the lot of requests that it has taken
        is_newer = cycle % 2 == 0
        await fleet.replace(0, newer=is_newer)
        statuses += await trip(fleet, party, browser, first=cycle % 2)  # one worker of each version
        await fleet.replace(1, newer=is_newer)
        statuses += await trip(fleet, party, fleet.world.browser(), first=1)

    assert set(statuses) == {200}


@pytest.mark.attack("F-UPG-03")
async def test_f_upg_03_the_older_version_goes_on_with_all_that_the_newer_has_written(fleet: Fleet) -> None:
    party, browser = await a_party(fleet.world), fleet.world.browser()
    await fleet.migrate()
    for place in range(2):
        await fleet.replace(place, newer=True)
    await trip(fleet, party, browser, first=0)
    before = await counted(fleet.world)

    for place in range(2):
        await fleet.replace(place, newer=False)

    assert await counted(fleet.world) == before
    fleet.serve_with(0)
    asked = await party.pushed(party.asking(scope="openid profile offline_access"))
    await browser.open(asked.url)
    assert (await party.redeem(asked, browser.answer["code"])).status_code == 200, "signed in, and asked nothing again"


async def counted(world: World) -> dict[str, int]:
    """How many rows the tables have in which something of people's stands."""
    found: dict[str, int] = {}

    def work(connection: Any) -> None:
        for table in ("clients", "subjects", "grants", "sessions", "consents", "refresh_tokens", "pushed_requests"):
            found[table] = connection.exec_driver_sql(f"SELECT count(*) FROM {table}").scalar_one()  # noqa: S608 - fixed

    await world.stores.database.read(work)
    return found


@pytest.mark.attack("F-UPG-03")
async def test_f_upg_03_a_version_that_can_go_on_no_more_says_what_to_do_and_touches_nothing(fleet: Fleet) -> None:
    await fleet.migrate()

    def raise_the_floor(connection: Any) -> None:
        connection.exec_driver_sql(f"UPDATE gateway_facts SET value = '{NEXT}' WHERE name = 'schema_floor'")  # noqa: S608 - fixed

    await fleet.world.stores.database.run(raise_the_floor)
    before = await counted(fleet.world)

    with pytest.raises(schema.SchemaError, match="start a newer version, or restore a backup of before the upgrade"):
        await fleet.start(newer=False)

    assert await counted(fleet.world) == before
    await fleet.replace(0, newer=True)
    fleet.serve_with(0)
    async with fleet.world.net.browser() as http:
        assert (await http.get(f"{AT.issuer}/readyz")).status_code == httpx.codes.OK
