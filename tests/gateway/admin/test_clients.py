"""Relying parties as operators register, change and see them."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from certs.keys.signing_key import Algorithm, KeySet, SigningKey
from gateway.admin import clients
from gateway.admin.clients import ClientOffice, ClientTakenError, UnknownClientError
from gateway.audit import AuditAction, AuditEvent
from gateway.oidc.client_auth import hash_secret
from gateway.oidc.model import Client
from gateway.oidc.names import ClientAuthMethod, GrantType, SubjectType
from gateway.oidc.ports import Fetched, FetchError
from gateway.oidc.registration import OWN_CLIENT_ID, MetadataError
from tests.gateway.admin.fakes import NOW, FakeAudit, an_act

KEY = b"fictional pepper of thirty-two b"
SECTOR = "https://sector.example/list"


class FakeRegistry(FakeAudit):
    """``ClientRegistry`` and ``ClientStore`` in memory."""

    def __init__(self) -> None:
        super().__init__()
        self.clients: dict[str, Client] = {}

    async def find(self, client_id: str) -> Client | None:
        return self.clients.get(client_id)

    async def save(self, client: Client, event: AuditEvent) -> bool:
        if client.client_id in self.clients:
            return False
        self.clients[client.client_id] = client
        self.events.append(event)
        return True

    async def register(self, client: Client, initial_access: bytes | None, now: Any, event: AuditEvent) -> bool:
        raise AssertionError("operators need no initial access token")

    async def replace(self, client: Client, event: AuditEvent) -> bool:
        self.clients[client.client_id] = client
        self.events.append(event)
        return True

    async def page(self, after: str | None, limit: int) -> list[Client]:
        return list(self.clients.values())[:limit]

    async def disable(self, client_id: str, now: Any, event: AuditEvent) -> bool:
        self.clients[client_id] = replace(self.clients[client_id], disabled_at=now)
        self.events.append(event)
        return True


class FakeSector:
    """``Fetch`` that knows one sector document."""

    def __init__(self, document: bytes) -> None:
        self.document = document

    async def get(self, url: str, headers: Mapping[str, str] | None = None) -> Fetched:
        if url != SECTOR:
            raise FetchError("unreachable")
        return Fetched(200, self.document, "application/json")

    async def post(self, url: str, content: bytes, headers: Mapping[str, str]) -> Fetched:
        raise FetchError("unreachable")


def an_office(*drafts: Client, **parts: Any) -> ClientOffice:
    registry = FakeRegistry()
    registry.clients = {draft.client_id: draft for draft in drafts}
    return ClientOffice(registry, registry, KEY, **parts)


def stored(office: ClientOffice, client_id: str = "shop") -> Client:
    registry = office.registry
    assert isinstance(registry, FakeRegistry)
    return registry.clients[client_id]


def events(office: ClientOffice) -> list[AuditEvent]:
    registry = office.registry
    assert isinstance(registry, FakeRegistry)
    return registry.events


def a_draft(**changes: Any) -> Client:
    values = {
        "client_id": "shop",
        "client_name": "Shop",
        "redirect_uris": ("https://shop.example/cb",),
        "token_endpoint_auth_method": ClientAuthMethod.BASIC,
    }
    return Client(**(values | changes))


async def a_shop(**parts: Any) -> tuple[ClientOffice, str]:
    """An office with one registered client, and that client's secret."""
    office = an_office(**parts)
    registered = await clients.create(office, a_draft(), an_act())
    assert registered.client_secret is not None
    return office, registered.client_secret


async def test_an_enrolled_client_is_described_with_purposes_codes_and_event_address() -> None:
    draft = a_draft(
        purpose="accommodation",
        surrogate_purposes=("accommodation", "library"),
        document_codes={"permit_cn": "05"},
        event_uri="https://shop.example/events",
    )

    registered = await clients.create(an_office(), draft, an_act())

    shown = clients.described(registered.client)
    assert shown["surrogate_purposes"] == ["accommodation", "library"]
    assert (shown["surrogates_allowed"], shown["document_codes"]) == (True, {"permit_cn": "05"})
    assert shown["event_uri"] == "https://shop.example/events"
    assert registered.client_secret is not None
    assert registered.client_secret not in repr(registered)


