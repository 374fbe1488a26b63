import re

import pytest

from mock_idps.guangdong.store import CODE_MS
from tests.mock_idps.guangdong.stage import OAUTH, STEM, Stage


async def test_a_code_becomes_a_token_of_the_platforms_form(stage: Stage):
    answer = await stage.redeem(await stage.code())

    assert set(answer) == {"access_token", "refresh_token", "token_type", "expires_in", "scope"}
    assert re.fullmatch(r"[0-9a-f-]{36}@node[0-9]", answer["access_token"])
    assert answer["expires_in"] == "7199"


async def test_the_grant_type_code_of_an_old_client_is_accepted(stage: Stage):
    assert "access_token" in await stage.redeem(await stage.code(), grant_type="code", service="initService")


async def test_a_code_is_redeemed_once(stage: Stage):
    code = await stage.code()
    await stage.redeem(code)

    assert (await stage.redeem(code))["errcode"] == "40029"


async def test_a_code_lives_five_minutes(stage: Stage):
    early, late = await stage.code(), await stage.code()

    stage.now_ms += CODE_MS - 1
    assert "access_token" in await stage.redeem(early)
    stage.now_ms += 1
    assert (await stage.redeem(late))["errcode"] == "40029"


@pytest.mark.parametrize(
    ("changed", "errcode"),
    [
        ({"client_id": "nobody"}, "40001"),
        ({"client_id": None}, "40001"),
        ({"client_secret": "wrong"}, "40001"),
        ({"client_secret": "秘密"}, "40001"),
        ({"client_secret": None}, "40001"),
        ({"client_id": ["gateway-1", "gateway-2"]}, "40001"),
        ({"client_id": "gateway-2"}, "40029"),
        ({"code": "0" * 32}, "40029"),
        ({"code": None}, "40029"),
        ({"grant_type": "password"}, "40029"),
        ({"grant_type": None}, "40029"),
        ({"redirect_uri": None}, "40035"),
        ({"redirect_uri": STEM + "login-0002"}, "40035"),
        ({"redirect_uri": STEM + "login-0001/"}, "40035"),
    ],
)
async def test_a_wrong_request_is_refused_with_http_200(stage: Stage, changed, errcode):
    code = await stage.code()

    answer = await stage.redeem(**{"code": code, **changed})

    assert answer["errcode"] == errcode
    assert set(answer) == {"errcode", "errmsg"}


async def test_a_refused_request_leaves_the_code_to_its_owner(stage: Stage):
    code = await stage.code()
    await stage.redeem(code, client_secret="wrong")
    await stage.redeem(code, client_id="gateway-2")
    await stage.redeem(code, redirect_uri=STEM + "login-0002")

    assert "access_token" in await stage.redeem(code)


async def test_only_get_is_spoken(stage: Stage):
    assert (await stage.browser.post(f"{OAUTH}/access_token")).status_code == 405


@pytest.mark.parametrize("scenario", ["code_expired", "code_reused"])
async def test_scenarios_of_the_code_answer_40029(stage: Stage, scenario):
    code = await stage.code()
    stage.arm(scenario, times=1)

    assert (await stage.redeem(code))["errcode"] == "40029"
    assert (await stage.redeem(code))["errcode"] == "40029"


async def test_the_log_shows_the_call_without_its_secrets(stage: Stage):
    code = await stage.code()
    answer = await stage.redeem(code)
    await stage.tokeninfo(answer["access_token"])

    log = (await stage.browser.get("/__mock__/log")).text

    assert "access_token" in log
    assert not any(secret in log for secret in (code, "sandbox-secret-0001", answer["access_token"], "440305"))
