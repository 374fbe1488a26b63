"""Secrets, keys, certificates, algorithms and profiles of a relying party, as they are checked at registration."""

from datetime import timedelta
from typing import Any

import pytest

from certs.keys.signing_key import Algorithm, KeySet
from gateway.oidc.names import ClientAuthMethod, DeliveryMode, GrantType, Profile, SubjectType
from gateway.oidc.registration import MetadataError, check_client, check_keys, with_sector
from tests.gateway.oidc.fakes import (
    CALLBACK,
    NOW,
    a_client,
    a_key_client,
    a_key_set,
    a_public_client,
    signing_key,
)

JWKS: dict[str, Any] = {"keys": [signing_key(name="client").public_jwk()]}
SEALING: dict[str, Any] = {"keys": [signing_key(name="client").public_jwk() | {"use": "enc", "alg": "ECDH-ES"}]}
RSA: dict[str, Any] = {"keys": [signing_key(Algorithm.PS256, "client").public_jwk()]}
DEVICE = (GrantType.DEVICE_CODE,)
CIBA = (GrantType.CIBA,)


def a_tls_client(**changes: Any) -> Any:
    fields = {
        "token_endpoint_auth_method": ClientAuthMethod.TLS,
        "client_secret_hash": None,
        "tls_client_auth_subject_dn": "CN=rp-a,O=Fictional,C=CN",
    }
    return a_client(**(fields | changes))


def a_fapi_client(**changes: Any) -> Any:
    return a_key_client(**({"profile": Profile.FAPI2_SP, "dpop_bound_access_tokens": True} | changes))


@pytest.mark.parametrize(
    "client",
    [
        a_key_client(jwks=None, jwks_uri="https://rp-a.example/jwks"),
        a_client(jwks=JWKS),
        a_client(jwks=SEALING, id_token_encrypted_response_alg="ECDH-ES"),
        a_client(
            jwks_uri="https://rp-a.example/jwks",
            userinfo_encrypted_response_alg="RSA-OAEP",
            userinfo_encrypted_response_enc="A256GCM",
        ),
        a_client(jwks=JWKS, require_signed_request_object=True, request_object_signing_alg="ES256"),
        a_tls_client(),
        a_tls_client(tls_client_auth_subject_dn=None, tls_client_auth_san_dns="rp-a.example"),
        a_tls_client(tls_client_auth_subject_dn=None, tls_client_auth_san_uri="urn:rp:a"),
        a_tls_client(tls_client_auth_subject_dn=None, tls_client_auth_san_email="desk@rp-a.example"),
        a_client(token_endpoint_auth_method=ClientAuthMethod.SELF_SIGNED_TLS, client_secret_hash=None, jwks=JWKS),
        a_fapi_client(),
        a_fapi_client(profile=Profile.FAPI2_MS),
        a_fapi_client(dpop_bound_access_tokens=False, tls_client_certificate_bound_access_tokens=True),
        with_sector(a_public_client(grant_types=DEVICE, redirect_uris=())),
        with_sector(
            a_client(grant_types=CIBA, redirect_uris=(), backchannel_token_delivery_mode=DeliveryMode.POLL),
        ),
        a_client(grant_types=(*CIBA, GrantType.AUTHORIZATION_CODE), backchannel_token_delivery_mode=DeliveryMode.POLL),
        with_sector(a_client(grant_types=(), redirect_uris=(), serves="https://api.rp-a.example/")),
        a_client(
            grant_types=(GrantType.AUTHORIZATION_CODE, GrantType.TOKEN_EXCHANGE), relying_party="fictional_insurance"
        ),
        with_sector(a_client(subject_type=SubjectType.PUBLIC)),
        a_client(contacts=("desk@rp-a.example",), software_id="x", software_version="1", requests_per_minute=1),
        a_client(default_max_age=0, default_acr_values=("urn:gba:loa:2",)),
        a_client(resources=("https://api.rp-b.example/", "urn:rp-b:api")),
        with_sector(
            a_client(client_id="https://rp-a.example", registered_by="federation"),
        ),
    ],
)
def test_an_honest_client_of_any_kind_is_accepted(client: Any) -> None:
    check_client(client)


