"""openid-federation-deployed-entity-test-plan: what the gateway says of itself to the federation."""

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest
import pytest_asyncio

from gateway.config import Federation, load
from tests.conformance.members import MEDIA_TYPE, REGION, STATEMENT
from tests.conformance.suite import ISSUER, Suite, a_suite
from tests.conformance.wire import claims_of, header_of, verified

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.spec("OpenID Federation 1.0 §3, §5, §9")]


async def configuration(suite: Suite) -> str:
    async with suite.world.net.browser() as http:
        answer = await http.get(f"{ISSUER}/.well-known/openid-federation")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == MEDIA_TYPE
    return answer.text


async def test_openid_federation_entity_configuration(suite: Suite) -> None:
    token = await configuration(suite)
    claims = verified(token, claims_of(token)["jwks"])

    now = suite.world.clock.now.timestamp()
    assert header_of(token)["typ"] == STATEMENT
    assert claims["iss"] == claims["sub"] == ISSUER
    assert now - 60 <= claims["iat"] <= now < claims["exp"]
    assert not {"aud", "crit", "metadata_policy", "constraints"} & claims.keys()
    for key in claims["jwks"]["keys"]:
        assert key["kid"]
        assert not {"d", "p", "q", "k"} & key.keys()
    kids = [key["kid"] for key in claims["jwks"]["keys"]]
    assert len(kids) == len(set(kids))


async def test_openid_federation_entity_configuration_metadata(suite: Suite) -> None:
    metadata = claims_of(await configuration(suite))["metadata"]
    provider, entity = metadata["openid_provider"], metadata["federation_entity"]

    announced = await suite.discovery()
    assert {name: provider[name] for name in announced} == announced
    assert provider["client_registration_types_supported"] == ["automatic"]
    methods = provider["request_authentication_methods_supported"]
    assert methods["authorization_endpoint"] == ["request_object"]
    assert methods["pushed_authorization_request_endpoint"] == ["private_key_jwt"]
    assert "none" not in provider["request_authentication_signing_alg_values_supported"]
    assert entity["organization_name"]
    # A leaf vouches for nobody: the suite's fetch, list and resolve modules have nothing to call.
    assert not any(name.endswith("_endpoint") for name in entity)


async def test_the_keys_of_the_federation_are_not_those_of_tokens(suite: Suite) -> None:
    own = {key["kid"] for key in claims_of(await configuration(suite))["jwks"]["keys"]}

    assert not own & {key["kid"] for key in (await suite.document("/jwks"))["keys"]}


async def test_without_an_authority_above_no_hint_is_given(suite: Suite) -> None:
    # An empty list may not be sent (§3.1.2).
    assert "authority_hints" not in claims_of(await configuration(suite))


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def enrolled(tmp_path_factory: pytest.TempPathFactory, suite: Suite) -> AsyncIterator[Suite]:
    """A gateway that a region vouches for."""
    settings = load(suite.world.folder / "gate.toml").federation
    assert isinstance(settings, Federation)
    hinted = replace(settings, authority_hints=(REGION,))
    async with a_suite(tmp_path_factory.mktemp("enrolled") / "world", federation=hinted) as running:
        yield running


async def fetched(suite: Suite, address: str, **query: str) -> dict[str, Any]:
    async with suite.world.net.browser() as http:
        answer = await http.get(address, params=query)
    assert answer.status_code == 200, answer.text
    return claims_of(answer.text) | {"token": answer.text}


async def test_the_chain_from_the_gateway_leads_to_the_anchor_and_its_keys(enrolled: Suite) -> None:
    # openid-federation-preconfigured-keys-match-trust-anchors-keys, and the chain that the suite builds by hand
    token = await configuration(enrolled)
    own = claims_of(token)
    async with enrolled.world.net.browser() as http:
        await http.post(f"{REGION}/enrol", json={"entity_id": ISSUER, "jwks": own["jwks"]})
    assert own["authority_hints"] == [REGION]

    region = await fetched(enrolled, f"{REGION}/.well-known/openid-federation")
    about_us = await fetched(enrolled, region["metadata"]["federation_entity"]["federation_fetch_endpoint"], sub=ISSUER)
    (above,) = region["authority_hints"]
    anchor = await fetched(enrolled, f"{above}/.well-known/openid-federation")
    about_region = await fetched(
        enrolled, anchor["metadata"]["federation_entity"]["federation_fetch_endpoint"], sub=REGION
    )

    assert verified(token, about_us["jwks"])["sub"] == ISSUER
    assert verified(about_us["token"], region["jwks"])["iss"] == REGION
    assert verified(region["token"], about_region["jwks"])["sub"] == REGION
    assert verified(about_region["token"], anchor["jwks"])["iss"] == above
    pinned = (enrolled.world.folder / "anchor.jwks").read_text(encoding="utf-8")
    assert all(key["kid"] in pinned for key in anchor["jwks"]["keys"])
