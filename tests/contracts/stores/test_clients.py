"""Registered relying parties: one suite for every engine behind `ClientStore` and `ClientRegistry`."""

import asyncio
import json
from dataclasses import replace

import pytest
from sqlalchemy import update

from gateway.audit import AuditAction
from gateway.oidc.names import ClientAuthMethod, DeliveryMode, GrantType, Profile, SubjectType
from gateway.store.fields import RecordError
from gateway.store.open import Stores
from gateway.store.protocol_records import write_client
from gateway.store.sql import tables
from gateway.store.sql.clients import CACHE_SECONDS, CACHE_SIZE, SqlClients
from tests.contracts.stores.builders import MINUTE, NOW, World, a_client, an_event

CREATED = an_event(AuditAction.CLIENT_CREATED)
UPDATED = an_event(AuditAction.CLIENT_UPDATED)
DISABLED = an_event(AuditAction.CLIENT_DISABLED)


async def test_a_client_comes_back_as_it_was_saved(stores: Stores) -> None:
    client = a_client(
        token_endpoint_auth_method=ClientAuthMethod.PRIVATE_KEY_JWT,
        client_secret_hash=None,
        jwks={"keys": [{"kty": "EC", "crv": "P-256", "x": "…", "y": "…"}]},
        id_token_signed_response_alg="RS256",
        client_uri="https://rp-a.example",
        policy_uri="https://rp-a.example/privacy",
        jurisdiction="macao",
        surrogate_purposes=("accommodation", "library"),
        document_codes={"permit": "C", "residence_permit": "17"},
        event_uri="https://rp-a.example/events",
        providers=("hong_kong", "macao"),
    )

    assert await stores.registry.save(client, CREATED)

    assert await stores.clients.find("rp-a") == client


async def test_a_taken_client_id_is_refused_and_nothing_changes(world: World) -> None:
    assert not await world.stores.registry.save(a_client(client_name="Impostor"), CREATED)

    assert await world.stores.clients.find("rp-a") == world.client
    assert await world.actions() == ["client.created"]


@pytest.mark.parametrize("client_id", ["", "with\0nul", "\ud800", "名", "tab\tbed", "x" * 257])
async def test_what_cannot_be_a_client_id_finds_nothing_and_is_not_saved(stores: Stores, client_id: str) -> None:
    assert await stores.clients.find(client_id) is None
    assert not await stores.registry.disable(client_id, NOW, DISABLED)
    with pytest.raises(ValueError, match="client_id"):
        await stores.registry.save(a_client(client_id), CREATED)


async def test_clients_are_listed_page_by_page_in_order(stores: Stores) -> None:
    for name in ("delta", "alpha", "charlie", "bravo"):
        await stores.registry.save(a_client(name), CREATED)

    first = await stores.registry.page(None, 3)
    second = await stores.registry.page(first[-1].client_id, 3)

    assert [client.client_id for client in (*first, *second)] == ["alpha", "bravo", "charlie", "delta"]
    assert await stores.registry.page("delta", 3) == []


async def test_switching_off_is_felt_at_once_and_ends_the_grants(world: World) -> None:
    await world.stores.clients.find("rp-a")
    _, grant = await world.sign_in()

    assert await world.stores.registry.disable("rp-a", NOW, DISABLED)

    assert await world.stores.clients.find("rp-a") == replace(world.client, disabled_at=NOW)
    revoked = await world.stores.database.read(
        lambda connection: connection.execute(tables.grants.select().where(tables.grants.c.id == grant.id)).one()
    )
    assert revoked.revoked_at == NOW


async def test_switching_off_twice_keeps_the_first_moment_and_one_event(world: World) -> None:
    assert await world.stores.registry.disable("rp-a", NOW, DISABLED)

    assert await world.stores.registry.disable("rp-a", NOW + MINUTE, DISABLED)

    found = await world.stores.clients.find("rp-a")
    assert found is not None
    assert found.disabled_at == NOW
    assert (await world.actions()).count("client.disabled") == 1


async def test_an_unknown_client_cannot_be_switched_off(stores: Stores) -> None:
    assert not await stores.registry.disable("nobody", NOW, DISABLED)


async def test_another_worker_notices_within_seconds(world: World) -> None:
    time = [1_000.0]
    worker = SqlClients(world.stores.database, clock=lambda: time[0])
    await worker.find("rp-a")
    await world.stores.registry.disable("rp-a", NOW, DISABLED)

    time[0] += CACHE_SECONDS

    found = await worker.find("rp-a")
    assert found is not None
    assert not found.is_active


