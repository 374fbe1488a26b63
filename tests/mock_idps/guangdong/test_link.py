import json

import pytest

from mock_idps.guangdong.envelope import EnvelopeError
from mock_idps.guangdong.sm import Sm2Signer
from mock_idps.guangdong.store import LINK_MS
from mock_idps.guangdong.tif import NonceMemory, TifHeaders, check
from tests.mock_idps.guangdong.stage import PAAS_TOKEN, Stage, a_client, a_config, a_query

NUMBER = "810000190302030020"


async def redeem(stage, token, number=1):
    return stage.opened(await stage.ebus("redeem", {"token": token}, number), number)


async def matched(stage, **changed):
    return (await stage.ask(a_query(**changed)))["data"]["matched"]


async def test_a_match_with_a_residence_number_shows_a_mask_and_a_token(stage: Stage):
    answer = await stage.ask(a_query())

    assert (answer["errcode"], answer["errmsg"]) == ("0", "ok")
    data = answer["data"]
    assert set(data) == {"matched", "residence_no_masked", "token"}
    assert data["matched"] == "true"
    assert data["residence_no_masked"] == "8****************0"
    assert len(data["token"]) == 32


async def test_a_match_without_a_residence_number_says_minus_one(stage: Stage):
    answer = await stage.ask(a_query(cardno="H00000018", name="陳小明", birth="1904-05-06"))

    assert answer["data"] == {"matched": "true", "residence_no_masked": "-1", "token": "-1"}


@pytest.mark.parametrize(
    "changed",
    [
        {"cardno": "H0000003401"},
        {"cardno": "h00000034"},
        {"birth": "19030203"},
        {"name": "黃 嘉 欣"},
        {"name": "WONG, Ka Yan"},
        {"name": "wong  ka yan"},
        {"name": " Wong,Ka　Yan "},
    ],
)
async def test_the_same_person_in_other_spellings_matches(stage: Stage, changed):
    assert await matched(stage, **changed) == "true"


@pytest.mark.parametrize(
    "changed",
    [
        {"cardno": "H00000018"},
        {"cardno": "M00000034"},
        {"cardno": "H99999999"},
        {"birth": "1903-02-04"},
        {"name": "黃嘉"},
        {"name": "黃嘉欣欣"},
        {"name": "Ka Yan, WONG"},
    ],
)
async def test_whatever_differs_does_not_match(stage: Stage, changed):
    answer = await stage.ask(a_query(**changed))

    assert answer["data"] == {"matched": "false", "residence_no_masked": "-1", "token": "-1"}


@pytest.mark.parametrize(
    ("cardno", "name", "birth", "data"),
    [
        ("M00000018", "Lei, Ka Meng", "1905-05-05", {"matched": "true", "residence_no_masked": "8****************5"}),
        ("M00000045", "DA LUZ, JOSÉ", "1903-07-14", {"matched": "true", "residence_no_masked": "-1"}),
        ("HA0000018", "Smith, Jane Anne", "1905-03-04", {"matched": "true", "residence_no_masked": "-1"}),
        ("H00000117", "何𨋢生", "1903-11-12", {"matched": "true", "residence_no_masked": "-1"}),
        ("H00000125", "郭大文", "1900-06-15", {"matched": "true", "status": "expired"}),
        ("H00000133", "吳佩珊", "1906-02-20", {"matched": "false", "residence_no_masked": "-1", "token": "-1"}),
        ("H00000141", "譚詠恩", "1908-08-18", {"matched": "several", "residence_no_masked": "-1", "token": "-1"}),
    ],
)
async def test_the_register_knows_everybody_with_a_permit(stage: Stage, cardno, name, birth, data):
    answer = await stage.ask(a_query(cardno=cardno, name=name, birth=birth))

    assert data.items() <= answer["data"].items()
    assert all(isinstance(value, str) for value in answer["data"].values())


async def test_a_wrong_birth_date_hides_that_there_are_several(stage: Stage):
    assert await matched(stage, cardno="H00000141", name="譚詠恩", birth="1908-08-19") == "false"


@pytest.mark.parametrize(
    ("changed", "errcode"),
    [
        ({"cardtype": "10"}, "43011"),
        ({"cardtype": "516"}, "43011"),
        ({"cardtype": None}, "46012"),
        ({"cardno": "X00000034"}, "46012"),
        ({"cardno": "H0000003"}, "46012"),
        ({"cardno": "H00000034\n"}, "46012"),
        ({"cardno": 34}, "46012"),
        ({"name": " , "}, "46012"),
        ({"name": "黃" * 129}, "46012"),
        ({"birth": "3 February 1903"}, "46012"),
        ({"birth": "１９０３０２０３"}, "46012"),
        ({"more": "x"}, "46012"),
    ],
)
async def test_a_malformed_question_is_refused_in_a_sealed_answer(stage: Stage, changed, errcode):
    answer = await stage.ask(a_query(**changed))

    assert answer["errcode"] == errcode
    assert answer["data"] == "-1"


async def test_the_number_leaves_once_against_its_token(stage: Stage):
    token = (await stage.ask(a_query()))["data"]["token"]

    assert (await redeem(stage, token))["data"] == {"residence_no": NUMBER}
    assert (await redeem(stage, token))["errcode"] == "40029"


async def test_a_link_token_belongs_to_the_application_that_asked(stage: Stage):
    token = (await stage.ask(a_query()))["data"]["token"]

    assert (await redeem(stage, token, number=2))["errcode"] == "40029"
    assert (await redeem(stage, token))["data"] == {"residence_no": NUMBER}


