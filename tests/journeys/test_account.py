"""My identifier: what a person sees of their record in every language, masked, and what becomes of each change."""

from typing import Final

import pytest

from gateway.cli.robot import Page
from tests.my_identifier import (
    ACCOUNT,
    a_browser,
    again,
    asked_about,
    change,
    my_identifier,
    signed_in,
    silently,
)
from tests.recast import person
from tests.world import AT, Browser, World, a_client, asking

STUDENT: Final = person("chan-siu-ming")
LANGUAGES: Final = ("zh-Hant-HK", "zh-Hant-MO", "zh-Hans-CN", "pt-MO", "en")


async def at_home(world: World, who: str = STUDENT.id, **headers: str) -> tuple[Browser, Page]:
    """Somebody who has given their number to the shop, on the page."""
    browser = world.browser(**{"accept-language": "en", **headers})
    await signed_in(world, "hong_kong", who, browser=browser)
    return browser, await my_identifier(browser, "hong_kong", who)


def offered(page: Page) -> list[str]:
    """The changes that the page offers."""
    return [link.removeprefix("ask-") for link in page.links if link.startswith("ask-")]


async def test_the_page_shows_the_record_masked_and_who_was_given_the_number(world: World) -> None:
    await world.register(a_client("other", client_name="Silk Road Library", purpose="library"))
    shop = await signed_in(world, "hong_kong", STUDENT.id)
    await signed_in(world, "hong_kong", STUDENT.id, client_id="other", scope="openid profile")
    browser = a_browser(world)

    page = await my_identifier(browser, "hong_kong", STUDENT.id)

    shown = browser.last.text
    for secret in (STUDENT.permit, STUDENT.hkid, STUDENT.name_han, shop.number, shop.sub):
        assert str(secret) not in shown
    assert page.texts["permit-shown"].strip().startswith("H")
    assert "*" in page.texts["number-shown"]
    assert "Test service shop" in page.texts["receivers"]
    assert "Silk Road Library" not in page.texts["receivers"]
    assert {"withdraw-1", "withdraw-2"} <= page.buttons.keys()
    assert "Bay Area Identity Gateway" not in page.texts.get("consent-1", "") + page.texts.get("consent-2", "")
    assert offered(page) == ["new-permit", "dispute", "untie", "erase"]


async def test_the_page_asks_for_a_sign_in_and_gives_nothing_to_a_relying_party(world: World) -> None:
    browser = a_browser(world)

    first = await browser.open(ACCOUNT)
    page = await my_identifier(browser, "hong_kong", STUDENT.id)

    assert "account-sign-in" in first.links
    assert "no-record" in page
    assert offered(page) == ["erase"]
    assert browser.last.url.path == "/account"
    assert "code" not in browser.last.url.query.decode()
    assert browser.last.headers["cache-control"] == "no-store"


async def test_a_consent_that_is_taken_back_ends_what_the_relying_party_has_and_is_asked_anew(world: World) -> None:
    before = await signed_in(world, "hong_kong", STUDENT.id)
    await world.register(a_client("other"))
    elsewhere = await signed_in(world, "hong_kong", STUDENT.id, client_id="other")
    browser = a_browser(world)
    page = await my_identifier(browser, "hong_kong", STUDENT.id)
    place = next(
        name.removeprefix("withdraw-")
        for name, (form, _, _) in page.buttons.items()
        if name.startswith("withdraw-") and form.fields["client_id"] == "shop"
    )

    after = await browser.press(page, f"withdraw-{place}")

    assert "done" in after
    assert [form.fields["client_id"] for form in after.forms if "client_id" in form.fields] == ["other"]
    assert (await world.userinfo(before.tokens["access_token"])).status_code == 401
    assert (await world.userinfo(elsewhere.tokens["access_token"])).status_code == 200
    assert (await silently(browser))["error"] == "consent_required"
    asked = await browser.open(asking().url)
    assert "agree" in asked.buttons


