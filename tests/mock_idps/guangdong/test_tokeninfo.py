import base64
import json

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding

from mock_idps.guangdong.envelope import canonical, wrapper_bytes
from mock_idps.guangdong.sm import Sm2Verifier
from mock_idps.guangdong.store import TOKEN_MS
from tests.mock_idps.guangdong.stage import OAUTH, Stage, a_client, a_config


async def published(stage):
    return (await stage.new_browser().get("/__mock__/keys")).json()


def has_valid_sign(wrapper, public_hex):
    message = wrapper_bytes(wrapper["biz_content"], wrapper["time_stamp"], wrapper["version"])
    return Sm2Verifier(public_hex).verify(message, base64.b64decode(wrapper["sign"]))


def check_signdata(answer, public_pem):
    key = serialization.load_pem_public_key(public_pem.encode())
    message = canonical(answer["userobj"]).encode()
    key.verify(base64.b64decode(answer["signdata"]), message, padding.PKCS1v15(), hashes.SHA256())


async def test_v2_wraps_and_signs_the_user_data(stage: Stage):
    wrapper = await stage.user()

    assert set(wrapper) == {"biz_content", "time_stamp", "version", "sign"}
    assert set(wrapper["biz_content"]) == {"signdata", "userobj", "pareobj", "user_creditable_level"}
    assert wrapper["time_stamp"] == "20251009165320"
    assert has_valid_sign(wrapper, (await published(stage))["sm2_public_hex"])


@pytest.mark.attack("GD-04")
async def test_gd_04_a_changed_character_breaks_the_sign(stage: Stage):
    wrapper = await stage.user()
    wrapper["biz_content"]["userobj"]["cn"] += " "

    assert not has_valid_sign(wrapper, (await published(stage))["sm2_public_hex"])


async def test_v1_is_bare_and_signs_the_userobj_with_rsa():
    stage = Stage(a_config(mode="v1"))

    answer = await stage.user()

    assert set(answer) == {"signdata", "userobj", "pareobj", "user_creditable_level"}
    check_signdata(answer, (await published(stage))["rsa_public_pem"])


async def test_a_configured_sm2_key_is_used():
    stage = Stage(a_config(sm2_private_hex=f"{7:064x}"))
    again = Stage(a_config(sm2_private_hex=f"{7:064x}"))

    assert stage.province.keys.sm2.public_hex == again.province.keys.sm2.public_hex
    assert has_valid_sign(await stage.user(), again.province.keys.sm2.public_hex)


async def test_asking_twice_gives_the_person_twice_and_does_not_prolong_the_token(stage: Stage):
    token = await stage.token()
    stage.now_ms += TOKEN_MS - 1
    assert "biz_content" in (await stage.tokeninfo(token)).json()

    stage.now_ms += 1
    assert (await stage.tokeninfo(token)).json()["errcode"] == "42001"


async def test_a_missing_token_is_41001(stage: Stage):
    assert (await stage.tokeninfo("")).json()["errcode"] == "41001"
    assert (await stage.browser.get(f"{OAUTH}/tokeninfo")).json()["errcode"] == "41001"


async def test_a_token_given_twice_is_no_token(stage: Stage):
    token = await stage.token()

    response = await stage.browser.get(f"{OAUTH}/tokeninfo?access_token={token}&access_token={token}")

    assert response.json()["errcode"] == "41001"


async def test_an_unknown_token_is_42001(stage: Stage):
    assert (await stage.tokeninfo("0@node1")).json()["errcode"] == "42001"


async def test_a_code_is_no_token(stage: Stage):
    assert (await stage.tokeninfo(await stage.code())).json()["errcode"] == "42001"


@pytest.mark.parametrize(
    ("person", "errcode"), [("liu-yang", "43010"), ("wang-yan", "43010"), ("leung-kin-hong", None)]
)
async def test_an_application_can_demand_a_least_level(person, errcode):
    stage = Stage(a_config(clients=[a_client(min_level="L2")]))

    assert (await stage.user(person)).get("errcode") == errcode


@pytest.mark.parametrize(
    ("scenario", "errcode"),
    [
        ("token_expired", "42001"),
        ("level_low", "43010"),
        ("permit_unsupported", "43011"),
        ("rate_limit", "45009"),
        ("busy", "-1"),
    ],
)
async def test_scenarios_that_refuse_the_user_data(stage: Stage, scenario, errcode):
    token = await stage.token()
    stage.arm(scenario, times=1, match={"endpoint": "tokeninfo"})

    assert (await stage.tokeninfo(token)).json()["errcode"] == errcode
    assert "biz_content" in (await stage.tokeninfo(token)).json()


