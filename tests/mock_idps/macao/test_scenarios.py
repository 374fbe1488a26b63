import base64

import pytest
from cryptography.hazmat.primitives.serialization import load_der_public_key
from jose import jws
from jose.exceptions import JWSError

from mock_idps.macao.claims import uid_for
from tests.mock_idps.macao.stage import claims, query_of


async def verifies(stage, signed):
    published = (await stage.service.get("/keys")).json()
    key = published.get(jws.get_unverified_header(signed)["kid"])
    if key is None or key["notAfter"] * 1000 <= stage.now_ms:
        return False
    try:
        jws.verify(signed, load_der_public_key(base64.b64decode(key["spki"])), algorithms=["ES256"])
    except JWSError:
        return False
    return True


@pytest.mark.parametrize(("scenario", "word"), [("user_cancel", "cancelled"), ("user_reject", "rejected")])
async def test_a_person_who_does_not_want_to_is_sent_back(stage, scenario, word):
    stage.arm(scenario, times=1)

    response = await stage.browser.get("/en/login", params={"ticket": await stage.open_login()})

    assert query_of(response) == {"error": "access_denied", "error_description": word, "state": "state-1"}


async def test_a_refusal_can_be_armed_for_one_persona(stage):
    stage.app.state.switchboard.arm("user_reject", match={"persona": "jose-da-luz"})

    refused = await stage.sign_in(await stage.open_login(), person="jose-da-luz")
    accepted = await stage.sign_in(await stage.open_login(), person="chao-sio-man")

    assert query_of(refused)["error"] == "access_denied"
    assert "code" in query_of(accepted)


@pytest.mark.parametrize(("scenario", "problem"), [("otp_wrong", "otp_wrong"), ("otp_locked", "locked")])
async def test_the_soft_token_fails_as_armed(stage, scenario, problem):
    stage.arm(scenario, times=1)
    ticket = await stage.open_login()

    refused = await stage.sign_in(ticket, otp=stage.otp("chao-sio-man"))
    accepted = await stage.sign_in(ticket, otp=stage.otp("chao-sio-man"))

    assert f'data-code="{problem}"' in refused.text
    assert "code" in query_of(accepted)


async def test_the_callback_can_lose_its_state(stage):
    stage.arm("state_dropped")

    response = await stage.sign_in(await stage.open_login())

    assert set(query_of(response)) == {"code"}


@pytest.mark.spec("RFC 9207 §2.4")
async def test_the_callback_can_name_another_issuer(stage):
    stage.arm("iss_wrong")

    response = await stage.sign_in(await stage.open_login())

    assert query_of(response)["iss"] == "https://issuer.elsewhere.example"


async def test_a_verifier_fails_as_armed(stage):
    code = await stage.code()
    stage.arm("pkce_wrong")

    assert (await stage.token(code=code)).json()["error"] == "invalid_grant"


async def test_a_refresh_fails_as_armed_and_takes_the_family_along(stage):
    tokens = (await stage.token(code=await stage.code())).json()
    stage.arm("refresh_reused", times=1)

    refused = await stage.token(grant_type="refresh_token", refresh_token=tokens["refresh_token"])

    assert refused.json()["error"] == "invalid_grant"
    assert (await stage.profile(tokens["access_token"])).json()["tag"] == "ACCESS_DENIED"


@pytest.mark.attack("MO-04")
@pytest.mark.parametrize(("scenario", "status"), [("token_redirect", 302), ("token_307", 307)])
async def test_mo_04_the_token_endpoint_can_send_callers_elsewhere(stage, scenario, status):
    code = await stage.code()
    stage.arm(scenario, times=1, location="https://evil.example/take")

    sent = await stage.token(code=code)
    after = await stage.token(code=code)

    assert (sent.status_code, sent.headers["location"]) == (status, "https://evil.example/take")
    assert after.status_code == 200


@pytest.mark.attack("MO-04")
@pytest.mark.parametrize(
    ("change", "expected"),
    [("MAC", "MAC"), (-1, -1), ("1e18", "1e18"), (None, None), ({"repeat": 1_000_000}, "A" * 10**6)],
)
async def test_mo_04_members_of_the_token_answer_can_be_overridden(stage, change, expected):
    stage.arm("token_weird", expires_in=change)

    assert (await stage.token(code=await stage.code())).json()["expires_in"] == expected


async def test_a_member_of_the_token_answer_can_be_absent(stage):
    stage.arm("token_weird", access_token={"absent": True})

    assert "access_token" not in (await stage.token(code=await stage.code())).json()


@pytest.mark.attack("MO-03")
async def test_mo_03_success_can_be_text(stage):
    token = await stage.access_token()
    stage.arm("success_text")

    assert (await stage.profile(token)).json()["success"] == "true"


@pytest.mark.attack("MO-03")
async def test_mo_03_a_failure_can_be_full_of_data(stage):
    token = await stage.access_token()
    stage.arm("false_with_data")

    body = (await stage.profile(token)).json()
    assert (body["success"], body["tag"]) == (False, "UNKNOWN_ERROR")
    assert body["data"].count(".") == 2


