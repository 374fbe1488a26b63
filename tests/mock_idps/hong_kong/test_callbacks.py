"""How a login comes home when a tester has armed something."""

import pytest

from tests.mock_idps.hong_kong.conftest import OTHER, callback_of, word


@pytest.mark.parametrize(
    ("scenario", "args", "expected"),
    [
        ("user_cancel", {}, {"error_code": "D40000", "state": "state-1"}),
        ("user_reject", {}, {"error_code": "D40001", "state": "state-1"}),
        ("deny_sandbox_code", {}, {"error_code": "D20001", "state": "state-1"}),
        ("auth_timeout", {}, {"error_code": "D40003", "state": "state-1"}),
        ("deny_state_only", {}, {"state": "state-1"}),
        ("callback_error", {"code": "D40002"}, {"error_code": "D40002", "state": "state-1"}),
        ("callback_error", {"code": "<script>"}, {"error_code": "D20000", "state": "state-1"}),
    ],
)
async def test_an_armed_denial_comes_back_in_place_of_a_code(browser, arm, scenario, args, expected):
    await arm(scenario, times=1, args=args)

    home = await browser.get_qr(auto="chan-siu-ming")

    assert callback_of(home) == expected


async def test_an_armed_denial_needs_no_phone(browser, arm):
    ticket = await browser.open_login()
    await arm("user_reject", times=1)

    assert callback_of(await browser.go_on(ticket))["error_code"] == "D40001"


async def test_a_scenario_for_one_person_leaves_others_alone(browser, arm):
    await arm("user_cancel", match={"persona": "wong-ka-yan"})

    assert "code" in callback_of(await browser.get_qr(auto="chan-siu-ming"))
    assert callback_of(await browser.get_qr(auto="wong-ka-yan"))["error_code"] == "D40000"


async def test_a_scenario_for_another_client_leaves_this_one_alone(browser, arm):
    await arm("user_cancel", match={"client": OTHER})

    assert "code" in callback_of(await browser.get_qr(auto="chan-siu-ming"))


async def test_qr_expired_shows_a_qr_that_nobody_can_use(browser, arm):
    await arm("qr_expired", times=2)

    page = await browser.get_qr()
    automatic = await browser.get_qr(auto="chan-siu-ming")

    assert (word(page), word(automatic)) == ("EXPIRED", "EXPIRED")


@pytest.mark.parametrize(
    ("scenario", "args", "state"),
    [
        ("state_dropped", {}, None),
        ("state_wrong", {"state": "other"}, "other"),
        ("state_wrong", {}, "state-that-nobody-sent"),
    ],
)
async def test_a_callback_can_lose_or_swap_its_state(browser, arm, scenario, args, state):
    await arm(scenario, times=1, args=args)

    assert callback_of(await browser.get_qr(auto="chan-siu-ming")).get("state") == state


async def test_callback_lost_leaves_the_browser_on_a_page(browser, arm):
    await arm("callback_lost", times=1)

    page = await browser.get_qr(auto="chan-siu-ming")

    assert (page.status_code, word(page)) == (200, "LOST")


async def test_callback_twice_sends_the_same_code_again(browser, arm):
    await arm("callback_twice", times=1)
    ticket = await browser.open_login()
    await browser.phone(ticket, "chan-siu-ming")

    first, second = await browser.go_on(ticket), await browser.go_on(ticket)

    assert callback_of(first) == callback_of(second)
    assert "code" in callback_of(first)


@pytest.mark.parametrize(("scenario", "status"), [("maintenance", 503), ("outage", 500), ("throttled", 429)])
async def test_the_qr_page_breaks_down_when_asked(browser, arm, scenario, status):
    await arm(scenario, times=1, match={"endpoint": "getQR"})

    assert (await browser.get_qr()).status_code == status
    assert (await browser.get_qr()).status_code == 200


async def test_a_login_names_nobody_in_the_log_but_the_persona(browser, control):
    await browser.get_qr(auto="chan-siu-ming")

    entries = (await control.get("/__mock__/log")).json()["entries"]

    assert entries == [
        {
            "at": 1_760_000_000_000,
            "endpoint": "getQR",
            "client": "3f5c0e8b7a0145d0b6c2a19d4e77c001",
            "session": None,
            "persona": "chan-siu-ming",
            "answer": "callback",
        }
    ]
