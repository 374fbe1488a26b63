"""Group MO: One Account misbehaves, scenario by scenario, and the person, the service and the neighbours see it right."""

import asyncio

import pytest

from mock_idps.macao import SCENARIOS
from tests.attacks.failing_provider import (
    BROKEN,
    CANCELLED,
    LAPSED,
    MISCONFIGURED,
    NEVER_MS,
    NOT_ELIGIBLE,
    REFUSED,
    UNREACHABLE,
    Case,
    a_victim,
    assert_case,
    assert_lost_way,
    assert_signs_in,
    assert_undisturbed,
    provider_answer,
    shorten_deadline,
)
from tests.attacks.watch import WatchedWorld, leaves_nothing
from tests.world import AT, asking

PERSON = "chao-sio-man"
SHARED = pytest.mark.asyncio(loop_scope="module")

PERSON_SAYS_NO = [
    Case("user_cancel", CANCELLED, "cancelled"),
    Case("user_reject", REFUSED, "rejected"),
]
SIGNATURES = [
    Case("jws_bad", BROKEN, "jws_signature_refused"),
    Case("jws_old_key", BROKEN, "jws_key_ended"),
    Case("jws_unknown_key", BROKEN, "jws_unknown_kid"),
    Case("jws_alg_none", BROKEN, "jws_algorithm_refused"),
    Case("jws_hs256", BROKEN, "jws_algorithm_refused"),
    Case("extra_uid", BROKEN, "jws_malformed"),
    Case("other_client_jws", BROKEN, "uid"),
    Case("other_user_jws", BROKEN, "uid", args={"persona": "lei-ka-meng"}),
]
ENVELOPES = [
    Case("success_text", BROKEN, "envelope"),
    Case("false_with_data", UNREACHABLE, "5999"),
    Case("zero_with_tag", BROKEN, "envelope"),
    Case("html_200", BROKEN, "content_type", endpoint="profile"),
    Case("html_200", BROKEN, "content_type", endpoint="token"),
    Case("token_expired", LAPSED, "4011"),
    Case("api_error", UNREACHABLE, "5999"),
    Case("api_error", NOT_ELIGIBLE, "4030", args={"code": 4030}),
    Case("api_error", REFUSED, "4031", args={"code": 4031}),
    Case("throttled", UNREACHABLE, "4290", endpoint="profile"),
    Case("throttled", UNREACHABLE, "http_429", endpoint="token"),
    Case("maintenance", UNREACHABLE, "http_503", endpoint="token"),
    Case("maintenance", UNREACHABLE, "http_503", endpoint="profile"),
    Case("outage", UNREACHABLE, "http_500", endpoint="profile"),
]
TOKENS = [
    Case("pkce_wrong", LAPSED, "invalid_grant"),
    Case("token_redirect", BROKEN, "redirect"),
    Case("token_307", BROKEN, "redirect"),
    Case("token_weird", BROKEN, "field:token_type", args={"token_type": "mac"}),
    Case("token_weird", BROKEN, "field:expires_in", args={"expires_in": -1}),
    Case("token_weird", BROKEN, "field:expires_in", args={"expires_in": "1e18"}),
    Case("token_weird", BROKEN, "field:expires_in", args={"expires_in": "soon"}),
    Case("token_weird", BROKEN, "oversized", args={"refresh_token": {"repeat": 1_000_000}}),
    Case("token_weird", BROKEN, "missing:access_token", args={"access_token": {"absent": True}}),
]
ON_THE_PAGE = {"otp_wrong", "otp_locked", "qr_expired", "qr_bad_sign", "qr_unknown_key", "qr_key_rotated"}
SURVIVED = {"refresh_reused", "lang_pt", "child_account", "face_no_match", "clock_skew"}
LOST = {"state_dropped"}
MIXED_UP = [Case("iss_wrong", BROKEN, "iss")]
SLOW = {"slow"}


