"""Credentials towards the providers are rotated by the book while people sign in: nobody's sign-in fails."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from certs.keys.rotation.records import ProofKind
from gateway.admin import key_office
from gateway.admin.acts import Act
from gateway.admin.key_work import Order
from gateway.config import load
from gateway.managed_keys import ManagedKeys
from gateway.partner_probe import PartnerProbe
from providers.calls import Calls
from tests.gateway.upstreams.rehearsal import NEXT_KEY, public_pem
from tests.world import HOMES, World, keys_read_once

PEOPLE = {"hong_kong": "wong-ka-yan", "macao": "lei-ka-meng", "guangdong": "li-xiao-hua"}
NEXT_SECRET = "the-next-secret-number-0002"
SETS = {
    "hong_kong": "hong_kong-client-secret",
    "macao": "macao-client-secret",
    "guangdong": "guangdong-client-secret",
}


class Hands:
    """An operator at the gateway, and one at the provider."""

    def __init__(self, world: World, place: str) -> None:
        self._world = world
        self._place = place
        self._managed: ManagedKeys = world.gateway.inner.state.keys
        blocks = json.loads((world.folder / "mocks.json").read_text(encoding="utf-8"))
        self._client = blocks[place]["clients"][0]["client_id"]

    def order(self) -> Order:
        return Order(Act("keeper", self._world.clock(), "yearly change"))

    async def told(self) -> None:
        """What every worker does every few seconds."""
        await self._world.chores.refresh_managed_keys()
        await self._world.gateway.inner.state.heartbeat.beat()

    async def sign_in(self) -> None:
        await self._world.signed_in(self._place.replace("_", "-"), PEOPLE[self._place])

    async def theirs(self, verb: str, kind: str, **fields: str) -> Any:
        async with self._world.net.browser() as http:
            answer = await http.post(
                f"{HOMES[self._place]}/__mock__/credentials/{verb}",
                json={"client": self._client, "kind": kind, **fields},
            )
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def bring(self, name: str, material: bytes) -> str:
        """Put the next value on record and publish it; gives its name."""
        await key_office.generate(self._managed.office, name, self.order(), material)
        done = await key_office.publish(self._managed.office, name, self.order())
        await self.told()
        assert done.kid is not None
        return done.kid

    async def prove(self, name: str, kid: str) -> None:
        """Ask the provider, which has to know the next value."""
        world = self._world
        probe = PartnerProbe(load(world.folder / "gate.toml"), self._managed.backend, Calls(world.net), world.clock)
        answer = await probe.ask(name, kid, self._managed.live.records)
        assert answer.is_known, answer.problem
        await key_office.prove(self._managed.office, name, ProofKind.PARTNER, self.order())

    async def activate(self, name: str) -> None:
        """Once every guard holds."""
        self._world.clock.advance(minutes=2)
        await self.told()
        await key_office.activate(self._managed.office, name, self.order())
        await self.told()

    async def abort(self, name: str) -> None:
        await key_office.abort(self._managed.office, name, self.order())
        await self.told()


@pytest.fixture(autouse=True)
def _keys_read_once() -> Iterator[None]:
    """Each change reads RSA keys anew, which takes longer than everything else here."""
    with keys_read_once():
        yield


async def test_the_client_secrets_of_all_three_places_are_rotated_by_the_book(world: World) -> None:
    for place, name in SETS.items():
        hands = Hands(world, place)

        kid = await hands.bring(name, NEXT_SECRET.encode())
        await hands.sign_in()
        await hands.theirs("publish", "client_secret", value=NEXT_SECRET)
        await hands.prove(name, kid)
        await hands.activate(name)
        await hands.sign_in()
        await hands.abort(name)
        await hands.sign_in()
        await hands.activate(name)
        await hands.theirs("switch", "client_secret")
        await hands.theirs("withdraw", "client_secret")

        await hands.sign_in()


async def test_hong_kongs_encipherment_key_is_rotated_by_the_book_with_them_switching_first(world: World) -> None:
    hands, name, key = Hands(world, "hong_kong"), "hong_kong-decryption-key", NEXT_KEY
    await hands.sign_in()

    kid = await hands.bring(name, key.to_pem())
    await hands.theirs("publish", "kek", value=public_pem(key))
    await hands.theirs("switch", "kek")
    world.clock.advance(hours=25)
    await hands.sign_in()
    await hands.prove(name, kid)
    await hands.activate(name)
    await hands.sign_in()
    await hands.theirs("withdraw", "kek")
    world.clock.advance(hours=25)

    await hands.sign_in()