@pytest.mark.attack("GD-08")
async def test_gd_08_scenario_node_switch_is_busy_once_for_each_token(stage: Stage):
    stage.arm("node_switch")
    first, second = await stage.token(), await stage.token()

    assert (await stage.tokeninfo(first)).json()["errcode"] == "-1"
    assert "biz_content" in (await stage.tokeninfo(first)).json()
    assert (await stage.tokeninfo(second)).json()["errcode"] == "-1"


@pytest.mark.attack("GD-05")
async def test_gd_05_scenario_sign_missing_leaves_the_sign_out(stage: Stage):
    stage.arm("sign_missing")

    assert "sign" not in await stage.user()


@pytest.mark.attack("GD-05")
async def test_gd_05_scenario_sign_bad_does_not_verify(stage: Stage):
    stage.arm("sign_bad")

    assert not has_valid_sign(await stage.user(), stage.province.keys.sm2.public_hex)


@pytest.mark.attack("GD-01")
async def test_gd_01_scenario_sign_bad_can_carry_any_text(stage: Stage):
    stage.arm("sign_bad", args={"sign": "MAA="})

    assert (await stage.user())["sign"] == "MAA="


@pytest.mark.attack("GD-05")
async def test_gd_05_scenario_sign_old_key_verifies_with_the_key_before_rotation(stage: Stage):
    before = stage.province.keys.sm2.public_hex
    assert (await stage.browser.post("/__mock__/keys/rotate")).status_code == 200
    stage.arm("sign_old_key")

    wrapper = await stage.user()

    assert has_valid_sign(wrapper, before)
    assert not has_valid_sign(wrapper, stage.province.keys.sm2.public_hex)


async def test_scenario_sign_old_key_without_a_rotation_uses_a_key_nobody_knows(stage: Stage):
    stage.arm("sign_old_key")

    assert not has_valid_sign(await stage.user(), stage.province.keys.sm2.public_hex)


@pytest.mark.attack("GD-05")
async def test_gd_05_scenario_mode_v1_answers_bare_although_v2_is_configured(stage: Stage):
    stage.arm("mode_v1")

    answer = await stage.user()

    assert "sign" not in answer
    check_signdata(answer, (await published(stage))["rsa_public_pem"])


async def test_the_sign_scenarios_reach_v1_as_well():
    stage = Stage(a_config(mode="v1"))
    stage.arm("sign_missing", times=1)
    stage.arm("sign_old_key", times=2)

    assert "signdata" not in await stage.user()

    with pytest.raises(InvalidSignature):
        check_signdata(await stage.user(), (await published(stage))["rsa_public_pem"])


async def test_scenario_stale_stamp_is_rightly_signed_a_day_old(stage: Stage):
    stage.arm("stale_stamp")

    wrapper = await stage.user()

    assert wrapper["time_stamp"] == "20251008165320"
    assert has_valid_sign(wrapper, stage.province.keys.sm2.public_hex)


@pytest.mark.attack("GD-04")
async def test_gd_04_scenario_duplicate_member_shows_two_contents(stage: Stage):
    token = await stage.token()
    stage.arm("duplicate_member")

    text = (await stage.tokeninfo(token)).text

    pairs = json.loads(text, object_pairs_hook=list)
    contents = [dict(value)["userobj"] for name, value in pairs if name == "biz_content"]
    assert [dict(user)["cn"] for user in contents] == ["李小华", "冒名者"]


@pytest.mark.attack("GD-04")
async def test_gd_04_scenario_unsigned_member_stands_beside_a_valid_wrapper(stage: Stage):
    stage.arm("unsigned_member")

    wrapper = await stage.user()

    assert wrapper["userobj"]["cn"] == "冒名者"
    assert has_valid_sign(wrapper, stage.province.keys.sm2.public_hex)


@pytest.mark.attack("GD-04")
async def test_gd_04_scenario_gbk_body_is_not_utf_8(stage: Stage):
    token = await stage.token()
    stage.arm("gbk_body")

    body = (await stage.tokeninfo(token)).content

    assert json.loads(body.decode("gbk"))["biz_content"]["userobj"]["cn"] == "李小华"
    with pytest.raises(UnicodeDecodeError):
        body.decode()


@pytest.mark.attack("GD-08")
async def test_gd_08_scenario_gbk_name_loses_a_character(stage: Stage):
    stage.arm("gbk_name")

    assert (await stage.user("wang-yan"))["biz_content"]["userobj"]["cn"] == "王?"


async def test_scenario_level_string_conflict_claims_more_than_the_ways_show(stage: Stage):
    stage.arm("level_string_conflict")

    user = (await stage.user())["biz_content"]["userobj"]

    assert user["creditable_level_of_account"] == "L3"
    assert "L3@" not in user["creditable_level_of_account_way"]