@pytest.mark.parametrize(
    ("client", "field"),
    [
        (a_key_client(jwks_uri="https://rp-a.example/jwks"), "jwks"),
        (a_client(require_signed_request_object=True), "jwks"),
        (a_client(request_object_signing_alg="ES256"), "jwks"),
        (a_client(id_token_encrypted_response_alg="ECDH-ES"), "jwks"),
        (a_client(jwks=RSA, id_token_encrypted_response_alg="ECDH-ES"), "jwks"),
        (a_client(jwks=SEALING, require_signed_request_object=True), "jwks"),
        (a_client(jwks=RSA, require_signed_request_object=True, request_object_signing_alg="ES256"), "jwks"),
        (a_client(token_endpoint_auth_method=ClientAuthMethod.SELF_SIGNED_TLS, client_secret_hash=None), "jwks"),
        (a_client(retiring_secret_hash=None, client_secret_hash=bytes(31)), "client_secret"),
        (a_public_client(retiring_secret_hash=bytes(32)), "client_secret"),
        (a_tls_client(tls_client_auth_subject_dn=None), "token_endpoint_auth_method"),
        (a_tls_client(tls_client_auth_san_dns="rp-a.example"), "token_endpoint_auth_method"),
        (a_tls_client(tls_client_auth_subject_dn="no name"), "token_endpoint_auth_method"),
        (
            a_tls_client(tls_client_auth_subject_dn=None, tls_client_auth_san_dns="*.rp-a.example"),
            "token_endpoint_auth_method",
        ),
        (a_client(tls_client_auth_san_dns="rp-a.example"), "token_endpoint_auth_method"),
        (a_client(jwks=JWKS, id_token_encrypted_response_alg="RSA1_5"), "id_token_encrypted_response_alg"),
        (a_client(jwks=JWKS, id_token_encrypted_response_enc="A256GCM"), "id_token_encrypted_response_alg"),
        (
            a_client(
                jwks_uri="https://rp-a.example/jwks",
                userinfo_encrypted_response_alg="ECDH-ES",
                userinfo_encrypted_response_enc="A192GCM",
            ),
            "userinfo_encrypted_response_alg",
        ),
        (a_client(userinfo_signed_response_alg="none"), "userinfo_signed_response_alg"),
        (a_client(authorization_signed_response_alg="HS256"), "authorization_signed_response_alg"),
        (a_client(introspection_signed_response_alg="EdDSA"), "introspection_signed_response_alg"),
        (a_client(jwks=JWKS, request_object_signing_alg="none"), "request_object_signing_alg"),
        (a_client(grant_types=()), "grant_types"),
        (a_client(grant_types=(GrantType.REFRESH_TOKEN,)), "grant_types"),
        (a_client(grant_types=(GrantType.AUTHORIZATION_CODE,) * 2), "grant_types"),
        (
            a_public_client(grant_types=(*CIBA, GrantType.AUTHORIZATION_CODE)),
            "grant_types",
        ),
        (a_public_client(grant_types=(GrantType.AUTHORIZATION_CODE, GrantType.TOKEN_EXCHANGE)), "grant_types"),
        (a_client(grant_types=DEVICE), "redirect_uris"),
        (a_client(grant_types=(GrantType.AUTHORIZATION_CODE, *CIBA)), "backchannel_token_delivery_mode"),
        (
            a_client(
                grant_types=(GrantType.AUTHORIZATION_CODE, *CIBA), backchannel_token_delivery_mode=DeliveryMode.PING
            ),
            "backchannel_token_delivery_mode",
        ),
        (a_client(grant_types=(GrantType.AUTHORIZATION_CODE, GrantType.TOKEN_EXCHANGE)), "relying_party"),
        (a_client(relying_party="Two words"), "relying_party"),
        (a_client(relying_party=""), "relying_party"),
        (with_sector(a_client(subject_type=SubjectType.PUBLIC, registered_by="dynamic")), "subject_type"),
        (a_client(contacts=("",)), "contacts"),
        (a_client(contacts=("x\ny",)), "contacts"),
        (a_client(contacts=("x",) * 2), "contacts"),
        (a_client(software_id="x" * 129), "software_id"),
        (a_client(software_version=""), "software_version"),
        (a_client(requests_per_minute=0), "requests_per_minute"),
        (a_client(legacy_without_pkce=True, registered_by="dynamic"), "gba_legacy_without_pkce"),
        (a_client(requests_per_minute=10_000_001), "requests_per_minute"),
        (a_client(default_max_age=-1), "default_max_age"),
        (a_client(default_max_age=10**9), "default_max_age"),
        (a_client(default_acr_values=("x",) * 2), "default_acr_values"),
        (a_client(resources=("api",)), "resources"),
        (a_client(resources=("https://api.rp-b.example/#f",)), "resources"),
        (a_client(resources=("https://api.rp-b.example/",) * 2), "resources"),
        (a_client(serves="api"), "serves"),
        (a_client(client_id="https://rp-a.example"), "client_id"),
        (a_client(client_id="rp-a", registered_by="federation"), "client_id"),
        (a_client(client_id="https://rp-a.example/?a", registered_by="federation"), "client_id"),
        (a_client(client_id="http://127.0.0.1/", registered_by="federation"), "client_id"),
    ],
)
def test_a_client_that_is_not_in_order_is_refused_by_its_field(client: Any, field: str) -> None:
    with pytest.raises(MetadataError) as refusal:
        check_client(client)

    assert refusal.value.field == field