async def test_a_found_client_is_not_read_again_and_an_unknown_one_is_not_remembered(world: World) -> None:
    worker = SqlClients(world.stores.database, clock=lambda: 0.0)
    await worker.find("rp-a")
    await worker.find("rp-b")
    await world.stores.registry.save(a_client("rp-b"), CREATED)
    await world.stores.database.run(lambda connection: connection.execute(update(tables.clients).values(record="{}")))

    assert await worker.find("rp-a") == world.client
    assert "rp-b" not in worker._cache


async def test_what_is_remembered_is_bounded(stores: Stores, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.store.sql.clients.CACHE_SIZE", 2)
    worker = SqlClients(stores.database)
    for name in ("a", "b", "c"):
        await stores.registry.save(a_client(name), CREATED)
        await worker.find(name)

    assert list(worker._cache) == ["c"]
    assert CACHE_SIZE >= 2


async def test_of_ten_who_save_one_id_at_once_exactly_one_does(stores: Stores, second: Stores) -> None:
    workers = [stores.registry, second.registry]

    saved = await asyncio.gather(*(workers[n % 2].save(a_client(), CREATED) for n in range(10)))

    assert sum(saved) == 1


async def test_a_client_is_enrolled_for_the_purpose_of_its_requests_or_not(stores: Stores) -> None:
    enrolled = a_client(surrogate_purposes=("accommodation",))
    other = a_client("rp-b", surrogate_purposes=("library",))
    for client in (enrolled, other):
        await stores.registry.save(client, CREATED)

    found = [await stores.clients.find(client_id) for client_id in ("rp-a", "rp-b")]

    assert [client is not None and client.surrogates_allowed for client in found] == [True, False]


async def test_a_client_of_every_kind_comes_back_as_it_was_saved(stores: Stores) -> None:
    client = a_client(
        profile=Profile.FAPI2_MS,
        grant_types=(GrantType.AUTHORIZATION_CODE, GrantType.CIBA),
        subject_type=SubjectType.PUBLIC,
        backchannel_token_delivery_mode=DeliveryMode.PING,
        default_max_age=0,
        dpop_bound_access_tokens=True,
        resources=("https://api.example",),
        expires_at=NOW + MINUTE,
        retiring_secret_hash=b"\x00\xff",
        retiring_secret_until=NOW,
        registration_token_hash=b"r" * 32,
        requests_per_minute=7,
        legacy_without_pkce=True,
        service_scopes=("signatures:validate", "signatures:read"),
    )

    await stores.registry.save(client, CREATED)

    assert await stores.clients.find("rp-a") == client


async def test_a_client_is_written_anew_and_felt_at_once(world: World) -> None:
    await world.stores.clients.find("rp-a")
    changed = replace(world.client, client_name="New name", client_secret_hash=b"new", scopes=("openid",))

    assert await world.stores.registry.replace(changed, UPDATED)

    assert await world.stores.clients.find("rp-a") == changed
    assert (await world.actions())[-1] == "client.updated"


async def test_writing_a_client_anew_changes_neither_its_beginning_nor_that_it_is_off(world: World) -> None:
    await world.stores.registry.disable("rp-a", NOW, DISABLED)

    await world.stores.registry.replace(replace(world.client, created_at=NOW + MINUTE), UPDATED)

    assert await world.stores.clients.find("rp-a") == replace(world.client, disabled_at=NOW)


async def test_an_unknown_client_is_not_written(stores: Stores) -> None:
    assert not await stores.registry.replace(a_client("nobody"), UPDATED)
    with pytest.raises(ValueError, match="client_id"):
        await stores.registry.replace(a_client("with\0nul"), UPDATED)

    assert await stores.clients.find("nobody") is None


@pytest.mark.parametrize(
    "spoilt",
    [{"surrogate_purposes": "accommodation"}, {"document_codes": {"permit": 1}}, {"event_uri": 1}, {"unknown": True}],
)
async def test_a_record_of_another_shape_is_not_read(stores: Stores, spoilt: dict[str, object]) -> None:
    record = json.dumps(json.loads(write_client(a_client())) | spoilt)
    await stores.registry.save(a_client(), CREATED)
    await stores.database.run(lambda connection: connection.execute(update(tables.clients).values(record=record)))

    with pytest.raises(RecordError):
        await stores.clients.find("rp-a")
