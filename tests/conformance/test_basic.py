"""oidcc-basic-certification-test-plan and oidcc-formpost-basic-certification-test-plan: tokens, claims, userinfo."""

from typing import Any

import httpx
import pytest

from tests.conformance.suite import ISSUER, Suite
from tests.conformance.variant import Variant
from tests.conformance.wire import header_of

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.spec("OpenID Connect Core §3.1")]
PROFILE = {"name", "birthdate", "gender"}
"""What there is of the person who signs in: their region does not split names."""


async def test_oidcc_server(variant: Variant) -> None:
    tokens = await variant.whole()

    assert header_of(tokens["id_token"])["alg"] == "RS256"
    assert tokens["userinfo"].keys() >= {"sub", "name"}


async def test_oidcc_response_type_missing(variant: Variant) -> None:
    told = await variant.refusal(variant.ask(response_type=None))

    assert told["error"] == "invalid_request"
    assert "code" not in told


@pytest.mark.parametrize("alg", ["ES256", "PS256"])
async def test_oidcc_idtoken_signature(suite: Suite, alg: str) -> None:
    party = await suite.dynamic(id_token_signed_response_alg=alg)

    tokens = await suite.whole(party)

    assert header_of(tokens["id_token"])["alg"] == alg


async def test_oidcc_idtoken_unsigned(suite: Suite) -> None:
    # Not announced, and nobody gets one by asking for it.
    announced = (await suite.discovery())["id_token_signing_alg_values_supported"]

    answer = await suite.register(
        {"redirect_uris": ["https://rp.example/none"], "id_token_signed_response_alg": "none"}
    )

    assert "none" not in announced
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_client_metadata")


async def test_oidcc_codereuse(variant: Variant) -> None:
    asked = variant.ask()
    answer = await variant.suite.sign_in(asked)
    await variant.suite.tokens(variant.party, asked, answer)

    again = await variant.party.redeem(asked, answer["code"])

    assert (again.status_code, again.json()["error"]) == (400, "invalid_grant")


async def test_oidcc_codereuse_30seconds(variant: Variant) -> None:
    asked = variant.ask()
    answer = await variant.suite.sign_in(asked)
    tokens = await variant.suite.tokens(variant.party, asked, answer)
    variant.suite.world.clock.advance(seconds=30)

    again = await variant.party.redeem(asked, answer["code"])

    assert (again.status_code, again.json()["error"]) == (400, "invalid_grant")
    assert (await variant.party.userinfo(tokens["access_token"])).status_code == 401  # the suite would only warn


@pytest.mark.parametrize("scope", ["email", "address", "phone"])
async def test_oidcc_scope_of_claims_that_nobody_has_is_ignored(variant: Variant, scope: str) -> None:
    # oidcc-scope-email, oidcc-scope-address, oidcc-scope-phone: skipped by the suite, as none of them is announced.
    assert scope not in (await variant.suite.discovery())["scopes_supported"]

    tokens = await variant.whole(scope=f"openid {scope}")

    assert tokens["scope"] == "openid"
    assert tokens["userinfo"].keys() == {"sub"}


async def test_oidcc_scope_profile(variant: Variant) -> None:
    tokens = await variant.whole(scope="openid profile")

    assert tokens["userinfo"].keys() == {"sub", *PROFILE}
    assert not PROFILE & tokens["claims"].keys()


async def test_oidcc_scope_all(variant: Variant) -> None:
    tokens = await variant.whole(scope="openid address email phone profile")

    assert tokens["userinfo"].keys() == {"sub", *PROFILE}


async def test_oidcc_claims_essential(variant: Variant) -> None:
    tokens = await variant.whole(scope="openid", claims='{"userinfo":{"name":{"essential":true}}}')

    assert tokens["userinfo"].keys() == {"sub", "name"}


async def test_oidcc_claims_locales(variant: Variant) -> None:
    tokens = await variant.whole(claims_locales="se")

    assert tokens["userinfo"]["name"]


async def test_oidcc_userinfo_get(variant: Variant) -> None:
    tokens = await variant.whole()

    again = await variant.suite.userinfo(variant.party, tokens["access_token"])

    assert again == tokens["userinfo"]


async def test_oidcc_userinfo_post_header(variant: Variant) -> None:
    tokens = await variant.whole()

    answer = await posted(variant, headers={"authorization": f"Bearer {tokens['access_token']}"})

    assert answer.status_code == 200
    assert answer.json() == tokens["userinfo"]


async def test_oidcc_userinfo_post_body(variant: Variant) -> None:
    # Left out on purpose (RFC 9700 §4.3.2 advises against it): the suite warns, and a body would end up in logs.
    tokens = await variant.whole()

    answer = await posted(variant, data={"access_token": tokens["access_token"]})

    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")
    assert answer.headers["www-authenticate"].startswith('Bearer error="invalid_request"')


async def test_oidcc_alternate_happy_flow(variant: Variant) -> None:
    asked = variant.ask(scope="profile openid")
    asked.parameters = dict(reversed(asked.parameters.items()))
    browser = variant.suite.browser()

    tokens = await variant.finish(asked, await variant.suite.sign_in(asked, browser), browser)

    assert tokens["userinfo"].keys() == {"sub", *PROFILE}


async def test_oidcc_refresh_token(variant: Variant) -> None:
    tokens = await variant.whole(scope="openid profile offline_access", prompt="consent")

    answer = await variant.party.refresh(tokens["refresh_token"])

    fresh = await variant.suite.checked(variant.party, variant.ask(nonce=None), answer)
    assert fresh["access_token"] != tokens["access_token"]
    for name in ("iss", "sub", "aud", "auth_time"):
        assert fresh["claims"][name] == tokens["claims"][name]
    assert "nonce" not in fresh["claims"]
    assert fresh["claims"]["iat"] >= tokens["claims"]["iat"]
    assert await variant.suite.userinfo(variant.party, fresh["access_token"]) == tokens["userinfo"]


async def test_oidcc_refresh_token_of_another_client_is_refused(variant: Variant) -> None:
    tokens = await variant.whole(scope="openid profile offline_access", prompt="consent")
    other = await variant.suite.dynamic()

    answer = await other.refresh(tokens["refresh_token"])

    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_grant")


async def test_oidcc_server_client_secret_post(suite: Suite) -> None:
    party = await suite.dynamic(token_endpoint_auth_method="client_secret_post")

    tokens = await suite.whole(party)

    assert tokens["userinfo"].keys() == {"sub", *PROFILE}


async def posted(variant: Variant, **parts: Any) -> httpx.Response:
    async with variant.suite.world.net.browser() as http:
        return await http.post(f"{ISSUER}/userinfo", **parts)
