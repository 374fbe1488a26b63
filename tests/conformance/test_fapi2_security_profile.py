"""fapi2-security-profile-final-test-plan, private_key_jwt and DPoP: requests, codes and refresh tokens."""

from dataclasses import replace

import pytest
import pytest_asyncio

from tests.conformance.fapi import SCOPE, Fapi, a_dynamic_client, assert_error_page, assert_refused
from tests.conformance.suite import ISSUER, PERSON, PROVIDER, Suite
from tests.conformance.wire import address_of, header_of
from tests.relying_party import RelyingParty, without_none

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.spec("FAPI 2.0 Security Profile §5.3")]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def fapi(suite: Suite) -> Fapi:
    """One client of the operator's, one that registered itself."""
    return Fapi(suite, await RelyingParty.fapi(suite.world), await a_dynamic_client(suite, "fapi2"))


async def test_fapi2_security_profile_final_happy_flow(fapi: Fapi) -> None:
    first, second = await fapi.tokens(), await fapi.tokens(fapi.second)

    for tokens in (first, second):
        assert header_of(tokens["id_token"])["alg"] in {"ES256", "PS256"}
        assert tokens["userinfo"]["sub"] == tokens["claims"]["sub"]
    # The other client's key does not open the first one's token.
    other = fapi.second.proof("/userinfo", method="GET", access_token=first["access_token"])
    assert (await fapi.resource(first["access_token"], proofs=(other,))).status_code == 401


async def test_fapi2_security_profile_final_user_rejects_authentication(fapi: Fapi) -> None:
    for party in (fapi.first, fapi.second):
        asked, browser = fapi.ask(party, prompt="consent"), fapi.suite.browser()
        pushed = await fapi.pushed(asked, party)
        page = await browser.prove(await browser.to_provider(pushed, PROVIDER), PERSON)
        await browser.press(page, "refuse")
        assert browser.answer["error"] == "access_denied"
        assert (browser.answer["state"], browser.answer["iss"]) == (asked.state, ISSUER)


async def test_fapi2_security_profile_final_ensure_authorization_request_without_state_success(fapi: Fapi) -> None:
    answer = await fapi.code(fapi.ask(state=None))

    assert "state" not in answer


async def test_fapi2_security_profile_final_ensure_authorization_request_without_nonce_success(fapi: Fapi) -> None:
    assert "nonce" not in (await fapi.tokens(nonce=None))["claims"]


@pytest.mark.parametrize("length", [64, 384])
async def test_fapi2_security_profile_final_ensure_authorization_request_with_long_nonce(
    fapi: Fapi, length: int
) -> None:
    # …-ensure-authorization-request-with-64-char-nonce-success, …-ensure-authorization-request-with-long-nonce
    nonce = "n" * length

    assert (await fapi.tokens(nonce=nonce))["claims"]["nonce"] == nonce


async def test_fapi2_security_profile_final_ensure_authorization_request_with_long_state(fapi: Fapi) -> None:
    asked = fapi.ask(state="s" * 1000)

    assert (await fapi.code(asked))["state"] == asked.state


async def test_fapi2_security_profile_final_ensure_other_scope_order_succeeds(fapi: Fapi) -> None:
    assert (await fapi.tokens(scope="profile openid"))["userinfo"]["name"]


async def test_fapi2_security_profile_final_test_claims_parameter_identity_claims(fapi: Fapi) -> None:
    wanted = '{"userinfo":{"name":null,"birthdate":null},"id_token":{"gender":{"essential":true}}}'

    tokens = await fapi.tokens(scope="openid", claims=wanted)

    assert tokens["userinfo"].keys() == {"sub", "name", "birthdate"}
    assert tokens["claims"]["gender"]


@pytest.mark.parametrize("scheme", ["dpop", "DPOP", "dPoP"])
async def test_fapi2_security_profile_final_access_token_type_header_case_sensitivity(fapi: Fapi, scheme: str) -> None:
    tokens = await fapi.tokens()

    assert (await fapi.resource(tokens["access_token"], scheme=scheme)).status_code == 200


@pytest.mark.parametrize("name", ["state", "nonce"])
async def test_fapi2_security_profile_final_ensure_different_values_outside_are_ignored(fapi: Fapi, name: str) -> None:
    # …-ensure-different-nonce-inside-and-outside-request-object,
    # …-ensure-different-state-inside-and-outside-request-object
    asked = fapi.ask()
    pushed = await fapi.pushed(asked)
    pushed.parameters[name] = "somebody-else-s"

    answer = await fapi.suite.sign_in(replace(pushed, state=asked.state))

    assert (await fapi.suite.tokens(fapi.first, asked, answer))["claims"]["nonce"] == asked.nonce


