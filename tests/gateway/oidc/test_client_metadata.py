"""Metadata of RFC 7591 becomes a client and comes back as it was."""

import dataclasses
from typing import Any

import pytest

from gateway.oidc.client_metadata import MEMBERS, client_from, member_name, metadata_of
from gateway.oidc.model import Client
from gateway.oidc.names import ClientAuthMethod, DeliveryMode, ErrorCode, GrantType, Profile, SubjectType
from gateway.oidc.registration import MetadataError
from tests.gateway.oidc.fakes import a_client, signing_key

BASE = Client("rp-a", "", (), ClientAuthMethod.BASIC)

FULL: dict[str, Any] = {
    "client_name": "Fictional Insurance",
    "redirect_uris": ["https://rp-a.example/cb", "https://rp-a.example/cb2"],
    "token_endpoint_auth_method": "private_key_jwt",
    "grant_types": ["authorization_code", "refresh_token", "urn:openid:params:grant-type:ciba"],
    "response_types": ["code"],
    "scope": "openid profile offline_access",
    "client_uri": "https://rp-a.example/",
    "logo_uri": "https://rp-a.example/logo.png",
    "tos_uri": "https://rp-a.example/tos",
    "policy_uri": "https://rp-a.example/privacy",
    "contacts": ["desk@rp-a.example"],
    "post_logout_redirect_uris": ["https://rp-a.example/bye"],
    "request_uris": ["https://rp-a.example/request.jwt"],
    "default_acr_values": ["urn:gba:loa:3"],
    "jwks": {"keys": [signing_key(name="client").public_jwk()]},
    "sector_identifier_uri": "https://rp-a.example/sector.json",
    "software_id": "4NRB1",
    "software_version": "2.2",
    "subject_type": "pairwise",
    "id_token_signed_response_alg": "PS256",
    "request_object_signing_alg": "ES256",
    "id_token_encrypted_response_alg": "ECDH-ES",
    "id_token_encrypted_response_enc": "A256GCM",
    "userinfo_signed_response_alg": "RS256",
    "userinfo_encrypted_response_alg": "RSA-OAEP",
    "userinfo_encrypted_response_enc": "A128GCM",
    "authorization_signed_response_alg": "ES256",
    "introspection_signed_response_alg": "ES256",
    "require_signed_request_object": True,
    "require_pushed_authorization_requests": True,
    "dpop_bound_access_tokens": True,
    "tls_client_certificate_bound_access_tokens": True,
    "default_max_age": 0,
    "backchannel_logout_uri": "https://rp-a.example/logout",
    "backchannel_logout_session_required": True,
    "frontchannel_logout_uri": "https://rp-a.example/out",
    "frontchannel_logout_session_required": True,
    "backchannel_token_delivery_mode": "ping",
    "backchannel_client_notification_endpoint": "https://rp-a.example/ping",
    "gba_profile": "fapi2-sp",
    "gba_jurisdiction": "macao",
    "gba_purpose": "insurance",
    "gba_event_uri": "https://rp-a.example/events",
    "gba_serves": "https://api.rp-a.example/",
    "gba_relying_party": "fictional_insurance",
    "gba_surrogate_purposes": ["library"],
    "gba_providers": ["macao"],
    "gba_resources": ["https://api.rp-b.example/"],
    "gba_document_codes": {"permit_cn": "05"},
    "gba_requests_per_minute": 60,
    "gba_legacy_without_pkce": True,
    "gba_service_scopes": ["signatures:validate"],
}


def test_every_member_is_read_and_written_back_as_it_was() -> None:
    client = client_from(FULL, BASE)

    assert metadata_of(client) == FULL
    assert client.grant_types == (GrantType.AUTHORIZATION_CODE, GrantType.REFRESH_TOKEN, GrantType.CIBA)
    assert client.profile is Profile.FAPI2_SP
    assert client.backchannel_token_delivery_mode is DeliveryMode.PING
    assert client.subject_type is SubjectType.PAIRWISE
    assert client.default_max_age == 0


