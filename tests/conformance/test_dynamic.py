"""oidcc-dynamic-certification-test-plan: what a client may make of itself at the registration endpoint."""

from collections.abc import Mapping
from typing import Any

import pytest

from tests.asking import RP
from tests.conformance.suite import ISSUER, PLAIN_SCOPE, Suite
from tests.conformance.wire import address_of, header_of
from tests.relying_party import Key

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.spec("OpenID Connect Registration §2, §3")]


async def refused(suite: Suite, members: Mapping[str, Any], error: str = "invalid_client_metadata") -> None:
    answer = await suite.register({"redirect_uris": [f"{RP}/refused"], **members})

    assert (answer.status_code, answer.json()["error"]) == (400, error)
    assert answer.headers["content-type"].partition(";")[0] == "application/json"


async def test_oidcc_discovery_endpoint_verification(suite: Suite) -> None:
    assert (await suite.discovery())["registration_endpoint"] == f"{ISSUER}/register"


async def test_oidcc_server(suite: Suite) -> None:
    tokens = await suite.whole(await suite.dynamic())

    assert tokens["userinfo"]["name"]


async def test_oidcc_ensure_client_assertion_with_iss_aud_succeeds(suite: Suite) -> None:
    key = Key.make()
    party = await suite.dynamic(key=key, jwks=key.jwks, token_endpoint_auth_method="private_key_jwt")

    assert (await suite.whole(party))["claims"]["sub"]


async def test_oidcc_ensure_redirect_uri_in_authorization_request(suite: Suite) -> None:
    party, browser = await suite.dynamic(), suite.browser()

    page = await browser.open(address_of(party.asking(), redirect_uri=None))

    assert page.status == 400
    assert "problem" in page
    assert browser.caught is None


async def test_oidcc_idtoken_rs256(suite: Suite) -> None:
    party = await suite.dynamic(id_token_signed_response_alg="RS256")

    assert header_of((await suite.whole(party))["id_token"])["alg"] == "RS256"


async def test_oidcc_idtoken_unsigned(suite: Suite) -> None:
    await refused(suite, {"id_token_signed_response_alg": "none"})


async def test_oidcc_userinfo_rs256(suite: Suite) -> None:
    party = await suite.dynamic(userinfo_signed_response_alg="RS256")
    asked = party.asking(scope=PLAIN_SCOPE)
    tokens = await suite.tokens(party, asked, await suite.sign_in(asked))

    answer = await party.userinfo(tokens["access_token"])

    assert answer.headers["content-type"].partition(";")[0] == "application/jwt"
    assert header_of(answer.text)["alg"] == "RS256"
    claims = await suite.verified(answer.text)
    assert (claims["iss"], claims["aud"], claims["sub"]) == (ISSUER, party.client.client_id, tokens["claims"]["sub"])
    assert claims["name"]


async def test_oidcc_redirect_uri_query_ok(suite: Suite) -> None:
    party, browser = await suite.dynamic(redirect_uris=[f"{RP}/query?foo=bar"]), suite.browser()
    asked = party.asking(scope=PLAIN_SCOPE)

    answer = await suite.sign_in(asked, browser)

    assert answer["foo"] == "bar"
    assert (await suite.tokens(party, asked, answer))["claims"]["sub"]


@pytest.mark.parametrize("query", ["?bar=foo", "?foo=bar&more=1", ""])
async def test_oidcc_redirect_uri_query_mismatch(suite: Suite, query: str) -> None:
    party, browser = await suite.dynamic(redirect_uris=[f"{RP}/query?foo=bar"]), suite.browser()

    page = await browser.open(address_of(party.asking(), redirect_uri=f"{RP}/query{query}"))

    assert page.status == 400
    assert browser.caught is None


async def test_oidcc_redirect_uri_query_added(suite: Suite) -> None:
    party, browser = await suite.dynamic(), suite.browser()
    asked = party.asking()

    page = await browser.open(address_of(asked, redirect_uri=f"{asked.redirect_uri}?foo=bar"))

    assert page.status == 400
    assert browser.caught is None


async def test_oidcc_redirect_uri_regfrag(suite: Suite) -> None:
    await refused(suite, {"redirect_uris": [f"{RP}/callback#foobar"]}, "invalid_redirect_uri")


async def test_oidcc_refresh_token(suite: Suite) -> None:
    party = await suite.dynamic()
    tokens = await suite.whole(party, scope=f"{PLAIN_SCOPE} offline_access", prompt="consent")

    answer = await party.refresh(tokens["refresh_token"])

    assert (await suite.checked(party, party.asking(nonce=None), answer))["claims"]["sub"] == tokens["claims"]["sub"]


