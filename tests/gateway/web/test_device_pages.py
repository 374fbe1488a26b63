"""A kiosk's request, answered on a person's own device: the code, the question, the sign-in, the farewell."""

from datetime import timedelta
from typing import Any

import pytest

from gateway.cli.robot import Page
from gateway.oidc.names import GrantType
from tests.asking import AT, asking
from tests.person_browser import Browser
from tests.relying_party import RelyingParty
from tests.world import World, a_client

STUDENT = "chan-siu-ming"
DEVICE = f"{AT.issuer}/device"


async def a_kiosk(world: World) -> RelyingParty:
    client = a_client("kiosk", client_name="Harbour kiosk", grant_types=(GrantType.DEVICE_CODE,), redirect_uris=())
    return await RelyingParty.register(world, client)


async def begin(kiosk: RelyingParty, **changes: str) -> dict[str, Any]:
    answer = await kiosk.post("/device_authorization", {"scope": "openid profile", **changes})
    assert answer.status_code == 200, answer.text
    started: dict[str, Any] = answer.json()
    return started


async def poll(kiosk: RelyingParty, started: dict[str, Any]) -> dict[str, Any]:
    kiosk.world.clock.advance(seconds=started["interval"])
    form = {"grant_type": GrantType.DEVICE_CODE.value, "device_code": started["device_code"]}
    answer: dict[str, Any] = (await kiosk.post("/token", form)).json()
    return answer


def a_browser(world: World) -> Browser:
    return world.browser(**{"accept-language": "en"})


async def to_question(browser: Browser, user_code: str) -> Page:
    return await browser.press(await browser.open(DEVICE), "continue", **{"user-code": user_code})


@pytest.mark.spec("RFC 8628 §3.3")
async def test_a_person_types_the_code_confirms_signs_in_agrees_and_goes_back_to_the_kiosk(world: World) -> None:
    kiosk = await a_kiosk(world)
    started = await begin(kiosk)
    browser = a_browser(world)

    page = await to_question(browser, started["user_code"].lower().replace("-", " "))
    assert "Harbour kiosk" in page.texts["receiver"]
    assert started["user_code"].replace("-", "") in page.texts["code-shown"].replace("-", "").replace(" ", "")
    page = await browser.press(page, "continue")
    assert "way-home" not in page.links
    page = await browser.prove(await browser.press(page, "provider-hong-kong"), STUDENT)
    assert "elsewhere" in page.texts
    assert (await poll(kiosk, started))["error"] == "authorization_pending"
    page = await browser.press(page, "agree")

    assert "Harbour kiosk" in page.texts["device-approved"]
    tokens = await poll(kiosk, started)
    assert "access_token" in tokens
    assert "id_token" in tokens


async def test_somebody_who_is_signed_in_already_is_asked_all_the_same(world: World) -> None:
    kiosk = await a_kiosk(world)
    started = await begin(kiosk)
    browser = a_browser(world)
    await browser.sign_in(asking(scope="openid profile"), "hong_kong", STUDENT)

    page = await browser.press(await to_question(browser, started["user_code"]), "continue")

    assert "agree" in page.buttons
    assert "elsewhere" in page.texts
    assert (await poll(kiosk, started))["error"] == "authorization_pending"


@pytest.mark.spec("RFC 8628 §3.3.1")
async def test_opening_the_complete_address_decides_nothing(world: World) -> None:
    kiosk = await a_kiosk(world)
    started = await begin(kiosk)
    browser = a_browser(world)
    await browser.sign_in(asking(scope="openid profile"), "hong_kong", STUDENT)

    page = await browser.open(started["verification_uri_complete"])

    assert page.forms[0].fields["user_code"] == started["user_code"]
    assert "agree" not in page.buttons
    assert (await poll(kiosk, started))["error"] == "authorization_pending"


@pytest.mark.spec("RFC 8628 §5.4")
async def test_a_kiosk_that_is_not_ones_own_is_refused_with_one_button(world: World) -> None:
    kiosk = await a_kiosk(world)
    started = await begin(kiosk)
    browser = a_browser(world)

    page = await browser.press(await to_question(browser, started["user_code"]), "deny")

    assert "device-denied" in page.texts
    assert (await poll(kiosk, started))["error"] == "access_denied"


async def test_refusing_on_the_consent_page_is_told_to_the_kiosk(world: World) -> None:
    kiosk = await a_kiosk(world)
    started = await begin(kiosk)
    browser = a_browser(world)
    page = await browser.press(await to_question(browser, started["user_code"]), "continue")
    page = await browser.prove(await browser.press(page, "provider-hong-kong"), STUDENT)

    page = await browser.press(page, "refuse")

    assert "device-denied" in page.texts
    assert (await poll(kiosk, started))["error"] == "access_denied"


