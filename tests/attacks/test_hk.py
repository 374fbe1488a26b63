"""Group HK, scenarios: iAM Smart misbehaves, one sign-in ends with a clear page, and nobody else is disturbed."""

import asyncio

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from mock_idps.hong_kong.catalogue import SCENARIOS
from mock_idps.personas import PERSONAS, find
from tests.attacks.failing_provider import (
    BROKEN,
    CANCELLED,
    LAPSED,
    MISCONFIGURED,
    NEVER_MS,
    REFUSED,
    UNREACHABLE,
    Case,
    a_victim,
    approved,
    assert_case,
    assert_lost_way,
    assert_signs_in,
    assert_undisturbed,
    shorten_deadline,
)
from tests.attacks.watch import WatchedWorld, audit_trail, leaves_nothing
from tests.world import AT, asking

PERSON = "chan-siu-ming"
SHARED = pytest.mark.asyncio(loop_scope="module")
GET_KEY = "/api/v1/security/getKey"
GET_TOKEN = "/api/v1/auth/getToken"

DENIALS = [
    Case("user_cancel", CANCELLED, "D40000"),
    Case("user_reject", REFUSED, "D40001"),
    Case("deny_state_only", REFUSED, "state_only"),
    Case("deny_sandbox_code", REFUSED, "D20001"),
    Case("auth_timeout", LAPSED, "D40003"),
    Case("callback_error", MISCONFIGURED, "D20008", args={"code": "D20008"}),
]
CALLS = [
    Case("bad_method", MISCONFIGURED, "D20005"),
    Case("bad_signature", MISCONFIGURED, "D20006"),
    Case("replayed_nonce", BROKEN, "D20004"),
    Case("old_timestamp", BROKEN, "D20004"),
    Case("error_code", UNREACHABLE, "D20000", endpoint="getToken"),
    Case("error_code", BROKEN, "D20003", endpoint="profiles", args={"code": "D20003"}),
    Case("code_expired", LAPSED, "D40004"),
    Case("code_reused", LAPSED, "D40004"),
    Case("token_expired", LAPSED, "D20009"),
    Case("openid_mismatch", BROKEN, "D20010"),
    Case("maintenance", UNREACHABLE, "http_503", endpoint="getToken"),
    Case("maintenance", UNREACHABLE, "http_503", endpoint="profiles"),
    Case("outage", UNREACHABLE, "http_500", endpoint="getToken"),
    Case("throttled", UNREACHABLE, "http_429", endpoint="getToken"),
    Case("truncated", BROKEN, "json", endpoint="getToken"),
    Case("truncated", BROKEN, "json", endpoint="profiles"),
]
FRAMES = [
    Case("frame_broken", BROKEN, "frame", endpoint=endpoint, args={"kind": kind})
    for kind in ("iv_length", "short", "tag_cut", "flip", "extra")
    for endpoint in ("getToken", "profiles")
]
CONTENT_KEYS = [
    Case("cek_expired", BROKEN, "D30002", endpoint="getToken"),
    Case("decrypt_fail", BROKEN, "D30004", endpoint="getToken"),
    Case("wrong_key", BROKEN, "frame", endpoint="getToken"),
    Case("wrong_key", BROKEN, "frame", endpoint="profiles"),
]
WEIRD = [
    Case("token_weird", BROKEN, "field:openID", args={"openID": 12345678901234567890}),
    Case("token_weird", BROKEN, "field:userType", args={"userType": "root"}),
    Case("token_weird", BROKEN, "missing:accessToken", args={"accessToken": None}),
    Case("token_weird", BROKEN, "token_time", args={"issueAt": 1_000_000_000_001}),
    Case("profile_weird", BROKEN, "open_id", args={"openID": "A" * 44}),
]
OFFERS = [
    (Case("kek_missing", MISCONFIGURED, "D30001"), {}),
    (Case("kek_rotated_old_cek", MISCONFIGURED, "kek_unknown"), {}),
    (Case("key_weird", BROKEN, "key_time"), {"issueAt": 9_000_000_000_000}),
    (Case("key_weird", BROKEN, "key_time"), {"expiresIn": 1_600_000_000_000}),
    (Case("key_weird", BROKEN, "key_wrap"), {"cek_bytes": 16}),
    (Case("key_weird", BROKEN, "key_wrap"), {"cek_bytes": 31}),
    (Case("key_weird", BROKEN, "key_wrap"), {"cek_bytes": 33}),
]
SURVIVED = {"expires_absolute", "data_changed", "no_chinese_name", "chinese_name_unverified"}
LOST = {"state_dropped", "state_wrong"}
STORIES = {"qr_expired", "callback_lost", "callback_twice", "slow"}


