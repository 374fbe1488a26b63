import re
from urllib.parse import parse_qsl, urlsplit

import pytest

from mock_idps.guangdong.store import SESSION_MS, SIGN_IN_MS
from tests.mock_idps.guangdong.stage import CALLBACK, STEM, Stage, returned

TICKET = re.compile(r'name="ticket" value="([0-9a-f]{32})"')


def ticket_of(response):
    return TICKET.search(response.text).group(1)


async def submit(stage, ticket, person, browser=None):
    return await (browser or stage.browser).post("/tif/sso/login", data={"ticket": ticket, "person": person})


@pytest.mark.parametrize("prefix", ["/tif/sso/connect/page/oauth2", "/pscp/sso/connect/page/oauth2"])
@pytest.mark.parametrize("slash", ["", "/"])
async def test_the_sign_in_page_answers_under_both_prefixes(stage: Stage, prefix, slash):
    fields = {"service": "initService", "response_type": "code", "client_id": "gateway-1", "scope": "all"}

    response = await stage.browser.get(f"{prefix}/authorize{slash}", params={**fields, "redirect_uri": CALLBACK})

    assert response.status_code == 200
    assert 'id="sign-in"' in response.text
    assert 'id="person"' in response.text


async def test_the_page_is_a_simulation_in_simplified_chinese_without_script(stage: Stage):
    response = await stage.authorize()

    assert "模拟" in response.text
    assert '<html lang="zh-Hans' in response.text
    assert "个人" in response.text
    assert "法人" in response.text
    assert "<script" not in response.text
    policy = response.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy


async def test_the_page_lists_whoever_has_an_account_and_nobody_else(stage: Stage):
    response = await stage.authorize()

    assert 'id="as-li-xiao-hua"' in response.text
    assert 'id="as-leung-kin-hong"' in response.text
    assert "chan-siu-ming" not in response.text


async def test_the_name_of_the_application_is_escaped(stage: Stage):
    response = await stage.authorize()

    assert "Gateway &lt;under test&gt;" in response.text


async def test_signing_in_by_the_form_goes_back_with_a_code_and_without_state(stage: Stage):
    ticket = ticket_of(await stage.authorize(state="opaque"))

    response = await submit(stage, ticket, "li-xiao-hua")

    assert set(returned(response)) == {"code"}
    assert response.headers["location"].startswith(CALLBACK + "?code=")


async def test_a_redirect_uri_with_a_query_keeps_every_byte(stage: Stage):
    response = await stage.authorize(redirect_uri="https://gateway.test/plain?x=1", auto="li-xiao-hua")

    assert response.headers["location"].startswith("https://gateway.test/plain?x=1&code=")


async def test_the_tab_for_legal_persons_offers_everybody_who_may_act_for_an_organisation(stage: Stage):
    ticket = ticket_of(await stage.authorize())

    response = await stage.browser.get("/tif/sso/login", params={"ticket": ticket, "tab": "legal"})

    assert 'id="as-li-xiao-hua-for-bay-trading"' in response.text
    assert 'id="as-wang-yan-for-bay-trading"' in response.text
    assert "harbour-books" not in response.text


async def test_an_unknown_account_gets_the_form_again(stage: Stage):
    ticket = ticket_of(await stage.authorize())

    response = await submit(stage, ticket, '"><script>alert(1)</script>')

    assert response.status_code == 400
    assert 'id="error"' in response.text
    assert "<script" not in response.text
    assert returned(await submit(stage, ticket, "li-xiao-hua"))["code"]


async def test_a_person_without_an_account_here_cannot_sign_in(stage: Stage):
    ticket = ticket_of(await stage.authorize())

    assert (await submit(stage, ticket, "chan-siu-ming")).status_code == 400
    assert (await stage.authorize(auto="chan-siu-ming")).status_code == 400


async def test_a_sign_in_belongs_to_the_browser_that_began_it(stage: Stage):
    ticket = ticket_of(await stage.authorize())
    stranger = stage.new_browser()
    await stage.authorize(stranger)

    response = await submit(stage, ticket, "li-xiao-hua", stranger)

    assert 'data-code="lapsed"' in response.text


async def test_a_ticket_serves_once(stage: Stage):
    ticket = ticket_of(await stage.authorize())
    await submit(stage, ticket, "li-xiao-hua")

    assert (await submit(stage, ticket, "li-xiao-hua")).status_code == 400


async def test_a_ticket_lapses(stage: Stage):
    ticket = ticket_of(await stage.authorize())
    stage.now_ms += SIGN_IN_MS

    assert (await submit(stage, ticket, "li-xiao-hua")).status_code == 400
    assert (await stage.browser.get("/tif/sso/login", params={"ticket": ticket})).status_code == 400