@pytest.mark.spec("RFC 8628 §5.1")
@pytest.mark.parametrize("typed", ["BBBB-BBBB", "WDJB", "", "<script>alert(1)</script>", "x" * 200, "ＷＤＪＢ"])
async def test_codes_that_are_wrong_malformed_or_over_get_the_same_answer(world: World, typed: str) -> None:
    kiosk = await a_kiosk(world)
    started = await begin(kiosk)
    world.clock.advance(seconds=started["expires_in"] + 1)
    lapsed, other = a_browser(world), a_browser(world)

    after_lapse = await to_question(lapsed, started["user_code"])
    after_typed = await to_question(other, typed)

    assert "user-code-error" in after_lapse.texts
    assert after_lapse.texts["user-code-error"] == after_typed.texts["user-code-error"]
    assert (lapsed.last.status_code, other.last.status_code) == (200, 200)
    assert "<script>alert" not in other.last.text


@pytest.mark.attack("DS-03")
async def test_ds_03_codes_cannot_be_tried_out(world: World) -> None:
    browser = a_browser(world)

    statuses = []
    for number in range(30):
        await to_question(browser, f"BCDF-GHJ{'BCDFGHJKLMNPQRSTVWXZ'[number % 20]}")
        statuses.append(browser.last.status_code)

    assert statuses[0] == 200
    assert statuses[-1] == 429


async def test_the_question_is_for_the_browser_that_sent_the_code(world: World) -> None:
    kiosk = await a_kiosk(world)
    browser, other = a_browser(world), a_browser(world)
    await to_question(browser, (await begin(kiosk))["user_code"])
    await other.open(DEVICE)

    page = await other.open(str(browser.last.url))

    assert "user-code" in page.inputs
    assert "Harbour kiosk" not in other.last.text


@pytest.mark.parametrize("change", ["user_code=BBBB-BBBB", "seal=0"])
async def test_a_changed_address_asks_for_the_code_again(world: World, change: str) -> None:
    kiosk = await a_kiosk(world)
    browser = a_browser(world)
    await to_question(browser, (await begin(kiosk))["user_code"])
    address, _, query = str(browser.last.url).partition("?")
    name = change.partition("=")[0]
    parts = [change if part.startswith(f"{name}=") else part for part in query.split("&")]

    page = await browser.open(f"{address}?{'&'.join(parts)}")

    assert "user-code" in page.inputs


@pytest.mark.attack("WB-02")
async def test_wb_02_a_form_without_its_token_approves_and_refuses_nothing(world: World) -> None:
    kiosk = await a_kiosk(world)
    started = await begin(kiosk)
    browser = a_browser(world)
    page = await to_question(browser, started["user_code"])
    address = f"{AT.issuer}{page.forms[0].action}"

    for sent in ({"action": "continue"}, {"action": "deny", "csrf": "0"}):
        await browser.open(address, sent)
        assert browser.last.status_code == 403

    assert (await poll(kiosk, started))["error"] == "authorization_pending"


async def test_an_unknown_answer_is_refused_and_changes_nothing(world: World) -> None:
    kiosk = await a_kiosk(world)
    started = await begin(kiosk)
    browser = a_browser(world)
    page = await to_question(browser, started["user_code"])

    await browser.open(f"{AT.issuer}{page.forms[0].action}", {**page.forms[0].fields, "action": "perhaps"})

    assert browser.last.status_code == 400
    assert (await poll(kiosk, started))["error"] == "authorization_pending"


async def test_a_request_that_was_answered_is_gone(world: World) -> None:
    kiosk = await a_kiosk(world)
    browser = a_browser(world)
    page = await to_question(browser, (await begin(kiosk))["user_code"])
    await browser.press(page, "deny")

    again = await browser.press(page, "continue")

    assert browser.last.status_code == 410
    assert "problem" in again


async def test_a_request_that_lapses_on_the_consent_page_approves_nothing(world: World) -> None:
    kiosk = await a_kiosk(world)
    started = await begin(kiosk)
    browser = a_browser(world)
    page = await browser.press(await to_question(browser, started["user_code"]), "continue")
    page = await browser.prove(await browser.press(page, "provider-hong-kong"), STUDENT)
    world.clock.now += timedelta(seconds=started["expires_in"] + 1)

    page = await browser.press(page, "agree")

    assert "problem" in page
    assert "access_token" not in await poll(kiosk, started)


@pytest.mark.attack("WB-10")
async def test_wb_10_nobody_can_make_a_link_that_says_approved(world: World) -> None:
    browser = a_browser(world)
    await browser.open(DEVICE)

    page = await browser.open(f"{DEVICE}/decided?is=approved&at=device&client_id=shop&seal=0")

    assert "device-approved" not in page
    assert "user-code" in page.inputs


async def test_the_page_speaks_other_languages_and_keeps_the_question(world: World) -> None:
    kiosk = await a_kiosk(world)
    browser = a_browser(world)
    page = await to_question(browser, (await begin(kiosk))["user_code"])

    page = await browser.follow(page, "language-pt-MO")

    assert '<html lang="pt-MO">' in browser.last.text
    assert "Harbour kiosk" in page.texts["receiver"]