async def test_oidcc_refresh_token_rp_key_rotation(suite: Suite) -> None:
    old, new = Key.make("RS256"), Key.make("RS256")
    jwks_uri = suite.documents.publish("/rotating/jwks", old.jwks)
    party = await suite.dynamic(key=old, jwks_uri=jwks_uri, token_endpoint_auth_method="private_key_jwt")
    tokens = await suite.whole(party, scope=f"{PLAIN_SCOPE} offline_access", prompt="consent")

    suite.documents.publish("/rotating/jwks", new.jwks)
    party.key = new
    suite.world.clock.advance(seconds=60)  # as long as the suite waits
    answer = await party.refresh(tokens["refresh_token"])

    assert (await suite.checked(party, party.asking(nonce=None), answer))["claims"]["sub"] == tokens["claims"]["sub"]


async def test_oidcc_registration_jwks_uri(suite: Suite) -> None:
    key = Key.make("RS256")
    jwks_uri = suite.documents.publish("/keys/jwks", key.jwks)
    party = await suite.dynamic(key=key, jwks_uri=jwks_uri, token_endpoint_auth_method="private_key_jwt")

    assert (await suite.whole(party))["claims"]["sub"]
    assert "/keys/jwks" in suite.documents.got


@pytest.mark.parametrize("member", ["logo_uri", "policy_uri", "tos_uri"])
async def test_oidcc_registration_of_addresses_for_people(suite: Suite, member: str) -> None:
    # oidcc-registration-logo-uri, oidcc-registration-policy-uri, oidcc-registration-tos-uri: the suite wants a picture of the page.
    members: dict[str, Any] = {member: f"{RP}/{member}"}
    party, browser = await suite.dynamic(**members), suite.browser()
    asked = party.asking(scope=PLAIN_SCOPE)

    tokens = await suite.tokens(party, asked, await suite.sign_in(asked, browser))

    shown = any(f"{RP}/{member}" in page.text for page in browser.visited)
    assert tokens["claims"]["sub"]
    assert shown is (member != "logo_uri")  # no picture of a stranger's is loaded into our pages


async def test_oidcc_registration_sector_uri(suite: Suite) -> None:
    redirect_uris = [f"{RP}/sector/a", "https://other.example/b"]
    sector = suite.documents.publish("/sector.json", redirect_uris)

    answer = await suite.register({"redirect_uris": redirect_uris, "sector_identifier_uri": sector})

    assert answer.status_code == 201, answer.text
    assert answer.json()["sector_identifier_uri"] == sector
    assert answer.json()["subject_type"] == "pairwise"


async def test_oidcc_registration_sector_bad(suite: Suite) -> None:
    sector = suite.documents.publish("/sector-bad.json", [f"{RP}/not-the-one"])

    await refused(suite, {"sector_identifier_uri": sector})


async def test_oidcc_request_uri_signed_rs256(suite: Suite) -> None:
    key, address = Key.make("RS256"), f"{RP}/requests/signed"
    party = await suite.dynamic(key=key, jwks=key.jwks, request_uris=[address], request_object_signing_alg="RS256")
    asked = party.asking(scope=PLAIN_SCOPE)
    # As the suite makes it: issuer and audience, and no word about time.
    signed = party.request_object(asked, nbf=None, exp=None, iat=None)
    suite.documents.publish("/requests/signed", signed, "application/oauth-authz-req+jwt")
    outer = ("client_id", "response_type", "scope", "redirect_uri")
    asked.parameters = {name: asked.parameters[name] for name in outer} | {"request_uri": address}

    answer = await suite.sign_in(asked)

    assert (await suite.tokens(party, asked, answer))["claims"]["sub"]


async def test_oidcc_request_uri_unsigned(suite: Suite) -> None:
    # Skipped by the suite where "none" is not announced; nobody can be registered for it either.
    assert "none" not in (await suite.discovery())["request_object_signing_alg_values_supported"]
    await refused(suite, {"request_object_signing_alg": "none"})


async def test_registration_without_an_initial_access_token_is_refused(suite: Suite) -> None:
    async with suite.world.net.browser() as http:
        answer = await http.post(f"{ISSUER}/register", json={"redirect_uris": [f"{RP}/callback"]})

    assert answer.status_code == 401
    assert answer.headers["www-authenticate"].startswith("Bearer")


async def test_a_client_can_be_read_changed_and_taken_back_as_the_suite_does_at_its_end(suite: Suite) -> None:
    made = (await suite.register({"redirect_uris": [f"{RP}/managed"], "client_name": "Managed"})).json()
    at, headers = made["registration_client_uri"], {"authorization": f"Bearer {made['registration_access_token']}"}
    async with suite.world.net.browser() as http:
        read = await http.get(at, headers=headers)
        changed = await http.put(
            at, headers=headers, json={"client_id": made["client_id"], "redirect_uris": [f"{RP}/changed"]}
        )
        ended = await http.delete(at, headers=headers)
        gone = await http.get(at, headers=headers)

    assert read.json()["redirect_uris"] == [f"{RP}/managed"]
    assert changed.json()["redirect_uris"] == [f"{RP}/changed"]
    assert (ended.status_code, gone.status_code) == (204, 401)
