"""Browser and simulated phone: who may decide, who may ask, and for how long."""

import re

import pytest

from tests.mock_idps.hong_kong.conftest import callback_of, ticket_of, word


@pytest.mark.attack("HK-08")
async def test_hk_08_the_phone_shows_who_asks_for_what_from_where_and_warns(browser):
    phone = await browser.http.get("/qr", params={"c": await browser.open_login()})

    assert '<strong id="service">Gateway &lt;b&gt;</strong>' in phone.text
    assert "identity card number" in phone.text
    assert '<span id="source">PC_Browser</span>' in phone.text
    assert "Approve only if you have opened this sign-in yourself" in phone.text


async def test_a_rejection_on_the_phone_comes_back_as_rejected(browser):
    ticket = await browser.open_login()
    await browser.phone(ticket, action="reject")

    home = await browser.go_on(ticket)

    assert callback_of(home) == {"error_code": "D40001", "state": "state-1"}


async def test_cancelling_on_the_page_comes_back_as_cancelled(browser):
    ticket = await browser.open_login()

    home = await browser.http.post("/qr/cancel", data={"c": ticket})

    assert callback_of(home) == {"error_code": "D40000", "state": "state-1"}


async def test_giving_up_after_expiry_comes_back_as_timed_out(browser, clock):
    ticket = await browser.open_login()
    clock.now += 120_000

    home = await browser.http.post("/qr/cancel", data={"c": ticket})

    assert callback_of(home) == {"error_code": "D40003", "state": "state-1"}


async def test_an_undecided_login_waits_and_shows_the_same_qr(browser):
    ticket = await browser.open_login()

    page = await browser.go_on(ticket)

    assert (page.status_code, word(page), ticket_of(page)) == (200, "WAITING", ticket)


@pytest.mark.parametrize("person", ["", "nobody", "li-xiao-hua", "<script>alert(1)</script>"])
async def test_a_person_without_an_account_approves_nothing(browser, person):
    ticket = await browser.open_login()

    answer = await browser.phone(ticket, person)

    assert answer.status_code == 400
    assert 'id="problem"' in answer.text
    assert "<script" not in answer.text
    assert word(await browser.go_on(ticket)) == "WAITING"


async def test_the_first_word_of_the_phone_counts(browser):
    ticket = await browser.open_login()
    await browser.phone(ticket, "chan-siu-ming", "reject")

    second = await browser.phone(ticket, "wong-ka-yan")

    assert second.status_code == 410
    assert callback_of(await browser.go_on(ticket))["error_code"] == "D40001"


async def test_a_form_of_another_site_approves_nothing(browser):
    ticket = await browser.open_login()

    answer = await browser.http.post(
        "/qr",
        data={"c": ticket, "person": "chan-siu-ming", "action": "approve"},
        headers={"Sec-Fetch-Site": "cross-site"},
    )

    assert answer.status_code == 403
    assert word(await browser.go_on(ticket)) == "WAITING"


@pytest.mark.parametrize(
    "body", [b"c=" + b"a" * 5_000, b"c=1&c=2", b"\xff\xfe", b"", b"&".join(b"a%d=1" % n for n in range(9))]
)
async def test_a_malformed_form_of_the_phone_is_refused(browser, body):
    answer = await browser.http.post("/qr", content=body)

    assert answer.status_code == 403


@pytest.mark.attack("HK-07")
async def test_hk_07_another_browser_neither_continues_nor_polls_nor_cancels(browser, new_browser):
    ticket = await browser.open_login()
    await browser.phone(ticket, "chan-siu-ming")
    stranger, other_user = new_browser(), new_browser()
    await other_user.get_qr()

    for one in (stranger, other_user):
        assert (await one.go_on(ticket)).status_code == 403
        assert (await one.status(ticket)).json() == {"status": "REFUSED"}
        assert (await one.http.post("/qr/cancel", data={"c": ticket})).status_code == 403
    assert "code" in callback_of(await browser.go_on(ticket))


@pytest.mark.attack("HK-07")
async def test_hk_07_an_unknown_ticket_is_answered_like_a_foreign_one(browser, new_browser):
    ticket = await browser.open_login()
    stranger = new_browser()
    await stranger.get_qr()

    foreign, unknown = await stranger.go_on(ticket), await stranger.go_on("0" * 32)

    assert (foreign.status_code, foreign.text) == (unknown.status_code, unknown.text)


@pytest.mark.attack("HK-07")
async def test_hk_07_a_login_is_sent_home_once(browser):
    ticket = await browser.open_login()
    await browser.phone(ticket, "chan-siu-ming")
    await browser.go_on(ticket)

    again = await browser.go_on(ticket)
    cancelled = await browser.http.post("/qr/cancel", data={"c": ticket})

    assert (again.status_code, cancelled.status_code) == (400, 403)
    assert "location" not in again.headers


