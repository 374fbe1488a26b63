"""What a counter asks is shown to the one person who was asked, and answered by nobody else."""

from typing import Any
from urllib.parse import urlencode

import pytest

from gateway.cli.robot import Page
from gateway.oidc.names import ClientAuthMethod, DeliveryMode, GrantType
from tests.asking import AT, asking
from tests.person_browser import Browser
from tests.relying_party import RelyingParty
from tests.world import World, a_client

STUDENT = "chan-siu-ming"
APPROVALS = f"{AT.issuer}/approvals"
MESSAGE = "W4-17 Housing desk"


async def a_counter(world: World) -> RelyingParty:
    client = a_client(
        "counter",
        client_name="Housing counter",
        grant_types=(GrantType.AUTHORIZATION_CODE, GrantType.CIBA),
        backchannel_token_delivery_mode=DeliveryMode.POLL,
        token_endpoint_auth_method=ClientAuthMethod.BASIC,
    )
    return await RelyingParty.register(world, client)


async def known_at(counter: RelyingParty, browser: Browser) -> str:
    """Somebody who has signed in at the counter's service before; gives the ``sub`` there."""
    asked = asking("counter", "openid profile")
    answer = await browser.sign_in(asked, "hong_kong", STUDENT)
    tokens = (await counter.redeem(asked, answer["code"])).json()
    return str((await counter.world.id_token_claims(asked, tokens))["sub"])


async def ask(counter: RelyingParty, sub: str, **changes: str) -> dict[str, Any]:
    form = {"scope": "openid profile", "login_hint": sub, "binding_message": MESSAGE, **changes}
    answer = await counter.post("/bc-authorize", form)
    assert answer.status_code == 200, answer.text
    started: dict[str, Any] = answer.json()
    return started


async def poll(counter: RelyingParty, started: dict[str, Any]) -> dict[str, Any]:
    counter.world.clock.advance(seconds=started.get("interval", 5))
    form = {"grant_type": GrantType.CIBA.value, "auth_req_id": started["auth_req_id"]}
    answer: dict[str, Any] = (await counter.post("/token", form)).json()
    return answer


def a_browser(world: World) -> Browser:
    return world.browser(**{"accept-language": "en"})


async def asked_person(world: World) -> tuple[RelyingParty, Browser, dict[str, Any], Page]:
    counter, browser = await a_counter(world), a_browser(world)
    started = await ask(counter, await known_at(counter, browser))
    return counter, browser, started, await browser.open(APPROVALS)


@pytest.mark.spec("CIBA Core §8")
async def test_a_person_sees_who_asks_with_which_message_and_agrees(world: World) -> None:
    counter, browser, started, page = await asked_person(world)

    assert "Housing counter" in page.texts["request-1"]
    assert MESSAGE in page.texts["request-1"]
    page = await browser.press(page, "approve-1")
    assert "agree" in page.buttons
    assert MESSAGE in browser.last.text
    assert (await poll(counter, started))["error"] == "authorization_pending"
    page = await browser.press(page, "agree")

    assert "Housing counter" in page.texts["device-approved"]
    assert "access_token" in await poll(counter, started)


async def test_refusing_is_one_button_and_told_to_the_counter(world: World) -> None:
    counter, browser, started, page = await asked_person(world)

    page = await browser.press(page, "deny-1")

    assert "device-denied" in page.texts
    assert (await poll(counter, started))["error"] == "access_denied"
    assert "nothing-waits" in (await browser.open(APPROVALS)).texts


async def test_without_a_session_the_page_shows_nothing_and_leads_back_after_the_sign_in(world: World) -> None:
    counter, browser = await a_counter(world), a_browser(world)
    await ask(counter, await known_at(counter, browser))
    other = a_browser(world)

    page = await other.open(APPROVALS)
    assert "request-1" not in page
    page = await other.follow(page, "account-sign-in")
    page = await other.prove(await other.press(page, "provider-hong-kong"), STUDENT)

    assert MESSAGE in page.texts["request-1"]


async def test_another_persons_requests_are_neither_shown_nor_answered(world: World) -> None:
    counter, _, started, page = await asked_person(world)
    stranger = a_browser(world)
    await stranger.sign_in(asking(scope="openid profile"), "hong_kong", "lam-yi-lin")

    theirs = await stranger.open(APPROVALS)
    await stranger.open(f"{AT.issuer}{page.forms[0].action}", {**page.forms[0].fields, "action": "approve"})

    assert "nothing-waits" in theirs.texts
    assert stranger.last.status_code == 403
    assert (await poll(counter, started))["error"] == "authorization_pending"


@pytest.mark.attack("WB-02")
async def test_wb_02_a_form_without_its_token_decides_nothing(world: World) -> None:
    counter, browser, started, page = await asked_person(world)

    for sent in ({"action": "deny"}, {"action": "approve", "csrf": "0"}):
        await browser.open(f"{AT.issuer}{page.forms[0].action}", sent)
        assert browser.last.status_code == 403

    assert (await poll(counter, started))["error"] == "authorization_pending"


async def test_a_request_is_answered_once(world: World) -> None:
    _, browser, _, page = await asked_person(world)
    await browser.press(page, "deny-1")

    await browser.press(page, "approve-1")

    assert browser.last.status_code == 410


async def test_a_hostile_message_never_gets_as_far_as_the_page(world: World) -> None:
    counter, browser = await a_counter(world), a_browser(world)
    sub = await known_at(counter, browser)

    answer = await counter.post("/bc-authorize", {"scope": "openid", "login_hint": sub, "binding_message": "a\u202eb"})

    assert answer.json()["error"] == "invalid_binding_message"
    assert "nothing-waits" in (await browser.open(APPROVALS)).texts


async def test_the_page_about_ones_record_leads_here(world: World) -> None:
    counter, browser = await a_counter(world), a_browser(world)
    await known_at(counter, browser)

    page = await browser.open(f"{AT.issuer}/account")

    assert page.links["approvals"] == "/approvals"


@pytest.mark.attack("WB-10")
@pytest.mark.parametrize("state", ["https://evil.example", "//evil.example", "/approvals", "javascript:alert(1)", ""])
async def test_wb_10_the_way_back_from_our_own_sign_in_is_one_of_our_pages(world: World, state: str) -> None:
    browser = a_browser(world)

    await browser.open(f"{AT.issuer}/account/return?{urlencode({'state': state})}")

    assert str(browser.last.url) == f"{AT.issuer}/account"
