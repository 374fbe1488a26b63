"""oidcc-basic-certification-test-plan and its form post twin: what an authorization request may ask for."""

import pytest

from tests.conformance.suite import PERSON, PROVIDER, Suite
from tests.conformance.variant import Variant
from tests.conformance.wire import address_of, unsigned
from tests.person_browser import Browser
from tests.relying_party import Key

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.spec("OpenID Connect Core §3.1.2")]
SIGN_IN = "sign-in"


def sign_in_pages(browser: Browser) -> int:
    """How often the person stood before the provider's page: what the suite wants a picture of."""
    return sum(f'id="{SIGN_IN}"' in page.text for page in browser.visited)


@pytest.mark.parametrize("display", ["page", "popup"])
async def test_oidcc_display(variant: Variant, display: str) -> None:
    # oidcc-display-page, oidcc-display-popup
    tokens = await variant.whole(display=display)

    assert tokens["claims"]["sub"]


async def test_oidcc_ui_locales(variant: Variant) -> None:
    browser = variant.suite.browser()

    await variant.whole(browser, ui_locales="se pt-MO")

    ours = [page.text for page in browser.visited if page.url.host == "gate.example" and page.text]
    assert ours
    assert all('lang="pt-MO"' in text for text in ours[:1])


async def test_oidcc_login_hint(variant: Variant) -> None:
    tokens = await variant.whole(login_hint="somebody@rp.example")

    assert tokens["claims"]["sub"]


async def test_oidcc_id_token_hint(variant: Variant) -> None:
    browser = variant.suite.browser()
    first = await variant.whole(browser)

    asked = variant.ask(prompt="none", id_token_hint=first["id_token"])
    answer = await variant.answer(asked, browser)
    second = await variant.finish(asked, answer, browser)

    assert second["claims"]["sub"] == first["claims"]["sub"]


async def test_oidcc_prompt_login(variant: Variant) -> None:
    browser = variant.suite.browser()
    first = await variant.whole(browser)
    variant.suite.world.clock.advance(seconds=2)

    second = await variant.whole(browser, prompt="login")

    assert sign_in_pages(browser) == 2
    assert second["claims"]["auth_time"] > first["claims"]["auth_time"]
    assert second["claims"]["sub"] == first["claims"]["sub"]


async def test_oidcc_prompt_none_logged_in(variant: Variant) -> None:
    browser = variant.suite.browser()
    first = await variant.whole(browser)
    variant.suite.world.clock.advance(seconds=2)

    asked = variant.ask(prompt="none")
    second = await variant.finish(asked, await variant.answer(asked, browser), browser)

    assert sign_in_pages(browser) == 1
    assert second["claims"]["auth_time"] == first["claims"]["auth_time"]
    assert second["claims"]["sub"] == first["claims"]["sub"]


async def test_oidcc_prompt_none_not_logged_in(variant: Variant) -> None:
    told = await variant.refusal(variant.ask(prompt="none"))

    assert told["error"] == "login_required"
    assert "code" not in told


async def test_oidcc_max_age_1(variant: Variant) -> None:
    browser = variant.suite.browser()
    first = await variant.whole(browser)
    variant.suite.world.clock.advance(seconds=2)

    second = await variant.whole(browser, max_age="1")

    assert sign_in_pages(browser) == 2
    assert second["claims"]["auth_time"] > first["claims"]["auth_time"]
    assert variant.suite.world.clock.now.timestamp() - second["claims"]["auth_time"] <= 1 + 5


async def test_oidcc_max_age_10000(variant: Variant) -> None:
    browser = variant.suite.browser()
    first = await variant.whole(browser)
    variant.suite.world.clock.advance(seconds=2)

    asked = variant.ask(max_age="10000", prompt="none")
    second = await variant.finish(asked, await variant.answer(asked, browser), browser)

    assert second["claims"]["auth_time"] == first["claims"]["auth_time"]


