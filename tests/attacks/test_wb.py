"""Group WB, what surrounds the pages: origins, forgery, frames, caches, policies, windows (G02, G08, G17, G18)."""

import json
from collections.abc import Mapping
from urllib.parse import urljoin, urlsplit

import httpx
import pytest
import pytest_asyncio

from tests.attacks.tour import Tour, assert_inert, policy_of, read_markup, tour
from tests.attacks.watch import WatchedWorld, leaves_nothing
from tests.attacks.way_back import PEOPLE
from tests.world import AT, SHOP, Browser, asking

PLAIN = "openid profile"
ORIGINS = ("null", "https://evil.test", "https://rp-a.example.evil.test", "https://127.0.0.1:9000", SHOP, AT.issuer)
PUBLIC = ("/.well-known/openid-configuration", "/.well-known/oauth-authorization-server", "/jwks")
PRIVATE = ("/token", "/userinfo", "/authorize", "/par", "/logout", "/sign-in/x/consent", "/admin", "/", "/readyz")
FORM = "application/x-www-form-urlencoded"
SHARED = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def seen(shared_world: WatchedWorld) -> Tour:
    """Every page, opened once."""
    return await tour(shared_world)


@SHARED
@pytest.mark.attack("WB-01")
@pytest.mark.parametrize("origin", ORIGINS)
@pytest.mark.parametrize("path", PRIVATE)
async def test_wb_01_no_origin_may_read_what_is_not_public(shared_world: WatchedWorld, path: str, origin: str) -> None:
    preflight = {"access-control-request-method": "POST", "access-control-request-headers": "authorization"}
    async with shared_world.net.browser(origin=origin) as http:
        asked = await http.options(f"{AT.issuer}{path}", headers=preflight)
        read = await http.get(f"{AT.issuer}{path}", headers={"authorization": "Bearer x"})
        sent = await http.post(f"{AT.issuer}{path}", data={"grant_type": "x"})

    for response in (asked, read, sent):
        assert not [name for name in response.headers if name.startswith("access-control-")]
    assert asked.status_code in {404, 405}


@SHARED
@pytest.mark.attack("WB-01")
@pytest.mark.parametrize("path", PUBLIC)
async def test_wb_01_public_documents_are_for_all_origins_and_never_with_credentials(
    shared_world: WatchedWorld, path: str
) -> None:
    answers = []
    for origin in ORIGINS:
        async with shared_world.net.browser(origin=origin, cookie="gate_session=x") as http:
            answers.append((await http.get(f"{AT.issuer}{path}")).headers)

    assert {headers["access-control-allow-origin"] for headers in answers} == {"*"}
    assert not [headers for headers in answers if "access-control-allow-credentials" in headers]
    assert not [headers for headers in answers if "set-cookie" in headers]


@SHARED
@pytest.mark.attack("WB-01")
async def test_wb_01_answers_with_tokens_and_personal_data_are_for_no_origin(shared_world: WatchedWorld) -> None:
    asked = asking(scope=PLAIN)
    answer = await shared_world.browser().sign_in(asked, "hong_kong", PEOPLE["hong_kong"])
    redeeming = {"grant_type": "authorization_code", "code": answer["code"], "code_verifier": asked.verifier}

    async with shared_world.net.browser(origin=SHOP) as http:
        form = {**redeeming, "redirect_uri": asked.redirect_uri, "client_id": asked.client_id}
        tokens = await http.post(f"{AT.issuer}/token", data=form)
        bearer = {"authorization": f"Bearer {tokens.json()['access_token']}"}
        claims = await http.get(f"{AT.issuer}/userinfo", headers=bearer)

    assert (tokens.status_code, claims.status_code) == (200, 200)
    for response in (tokens, claims):
        assert not [name for name in response.headers if name.startswith("access-control-")]


