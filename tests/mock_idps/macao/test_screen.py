import pytest

from tests.mock_idps.macao.stage import hidden, link, query_of


async def open_screen(stage, browser=None, **changes):
    browser = browser or stage.browser
    ticket = await stage.open_login(browser, **changes)
    return ticket, await browser.get("/en/qr", params={"ticket": ticket})


async def answer(stage, phone_page, decision, person="lei-ka-meng"):
    form = {"phone": hidden(phone_page, "phone"), "person": person, "decision": decision}
    return await stage.browse().post("/q/answer", data=form)


async def test_forms_and_links_alone_lead_from_the_code_to_the_callback(stage):
    ticket, screen = await open_screen(stage)
    phone = await stage.browse().get(link(screen, "open-phone"))

    done = await answer(stage, phone, "approve")
    back = await stage.browser.get("/en/qr", params={"ticket": ticket})

    assert "<svg" in screen.text
    assert 'id="continue"' in screen.text
    assert 'http-equiv="refresh"' in screen.text
    assert 'id="approve"' in phone.text
    assert 'id="reject"' in phone.text
    assert 'id="done"' in done.text
    assert "code" in query_of(back)
    assert stage.app.state.account.recall(stage.browser.cookies["mo_sso"], stage.now_ms).level == 3


async def test_a_phone_never_reaches_more_than_the_persona(stage):
    ticket, screen = await open_screen(stage, acr="3")
    await answer(stage, await stage.browse().get(link(screen, "open-phone")), "approve", "chan-weng-kin")

    await stage.browser.get("/en/qr", params={"ticket": ticket})

    assert stage.app.state.account.recall(stage.browser.cookies["mo_sso"], stage.now_ms).level == 2


async def test_a_rejection_on_the_phone_reaches_the_service(stage):
    ticket, screen = await open_screen(stage)
    await answer(stage, await stage.browse().get(link(screen, "open-phone")), "reject")

    back = await stage.browser.get("/en/qr", params={"ticket": ticket})

    assert query_of(back) == {"error": "access_denied", "error_description": "rejected", "state": "state-1"}


async def test_the_phone_names_the_service_and_asks_for_a_known_person(stage):
    _, screen = await open_screen(stage)
    phone = await stage.browse().get(link(screen, "open-phone"))

    refused = await answer(stage, phone, "approve", "<script>")

    assert "Gateway &lt;b&gt;" in phone.text
    assert refused.status_code == 403
    assert "<script" not in refused.text


async def test_the_status_is_one_word_that_follows_the_phone(stage):
    ticket, screen = await open_screen(stage)
    words = []
    for step in ("wait", "scan", "approve"):
        if step == "scan":
            phone = await stage.browse().get(link(screen, "open-phone"))
        if step == "approve":
            await answer(stage, phone, "approve")
        stage.now_ms += 1_000
        response = await stage.browser.get("/qr/status", params={"ticket": ticket})
        words.append(response.json())

    assert words == [{"status": "WAITING"}, {"status": "SCANNED"}, {"status": "CONFIRMED"}]


async def test_the_status_may_be_asked_once_a_second(stage):
    ticket, _ = await open_screen(stage)
    await stage.browser.get("/qr/status", params={"ticket": ticket})

    hasty = await stage.browser.get("/qr/status", params={"ticket": ticket})
    stage.now_ms += 1_000
    patient = await stage.browser.get("/qr/status", params={"ticket": ticket})

    assert (hasty.status_code, hasty.headers["retry-after"], hasty.text) == (429, "1", "")
    assert patient.status_code == 200


async def test_another_browser_learns_nothing_from_the_status(stage):
    ticket, _ = await open_screen(stage)

    assert (await stage.browse().get("/qr/status", params={"ticket": ticket})).status_code == 403


async def test_another_browser_cannot_take_over_an_approved_sign_in(stage):
    ticket, screen = await open_screen(stage)
    await answer(stage, await stage.browse().get(link(screen, "open-phone")), "approve")

    stolen = await stage.browse().get("/en/qr", params={"ticket": ticket})

    assert stolen.status_code == 403


async def test_the_code_is_replaced_every_thirty_seconds(stage):
    ticket, first = await open_screen(stage)

    stage.now_ms += 29_000
    same = await stage.browser.get("/en/qr", params={"ticket": ticket})
    stage.now_ms += 1_000
    fresh = await stage.browser.get("/en/qr", params={"ticket": ticket})

    assert link(same, "open-phone") == link(first, "open-phone")
    assert link(fresh, "open-phone") != link(first, "open-phone")


