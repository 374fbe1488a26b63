import pytest

from gateway.oidc.authorize import validate
from gateway.oidc.metadata import PATHS, discovery
from gateway.oidc.names import GrantType
from gateway.oidc.token import GRANTS
from tests.gateway.oidc.fakes import CALLBACK, CHALLENGE, ISSUER, NOW, a_client, an_endpoint
from tests.gateway.oidc.request_fakes import OFFERED

DOCUMENT = discovery(ISSUER, acr_values=["urn:gba:loa:1", "urn:gba:loa:2"], ui_locales=["zh-Hant-HK", "en"])
WITH_MTLS = discovery(ISSUER, acr_values=[], ui_locales=[], mtls=True)
METHODS = ["client_secret_basic", "client_secret_post", "private_key_jwt", "none"]
ALGORITHMS = ["ES256", "PS256", "RS256"]
KEY_AGREEMENTS = ["ECDH-ES", "RSA-OAEP", "RSA-OAEP-256"]
ENCRYPTIONS = ["A128CBC-HS256", "A128GCM", "A256GCM"]


@pytest.mark.spec("OpenID Connect Discovery §3")
def test_the_discovery_document_says_exactly_this() -> None:
    assert {
        "issuer": "https://id.example.hk",
        "authorization_endpoint": "https://id.example.hk/authorize",
        "token_endpoint": "https://id.example.hk/token",
        "userinfo_endpoint": "https://id.example.hk/userinfo",
        "end_session_endpoint": "https://id.example.hk/logout",
        "jwks_uri": "https://id.example.hk/jwks",
        "pushed_authorization_request_endpoint": "https://id.example.hk/par",
        "revocation_endpoint": "https://id.example.hk/revoke",
        "introspection_endpoint": "https://id.example.hk/introspect",
        "device_authorization_endpoint": "https://id.example.hk/device_authorization",
        "backchannel_authentication_endpoint": "https://id.example.hk/bc-authorize",
        "registration_endpoint": "https://id.example.hk/register",
        "service_documentation": "https://id.example.hk/",
        "acr_values_supported": ["urn:gba:loa:1", "urn:gba:loa:2"],
        "ui_locales_supported": ["zh-Hant-HK", "en"],
        "scopes_supported": ["openid", "profile", "cn_id", "cn_doc", "organisation", "offline_access"],
        "response_types_supported": ["code"],
        "response_modes_supported": ["query", "form_post", "jwt", "query.jwt", "form_post.jwt"],
        "grant_types_supported": [str(grant) for grant in GRANTS],
        "code_challenge_methods_supported": ["S256"],
        "prompt_values_supported": ["none", "login", "consent", "select_account"],
        "authorization_response_iss_parameter_supported": True,
        "claims_parameter_supported": True,
        "request_parameter_supported": True,
        "request_uri_parameter_supported": True,
        "require_request_uri_registration": True,
        "require_signed_request_object": False,
        "require_pushed_authorization_requests": False,
        "request_object_signing_alg_values_supported": ALGORITHMS,
        "token_endpoint_auth_methods_supported": METHODS,
        "token_endpoint_auth_signing_alg_values_supported": ALGORITHMS,
        "revocation_endpoint_auth_methods_supported": METHODS,
        "revocation_endpoint_auth_signing_alg_values_supported": ALGORITHMS,
        "introspection_endpoint_auth_methods_supported": METHODS,
        "introspection_endpoint_auth_signing_alg_values_supported": ALGORITHMS,
        "dpop_signing_alg_values_supported": ALGORITHMS,
        "id_token_signing_alg_values_supported": ALGORITHMS,
        "userinfo_signing_alg_values_supported": ALGORITHMS,
        "authorization_signing_alg_values_supported": ALGORITHMS,
        "introspection_signing_alg_values_supported": ALGORITHMS,
        "id_token_encryption_alg_values_supported": KEY_AGREEMENTS,
        "id_token_encryption_enc_values_supported": ENCRYPTIONS,
        "userinfo_encryption_alg_values_supported": KEY_AGREEMENTS,
        "userinfo_encryption_enc_values_supported": ENCRYPTIONS,
        "subject_types_supported": ["pairwise", "public"],
        "claim_types_supported": ["normal"],
        "claims_supported": [
            *("iss", "sub", "aud", "exp", "iat", "auth_time", "nonce", "acr", "amr", "sid", "act"),
            *("name", "family_name", "given_name", "birthdate", "gender", "gba_cn_id", "gba_doc"),
            *("gba_organisation", "gba_mandate"),
        ],
        "verified_claims_supported": True,
        "trust_frameworks_supported": ["hk_iam_smart", "mo_one_account", "cn_gd_unified_authentication"],
        "evidence_supported": ["electronic_record", "document"],
        "documents_supported": ["mainland_travel_permit", "mainland_residence_permit"],
        "electronic_records_supported": ["population_register"],
        "claims_in_verified_claims_supported": ["name", "family_name", "given_name", "birthdate", "gender"],
        "backchannel_logout_supported": True,
        "backchannel_logout_session_supported": True,
        "frontchannel_logout_supported": True,
        "frontchannel_logout_session_supported": True,
        "backchannel_token_delivery_modes_supported": ["poll", "ping"],
        "backchannel_authentication_request_signing_alg_values_supported": ALGORITHMS,
        "backchannel_user_code_parameter_supported": False,
    } == DOCUMENT


