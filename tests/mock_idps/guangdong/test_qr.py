import re

import pytest

from mock_idps.guangdong.store import QR_MS
from tests.mock_idps.guangdong.stage import Stage, returned


async def qr_code(stage, browser=None):
    """Open the QR page and give its id and the page."""
    browser = browser or stage.browser
    page = await stage.authorize(browser)
    way = re.search(r'id="qr-way" href="([^"]+)"', page.text).group(1)
    c = (await browser.get(way)).headers["location"].rpartition("c=")[2]
    return c, await browser.get("/tif/sso/qr", params={"c": c})


async def decide(stage, c, decision, person="li-xiao-hua"):
    phone = stage.new_browser()
    return await phone.post("/phone", data={"c": c, "person": person, "decision": decision})


async def test_the_qr_page_has_a_code_a_phone_and_a_way_on(stage: Stage):
    c, page = await qr_code(stage)

    assert "<svg" in page.text
    assert 'id="continue"' in page.text
    assert re.search(r'id="open-phone" href="https://gd.test/phone\?c=' + c, page.text)
    assert 'http-equiv="refresh"' in page.text


async def test_the_phone_shows_who_asks(stage: Stage):
    c, _ = await qr_code(stage)

    page = await stage.new_browser().get("/phone", params={"c": c})

    assert "Gateway &lt;under test&gt;" in page.text
    assert 'id="approve"' in page.text
    assert 'id="reject"' in page.text
    assert 'id="person"' in page.text


async def test_an_approved_code_signs_the_browser_in_by_qr(stage: Stage):
    c, _ = await qr_code(stage)
    await decide(stage, c, "approve")

    response = await stage.browser.get("/tif/sso/qr", params={"c": c})

    token = (await stage.redeem(returned(response)["code"]))["access_token"]
    user = (await stage.tokeninfo(token)).json()["biz_content"]["userobj"]
    assert (user["uid"], user["accout_type"]) == ("gd-li-xiao-hua", "3")


async def test_a_rejected_code_comes_back_without_a_code(stage: Stage):
    c, _ = await qr_code(stage)
    await decide(stage, c, "reject")

    assert returned(await stage.browser.get("/tif/sso/qr", params={"c": c})) == {"error": "cancel"}


async def test_the_first_decision_stands(stage: Stage):
    c, _ = await qr_code(stage)
    await decide(stage, c, "reject")

    assert (await decide(stage, c, "approve")).status_code == 400
    assert returned(await stage.browser.get("/tif/sso/qr", params={"c": c})) == {"error": "cancel"}


async def test_without_a_decision_the_page_waits(stage: Stage):
    c, _ = await qr_code(stage)

    assert 'data-state="waiting"' in (await stage.browser.get("/tif/sso/qr", params={"c": c})).text


@pytest.mark.parametrize("person", ["chan-siu-ming", "", "<b>"])
async def test_the_phone_knows_only_people_with_an_account(stage: Stage, person):
    c, _ = await qr_code(stage)

    response = await decide(stage, c, "approve", person)

    assert response.status_code == 400
    assert "<b>" not in response.text


async def test_another_browser_cannot_collect_an_approval(stage: Stage):
    c, _ = await qr_code(stage)
    await decide(stage, c, "approve")

    response = await stage.new_browser().get("/tif/sso/qr", params={"c": c})

    assert 'data-code="lapsed"' in response.text


async def test_a_code_lapses_after_a_minute_and_can_be_renewed(stage: Stage):
    c, _ = await qr_code(stage)
    stage.now_ms += QR_MS

    page = await stage.browser.get("/tif/sso/qr", params={"c": c})

    assert 'data-state="expired"' in page.text
    assert (await decide(stage, c, "approve")).status_code == 400
    again = re.search(r'id="refresh-qr" href="([^"]+)"', page.text).group(1)
    assert (await stage.browser.get(again)).status_code == 303


async def test_scenario_qr_expired_asks_to_refresh(stage: Stage):
    stage.arm("qr_expired", times=1)

    c, page = await qr_code(stage)

    assert 'data-state="expired"' in page.text
    assert 'data-state="expired"' in (await stage.browser.get("/tif/sso/qr", params={"c": c})).text
    assert (await decide(stage, c, "approve")).status_code == 400


@pytest.mark.parametrize(("is_rejected", "expected"), [(False, "code"), (True, "error")])
async def test_a_script_can_decide_for_the_phone(stage: Stage, is_rejected, expected):
    c, _ = await qr_code(stage)
    told = {"session": c, "persona": "li-xiao-hua", "reject": is_rejected}
    assert (await stage.new_browser().post("/__mock__/approve", json=told)).status_code == 200

    assert set(returned(await stage.browser.get("/tif/sso/qr", params={"c": c}))) == {expected}


@pytest.mark.parametrize("path", ["/tif/sso/qr?c=nothing", "/tif/sso/qr", "/tif/sso/qr/new?ticket=x", "/phone?c=x"])
async def test_an_unknown_code_is_no_sign_in(stage: Stage, path):
    assert (await stage.browser.get(path)).status_code == 400