def test_every_field_that_a_relying_party_can_decide_has_a_member() -> None:
    ours = {
        *("client_id", "client_secret_hash", "sector", "registered_by", "expires_at", "created_at", "disabled_at"),
        *("retiring_secret_hash", "retiring_secret_until", "registration_token_hash", "software_statement"),
    }

    assert {member.field for member in MEMBERS} == {field.name for field in dataclasses.fields(Client)} - ours


def test_what_is_not_named_stays_as_it_was_and_null_is_the_same_as_absent() -> None:
    client = client_from({"client_name": "Renamed", "scope": None, "redirect_uris": None}, a_client())

    assert client == a_client(client_name="Renamed")


@pytest.mark.spec("RFC 7591 §2")
def test_members_that_nobody_knows_are_ignored() -> None:
    assert client_from({"client_name#zh-Hant": "x", "initiate_login_uri": "javascript:", "x": [[]]}, BASE) == BASE


def test_openid_is_always_among_the_scopes() -> None:
    assert client_from({"scope": "profile cn_id profile"}, BASE).scopes == ("openid", "profile", "cn_id")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("client_name", 7),
        ("client_name", "x" * 2049),
        ("redirect_uris", "https://rp-a.example/cb"),
        ("redirect_uris", {"0": "https://rp-a.example/cb"}),
        ("redirect_uris", [["https://rp-a.example/cb"]]),
        ("redirect_uris", ["https://rp-a.example/cb"] * 65),
        ("token_endpoint_auth_method", "client_secret_jwt"),
        ("token_endpoint_auth_method", ["none"]),
        ("grant_types", ["implicit"]),
        ("grant_types", ["password"]),
        ("scope", ["openid"]),
        ("jwks", []),
        ("jwks", "{}"),
        ("subject_type", "ephemeral"),
        ("require_signed_request_object", "true"),
        ("require_signed_request_object", 1),
        ("default_max_age", True),
        ("default_max_age", 1.5),
        ("default_max_age", "60"),
        ("backchannel_token_delivery_mode", "push"),
        ("gba_profile", "lax"),
        ("gba_document_codes", {"permit_cn": 5}),
        ("gba_requests_per_minute", "many"),
        ("response_types", ["code", "id_token"]),
        ("response_types", ["token"]),
        ("response_types", "code"),
        ("response_types", []),
        ("application_type", "desktop"),
        ("application_type", {}),
        ("token_endpoint_auth_signing_alg", "HS256"),
        ("token_endpoint_auth_signing_alg", ["ES256"]),
        ("backchannel_user_code_parameter", True),
        ("backchannel_authentication_request_signing_alg", "none"),
    ],
)
def test_a_member_of_the_wrong_type_is_refused_by_its_name_and_never_by_its_value(name: str, value: Any) -> None:
    with pytest.raises(MetadataError) as refusal:
        client_from({name: value}, BASE)

    assert refusal.value.field == name
    assert name in str(refusal.value)
    assert not isinstance(value, str) or value == "code" or value not in str(refusal.value).removeprefix(name)


@pytest.mark.parametrize(
    "members",
    [
        {"response_types": ["code"]},
        {"response_types": [], "grant_types": ["urn:ietf:params:oauth:grant-type:device_code"]},
        {"application_type": "native", "token_endpoint_auth_signing_alg": "PS256"},
        {"backchannel_user_code_parameter": False},
    ],
)
def test_what_this_provider_does_with_everybody_may_be_stated(members: dict[str, Any]) -> None:
    assert client_from(members, BASE).client_id == "rp-a"


def test_the_error_of_a_redirect_uri_is_told_from_all_others() -> None:
    with pytest.raises(MetadataError) as refusal:
        client_from({"redirect_uris": 1}, BASE)

    assert refusal.value.code is ErrorCode.INVALID_REDIRECT_URI


def test_a_field_is_called_on_the_wire_as_the_registry_calls_it() -> None:
    assert member_name("scopes") == "scope"
    assert member_name("jurisdiction") == "gba_jurisdiction"
    assert member_name("sector") == "sector"
