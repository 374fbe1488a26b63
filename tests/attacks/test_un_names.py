"""Group UN, sent: numbers of another type and broken names, as a provider sends them, through the whole gateway."""

import pytest

from tests.attacks.failing_provider import BROKEN, Case, a_victim, assert_case
from tests.attacks.watch import WatchedWorld

SHARED = pytest.mark.asyncio(loop_scope="module")

HONG_KONG = [
    Case("profile_weird", BROKEN, "field:idNo", args={"idNo": 1234563}),
    Case("profile_weird", BROKEN, "field:idNo", args={"idNo": ["A123456", "3"]}),
    Case("profile_weird", BROKEN, "field:idNo", args={"idNo": {"Identification": 123456, "CheckDigit": "3"}}),
    Case("profile_weird", BROKEN, "field:idNo", args={"idNo": {"Identification": "A１２３４５６", "CheckDigit": "3"}}),
    Case("profile_weird", BROKEN, "field:idNo", args={"idNo": {"Identification": "A123456", "CheckDigit": "4"}}),
    Case("profile_weird", BROKEN, "field:birthDate", args={"birthDate": 19040506}),
    Case("profile_weird", BROKEN, "field:birthDate", args={"birthDate": "19040230"}),
    Case("profile_weird", BROKEN, "field:birthDate", args={"birthDate": "29990101"}),
    Case("profile_weird", BROKEN, "field:gender", args={"gender": True}),
    Case("token_weird", BROKEN, "field:openID", args={"openID": 810000190302030020}),
    Case("token_weird", BROKEN, "field:openID", args={"openID": "-1"}),
    Case("token_weird", BROKEN, "field:openID", args={"openID": {"value": "x"}}),
]
NAMES = [
    Case("profile_weird", BROKEN, "field:enName", args={"enName": {"UnstructuredName": "CHAN\x00, Siu"}}),
    Case("profile_weird", BROKEN, "field:enName", args={"enName": {"UnstructuredName": "A" * 10_240}}),
    Case("profile_weird", BROKEN, "field:enName", args={"enName": {"UnstructuredName": 7}}),
    Case("profile_weird", BROKEN, "field:chName", args={"chName": {"ChineseName": "陳" * 10_240}}),
    Case("profile_weird", BROKEN, "field:chNameVerified", args={"chNameVerified": "陳\x07明"}),
]


@SHARED
@pytest.mark.attack("UN-06")
@pytest.mark.parametrize("case", HONG_KONG, ids=str)
async def test_un_06_a_value_of_another_type_is_never_coerced(shared_world: WatchedWorld, case: Case) -> None:
    await assert_case(shared_world, "hong_kong", "chan-siu-ming", case)


@SHARED
@pytest.mark.attack("UN-05")
@pytest.mark.parametrize("case", NAMES, ids=lambda case: f"{case.detail}")
async def test_un_05_a_name_that_is_no_text_is_refused_without_being_repeated(
    shared_world: WatchedWorld, case: Case
) -> None:
    await assert_case(shared_world, "hong_kong", "chan-siu-ming", case)


@SHARED
@pytest.mark.attack("UN-05")
@pytest.mark.parametrize(
    ("sent", "shown"),
    [
        ("何𨋢生", "何𨋢生"),
        ("陳\ue000明", "陳\ue000明"),
        ("葛\U000e0100城", "葛\U000e0100城"),
        ("Jose\u0301 d\u2019A\u0301vila", "Jos\u00e9 d\u2019\u00c1vila"),
        ("王?", "王?"),
    ],
    ids=["supplementary", "private use", "variation", "decomposed", "question mark"],
)
async def test_un_05_an_unusual_name_is_kept_composed_and_shown_faithfully(
    shared_world: WatchedWorld, sent: str, shown: str
) -> None:
    victim = a_victim(shared_world, scope="openid profile")
    await shared_world.arm(
        "hong_kong", "profile_weird", session=victim.session, args={"chNameVerified": sent, "chName": None}
    )

    answer = await victim.browser.sign_in(victim.asked, "hong_kong", "kwok-tai-man")
    tokens = (await shared_world.token(victim.asked, answer["code"])).json()

    assert (await shared_world.userinfo(tokens["access_token"])).json()["name"] == shown


@SHARED
@pytest.mark.attack("UN-05")
async def test_un_05_two_people_of_one_name_and_birth_date_stay_two_people(shared_world: WatchedWorld) -> None:
    one = await shared_world.signed_in("hong_kong", "chan-siu-ming", scope="openid profile")
    two = await shared_world.signed_in("hong_kong", "chan-siu-ming-namesake", scope="openid profile")

    assert one["sub"] != two["sub"]
