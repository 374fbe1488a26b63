"""Relying parties register themselves within what an operator allowed, and keep what they registered."""

import json
from dataclasses import replace
from typing import Any

import pytest

from gateway.audit import AuditAction
from gateway.oidc import dynamic_registration
from gateway.oidc.client_auth import hash_secret
from gateway.oidc.errors import OAuthError
from gateway.oidc.names import ClientAuthMethod, ErrorCode, Profile, SubjectType
from gateway.oidc.protected_resource import BearerError
from tests.gateway.oidc.fakes import ISSUER, NOW, PEPPER, signing_key
from tests.gateway.oidc.registrar_fakes import TOKEN, FakeAccess, Stage, a_stage, asked, body

JWKS: dict[str, Any] = {"keys": [signing_key(name="client").public_jwk()]}


async def register(stage: Stage, **changes: Any) -> dict[str, Any]:
    return await dynamic_registration.register(body(**changes), asked(), stage.op, stage.registrar)


async def update(stage: Stage, known: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """A PUT of what is known, with changes; the members of our answers alone are left out."""
    sent = {name: value for name, value in known.items() if not name.startswith(("registration_", "client_secret"))}
    sent.pop("client_id_issued_at")
    members = {name: value for name, value in (sent | changes).items() if value is not None}
    call = asked(known["registration_access_token"], method="PUT")
    return await dynamic_registration.update(
        known["client_id"], json.dumps(members).encode(), call, stage.op, stage.registrar
    )


async def refusal(stage: Stage, **changes: Any) -> OAuthError:
    with pytest.raises(OAuthError) as refused:
        await register(stage, **changes)
    assert stage.clients == []
    assert stage.registry.uses_left == 3
    assert refused.value.description.isascii()
    return refused.value


@pytest.mark.spec("RFC 7591 §3.2.1")
async def test_a_client_registers_and_gets_its_secrets_this_once() -> None:
    stage = a_stage()

    told = await register(stage)

    (client,) = stage.clients
    assert told["client_id"] == client.client_id
    assert client.client_secret_hash == hash_secret(PEPPER, told["client_secret"])
    assert told["client_secret_expires_at"] == 0
    assert told["client_id_issued_at"] == int(NOW.timestamp())
    assert told["registration_client_uri"] == f"{ISSUER}/register/{client.client_id}"
    assert told["registration_access_token"] not in repr(client)
    assert client.registered_by == "dynamic"
    assert stage.registry.uses_left == 2
    assert [event.action for event in stage.registry.events] == [AuditAction.CLIENT_CREATED]
    assert dict(stage.registry.events[0].details) == {"by": "dynamic", "initial_access": "harbour-board"}


@pytest.mark.spec("OpenID Connect Registration §2")
async def test_the_defaults_are_those_of_the_registries_and_of_the_operator() -> None:
    told = await register(a_stage())

    assert told["token_endpoint_auth_method"] == "client_secret_basic"
    assert told["grant_types"] == ["authorization_code"]
    assert told["response_types"] == ["code"]
    assert told["id_token_signed_response_alg"] == "RS256"
    assert told["subject_type"] == "pairwise"
    assert told["scope"] == "openid cn_doc profile"
    assert (told["gba_jurisdiction"], told["gba_purpose"], told["gba_profile"]) == ("macao", "travel", "plain")


async def test_a_client_without_a_name_is_called_by_its_host() -> None:
    assert (await register(a_stage(), client_name=None))["client_name"] == "ferry.example"


async def test_a_stricter_profile_than_demanded_may_be_registered_and_brings_its_own_defaults() -> None:
    stage = a_stage()

    told = await register(
        stage, gba_profile="fapi2-sp", token_endpoint_auth_method="private_key_jwt", jwks=JWKS, scope="openid"
    )

    assert told["id_token_signed_response_alg"] == "ES256"
    assert told["dpop_bound_access_tokens"] is True
    assert stage.clients[0].scopes == ("openid",)
    assert "client_secret" not in told


@pytest.mark.parametrize(
    ("changes", "member"),
    [
        ({"scope": "openid cn_id"}, "scope"),
        ({"scope": "openid email"}, "scope"),
        ({"gba_jurisdiction": "hong_kong"}, "gba_jurisdiction"),
        ({"gba_purpose": "insurance"}, "gba_purpose"),
        ({"subject_type": "public"}, "subject_type"),
        ({"gba_surrogate_purposes": ["library"]}, "gba_surrogate_purposes"),
        ({"gba_resources": ["https://api.example/"]}, "gba_resources"),
        ({"gba_serves": "https://api.example/"}, "gba_serves"),
        ({"gba_relying_party": "somebody_else"}, "gba_relying_party"),
        ({"gba_requests_per_minute": 100000}, "gba_requests_per_minute"),
        (
            {"grant_types": ["authorization_code", "urn:ietf:params:oauth:grant-type:token-exchange"]},
            "relying_party",
        ),
        ({"token_endpoint_auth_method": "tls_client_auth", "tls_client_auth_san_dns": "a.example"}, "token_endpoint"),
        ({"id_token_signed_response_alg": "PS256"}, "id_token_signed_response_alg"),
        ({"id_token_signed_response_alg": "none"}, "id_token_signed_response_alg"),
        ({"grant_types": ["implicit"]}, "grant_types"),
        ({"response_types": ["code id_token"]}, "response_types"),
        ({"jwks": JWKS, "jwks_uri": "https://ferry.example/jwks"}, "jwks"),
        ({"jwks": {"keys": [{"kty": "oct", "k": "AQAB"}]}}, "jwks"),
        ({"client_name": "Turned \u202e round"}, "client_name"),
    ],
)
async def test_what_an_operator_did_not_allow_or_nobody_may_have_is_refused(
    changes: dict[str, Any], member: str
) -> None:
    error = await refusal(a_stage(), **changes)

    assert error.code is ErrorCode.INVALID_CLIENT_METADATA
    assert member in error.description


@pytest.mark.parametrize(
    "uris",
    [
        ["javascript:alert(1)"],
        ["http://ferry.example/cb"],
        ["https://a.example/cb", "https://b.example/cb"],
        [],
        "https://ferry.example/cb",
        None,
    ],
)
async def test_a_redirect_uri_that_cannot_be_has_an_error_of_its_own(uris: Any) -> None:
    error = await refusal(a_stage(), redirect_uris=uris)

    assert error.code is ErrorCode.INVALID_REDIRECT_URI


async def test_a_laxer_profile_than_demanded_is_refused() -> None:
    stage = a_stage(access=FakeAccess(profile=Profile.FAPI2_SP))

    error = await refusal(stage, gba_profile="plain")

    assert "gba_profile" in error.description


async def test_a_demanded_profile_holds_also_for_whoever_does_not_mention_it() -> None:
    error = await refusal(a_stage(access=FakeAccess(profile=Profile.FAPI2_SP)))

    assert "token_endpoint_auth_method" in error.description


@pytest.mark.attack("CA-16")
@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[]",
        b"{",
        b'{"redirect_uris": ["https://a.example/cb"], "redirect_uris": ["https://b.example/cb"]}',
        b'{"a":' * 40 + b"1" + b"}" * 40,
        b'{"a": NaN}',
        b"\xff",
    ],
)
async def test_ca_16_a_body_that_is_not_one_plain_object_is_refused(content: bytes) -> None:
    stage = a_stage()

    with pytest.raises(OAuthError) as refused:
        await dynamic_registration.register(content, asked(), stage.op, stage.registrar)

    assert refused.value.code is ErrorCode.INVALID_CLIENT_METADATA
    assert stage.clients == []


