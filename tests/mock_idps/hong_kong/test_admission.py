"""Who may call: headers, signature, time and nonce, each with its refusal."""

import json

import pytest

from mock_idps.hong_kong.codes import MESSAGES
from tests.mock_idps.hong_kong.conftest import NOW_MS, OTHER

KEY = "/api/v1/security/getKey"


async def code_of(service, body: bytes = b"", **spoiled) -> str:
    answer = await service.post(KEY, body, **spoiled)

    assert answer.status_code == 200
    return answer.json()["code"]


@pytest.mark.parametrize("body", [b"", b"{}"])
async def test_a_signed_call_is_admitted(service, body):
    assert await code_of(service, body) == "D00000"


async def test_every_answer_has_an_envelope_with_a_transaction_of_its_own(service):
    first, second = [(await service.post(KEY)).json() for _ in range(2)]

    assert first["txID"].startswith("<T=")
    assert first["txID"].endswith(">")
    assert len(first["txID"]) == len("<T=>") + 32
    assert first["txID"] != second["txID"]
    assert first["message"] == "SUCCESS"


@pytest.mark.parametrize("header", ["clientID", "signatureMethod", "timestamp", "nonce", "signature"])
async def test_a_missing_an_empty_and_a_doubled_header_have_their_codes(service, header):
    headers = service.headers(b"")
    missing = {name: value for name, value in headers.items() if name != header}
    doubled = [*headers.items(), (header, headers[header])]

    answers = [await service.http.post(KEY, headers=sent) for sent in (missing, {**headers, header: ""}, doubled)]

    assert [answer.json()["code"] for answer in answers] == ["D20001", "D20002", "D20003"]


@pytest.mark.parametrize(
    ("spoiled", "code"),
    [
        ({"clientID": "0" * 32}, "D20018"),
        ({"clientID": "short"}, "D20003"),
        ({"signatureMethod": "HmacSHA1"}, "D20005"),
        ({"signatureMethod": "hmacsha256"}, "D20005"),
        ({"timestamp": "1760000000"}, "D20003"),
        ({"timestamp": "0760000000000"}, "D20003"),
        ({"timestamp": "1760000000000.0"}, "D20003"),
        ({"timestamp": "-760000000000"}, "D20003"),
        ({"nonce": "n" * 37}, "D20003"),
        ({"nonce": "with space"}, "D20003"),
        ({"signature": "AAAA"}, "D20006"),
        ({"clientID": OTHER}, "D20006"),
    ],
)
async def test_a_spoiled_header_is_refused_by_its_code(service, spoiled, code):
    assert await code_of(service, **spoiled) == code


@pytest.mark.attack("HK-01")
async def test_hk_01_only_the_exact_bytes_that_were_signed_pass(service):
    body = service.seal({"code": "c", "grantType": "authorization_code"})
    spaced = json.dumps(json.loads(body), indent=1).encode()

    answer = await service.http.post("/api/v1/auth/getToken", content=spaced, headers=service.headers(body))

    assert answer.json()["code"] == "D20006"


@pytest.mark.attack("HK-01")
async def test_hk_01_a_moved_boundary_between_time_and_nonce_is_refused(service):
    headers = service.headers(b"", nonce="23456")
    moved = {**headers, "timestamp": headers["timestamp"] + "2", "nonce": "3456"}

    answer = await service.http.post(KEY, headers=moved)

    assert answer.json()["code"] == "D20003"


@pytest.mark.attack("HK-01")
async def test_hk_01_a_signature_over_other_fields_is_refused(service):
    signature = service.headers(b"", nonce="one")["signature"]

    assert await code_of(service, nonce="two", signature=signature) == "D20006"


@pytest.mark.attack("HK-02")
@pytest.mark.parametrize("later", [0, 60_000, 299_999])
async def test_hk_02_a_call_sent_again_is_refused(service, clock, later):
    headers = service.headers(b"")
    first = await service.http.post(KEY, headers=headers)
    clock.now += later

    again = await service.http.post(KEY, headers=headers)

    assert (first.json()["code"], again.json()["code"]) == ("D00000", "D20004")


async def test_a_nonce_is_refused_with_another_time_and_signature(service, clock):
    await code_of(service, nonce="same")
    clock.now += 1_000

    assert await code_of(service, nonce="same") == "D20004"


async def test_a_nonce_belongs_to_its_client(service):
    await code_of(service, nonce="same")
    service.client_id, service.secret = OTHER, "another-secret"

    assert await code_of(service, nonce="same") == "D00000"


@pytest.mark.parametrize(
    ("timestamp", "code"),
    [
        (NOW_MS + 300_000, "D00000"),
        (NOW_MS + 300_001, "D20004"),
        (NOW_MS - 300_001, "D20004"),
        (NOW_MS - 1, "D20004"),
        (NOW_MS, "D00000"),
    ],
)
async def test_a_time_is_near_and_not_before_the_last_one(service, timestamp, code):
    assert await code_of(service, timestamp=str(timestamp)) == code


async def test_five_minutes_late_is_near_enough_for_a_first_call(service, clock):
    clock.now += 300_000

    assert await code_of(service, timestamp=str(NOW_MS)) == "D00000"


async def test_an_unsigned_call_burns_no_nonce_and_moves_no_time(service):
    await code_of(service, nonce="mine", timestamp=str(NOW_MS + 200_000), signature="forged")

    assert await code_of(service, nonce="mine") == "D00000"


async def test_a_refused_time_burns_no_nonce(service):
    await code_of(service, nonce="mine", timestamp=str(NOW_MS - 1))

    assert await code_of(service, nonce="mine") == "D00000"


@pytest.mark.attack("HK-11")
async def test_hk_11_a_call_of_a_slower_clock_is_refused_after_one_of_a_faster(service):
    ahead = await code_of(service, timestamp=str(NOW_MS + 2_000))
    behind = await code_of(service, timestamp=str(NOW_MS))

    assert (ahead, behind) == ("D00000", "D20004")


async def test_a_reset_lets_a_tester_turn_the_clock_back(service, control):
    await code_of(service, timestamp=str(NOW_MS + 2_000))
    await control.post("/__mock__/reset", json={})

    assert await code_of(service) == "D00000"


async def test_the_clock_of_a_session_is_turned_alone(service, control):
    await control.post("/__mock__/clock", json={"session": "one", "skew_ms": 600_000})

    assert await code_of(service) == "D00000"
    service.session = "one"
    assert await code_of(service) == "D20004"


async def test_a_body_over_ten_megabytes_is_refused_before_it_is_read_out(service):
    answer = await service.post("/api/v1/auth/getToken", b"x" * (10 * 1024 * 1024 + 1))

    assert answer.status_code == 413


async def test_a_call_is_a_post(service):
    assert (await service.http.get(KEY)).status_code == 405


@pytest.mark.parametrize(
    "path",
    ["account/signing/initiateRequest", "account/auth/profile/initiateRequest", "anonymous/eme/getResult"],
)
async def test_what_is_not_simulated_yet_is_not_found(service, path):
    assert (await service.post(f"/api/v1/{path}")).status_code == 404


@pytest.mark.parametrize("code", sorted(set(MESSAGES) - {"D00000"}))
async def test_every_code_of_the_table_can_be_asked_for(service, arm, code):
    await arm("error_code", times=1, args={"code": code})

    answer = (await service.post(KEY)).json()

    assert answer["code"] == code
    assert answer["message"] == answer["message"].lower()
    assert "content" not in answer
    assert await code_of(service) == "D00000"