@pytest.mark.attack("MO-03")
async def test_mo_03_code_zero_can_carry_the_tag_of_an_error(stage):
    token = await stage.access_token()
    stage.arm("zero_with_tag")

    body = (await stage.profile(token)).json()
    assert (body["code"], body["tag"]) == (0, "SERVICE_ERROR")


@pytest.mark.attack("MO-03")
@pytest.mark.parametrize("endpoint", ["token", "profile", "keys"])
async def test_mo_03_html_can_come_with_status_200(stage, endpoint):
    token = await stage.access_token()
    code = await stage.code()
    stage.app.state.switchboard.arm("html_200", match={"endpoint": endpoint})
    calls = {
        "token": lambda: stage.token(code=code),
        "profile": lambda: stage.profile(token),
        "keys": lambda: stage.service.get("/keys"),
    }

    answers = {name: await call() for name, call in calls.items()}

    assert {name for name, answer in answers.items() if "html" in answer.headers["content-type"]} == {endpoint}
    assert all(answer.status_code == 200 for answer in answers.values())


async def test_a_token_counts_as_lapsed_when_armed(stage):
    token = await stage.access_token()
    stage.arm("token_expired")

    assert (await stage.profile(token)).json()["code"] == 4011


@pytest.mark.parametrize(("asked", "expected"), [(5000, 5000), (5030, 5030), (4031, 4031), (1234, 5999), ("x", 5999)])
async def test_every_row_of_the_error_table_can_be_played(stage, asked, expected):
    token = await stage.access_token()
    stage.arm("api_error", code=asked)

    assert (await stage.profile(token)).json()["code"] == expected


@pytest.mark.attack("MO-01")
@pytest.mark.parametrize("scenario", ["jws_bad", "jws_old_key", "jws_unknown_key", "jws_alg_none", "jws_hs256"])
async def test_mo_01_a_profile_that_a_careful_client_refuses(stage, scenario):
    token = await stage.access_token()
    stage.arm(scenario, times=1)

    spoilt = (await stage.profile(token)).json()["data"]
    good = (await stage.profile(token)).json()["data"]

    assert not await verifies(stage, spoilt)
    assert await verifies(stage, good)


@pytest.mark.attack("MO-01")
@pytest.mark.parametrize(
    ("scenario", "uid"),
    [
        ("other_client_jws", uid_for("not-gateway", "lei-ka-meng")),
        ("other_user_jws", uid_for("gateway", "jose-da-luz")),
        ("extra_uid", uid_for("gateway", "child-of-the-scenario")),
    ],
)
async def test_mo_01_a_well_signed_profile_of_somebody_else(stage, scenario, uid):
    token = await stage.access_token()
    stage.arm(scenario, **({"persona": "jose-da-luz"} if scenario == "other_user_jws" else {}))

    answer = await stage.profile(token)

    assert await verifies(stage, answer.json()["data"])
    assert claims(answer)["uid"] == uid


async def test_portuguese_profiles_leave_the_chinese_name_out(stage):
    token = await stage.access_token()
    stage.arm("lang_pt")

    answer = await stage.profile(token)

    assert answer.json()["message"] == "Sucesso"
    assert next(iter(claims(answer))) == "namePt"
    assert "nameZh" not in claims(answer)


async def test_a_child_account_appears_when_armed(stage):
    token = await stage.access_token(auto="jose-da-luz")
    before = claims(await stage.profile(token))
    stage.arm("child_account")

    after = claims(await stage.profile(token))

    assert "guardianOf" not in before
    assert len(after["guardianOf"]) == 1


async def test_maintenance_is_a_page_in_two_languages_everywhere(stage):
    stage.arm("maintenance")

    for path in ("/keys", "/api/profile", "/oauth/authorize"):
        page = await stage.service.get(path)
        assert page.status_code == 503
        assert "manutenção" in page.text
        assert "維護" in page.text


async def test_an_outage_is_500_without_a_body(stage):
    stage.arm("outage")

    answer = await stage.service.get("/keys")

    assert (answer.status_code, answer.text) == (500, "")


@pytest.mark.parametrize(("args", "seconds"), [({}, 3.0), ({"delay_ms": 250}, 0.25), ({"delay_ms": "x"}, 3.0)])
async def test_slow_answers_come_late(stage, args, seconds):
    stage.arm("slow", **args)

    answer = await stage.service.get("/keys")

    assert answer.status_code == 200
    assert stage.pauses == [seconds]


async def test_throttling_speaks_each_endpoints_language(stage):
    stage.arm("throttled")

    assert (await stage.service.get("/keys")).status_code == 429
    assert (await stage.profile("any")).json()["tag"] == "CLIENT_ERROR"


async def test_a_wrong_clock_makes_codes_wrong(stage):
    ticket = await stage.open_login()
    stage.arm("clock_skew", times=1)

    response = await stage.sign_in(ticket, otp=stage.otp("chao-sio-man"))

    assert 'data-code="otp_wrong"' in response.text
