import pytest

from mock_idps.guangdong import SCENARIOS
from mock_idps.guangdong.scenarios import ERRORS
from tests.mock_idps.guangdong.stage import OAUTH, Stage, a_query, returned


async def test_a_scenario_of_one_session_leaves_the_other_alone(stage: Stage):
    stage.arm("user_cancel", session="first")
    first, second = stage.new_browser("first"), stage.new_browser("second")

    assert "error" in returned(await stage.authorize(first, auto="li-xiao-hua"))
    assert "code" in returned(await stage.authorize(second, auto="li-xiao-hua"))


async def test_a_login_carries_its_session_to_the_calls_made_with_its_code_and_token(stage: Stage):
    stage.arm("sign_missing", session="first")
    stage.arm("code_expired", session="third")

    assert "sign" not in await stage.user(browser=stage.new_browser("first"))
    assert "sign" in await stage.user(browser=stage.new_browser("second"))
    assert (await stage.redeem(await stage.code(browser=stage.new_browser("third"))))["errcode"] == "40029"


async def test_the_register_reads_the_session_from_its_header(stage: Stage):
    stage.arm("register_none", session="first")

    assert (await stage.ask(a_query(), session="first"))["data"]["matched"] == "false"
    assert (await stage.ask(a_query(), session="second"))["data"]["matched"] == "true"
    assert (await stage.ask(a_query()))["data"]["matched"] == "true"


async def test_a_session_by_cookie_counts_as_well(stage: Stage):
    stage.arm("user_cancel", session="first")
    await stage.browser.get("/__mock__/join", params={"session": "first"})

    assert "error" in returned(await stage.authorize(auto="li-xiao-hua"))


async def test_the_clock_of_one_session_turns_alone(stage: Stage):
    first, second = stage.new_browser("first"), stage.new_browser("second")
    codes = await stage.code(browser=first), await stage.code(browser=second)
    await first.post("/__mock__/clock", json={"session": "first", "skew_ms": 300_000})

    assert (await stage.redeem(codes[0]))["errcode"] == "40029"
    assert "access_token" in await stage.redeem(codes[1])


async def test_a_turned_clock_moves_the_window_of_the_gateway_headers(stage: Stage):
    await stage.browser.post("/__mock__/clock", json={"skew_ms": 301_000})

    assert (await stage.ebus("permit", a_query())).json()["errcode"] == "46002"


async def test_two_mocks_share_nothing():
    one, two = Stage(), Stage()
    one.arm("user_cancel")
    code = await two.code()

    assert (await one.redeem(code))["errcode"] == "40029"
    assert "access_token" in await two.redeem(code)


async def test_reset_forgets_everything(stage: Stage):
    code = await stage.code()
    stage.arm("user_cancel")

    assert (await stage.browser.post("/__mock__/reset", json={})).status_code == 200

    assert (await stage.redeem(code))["errcode"] == "40029"
    assert "code" in returned(await stage.authorize(auto="li-xiao-hua"))


@pytest.mark.attack("GD-08")
@pytest.mark.parametrize("endpoint", ["access_token", "tokeninfo"])
async def test_gd_08_scenario_maintenance_is_a_page_with_status_200(stage: Stage, endpoint):
    stage.arm("maintenance")

    response = await stage.browser.get(f"{OAUTH}/{endpoint}")

    assert response.status_code == 200
    assert response.headers["content-type"].startswith("text/html")


@pytest.mark.attack("GD-08")
async def test_gd_08_scenario_outage_is_502(stage: Stage):
    stage.arm("outage", match={"endpoint": "link/permit"})

    assert (await stage.ebus("permit", a_query())).status_code == 502
    assert "biz_content" in await stage.user()


@pytest.mark.parametrize(
    ("args", "nap"), [({}, 3.0), ({"delay_ms": 250}, 0.25), ({"delay_ms": "x"}, 3.0), ({"delay_ms": 1e12}, 120)]
)
async def test_scenario_slow_waits_before_it_answers(stage: Stage, args, nap):
    stage.arm("slow", args=args, match={"endpoint": "tokeninfo"})

    assert "biz_content" in await stage.user()
    assert stage.naps == [nap]


async def test_the_people_page_lists_accounts_only(stage: Stage):
    people = (await stage.browser.get("/__mock__/personas")).json()

    assert {"li-xiao-hua", "leung-kin-hong"} <= {person["id"] for person in people}
    assert all(person["gd_level"] for person in people)


async def test_rotation_publishes_another_key(stage: Stage):
    before = (await stage.browser.get("/__mock__/keys")).json()
    await stage.browser.post("/__mock__/keys/rotate")

    after = (await stage.browser.get("/__mock__/keys")).json()

    assert before["sm2_public_hex"] != after["sm2_public_hex"]
    assert before["rsa_public_pem"] != after["rsa_public_pem"]


async def test_the_control_page_shows_every_scenario(stage: Stage):
    page = (await stage.browser.get("/__mock__/")).text

    assert all(f'id="arm-{name}"' in page for name in SCENARIOS)


def test_an_unknown_scenario_cannot_be_armed(stage: Stage):
    with pytest.raises(ValueError):
        stage.arm("sub_account")


def test_every_errcode_of_the_dialect_has_a_text():
    table = "40001 40029 40035 41001 42001 43010 43011 45009 46001 46002 46003 46010 46011 -1"

    assert set(table.split()) <= set(ERRORS)
