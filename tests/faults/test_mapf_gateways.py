"""Faults, mapping: whole gateways in real processes are killed while people sign in; they try again (F-MAPF-02, MP-04)."""

import asyncio
import random
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from gateway.admin import keyring
from gateway.store.open import open_stores
from mock_idps.personas import Persona
from tests.faults.gateways import Town, a_crowd, a_town
from tests.faults.test_mapf_killed import assert_whole
from tests.faults.weight import PATIENT, rounds
from tests.world import asking

pytestmark = PATIENT
ROUNDS = rounds(2, 200)
AT_ONCE = 6
"""People who stand before the gateway when a worker dies."""
TRIES = 12
CROWD = a_crowd(ROUNDS * AT_ONCE)


@pytest.fixture
async def town(tmp_path: Path, postgres_url: str) -> AsyncIterator[Town]:
    async with a_town(tmp_path / "town", postgres_url, CROWD) as running:
        yield running


async def sign_in(town: Town, person: Persona) -> str:
    """Somebody's way to their number; where a worker dies under them, they begin again."""
    for _ in range(TRIES):
        asked, browser = asking(), town.world.browser()
        try:
            async with browser.http:
                answer = await browser.sign_in(asked, "hong_kong", person.id, person.permit)
                response = await town.world.token(asked, answer["code"])
                claims = await town.world.claims(asked, response.json()) if response.status_code == 200 else {}
        except httpx.TransportError:
            continue
        except (KeyError, AssertionError):
            assert browser.last.status_code in {400, 503}, browser.last.text[:2000]  # a page of a sign-in that was cut
            continue
        if "gba_cn_id" in claims:
            number: str = claims["gba_cn_id"]["value"]
            return number
    raise AssertionError("the gateway never came back")


@pytest.mark.attack("F-MAPF-02", "MP-04")
async def test_f_mapf_02_people_whose_gateway_is_killed_try_again_and_have_one_number(town: Town) -> None:
    chance = random.Random(20261124)  # noqa: S311 - moments, not secrets
    numbers: dict[str, str] = {}

    for place in range(ROUNDS):
        people = CROWD[place * AT_ONCE : (place + 1) * AT_ONCE]
        arriving = [asyncio.create_task(sign_in(town, person)) for person in people]
        await asyncio.sleep(chance.uniform(0.05, 1.5))
        victim = town.workers[place % 2]
        await victim.kill()
        told = dict(zip((person.id for person in people), await asyncio.gather(*arriving), strict=True))
        await victim.start()
        numbers |= told
        again = await asyncio.gather(*(sign_in(town, person) for person in people))
        assert list(told.values()) == again

    assert len(set(numbers.values())) == len(CROWD)
    await assert_database_is_whole(town)


async def assert_database_is_whole(town: Town) -> None:
    keys = keyring.load(town.world.folder / "keys")
    stores = await open_stores(
        town.world.database_url, sealing_keys=keys.sealing_keys, index_keys=keys.index_keys, pool_size=2
    )
    try:
        await assert_whole(stores, len(CROWD))
    finally:
        await stores.aclose()
