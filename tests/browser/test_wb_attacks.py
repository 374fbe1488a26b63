"""Group WB, what only a real browser can tell: which key agrees, and where the policy lets a form arrive."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page
from playwright.sync_api import TimeoutError as NeverCameError

from mock_idps.personas import PERSONAS, find
from tests.demo_process import Demo


@pytest.fixture
def context(chromium: Browser) -> Iterator[BrowserContext]:
    with chromium.new_context(java_script_enabled=False, locale="en-GB") as fresh:
        yield fresh


def consent(demo: Demo, context: BrowserContext, person_id: str) -> Page:
    """Up to the consent page, by way of Macao."""
    person, page = find(PERSONAS, person_id), context.new_page()
    assert person is not None
    assert person.permit is not None
    page.goto(demo.shop)
    page.click("#book")
    page.click("#provider-macao")
    page.fill("#person", person_id)
    page.fill("#otp", page.locator(f"#token-{person_id}").inner_text().strip())
    page.click("#sign-in")
    if page.locator("#permit").count():
        page.fill("#permit", person.permit)
        page.click("#check-permit")
    page.wait_for_selector("#agree")
    return page


@pytest.mark.attack("WB-03")
def test_wb_03_enter_on_a_box_of_the_consent_page_agrees_to_nothing(demo: Demo, context: BrowserContext) -> None:
    page = consent(demo, context, "jose-da-luz")
    page.focus("#withhold-profile")

    with pytest.raises(NeverCameError), page.expect_request(f"{demo.shop}/**", timeout=1_500):
        page.keyboard.press("Enter")

    assert page.locator("#agree").is_visible()


@pytest.mark.attack("WB-11")
def test_wb_11_a_person_whom_the_provider_still_knows_arrives_at_the_service(
    demo: Demo, context: BrowserContext
) -> None:
    page = consent(demo, context, "chao-sio-man")
    page.click("#agree")
    page.wait_for_selector("#booking")
    kept = [cookie for cookie in context.cookies() if cookie["name"] in {"mo_sso", "gate_browser"}]
    context.clear_cookies()
    context.add_cookies(kept)  # type: ignore[arg-type] # what it gives is what it takes

    page.goto(demo.shop)
    page.click("#book")
    page.click("#provider-macao", no_wait_after=True)

    page.wait_for_selector("#booking", timeout=5_000)


@pytest.mark.attack("WB-06")
def test_wb_06_a_script_that_got_into_a_page_does_not_run(demo: Demo, chromium: Browser) -> None:
    with chromium.new_context(locale="en-GB") as context:
        page = context.new_page()
        page.goto(demo.gateway)

        page.evaluate(
            """() => {
                const script = document.createElement("script");
                script.text = "document.title = 'taken over'";
                document.body.append(script);
            }"""
        )

        assert page.title() != "taken over"
