"""The operators' pages in a real browser: accessible and never too wide, and all of them work without script."""

import json

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, StorageState

from scripts.demo_operators import code_of_now
from tests.browser.test_the_demo import look
from tests.demo_process import Demo

PHONE, DESKTOP = 360, 1280
PAGES = ("/", "/ends", "/keys", "/keys/id-token-es256", "/upstreams", "/joint-acts", "/audit")
WIDE = ("/", "/keys/id-token-es256")


def sign_in(demo: Demo, context: BrowserContext) -> Page:
    """As the demo's operator, with what its authenticator shows."""
    known = json.loads((demo.folder / "operator.json").read_text("utf-8"))
    page = context.new_page()
    page.goto(f"{demo.operators}/ends")
    page.fill("#name", known["name"])
    page.fill("#password", known["password"])
    page.fill("#code", code_of_now(known))
    page.click("#sign-in")
    return page


@pytest.fixture(scope="module")
def session(demo: Demo, chromium: Browser) -> StorageState:
    """A session for all tests of this file: each code is taken once."""
    with chromium.new_context(java_script_enabled=False, locale="en-GB") as context:
        page = sign_in(demo, context)
        assert page.locator("#session-end").is_visible()
        return context.storage_state()


@pytest.mark.parametrize(("width", "paths"), [(PHONE, PAGES), (DESKTOP, WIDE)], ids=["narrow", "wide"])
def test_every_operators_page_is_accessible_and_fits(  # noqa: PLR0917 - fixtures
    demo: Demo, chromium: Browser, axe_source: str, session: StorageState, width: int, paths: tuple[str, ...]
) -> None:
    with chromium.new_context(
        viewport={"width": width, "height": 900}, storage_state=session, bypass_csp=True
    ) as context:
        page = context.new_page()
        for path in paths:
            page.goto(f"{demo.operators}{path}")
            name = path.strip("/").replace("/", "-") or "overview"
            look(page, axe_source, "en", f"operators-{name}-{width}")


def test_what_is_chosen_with_the_keyboard_can_be_seen(demo: Demo, chromium: Browser, session: StorageState) -> None:
    with chromium.new_context(viewport={"width": PHONE, "height": 900}, storage_state=session) as context:
        page = context.new_page()
        page.goto(f"{demo.operators}/upstreams")
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.className") == "skip"
        for _ in range(4):
            page.keyboard.press("Tab")
            assert page.evaluate("getComputedStyle(document.activeElement).outlineWidth") == "3px"


def test_a_verb_is_looked_at_before_it_is_done_and_without_script(
    demo: Demo, chromium: Browser, session: StorageState
) -> None:
    with chromium.new_context(java_script_enabled=False, storage_state=session, locale="en-GB") as context:
        page = context.new_page()
        page.goto(f"{demo.operators}/keys/audit-es256")
        page.fill("#abort-reason", "looked at in a test")
        page.click("#verb-abort button")

        assert "what would happen" in page.inner_text("h1")
        assert page.locator("#confirm").count() == 0
        assert "guard 11" in page.inner_text("main")
