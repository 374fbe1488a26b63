"""CorpID beside iAM Smart: its page, its code, its token that is shown once, and what it tells."""

import pytest

from mock_idps.hong_kong.catalogue import CORP_CALLS, CORP_GET_TOKEN, REFUSALS
from tests.mock_idps.hong_kong.conftest import CLIENT, REDIRECT, callback_of, data_code, ticket_of

SCOPE = "corpidapi_auth corpidapi_profiles"


@pytest.fixture
async def codes(browser, arm) -> dict:
    await arm("org_chosen")
    return await browser.both_codes()


@pytest.fixture
async def token(service, codes) -> dict:
    return (await service.get_token(codes["code"]))["content"]


@pytest.fixture
def told(corp, codes, token):
    async def told() -> dict:
        corp_token = (await corp.corp_token(codes["cCode"], token))["content"]
        return (await corp.corp_profiles(corp_token))["content"]

    return told


async def corp_page(browser, page: str, **changes):
    query = {
        "clientID": CLIENT,
        "responseType": "code",
        "source": "PC_Browser",
        "redirectURI": REDIRECT,
        "scope": "eidapi_auth eidapi_profiles",
        "lang": "en-US",
        "state": "state-1",
        "cScope": SCOPE,
        **changes,
    }
    params = {name: value for name, value in query.items() if value is not None}
    return await browser.http.get(f"/api/v1/auth/{page}/getQR", params=params)


async def test_a_representative_is_told_with_company_powers_and_end(corp, codes, token):
    corp_token = await corp.corp_token(codes["cCode"], token)

    answer = await corp.corp_profiles(corp_token["content"])

    content = answer["content"]
    assert (corp_token["code"], corp_token["content"]["userType"], answer["msg"]) == ("M00000", "iam", "SUCCESS")
    assert (content["brn"], content["corpStatusEN"]) == ("00000018", "Live")
    assert content["representation"] == {
        "role": "authorised_rep",
        "powers": ["login", "formfill"],
        "validUntil": 2_082_729_600_000,
    }


async def test_the_person_goes_on_alone_where_no_company_is_chosen(browser):
    assert set(await browser.both_codes()) == {"code", "state"}


async def test_no_company_can_be_chosen_where_none_was_asked_for(browser, arm):
    await arm("org_chosen")

    assert set(callback_of(await browser.get_qr(auto="chan-siu-ming"))) == {"code", "state"}


async def test_a_wish_for_a_company_without_a_mandate_is_a_sign_in_for_oneself(browser, arm):
    await arm("org_chosen", args={"organisation": "closed-teahouse"})

    assert "cCode" not in await browser.both_codes()


@pytest.mark.parametrize(
    ("page", "changes", "name"), [("corpId", {}, "cCode"), ("mockCorpId", {"corpMock": "true"}, "corpMockCode")]
)
async def test_platform_and_sandbox_have_a_page_and_a_code_each(browser, arm, page, changes, name):
    await arm("org_chosen")

    assert name in callback_of(await corp_page(browser, page, auto="chan-siu-ming", **changes))


@pytest.mark.parametrize(
    ("page", "changes", "code"),
    [
        ("corpId", {"cScope": None}, "D20001"),
        ("corpId", {"cScope": "corpidapi_profiles"}, "D20015"),
        ("corpId", {"cScope": "corpidapi_auth corpidapi_sign"}, "D20015"),
        ("corpId", {"cScope": [SCOPE, SCOPE]}, "D20003"),
        ("corpId", {"corpMock": "true"}, "D20003"),
        ("mockCorpId", {}, "D20003"),
    ],
)
async def test_a_request_for_a_company_that_is_not_right_is_refused(browser, page, changes, code):
    response = await corp_page(browser, page, **changes)

    assert (response.status_code, data_code(response)) == (400, code)


async def test_the_phone_offers_companies_and_the_person_chooses_one(browser, service, corp):
    ticket = ticket_of(await browser.get_qr(cScope=SCOPE))
    phone = await browser.http.get("/qr", params={"c": ticket})
    assert 'id="person-cheung-mei-fong-for-harbour-books"' in phone.text
    form = {"c": ticket, "person": "cheung-mei-fong", "organisation": "harbour-books", "action": "approve"}
    await browser.http.post("/qr", data=form)
    codes = callback_of(await browser.go_on(ticket))

    token = (await service.get_token(codes["code"]))["content"]
    corp_token = (await corp.corp_token(codes["cCode"], token))["content"]

    assert (await corp.corp_profiles(corp_token))["content"]["representation"]["role"] == "responsible_person"


@pytest.mark.parametrize("scope", [SCOPE, None])
@pytest.mark.parametrize("organisation", ["closed-teahouse", "nowhere"])
async def test_nobody_signs_in_for_a_company_without_a_mandate(browser, scope, organisation):
    ticket = ticket_of(await browser.get_qr(cScope=scope))
    form = {"c": ticket, "person": "cheung-mei-fong", "organisation": organisation, "action": "approve"}

    response = await browser.http.post("/qr", data=form)

    assert response.status_code == 400
    assert 'id="problem"' in response.text


