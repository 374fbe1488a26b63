"""oidcc-rp-initiated-logout-certification-test-plan: the relying party sends the person to sign out."""

from typing import Any
from urllib.parse import urlencode

import pytest

from gateway.cli.robot import Page
from tests.asking import RP
from tests.conformance.suite import ISSUER, PLAIN_SCOPE, Suite
from tests.conformance.wire import query_of, spoiled
from tests.person_browser import Browser
from tests.relying_party import Key, RelyingParty

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.spec("RP-Initiated Logout 1.0 §2, §3")]
HOME = f"{RP}/post-logout"
STATE = "state-of-the-sign-out"


async def signed_in(suite: Suite) -> tuple[RelyingParty, Browser, dict[str, Any]]:
    party, browser = await suite.dynamic(post_logout_redirect_uris=[HOME]), suite.browser()
    return party, browser, await suite.whole(party, browser)


async def sign_out(browser: Browser, **parameters: str) -> Page:
    """Open the end-session endpoint, and confirm where that is asked."""
    page = await browser.open(f"{ISSUER}/logout?{urlencode(parameters)}")
    return await browser.press(page, "confirm-sign-out") if "confirm-sign-out" in page.buttons else page


async def is_signed_in(suite: Suite, party: RelyingParty, browser: Browser) -> bool:
    """Whether the session still answers a request that may ask nobody, which is how the suite looks."""
    await browser.open(party.asking(scope=PLAIN_SCOPE, prompt="none").url)
    return browser.answer.get("error") != "login_required"


async def test_oidcc_rp_initiated_logout_discovery_endpoint_verification(suite: Suite) -> None:
    assert (await suite.discovery())["end_session_endpoint"] == f"{ISSUER}/logout"


async def test_oidcc_rp_initiated_logout(suite: Suite) -> None:
    party, browser, tokens = await signed_in(suite)
    assert await is_signed_in(suite, party, browser)

    await sign_out(browser, id_token_hint=tokens["id_token"], post_logout_redirect_uri=HOME, state=STATE)

    assert browser.caught == f"{HOME}?state={STATE}"
    assert not await is_signed_in(suite, party, browser)


async def test_oidcc_rp_initiated_logout_bad_post_logout_redirect_uri(suite: Suite) -> None:
    party, browser, tokens = await signed_in(suite)

    page = await sign_out(
        browser, id_token_hint=tokens["id_token"], post_logout_redirect_uri=f"{RP}/elsewhere", state=STATE
    )

    assert (page.status, "problem" in page) == (400, True)
    assert browser.caught is None
    assert await is_signed_in(suite, party, browser)


async def test_oidcc_rp_initiated_logout_modified_id_token_hint(suite: Suite) -> None:
    _, browser, tokens = await signed_in(suite)

    page = await sign_out(
        browser, id_token_hint=spoiled(tokens["id_token"]), post_logout_redirect_uri=HOME, state=STATE
    )

    assert (page.status, browser.caught) == (400, None)


async def test_oidcc_rp_initiated_logout_bad_id_token_hint(suite: Suite) -> None:
    # Right in every claim, and signed by somebody else.
    party, browser, tokens = await signed_in(suite)
    forged = Key.make().sign(tokens["claims"], {"typ": "JWT", "kid": "somebody-else"})

    for hint in (forged, "not-a-token"):
        page = await sign_out(browser, id_token_hint=hint, post_logout_redirect_uri=HOME, state=STATE)
        assert (page.status, browser.caught) == (400, None)

    assert await is_signed_in(suite, party, browser)


async def test_oidcc_rp_initiated_logout_no_id_token_hint(suite: Suite) -> None:
    # Nobody has proven that the address belongs to anybody: a page, and no redirect.
    _, browser, _ = await signed_in(suite)

    page = await sign_out(browser, post_logout_redirect_uri=HOME, state=STATE)

    assert (page.status, browser.caught) == (400, None)


async def test_a_client_id_in_the_place_of_the_hint_asks_the_person_first(suite: Suite) -> None:
    party, browser, _ = await signed_in(suite)
    parameters = {"client_id": party.client.client_id, "post_logout_redirect_uri": HOME, "state": STATE}

    page = await browser.open(f"{ISSUER}/logout?{urlencode(parameters)}")
    assert "confirm-sign-out" in page.buttons
    await browser.press(page, "confirm-sign-out")

    assert browser.caught == f"{HOME}?state={STATE}"


async def test_oidcc_rp_initiated_logout_no_params(suite: Suite) -> None:
    party, browser, _ = await signed_in(suite)

    page = await browser.open(f"{ISSUER}/logout")
    assert "confirm-sign-out" in page.buttons
    page = await browser.press(page, "confirm-sign-out")

    assert "signed-out" in page
    assert not await is_signed_in(suite, party, browser)


async def test_oidcc_rp_initiated_logout_no_post_logout_redirect_uri(suite: Suite) -> None:
    party, browser, tokens = await signed_in(suite)

    page = await sign_out(browser, id_token_hint=tokens["id_token"], state=STATE)

    assert "signed-out" in page
    assert not await is_signed_in(suite, party, browser)


async def test_oidcc_rp_initiated_logout_no_state(suite: Suite) -> None:
    _, browser, tokens = await signed_in(suite)

    await sign_out(browser, id_token_hint=tokens["id_token"], post_logout_redirect_uri=HOME)

    assert browser.caught == HOME


async def test_oidcc_rp_initiated_logout_only_state(suite: Suite) -> None:
    party, browser, _ = await signed_in(suite)

    page = await sign_out(browser, state=STATE)

    assert "signed-out" in page
    assert not await is_signed_in(suite, party, browser)


async def test_oidcc_rp_initiated_logout_query_added_to_post_logout_redirect_uri(suite: Suite) -> None:
    party, browser, tokens = await signed_in(suite)

    page = await sign_out(
        browser, id_token_hint=tokens["id_token"], post_logout_redirect_uri=f"{HOME}?foo=bar", state=STATE
    )

    assert (page.status, browser.caught) == (400, None)
    assert await is_signed_in(suite, party, browser)


async def test_a_post_carries_the_same_request(suite: Suite) -> None:
    _, browser, tokens = await signed_in(suite)
    form = {"id_token_hint": tokens["id_token"], "post_logout_redirect_uri": HOME, "state": STATE}

    await browser.open(f"{ISSUER}/logout", form)

    assert browser.caught is not None
    assert query_of(browser.caught) == {"state": STATE}
