import pytest

from gateway.oidc.authorize import OfferedValues, validate
from gateway.oidc.metadata import PATHS, discovery
from gateway.oidc.token import GRANTS
from tests.gateway.oidc.fakes import CALLBACK, CHALLENGE, ISSUER, FakeClients, a_client, a_key_set

DOCUMENT = discovery(ISSUER, acr_values=["urn:gba:loa:1", "urn:gba:loa:2"], ui_locales=["zh-Hant-HK", "en"])


@pytest.mark.spec("OpenID Connect Discovery §3")
def test_the_discovery_document_says_exactly_this() -> None:
    assert {
        "issuer": "https://id.example.hk",
        "authorization_endpoint": "https://id.example.hk/authorize",
        "token_endpoint": "https://id.example.hk/token",
        "userinfo_endpoint": "https://id.example.hk/userinfo",
        "end_session_endpoint": "https://id.example.hk/logout",
        "jwks_uri": "https://id.example.hk/jwks",
        "scopes_supported": ["openid", "profile", "cn_id", "cn_doc"],
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": ["authorization_code"],
        "subject_types_supported": ["pairwise"],
        "id_token_signing_alg_values_supported": ["ES256", "RS256"],
        "token_endpoint_auth_methods_supported": [
            "client_secret_basic",
            "client_secret_post",
            "private_key_jwt",
            "none",
        ],
        "token_endpoint_auth_signing_alg_values_supported": ["ES256", "PS256", "RS256"],
        "code_challenge_methods_supported": ["S256"],
        "prompt_values_supported": ["none", "login", "consent", "select_account"],
        "acr_values_supported": ["urn:gba:loa:1", "urn:gba:loa:2"],
        "ui_locales_supported": ["zh-Hant-HK", "en"],
        "claim_types_supported": ["normal"],
        "claims_supported": [
            *("iss", "sub", "aud", "exp", "iat", "auth_time", "nonce", "acr", "amr", "sid"),
            *("name", "family_name", "given_name", "birthdate", "gender", "gba_cn_id", "gba_doc"),
        ],
        "authorization_response_iss_parameter_supported": True,
        "claims_parameter_supported": False,
        "request_parameter_supported": False,
        "request_uri_parameter_supported": False,
    } == DOCUMENT


@pytest.mark.parametrize("scope", DOCUMENT["scopes_supported"])
@pytest.mark.parametrize("prompt", DOCUMENT["prompt_values_supported"])
@pytest.mark.parametrize("method", DOCUMENT["code_challenge_methods_supported"])
async def test_every_announced_value_of_a_request_is_accepted(scope, prompt, method) -> None:
    pairs = {
        "client_id": "rp-a",
        "redirect_uri": CALLBACK,
        "response_type": DOCUMENT["response_types_supported"][0],
        "response_mode": DOCUMENT["response_modes_supported"][0],
        "scope": f"openid {scope}",
        "prompt": prompt,
        "code_challenge": CHALLENGE,
        "code_challenge_method": method,
        "acr_values": " ".join(DOCUMENT["acr_values_supported"]),
        "ui_locales": " ".join(DOCUMENT["ui_locales_supported"]),
    }

    assert await validate(list(pairs.items()), FakeClients(a_client()), offered=OfferedValues(frozenset()))


def test_every_announced_grant_and_algorithm_exists() -> None:
    assert list(GRANTS) == DOCUMENT["grant_types_supported"]
    assert all(a_key_set().active(algorithm) for algorithm in DOCUMENT["id_token_signing_alg_values_supported"])


def test_an_issuer_with_a_path_keeps_it() -> None:
    document = discovery("https://example.hk/id", acr_values=[], ui_locales=[])

    assert {f"https://example.hk/id{path}" for path in PATHS.values()} <= {str(value) for value in document.values()}
