"""A relying party reads, changes and ends what it registered, and never gets more by it (RFC 7592)."""

from dataclasses import replace
from typing import Any

import pytest

from gateway.audit import AuditAction
from gateway.oidc import dynamic_registration
from gateway.oidc.errors import OAuthError
from gateway.oidc.names import ClientAuthMethod, ErrorCode, SubjectType
from gateway.oidc.protected_resource import BearerError
from tests.gateway.oidc.registering import JWKS, register, update
from tests.gateway.oidc.registrar_fakes import TOKEN, a_stage, asked


@pytest.mark.spec("RFC 7592 §2.1")
async def test_a_client_reads_what_is_registered_and_never_a_secret() -> None:
    stage = a_stage()
    told = await register(stage)

    read = await dynamic_registration.read(
        told["client_id"], asked(told["registration_access_token"], method="GET"), stage.op
    )

    assert read == {name: value for name, value in told.items() if not name.startswith("client_secret")}


@pytest.mark.spec("RFC 7592 §2.2")
async def test_a_change_replaces_all_metadata_and_keeps_name_past_and_secret() -> None:
    stage = a_stage()
    told = await register(stage, client_uri="https://ferry.example/", contacts=["desk@ferry.example"])
    before = stage.clients[0]

    changed = await update(stage, told, client_name="Ferry, renamed", contacts=None)

    after = stage.clients[0]
    assert after == replace(before, client_name="Ferry, renamed", contacts=())
    assert changed["registration_access_token"] == told["registration_access_token"]
    assert "client_secret" not in changed
    assert stage.registry.uses_left == 2
    assert stage.registry.events[-1].action is AuditAction.CLIENT_UPDATED


async def test_a_change_of_method_drops_the_secret_and_makes_a_new_one_on_the_way_back() -> None:
    stage = a_stage()
    told = await register(stage)

    with_key = await update(stage, told, token_endpoint_auth_method="private_key_jwt", jwks=JWKS)
    assert stage.clients[0].client_secret_hash is None
    assert "client_secret" not in with_key
    back = await update(stage, with_key, token_endpoint_auth_method="client_secret_post", jwks=None)

    assert stage.clients[0].token_endpoint_auth_method is ClientAuthMethod.POST
    assert back["client_secret"] != told["client_secret"]


async def test_a_change_never_widens_what_the_client_has() -> None:
    stage = a_stage()
    told = await register(stage, scope="openid profile")

    for changes in (
        {"scope": "openid profile cn_doc"},
        {"gba_jurisdiction": "guangdong"},
        {"gba_purpose": "banking"},
        {"subject_type": "public"},
        {"gba_requests_per_minute": 1},
        {"gba_legacy_without_pkce": True},
        {"gba_service_scopes": ["signatures:validate"], "grant_types": ["client_credentials"]},
        {"redirect_uris": ["https://elsewhere.example/cb"]},
    ):
        with pytest.raises(OAuthError):
            await update(stage, told, **changes)

    assert stage.clients[0].scopes == ("openid", "profile")
    assert [event.action for event in stage.registry.events] == [AuditAction.CLIENT_CREATED]


async def test_what_an_operator_decided_stays_when_the_client_changes_itself() -> None:
    stage = a_stage()
    told = await register(stage)
    client = stage.clients[0]
    by_operator = replace(client, requests_per_minute=5, resources=("https://api.example/",), retiring_secret_hash=None)
    stage.registry.clients.by_id[client.client_id] = by_operator

    await update(stage, told, client_name="Other")

    assert stage.clients[0] == replace(by_operator, client_name="Other")
    assert stage.clients[0].subject_type is SubjectType.PAIRWISE


@pytest.mark.spec("RFC 7592 §2.2")
@pytest.mark.parametrize(
    "changes",
    [
        {"client_id": None},
        {"client_id": "another"},
        {"client_secret": "of-my-own-choice-and-long-enough"},
        {"client_secret": 7},
        {"registration_access_token": "x"},
        {"registration_client_uri": "https://x.example"},
        {"client_secret_expires_at": 0},
        {"client_id_issued_at": 0},
        {"client_name": 7},
    ],
)
async def test_a_change_that_speaks_for_the_server_is_refused(changes: dict[str, Any]) -> None:
    stage = a_stage()
    told = await register(stage)
    before = stage.clients[0]

    with pytest.raises(OAuthError) as refused:
        await update(stage, told, **changes)

    assert refused.value.code is ErrorCode.INVALID_CLIENT_METADATA
    assert stage.clients == [before]


async def test_a_change_may_repeat_the_present_secret() -> None:
    stage = a_stage()
    told = await register(stage)

    await update(stage, told, client_secret=told["client_secret"])

    assert stage.registry.events[-1].action is AuditAction.CLIENT_UPDATED


@pytest.mark.spec("RFC 7592 §2.3")
async def test_a_client_ends_itself_and_its_token_with_it() -> None:
    stage = a_stage()
    told = await register(stage)
    call = asked(told["registration_access_token"], method="DELETE")

    await dynamic_registration.delete(told["client_id"], call, stage.op, stage.registrar)

    assert not stage.clients[0].is_active
    with pytest.raises(BearerError):
        await dynamic_registration.read(told["client_id"], call, stage.op)


@pytest.mark.attack("TN-04")
async def test_tn_04_every_wrong_token_gets_one_answer_whoever_it_is_about() -> None:
    stage = a_stage()
    one, other = await register(stage), await register(stage)
    operators = replace(stage.clients[0], client_id="shop", registered_by="operator")
    stage.registry.clients.by_id["shop"] = operators
    told = one["registration_access_token"]

    answers = []
    for client_id, token in (
        (one["client_id"], other["registration_access_token"]),
        (one["client_id"], TOKEN),
        (one["client_id"], "wrong-token-of-a-good-length-here"),
        ("nobody", told),
        ("shop", told),
        ("../x", told),
    ):
        with pytest.raises(BearerError) as refused:
            await dynamic_registration.read(client_id, asked(token), stage.op)
        answers.append((refused.value.status, refused.value.code, refused.value.description))

    assert set(answers) == {(401, ErrorCode.INVALID_TOKEN, answers[0][2])}


async def test_a_client_is_counted_only_with_its_own_token() -> None:
    counted = []

    async def admit(client: Any, call: Any) -> None:
        counted.append(client.client_id)

    stage = a_stage(admit=admit)
    told = await register(stage)
    with pytest.raises(BearerError):
        await dynamic_registration.read(told["client_id"], asked(TOKEN), stage.op)
    await dynamic_registration.read(told["client_id"], asked(told["registration_access_token"]), stage.op)

    assert counted == [told["client_id"]]