@pytest.mark.spec("FAPI 2.0 Security Profile §5.3.2")
@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"dpop_bound_access_tokens": False}, "dpop_bound_access_tokens"),
        ({"id_token_signed_response_alg": "RS256"}, "id_token_signed_response_alg"),
        ({"redirect_uris": ("http://127.0.0.1/cb",), "sector": "loopback:rp-a"}, "redirect_uris"),
        ({"request_object_signing_alg": "RS256"}, "request_object_signing_alg"),
    ],
)
def test_a_profile_demands_all_of_its_rules(changes: dict[str, Any], field: str) -> None:
    with pytest.raises(MetadataError) as refusal:
        check_client(a_fapi_client(**changes))

    assert refusal.value.field == field
    assert refusal.value.reason


def test_a_secret_is_not_enough_under_a_profile() -> None:
    with pytest.raises(MetadataError) as refusal:
        check_client(a_client(profile=Profile.FAPI2_SP, dpop_bound_access_tokens=True))

    assert refusal.value.field == "token_endpoint_auth_method"


@pytest.mark.parametrize(
    "field",
    ["id_token_signed_response_alg", "userinfo_signed_response_alg", "authorization_signed_response_alg"],
)
def test_nothing_is_registered_that_this_gateway_has_no_key_for(field: str) -> None:
    keys = a_key_set()
    check_keys(a_client(**{field: "RS256"}), keys)

    with pytest.raises(MetadataError) as refusal:
        check_keys(a_client(**{field: "PS256"}), keys)

    assert refusal.value.field == field


def test_a_key_that_only_comes_signs_nothing_yet() -> None:
    key = signing_key().enter(signing_key().state.__class__.PUBLISHED, NOW + timedelta(seconds=1))

    with pytest.raises(MetadataError):
        check_keys(a_client(), KeySet((key,)))


def test_the_callback_of_the_builders_is_what_the_sector_hangs_on() -> None:
    assert with_sector(a_client()).sector == CALLBACK.split("/")[2]
