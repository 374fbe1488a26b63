"""My identifier in a real browser: every page of it is accessible and fits, and all of it works without script."""

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from mock_idps.people.persona import Persona
from tests.browser.test_the_demo import book, look, prove
from tests.demo_process import Demo
from tests.recast import person

PHONE, DESKTOP = 360, 1280
VISITS = {
    ("zh-Hant-HK", PHONE): "lau-chi-wai",
    ("pt-MO", PHONE): "arjun-singh",
    ("en", PHONE): "leung-kin-hong",
    ("en", DESKTOP): "lam-yi-lin",
}
"""Each person leaves a disputed record behind, so each comes once. The samples of `test_every_page` have the other cases."""


def arrive(demo: Demo, context: BrowserContext, who: Persona) -> Page:
    """Book a room, so that somebody has the number; then sign in to the page."""
    page = book(demo, context, "hong-kong")
    prove(page, context, who.id)
    page.fill("#permit", str(who.permit))
    page.click("#check-permit")
    page.click("#agree")
    page.goto(f"{demo.gateway}/account/sign-in")
    page.click("#account-sign-in")
    page.click("#provider-hong-kong")
    prove(page, context, who.id)
    expect(page.locator("#number-shown")).to_be_visible()
    return page


@pytest.mark.parametrize(("locale", "width"), VISITS, ids=str)
def test_every_page_of_my_identifier_is_accessible_and_fits(
    demo: Demo, chromium: Browser, axe_source: str, locale: str, width: int
) -> None:
    with chromium.new_context(viewport={"width": width, "height": 900}, locale=locale) as context:
        page = arrive(demo, context, person(VISITS[locale, width]))
        look(page, axe_source, locale, f"mine-{width}")
        page.goto(f"{demo.gateway}/account/sign-in")
        look(page, axe_source, locale, f"mine-sign-in-{width}")
        for act in ("dispute", "untie", "erase", "new-permit"):
            page.goto(f"{demo.gateway}/account/ask/{act}")
            look(page, axe_source, locale, f"mine-{act}-{width}")
        page.fill("#permit", "H1234567")
        page.click("#confirm-new-permit")
        assert page.get_attribute("#permit", "aria-invalid") == "true"
        look(page, axe_source, locale, f"mine-new-permit-wrong-{width}")
        page.goto(f"{demo.gateway}/account/ask/dispute")
        page.click("#confirm-dispute")
        look(page, axe_source, locale, f"mine-disputed-{width}")
        page.click("#ask-untie")
        page.click("#confirm-untie")
        look(page, axe_source, locale, f"mine-ended-{width}")


def test_a_person_without_script_takes_a_consent_back_and_is_forgotten(demo: Demo, chromium: Browser) -> None:
    with chromium.new_context(java_script_enabled=False, locale="en-GB") as context:
        page = arrive(demo, context, person("ho-lip-sang"))
        expect(page.locator("#receivers")).to_be_visible()
        page.click("#withdraw-1")
        expect(page.locator("#done")).to_be_visible()
        expect(page.locator("#withdraw-1")).to_have_count(0)

        page.click("#ask-erase")
        page.click("#confirm-erase")

        expect(page.locator("#account-ended")).to_be_visible()
        page.goto(f"{demo.gateway}/account")
        expect(page.locator("#account-sign-in")).to_be_visible()


def test_the_back_button_after_a_farewell_shows_nobodys_number(demo: Demo, chromium: Browser) -> None:
    with chromium.new_context(java_script_enabled=False, locale="en-GB") as context:
        page = arrive(demo, context, person("lee-wing-sze"))
        page.click("#ask-untie")
        page.click("#confirm-untie")
        expect(page.locator("#account-ended")).to_be_visible()

        page.go_back()
        page.reload()

        expect(page.locator("#number-shown")).to_have_count(0)
        expect(page.locator("#confirm-untie")).to_have_count(0)