async def test_fapi2_security_profile_final_state_only_outside_request_object_not_used(fapi: Fapi) -> None:
    asked = fapi.ask(state=None)
    pushed = await fapi.pushed(asked)
    pushed.parameters["state"] = "only-outside"

    assert "state" not in await fapi.suite.sign_in(pushed)


async def test_fapi2_security_profile_final_ensure_request_without_redirect_uri_fails(fapi: Fapi) -> None:
    # …-ensure-redirect-uri-in-authorization-request, …-ensure-request-object-without-redirect-uri-fails
    await fapi.refused_push(fapi.ask(redirect_uri=None), "invalid_request")


async def test_fapi2_security_profile_final_ensure_registered_redirect_uri(fapi: Fapi) -> None:
    # …-plain-fapi-tolerate-unregistered-redirect-uri as well: addresses come from the registration alone.
    await fapi.refused_push(fapi.ask(redirect_uri="https://rp.example/elsewhere"), "invalid_request")


async def test_fapi2_security_profile_final_ensure_unsigned_authorization_request_without_using_par_fails(
    fapi: Fapi,
) -> None:
    browser = fapi.suite.browser()

    await browser.open(address_of(fapi.ask()))

    assert_error_page(browser)


@pytest.mark.parametrize("response_type", ["code id_token", "token"])
async def test_fapi2_security_profile_final_ensure_response_type_fails(fapi: Fapi, response_type: str) -> None:
    # …-ensure-response-type-code-idtoken-fails, …-ensure-response-type-token-fails
    await fapi.refused_push(fapi.ask(response_type=response_type), "unsupported_response_type")


async def test_fapi2_security_profile_final_ensure_client_id_in_token_endpoint(fapi: Fapi) -> None:
    asked = fapi.ask()
    code = (await fapi.code(asked))["code"]

    await fapi.refused_redeem(asked, code, "invalid_client", "invalid_request", client_id=fapi.second.client.client_id)


async def test_fapi2_security_profile_final_ensure_holder_of_key_required(fapi: Fapi) -> None:
    asked = fapi.ask()
    code = (await fapi.code(asked))["code"]
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": asked.redirect_uri}

    answer = await fapi.first.post("/token", {**form, "code_verifier": asked.verifier}, prove=False)

    assert_refused(answer, "invalid_dpop_proof", "invalid_request")


async def test_fapi2_security_profile_final_ensure_authorization_code_is_bound_to_client(fapi: Fapi) -> None:
    asked = fapi.ask()
    code = (await fapi.code(asked))["code"]

    await fapi.refused_redeem(asked, code, "invalid_grant", party=fapi.second)


async def test_fapi2_security_profile_final_attempt_reuse_authorization_code_after_one_second(fapi: Fapi) -> None:
    asked = fapi.ask()
    code = (await fapi.code(asked))["code"]
    tokens = (await fapi.first.redeem(asked, code)).json()
    fapi.suite.world.clock.advance(seconds=1)

    await fapi.refused_redeem(asked, code, "invalid_grant")

    assert (await fapi.resource(tokens["access_token"])).status_code == 401


async def test_fapi2_security_profile_final_ensure_token_endpoint_fails_with_expired_auth_code(fapi: Fapi) -> None:
    asked = fapi.ask()
    code = (await fapi.code(asked))["code"]
    fapi.suite.world.clock.advance(seconds=62)

    await fapi.refused_redeem(asked, code, "invalid_grant")


async def test_fapi2_security_profile_final_refresh_token(fapi: Fapi) -> None:
    for party, other in ((fapi.first, fapi.second), (fapi.second, fapi.first)):
        tokens = await fapi.tokens(party, scope=SCOPE, prompt="consent")
        old = tokens["refresh_token"]
        new = (await party.refresh(old)).json()["refresh_token"]
        assert new == old  # a client with a key keeps its token, so nothing can be lost on the way
        fapi.suite.world.clock.advance(seconds=30)
        for presented in {old, new}:  # the suite waits, and comes back with the one from before
            fresh = await fapi.suite.checked(party, fapi.ask(party, nonce=None), await party.refresh(presented))
            assert fresh["claims"]["sub"] == tokens["claims"]["sub"]
            assert (await party.userinfo(fresh["access_token"])).status_code == 200
        assert_refused(await party.refresh(old, prove=False), "invalid_dpop_proof", "invalid_request")
        assert_refused(await other.refresh(old), "invalid_grant")
        form = {"grant_type": "refresh_token", "refresh_token": old, "client_id": party.client.client_id}
        async with fapi.suite.world.net.browser() as http:
            unproven = await http.post(
                f"{ISSUER}/token", data=without_none(form), headers={"DPoP": party.proof("/token")}
            )
        assert_refused(unproven, "invalid_client", "invalid_request")