async def test_oidcc_ensure_post_request_succeeds(variant: Variant) -> None:
    asked, browser = variant.ask(), variant.suite.browser()

    page = await browser.open(f"{asked.issuer}/authorize", asked.parameters)
    page = await browser.prove(await browser.press(page, f"provider-{PROVIDER}"), PERSON)
    answer = await browser.go_on(page, PERSON)

    assert (await variant.finish(asked, answer, browser))["claims"]["sub"]


async def test_oidcc_ensure_registered_redirect_uri(variant: Variant) -> None:
    asked, browser = variant.ask(), variant.suite.browser()

    page = await browser.open(address_of(asked, redirect_uri=f"{asked.redirect_uri}/elsewhere"))

    assert page.status == 400
    assert "problem" in page
    assert browser.caught is None


async def test_oidcc_ensure_request_with_acr_values_succeeds(variant: Variant) -> None:
    announced = (await variant.suite.discovery())["acr_values_supported"]

    tokens = await variant.whole(acr_values=" ".join(announced))

    assert tokens["claims"]["acr"] in announced


async def test_oidcc_ensure_request_with_acr_values_that_nobody_knows_succeeds(variant: Variant) -> None:
    tokens = await variant.whole(acr_values="1 2")

    assert tokens["claims"]["acr"] in (await variant.suite.discovery())["acr_values_supported"]


async def test_oidcc_ensure_request_with_unknown_parameter_succeeds(variant: Variant) -> None:
    tokens = await variant.whole(extra="foobar")

    assert tokens["claims"]["sub"]


async def test_oidcc_ensure_request_with_valid_pkce_succeeds(variant: Variant) -> None:
    asked = variant.ask()
    answer = await variant.suite.sign_in(asked)

    assert asked.parameters["code_challenge_method"] == "S256"
    assert (await variant.suite.tokens(variant.party, asked, answer))["access_token"]


async def test_oidcc_a_request_without_pkce_is_refused(variant: Variant) -> None:
    # The suite's plain modules send none: its run needs a client under the one named legacy switch.
    told = await variant.refusal(variant.ask(code_challenge=None, code_challenge_method=None))

    assert told["error"] == "invalid_request"


async def test_oidcc_ensure_request_without_nonce_succeeds_for_code_flow(variant: Variant) -> None:
    tokens = await variant.whole(nonce=None)

    assert "nonce" not in tokens["claims"]


async def test_oidcc_ensure_request_object_with_redirect_uri(suite: Suite) -> None:
    # The suite sends it unsigned, which is refused; a signed one decides, whatever stands beside it.
    key = Key.make()
    party = await suite.dynamic(key=key, jwks=key.jwks, request_object_signing_alg="ES256")
    asked, browser = party.asking(scope="openid"), suite.browser()
    inside = party.request_object(asked)
    asked.parameters = {**asked.parameters, "request": inside, "redirect_uri": f"{asked.redirect_uri}/elsewhere"}

    answer = await suite.sign_in(asked, browser)

    assert browser.caught is not None
    assert browser.caught.startswith(f"{asked.redirect_uri}?")
    assert (await suite.tokens(party, asked, answer))["claims"]["sub"]


async def test_oidcc_unsigned_request_object_supported_correctly_or_rejected_as_unsupported(variant: Variant) -> None:
    assert "none" not in (await variant.suite.discovery())["request_object_signing_alg_values_supported"]
    asked = variant.ask()
    claims = {**asked.parameters, "iss": asked.client_id, "aud": asked.issuer}
    asked.parameters = {**asked.parameters, "request": unsigned(claims)}

    told = await variant.answer(asked, variant.suite.browser())

    assert told["error"] == "invalid_request_object"
    assert told["state"] == asked.state


async def test_oidcc_request_uri_unsigned_supported_correctly_or_rejected_as_unsupported(suite: Suite) -> None:
    party = await suite.dynamic(request_uris=["https://rp.example/requests/1"])
    asked = party.asking()
    claims = {**asked.parameters, "iss": asked.client_id, "aud": asked.issuer}
    address = suite.documents.publish("/requests/1", unsigned(claims), "application/jwt")
    browser = suite.browser()

    await browser.open(address_of(asked, request_uri=address))

    assert browser.answer["error"] == "invalid_request_object"
