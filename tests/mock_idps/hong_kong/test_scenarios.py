"""Every scenario has its effect on the wire, for the session that armed it and for no other."""

import asyncio
import base64
import os
from pathlib import Path

import pytest
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_der_public_key

from mock_idps.hong_kong.catalogue import CORP_CALLS, REFUSALS, SCENARIOS
from mock_idps.hong_kong.content_keys import ContentKey
from tests.mock_idps.hong_kong.conftest import NOW_MS, Service

KEY = "/api/v1/security/getKey"
TOKEN = "/api/v1/auth/getToken"
DAY_MS = 24 * 3_600_000


@pytest.fixture
async def token(service, browser) -> dict:
    return (await service.get_token(await browser.code_for()))["content"]


@pytest.fixture
async def other(service, new_http, clock, kek) -> Service:
    """A second worker of the same service, with a key of its own cache."""
    worker = Service(new_http(), clock, kek)
    await worker.get_key()
    return worker


def test_every_scenario_is_played_by_a_test():
    played = "".join(path.read_text(encoding="utf-8") for path in Path(__file__).parent.glob("test_*.py"))

    assert [name for name in SCENARIOS if f'"{name}"' not in played and name not in REFUSALS] == []


@pytest.mark.parametrize("scenario", sorted(name for name, (_, on) in REFUSALS.items() if not on <= CORP_CALLS))
async def test_an_armed_refusal_answers_with_its_code_once(service, browser, token, arm, scenario):
    code, endpoints = REFUSALS[scenario]

    async def call() -> str:
        if "profiles" in endpoints:
            return (await service.profiles(token))["code"]
        if "getToken" in endpoints:
            return (await service.get_token(await browser.code_for()))["code"]
        return (await service.get_key())["code"]

    await arm(scenario, times=1)

    assert [await call(), await call()] == [code, "D00000"]


async def test_a_refusal_of_sealed_calls_waits_while_get_key_is_called(service, token, arm):
    await arm("cek_expired", times=1)

    assert (await service.get_key())["code"] == "D00000"
    assert (await service.profiles(token))["code"] == "D30002"


@pytest.mark.parametrize("scenario", ["code_expired", "code_reused"])
async def test_a_code_refused_for_its_person_is_dead(service, browser, arm, scenario):
    code = await browser.code_for()
    await arm(scenario, times=1, match={"persona": "chan-siu-ming"})

    assert [(await service.get_token(code))["code"] for _ in range(2)] == ["D40004", "D40004"]


@pytest.mark.attack("HK-09")
async def test_hk_09_after_cek_expired_get_key_gives_a_new_key_and_the_old_one_still_serves_others(
    service, other, token, arm
):
    old = service.cek
    await arm("cek_expired", session="one", times=1)
    service.session = "one"

    assert (await service.profiles(token))["code"] == "D30002"
    await service.get_key()

    assert service.cek != old
    assert (await service.profiles(token))["code"] == "D00000"
    assert (await other.profiles(token))["code"] == "D00000"


@pytest.mark.attack("HK-09")
async def test_hk_09_an_answer_under_another_key_cannot_be_opened(service, browser, arm):
    await arm("wrong_key", times=1)

    with pytest.raises(InvalidTag):
        await service.get_token(await browser.code_for())


@pytest.mark.attack("HK-03")
@pytest.mark.parametrize("kind", ["iv_length", "short", "tag_cut", "flip", "extra"])
async def test_hk_03_an_answer_can_be_damaged_in_each_way(service, browser, token, arm, kind):
    await arm("frame_broken", times=1, args={"kind": kind})
    body = service.seal({"accessToken": token["accessToken"], "openID": token["openID"], "profileFields": ["gender"]})
    answer = (await service.post("/api/v1/profiles", body)).json()

    with pytest.raises((InvalidTag, AssertionError, ValueError)):
        service.open(answer["content"])


async def test_kek_rotated_old_cek_wraps_the_same_key_under_the_key_that_is_named(service, arm):
    before = service.cek
    old = rsa.generate_private_key(65_537, 2048)
    pem = old.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    await arm("kek_rotated_old_cek", times=1, args={"kek_public_pem": pem})

    content = (await service.post(KEY)).json()["content"]

    assert load_der_public_key(base64.b64decode(content["pubKey"])) == old.public_key()
    assert old.decrypt(base64.b64decode(content["secretKey"]), padding.PKCS1v15()) == before


@pytest.mark.attack("HK-04")
async def test_hk_04_without_a_named_key_the_content_key_comes_under_an_unknown_one(service, arm, kek):
    await arm("kek_rotated_old_cek", times=1)

    content = (await service.post(KEY)).json()["content"]

    assert load_der_public_key(base64.b64decode(content["pubKey"])) != kek.public_key()


async def test_a_malformed_key_encryption_key_is_the_testers_mistake(service, arm):
    await arm("kek_rotated_old_cek", times=1, args={"kek_public_pem": "no key"})

    assert (await service.post(KEY)).json()["code"] == "D20000"


@pytest.mark.attack("HK-04")
@pytest.mark.parametrize("length", [16, 31, 33])
async def test_hk_04_a_content_key_of_another_length_can_be_asked_for(service, arm, length):
    await arm("key_weird", times=1, args={"cek_bytes": length, "issueAt": NOW_MS - DAY_MS, "pubKey": None})

    content = (await service.get_key())["content"]

    assert len(service.cek) == length
    assert content["issueAt"] == NOW_MS - DAY_MS
    assert "pubKey" not in content


