"""How an authorization response travels: by redirect, in a form, signed; and what a policy lets the form page do."""

import base64
import hashlib
import re
from datetime import timedelta
from urllib.parse import parse_qsl, urlsplit

import pytest

from certs.keys.expectation import Expectation
from certs.keys.jose import verify
from certs.keys.verification_keys import VerificationKeys
from gateway.cli.robot import Page
from gateway.oidc.names import ErrorCode
from gateway.oidc.response import JARM_TYPE
from gateway.web.render import SUBMIT_SCRIPT
from tests.asking import AT, SHOP, Asked, asking
from tests.person_browser import Browser
from tests.world import World, a_client

STUDENT = "chan-siu-ming"
SCOPE = "openid profile"


async def to_consent(world: World, asked: Asked) -> tuple[Browser, Page]:
    browser = world.browser(**{"accept-language": "en"})
    return browser, await browser.prove(await browser.to_provider(asked, "hong_kong"), STUDENT)


async def read_signed(world: World, response: str, client_id: str = "shop", alg: str = "ES256") -> dict[str, object]:
    async with world.net.browser() as http:
        keys = VerificationKeys.from_jwks((await http.get(f"{world.issuer}/jwks")).json())
    expected = Expectation(
        algorithms=frozenset({alg}),
        typ=frozenset({JARM_TYPE}),
        issuer=world.issuer,
        audience=client_id,
        required=frozenset({"iss", "aud", "exp"}),
        single_audience=True,
    )
    return dict(verify(response, keys, expected, now=world.clock.now).claims)


@pytest.mark.spec("OAuth 2.0 Form Post Response Mode §2")
async def test_a_form_carries_the_response_and_has_a_button_for_browsers_without_script(world: World) -> None:
    asked = asking(scope=SCOPE, response_mode="form_post")
    browser, page = await to_consent(world, asked)

    page = await browser.press(page, "agree")

    (form,) = page.forms
    assert (form.action, form.method) == (f"{SHOP}/shop/callback", "post")
    assert form.fields.keys() == {"code", "state", "iss"}
    assert form.fields["state"] == asked.state
    assert "continue" in page.buttons
    assert "Test service shop" in browser.last.text
    assert (await world.token(asked, form.fields["code"])).status_code == 200


@pytest.mark.attack("WB-11")
async def test_wb_11_the_form_page_may_run_its_one_script_and_post_to_the_clients_origin_only(world: World) -> None:
    browser, page = await to_consent(world, asking(scope=SCOPE, response_mode="form_post"))

    await browser.press(page, "agree")

    policy = browser.last.headers["content-security-policy"]
    (script,) = re.findall(r"<script>(.*?)</script>", browser.last.text)
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert script == SUBMIT_SCRIPT
    assert f"script-src 'sha256-{digest}'" in policy
    assert f"form-action {SHOP};" in policy
    assert "default-src 'none'" in policy
    assert browser.last.headers["cache-control"] == "no-store"


@pytest.mark.spec("JARM §2.3.1")
@pytest.mark.parametrize("mode", ["jwt", "query.jwt"])
async def test_a_signed_response_is_one_parameter_with_issuer_audience_and_ten_minutes(world: World, mode: str) -> None:
    asked = asking(scope=SCOPE, response_mode=mode)
    browser, page = await to_consent(world, asked)

    await browser.press(page, "agree")

    assert browser.answer.keys() == {"response"}
    claims = await read_signed(world, browser.answer["response"])
    assert claims.keys() == {"code", "state", "iss", "aud", "exp"}
    assert claims["state"] == asked.state
    assert claims["exp"] == int((world.clock.now + timedelta(minutes=10)).timestamp())
    assert (await world.token(asked, str(claims["code"]))).status_code == 200


async def test_a_signed_response_in_a_form_is_signed_as_the_client_registered(world: World) -> None:
    await world.register(a_client("rsa", authorization_signed_response_alg="RS256"))
    browser, page = await to_consent(world, asking("rsa", SCOPE, response_mode="form_post.jwt"))

    page = await browser.press(page, "agree")

    fields = page.forms[0].fields
    assert fields.keys() == {"response"}
    assert "code" in await read_signed(world, fields["response"], "rsa", "RS256")


@pytest.mark.parametrize("mode", ["query", "form_post", "jwt", "form_post.jwt"])
async def test_refusing_takes_the_way_that_was_asked_for(world: World, mode: str) -> None:
    asked = asking(scope=SCOPE, response_mode=mode)
    browser, page = await to_consent(world, asked)

    page = await browser.press(page, "refuse")

    told = await told_to_the_client(world, browser, page)
    assert (told["error"], told["state"]) == ("access_denied", asked.state)


@pytest.mark.parametrize("mode", ["query", "form_post", "jwt", "form_post.jwt"])
async def test_the_way_home_works_in_every_mode_and_takes_nothing_along(world: World, mode: str) -> None:
    asked = asking(scope=SCOPE, response_mode=mode)
    browser = world.browser()
    page = await browser.open(asked.url)

    page = await browser.follow(page, "way-home")

    told = await told_to_the_client(world, browser, page)
    assert (told["error"], told["state"]) == ("access_denied", asked.state)
    assert "code" not in told


async def test_an_error_before_any_page_takes_the_same_way(world: World) -> None:
    browser = world.browser()

    page = await browser.open(asking(scope=SCOPE, response_mode="form_post", prompt="none").url)

    assert page.forms[0].fields["error"] == "login_required"


@pytest.mark.parametrize("word", ["login_required_x", "", "invalid_grant", "<script>"])
async def test_only_errors_of_our_pages_can_be_taken_home(world: World, word: str) -> None:
    browser = world.browser()
    page = await browser.open(asking(scope=SCOPE, response_mode="form_post").url)
    leave = page.links["way-home"].partition("?")[0]

    page = await browser.open(f"{AT.issuer}{leave}?error={word}")

    assert page.forms[0].fields["error"] == ErrorCode.ACCESS_DENIED


async def test_another_browser_cannot_take_somebodys_sign_in_home(world: World) -> None:
    page = await world.browser().open(asking(scope=SCOPE, response_mode="form_post").url)
    other = world.browser()
    await other.open(asking().url)

    answer = await other.open(f"{AT.issuer}{page.links['way-home']}")

    assert "problem" in answer
    assert other.caught is None


async def told_to_the_client(world: World, browser: Browser, page: Page) -> dict[str, str]:
    """What the client is told, whichever way it travels."""
    told = dict(parse_qsl(urlsplit(browser.caught).query)) if browser.caught else page.forms[0].fields
    if "response" not in told:
        return told
    return {name: str(value) for name, value in (await read_signed(world, told["response"])).items()}


@pytest.mark.parametrize("mode", ["form_post", "jwt", "form_post.jwt"])
async def test_a_problem_page_offers_the_same_way_home_with_its_own_error(world: World, mode: str) -> None:
    asked = asking(scope=SCOPE, response_mode=mode)
    browser = world.browser()
    page = await browser.to_provider(asked, "hong_kong")
    page = await browser.follow(page, "cancel") if "cancel" in page.links else await browser.press(page, "cancel")
    assert "problem" in page.texts

    page = await browser.follow(page, "way-home")

    told = await told_to_the_client(world, browser, page)
    assert (told["error"], told["state"]) == ("access_denied", asked.state)
