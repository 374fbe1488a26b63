import base64

import pytest
from cryptography.hazmat.primitives.serialization import load_der_public_key
from jose import jws

from mock_idps.macao.claims import uid_for
from tests.mock_idps.macao.stage import claims, hidden


async def module_token(stage, token, **form):
    return await stage.service.post("/oauth/module-token", data=form, headers={"Authorization": f"Bearer {token}"})


async def face(stage, token, txn="txn-0000001"):
    headers = {"Authorization": f"Bearer {token}"}
    return (await stage.service.post("/api/identity/face", data={"txn": txn}, headers=headers)).json()


async def test_the_profile_verifies_with_the_published_key(stage):
    answer = await stage.profile(await stage.access_token())

    body = answer.json()
    key = (await stage.service.get("/keys")).json()[jws.get_unverified_header(body["data"])["kid"]]
    public = load_der_public_key(base64.b64decode(key["spki"]))
    assert set(body) == {"success", "code", "message", "data", "tag"}
    assert (body["success"], body["code"]) == (True, 0)
    assert jws.verify(body["data"], public, algorithms=["ES256"])
    assert key["alg"] == "EC-P256"
    assert key["notAfter"] > stage.now_ms // 1000
    assert claims(answer)["acr"] == "3"


async def test_the_profile_names_the_same_person_as_the_token_answer(stage):
    tokens = (await stage.token(code=await stage.code())).json()

    told = claims(await stage.profile(tokens["access_token"]))

    assert told["uid"] == tokens["user_profile"]["uid"]


@pytest.mark.parametrize(
    ("header", "code", "tag"),
    [
        ("", 4010, "NOT_AUTHENTICATED"),
        ("Basic YTpi", 4010, "NOT_AUTHENTICATED"),
        ("Bearer ", 4010, "NOT_AUTHENTICATED"),
        ("Bearer invented", 4011, "ACCESS_DENIED"),
    ],
)
async def test_without_a_good_token_the_envelope_says_no_with_status_200(stage, header, code, tag):
    answer = await stage.service.get("/api/profile", headers={"Authorization": header})

    body = answer.json()
    assert answer.status_code == 200
    assert (body["success"], body["code"], body["tag"], body["data"]) == (False, code, tag, None)


async def test_an_access_token_in_the_address_counts_for_nothing(stage):
    token = await stage.access_token()

    answer = await stage.service.get("/api/profile", params={"access_token": token})

    assert answer.json()["code"] == 4010


@pytest.mark.parametrize(("age_ms", "code"), [(1_799_999, 0), (1_800_000, 4011)])
async def test_an_access_token_lives_thirty_minutes(stage, age_ms, code):
    token = await stage.access_token()
    stage.now_ms += age_ms

    assert (await stage.profile(token)).json()["code"] == code


async def test_a_token_without_the_profile_scope_has_no_access(stage):
    token = await stage.access_token(scope="identity")

    assert (await stage.profile(token)).json()["tag"] == "NO_ACCESS"


async def test_a_doubled_parameter_is_an_invalid_parameter(stage):
    answer = await stage.service.get("/api/profile?a=1&a=2")

    assert answer.json()["tag"] == "INVALID_PARAMETER"


async def test_the_answer_speaks_the_language_of_the_caller(stage):
    answer = await stage.profile(await stage.access_token(), **{"Accept-Language": "pt-MO, en;q=0.5"})

    assert answer.json()["message"] == "Sucesso"
    assert claims(answer)["lang"] == "pt"


@pytest.mark.attack("MO-02")
async def test_mo_02_after_a_rotation_new_profiles_carry_the_new_number_and_the_old_key_stays_listed(stage):
    token = await stage.access_token()
    before = jws.get_unverified_header((await stage.profile(token)).json()["data"])["kid"]

    rotated = (await stage.service.post("/__mock__/keys/rotate")).json()

    after = jws.get_unverified_header((await stage.profile(token)).json()["data"])["kid"]
    listed = (await stage.service.get("/keys")).json()
    assert (before, after, rotated["key"]) == ("2", "3", "3")
    assert {"1", "2", "3"} == set(listed)


async def test_a_module_token_is_narrow_and_short_lived(stage):
    answer = await module_token(stage, await stage.access_token(), module="Health")

    narrow = answer.json()
    assert (narrow["expires_in"], narrow["module"]) == (600, "Health")
    assert (await stage.profile(narrow["access_token"])).json()["tag"] == "NO_ACCESS"
    stage.now_ms += 600_000
    assert (await stage.profile(narrow["access_token"])).json()["tag"] == "ACCESS_DENIED"