async def test_turning_back_returns_an_error_and_no_code(stage: Stage):
    ticket = ticket_of(await stage.authorize())

    response = await stage.browser.post("/tif/sso/cancel", data={"ticket": ticket})

    assert returned(response) == {"error": "cancel"}
    assert (await stage.browser.post("/tif/sso/cancel", data={"ticket": ticket})).status_code == 400


@pytest.mark.parametrize("body", [b"ticket=%ff\xff", b"a" * 70_000, b"&".join([b"a=1"] * 60)])
async def test_a_hostile_form_is_no_sign_in(stage: Stage, body):
    headers = {"content-type": "application/x-www-form-urlencoded"}

    response = await stage.browser.post("/tif/sso/login", content=body, headers=headers)

    assert response.status_code == 400


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"client_id": "nobody"}, "40001"),
        ({"client_id": None}, "40001"),
        ({"client_id": ["gateway-1", "gateway-1"]}, "40001"),
        ({"redirect_uri": None}, "40035"),
        ({"redirect_uri": "https://evil.test/"}, "40035"),
        ({"redirect_uri": STEM + "a/b"}, "40035"),
        ({"redirect_uri": [CALLBACK, CALLBACK]}, "40035"),
        ({"service": None}, "invalid_parameter"),
        ({"response_type": "token"}, "invalid_parameter"),
        ({"scope": "openid"}, "invalid_parameter"),
    ],
)
async def test_a_wrong_request_ends_on_a_page_and_goes_nowhere(stage: Stage, changed, code):
    response = await stage.authorize(**changed, auto="li-xiao-hua")

    assert response.status_code == 400
    assert f'data-code="{code}"' in response.text
    assert "location" not in response.headers


async def test_a_signed_in_browser_goes_straight_back(stage: Stage):
    await stage.code("li-xiao-hua")

    response = await stage.authorize()

    token = (await stage.redeem(returned(response)["code"]))["access_token"]
    answer = (await stage.tokeninfo(token)).json()
    assert answer["biz_content"]["userobj"]["uid"] == "gd-li-xiao-hua"
    assert re.search(r"AQIC5w.+\*AAJ.+\*@node\d", stage.browser.cookies["gdbsTokenId"])


async def test_single_sign_on_lapses(stage: Stage):
    await stage.code("li-xiao-hua")
    stage.now_ms += SESSION_MS

    assert (await stage.authorize()).status_code == 200


async def test_another_browser_is_not_signed_in(stage: Stage):
    await stage.code("li-xiao-hua")

    assert (await stage.authorize(stage.new_browser())).status_code == 200


async def test_logout_ends_single_sign_on_and_goes_back(stage: Stage):
    await stage.code("li-xiao-hua")
    stale = stage.browser.cookies["gdbsTokenId"]

    response = await stage.browser.get("/_tif_sso_logout_/", params={"redirect_uri": "https://gateway.test/bye"})

    assert response.status_code == 302
    assert response.headers["location"] == "https://gateway.test/bye"
    assert "gdbsTokenId" not in stage.browser.cookies
    stage.browser.cookies.set("gdbsTokenId", stale, domain="gd.test")
    assert (await stage.authorize()).status_code == 200


@pytest.mark.parametrize(
    "target",
    ["", "https://evil.test/", "//evil.test/", "javascript:alert(1)", "https://[", "https://gateway.test@evil.test/"],
)
async def test_logout_never_sends_the_browser_to_strangers(stage: Stage, target):
    response = await stage.browser.get("/_tif_sso_logout_/", params={"redirect_uri": target})

    assert response.status_code == 200
    assert "location" not in response.headers


@pytest.mark.parametrize("form_state", ["plain", "a&code=forged"])
async def test_scenario_state_echo_returns_the_state_after_all(stage: Stage, form_state):
    stage.arm("state_echo")

    response = await stage.authorize(state=form_state, auto="li-xiao-hua")

    pairs = parse_qsl(urlsplit(response.headers["location"]).query)
    assert [name for name, _ in pairs] == ["code", "state"]
    assert dict(pairs)["state"] == form_state


async def test_scenario_user_cancel_comes_back_without_a_code(stage: Stage):
    stage.arm("user_cancel")

    assert returned(await stage.authorize(auto="li-xiao-hua")) == {"error": "cancel"}


async def test_scenario_user_closes_never_comes_back(stage: Stage):
    stage.arm("user_closes")

    response = await stage.authorize(auto="li-xiao-hua")

    assert response.status_code == 200
    assert "location" not in response.headers
    assert "gdbsTokenId" not in stage.browser.cookies


async def test_a_persona_armed_for_a_session_signs_in_at_once(stage: Stage):
    browser = stage.new_browser("robot")
    await browser.post("/__mock__/auto", json={"session": "robot", "persona": "li-xiao-hua"})

    assert "code" in returned(await stage.authorize(browser))
    assert (await stage.authorize()).status_code == 200
