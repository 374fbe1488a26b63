"""Group GD, signing in: the province's platform misbehaves, scenario by scenario, and everybody sees it right."""

import asyncio
import logging
from urllib.parse import parse_qs

import pytest

from mock_idps.guangdong import SCENARIOS
from mock_idps.personas import PERSONAS, find
from providers.guangdong import wire
from tests.attacks.failing_provider import (
    BROKEN,
    CANCELLED,
    LAPSED,
    NEVER_MS,
    NOT_ELIGIBLE,
    UNREACHABLE,
    Case,
    a_victim,
    assert_case,
    assert_signs_in,
    provider_answer,
    shorten_deadline,
)
from tests.attacks.watch import WatchedWorld, audit_trail, leaves_nothing
from tests.world import AT, asking

PERSON = "li-xiao-hua"
SHARED = pytest.mark.asyncio(loop_scope="module")

SIGNATURES = [
    Case("sign_bad", BROKEN, "sign"),
    Case("sign_old_key", BROKEN, "sign"),
    Case("sign_missing", BROKEN, "sign"),
    Case("sign_bad", BROKEN, "sign", args={"sign": ""}),
    Case("sign_bad", BROKEN, "sign", args={"sign": "A" * 25_000}),
    Case("mode_v1", BROKEN, "wrapper"),
    Case("stale_stamp", BROKEN, "time_stamp"),
    Case("duplicate_member", BROKEN, "json"),
    Case("gbk_body", BROKEN, "json"),
]
REFUSALS = [
    Case("user_cancel", CANCELLED, "cancel"),
    Case("code_expired", LAPSED, "40029"),
    Case("code_reused", LAPSED, "40029"),
    Case("token_expired", LAPSED, "42001"),
    Case("level_low", NOT_ELIGIBLE, "43010"),
    Case("permit_unsupported", NOT_ELIGIBLE, "43011"),
    Case("busy", UNREACHABLE, "-1"),
    Case("rate_limit", UNREACHABLE, "45009"),
]
PORTAL = [
    Case("maintenance", UNREACHABLE, "maintenance", endpoint="access_token"),
    Case("maintenance", UNREACHABLE, "maintenance", endpoint="tokeninfo"),
    Case("outage", UNREACHABLE, "http_502", endpoint="access_token"),
    Case("outage", UNREACHABLE, "http_502", endpoint="tokeninfo"),
]
SURVIVED = {"state_echo", "level_string_conflict", "unsigned_member", "gbk_name", "node_switch"}
STORIES = {"user_closes", "qr_expired", "slow"}
AT_THE_REGISTER = {
    *("tif_bad", "tif_skew", "tif_replay", "sm4_wrong_key", "sm2_wrong_key"),
    *("register_none", "register_several", "register_down", "register_slow"),
}
"""Played in ``test_gd_register.py``."""


def test_every_scenario_of_the_mock_is_played_here() -> None:
    cases = {case.scenario for case in (*SIGNATURES, *REFUSALS, *PORTAL)}

    # Those about organisations are played in tests/providers, against the same mock.
    about_people = {name for name in SCENARIOS if not name.startswith("org_")}
    assert cases | SURVIVED | STORIES | AT_THE_REGISTER == about_people


@SHARED
@pytest.mark.parametrize("case", REFUSALS, ids=str)
async def test_a_refusal_of_the_platform_is_told_in_our_words(shared_world: WatchedWorld, case: Case) -> None:
    await assert_case(shared_world, "guangdong", PERSON, case)


@SHARED
@pytest.mark.attack("GD-05")
@pytest.mark.parametrize("case", SIGNATURES, ids=str)
async def test_gd_05_user_data_without_the_right_signature_are_refused(shared_world: WatchedWorld, case: Case) -> None:
    await assert_case(shared_world, "guangdong", PERSON, case)


@pytest.mark.attack("GD-05")
async def test_gd_05_a_platform_key_that_was_not_announced_is_not_believed(world: WatchedWorld) -> None:
    async with world.net.browser() as http:
        assert (await http.post(f"{AT.guangdong}/__mock__/keys/rotate", json={})).is_success
    victim = a_victim(world)

    async with leaves_nothing(world, refused=1, but={"transactions": 1}):
        page = await provider_answer(victim, "guangdong", PERSON)

    assert page.texts["problem-code"] == BROKEN


@SHARED
@pytest.mark.attack("GD-08")
@pytest.mark.parametrize("case", PORTAL, ids=str)
async def test_gd_08_a_page_of_the_portal_is_never_read_as_data(shared_world: WatchedWorld, case: Case) -> None:
    await assert_case(shared_world, "guangdong", PERSON, case)


@SHARED
@pytest.mark.attack("GD-08")
async def test_gd_08_a_token_that_lives_on_another_node_is_shown_once_more(shared_world: WatchedWorld) -> None:
    asked = shared_world.net.count("/tif/sso/connect/page/oauth2/tokeninfo")

    claims, _ = await assert_signs_in(shared_world, "guangdong", PERSON, "node_switch")

    assert claims["gba_cn_id"]["value"] == find(PERSONAS, PERSON).resident_id
    assert shared_world.net.count("/tif/sso/connect/page/oauth2/tokeninfo") - asked == 2


@SHARED
@pytest.mark.attack("GD-08", "UN-05")
async def test_gd_08_a_name_spoilt_by_a_narrow_character_set_is_shown_as_it_came(shared_world: WatchedWorld) -> None:
    _, userinfo = await assert_signs_in(shared_world, "guangdong", "wang-yan", "gbk_name")

    assert userinfo["name"] == "王?"


