"""Relying parties register themselves within what an operator allowed."""

from typing import Any

import pytest

from gateway.audit import AuditAction
from gateway.oidc import dynamic_registration
from gateway.oidc.client_auth import hash_secret
from gateway.oidc.errors import OAuthError
from gateway.oidc.names import ErrorCode, Profile
from gateway.oidc.protected_resource import BearerError
from tests.gateway.oidc.fakes import ISSUER, NOW, PEPPER
from tests.gateway.oidc.registering import JWKS, refusal, register
from tests.gateway.oidc.registrar_fakes import TOKEN, FakeAccess, a_stage, asked


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
