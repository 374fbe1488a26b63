import re

import pytest

from tests.mock_idps.macao.stage import CALLBACK, query_of


async def test_the_form_has_the_promised_ids_and_the_prefilled_password(stage):
    page = await stage.browser.get("/en/login", params={"ticket": await stage.open_login()})

    for wanted in ('id="person"', 'id="password"', 'value="sandbox"', 'id="otp"', 'id="sign-in"', 'id="use-qr"'):
        assert wanted in page.text
    assert '<html lang="en">' in page.text
    assert "Simulation for developers" in page.text
    assert "<script" not in page.text
    assert "frame-ancestors 'none'" in page.headers["content-security-policy"]


@pytest.mark.parametrize(("locale", "tag"), [("zh-hant", "zh-Hant-MO"), ("zh-hans", "zh-Hans"), ("pt", "pt-MO")])
async def test_every_language_has_its_page(stage, locale, tag):
    page = await stage.browser.get(f"/{locale}/login", params={"ticket": await stage.open_login()})

    assert f'<html lang="{tag}">' in page.text


async def test_a_language_that_does_not_exist_is_not_found(stage):
    page = await stage.browser.get("/fr/login", params={"ticket": await stage.open_login()})

    assert page.status_code == 404


async def test_password_alone_reaches_level_one(stage):
    response = await stage.sign_in(await stage.open_login())

    answer = await stage.token(code=query_of(response)["code"])
    assert response.headers["location"].startswith(CALLBACK + "?code=")
    assert (await stage.profile(answer.json()["access_token"])).json()["success"] is True
    assert stage.app.state.account.recall(stage.browser.cookies["mo_sso"], stage.now_ms).level == 1


async def test_the_account_name_may_come_as_username(stage):
    ticket = await stage.open_login()

    response = await stage.browser.post(
        "/en/login", data={"ticket": ticket, "username": "jose-da-luz", "password": "sandbox"}
    )

    assert "code" in query_of(response)


@pytest.mark.parametrize(
    ("persona", "steps", "level"),
    [("chao-sio-man", 0, 2), ("chao-sio-man", -1, 2), ("chao-sio-man", 1, 2), ("un-mei-lin", 0, 1)],
)
async def test_the_soft_token_raises_to_level_two_and_never_above_the_persona(stage, persona, steps, level):
    ticket = await stage.open_login(acr="2")

    await stage.sign_in(ticket, person=persona, otp=stage.otp(persona, steps=steps))

    assert stage.app.state.account.recall(stage.browser.cookies["mo_sso"], stage.now_ms).level == level


async def test_level_two_asks_for_the_soft_token_and_shows_its_code(stage):
    ticket = await stage.open_login(acr="2")

    refused = await stage.sign_in(ticket)
    shown = re.search(r'id="token-chao-sio-man">(\d{6})<', refused.text)[1]
    accepted = await stage.sign_in(ticket, otp=shown)

    assert 'data-code="otp_needed"' in refused.text
    assert "code" in query_of(accepted)


async def test_a_person_of_level_one_is_let_in_at_level_one_whatever_was_asked(stage):
    response = await stage.sign_in(await stage.open_login(acr="3"), person="un-mei-lin")

    assert "code" in query_of(response)


async def test_level_three_goes_on_to_the_phone_of_the_same_person(stage):
    ticket = await stage.open_login(acr="3")

    response = await stage.sign_in(ticket, otp=stage.otp("chao-sio-man"))

    assert response.headers["location"] == f"/en/qr?ticket={ticket}"


@pytest.mark.parametrize(
    "fields", [{"password": "wrong"}, {"password": ""}, {"person": "nobody"}, {"person": "lei-chi-ian"}]
)
async def test_wrong_names_and_wrong_passwords_sound_alike(stage, fields):
    response = await stage.sign_in(await stage.open_login(), **fields)

    assert response.status_code == 403
    assert 'data-code="wrong_login"' in response.text


async def test_a_wrong_soft_token_code_is_refused(stage):
    wrong = stage.otp("chao-sio-man", steps=5)

    response = await stage.sign_in(await stage.open_login(), otp=wrong)

    assert 'data-code="otp_wrong"' in response.text


