"""A person signs in for an organisation, chosen where they have their account, and the service learns of it."""

from typing import Any

import pytest

from gateway.cli.robot import Page
from tests.person_browser import Browser
from tests.world import World, asking

SCOPE = "openid profile organisation"


async def choose_on_the_phone(browser: Browser, page: Page, person: str, organisation: str) -> Page:
    phone = await browser.follow(page, "open-phone")
    await browser.press(phone, f"person-{person}-for-{organisation}")
    return await browser.press(page, "continue")


async def choose_on_the_form(browser: Browser, page: Page, person: str, organisation: str) -> Page:
    return await browser.press(page, f"as-{person}-for-{organisation}")


async def choose_on_the_tab(browser: Browser, page: Page, person: str, organisation: str) -> Page:
    return await browser.press(await browser.follow(page, "tab-legal"), f"as-{person}-for-{organisation}")


CHOICES: dict[str, Any] = {
    "hong_kong": choose_on_the_phone,
    "macao": choose_on_the_form,
    "guangdong": choose_on_the_tab,
}


@pytest.mark.parametrize(
    ("place", "person", "organisation", "registered"),
    [
        ("hong_kong", "chan-siu-ming", "harbour-books", ("hk.brn", "00000018")),
        ("macao", "chao-sio-man", "lotus-printing", ("mo.nc", "00000018")),
        ("guangdong", "wang-yan", "bay-trading", ("cn.uscc", "91999900GBA000013P")),
    ],
)
async def test_an_agent_signs_in_for_an_organisation(
    world: World, place: str, person: str, organisation: str, registered: tuple[str, str]
) -> None:
    asked, browser = asking(scope=SCOPE), world.browser()
    page = await CHOICES[place](browser, await browser.to_provider(asked, place), person, organisation)

    answer = await browser.go_on(page, person)

    claims = await world.claims(asked, (await world.token(asked, answer["code"])).json())
    known = claims["gba_organisation"]
    assert (known["register"], known["identifier"]) == registered
    assert claims["gba_mandate"]["role"] == "agent"
    assert claims["gba_mandate"]["expires_at"] == 2_082_729_600
    assert claims["act"]["sub"] != claims["sub"]


@pytest.mark.parametrize(
    ("place", "person", "organisation"),
    [
        ("hong_kong", "lau-chi-wai", "harbour-books"),
        ("macao", "jose-da-luz", "lotus-printing"),
        ("guangdong", "leung-kin-hong", "bay-trading"),
    ],
)
async def test_whose_mandate_is_over_signs_in_for_nobody(
    world: World, place: str, person: str, organisation: str
) -> None:
    asked, browser = asking(scope=SCOPE), world.browser()

    await CHOICES[place](browser, await browser.to_provider(asked, place), person, organisation)

    assert (browser.answer["error"], browser.answer["state"]) == ("access_denied", asked.state)
    assert "mandate" in browser.answer["error_description"]


@pytest.mark.parametrize(
    ("place", "person", "organisation"),
    [
        ("hong_kong", "lau-chi-wai", "closed-teahouse"),
        ("macao", "ines-conceicao", "closed-bakery"),
        ("guangdong", "wong-ka-yan", "closed-workshop"),
    ],
)
async def test_an_organisation_that_was_struck_off_has_nobody_who_acts_for_it(
    world: World, place: str, person: str, organisation: str
) -> None:
    asked, browser = asking(scope=SCOPE), world.browser()

    page = await CHOICES[place](browser, await browser.to_provider(asked, place), person, organisation)

    assert page.texts["problem-code"] == "GBA-2006"


@pytest.mark.parametrize(
    ("place", "person"), [("hong_kong", "chan-siu-ming"), ("macao", "chao-sio-man"), ("guangdong", "wang-yan")]
)
async def test_whoever_may_act_for_an_organisation_may_go_on_for_themselves(
    world: World, place: str, person: str
) -> None:
    claims = await world.signed_in(place, person, scope=SCOPE)

    assert not {"gba_organisation", "gba_mandate", "act"} & claims.keys()