def test_a_description_shows_whatever_was_registered_and_no_hash() -> None:
    client = a_draft(
        client_secret_hash=b"h" * 32,
        retiring_secret_hash=b"r" * 32,
        retiring_secret_until=NOW,
        registration_token_hash=b"t" * 32,
        grant_types=(GrantType.AUTHORIZATION_CODE, GrantType.REFRESH_TOKEN),
        relying_party="fictional",
        created_at=NOW,
    )

    shown = clients.described(client)

    assert shown["grant_types"] == ["authorization_code", "refresh_token"]
    assert (shown["relying_party"], shown["profile"], shown["registered_by"]) == ("fictional", "plain", "operator")
    assert shown["retiring_secret_until"] == "2026-03-02T09:30:00Z"
    assert not any(isinstance(value, bytes) for value in shown.values())


@pytest.mark.parametrize("purpose", ["police", "payment", "tax", "railway", "gambling"])
async def test_nobody_is_enrolled_for_purposes_where_a_stand_in_must_fail(purpose: str) -> None:
    with pytest.raises(MetadataError):
        await clients.create(an_office(), a_draft(surrogate_purposes=(purpose,)), an_act())


async def test_events_go_to_this_machine_in_development_only() -> None:
    draft = a_draft(event_uri="http://127.0.0.1:9000/events")

    with pytest.raises(MetadataError):
        await clients.create(an_office(), draft, an_act())
    assert await clients.create(an_office(allow_loopback=True), draft, an_act())


async def test_a_client_id_is_taken_once_and_a_dry_run_takes_none() -> None:
    office = an_office()
    await clients.create(office, a_draft(), an_act(), dry_run=True)
    assert events(office) == []
    await clients.create(office, a_draft(), an_act())

    with pytest.raises(ClientTakenError):
        await clients.create(office, a_draft(), an_act())
    with pytest.raises(ClientTakenError):
        await clients.create(office, a_draft(), an_act(), dry_run=True)


async def test_nothing_is_registered_that_the_gateway_cannot_sign() -> None:
    office = an_office(signing=KeySet((SigningKey.generate(Algorithm.ES256, NOW),)))

    with pytest.raises(MetadataError) as refusal:
        await clients.create(office, a_draft(id_token_signed_response_alg="RS256"), an_act())

    assert refusal.value.field == "id_token_signed_response_alg"


@pytest.mark.attack("PR-02")
async def test_pr_02_operators_too_register_a_sector_only_with_its_owners_word() -> None:
    draft = a_draft(sector_identifier_uri=SECTOR)

    for office in (an_office(), an_office(fetch=FakeSector(b'["https://other.example/cb"]'))):
        with pytest.raises(MetadataError) as refusal:
            await clients.create(office, draft, an_act())
        assert refusal.value.field == "sector_identifier_uri"
    office = an_office(fetch=FakeSector(b'["https://shop.example/cb"]'))
    await clients.create(office, draft, an_act())

    assert stored(office).sector == "sector.example"


async def test_an_update_changes_what_it_names_and_leaves_the_rest() -> None:
    office, secret = await a_shop()

    updated = await clients.update(
        office, "shop", {"client_name": "Shop, renamed", "scope": "openid profile"}, an_act(reason="")
    )

    assert updated.client_secret is None
    assert stored(office).client_name == "Shop, renamed"
    assert stored(office).scopes == ("openid", "profile")
    assert stored(office).client_secret_hash == hash_secret(KEY, secret)
    assert stored(office).created_at == NOW
    event = events(office)[-1]
    assert (event.action, event.client_id) == (AuditAction.CLIENT_UPDATED, "shop")
    assert dict(event.details) == {"operator": "ada", "changed": "client_name scopes"}


async def test_an_update_can_set_back_what_was_set() -> None:
    office, _ = await a_shop()
    await clients.update(office, "shop", {"client_uri": "https://shop.example/", "gba_purpose": "hotel"}, an_act())

    await clients.update(office, "shop", {}, an_act(), clear=["client_uri", "purpose"])

    assert (stored(office).client_uri, stored(office).purpose) == (None, "")
    for name in ("client_name", "token_endpoint_auth_method", "sector", "anything"):
        with pytest.raises(MetadataError):
            await clients.update(office, "shop", {}, an_act(), clear=[name])


