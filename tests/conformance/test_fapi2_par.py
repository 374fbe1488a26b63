"""fapi2-security-profile-final-test-plan, private_key_jwt and DPoP: pushed requests and PKCE."""

import pytest
import pytest_asyncio

from tests.conformance.fapi import Fapi, assert_error_page
from tests.conformance.suite import ISSUER, Suite
from tests.person_browser import Browser
from tests.relying_party import RelyingParty

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.spec("RFC 9126 §2, §4")]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def fapi(suite: Suite) -> Fapi:
    first, second = [await RelyingParty.fapi(suite.world, name) for name in ("first", "second")]
    return Fapi(suite, first, second)


async def test_fapi2_security_profile_final_par_ensure_reused_request_uri_prior_to_auth_completion_succeeds(
    fapi: Fapi,
) -> None:
    asked = fapi.ask()
    pushed = await fapi.pushed(asked)
    page = await fapi.suite.browser().open(pushed.url)
    assert "provider-guangdong" in page.buttons

    answer = await fapi.suite.sign_in(pushed)

    assert (await fapi.suite.tokens(fapi.first, asked, answer))["claims"]["nonce"] == asked.nonce


async def test_fapi2_security_profile_final_par_attempt_reuse_request_uri(fapi: Fapi) -> None:
    pushed, browser = await fapi.pushed(fapi.ask()), fapi.suite.browser()
    await fapi.suite.sign_in(pushed, browser)

    await browser.open(pushed.url)

    assert_invalid_request_uri(browser)


async def test_fapi2_security_profile_final_par_attempt_to_use_expired_request_uri(fapi: Fapi) -> None:
    pushed, browser = await fapi.pushed(fapi.ask()), fapi.suite.browser()
    fapi.suite.world.clock.advance(seconds=91)

    await browser.open(pushed.url)

    assert_invalid_request_uri(browser)


async def test_fapi2_security_profile_final_par_attempt_to_use_request_uri_for_different_client(fapi: Fapi) -> None:
    pushed, browser = await fapi.pushed(fapi.ask()), fapi.suite.browser()
    pushed.parameters["client_id"] = fapi.second.client.client_id

    await browser.open(pushed.url)

    assert_invalid_request_uri(browser)


@pytest.mark.parametrize("address", ["urn:ietf:params:oauth:request_uri:made-up", "https://rp.example/request"])
async def test_fapi2_security_profile_final_par_authorization_request_containing_request_uri_form_param(
    fapi: Fapi, address: str
) -> None:
    await fapi.refused_push(fapi.ask(request_uri=address), "invalid_request", "invalid_request_object")


@pytest.mark.parametrize("method", ["PUT", "GET", "DELETE"])
async def test_fapi2_security_profile_final_par_attempt_invalid_http_method(fapi: Fapi, method: str) -> None:
    form = {**fapi.ask().parameters, **fapi.first.credentials()}

    async with fapi.suite.world.net.browser() as http:
        answer = await http.request(method, f"{ISSUER}/par", data=form)

    assert answer.status_code == 405


async def test_fapi2_security_profile_final_par_without_duplicate_parameters(fapi: Fapi) -> None:
    asked = fapi.ask()
    pushed = await fapi.pushed(asked)

    answer = await fapi.suite.sign_in(pushed)

    assert pushed.parameters.keys() == {"client_id", "request_uri"}
    assert (await fapi.suite.tokens(fapi.first, asked, answer))["claims"]["sub"]


@pytest.mark.spec("RFC 7636 §4.4.1")
async def test_fapi2_security_profile_final_par_ensure_pkce_required(fapi: Fapi) -> None:
    await fapi.refused_push(fapi.ask(code_challenge=None, code_challenge_method=None), "invalid_request")


@pytest.mark.spec("RFC 7636 §4.4.1")
async def test_fapi2_security_profile_final_par_plain_pkce_rejected(fapi: Fapi) -> None:
    asked = fapi.ask()
    asked.parameters |= {"code_challenge": asked.verifier, "code_challenge_method": "plain"}

    await fapi.refused_push(asked, "invalid_request")


@pytest.mark.spec("RFC 7636 §4.6")
async def test_fapi2_security_profile_final_ensure_pkce_code_verifier_required(fapi: Fapi) -> None:
    asked = fapi.ask()
    code = (await fapi.code(asked))["code"]

    await fapi.refused_redeem(asked, code, "invalid_grant", "invalid_request", code_verifier=None)


@pytest.mark.spec("RFC 7636 §4.6")
async def test_fapi2_security_profile_final_incorrect_pkce_code_verifier_rejected(fapi: Fapi) -> None:
    asked = fapi.ask()
    code = (await fapi.code(asked))["code"]

    await fapi.refused_redeem(asked, code, "invalid_grant", code_verifier="w" * 43)


def assert_invalid_request_uri(browser: Browser) -> None:
    """A page: the redirect URI stood in the request that cannot be had."""
    assert_error_page(browser)
    assert "request_uri" in browser.last.text