@pytest.mark.parametrize("scope", DOCUMENT["scopes_supported"])
@pytest.mark.parametrize("prompt", DOCUMENT["prompt_values_supported"])
@pytest.mark.parametrize("method", DOCUMENT["code_challenge_methods_supported"])
@pytest.mark.parametrize("mode", DOCUMENT["response_modes_supported"])
async def test_every_announced_value_of_a_request_is_accepted(scope, prompt, method, mode) -> None:
    pairs = {
        "client_id": "rp-a",
        "redirect_uri": CALLBACK,
        "response_type": DOCUMENT["response_types_supported"][0],
        "response_mode": mode,
        "scope": f"openid {scope}",
        "prompt": prompt,
        "code_challenge": CHALLENGE,
        "code_challenge_method": method,
        "acr_values": " ".join(DOCUMENT["acr_values_supported"]),
        "ui_locales": " ".join(DOCUMENT["ui_locales_supported"]),
    }
    client = a_client(scopes=tuple(DOCUMENT["scopes_supported"]), grant_types=tuple(GrantType))

    assert await validate(list(pairs.items()), an_endpoint(client), offered=OFFERED, now=NOW)


def test_every_announced_grant_exists_and_every_grant_is_announced() -> None:
    assert set(DOCUMENT["grant_types_supported"]) == {grant.value for grant in GrantType}


def test_only_the_algorithms_of_live_keys_are_announced() -> None:
    document = discovery(ISSUER, acr_values=[], ui_locales=[], signing_algorithms=["ES256", "RS256"])

    assert document["id_token_signing_alg_values_supported"] == ["ES256", "RS256"]
    assert document["introspection_signing_alg_values_supported"] == ["ES256", "RS256"]


@pytest.mark.spec("RFC 8705 §5")
def test_mutual_tls_is_announced_where_it_works_and_nowhere_else() -> None:
    aliases = WITH_MTLS["mtls_endpoint_aliases"]

    assert WITH_MTLS["tls_client_certificate_bound_access_tokens"] is True
    assert {"tls_client_auth", "self_signed_tls_client_auth"} <= set(WITH_MTLS["token_endpoint_auth_methods_supported"])
    assert aliases.items() <= WITH_MTLS.items()
    assert "token_endpoint" in aliases
    assert "authorization_endpoint" not in aliases
    assert DOCUMENT.keys().isdisjoint({"mtls_endpoint_aliases", "tls_client_certificate_bound_access_tokens"})


def test_registration_is_announced_where_it_works() -> None:
    assert "registration_endpoint" not in discovery(ISSUER, acr_values=[], ui_locales=[], registration=False)


@pytest.mark.attack("CA-15")
def test_ca_15_neither_weak_nor_symmetric_algorithms_are_announced() -> None:
    lists = [value for name, value in DOCUMENT.items() if name.endswith(("_alg_values_supported", "_alg_supported"))]

    announced = {algorithm for values in lists for algorithm in values}

    assert announced.isdisjoint({"none", "RSA1_5", "HS256", "HS384", "HS512", "dir", "A128KW"})


def test_an_issuer_with_a_path_keeps_it() -> None:
    document = discovery("https://example.hk/id", acr_values=[], ui_locales=[])

    assert {f"https://example.hk/id{path}" for path in PATHS.values()} <= {str(value) for value in document.values()}
