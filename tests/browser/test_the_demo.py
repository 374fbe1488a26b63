"""What a person does with the demo, in Chromium without script: forms and links alone are enough."""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect
from playwright.sync_api import Error as PlaywrightError

from mock_idps.personas import PERSONAS, find
from tests.demo_process import Demo
from tests.faults.weight import IS_HEAVY

LOCALES = ("zh-Hant-HK", "zh-Hant-MO", "zh-Hans-CN", "pt-MO", "en")
NARROW, WIDE = 320, 1280
LOOKED_AT = [(locale, NARROW) for locale in LOCALES] + [(locale, WIDE) for locale in (LOCALES if IS_HEAVY else ("en",))]
"""Every language where room is scarce; the pages are built alike in all of them, so one of them is wide too."""
VIOLATIONS = """axe.run(
    {runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']}
).then(found => found.violations.map(one => [one.id, one.nodes.map(node => node.html)]))"""
"""Only what is wrong leaves the browser: all that axe has to say about a page takes longer to read than to find."""
STUDENT = find(PERSONAS, "chan-siu-ming")
OTHER = next(p for p in PERSONAS if p.hk_user_type and p.id != STUDENT.id and p.permit and p.register == "ok")


@pytest.fixture
def context(chromium: Browser) -> Iterator[BrowserContext]:
    with chromium.new_context(java_script_enabled=False, locale="en-GB", ignore_https_errors=False) as fresh:
        fresh.set_default_timeout(10_000)
        yield fresh


def book(demo: Demo, context: BrowserContext, provider: str) -> Page:
    """From the guest house to the provider's own page."""
    page = context.new_page()
    page.goto(demo.shop)
    page.click("#book")
    page.click(f"#provider-{provider}")
    return page


def prove(page: Page, context: BrowserContext, person: str) -> None:
    """What a person does at the provider."""
    if page.locator("#open-phone").count() and not page.locator("#sign-in").count():
        phone = context.new_page()
        phone.goto(_address(page, "#open-phone"))
        phone.fill("#person", person)
        phone.click("#approve")
        page.click("#continue")
        return
    page.fill("#person", person)
    if page.locator("#otp").count():
        page.fill("#otp", page.locator(f"#token-{person}").inner_text().strip())
    page.click("#sign-in")


def _address(page: Page, selector: str) -> str:
    href = page.get_attribute(selector, "href")
    return href if href.startswith("http") else f"{page.url.split('/', 3)[0]}//{page.url.split('/', 3)[2]}{href}"


def test_a_student_from_hong_kong_books_a_room_and_signs_out(demo: Demo, context: BrowserContext) -> None:
    page = book(demo, context, "hong-kong")
    prove(page, context, STUDENT.id)
    page.fill("#permit", STUDENT.permit)
    page.click("#check-permit")
    page.click("#agree")

    expect(page.locator("#booking")).to_contain_text("surrogate")
    expect(page.locator("#booking")).to_contain_text(STUDENT.name_han)

    page.click("#sign-out")  # the guest house brings the token of this very session: nobody need be asked again
    expect(page.locator("#book")).to_be_visible()
    page.goto(f"{demo.gateway}/account")
    expect(page.locator("#account-sign-in")).to_be_visible()


@pytest.mark.parametrize("provider", ["macao", "guangdong"])
def test_residents_of_the_other_places_book_a_room(demo: Demo, context: BrowserContext, provider: str) -> None:
    level = {"macao": "mo_level", "guangdong": "gd_level"}[provider]
    person = next(
        p
        for p in PERSONAS
        if p.home == provider
        and getattr(p, level) in {2, 3, "L2", "L3"}
        and p.register == "ok"
        and (p.permit or p.resident_id)
    )
    page = book(demo, context, provider)
    prove(page, context, person.id)
    if page.locator("#permit").count():
        page.fill("#permit", person.permit)
        page.click("#check-permit")
    page.click("#agree")

    expect(page.locator("#booking")).to_contain_text("urn:gba:loa:")
    expect(page.locator("#booking")).not_to_contain_text("none")


def test_the_permit_page_says_what_is_wrong_and_lets_one_go_on(demo: Demo, context: BrowserContext) -> None:
    page = book(demo, context, "hong-kong")
    prove(page, context, next(p.id for p in PERSONAS if p.hk_user_type and p.register == "unknown"))

    page.fill("#permit", "H1234567")
    page.click("#check-permit")
    assert page.get_attribute("#permit", "aria-invalid") == "true"

    page.fill("#permit", "H00009999")
    page.click("#check-permit")
    page.click("#skip-permit")
    page.click("#agree")
    expect(page.locator("#booking")).to_contain_text("none")