FORGERIES: Mapping[str, tuple[str, str]] = {
    "no token": (FORM, "action=agree"),
    "empty token": (FORM, "action=agree&csrf="),
    "token of another session": (FORM, "action=agree&csrf={other}"),
    "token twice": (FORM, "action=agree&csrf={own}&csrf={own}"),
    "token of another step": (FORM, "action=agree&csrf={step}"),
    "text that is JSON": ("text/plain", '{{"action": "agree", "csrf": "{own}"}}'),
    "JSON as a form": (FORM, '{{"action": "agree", "csrf": "{own}"}}'),
    "JSON": ("application/json", '{{"action": "agree", "csrf": "{own}"}}'),
    "multipart": ("multipart/form-data; boundary=x", "--x\r\n\r\naction=agree&csrf={own}\r\n--x--"),
    "no content type": ("", "action=agree&csrf={own}"),
}


@SHARED
@pytest.mark.attack("WB-02")
@pytest.mark.parametrize("forgery", FORGERIES)
@pytest.mark.parametrize("aim", ["consent", "sign-out"])
async def test_wb_02_a_forged_form_changes_nothing(shared_world: WatchedWorld, aim: str, forgery: str) -> None:
    victim, attacker = shared_world.browser(), shared_world.browser()
    (action, own), (_, other) = await _form(victim, aim), await _form(attacker, aim)
    step = (await _form(victim, "chooser"))[1]
    media, body = FORGERIES[forgery]

    async with leaves_nothing(shared_world):
        response = await victim.http.post(
            action,
            content=body.format(own=own, other=other, step=step),
            headers={"content-type": media} if media else {},
        )
        got = await victim.http.get(f"{action}?action=agree&csrf={own}")

    assert response.status_code == (403 if media == FORM else 415)
    assert got.status_code == 405


@SHARED
@pytest.mark.attack("WB-02")
@pytest.mark.parametrize("aim", ["consent", "sign-out"])
@pytest.mark.parametrize("forgery", ["no token", "token of another session", "text that is JSON"])
async def test_wb_02_a_forged_form_is_on_record_as_one_refusal(
    shared_world: WatchedWorld, aim: str, forgery: str
) -> None:
    victim, attacker = shared_world.browser(), shared_world.browser()
    (action, own), (_, other) = await _form(victim, aim), await _form(attacker, aim)
    media, body = FORGERIES[forgery]

    async with leaves_nothing(shared_world, refused=1):
        await victim.http.post(action, content=body.format(own=own, other=other), headers={"content-type": media})


@SHARED
@pytest.mark.attack("WB-02")
async def test_wb_02_visiting_the_sign_out_address_ends_no_session(shared_world: WatchedWorld) -> None:
    victim = shared_world.browser()
    await victim.sign_in(asking(scope=PLAIN), "macao", PEOPLE["macao"])

    async with leaves_nothing(shared_world):
        shown = await victim.http.get(f"{AT.issuer}/logout?client_id=shop")
        posted = await victim.http.post(f"{AT.issuer}/logout", data={"client_id": "shop"})

    assert 'id="confirm-sign-out"' in shown.text
    assert 'id="confirm-sign-out"' in posted.text
    assert "set-cookie" not in shown.headers
    assert "set-cookie" not in posted.headers


@SHARED
@pytest.mark.attack("WB-02")
@pytest.mark.parametrize("path", ["/account/unlink", "/unlink", "/consents/withdraw", "/consents"])
async def test_wb_02_unlinking_and_withdrawal_have_no_other_address(shared_world: WatchedWorld, path: str) -> None:
    async with leaves_nothing(shared_world), shared_world.net.browser() as http:
        response = await http.post(f"{AT.issuer}{path}", data={"client_id": "shop"})

    assert response.status_code == 404


async def _form(browser: Browser, aim: str) -> tuple[str, str]:
    """Where a form of this browser goes, and its token."""
    if aim == "sign-out":
        await browser.sign_in(asking(scope=PLAIN, prompt="login"), "hong_kong", PEOPLE["hong_kong"])
        page, button = await browser.open(f"{AT.issuer}/logout"), "confirm-sign-out"
    elif aim == "chooser":
        page, button = await browser.open(asking(scope=PLAIN, prompt="login").url), "provider-macao"
    else:
        page = await browser.to_provider(asking(scope=PLAIN, prompt="login consent"), "hong_kong")
        page, button = await browser.prove(page, PEOPLE["hong_kong"]), "agree"
    form = page.buttons[button][0]
    return urljoin(page.url, form.action), form.fields["csrf"]


