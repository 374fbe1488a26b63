"""oidcc-config-certification-test-plan, and the discovery checks of the FAPI 2.0 plan."""

from urllib.parse import urlsplit

import pytest

from tests.conformance.suite import ISSUER, Suite

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.spec("OpenID Connect Discovery §3")]
ADDRESSES = ("jwks_uri", "service_documentation")


async def test_oidcc_discovery_endpoint_verification(suite: Suite) -> None:
    async with suite.world.net.browser() as http:
        answer = await http.get(f"{ISSUER}/.well-known/openid-configuration")
    found = answer.json()

    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    assert found["issuer"] == ISSUER
    for name, value in found.items():
        if name.endswith("_endpoint") or name in ADDRESSES:
            assert (urlsplit(value).scheme, urlsplit(value).fragment) == ("https", ""), name
    assert found["response_types_supported"] == ["code"]
    assert set(found["subject_types_supported"]) <= {"pairwise", "public"}
    assert "RS256" in found["id_token_signing_alg_values_supported"]
    assert "openid" in found["scopes_supported"]
    assert {"sub", "iss"} <= set(found["claims_supported"])
    assert {"authorization_code", "refresh_token"} <= set(found["grant_types_supported"])
    for name in ("claims_parameter_supported", "request_parameter_supported", "request_uri_parameter_supported"):
        assert found[name] is True, name


async def test_oidcc_discovery_endpoint_verification_of_the_key_set(suite: Suite) -> None:
    keys = (await suite.document("/jwks"))["keys"]

    algorithms = {key["alg"] for key in keys}
    assert {"ES256", "RS256"} <= algorithms  # two live kinds, chosen per client
    assert algorithms == set((await suite.discovery())["id_token_signing_alg_values_supported"])
    assert len({key["kid"] for key in keys}) == len(keys)
    for key in keys:
        assert key["use"] == "sig"
        assert key["kty"] in {"RSA", "EC"}
        assert not {"d", "p", "q", "dp", "dq", "qi", "k", "oth"} & key.keys()


async def test_fapi2_security_profile_final_discovery_end_point_verification(suite: Suite) -> None:
    found = await suite.discovery()

    assert found["authorization_response_iss_parameter_supported"] is True
    assert found["code_challenge_methods_supported"] == ["S256"]
    assert "private_key_jwt" in found["token_endpoint_auth_methods_supported"]
    assert found["pushed_authorization_request_endpoint"] == f"{ISSUER}/par"
    for name in ("token_endpoint_auth_signing_alg_values_supported", "dpop_signing_alg_values_supported"):
        assert {"ES256", "PS256"} <= set(found[name]), name
        assert not {"none", "HS256"} & set(found[name]), name


async def test_both_well_known_addresses_give_one_document(suite: Suite) -> None:
    assert await suite.document("/.well-known/oauth-authorization-server") == await suite.discovery()