async def test_a_consent_form_of_one_relying_party_takes_back_no_other(world: World) -> None:
    await world.register(a_client("other"))
    await signed_in(world, "hong_kong", STUDENT.id)
    elsewhere = await signed_in(world, "hong_kong", STUDENT.id, client_id="other")
    browser = a_browser(world)
    page = await my_identifier(browser, "hong_kong", STUDENT.id)
    form = next(form for form in page.forms if form.fields.get("client_id") == "shop")

    refused = await browser.open(f"{ACCOUNT}/withdraw", {**form.fields, "client_id": "other"})

    assert refused.status == 403
    assert (await world.userinfo(elsewhere.tokens["access_token"])).status_code == 200


@pytest.mark.parametrize(
    "typed", ["", "nothing", "H0000001", "H00000018012", "810054190405060133", "H00000133", "H00000059", "X" * 500]
)
async def test_a_new_permit_that_is_none_of_the_persons_is_refused_on_the_form(world: World, typed: str) -> None:
    browser, _ = await at_home(world)

    page = await change(browser, "new-permit", permit=typed)

    assert "confirm-new-permit" in page.buttons
    assert page.inputs["permit"][0].fields.get("permit", "") == "", "what was typed is not shown again"
    assert typed[:64] not in browser.last.text or len(typed) < 8
    now = await again(world, browser)
    assert now.claims["gba_doc"]["number9"] == STUDENT.permit


async def test_new_permits_cannot_be_tried_out_without_end(world: World) -> None:
    browser, _ = await at_home(world)
    pages = [await change(browser, "new-permit", permit=f"H0000{number:04d}") for number in range(200, 215)]

    last = await change(browser, "new-permit", permit=f"{STUDENT.permit}01")

    assert all("confirm-new-permit" in page.buttons for page in pages)
    assert "confirm-new-permit" in last.buttons, "the right one is not looked at either until the lock-out is over"


async def test_after_a_change_a_reload_repeats_nothing(world: World) -> None:
    browser, _ = await at_home(world)
    page = await change(browser, "dispute")

    reloaded = await browser.open(str(browser.last.url))
    elsewhere = await (await at_home(world, "lau-chi-wai"))[0].open(str(browser.last.url))

    assert browser.last.url.path == "/account"
    assert "done" in page
    assert "done" in reloaded
    assert "done" not in elsewhere
    assert offered(reloaded) == ["untie", "erase"]


@pytest.mark.parametrize("act", ["untie", "erase"])
async def test_after_an_ending_change_the_browser_is_signed_out_and_sees_a_farewell(world: World, act: str) -> None:
    browser, _ = await at_home(world)

    page = await change(browser, act)
    later = await browser.open(ACCOUNT)
    stranger = await a_browser(world).open(str(page.url))

    assert "account-ended" in page
    assert "account-sign-in" in later.links
    assert "account-ended" not in stranger


@pytest.mark.parametrize("act", ["new-permit", "dispute", "untie", "erase"])
async def test_a_change_can_be_left_alone(world: World, act: str) -> None:
    browser, _ = await at_home(world)

    page = await browser.follow(await asked_about(browser, act), "leave-it")

    assert "number-shown" in page
    assert "done" not in page


async def test_signing_out_from_the_page_ends_the_session(world: World) -> None:
    browser, page = await at_home(world)

    await browser.press(await browser.follow(page, "sign-out"), "confirm-sign-out")

    assert "account-sign-in" in (await browser.open(ACCOUNT)).links


@pytest.mark.parametrize("language", LANGUAGES)
async def test_every_page_of_my_identifier_is_there_in_every_language(world: World, language: str) -> None:
    browser, _ = await at_home(world, **{"accept-language": language})
    for path in ("", "/sign-in", *(f"/ask/{act}" for act in ("new-permit", "dispute", "untie", "erase"))):
        page = await browser.open(f"{ACCOUNT}{path}?lang={language}")
        assert page.status == 200, path
        assert f'lang="{language}"' in browser.last.text, path
        assert "mine." not in browser.last.text, "a text without translation"


async def test_an_act_that_does_not_exist_is_not_found(world: World) -> None:
    browser, _ = await at_home(world)

    assert (await browser.open(f"{AT.issuer}/account/ask/merge")).status == 404
    assert (await browser.open(f"{AT.issuer}/account/merge", {"csrf": "x"})).status == 404