async def test_the_phone_offers_no_company_where_none_was_asked_for(browser):
    ticket = ticket_of(await browser.get_qr())

    assert "harbour-books" not in (await browser.http.get("/qr", params={"c": ticket})).text


async def test_a_second_code_is_spent_once(corp, codes, token):
    await corp.corp_token(codes["cCode"], token)

    assert (await corp.corp_token(codes["cCode"], token))["code"] == "M40004"


async def test_a_second_code_lives_for_a_minute(corp, codes, token, clock):
    clock.now += 60_000

    assert (await corp.corp_token(codes["cCode"], token))["code"] == "M40004"


async def test_a_second_code_is_for_the_very_person_of_the_first_one(browser, service, corp, codes, arm):
    foreign = await service.get_token(await browser.code_for("lau-chi-wai"))

    assert (await corp.corp_token(codes["cCode"], foreign["content"]))["code"] == "M40004"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"ticketID": None}, "M20001"),
        ({"ticketID": ""}, "M20002"),
        ({"ticketID": "0" * 32}, "M40004"),
        ({"grantType": "password"}, "M20003"),
        ({"iAMSmart_AccessToken": "0" * 32}, "M40004"),
        ({"iAMSmart_TokenizedID": "somebody-else"}, "M40004"),
        ({"iAMSmart_TokenizedID": None}, "M20001"),
    ],
)
async def test_a_request_for_a_token_of_corpid_that_is_not_right_is_refused(corp, codes, token, changes, code):
    assert (await corp.corp_token(codes["cCode"], token, **changes))["code"] == code


async def test_a_token_of_corpid_is_shown_once(corp, codes, token):
    corp_token = (await corp.corp_token(codes["cCode"], token))["content"]
    await corp.corp_profiles(corp_token)

    assert (await corp.corp_profiles(corp_token))["code"] == "M20009"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"openID": "somebody-else"}, "M20010"),
        ({"corpProfileFields": []}, "M20002"),
        ({"corpProfileFields": ["turnover"]}, "M20003"),
        ({"accessToken": "0" * 32}, "M20009"),
    ],
)
async def test_a_request_for_a_company_profile_that_is_not_right_is_refused(corp, codes, token, changes, code):
    corp_token = (await corp.corp_token(codes["cCode"], token))["content"]

    assert (await corp.corp_profiles(corp_token, **changes))["code"] == code


async def test_a_token_of_iam_smart_opens_nothing_at_corpid(corp, token):
    assert (await corp.corp_profiles(token))["code"] == "M20009"


async def test_a_code_of_corpid_is_no_code_of_iam_smart(service, codes):
    assert (await service.get_token(codes["cCode"]))["code"] == "D40004"


async def test_the_two_servers_have_content_keys_of_their_own(service, corp):
    assert service.cek != corp.cek


@pytest.mark.parametrize("scenario", sorted(name for name, (_, on) in REFUSALS.items() if on <= CORP_CALLS))
async def test_an_armed_refusal_of_corpid_answers_with_its_code(corp, codes, token, arm, scenario):
    code, endpoints = REFUSALS[scenario]
    await arm(scenario, times=1)

    answer = await corp.corp_token(codes["cCode"], token)
    if CORP_GET_TOKEN not in endpoints:
        answer = await corp.corp_profiles(answer["content"])

    assert answer["code"] == f"M{code[1:]}"


async def test_corpid_may_answer_with_the_letter_of_iam_smart(corp, codes, token, arm):
    await arm("org_mixed_prefix")

    assert (await corp.corp_token(codes["cCode"], token))["code"] == "D00000"


@pytest.mark.parametrize(
    ("scenario", "names"),
    [
        ("org_code_missing", {"code", "state"}),
        ("org_code_doubled", {"code", "state", "cCode", "corpMockCode"}),
        ("org_code_odd", {"code", "state", "cCode"}),
    ],
)
async def test_a_scenario_spoils_the_second_code(browser, arm, scenario, names):
    await arm("org_chosen")
    await arm(scenario)

    assert set(await browser.both_codes()) == names


async def test_a_second_code_can_come_unasked(browser, arm):
    await arm("org_code_unasked")

    assert "cCode" in callback_of(await browser.get_qr(auto="chan-siu-ming"))


@pytest.mark.parametrize(
    ("scenario", "changed"),
    [
        ("org_struck_off", {"corpStatusEN": "Dissolved"}),
        ("org_wrong_number", {"brn": "0000018"}),
        ("org_no_login", {"powers": ["formfill"]}),
        ("org_mandate_expired", {"validUntil": 1_600_000_000_000}),
    ],
)
async def test_a_scenario_spoils_the_company_profile(told, arm, scenario, changed):
    await arm(scenario)

    content = await told()

    assert changed.items() <= {**content, **content["representation"]}.items()


async def test_a_certificate_file_is_told_by_the_kind_of_user(corp, codes, token, arm):
    await arm("org_certificate")

    assert (await corp.corp_token(codes["cCode"], token))["content"]["userType"] == "p12"


async def test_a_field_of_the_company_profile_can_be_overridden(told, arm):
    await arm("org_weird", args={"brn": None, "corpID": 7})

    content = await told()

    assert ("brn" in content, content["corpID"]) == (False, 7)