async def test_a_link_token_lives_ten_minutes(stage: Stage):
    token = (await stage.ask(a_query()))["data"]["token"]
    stage.now_ms += LINK_MS

    assert (await redeem(stage, token))["errcode"] == "40029"


@pytest.mark.parametrize(
    ("payload", "errcode"),
    [({"token": "0" * 32}, "40029"), ({"token": "-1"}, "40029"), ({"token": 1}, "46012"), ({}, "46012")],
)
async def test_a_wrong_redemption_is_refused(stage: Stage, payload, errcode):
    assert stage.opened(await stage.ebus("redeem", payload))["errcode"] == errcode


async def test_answers_are_sealed_and_carry_gateway_headers(stage: Stage):
    response = await stage.ebus("permit", a_query())

    assert NUMBER not in response.text
    assert set(response.json()) == {"data"}
    check(TifHeaders.read(response.headers), PAAS_TOKEN, NonceMemory(), stage.now_ms // 1000)


@pytest.mark.attack("GD-06")
@pytest.mark.parametrize(
    ("headers", "errcode"),
    [
        ({"token": "another"}, "46001"),
        ({"x-tif-signature": ""}, "46001"),
        ({"x-tif-paasid": "stranger"}, "46001"),
        ({"timestamp": "1759999699"}, "46002"),
        ({"timestamp": "1760000301"}, "46002"),
    ],
)
async def test_gd_06_wrong_gateway_headers_are_refused(stage: Stage, headers, errcode):
    response = await stage.ebus("permit", a_query(), **headers)

    assert response.status_code == 200
    assert response.json()["errcode"] == errcode


@pytest.mark.attack("GD-06")
async def test_gd_06_a_replayed_call_is_46003(stage: Stage):
    await stage.ebus("permit", a_query(), nonce="once")

    assert (await stage.ebus("permit", a_query(), nonce="once")).json()["errcode"] == "46003"


async def test_a_body_sealed_for_another_application_is_46011(stage: Stage):
    body = json.dumps(stage.sealed(a_query(), number=2)).encode()

    assert (await stage.ebus("permit", None, body=body)).json()["errcode"] == "46011"


async def test_a_body_under_another_sm4_key_is_46010():
    stage = Stage(a_config(clients=[a_client(sm4_key_hex="0" * 32)]))

    assert (await stage.ebus("permit", a_query())).json()["errcode"] == "46010"


async def test_a_body_signed_by_another_key_is_46011():
    stage = Stage(a_config(clients=[a_client(sm2_public_hex=Sm2Signer.generate().public_hex)]))

    assert (await stage.ebus("permit", a_query())).json()["errcode"] == "46011"


@pytest.mark.parametrize("body", [b"", b"{}", b"{" * 70_000])
async def test_a_body_that_is_no_envelope_is_46011(stage: Stage, body):
    assert (await stage.ebus("permit", None, body=body)).json()["errcode"] == "46011"


async def test_an_old_envelope_under_fresh_headers_is_46002(stage: Stage):
    body = json.dumps(stage.sealed(a_query(), now_s=stage.now_ms // 1000 - 301)).encode()

    assert (await stage.ebus("permit", None, body=body)).json()["errcode"] == "46002"


@pytest.mark.parametrize(
    ("scenario", "errcode"),
    [
        ("tif_bad", "46001"),
        ("tif_skew", "46002"),
        ("tif_replay", "46003"),
        ("sm4_wrong_key", "46010"),
        ("sm2_wrong_key", "46011"),
        ("rate_limit", "45009"),
        ("busy", "-1"),
    ],
)
async def test_scenarios_that_refuse_the_call(stage: Stage, scenario, errcode):
    stage.arm(scenario, times=1)

    assert (await stage.ebus("permit", a_query())).json()["errcode"] == errcode
    assert await matched(stage) == "true"


@pytest.mark.parametrize(("scenario", "errcode"), [("sm4_wrong_key", "46010"), ("sm2_wrong_key", "46011")])
async def test_scenarios_that_spoil_the_answer(stage: Stage, scenario, errcode):
    stage.arm(scenario, args={"side": "answer"})

    with pytest.raises(EnvelopeError) as caught:
        await stage.ask(a_query())

    assert caught.value.errcode == errcode


@pytest.mark.parametrize(("scenario", "expected"), [("register_several", "several"), ("register_none", "false")])
async def test_scenarios_of_the_register(stage: Stage, scenario, expected):
    stage.arm(scenario, match={"persona": "wong-ka-yan"})

    assert await matched(stage) == expected
    assert await matched(stage, cardno="H00000018", name="陳小明", birth="1904-05-06") == "true"


async def test_scenario_register_down_is_503(stage: Stage):
    stage.arm("register_down", times=1)

    assert (await stage.ebus("permit", a_query())).status_code == 503
    assert await matched(stage) == "true"


async def test_scenario_register_slow_waits_before_it_answers(stage: Stage):
    stage.arm("register_slow", args={"delay_ms": 1500})

    assert await matched(stage) == "true"
    assert stage.naps == [1.5]


async def test_numbers_and_names_stay_out_of_the_log(stage: Stage):
    token = (await stage.ask(a_query()))["data"]["token"]
    await redeem(stage, token)

    log = (await stage.browser.get("/__mock__/log")).text

    assert "link/redeem" in log
    assert not any(secret in log for secret in (NUMBER, "H00000034", "嘉欣", token))
