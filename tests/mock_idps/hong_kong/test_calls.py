"""getKey, revokeKey, getToken and profiles, with what each refuses."""

import json
import re

import httpx
import pytest

from mock_idps.hong_kong import HongKongConfig, create_app
from mock_idps.personas import PERSONAS, find
from tests.mock_idps.hong_kong.conftest import BASE, NOW_MS, OTHER, Service

DAY_MS = 24 * 3_600_000
TOKEN = "/api/v1/auth/getToken"
PROFILES = "/api/v1/profiles"


@pytest.fixture
async def token(service, browser) -> dict:
    return (await service.get_token(await browser.code_for()))["content"]


async def test_get_key_gives_a_wrapped_key_of_a_day(service):
    content = (await service.get_key())["content"]

    assert set(content) == {"secretKey", "pubKey", "issueAt", "expiresIn"}
    assert (content["issueAt"], content["expiresIn"]) == (NOW_MS, DAY_MS)
    assert len(service.cek) == 32


async def test_the_content_key_stays_the_same_for_a_day_and_is_new_then(service, clock):
    first = service.cek
    clock.now += DAY_MS - 1
    await service.get_key()
    same = service.cek
    clock.now += 1
    await service.get_key()

    assert same == first
    assert service.cek != first


async def test_get_key_takes_no_body(service):
    assert (await service.post("/api/v1/security/getKey", b'{"a":1}')).json()["code"] == "D20003"


async def test_a_client_without_key_encryption_key_gets_none(settings, clock, kek):
    bare = {name: value for name, value in settings["clients"][0].items() if name != "kek_public_pem"}
    app = create_app(HongKongConfig.from_json({"base_url": BASE, "clients": [bare]}), now_ms=clock)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=BASE) as http:
        assert (await Service(http, clock, kek).get_key())["code"] == "D30001"


async def test_a_revoked_key_is_expired_at_once_and_get_key_gives_another(service, browser):
    first, code = service.cek, await browser.code_for()
    await service.revoke_key()

    refused = await service.get_token(code)
    await service.get_key()

    assert refused["code"] == "D30002"
    assert service.cek != first
    assert (await service.get_token(code))["code"] == "D00000"


async def test_an_outlived_key_is_expired(service, browser, clock):
    clock.now += DAY_MS

    assert (await service.get_token(await browser.code_for()))["code"] == "D30002"


async def test_a_sealed_call_before_any_get_key_has_no_key(service):
    service.client_id, service.secret = OTHER, "another-secret"

    assert (await service.get_token("c"))["code"] == "D30002"


async def test_a_body_under_a_foreign_key_cannot_be_decrypted(service):
    service.cek = bytes(32)

    assert (await service.get_token("c"))["code"] == "D30004"


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "D20003"),
        (b"not json", "D20003"),
        (b"[]", "D20003"),
        (b"\xff", "D20003"),
        (b"[" * 100_000, "D20003"),
        (b"{}", "D20001"),
        (b'{"content":""}', "D20002"),
        (b'{"content":5}', "D20003"),
        (b'{"content":"AAAA"}', "D30004"),
    ],
)
async def test_a_spoiled_envelope_is_refused_by_its_code(service, body, code):
    assert (await service.post(TOKEN, body)).json()["code"] == code


@pytest.mark.parametrize("fields", [[], "text", 5, None])
async def test_a_sealed_body_must_be_an_object(service, fields):
    assert (await service.sealed(TOKEN, fields))["code"] == "D20003"


async def test_a_code_buys_a_token(service, browser):
    content = (await service.get_token(await browser.code_for()))["content"]

    assert re.fullmatch(r"[0-9a-f]{32}", content.pop("accessToken"))
    assert re.fullmatch(r"(%2B|%2F|%3D|[A-Za-z0-9])+%3D", content.pop("openID"))
    assert content == {
        "tokenType": "Bearer",
        "issueAt": NOW_MS,
        "expiresIn": 14_400_000,
        "userType": "default",
        "lastModifiedDate": 1_700_000_000_000,
        "scope": "eidapi_auth eidapi_profiles",
    }


async def test_a_plus_account_says_so(service, browser):
    content = (await service.get_token(await browser.code_for("cheung-mei-fong")))["content"]

    assert content["userType"] == "sign"


async def test_the_open_id_is_the_same_each_time_and_another_for_each_person_and_service(service, browser):
    async def open_id(person, **changes):
        return (await service.get_token(await browser.code_for(person, **changes)))["content"]["openID"]

    first, again, other = [await open_id(who) for who in ("chan-siu-ming", "chan-siu-ming", "wong-ka-yan")]
    service.client_id, service.secret = OTHER, "another-secret"
    await service.get_key()
    elsewhere = await open_id("chan-siu-ming", clientID=OTHER)

    assert first == again
    assert len({first, other, elsewhere}) == 3


async def test_a_code_is_spent_once(service, browser):
    code = await browser.code_for()
    await service.get_token(code)

    assert (await service.get_token(code))["code"] == "D40004"