def test_every_scenario_of_the_mock_is_played_here() -> None:
    cases = (*PERSON_SAYS_NO, *SIGNATURES, *ENVELOPES, *TOKENS, *MIXED_UP)

    played = {case.scenario for case in cases} | ON_THE_PAGE | SURVIVED | LOST | SLOW

    # Those about organisations are played in tests/providers, against the same mocks.
    assert played == {name for name in SCENARIOS if not name.startswith("org_")}


@SHARED
@pytest.mark.parametrize("case", [*PERSON_SAYS_NO, *MIXED_UP], ids=str)
async def test_a_callback_without_a_code_says_why(shared_world: WatchedWorld, case: Case) -> None:
    await assert_case(shared_world, "macao", PERSON, case)


@SHARED
@pytest.mark.attack("MO-01")
@pytest.mark.parametrize("case", SIGNATURES, ids=str)
async def test_mo_01_a_profile_that_is_not_rightly_signed_is_refused(shared_world: WatchedWorld, case: Case) -> None:
    await assert_case(shared_world, "macao", PERSON, case)

    assert {request.url.path for request in shared_world.net.requests if "keys" in request.url.path} == {"/keys"}


@SHARED
@pytest.mark.attack("MO-03")
@pytest.mark.parametrize("case", ENVELOPES, ids=str)
async def test_mo_03_an_envelope_that_is_not_an_unmixed_yes_is_a_no(shared_world: WatchedWorld, case: Case) -> None:
    await assert_case(shared_world, "macao", PERSON, case)


@SHARED
@pytest.mark.attack("MO-04")
@pytest.mark.parametrize("case", TOKENS, ids=str)
async def test_mo_04_a_token_endpoint_that_misbehaves_gets_no_secret_twice(
    shared_world: WatchedWorld, case: Case
) -> None:
    seen = len(shared_world.net.requests)

    await assert_case(shared_world, "macao", PERSON, case)

    hosts = {str(request.url.copy_with(path="/", query=None)) for request in shared_world.net.requests[seen:]}
    assert not any("elsewhere" in host for host in hosts)


@SHARED
@pytest.mark.attack("MO-02")
async def test_mo_02_a_stream_of_unknown_key_numbers_makes_no_storm_of_fetches(shared_world: WatchedWorld) -> None:
    world, fetched = shared_world, shared_world.net.count("/keys")
    victims = [a_victim(world) for _ in range(20)]
    for number, victim in enumerate(victims):
        args = {"kid": str(900 + number)}
        await world.arm("macao", "jws_unknown_key", session=victim.session, args=args)

    pages = await asyncio.gather(*(provider_answer(victim, "macao", PERSON) for victim in victims))

    assert {page.texts["problem-code"] for page in pages} == {BROKEN}
    assert world.net.count("/keys") - fetched <= 2
    await assert_undisturbed(world, "macao")


@pytest.mark.attack("MO-02")
async def test_mo_02_a_rotation_is_seen_without_a_restart(world: WatchedWorld) -> None:
    before = await world.signed_in("macao", PERSON, scope="openid")
    async with world.net.browser() as http:
        assert (await http.post(f"{AT.macao}/__mock__/keys/rotate", json={})).is_success

    after = await world.signed_in("macao", PERSON, scope="openid")

    assert after["sub"] == before["sub"]
    assert world.net.count("/keys") == 2


@SHARED
@pytest.mark.attack("MO-05")
async def test_mo_05_no_refresh_token_of_the_provider_is_kept_or_used(shared_world: WatchedWorld) -> None:
    seen = len(shared_world.net.requests)

    claims, _ = await assert_signs_in(shared_world, "macao", PERSON, "refresh_reused")

    bodies = [
        request.content.decode()
        for request in shared_world.net.requests[seen:]
        if request.url.host == "127.0.0.1" and request.url.path == "/oauth/token"
    ]
    assert claims["sub"]
    assert len(bodies) == 1
    assert "grant_type=authorization_code" in bodies[0]
    assert "refresh" not in bodies[0]


