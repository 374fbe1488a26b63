"""Relying parties as operators register and see them: enrolment, own document codes, an address for events."""

from typing import Any

import pytest

from gateway.admin import clients
from gateway.admin.clients import ClientTakenError
from gateway.audit import AuditEvent
from gateway.oidc.model import Client
from gateway.oidc.names import ClientAuthMethod
from gateway.oidc.registration import MetadataError
from tests.gateway.admin.fakes import NOW, FakeAudit

KEY = b"fictional pepper of thirty-two b"


class FakeRegistry(FakeAudit):
    def __init__(self) -> None:
        super().__init__()
        self.clients: dict[str, Client] = {}

    async def save(self, client: Client, event: AuditEvent) -> bool:
        if client.client_id in self.clients:
            return False
        self.clients[client.client_id] = client
        self.events.append(event)
        return True

    async def page(self, after: str | None, limit: int) -> list[Client]:
        return list(self.clients.values())[:limit]

    async def disable(self, client_id: str, now: Any, event: AuditEvent) -> bool:
        return client_id in self.clients


def a_draft(**changes: Any) -> Client:
    values = {
        "client_id": "shop",
        "client_name": "Shop",
        "redirect_uris": ("https://shop.example/cb",),
        "token_endpoint_auth_method": ClientAuthMethod.BASIC,
    }
    return Client(**(values | changes))


async def test_an_enrolled_client_is_described_with_purposes_codes_and_event_address() -> None:
    draft = a_draft(
        purpose="accommodation",
        surrogate_purposes=("accommodation", "library"),
        document_codes={"permit_cn": "05"},
        event_uri="https://shop.example/events",
    )

    registered = await clients.create(FakeRegistry(), draft, KEY, "ada", NOW)

    shown = clients.described(registered.client)
    assert shown["surrogate_purposes"] == ["accommodation", "library"]
    assert (shown["surrogates_allowed"], shown["document_codes"]) == (True, {"permit_cn": "05"})
    assert shown["event_uri"] == "https://shop.example/events"
    assert registered.client_secret is not None
    assert registered.client_secret not in repr(registered)


@pytest.mark.parametrize("purpose", ["police", "payment", "tax", "railway", "gambling"])
async def test_nobody_is_enrolled_for_purposes_where_a_stand_in_must_fail(purpose: str) -> None:
    with pytest.raises(MetadataError):
        await clients.create(FakeRegistry(), a_draft(surrogate_purposes=(purpose,)), KEY, "ada", NOW)


async def test_events_go_to_this_machine_in_development_only() -> None:
    draft = a_draft(event_uri="http://127.0.0.1:9000/events")

    with pytest.raises(MetadataError):
        await clients.create(FakeRegistry(), draft, KEY, "ada", NOW)
    assert await clients.create(FakeRegistry(), draft, KEY, "ada", NOW, allow_loopback=True)


async def test_a_client_id_is_taken_once_and_a_dry_run_takes_none() -> None:
    registry = FakeRegistry()
    await clients.create(registry, a_draft(), KEY, "ada", NOW, dry_run=True)
    assert registry.clients == {}
    await clients.create(registry, a_draft(), KEY, "ada", NOW)

    with pytest.raises(ClientTakenError):
        await clients.create(registry, a_draft(), KEY, "ada", NOW)