@pytest.mark.parametrize(("age", "answer"), [(59_999, "D00000"), (60_000, "D40004")])
async def test_a_code_lives_for_60_seconds(service, browser, clock, age, answer):
    code = await browser.code_for()
    clock.now += age

    assert (await service.get_token(code))["code"] == answer


async def test_a_code_of_another_service_is_refused_and_not_spent(service, browser):
    code = await browser.code_for()
    own = (service.client_id, service.secret, service.cek)
    service.client_id, service.secret = OTHER, "another-secret"
    await service.get_key()
    foreign = await service.get_token(code)
    service.client_id, service.secret, service.cek = own

    assert foreign["code"] == "D40004"
    assert (await service.get_token(code))["code"] == "D00000"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"code": None}, "D20001"),
        ({"code": ""}, "D20002"),
        ({"code": 5}, "D20003"),
        ({"code": ["c"]}, "D20003"),
        ({"grantType": None}, "D20001"),
        ({"grantType": "refresh_token"}, "D20003"),
        ({"isDirectLoginV2": "true"}, "D20003"),
    ],
)
async def test_a_spoiled_token_request_is_refused_by_its_code(service, browser, changes, code):
    answer = await service.get_token(**{"code": await browser.code_for(), **changes})

    assert answer["code"] == code


async def test_profiles_gives_the_fields_asked_for(service, token):
    wanted = ["idNo", "enName", "chName", "chNameVerified", "birthDate", "gender"]

    assert (await service.profiles(token, wanted))["content"] == {
        "idNo": {"Identification": "A123456", "CheckDigit": "3"},
        "enName": {"UnstructuredName": "CHAN, Siu Ming"},
        "chName": {"ChineseName": "陳小明"},
        "chNameVerified": "陳小明",
        "birthDate": "19040506",
        "gender": "M",
    }


async def test_a_field_not_asked_for_is_not_given(service, token):
    assert (await service.profiles(token, ["gender"]))["content"] == {"gender": "M"}


async def test_a_field_that_the_person_does_not_have_is_absent(service, browser):
    token = (await service.get_token(await browser.code_for("arjun-singh")))["content"]

    content = (await service.profiles(token, ["enName", "chName", "chNameVerified"]))["content"]

    assert content == {"enName": {"UnstructuredName": "SINGH, Arjun"}}


async def test_a_character_of_the_supplementary_plane_arrives_whole(service, browser):
    token = (await service.get_token(await browser.code_for("ho-lip-sang")))["content"]

    content = (await service.profiles(token, ["chName"]))["content"]

    assert content["chName"]["ChineseName"] == find(PERSONAS, "ho-lip-sang").name_han


async def test_a_token_can_be_used_again_until_it_lapses_after_four_hours(service, token, clock):
    clock.now += 14_400_000 - 1
    before = (await service.profiles(token))["code"]
    clock.now += 1

    assert (before, (await service.profiles(token))["code"]) == ("D00000", "D20009")


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"accessToken": None}, "D20001"),
        ({"accessToken": ""}, "D20002"),
        ({"accessToken": "0" * 32}, "D20009"),
        ({"openID": None}, "D20001"),
        ({"openID": "another"}, "D20010"),
        ({"profileFields": None}, "D20001"),
        ({"profileFields": []}, "D20002"),
        ({"profileFields": "idNo"}, "D20003"),
        ({"profileFields": ["idNo", "mobileNumber"]}, "D20003"),
        ({"profileFields": [["idNo"]]}, "D20003"),
        ({"eMEFields": ["emailAddress"]}, "D20012"),
        ({"eMEFields": []}, "D00000"),
    ],
)
async def test_a_spoiled_profile_request_is_refused_by_its_code(service, token, changes, code):
    assert (await service.profiles(token, **changes))["code"] == code


async def test_profiles_need_the_scope_to_which_the_person_agreed(service, browser):
    token = (await service.get_token(await browser.code_for(scope="eidapi_auth")))["content"]

    assert (await service.profiles(token))["code"] == "D20012"


async def test_a_token_of_another_service_is_refused(service, token):
    service.client_id, service.secret = OTHER, "another-secret"
    await service.get_key()

    assert (await service.profiles(token))["code"] == "D20009"


async def test_the_log_shows_calls_without_secrets_and_without_numbers(service, token, control):
    await service.profiles(token)

    text = (await control.get("/__mock__/log")).text

    assert '"endpoint":"profiles"' in text
    assert token["accessToken"] not in text
    assert "A123456" not in text
    assert service.secret not in text


async def test_rotation_ends_every_content_key(service, control, browser):
    await control.post("/__mock__/keys/rotate")

    assert (await service.get_token(await browser.code_for()))["code"] == "D30002"


async def test_two_mocks_share_nothing(settings, clock, browser, kek):
    code = await browser.code_for()
    second = create_app(HongKongConfig.from_json(settings), now_ms=clock)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(second), base_url=BASE) as http:
        service = Service(http, clock, kek)
        await service.get_key()

        assert (await service.get_token(code))["code"] == "D40004"
        assert json.loads((await http.get("/__mock__/log")).text)["entries"][0]["endpoint"] == "getKey"