async def test_a_module_token_needs_a_known_module_and_a_good_token(stage):
    unknown = await module_token(stage, await stage.access_token(), module="Casino")
    nobody = await module_token(stage, "invented", module="Health")

    assert (unknown.status_code, unknown.json()["error"]) == (400, "invalid_scope")
    assert (nobody.status_code, nobody.json()["error"]) == (401, "invalid_token")
    assert nobody.headers["www-authenticate"].startswith("Bearer ")


async def two_level_token(stage, persona="chao-sio-man"):
    ticket = await stage.open_login(acr="2")
    response = await stage.sign_in(ticket, person=persona, otp=stage.otp(persona))
    code = response.headers["location"].partition("code=")[2].partition("&")[0]
    return (await stage.token(code=code)).json()["access_token"]


async def test_the_face_check_raises_the_level_after_the_phone_approved(stage):
    token = await two_level_token(stage)
    pending = await face(stage, token)
    before = claims(await stage.profile(token))["acr"]
    await stage.service.post("/__mock__/approve", json={"session": "txn-0000001", "persona": "chao-sio-man"})

    matched = await face(stage, token)

    assert pending["data"] == {"match": False}
    assert matched["data"] == {"match": True}
    assert (before, claims(await stage.profile(token))["acr"]) == ("2", "3")


async def test_the_face_check_can_be_answered_on_the_phone_page(stage):
    token = await two_level_token(stage)
    await face(stage, token)
    phone = await stage.browse().get("/phone/face", params={"txn": "txn-0000001"})

    form = {"phone": hidden(phone, "phone"), "person": "chao-sio-man", "decision": "approve"}
    await stage.browse().post("/phone/face", data=form)

    assert (await face(stage, token))["data"] == {"match": True}
    assert (await stage.browse().get("/phone/face", params={"txn": "txn-0000001"})).status_code == 410


async def test_another_face_does_not_match(stage):
    token = await two_level_token(stage)
    await stage.service.post("/__mock__/approve", json={"session": "txn-0000001", "persona": "lei-ka-meng"})

    assert (await face(stage, token))["data"] == {"match": False}
    assert claims(await stage.profile(token))["acr"] == "2"


async def test_a_refused_face_check_is_a_permission_denied(stage):
    token = await two_level_token(stage)
    await stage.service.post(
        "/__mock__/approve", json={"session": "txn-0000001", "persona": "chao-sio-man", "reject": True}
    )

    assert (await face(stage, token))["tag"] == "PERMISSION_DENIED"


async def test_a_face_check_never_raises_above_the_persona(stage):
    token = await two_level_token(stage, "chan-weng-kin")
    await stage.service.post("/__mock__/approve", json={"session": "txn-0000001", "persona": "chan-weng-kin"})

    assert (await face(stage, token))["data"] == {"match": False}
    assert claims(await stage.profile(token))["acr"] == "2"


async def test_a_face_check_of_another_sign_in_is_refused(stage):
    await face(stage, await stage.access_token())

    foreign = await face(stage, await stage.access_token(stage.browse(), auto="jose-da-luz"))
    short = await face(stage, await stage.access_token(), txn="x")

    assert foreign["tag"] == "INVALID_PARAMETER"
    assert short["tag"] == "INVALID_PARAMETER"


async def test_a_face_check_needs_a_good_token(stage):
    assert (await face(stage, "invented"))["tag"] == "ACCESS_DENIED"


async def test_the_face_scenario_says_no_match_and_the_level_stays(stage):
    token = await two_level_token(stage)
    stage.arm("face_no_match")
    await stage.service.post("/__mock__/approve", json={"session": "txn-0000001", "persona": "chao-sio-man"})

    assert (await face(stage, token))["data"] == {"match": False}
    assert claims(await stage.profile(token))["acr"] == "2"


async def test_each_client_sees_another_uid(stage):
    other = await stage.code(stage.browse(), client_id="other", redirect_uri="https://other.test/cb?from=mo")
    seen_by_other = (await stage.token("other", code=other)).json()["user_profile"]["uid"]

    seen_by_gateway = claims(await stage.profile(await stage.access_token()))["uid"]

    assert seen_by_other == uid_for("other", "lei-ka-meng")
    assert seen_by_other != seen_by_gateway


async def test_nobody_signs_without_a_token_of_the_scope_esign(stage):
    headers = {"Authorization": f"Bearer {await stage.access_token()}"}

    without = await stage.service.post("/esign/sessions", data={"docHash": "0" * 64})
    too_narrow = await stage.service.post("/esign/sessions", data={"docHash": "0" * 64}, headers=headers)

    assert [answer.json()["code"] for answer in (without, too_narrow)] == [4010, 4030]