def test_cancelling_at_the_provider_leads_to_a_page_with_ways_on(demo: Demo, context: BrowserContext) -> None:
    page = book(demo, context, "hong-kong")
    page.click("#cancel")

    expect(page.locator("#problem")).to_be_visible()
    page.click("#provider-macao")
    expect(page.locator("#sign-in")).to_be_visible()


def test_the_back_button_and_a_second_choice_end_in_something_sensible(demo: Demo, context: BrowserContext) -> None:
    # history.back() and not Page.go_back(): the page's own refreshing gets in the way of the debugging protocol.
    page = book(demo, context, "hong-kong")
    expect(page.locator("#open-phone")).to_be_visible()
    page.wait_for_load_state("load")
    with suppress(PlaywrightError):  # going away ends the script that asked for it, sometimes before it could answer
        page.evaluate("history.back()")
    expect(page.locator("#provider-guangdong")).to_be_visible()
    page.click("#provider-guangdong")
    prove(page, context, next(p.id for p in PERSONAS if p.home == "guangdong" and p.gd_level == "L1"))
    page.click("#agree")
    expect(page.locator("#booking")).to_contain_text("resident_id")


def test_the_demo_prints_addresses_and_personas(demo: Demo) -> None:
    assert demo.gateway in demo.output
    assert all(person.id in demo.output for person in PERSONAS)


@pytest.mark.parametrize(("locale", "width"), LOOKED_AT)
def test_every_page_is_accessible_and_fits(
    demo: Demo, chromium: Browser, axe_source: str, locale: str, width: int
) -> None:
    with chromium.new_context(viewport={"width": width, "height": 900}, locale=locale) as context:
        page = context.new_page()
        page.goto(f"{demo.gateway}/?lang={locale}")
        look(page, axe_source, locale, f"home-{width}")
        page.goto(f"{demo.gateway}/authorize?client_id=nobody")
        look(page, axe_source, locale, f"problem-{width}")
        page.goto(request_of_the_guest_house(demo))
        look(page, axe_source, locale, f"chooser-{width}")
        page.click("#provider-hong-kong")
        prove(page, context, OTHER.id)
        page.fill("#permit", "H1234567")
        page.click("#check-permit")
        look(page, axe_source, locale, f"permit-{width}")
        page.click("#skip-permit")
        look(page, axe_source, locale, f"consent-{width}")
        page.click("#agree")
        page.goto(f"{demo.gateway}/account")
        look(page, axe_source, locale, f"account-{width}")
        page.goto(f"{demo.gateway}/logout")
        look(page, axe_source, locale, f"sign-out-{width}")
        page.click("#confirm-sign-out")
        look(page, axe_source, locale, f"signed-out-{width}")


def request_of_the_guest_house(demo: Demo) -> str:
    """An authorization request that always asks for consent, so that the page is there for every language and width."""
    parameters = {
        "response_type": "code",
        "client_id": f"guest-house-{demo.first}",
        "redirect_uri": f"{demo.shop}/callback",
        "scope": "openid profile cn_id cn_doc",
        "code_challenge": "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",  # RFC 7636 Appendix B
        "code_challenge_method": "S256",
        "prompt": "consent",
    }
    return f"{demo.gateway}/authorize?{urlencode(parameters)}"


def look(page: Page, axe_source: str, locale: str, name: str) -> None:
    """Axe finds nothing, the language is declared, nothing scrolls sideways, and the page has one heading."""
    picture = Path("test-results/pages") / f"{name}-{locale}.jpeg"
    picture.parent.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=picture, full_page=True, type="jpeg")
    page.evaluate(axe_source)
    assert page.evaluate(VIOLATIONS) == []
    assert page.get_attribute("html", "lang") == locale
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), name
    assert page.locator("h1").count() == 1
    assert page.title()


def test_the_way_through_works_with_the_keyboard_alone(demo: Demo, chromium: Browser) -> None:
    with chromium.new_context(locale="en-GB") as context:
        page = context.new_page()
        page.goto(demo.shop)
        page.click("#book")
        for _ in range(40):
            page.keyboard.press("Tab")
            if page.evaluate("document.activeElement.id") == "provider-guangdong":
                break
        style = page.evaluate(
            "(() => {const s = getComputedStyle(document.activeElement); return s.outlineStyle + s.outlineWidth + s.boxShadow})()"
        )
        assert style != "none0pxnone"

        page.keyboard.press("Enter")

        expect(page.locator("#sign-in")).to_be_visible()
