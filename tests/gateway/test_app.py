"""The composition root: what must be there before anything is served, and the gateway's own relying party."""

import dataclasses
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

import gateway.app
from gateway.app import create_app, create_operator_app
from gateway.audit import AuditEvent
from gateway.broker.own_client import OWN_CLIENT_ID, own_client
from gateway.config import ConfigurationError, load
from gateway.oidc.model import Client
from gateway.own_party import with_own_party
from providers.calls import Calls
from tests.world import AT, NOW, World, a_client, a_world


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with a_world(tmp_path / "world") as running:
        yield running


class Parties:
    """Relying parties in memory."""

    def __init__(self, *clients: Client) -> None:
        self.clients = {client.client_id: client for client in clients}
        self.events: list[AuditEvent] = []

    async def find(self, client_id: str) -> Client | None:
        return self.clients.get(client_id)

    async def save(self, client: Client, event: AuditEvent) -> bool:
        self.events.append(event)
        return self.clients.setdefault(client.client_id, client) is client

    async def page(self, after: str | None, limit: int) -> list[Client]:
        raise AssertionError("nobody lists or disables clients here")

    async def disable(self, client_id: str, now: object, event: AuditEvent) -> bool:
        raise AssertionError("nobody lists or disables clients here")


async def test_the_gateways_own_relying_party_is_registered_once() -> None:
    parties = Parties(a_client())

    for _ in range(2):
        clients = await with_own_party(parties, parties, "https://id.example.hk", NOW)

    assert await clients.find("shop") == a_client()
    assert await clients.find("nobody") is None
    assert await clients.find(OWN_CLIENT_ID) == dataclasses.replace(own_client("https://id.example.hk"), created_at=NOW)
    assert len(parties.events) == 1


async def test_an_issuer_that_moved_leaves_no_old_address_behind() -> None:
    parties = Parties(dataclasses.replace(own_client("https://old.example.hk"), created_at=NOW))

    clients = await with_own_party(parties, parties, "https://new.example.hk", NOW)
    found = await clients.find(OWN_CLIENT_ID)

    assert found is not None
    assert found.redirect_uris == ("https://new.example.hk/account/return",)


async def test_an_operator_can_switch_the_own_relying_party_off() -> None:
    parties = Parties(dataclasses.replace(own_client("https://id.example.hk"), created_at=NOW, disabled_at=NOW))

    clients = await with_own_party(parties, parties, "https://id.example.hk", NOW)
    found = await clients.find(OWN_CLIENT_ID)

    assert found is not None
    assert not found.is_active


async def test_a_restarted_gateway_finds_its_own_relying_party_there(world: World) -> None:
    again = create_app(load(world.folder / "gate.toml"), calls=Calls(world.net), clock=world.clock)

    async with again.inner.router.lifespan_context(again.inner):
        found = await world.stores.clients.find(OWN_CLIENT_ID)

    assert found is not None
    assert found.redirect_uris == (f"{AT.issuer}/account/return",)


async def test_the_operator_api_does_not_start_unless_it_is_configured(world: World) -> None:
    with pytest.raises(ConfigurationError, match="operator_api"):
        create_operator_app(load(world.folder / "gate.toml"))


async def test_nothing_is_served_while_the_reserved_blocks_are_not_sound(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unsound() -> None:
        raise ConfigurationError("the reserved blocks of stand-in numbers are not sound")

    monkeypatch.setattr(gateway.app, "require_sound_blocks", unsound)

    with pytest.raises(ConfigurationError, match="not sound"):
        create_app(load(world.folder / "gate.toml"))
