"""Every sample of every page in a real browser, served from memory: accessible, in its language, never too wide."""

import contextlib
import itertools
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Route
from playwright.sync_api import Page as Tab

from gateway.web.languages import LOCALES
from gateway.web.pages import Page, SignedOutPage
from gateway.web.render import render
from tests.browser.test_the_demo import look
from tests.gateway.web.page_samples import FORM_POST, TELLING, UNLIKE

HOST = "https://pages.example"
STATIC = Path(__file__).parents[2] / "gateway" / "web" / "static"
TYPES = {".css": "text/css", ".svg": "image/svg+xml"}
NARROW, WIDE = 320, 1280
OTHERS = tuple(locale for locale in LOCALES if locale != "en")
Samples = Callable[[tuple[str, ...], int], Iterator[tuple[str, str, Tab]]]
AXE_POLICY = {"content-security-policy": "script-src 'none'"}
"""The one script of ours stays out of the way; axe comes through the debugger, which no policy stops."""


@pytest.fixture
def context(chromium: Browser) -> Iterator[BrowserContext]:
    with chromium.new_context(locale="en-GB") as fresh:
        yield fresh


def serve(context: BrowserContext, pages: dict[str, str], headers: dict[str, str]) -> None:
    """Answer for our host from memory, and for nobody else."""

    def answer(route: Route) -> None:
        path = route.request.url.removeprefix(HOST).partition("?")[0]
        file = STATIC / path.removeprefix("/static/")
        if path in pages:
            route.fulfill(body=pages[path], content_type="text/html; charset=utf-8", headers=headers)
        elif file.suffix in TYPES and file.is_file():
            route.fulfill(body=file.read_bytes(), content_type=TYPES[file.suffix])
        else:
            route.abort()

    context.route(re.compile(".*"), answer)


def standing(page: Page) -> Page:
    """The same page without going on by itself, so that it can be looked at."""
    return replace(page, goes_on=False) if isinstance(page, SignedOutPage) else page


@pytest.fixture
def samples(chromium: Browser) -> Iterator[Samples]:
    with contextlib.ExitStack() as stack:

        def open_all(locales: tuple[str, ...], width: int) -> Iterator[tuple[str, str, Tab]]:
            """One sample after the other, the languages taking turns."""
            context = stack.enter_context(chromium.new_context(viewport={"width": width, "height": 900}))
            spoken = list(itertools.islice(itertools.cycle(locales), len(UNLIKE)))
            told = zip(UNLIKE, spoken, strict=True)
            serve(
                context,
                {f"/{at}": render(standing(page), locale) for at, (page, locale) in enumerate(told)},
                AXE_POLICY,
            )
            tab = context.new_page()
            for at, (page, locale) in enumerate(zip(UNLIKE, spoken, strict=True)):
                tab.goto(f"{HOST}/{at}")
                yield f"sample-{at:02}-{page.template.removesuffix('.html').replace('_', '-')}-{width}", locale, tab

        yield open_all


@pytest.mark.parametrize(("locales", "width"), [(("en",), NARROW), (OTHERS, WIDE)], ids=["narrow", "wide"])
def test_every_sample_of_every_page_is_accessible_and_fits(
    samples: Samples, axe_source: str, locales: tuple[str, ...], width: int
) -> None:
    """Pages are built alike in every language: one is tried out at the narrow width, the others in turn at the wide one."""
    for name, locale, tab in samples(locales, width):
        look(tab, axe_source, locale, name)


@pytest.mark.parametrize("locale", OTHERS)
def test_every_sample_fits_a_narrow_phone_in_every_language(samples: Samples, locale: str) -> None:
    for name, _, tab in samples((locale,), NARROW):
        assert tab.get_attribute("html", "lang") == locale
        assert tab.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), name


def test_the_form_posts_itself_where_its_policy_lets_its_script_run(context: BrowserContext) -> None:
    posted: list[str] = []
    serve(context, {"/form": render(FORM_POST, "en")}, {})
    context.route("https://rp.example/**", lambda route: (posted.append(route.request.post_data or ""), route.abort()))

    tab = context.new_page()
    with tab.expect_request("https://rp.example/cb"):
        tab.goto(f"{HOST}/form")

    assert posted == ["code=c&state=s%22%3Cb%3E"]


def test_services_are_told_in_their_frames_before_the_browser_goes_home(context: BrowserContext) -> None:
    seen: list[str] = []
    serve(context, {"/out": render(replace(TELLING, way_home="https://home.example/bye"), "en")}, {})

    def told(route: Route) -> None:
        seen.append(route.request.url)
        route.fulfill(body="<!DOCTYPE html><title>out</title>", content_type="text/html")

    for host in ("rp", "clinic", "home"):
        context.route(f"https://{host}.example/**", told)

    tab = context.new_page()
    tab.goto(f"{HOST}/out")
    tab.wait_for_url("https://home.example/bye")

    assert seen[-1] == "https://home.example/bye"
    assert set(seen[:-1]) == set(TELLING.frames)