def test_every_scenario_of_the_mock_is_played_here() -> None:
    cases = (*DENIALS, *CALLS, *FRAMES, *CONTENT_KEYS, *WEIRD, *(case for case, _ in OFFERS))

    played = {case.scenario for case in cases} | SURVIVED | LOST | STORIES

    # Those about organisations are played in tests/providers, against the same mocks.
    assert played == {name for name in SCENARIOS if not name.startswith("org_")}


@SHARED
@pytest.mark.parametrize("case", DENIALS, ids=str)
async def test_a_callback_without_a_code_says_why(shared_world: WatchedWorld, case: Case) -> None:
    await assert_case(shared_world, "hong_kong", PERSON, case)


@SHARED
@pytest.mark.parametrize("case", [*CALLS, *WEIRD], ids=str)
async def test_a_call_that_fails_ends_one_sign_in_and_no_other(shared_world: WatchedWorld, case: Case) -> None:
    await assert_case(shared_world, "hong_kong", PERSON, case)


@SHARED
@pytest.mark.attack("HK-03")
@pytest.mark.parametrize("case", FRAMES, ids=str)
async def test_hk_03_a_damaged_frame_is_one_refusal(shared_world: WatchedWorld, case: Case) -> None:
    await assert_case(shared_world, "hong_kong", PERSON, case)


@SHARED
@pytest.mark.attack("HK-09")
@pytest.mark.parametrize("case", CONTENT_KEYS, ids=str)
async def test_hk_09_a_content_key_that_stays_wrong_is_asked_for_once_more(
    shared_world: WatchedWorld, case: Case
) -> None:
    shared_world.clock.advance(minutes=1)
    await assert_undisturbed(shared_world, "hong_kong")
    asked_for = shared_world.net.count(GET_KEY)

    await assert_case(shared_world, "hong_kong", PERSON, case)

    assert shared_world.net.count(GET_KEY) - asked_for == 1


@SHARED
@pytest.mark.attack("HK-09")
@pytest.mark.parametrize(
    ("scenario", "endpoint"),
    [
        ("cek_expired", "getToken"),
        ("cek_expired", "profiles"),
        ("decrypt_fail", "getToken"),
        ("wrong_key", "profiles"),
    ],
)
async def test_hk_09_a_content_key_that_was_wrong_once_is_survived(
    shared_world: WatchedWorld, scenario: str, endpoint: str
) -> None:
    claims, _ = await assert_signs_in(
        shared_world, "hong_kong", "lau-chi-wai", scenario, times=1, match={"endpoint": endpoint}
    )

    assert claims["acr"] == "urn:gba:loa:3"


@SHARED
@pytest.mark.attack("HK-09")
@pytest.mark.parametrize("scenario", ["cek_expired", "decrypt_fail", "wrong_key"])
async def test_hk_09_twenty_sign_ins_in_flight_make_no_storm_of_key_requests(
    shared_world: WatchedWorld, scenario: str
) -> None:
    world = shared_world
    victims = [a_victim(world, scope="openid") for _ in range(20)]
    world.clock.advance(minutes=1)
    ready = [await approved(victim) for victim in victims]
    for victim in victims:
        await world.arm("hong_kong", scenario, session=victim.session, times=1, match={"endpoint": "getToken"})
    keys, calls = world.net.count(GET_KEY), world.net.count(GET_TOKEN)

    pages = await asyncio.gather(
        *(victim.browser.press(page, "continue") for victim, page in zip(victims, ready, strict=True))
    )

    ended = {page.texts.get("problem-code", "consent" if "agree" in page.buttons else "") for page in pages}
    assert ended == ({BROKEN} if scenario == "wrong_key" else {"consent"})
    assert world.net.count(GET_KEY) - keys <= (20 if scenario == "cek_expired" else 1)
    assert world.net.count(GET_TOKEN) - calls <= 2 * 20
    await assert_undisturbed(world, "hong_kong")


@pytest.mark.attack("HK-04")
@pytest.mark.parametrize(("case", "args"), OFFERS, ids=lambda value: str(value)[:40])
async def test_hk_04_a_content_key_that_cannot_be_ours_is_not_used(world: WatchedWorld, case: Case, args) -> None:
    if case.scenario == "kek_rotated_old_cek":
        args = {"kek_public_pem": _foreign_kek()}
    await world.arm("hong_kong", case.scenario, args=args)
    browser, asked = world.browser(), asking()

    async with leaves_nothing(world, refused=1, but={"transactions": 1}):
        page = await browser.prove(await browser.to_provider(asked, "hong_kong"), PERSON)

    assert page.texts["problem-code"] == case.code
    failed = [event for event in await audit_trail(world) if event["action"] == "sign_in.failed"]
    assert failed[-1]["details"]["detail"] == case.detail
    await assert_undisturbed(world, "macao")
    async with world.net.browser() as http:
        await http.request("DELETE", f"{AT.hong_kong}/__mock__/scenario", json={})
    await assert_undisturbed(world, "hong_kong")