async def test_expires_absolute_gives_a_moment_instead_of_a_lifetime(service, browser, arm):
    await arm("expires_absolute", times=1, match={"endpoint": "getKey"})
    await arm("expires_absolute", times=1, match={"endpoint": "getToken"})

    key = (await service.get_key())["content"]
    token = (await service.get_token(await browser.code_for()))["content"]

    assert key["expiresIn"] == NOW_MS + DAY_MS
    assert token["expiresIn"] == NOW_MS + 14_400_000


async def test_data_changed_moves_the_date_of_the_last_change(service, browser, arm):
    await arm("data_changed", times=1)

    assert (await service.get_token(await browser.code_for()))["content"]["lastModifiedDate"] == NOW_MS


async def test_token_weird_replaces_and_removes_fields(service, browser, arm):
    await arm("token_weird", times=1, args={"userType": "emperor", "openID": None})

    content = (await service.get_token(await browser.code_for()))["content"]

    assert content["userType"] == "emperor"
    assert "openID" not in content


async def test_profile_weird_replaces_and_removes_fields(service, token, arm):
    await arm("profile_weird", times=1, args={"birthDate": "00000000", "enName": None})

    content = (await service.profiles(token, ["birthDate", "enName"]))["content"]

    assert content == {"birthDate": "00000000"}


@pytest.mark.parametrize(
    ("scenario", "left"),
    [("no_chinese_name", {"gender"}), ("chinese_name_unverified", {"gender", "chName"})],
)
async def test_the_chinese_name_can_be_absent_or_unverified(service, token, arm, scenario, left):
    await arm(scenario, times=1)

    assert set((await service.profiles(token, ["chName", "chNameVerified", "gender"]))["content"]) == left


@pytest.mark.parametrize(("scenario", "status"), [("maintenance", 503), ("outage", 500), ("throttled", 429)])
async def test_a_call_breaks_down_when_asked(service, arm, scenario, status):
    await arm(scenario, times=1)

    broken, whole = await service.post(KEY), await service.post(KEY)

    assert (broken.status_code, whole.status_code) == (status, 200)
    assert ("text/html" in broken.headers["content-type"]) == (scenario == "maintenance")
    assert ("retry-after" in broken.headers) == (scenario == "throttled")


async def test_an_outage_for_a_person_spends_no_code(service, browser, arm):
    code = await browser.code_for()
    await arm("outage", times=1, match={"persona": "chan-siu-ming"})

    broken = await service.post(TOKEN, service.seal({"code": code, "grantType": "authorization_code"}))

    assert broken.status_code == 500
    assert (await service.get_token(code))["code"] == "D00000"


async def test_a_truncated_answer_is_half_a_body(service, arm):
    await arm("truncated", times=1)

    answer = await service.post(KEY)

    assert answer.status_code == 200
    with pytest.raises(ValueError):
        answer.json()


@pytest.mark.parametrize(("delay", "seconds"), [(250, 0.25), (10**9, 60), (-5, 0), ("soon", 1), (None, 1)])
async def test_a_slow_answer_waits_within_bounds(service, arm, monkeypatch, delay, seconds):
    waited = []

    async def sleep(duration):
        waited.append(duration)

    monkeypatch.setattr("mock_idps.hong_kong.faults.anyio.sleep", sleep)
    await arm("slow", times=1, args={} if delay is None else {"delay_ms": delay})

    assert (await service.get_key())["code"] == "D00000"
    assert waited == [seconds]


async def test_two_sessions_at_once_keep_their_scenarios_through_code_and_token(service, new_browser, arm):
    one, two = (new_browser(**{"X-Mock-Session": name}) for name in ("one", "two"))
    await arm("token_expired", session="one")
    await arm("token_weird", session="two", args={"userType": "two"})

    codes = await asyncio.gather(one.code_for("wong-ka-yan"), two.code_for("wong-ka-yan"))
    tokens = [(await service.get_token(code))["content"] for code in codes]
    profiles = [(await service.profiles(token))["code"] for token in tokens]

    assert [token["userType"] for token in tokens] == ["default", "two"]
    assert profiles == ["D20009", "D00000"]


async def test_a_session_of_the_login_decides_over_the_header_of_the_call(service, new_browser, arm):
    code = await new_browser(**{"X-Mock-Session": "one"}).code_for()
    await arm("data_changed", session="two")
    service.session = "two"

    assert (await service.get_token(code))["content"]["lastModifiedDate"] != NOW_MS


async def test_a_code_lives_by_the_clock_of_its_session(service, new_browser, control):
    codes = [await new_browser(**{"X-Mock-Session": name}).code_for() for name in ("one", "two")]
    await control.post("/__mock__/clock", json={"session": "one", "skew_ms": 60_000})

    assert [(await service.get_token(code))["code"] for code in codes] == ["D40004", "D00000"]


async def test_two_calls_for_one_code_at_once_give_one_token(service, browser):
    code = await browser.code_for()

    answers = await asyncio.gather(*[service.get_token(code) for _ in range(5)])

    assert sorted(answer["code"] for answer in answers) == ["D00000", *["D40004"] * 4]


def test_a_random_key_is_never_printed():
    key = os.urandom(32)

    assert repr(key)[2:-1] not in repr(ContentKey(key, NOW_MS))