@SHARED
@pytest.mark.attack("WB-03")
async def test_wb_03_no_page_may_be_framed(seen: Tour) -> None:
    for name, response in seen.pages.items():
        assert response.headers.get_list("x-frame-options") == ["DENY"], name
        assert policy_of(response)["frame-ancestors"] == ["'none'"], name


@SHARED
@pytest.mark.attack("WB-03")
async def test_wb_03_no_single_key_agrees_on_the_consent_page(seen: Tour) -> None:
    """Enter on a box presses a form's first button that is not disabled (HTML §4.10.21.2, and what browsers make of it)."""
    tags = read_markup(seen.pages["consent"].text).tags
    buttons = [values for tag, values in tags if tag == "button"]

    assert not [values for _, values in tags if {"autofocus", "accesskey"} & values.keys()]
    assert next(values for values in buttons if "disabled" not in values).get("value") != "agree"


@SHARED
@pytest.mark.attack("WB-05")
async def test_wb_05_pages_are_not_kept_and_tell_no_referrer(seen: Tour) -> None:
    for name, response in seen.pages.items():
        assert response.headers.get_list("cache-control") == ["no-store"], name
        assert response.headers.get_list("referrer-policy") == ["no-referrer"], name


@SHARED
@pytest.mark.attack("WB-05")
async def test_wb_05_neither_redirects_nor_tokens_are_kept(shared_world: WatchedWorld) -> None:
    browser, asked = shared_world.browser(), asking()
    answer = await browser.sign_in(asked, "macao", PEOPLE["macao"])
    tokens = await shared_world.token(asked, answer["code"])
    responses = [*browser.visited, tokens, await shared_world.userinfo(tokens.json()["access_token"])]

    ours = [response for response in responses if str(response.url).startswith(AT.issuer)]
    assert {urlsplit(str(response.url)).path.split("/")[1] for response in ours} >= {"authorize", "callback", "token"}
    for response in ours:
        assert response.headers["cache-control"] == "no-store", response.url
        assert response.headers["referrer-policy"] == "no-referrer", response.url


@SHARED
@pytest.mark.attack("WB-05")
async def test_wb_05_titles_and_foreign_links_hold_no_secret_and_nothing_is_loaded_from_elsewhere(seen: Tour) -> None:
    cookies = [cookie.value for cookie in seen.browser.http.cookies.jar if cookie.value]
    for name, response in seen.pages.items():
        markup = assert_inert(response.text)
        transaction = str(response.url).partition("/sign-in/")[2].partition("/")[0]
        secrets = [secret for secret in (transaction, "H00000018", *cookies) if secret]
        foreign = [address for _, _, address in markup.addresses() if address.startswith("http")]
        assert not [secret for secret in secrets for text in [markup.title, *foreign] if secret in text], name
        # The service's own `state` goes back to the service and to nobody else.
        assert not [address for address in foreign if "state=" in address and not address.startswith(SHOP)], name


@SHARED
@pytest.mark.attack("WB-11")
async def test_wb_11_policies_allow_nothing_inline_and_no_script_at_all(seen: Tour) -> None:
    for name, response in seen.pages.items():
        policy = policy_of(response)
        assert len(response.headers.get_list("content-security-policy")) == 1, name
        assert (policy["default-src"], policy["base-uri"]) == (["'none'"], ["'none'"]), name
        # Everything else falls back to default-src: object-src, script-src and the like are 'none'.
        assert policy.keys() == {"default-src", "style-src", "img-src", "base-uri", "frame-ancestors", "form-action"}
        assert (policy["style-src"], policy["img-src"]) == (["'self'"], ["'self'"]), name
        assert "unsafe" not in response.headers["content-security-policy"]
        assert "*" not in response.headers["content-security-policy"]


@SHARED
@pytest.mark.attack("WB-11")
async def test_wb_11_forms_lead_to_ourselves_and_to_the_parties_of_the_sign_in_only(seen: Tour) -> None:
    known = {"'self'", AT.hong_kong, AT.macao, AT.guangdong, SHOP}

    for name, response in seen.pages.items():
        targets = policy_of(response)["form-action"]
        assert set(targets) <= known, name
        assert ("<form" in response.text) or set(targets) <= {"'self'", SHOP}, name