@pytest.mark.parametrize("token", [None, "short", "wrong-token-of-a-good-length-here", TOKEN + "x"])
async def test_nobody_registers_without_a_token_of_an_operator(token: str | None) -> None:
    stage = a_stage()

    with pytest.raises(BearerError) as refused:
        await dynamic_registration.register(b"not even JSON", asked(token), stage.op, stage.registrar)

    assert refused.value.status == 401
    assert stage.clients == []


async def test_a_token_ends_with_its_time_and_with_its_last_use() -> None:
    stage = a_stage()
    for _ in range(3):
        await register(stage)

    with pytest.raises(BearerError):
        await register(stage)
    stage = a_stage(access=FakeAccess(ends_at=NOW))
    with pytest.raises(BearerError):
        await register(stage)

    assert stage.clients == []


async def test_the_last_use_goes_to_one_of_two_who_came_together() -> None:
    stage = a_stage()

    async def none_left(*_: Any) -> bool:
        return False

    stage.registry.register = none_left  # type: ignore[method-assign]
    with pytest.raises(BearerError) as refused:
        await register(stage)

    assert refused.value.code is ErrorCode.INVALID_TOKEN


@pytest.mark.attack("PR-02")
@pytest.mark.parametrize(
    "document",
    [None, b"[]", b'["https://other.example/cb"]', b'[1, "https://ferry.example/cb"]', b"{}", b"x" * 300_000],
)
async def test_pr_02_a_sector_is_shared_only_with_those_that_its_owner_lists(document: bytes | None) -> None:
    stage = a_stage()
    if document is not None:
        stage.fetch.documents["https://sector.example/list"] = document

    error = await refusal(stage, sector_identifier_uri="https://sector.example/list")

    assert error.code is ErrorCode.INVALID_CLIENT_METADATA
    assert stage.fetch.asked == ["https://sector.example/list"]


@pytest.mark.attack("PR-02")
async def test_pr_02_a_listed_client_belongs_to_the_sector() -> None:
    stage = a_stage()
    stage.fetch.documents["https://sector.example/list"] = b'["https://ferry.example/cb", "https://tram.example/cb"]'

    await register(
        stage,
        redirect_uris=["https://ferry.example/cb", "https://tram.example/cb"],
        sector_identifier_uri="https://sector.example/list",
    )

    assert stage.clients[0].sector == "sector.example"


@pytest.mark.attack("SF-01")
async def test_sf_01_no_packet_leaves_for_a_client_that_is_refused_anyway() -> None:
    stage = a_stage()

    await refusal(stage, sector_identifier_uri="https://127.0.0.1/list")
    await refusal(stage, sector_identifier_uri="https://sector.example/list", scope="cn_id")
    await register(stage, jwks_uri="https://ferry.example/jwks", logo_uri="https://ferry.example/logo.png")

    assert stage.fetch.asked == []


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