async def test_an_update_that_gives_everybody_another_sub_wants_agreement() -> None:
    office, _ = await a_shop()
    moved = {"redirect_uris": ["https://elsewhere.example/cb"]}

    with pytest.raises(MetadataError) as refusal:
        await clients.update(office, "shop", moved, an_act())
    assert refusal.value.field == "sector"
    await clients.update(office, "shop", moved, an_act(), moves_sector=True)

    assert stored(office).sector == "elsewhere.example"


async def test_a_public_subject_is_an_operators_word() -> None:
    office, _ = await a_shop()

    await clients.update(office, "shop", {"subject_type": "public"}, an_act(), moves_sector=True)

    assert stored(office).subject_type is SubjectType.PUBLIC


async def test_an_update_to_a_method_without_secret_drops_it_and_back_makes_a_new_one() -> None:
    office, _ = await a_shop()

    await clients.update(office, "shop", {"token_endpoint_auth_method": "none"}, an_act())
    assert stored(office).client_secret_hash is None
    back = await clients.update(office, "shop", {"token_endpoint_auth_method": "client_secret_post"}, an_act())

    assert back.client_secret is not None
    assert stored(office).client_secret_hash == hash_secret(KEY, back.client_secret)


async def test_an_update_is_checked_like_a_registration_and_a_dry_run_changes_nothing() -> None:
    office, _ = await a_shop()
    before = stored(office)

    with pytest.raises(MetadataError):
        await clients.update(office, "shop", {"redirect_uris": ["http://shop.example/cb"]}, an_act())
    with pytest.raises(MetadataError):
        await clients.update(office, "shop", {"client_name": 7}, an_act())
    await clients.update(office, "shop", {"client_name": "Other"}, an_act(), dry_run=True)

    assert stored(office) == before


@pytest.mark.parametrize("client_id", ["nobody", OWN_CLIENT_ID])
async def test_there_is_nothing_to_change_about_a_stranger_or_the_gateway_itself(client_id: str) -> None:
    office = an_office(a_draft(client_id=OWN_CLIENT_ID))

    with pytest.raises(UnknownClientError):
        await clients.update(office, client_id, {}, an_act())
    with pytest.raises(UnknownClientError):
        await clients.rotate_secret(office, client_id, an_act())
    with pytest.raises(UnknownClientError):
        await clients.disable(office, client_id, an_act())


async def test_what_a_federation_says_can_be_switched_off_but_not_changed() -> None:
    entity = "https://rp.example/entity"
    office = an_office(a_draft(client_id=entity, registered_by="federation"))

    with pytest.raises(MetadataError):
        await clients.update(office, entity, {"client_name": "Other"}, an_act())
    await clients.disable(office, entity, an_act())

    assert not stored(office, entity).is_active


async def test_a_rotated_secret_leaves_the_old_one_good_for_a_day() -> None:
    office, old = await a_shop()

    rotated = await clients.rotate_secret(office, "shop", an_act())

    assert rotated.client_secret is not None
    assert stored(office).client_secret_hash == hash_secret(KEY, rotated.client_secret)
    assert stored(office).retiring_secret_hash == hash_secret(KEY, old)
    assert stored(office).retiring_secret_until == NOW + timedelta(hours=24)
    assert events(office)[-1].action is AuditAction.CLIENT_SECRET_ROTATED
    assert rotated.client_secret not in repr(rotated)


async def test_a_rotation_without_overlap_ends_every_secret_before_it() -> None:
    office, _ = await a_shop()
    await clients.rotate_secret(office, "shop", an_act())

    await clients.rotate_secret(office, "shop", an_act(), overlap=timedelta(0))

    assert stored(office).retiring_secret_hash is None
    assert stored(office).retiring_secret_until is None


@pytest.mark.parametrize("overlap", [timedelta(days=31), timedelta(seconds=-1)])
async def test_an_overlap_has_an_end(overlap: timedelta) -> None:
    office, _ = await a_shop()
    before = stored(office)

    with pytest.raises(MetadataError):
        await clients.rotate_secret(office, "shop", an_act(), overlap=overlap)
    await clients.rotate_secret(office, "shop", an_act(), dry_run=True)

    assert stored(office) == before


async def test_a_client_without_a_secret_has_none_to_rotate() -> None:
    office = an_office()
    await clients.create(office, a_draft(token_endpoint_auth_method=ClientAuthMethod.NONE), an_act())

    with pytest.raises(MetadataError) as refusal:
        await clients.rotate_secret(office, "shop", an_act())

    assert refusal.value.field == "token_endpoint_auth_method"