async def test_a_replaced_code_is_refused_by_the_phone(stage):
    _, screen = await open_screen(stage)
    stage.now_ms += 41_000

    phone = await stage.browse().get(link(screen, "open-phone"))

    assert phone.status_code == 400
    assert 'id="approve"' not in phone.text


@pytest.mark.parametrize("scenario", ["qr_bad_sign", "qr_unknown_key", "qr_key_rotated"])
async def test_a_code_with_a_bad_signature_or_key_is_refused_by_the_phone(stage, scenario):
    stage.arm(scenario, times=1)
    _, screen = await open_screen(stage)

    phone = await stage.browse().get(link(screen, "open-phone"))

    assert phone.status_code == 400
    assert 'data-code="screen_code"' in phone.text


async def test_an_expired_code_says_so_until_a_new_one_is_asked_for(stage):
    stage.arm("qr_expired", times=1)
    ticket, expired = await open_screen(stage)
    status = await stage.browser.get("/qr/status", params={"ticket": ticket})

    fresh = await stage.browser.get(link(expired, "renew"))

    assert 'data-status="EXPIRED"' in expired.text
    assert status.json() == {"status": "EXPIRED"}
    assert 'data-status="WAITING"' in fresh.text


async def test_an_answer_without_a_read_code_is_refused(stage):
    response = await stage.browse().post("/q/answer", data={"phone": "invented", "decision": "approve"})

    assert response.status_code == 410


async def test_the_phone_answers_once(stage):
    _, screen = await open_screen(stage)
    phone = await stage.browse().get(link(screen, "open-phone"))
    await answer(stage, phone, "reject")

    again = await answer(stage, phone, "approve")

    assert again.status_code == 410


async def test_the_control_plane_stands_for_the_phone(stage):
    ticket, _ = await open_screen(stage)
    await stage.service.post("/__mock__/approve", json={"session": ticket, "persona": "jose-da-luz"})

    back = await stage.browser.get("/en/qr", params={"ticket": ticket})

    assert "code" in query_of(back)


async def test_the_control_plane_can_reject(stage):
    ticket, _ = await open_screen(stage)
    await stage.service.post("/__mock__/approve", json={"session": ticket, "persona": "jose-da-luz", "reject": True})

    back = await stage.browser.get("/en/qr", params={"ticket": ticket})

    assert query_of(back)["error_description"] == "rejected"


async def test_after_the_password_only_the_same_persons_phone_counts(stage):
    ticket = await stage.open_login(acr="3")
    await stage.sign_in(ticket, otp=stage.otp("chao-sio-man"))
    screen = await stage.browser.get("/en/qr", params={"ticket": ticket})
    phone = await stage.browse().get(link(screen, "open-phone"))
    await answer(stage, phone, "approve", "lei-ka-meng")

    back = await stage.browser.get("/en/qr", params={"ticket": ticket})

    assert query_of(back)["error"] == "access_denied"


async def test_the_same_persons_phone_completes_level_three(stage):
    ticket = await stage.open_login(acr="3")
    await stage.sign_in(ticket, otp=stage.otp("chao-sio-man"))
    screen = await stage.browser.get("/en/qr", params={"ticket": ticket})
    phone = await stage.browse().get(link(screen, "open-phone"))
    await answer(stage, phone, "approve", "chao-sio-man")

    back = await stage.browser.get("/en/qr", params={"ticket": ticket})

    assert "code" in query_of(back)
    assert stage.app.state.account.recall(stage.browser.cookies["mo_sso"], stage.now_ms).level == 3


async def test_an_armed_persona_needs_no_phone(stage):
    ticket = await stage.open_login()

    back = await stage.browser.get("/en/qr", params={"ticket": ticket, "auto": "lei-ka-meng"})

    assert "code" in query_of(back)


@pytest.mark.parametrize(("scenario", "word"), [("user_cancel", "cancelled"), ("user_reject", "rejected")])
async def test_a_person_can_refuse_at_the_code_as_armed(stage, scenario, word):
    ticket = await stage.open_login()
    stage.arm(scenario, times=1)

    back = await stage.browser.get("/en/qr", params={"ticket": ticket})

    assert query_of(back)["error_description"] == word


async def test_a_code_of_a_finished_sign_in_is_refused_by_the_phone(stage):
    ticket, screen = await open_screen(stage)
    await stage.browser.post("/en/cancel", data={"ticket": ticket})

    assert (await stage.browse().get(link(screen, "open-phone"))).status_code == 410
