"""Relying parties of the federation become clients at first sight, within bounds, and for as long as their chain holds."""

import asyncio
from collections.abc import Awaitable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import pytest

from gateway.audit import AuditAction, AuditEvent
from gateway.federated_clients import RESOLUTIONS_PER_MINUTE, FederatedClients
from gateway.oidc.federation.automatic import Admission
from gateway.oidc.model import Client
from gateway.oidc.names import ClientAuthMethod
from tests.gateway.oidc.federation.net import ANCHOR, NOW, REGION, RP, Entity, Net, a_federation, a_relying_party

pytestmark = pytest.mark.spec("OpenID Federation 1.0 §12.1")
MEMBER = "https://anchor.example/marks/member"


@dataclass(slots=True)
class Registry:
    """Clients in memory."""

    clients: dict[str, Client] = field(default_factory=dict)
    events: list[AuditEvent] = field(default_factory=list)

    async def find(self, client_id: str) -> Client | None:
        return self.clients.get(client_id)

    async def save(self, client: Client, event: AuditEvent) -> bool:
        self.events.append(event)
        return self.clients.setdefault(client.client_id, client) is client

    async def replace(self, client: Client, event: AuditEvent) -> bool:
        self.events.append(event)
        self.clients[client.client_id] = client
        return True


@dataclass(slots=True)
class Rig:
    net: Net
    anchor: Entity
    region: Entity
    party: Entity
    registry: Registry
    clients: FederatedClients
    now: datetime = NOW

    def find(self, client_id: str = RP) -> Awaitable[Client | None]:
        return self.clients.find(client_id)


def rig(party: Entity | None = None, *, marks: frozenset[str] = frozenset()) -> Rig:
    net, anchor, region, party = a_federation(party)
    registry = Registry()
    admission = Admission({REGION: "hong_kong"}, frozenset({"openid", "profile"}), marks)
    made = Rig(net, anchor, region, party, registry, clients=None)  # type: ignore[arg-type] # filled below
    made.clients = FederatedClients(registry, registry, {ANCHOR: anchor.pinned}, admission, net, lambda: made.now)
    return made


async def test_a_vouched_relying_party_becomes_a_client_under_its_entity_identifier():
    world = rig()

    client = await world.find()

    assert client is not None
    assert client.client_id == RP
    assert client.registered_by == "federation"
    assert client.token_endpoint_auth_method is ClientAuthMethod.PRIVATE_KEY_JWT
    assert client.jurisdiction == "hong_kong"
    assert client.scopes == ("openid", "profile")
    assert client.expires_at == NOW + timedelta(hours=1)
    assert [event.action for event in world.registry.events] == [AuditAction.CLIENT_CREATED]


async def test_a_known_client_costs_no_call():
    world = rig()
    await world.find()
    world.net.asked.clear()

    await world.find()

    assert world.net.asked == []


async def test_a_chain_that_is_over_is_verified_again():
    world = rig()
    await world.find()
    world.now = NOW + timedelta(minutes=61)
    world.net.asked.clear()

    again = await world.find()

    assert world.net.asked != []
    assert again is None  # the statements of the tests are an hour old by then, and so is the trust in them


async def test_who_is_expelled_by_its_region_is_a_stranger_when_the_chain_is_over():
    world = rig()
    first = await world.find()
    assert first is not None
    world.registry.clients[RP] = replace(first, expires_at=NOW)
    del world.region.below[RP]

    assert await world.find() is None


async def test_an_entity_that_an_operator_switched_off_stays_off():
    world = rig()
    first = await world.find()
    assert first is not None
    world.registry.clients[RP] = replace(first, disabled_at=NOW, expires_at=NOW)

    found = await world.find()

    assert found is not None
    assert not found.is_active


async def test_a_client_without_an_address_for_a_name_is_not_looked_up():
    world = rig()

    assert await world.find("shop") is None
    assert world.net.asked == []


async def test_many_requests_at_once_verify_one_chain_once():
    world = rig()

    found = await asyncio.gather(*(world.find() for _ in range(20)))

    assert {client.client_id for client in found if client} == {RP}
    assert len(world.net.asked) == len(set(world.net.asked))


async def test_a_failure_is_remembered_for_a_while():
    world = rig()
    world.net.entities.pop(RP)

    await world.find()
    calls = len(world.net.asked)
    await world.find()
    assert len(world.net.asked) == calls

    world.now += timedelta(seconds=61)
    await world.find()
    assert len(world.net.asked) > calls


@pytest.mark.attack("DS-01")
async def test_ds_01_strangers_cannot_make_the_gateway_call_without_end():
    world = rig()

    for number in range(RESOLUTIONS_PER_MINUTE * 3):
        await world.find(f"https://s{number}.example")

    assert len(world.net.asked) == RESOLUTIONS_PER_MINUTE


async def test_a_relying_party_below_no_region_is_refused():
    party = a_relying_party(hints=(ANCHOR,))
    world = rig(party)
    world.anchor.vouch(party)

    assert await world.find() is None


@pytest.mark.parametrize(
    "metadata",
    [
        {"token_endpoint_auth_method": "none"},
        {"token_endpoint_auth_method": "client_secret_basic"},
        {"redirect_uris": []},
        {"redirect_uris": ["http://rp.example/callback"]},
        {"jwks": None},
        {"client_name": "\u202egnp.exe"},
        {"scope": ["openid"]},
    ],
)
async def test_metadata_that_an_operator_could_not_register_is_refused(metadata: dict[str, object]):
    world = rig(a_relying_party(**metadata))

    assert await world.find() is None
    assert world.registry.clients == {}


async def test_what_only_operators_give_cannot_be_taken():
    world = rig(
        a_relying_party(
            gba_jurisdiction="guangdong",
            gba_surrogate_purposes=["accommodation"],
            subject_type="public",
            scope="openid profile cn_id cn_doc",
        )
    )

    client = await world.find()

    assert client is None or (
        client.jurisdiction == "hong_kong"
        and client.surrogate_purposes == ()
        and client.subject_type == "pairwise"
        and "cn_id" not in client.scopes
    )


async def test_a_required_trust_mark_must_be_there():
    without = rig(marks=frozenset({MEMBER}))
    assert await without.find() is None

    world = rig(marks=frozenset({MEMBER}))
    world.anchor.more["trust_mark_issuers"] = {MEMBER: [REGION]}
    world.party.more["trust_marks"] = [{"trust_mark_type": MEMBER, "trust_mark": world.region.mark(RP, MEMBER)}]
    assert await world.find() is not None


@pytest.mark.attack("PR-02")
async def test_pr_02_a_change_of_its_address_does_not_change_its_sector():
    world = rig()
    first = await world.find()
    assert first is not None
    world.registry.clients[RP] = replace(first, expires_at=NOW)
    world.party.metadata["openid_relying_party"]["redirect_uris"] = ["https://victim.example/callback"]

    second = await world.find()

    assert second is None or second.sector == first.sector