def _foreign_kek() -> str:
    key = rsa.generate_private_key(65537, 2048).public_key()
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode("ascii")


@SHARED
@pytest.mark.attack("HK-02")
@pytest.mark.parametrize("scenario", ["replayed_nonce", "old_timestamp"])
async def test_hk_02_a_call_that_counts_as_a_repetition_is_made_once_more_and_then_final(
    shared_world: WatchedWorld, scenario: str
) -> None:
    calls = shared_world.net.count(GET_TOKEN)

    await assert_case(shared_world, "hong_kong", PERSON, Case(scenario, BROKEN, "D20004", endpoint="getToken"))

    neighbour = 1
    assert shared_world.net.count(GET_TOKEN) - calls == 2 + neighbour


@SHARED
@pytest.mark.parametrize("scenario", sorted(LOST))
async def test_a_callback_whose_state_is_not_ours_ends_on_a_local_page(
    shared_world: WatchedWorld, scenario: str
) -> None:
    await assert_lost_way(shared_world, "hong_kong", PERSON, scenario)


@SHARED
@pytest.mark.parametrize("scenario", sorted(SURVIVED - {"no_chinese_name", "chinese_name_unverified"}))
async def test_what_is_documented_as_allowed_does_not_stop_a_sign_in(shared_world: WatchedWorld, scenario: str) -> None:
    claims, _ = await assert_signs_in(
        shared_world, "hong_kong", "lau-chi-wai", scenario, match={"endpoint": "getToken"}
    )

    assert claims["gba_doc"]["number9"] == find(PERSONAS, "lau-chi-wai").permit


@SHARED
@pytest.mark.parametrize("scenario", ["no_chinese_name", "chinese_name_unverified"])
async def test_a_han_name_that_nobody_verified_is_not_passed_on(shared_world: WatchedWorld, scenario: str) -> None:
    _, userinfo = await assert_signs_in(shared_world, "hong_kong", "lau-chi-wai", scenario)

    assert userinfo["name"] == "LAU, Chi Wai"
    assert find(PERSONAS, "lau-chi-wai").name_han not in str(userinfo)


@SHARED
async def test_a_code_on_the_screen_that_is_expired_at_once_leads_back(shared_world: WatchedWorld) -> None:
    victim = a_victim(shared_world)
    await shared_world.arm("hong_kong", "qr_expired", session=victim.session)

    async with leaves_nothing(shared_world, refused=1, but={"transactions": 1}):
        screen = await victim.browser.to_provider(victim.asked, "hong_kong")
        home = await victim.browser.press(screen, "cancel")

    assert "refresh" in screen.links
    assert home.texts["problem-code"] == LAPSED
    await assert_undisturbed(shared_world, "hong_kong")


@SHARED
async def test_a_lost_callback_is_mended_by_the_back_button(shared_world: WatchedWorld) -> None:
    victim = a_victim(shared_world, scope="openid")
    await shared_world.arm("hong_kong", "callback_lost", session=victim.session, times=1)
    chooser = await victim.browser.open(victim.asked.url)
    page = await victim.browser.press(chooser, "provider-hong-kong")

    lost = await victim.browser.prove(page, PERSON)
    back = await victim.browser.open(chooser.url)
    again = await victim.browser.press(back, "provider-hong-kong")
    answer = await victim.browser.go_on(await victim.browser.prove(again, PERSON), PERSON)

    assert lost.url.startswith(AT.hong_kong)
    assert answer["state"] == victim.asked.state


async def test_a_provider_that_does_not_answer_is_given_up(world: WatchedWorld) -> None:
    await assert_undisturbed(world, "hong_kong")
    shorten_deadline(world)

    await assert_case(
        world,
        "hong_kong",
        PERSON,
        Case("slow", UNREACHABLE, "timeout", endpoint="getToken", args={"delay_ms": NEVER_MS}),
    )


async def test_a_dead_provider_stops_nobody_at_the_others(world: WatchedWorld) -> None:
    browser, asked = world.browser(), asking(scope="openid")
    page = await browser.to_provider(asked, "hong_kong")
    phone = await browser.follow(page, "open-phone")
    await browser.press(phone, "approve", person=PERSON)
    form, _, _ = page.buttons["continue"]
    sent = await browser.http.get(f"{AT.hong_kong}{form.action}", params=form.fields)
    world.net.unmount(AT.hong_kong)

    problem = await browser.open(sent.headers["location"])
    other = await browser.press(problem, "provider-macao")
    answer = await browser.go_on(await browser.prove(other, "chao-sio-man"), "chao-sio-man")

    assert problem.texts["problem-code"] == UNREACHABLE
    assert answer["code"]