@SHARED
@pytest.mark.attack("WB-11")
@pytest.mark.parametrize("name", ["chooser", "cancelled"])
async def test_wb_11_the_policy_lets_an_account_button_arrive_wherever_its_redirects_lead(
    seen: Tour, name: str
) -> None:
    """Browsers hold form-action against every redirect: the provider, and the service when the provider just nods."""
    response = seen.pages[name]
    buttons = {values["value"] for tag, values in read_markup(response.text).tags if values.get("name") == "provider"}

    wanted = {"hong_kong": AT.hong_kong, "macao": AT.macao, "guangdong": AT.guangdong}
    assert buttons
    assert set(policy_of(response)["form-action"]) >= {"'self'", SHOP, *(wanted[button] for button in buttons)}


@SHARED
@pytest.mark.attack("WB-11")
@pytest.mark.parametrize("name", ["chooser", "consent", "home", "not found"])
async def test_wb_11_two_hundred_answers_have_one_policy_without_a_nonce(seen: Tour, name: str) -> None:
    response = seen.pages[name]

    again = [await seen.browser.http.get(str(response.url)) for _ in range(200)]

    policies = {one.headers["content-security-policy"] for one in again}
    assert policies == {response.headers["content-security-policy"]}
    assert "nonce-" not in policies.pop()


@SHARED
@pytest.mark.attack("WB-12")
async def test_wb_12_pages_open_no_window_and_hand_over_no_opener(seen: Tour) -> None:
    for name, response in seen.pages.items():
        assert response.headers.get_list("cross-origin-opener-policy") == ["same-origin"], name
        for tag, values in assert_inert(response.text).tags:
            assert "target" not in values, (name, tag)
            assert values.get("id") != "policy" or values["rel"] == "noopener noreferrer", name
        assert "postMessage" not in response.text


HELPERS = ("next", "return_to", "target", "redirect", "continue", "url", "lang", "way_home", "redirect_uri")
PLACES = ("https://evil.test/", "//evil.test/", "/\\evil.test/", "\\\\evil.test", "javascript:alert('evil.test')")


@SHARED
@pytest.mark.attack("WB-10")
@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("path", ["/", "/signed-out", "/logout", "/nowhere", "/callback/macao", "{step}", "/readyz"])
async def test_wb_10_no_helper_parameter_leads_anywhere(seen: Tour, path: str, place: str) -> None:
    url = urljoin(AT.issuer, path.format(step=str(seen.pages["chooser"].url)))

    for helper in HELPERS:
        response = await seen.browser.http.get(url, params={helper: place})
        assert_leads_nowhere(response)


@SHARED
@pytest.mark.attack("WB-10")
@pytest.mark.parametrize("target", ["//evil.test/", "//evil.test/%2f..", "/logout/", "/\\evil.test", "/signed-out/"])
async def test_wb_10_no_odd_path_is_redirected(seen: Tour, target: str) -> None:
    response = await seen.browser.http.get(f"{AT.issuer}{target}")

    assert response.status_code == 404
    assert_leads_nowhere(response)


@SHARED
@pytest.mark.attack("WB-10")
@pytest.mark.parametrize(
    "place", [*PLACES, f"{SHOP}/shop/bye/../x", f"{SHOP}/shop/bye?x", "http://127.0.0.1:9001/shop/bye"]
)
async def test_wb_10_a_sign_out_leads_to_registered_addresses_only(shared_world: WatchedWorld, place: str) -> None:
    async with leaves_nothing(shared_world, refused=1), shared_world.net.browser() as http:
        response = await http.get(
            f"{AT.issuer}/logout", params={"client_id": "shop", "post_logout_redirect_uri": place}
        )

    assert response.status_code == 400
    assert_leads_nowhere(response)


def assert_leads_nowhere(response: httpx.Response) -> None:
    """No redirect, link or form of the answer leads where the attacker wanted."""
    assert "evil" not in json.dumps(dict(response.headers))
    assert "location" not in response.headers
    if response.headers["content-type"].startswith("text/html"):
        assert not [found for found in assert_inert(response.text).addresses() if "evil" in found[2]]