@SHARED
async def test_a_level_above_every_verification_is_not_believed(shared_world: WatchedWorld) -> None:
    claims, _ = await assert_signs_in(shared_world, "guangdong", PERSON, "level_string_conflict")

    assert claims["acr"] == "urn:gba:loa:3"


@SHARED
@pytest.mark.attack("GD-04")
@pytest.mark.parametrize("scenario", ["unsigned_member", "state_echo"])
async def test_gd_04_what_stands_beside_the_signed_data_changes_nothing(
    shared_world: WatchedWorld, scenario: str
) -> None:
    claims, userinfo = await assert_signs_in(shared_world, "guangdong", PERSON, scenario)

    person = find(PERSONAS, PERSON)
    assert (claims["gba_cn_id"]["value"], userinfo["name"]) == (person.resident_id, person.name_han)


@SHARED
async def test_a_window_that_was_closed_is_mended_by_going_back(shared_world: WatchedWorld) -> None:
    victim = a_victim(shared_world)
    await shared_world.arm("guangdong", "user_closes", session=victim.session)
    chooser = await victim.browser.open(victim.asked.url)
    there = await victim.browser.press(chooser, "provider-guangdong")

    closed = await victim.browser.prove(there, PERSON)
    back = await victim.browser.open(chooser.url)
    other = await victim.browser.press(back, "provider-macao")
    answer = await victim.browser.go_on(await victim.browser.prove(other, "chao-sio-man"), "chao-sio-man")

    assert closed.url.startswith(AT.guangdong)
    assert answer["state"] == victim.asked.state


@SHARED
async def test_an_expired_code_on_the_screen_can_be_refreshed(shared_world: WatchedWorld) -> None:
    victim = a_victim(shared_world, scope="openid")
    await shared_world.arm("guangdong", "qr_expired", session=victim.session, times=1)
    there = await victim.browser.to_provider(victim.asked, "guangdong")

    lapsed = await victim.browser.follow(there, "qr-way")
    fresh = await victim.browser.follow(lapsed, "refresh-qr")
    phone = await victim.browser.follow(fresh, "open-phone")
    await victim.browser.press(phone, "approve", person=PERSON)
    answer = await victim.browser.go_on(await victim.browser.press(fresh, "continue"), PERSON)

    assert lapsed.url.startswith(AT.guangdong)
    assert answer["code"]


async def test_a_platform_that_does_not_answer_is_given_up(world: WatchedWorld) -> None:
    shorten_deadline(world)

    await assert_case(
        world,
        "guangdong",
        PERSON,
        Case("slow", UNREACHABLE, "timeout", endpoint="access_token", args={"delay_ms": NEVER_MS}),
    )


@SHARED
@pytest.mark.attack("GD-07")
@pytest.mark.parametrize("scenario", [None, "sign_bad", "code_expired", "outage", "maintenance"])
async def test_gd_07_no_secret_code_or_token_of_the_query_is_written_anywhere(
    shared_world: WatchedWorld, caplog: pytest.LogCaptureFixture, scenario: str | None
) -> None:
    world, victim = shared_world, a_victim(shared_world)
    if scenario is not None:
        await world.arm("guangdong", scenario, session=victim.session)
    sent = len(world.net.requests)

    page = await provider_answer(victim, "guangdong", PERSON)

    queries = [parse_qs(request.url.query.decode()) for request in world.net.requests[sent:]]
    secrets = {
        value
        for query in queries
        for name in ("client_secret", "code", "access_token")
        for value in query.get(name, ())
    }
    formatter = logging.Formatter()
    lines = [formatter.format(record) for record in caplog.records if not record.name.startswith("mock_idps")]
    written = [*lines, victim.browser.last.text, *(str(event) for event in await audit_trail(world))]
    assert len(secrets) >= 2
    assert not any(secret in line for secret in secrets for line in written)
    assert not any("client_secret" in line or "access_token=" in line for line in lines)
    assert "tif/sso" not in page.texts.get("problem", "")


@SHARED
@pytest.mark.attack("GD-10")
async def test_gd_10_oversized_signatures_cost_no_verification_and_stop_nobody(
    shared_world: WatchedWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    world, verified = shared_world, []
    victims = [a_victim(world, scope="openid") for _ in range(20)]
    for victim in victims:
        await world.arm("guangdong", "sign_bad", session=victim.session, args={"sign": "M" * 25_000})
    judge = wire._is_signed
    monkeypatch.setattr(wire, "_is_signed", lambda *given: verified.append(len(given[1])) or judge(*given))

    pages, *neighbours = await asyncio.gather(
        asyncio.gather(*(provider_answer(victim, "guangdong", PERSON) for victim in victims)),
        world.signed_in("hong_kong", "cheung-mei-fong", scope="openid"),
        world.signed_in("macao", "jose-da-luz", scope="openid"),
    )

    assert {page.texts["problem-code"] for page in pages} == {BROKEN}
    assert all(claims["sub"] for claims in neighbours)
    assert verified == []


@SHARED
async def test_a_state_of_another_sign_in_is_refused_where_none_was_sent(shared_world: WatchedWorld) -> None:
    browser, asked = shared_world.browser(), asking()
    there = await browser.to_provider(asked, "guangdong")
    redirect_uri = parse_qs(next(str(s.url) for s in browser.visited if "authorize?service" in str(s.url)))
    callback = redirect_uri["redirect_uri"][0]

    async with leaves_nothing(shared_world, refused=1):
        page = await browser.open(f"{callback}?code={'a' * 32}&state=of-another-sign-in")

    assert there.url.startswith(AT.guangdong)
    assert page.texts["problem-code"] == "GBA-1006"