async def test_five_wrong_codes_lock_the_account_for_a_while(stage):
    ticket = await stage.open_login()
    for _ in range(5):
        await stage.sign_in(ticket, otp=stage.otp("chao-sio-man", steps=9))

    locked = await stage.sign_in(ticket, otp=stage.otp("chao-sio-man"))
    stage.now_ms += 15 * 60_000
    later = await stage.sign_in(await stage.open_login())

    assert 'data-code="locked"' in locked.text
    assert "code" in query_of(later)


async def test_a_lock_of_one_tester_is_none_for_another(stage):
    first, second = stage.browse("tester-a"), stage.browse("tester-b")
    ticket = await stage.open_login(first)
    for _ in range(5):
        await stage.sign_in(ticket, first, password="wrong")

    locked = await stage.sign_in(ticket, first)
    free = await stage.sign_in(await stage.open_login(second), second)

    assert locked.status_code == 403
    assert "code" in query_of(free)


async def test_the_cancel_button_sends_the_person_back(stage):
    ticket = await stage.open_login()

    response = await stage.browser.post("/en/cancel", data={"ticket": ticket})

    assert query_of(response) == {"error": "access_denied", "error_description": "cancelled", "state": "state-1"}


async def test_a_ticket_opens_nothing_in_another_browser(stage):
    ticket = await stage.open_login()

    seen = await stage.browse().get("/en/login", params={"ticket": ticket})
    sent = await stage.sign_in(ticket, stage.browse())

    assert (seen.status_code, sent.status_code) == (403, 403)
    assert 'data-code="other_browser"' in sent.text


async def test_a_ticket_works_once(stage):
    ticket = await stage.open_login()
    await stage.sign_in(ticket)

    again = await stage.sign_in(ticket)

    assert again.status_code == 410


async def test_a_ticket_grows_old(stage):
    ticket = await stage.open_login()
    stage.now_ms += 5 * 60_000

    late = await stage.sign_in(ticket)

    assert late.status_code == 410


async def test_an_invented_ticket_is_not_found(stage):
    assert (await stage.browser.get("/en/login", params={"ticket": "invented"})).status_code == 404


async def test_typed_text_is_escaped(stage):
    attempt = '"><script>alert(1)</script>'

    page = await stage.sign_in(await stage.open_login(), person=attempt)

    assert "<script" not in page.text
    assert "&lt;script&gt;" in page.text


async def test_the_name_of_the_service_is_escaped(stage):
    page = await stage.browser.get("/en/login", params={"ticket": await stage.open_login()})

    assert "Gateway &lt;b&gt;" in page.text


@pytest.mark.parametrize("content_type", ["application/json", "multipart/form-data; boundary=x", "text/plain"])
async def test_anything_but_a_plain_form_is_refused(stage, content_type):
    ticket = await stage.open_login()

    response = await stage.browser.post("/en/login", content=f"ticket={ticket}", headers={"content-type": content_type})

    assert response.status_code == 400


async def test_a_huge_form_is_refused(stage):
    response = await stage.sign_in(await stage.open_login(), person="x" * 20_000)

    assert response.status_code == 413


async def test_a_doubled_field_is_refused(stage):
    ticket = await stage.open_login()
    form = f"ticket={ticket}&person=lei-ka-meng&person=un-mei-lin&password=sandbox"

    response = await stage.browser.post(
        "/en/login", content=form, headers={"content-type": "application/x-www-form-urlencoded"}
    )

    assert response.status_code == 400


async def test_an_armed_persona_signs_in_without_pages(stage):
    browser = stage.browse("tester-a")
    await browser.post("/__mock__/auto", json={"session": "tester-a", "persona": "jose-da-luz"})

    response = await browser.get("/en/login", params={"ticket": await stage.open_login(browser)})

    assert "code" in query_of(response)


async def test_auto_wins_over_the_remembered_person(stage):
    await stage.code(auto="lei-ka-meng")

    token = await stage.access_token(auto="jose-da-luz")

    held = stage.app.state.account.ledger.holder(token)
    assert held[1].persona == "jose-da-luz"


async def test_an_unknown_auto_persona_just_sees_the_form(stage):
    page = await stage.browser.get("/en/login", params={"ticket": await stage.open_login(), "auto": "nobody"})

    assert page.status_code == 200
