"""Group HK, callbacks: what comes to our doors twice, forged, or from another browser than the code on its screen."""

import asyncio
from urllib.parse import parse_qs, urlsplit

import pytest

from mock_idps.personas import PERSONAS, find
from tests.attacks.failing_provider import LAPSED, a_victim, approved, provider_answer
from tests.attacks.watch import WatchedWorld, leaves_nothing
from tests.world import AT, SHOP, asking

PERSON = "chan-siu-ming"
SHARED = pytest.mark.asyncio(loop_scope="module")
GET_TOKEN = "/api/v1/auth/getToken"


@SHARED
@pytest.mark.attack("HK-02")
async def test_hk_02_a_provider_that_sends_the_callback_twice_is_answered_once(shared_world: WatchedWorld) -> None:
    victim = a_victim(shared_world, scope="openid")
    await shared_world.arm("hong_kong", "callback_twice", session=victim.session)
    page = await victim.browser.to_provider(victim.asked, "hong_kong")
    phone = await victim.browser.follow(page, "open-phone")
    await victim.browser.press(phone, "approve", person="lee-wing-sze")
    calls = shared_world.net.count(GET_TOKEN)

    first = await victim.browser.press(page, "continue")
    shared_world.clock.advance(seconds=2)
    second = await victim.browser.press(page, "continue")
    answer = await victim.browser.go_on(second, "lee-wing-sze")
    shared_world.clock.advance(seconds=2)
    third = await victim.browser.press(page, "continue")

    assert first.url == second.url
    assert shared_world.net.count(GET_TOKEN) - calls == 1
    assert answer["code"]
    assert third.texts["problem-code"] == "GBA-1004"
    assert third.links["way-home"].startswith(f"{SHOP}/shop/callback?error=access_denied")


@SHARED
@pytest.mark.attack("HK-02")
@pytest.mark.parametrize("minutes", [0, 1, 6])
async def test_hk_02_a_callback_sent_again_has_no_second_effect(shared_world: WatchedWorld, minutes: int) -> None:
    victim = a_victim(shared_world, scope="openid")
    page = await provider_answer(victim, "hong_kong", PERSON)
    callback = str(next(step.url for step in victim.browser.visited if "/callback/" in str(step.url)))
    await victim.browser.go_on(page, PERSON)
    shared_world.clock.advance(minutes=minutes)
    calls = shared_world.net.count(GET_TOKEN)

    async with leaves_nothing(shared_world):
        again = await victim.browser.open(callback)

    assert again.status in {400, 409}
    assert again.texts["problem-code"] in {"GBA-1002", "GBA-1004"}
    assert shared_world.net.count(GET_TOKEN) == calls


@pytest.mark.engines
@pytest.mark.attack("HK-02")
async def test_hk_02_one_callback_at_two_workers_at_once_has_one_effect(two_workers: WatchedWorld) -> None:
    world = two_workers
    victim = a_victim(world, scope="openid")
    page = await approved(victim)
    form, _, _ = page.buttons["continue"]
    sent = await victim.browser.http.get(f"{AT.hong_kong}{form.action}", params=form.fields)
    callback = sent.headers["location"]

    answers = await asyncio.gather(*(victim.browser.http.get(callback) for _ in range(6)))

    assert world.net.count(GET_TOKEN) == 1
    assert sum(answer.status_code == 409 for answer in answers) + sum(answer.is_redirect for answer in answers) == 6
    assert len({answer.headers["location"] for answer in answers if answer.is_redirect}) == 1


@SHARED
@pytest.mark.attack("HK-02", "HK-06")
@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
async def test_hk_06_there_is_no_door_for_callbacks_from_server_to_server(
    shared_world: WatchedWorld, method: str
) -> None:
    headers = {
        "clientID": "0" * 32,
        "signatureMethod": "HmacSHA256",
        "timestamp": "1795507200000",
        "nonce": "0" * 32,
        "signature": "A" * 43 + "%3D",
    }
    body = {"content": "AAAADA==", "secretKey": "AAAA", "businessID": "b" * 36, "ticketID": "t" * 36}
    async with shared_world.net.browser() as http, leaves_nothing(shared_world):
        answers = [
            await http.request(method, f"{AT.issuer}{path}", json=body, headers=headers)
            for path in ("/callback/hong-kong", "/callback/hong-kong/profile", "/api/v1/callback", "/callback")
        ]

    assert {answer.status_code for answer in answers} <= {404, 405}
    assert not any("ticket" in answer.text or "businessID" in answer.text for answer in answers)


@SHARED
@pytest.mark.attack("HK-06")
@pytest.mark.parametrize("who", ["no_browser", "other_browser", "other_provider", "unknown_state", "yes_and_no"])
async def test_hk_06_a_forged_callback_leaves_the_sign_in_pending(shared_world: WatchedWorld, who: str) -> None:
    world = shared_world
    victim, attacker = a_victim(world, scope="openid"), world.browser()
    page = await victim.browser.to_provider(victim.asked, "hong_kong")
    state = parse_qs(urlsplit(str(victim.browser.last.url)).query)["state"][0]
    if who == "other_browser":
        await attacker.open(asking().url)
    sender = victim.browser if who in {"other_provider", "unknown_state", "yes_and_no"} else attacker
    place = "macao" if who == "other_provider" else "hong-kong"
    named = "x" * 32 if who == "unknown_state" else state
    more = "&error_code=D40000" if who == "yes_and_no" else ""

    async with leaves_nothing(world, refused=1):
        forged = await sender.open(f"{AT.issuer}/callback/{place}?code={'0' * 32}&state={named}{more}")
    answer = await victim.browser.go_on(await victim.browser.prove(page, PERSON), PERSON)

    assert (forged.status, "way-home" in forged.links) == (400, False)
    assert forged.texts["problem-code"] == ("GBA-1006" if who == "yes_and_no" else "GBA-1002")
    assert state not in forged.texts["problem"]
    assert answer["code"]


