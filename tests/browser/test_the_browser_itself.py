"""The browser behind the page tests is real: it lays out, obeys a content security policy and can be examined by axe."""

import pytest
from playwright.sync_api import Browser, Route

from tests import browser_binary

PAGE = """<!doctype html><html lang="en"><title>A page</title><style>p {{ width: 120px }}</style>
<main><h1>粵港澳</h1><p id="text">Text</p>{body}</main><script>document.title = "changed by script"</script></html>"""


def serve(route: Route, body: str) -> None:
    """Answer in place of a server, with the policy that our pages have."""
    policy = {"content-security-policy": "default-src 'none'; style-src 'unsafe-inline'"}
    route.fulfill(body=PAGE.format(body=body), content_type="text/html; charset=utf-8", headers=policy)


def examine(chromium: Browser, axe_source: str, body: str) -> list[str]:
    with chromium.new_context() as context:
        page = context.new_page()
        page.route("**/*", lambda route: serve(route, body))
        page.goto("https://gateway.example/")
        page.evaluate(axe_source)
        found = page.evaluate("axe.run()")
    return [violation["id"] for violation in found["violations"]]


def test_a_page_is_laid_out_and_its_script_refused(chromium: Browser) -> None:
    with chromium.new_context() as context:
        page = context.new_page()
        page.route("**/*", lambda route: serve(route, ""))

        page.goto("https://gateway.example/")

        assert page.locator("#text").bounding_box()["width"] == 120
        assert page.title() == "A page"


def test_axe_runs_under_a_policy_that_forbids_all_script(chromium: Browser, axe_source: str) -> None:
    assert examine(chromium, axe_source, "<img alt='a seal' src='data:,'>") == []


def test_axe_finds_what_a_screen_reader_would_miss(chromium: Browser, axe_source: str) -> None:
    assert examine(chromium, axe_source, "<img src='data:,'>") == ["image-alt"]


def test_a_wrongly_named_browser_is_an_error_and_not_a_reason_to_look_further(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GATE_BROWSER", "no-such-browser")

    with pytest.raises(browser_binary.BrowserMissingError, match="GATE_BROWSER"):
        browser_binary.locate()
