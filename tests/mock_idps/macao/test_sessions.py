from mock_idps.macao import SCENARIOS
from tests.mock_idps.macao.stage import authorization, query_of


async def test_a_turned_clock_lets_codes_expire(stage):
    code = await stage.code()
    await stage.service.post("/__mock__/clock", json={"skew_ms": 90_000})

    assert (await stage.token(code=code)).json()["error"] == "invalid_grant"


async def test_two_testers_never_see_each_others_scenarios(stage):
    first, second = stage.browse("tester-a"), stage.browse("tester-b")
    tokens = {"a": await stage.access_token(first), "b": await stage.access_token(second)}
    stage.arm("token_expired", session="tester-a")

    seen = {name: (await stage.profile(token)).json()["code"] for name, token in tokens.items()}

    assert seen == {"a": 4011, "b": 0}


async def test_a_code_of_a_session_obeys_what_was_armed_for_it(stage):
    code = await stage.code(stage.browse("tester-a"))
    free = await stage.code(stage.browse("tester-b"))
    stage.arm("pkce_wrong", session="tester-a")

    assert (await stage.token(code=code)).json()["error"] == "invalid_grant"
    assert (await stage.token(code=free)).status_code == 200


async def test_a_sign_in_stays_tied_to_the_session_that_it_was_started_under(stage):
    browser = stage.browse("tester-a")
    ticket = await stage.open_login(browser)
    browser.cookies.set("mock_session", "tester-b", domain="mo.test")
    stage.arm("user_cancel", session="tester-a")

    response = await browser.get("/en/login", params={"ticket": ticket})

    assert query_of(response)["error_description"] == "cancelled"


async def test_calls_without_code_or_token_follow_the_header(stage):
    stage.arm("outage", session="tester-a")

    marked = await stage.service.get("/keys", headers={"X-Mock-Session": "tester-a"})
    plain = await stage.service.get("/keys")

    assert (marked.status_code, plain.status_code) == (500, 200)


async def test_two_mocks_share_nothing(stage):
    other = type(stage)()
    token = await stage.access_token()
    stage.arm("outage")

    assert (await other.profile(token)).json()["code"] == 4011
    assert (await other.service.get("/keys")).json() != {}


async def test_a_reset_forgets_sign_ins_and_scenarios(stage):
    token = await stage.access_token()
    stage.arm("outage")

    await stage.service.post("/__mock__/reset", json={})

    assert (await stage.profile(token)).json()["code"] == 4011
    assert "ticket" in query_of(await stage.browser.get("/oauth/authorize", params=authorization()))


async def test_the_log_keeps_no_code_and_no_secret(stage):
    code = await stage.code()
    await stage.token(code=code)

    entries = await stage.service.get("/__mock__/log")

    assert "token" in {entry["endpoint"] for entry in entries.json()["entries"]}
    assert code not in entries.text
    assert "s3cret" not in entries.text
    assert "verifier-of-the-tests" not in entries.text


async def test_the_control_page_lists_every_scenario(stage):
    page = await stage.browser.get("/__mock__/")

    assert all(f'id="arm-{name}"' in page.text for name in SCENARIOS)


async def test_a_reset_of_one_session_lifts_its_locks_and_leaves_sign_ins_alone(stage):
    browser = stage.browse("tester-a")
    token = await stage.access_token(browser)
    ticket = await stage.open_login(browser, prompt="login")
    for _ in range(5):
        await stage.sign_in(ticket, browser, password="wrong")

    await stage.service.post("/__mock__/reset", json={"session": "tester-a"})

    assert "code" in query_of(await stage.sign_in(ticket, browser))
    assert (await stage.profile(token)).json()["success"] is True