@SHARED
@pytest.mark.attack("HK-06")
async def test_hk_06_a_foreign_code_under_a_known_state_is_refused_by_the_provider(shared_world: WatchedWorld) -> None:
    victim = a_victim(shared_world)
    await victim.browser.to_provider(victim.asked, "hong_kong")
    state = parse_qs(urlsplit(str(victim.browser.last.url)).query)["state"][0]

    async with leaves_nothing(shared_world, refused=1):
        page = await victim.browser.open(f"{AT.issuer}/callback/hong-kong?code={'0' * 32}&state={state}")

    assert page.texts["problem-code"] == LAPSED
    assert "0" * 32 not in victim.browser.last.text


@SHARED
@pytest.mark.attack("HK-07", "HK-10")
async def test_hk_07_the_code_on_the_screen_works_in_its_own_browser_only(shared_world: WatchedWorld) -> None:
    victim, thief = a_victim(shared_world, scope="openid"), shared_world.browser()
    page = await approved(victim)
    form, _, _ = page.buttons["continue"]
    ticket = form.fields["c"]
    await thief.open(asking().url)

    polled = await thief.http.get(f"{AT.hong_kong}/qr/status", params={"c": ticket})
    continued = await thief.http.get(f"{AT.hong_kong}{form.action}", params=form.fields)
    own = await victim.browser.http.get(f"{AT.hong_kong}{form.action}", params=form.fields)
    stolen = await thief.open(own.headers["location"])
    rightful = await victim.browser.go_on(await victim.browser.open(own.headers["location"]), PERSON)
    twice = await victim.browser.http.get(f"{AT.hong_kong}{form.action}", params=form.fields)

    assert (polled.status_code, polled.json()) == (403, {"status": "REFUSED"})
    assert continued.status_code == 403
    assert stolen.texts["problem-code"] == "GBA-1002"
    assert rightful["code"]
    assert "location" not in twice.headers


@pytest.mark.attack("HK-07")
async def test_hk_07_a_lapsed_code_stays_lapsed_and_the_person_starts_again(world: WatchedWorld) -> None:
    browser, asked = world.browser(), asking(scope="openid")
    page = await browser.to_provider(asked, "hong_kong")
    world.clock.advance(seconds=121)

    phone = await browser.follow(page, "open-phone")
    screen = await browser.press(page, "continue")
    home = await browser.press(screen, "cancel")
    again = await browser.press(await browser.follow(home, "again"), "provider-hong-kong")
    answer = await browser.go_on(await browser.prove(again, PERSON), PERSON)

    assert phone.status == 410
    assert "refresh" in screen.links
    assert home.texts["problem-code"] == LAPSED
    assert answer["code"]


@SHARED
@pytest.mark.attack("HK-08")
async def test_hk_08_phone_and_consent_name_the_service_and_mask_the_person(shared_world: WatchedWorld) -> None:
    victim = a_victim(shared_world, scope="openid profile")
    page = await victim.browser.to_provider(victim.asked, "hong_kong")
    phone = await victim.browser.follow(page, "open-phone")

    await victim.browser.press(phone, "approve", person="lam-yi-lin")
    consent = await victim.browser.press(page, "continue")

    person = find(PERSONAS, "lam-yi-lin")
    assert phone.texts["service"].strip()
    assert phone.texts["purposes"].strip()
    assert "Test service shop" in consent.texts["receiver"]
    assert consent.texts["purpose"].strip()
    assert person.name_han not in victim.browser.last.text
    assert person.birthdate not in victim.browser.last.text
    assert "林**" in victim.browser.last.text


@SHARED
@pytest.mark.attack("HK-08")
async def test_hk_08_no_page_of_a_sign_in_can_be_framed(shared_world: WatchedWorld) -> None:
    victim = a_victim(shared_world, scope="openid profile")
    await provider_answer(victim, "hong_kong", "lam-yi-lin")

    ours = [step for step in victim.browser.visited if str(step.url).startswith(AT.issuer)]
    assert ours
    assert {step.headers["x-frame-options"] for step in ours} == {"DENY"}
    assert all("frame-ancestors 'none'" in step.headers["content-security-policy"] for step in ours)


@SHARED
@pytest.mark.attack("HK-10")
async def test_hk_10_before_the_approval_no_page_of_ours_tells_anything_of_a_person(shared_world: WatchedWorld) -> None:
    victim, other = a_victim(shared_world), shared_world.browser()
    page = await victim.browser.open(victim.asked.url)
    step = page.url
    there = await victim.browser.press(page, "provider-hong-kong")
    await victim.browser.follow(there, "open-phone")

    own = await victim.browser.open(step)
    foreign = await other.open(step)

    assert (own.status, "provider-hong-kong" in own.buttons) == (200, True)
    assert foreign.texts["problem-code"] == "GBA-1002"