@SHARED
async def test_a_callback_without_its_state_ends_on_a_local_page(shared_world: WatchedWorld) -> None:
    await assert_lost_way(shared_world, "macao", PERSON, "state_dropped")


@SHARED
async def test_a_person_shown_in_portuguese_is_known_by_the_portuguese_name(shared_world: WatchedWorld) -> None:
    _, userinfo = await assert_signs_in(shared_world, "macao", "ines-conceicao", "lang_pt")

    assert "Conceição" in userinfo["name"]


@SHARED
@pytest.mark.parametrize("scenario", sorted(SURVIVED - {"lang_pt", "refresh_reused"}))
async def test_what_does_not_concern_this_sign_in_does_not_stop_it(shared_world: WatchedWorld, scenario: str) -> None:
    claims, userinfo = await assert_signs_in(shared_world, "macao", "lei-ka-meng", scenario)

    assert claims["acr"] == "urn:gba:loa:2"
    assert userinfo["sub"] == claims["sub"]


@SHARED
@pytest.mark.parametrize("scenario", ["otp_wrong", "otp_locked"])
async def test_a_soft_token_that_is_refused_keeps_the_person_at_the_provider(
    shared_world: WatchedWorld, scenario: str
) -> None:
    victim = a_victim(shared_world)
    await shared_world.arm("macao", scenario, session=victim.session)
    async with leaves_nothing(shared_world, refused=1, but={"transactions": 1}):
        page = await provider_answer(victim, "macao", PERSON)
        stayed = page.url
        home = await victim.browser.press(page, "cancel")

    assert stayed.startswith(AT.macao)
    assert "problem" in page.texts
    assert home.texts["problem-code"] == CANCELLED
    await assert_undisturbed(shared_world, "macao")


@SHARED
@pytest.mark.parametrize("scenario", ["qr_bad_sign", "qr_unknown_key", "qr_key_rotated"])
async def test_a_code_on_the_screen_that_the_phone_refuses_leaves_the_other_accounts(
    shared_world: WatchedWorld, scenario: str
) -> None:
    victim = a_victim(shared_world)
    await shared_world.arm("macao", scenario, session=victim.session)
    page = await victim.browser.to_provider(victim.asked, "macao")
    screen = await victim.browser.follow(page, "use-qr")

    phone = await victim.browser.follow(screen, "open-phone")
    home = await victim.browser.press(screen, "cancel")
    other = await victim.browser.press(home, "provider-hong-kong")
    answer = await victim.browser.go_on(await victim.browser.prove(other, "chan-siu-ming"), "chan-siu-ming")

    assert "approve" not in phone.buttons
    assert home.texts["problem-code"] == CANCELLED
    assert answer["code"]


@SHARED
async def test_an_expired_code_on_the_screen_leads_back_and_to_the_other_accounts(shared_world: WatchedWorld) -> None:
    victim = a_victim(shared_world)
    await shared_world.arm("macao", "qr_expired", session=victim.session)
    page = await victim.browser.to_provider(victim.asked, "macao")

    screen = await victim.browser.follow(page, "use-qr")
    home = await victim.browser.press(screen, "cancel")

    assert "renew" in screen.links
    assert home.texts["problem-code"] == CANCELLED


async def test_a_provider_that_does_not_answer_is_given_up(world: WatchedWorld) -> None:
    shorten_deadline(world)

    await assert_case(
        world, "macao", PERSON, Case("slow", UNREACHABLE, "timeout", endpoint="token", args={"delay_ms": NEVER_MS})
    )


async def test_a_secret_that_the_provider_does_not_know_any_more_is_the_operators_matter(world: WatchedWorld) -> None:
    provider = world.gateway.inner.state.web.broker.providers["macao"]
    wrong = type(provider._settings)(AT.macao, "gba-gateway", "another-secret-altogether")
    provider._settings = wrong
    browser, asked = world.browser(), asking()

    page = await browser.prove(await browser.to_provider(asked, "macao"), PERSON)

    assert page.texts["problem-code"] == MISCONFIGURED
    assert "secret" not in page.texts["problem"].lower()
