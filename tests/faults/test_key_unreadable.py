"""Faults, keys: a place of private halves that cannot be read signs nothing and invents nothing (F-KEY-03)."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio

from certs.keys.signing_key import Algorithm, SigningKey
from gateway.app import create_app
from gateway.chores import Chores
from gateway.config import load
from gateway.live_keys import LiveKeys
from providers.calls import Calls
from tests.asking import AT, asking
from tests.world import NOW, World, a_client, a_world, fetch_over


@dataclass(slots=True)
class Town:
    """A world whose keys can be taken away and given back."""

    world: World
    away: Path

    @property
    def chores(self) -> Chores:
        return self.world.chores

    @property
    def live(self) -> LiveKeys:
        live: LiveKeys = self.world.gateway.inner.state.keys.live
        return live

    async def take_away(self) -> None:
        """The files are gone, as on a mount that is lost; the workers look at them within a quarter of a minute."""
        for path in (self.world.folder / "keys").glob("id-token-*.pem"):
            path.rename(self.away / path.name)
        await self.chores.prove_keys()

    async def give_back(self) -> None:
        for path in self.away.iterdir():
            path.rename(self.world.folder / "keys" / path.name)
        await self.chores.prove_keys()

    async def redeem(self) -> httpx.Response:
        asked = asking("shop")
        answer = await self.world.browser().sign_in(asked, "hong_kong", "chan-siu-ming")
        return await self.world.token(asked, answer["code"])

    async def get(self, path: str) -> httpx.Response:
        async with self.world.net.browser() as http:
            return await http.get(f"{AT.issuer}{path}")


@pytest_asyncio.fixture
async def town(tmp_path: Path) -> AsyncIterator[Town]:
    async with a_world(tmp_path / "world") as world:
        away = tmp_path / "away"
        away.mkdir()
        yield Town(world, away)


@pytest.mark.attack("F-KEY-03")
async def test_f_key_03_tokens_are_answered_with_503_and_no_code_is_spent_while_the_keys_are_away(town: Town) -> None:
    asked = asking("shop")
    answer = await town.world.browser().sign_in(asked, "hong_kong", "chan-siu-ming")
    await town.take_away()

    refused = await town.world.token(asked, answer["code"])
    await town.give_back()
    redeemed = await town.world.token(asked, answer["code"])

    assert (refused.status_code, refused.json()["error"]) == (503, "temporarily_unavailable")
    assert int(refused.headers["retry-after"]) > 0
    assert redeemed.status_code == 200


@pytest.mark.attack("F-KEY-03")
async def test_f_key_03_the_published_keys_stay_and_none_is_invented(town: Town) -> None:
    before = (await town.get("/jwks")).json()
    await town.take_away()

    after = await town.get("/jwks")

    assert (after.status_code, after.json()) == (200, before)
    assert not list((town.world.folder / "keys").glob("sealed/*.key"))


@pytest.mark.attack("F-KEY-03")
async def test_f_key_03_what_was_signed_before_is_still_checked(town: Town) -> None:
    tokens = (await town.redeem()).json()
    await town.take_away()

    userinfo = await town.world.userinfo(tokens["access_token"])
    sign_out = await town.get(f"/logout?id_token_hint={tokens['id_token']}")

    assert userinfo.status_code == 200
    assert sign_out.status_code in {200, 303}


@pytest.mark.attack("F-KEY-03")
@pytest.mark.parametrize("damage", ["gone", "another key", "no key"])
async def test_f_key_03_a_gateway_that_starts_without_its_keys_serves_the_rest_and_recovers_by_itself(
    town: Town, damage: str
) -> None:
    world = town.world
    pem = world.folder / "keys" / "id-token-es256.pem"
    good = pem.read_bytes()
    match damage:
        case "gone":
            pem.unlink()
        case "another key":
            pem.write_bytes(SigningKey.generate(Algorithm.ES256, NOW).to_pem())
        case _:
            pem.write_bytes(b"no key")
    app = create_app(
        load(world.folder / "gate.toml"), calls=Calls(world.net), fetch=fetch_over(world.net), clock=world.clock
    )

    async with app.inner.router.lifespan_context(app.inner):
        world.net.mount(AT.issuer, app)
        refused = await town.redeem()
        kids = {key["kid"] for key in (await town.get("/jwks")).json()["keys"]}
        pem.write_bytes(good)
        pem.chmod(0o600)
        chores: Any = app.inner.state.chores
        await chores.prove_keys()
        recovered = await town.redeem()

    assert refused.status_code == 503
    assert {key.kid for key in town.live.records["id-token-es256"].keys} <= kids
    assert recovered.status_code == 200


@pytest.mark.attack("F-KEY-03")
async def test_f_key_03_a_place_that_fails_in_the_middle_of_signing_is_503_as_well(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    from certs.keys.errors import KeyUnavailableError  # noqa: PLC0415 - only here
    from certs.keys.signing_key import LocalSigner  # noqa: PLC0415 - only here

    asked = asking("shop")
    answer = await town.world.browser().sign_in(asked, "hong_kong", "chan-siu-ming")

    def down(*_: object) -> bytes:
        raise KeyUnavailableError("the service does not answer")

    with monkeypatch.context() as broken:
        broken.setattr(LocalSigner, "sign", down)
        refused = await town.world.token(asked, answer["code"])

    assert (refused.status_code, refused.json()["error"]) == (503, "temporarily_unavailable")


async def test_a_client_that_is_registered_while_a_key_is_away_is_not_told_that_its_algorithm_does_not_exist(
    town: Town,
) -> None:
    await town.take_away()

    made = await town.world.register(a_client("another", id_token_signed_response_alg="RS256"))

    assert "another" in made