@pytest.mark.attack("HK-07")
async def test_hk_07_an_expired_qr_stays_expired_whoever_approves(browser, clock, control):
    ticket = await browser.open_login()
    clock.now += 120_000

    late = await browser.phone(ticket, "wong-ka-yan")
    await control.post("/__mock__/approve", json={"session": ticket, "persona": "wong-ka-yan"})
    page = await browser.go_on(ticket)
    clock.now -= 120_000
    still = await browser.go_on(ticket)

    assert late.status_code == 410
    assert (word(page), word(still)) == ("EXPIRED", "EXPIRED")
    assert 'id="refresh"' in page.text


async def test_a_qr_is_good_until_the_last_millisecond_of_two_minutes(browser, clock):
    ticket = await browser.open_login()
    clock.now += 119_999

    assert (await browser.phone(ticket, "chan-siu-ming")).status_code == 200
    clock.now += 60_000
    assert "code" in callback_of(await browser.go_on(ticket))


async def test_the_expired_page_leads_to_a_fresh_qr_of_the_same_request(browser, clock):
    ticket = await browser.open_login()
    clock.now += 120_000
    page = await browser.go_on(ticket)

    fresh = await browser.http.get(
        re.search(r'id="refresh"[^>]*href="([^"]+)"', page.text).group(1).replace("&amp;", "&")
    )

    assert ticket_of(fresh) != ticket
    await browser.phone(ticket_of(fresh), "chan-siu-ming")
    assert callback_of(await browser.go_on(ticket_of(fresh)))["state"] == "state-1"


@pytest.mark.attack("HK-07")
async def test_hk_07_a_decision_left_lying_for_18_minutes_comes_back_as_timed_out(browser, clock):
    ticket = await browser.open_login()
    await browser.phone(ticket, "chan-siu-ming")
    clock.now += 18 * 60_000

    assert callback_of(await browser.go_on(ticket))["error_code"] == "D40003"


@pytest.mark.attack("HK-10")
async def test_hk_10_the_status_is_one_word_and_names_nobody(browser):
    ticket = await browser.open_login()
    await browser.http.get("/qr", params={"c": ticket})
    waiting = await browser.status(ticket)
    await browser.phone(ticket, "chan-siu-ming")
    approved = await browser.status(ticket)
    await browser.go_on(ticket)
    finished = await browser.status(ticket)

    assert [one.json() for one in (waiting, approved, finished)] == [
        {"status": "WAITING"},
        {"status": "APPROVED"},
        {"status": "FINISHED"},
    ]


@pytest.mark.attack("HK-10")
async def test_hk_10_polling_is_limited_for_the_ticket_however_many_tabs_ask(browser, clock):
    ticket = await browser.open_login()

    burst = [(await browser.status(ticket)).status_code for _ in range(8)]
    clock.now += 1_000
    later = [(await browser.status(ticket)).status_code for _ in range(2)]
    page = await browser.go_on(ticket)

    assert burst == [200] * 5 + [429] * 3
    assert later == [200, 429]
    assert (page.status_code, ticket_of(page)) == (429, ticket)


@pytest.mark.attack("HK-10")
async def test_hk_10_a_page_before_approval_does_not_say_who_looked(browser):
    ticket = await browser.open_login()
    before = await browser.go_on(ticket)
    await browser.http.get("/qr", params={"c": ticket})

    after = await browser.go_on(ticket)

    assert before.text == after.text


async def test_a_script_approves_through_the_control_plane(browser, control):
    ticket = await browser.open_login()
    await control.post("/__mock__/approve", json={"session": ticket, "persona": "wong-ka-yan"})

    assert "code" in callback_of(await browser.go_on(ticket))


async def test_a_script_rejects_through_the_control_plane(browser, control):
    ticket = await browser.open_login()
    await control.post("/__mock__/approve", json={"session": ticket, "persona": "wong-ka-yan", "reject": True})

    assert callback_of(await browser.go_on(ticket))["error_code"] == "D40001"


async def test_automatic_approval_skips_the_pages_for_its_session_alone(new_browser, control):
    await control.post("/__mock__/auto", json={"session": "one", "persona": "chan-siu-ming"})

    mine = await new_browser(**{"X-Mock-Session": "one"}).get_qr()
    theirs = await new_browser(**{"X-Mock-Session": "two"}).get_qr()

    assert "code" in callback_of(mine)
    assert word(theirs) == "WAITING"


async def test_a_browser_that_joined_a_session_carries_it_into_the_login(browser, control, arm):
    await browser.http.get("/__mock__/join", params={"session": "joined"})
    await arm("user_cancel", session="joined")

    home = await browser.get_qr(auto="chan-siu-ming")

    assert callback_of(home)["error_code"] == "D40000"


async def test_a_scope_without_profiles_asks_for_less_on_the_phone(browser):
    ticket = await browser.open_login(scope="eidapi_auth")

    phone = await browser.http.get("/qr", params={"c": ticket})

    assert "identity card number" not in phone.text
    assert "Sign in" in phone.text
