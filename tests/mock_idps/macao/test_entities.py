import pytest

from tests.mock_idps.macao.stage import claims, query_of

SCOPE = "profile identity entity"


async def told(stage, code, **headers):
    answer = (await stage.token(code=code)).json()
    return answer, claims(await stage.profile(answer["access_token"], **headers))


async def test_a_staff_login_takes_entity_code_user_name_and_password(stage):
    ticket = await stage.open_login(scope=SCOPE)

    code = query_of(await stage.sign_in(ticket, entityCode="SIM000018"))["code"]

    answer, profile = await told(stage, code)
    assert answer["token_client"] == "MacauCorpEntityService"
    assert answer["user_profile"]["entity_code"] == "SIM000018"
    assert (profile["accountType"], profile["role"]) == ("Corp-Entity", "staff")
    assert (profile["services"], profile["until"]) == (["licensing", "tax"], "31/12/2035")
    assert (profile["entity"]["taxpayerNo"], profile["docNo"]) == ("00000018", "1234567(8)")


async def test_the_form_without_an_entity_code_is_a_sign_in_for_oneself(stage):
    ticket = await stage.open_login(scope=SCOPE)

    code = query_of(await stage.sign_in(ticket))["code"]

    answer, profile = await told(stage, code)
    assert (answer["token_client"], profile["accountType"]) == ("MacauGovService", "Personal")
    assert "entity" not in profile


async def test_the_form_offers_staff_logins_only_where_they_were_asked_for(stage):
    personal, staff = await stage.open_login(), await stage.open_login(scope=SCOPE)

    pages = [(await stage.browser.get("/en/login", params={"ticket": ticket})).text for ticket in (personal, staff)]

    assert ["as-chao-sio-man-for-lotus-printing" in page for page in pages] == [False, True]
    assert ['id="entityCode"' in page for page in pages] == [False, True]


@pytest.mark.parametrize("code", ["SIM000026", "NOWHERE", "<b>"])
async def test_an_entity_at_which_the_person_has_no_login_sounds_like_a_wrong_password(stage, code):
    ticket = await stage.open_login(scope=SCOPE)

    response = await stage.sign_in(ticket, entityCode=code)

    assert response.status_code == 403
    assert 'data-code="wrong_login"' in response.text


async def test_an_entity_code_means_nothing_where_no_entity_was_asked_for(stage):
    ticket = await stage.open_login()

    code = query_of(await stage.sign_in(ticket, entityCode="SIM000018"))["code"]

    assert (await told(stage, code))[1]["accountType"] == "Personal"


async def test_a_browser_that_is_signed_in_personally_may_still_choose_an_entity(stage):
    await stage.sign_in(await stage.open_login())

    ticket = await stage.open_login(scope=SCOPE)

    assert ticket


async def test_the_third_level_of_a_staff_login_keeps_its_entity(stage):
    stage.arm("org_chosen")
    code = await stage.code(scope=SCOPE, acr="3")

    _, profile = await told(stage, code)

    assert (profile["acr"], profile["entity"]["code"]) == ("3", "SIM000018")


async def test_a_phone_confirms_the_staff_login_that_began_with_a_password(stage):
    ticket = await stage.open_login(scope=SCOPE, acr="3")
    otp = stage.otp("lei-ka-meng")
    await stage.sign_in(ticket, person="lei-ka-meng", otp=otp, entityCode="SIM000018")
    await stage.browser.post("/__mock__/approve", json={"session": ticket, "persona": "lei-ka-meng"})

    code = query_of(await stage.browser.get("/en/qr", params={"ticket": ticket}))["code"]

    assert (await told(stage, code))[1]["role"] == "representative"


async def test_a_wish_for_an_entity_without_a_login_is_a_sign_in_for_oneself(stage):
    stage.arm("org_chosen", organisation="closed-bakery")

    assert (await told(stage, await stage.code(scope=SCOPE)))[1]["accountType"] == "Personal"
