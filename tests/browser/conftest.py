"""A real Chromium for the tests that look at pages the way people do.

These tests run in pytest processes of their own (`tests/phases.py`): Playwright's synchronous interface keeps an event
loop running, next to which no asynchronous test can run. Write them as plain functions. All files share one demo, in
which a record once made stays: whoever disputes, erases or needs to be new comes in one test only.
"""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests import browser_binary
from tests.demo_process import Demo, running_demo

HERE = Path(__file__).parent
# No sandbox: the tests may run as root and in containers, and only ever open our own pages.
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what lies here, and let it run last when somebody runs everything in one process."""
    for item in items:
        if is_ours(item):
            item.add_marker("browser")
    items.sort(key=is_ours)


def is_ours(item: pytest.Item) -> bool:
    """Whether a test lies in this folder."""
    return HERE in item.path.parents


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """Give a running Chromium; every test opens a context of its own in it."""
    binary = browser_binary.locate()
    # Playwright's own Node needs a library that bare Debian lacks.
    os.environ.setdefault("PLAYWRIGHT_NODEJS_PATH", str(browser_binary.node()))
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=binary.executable,
            args=list(FLAGS),
            env={**os.environ, **binary.environment},
        )
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """Give the running demo; it takes longer to start than most tests take."""
    with running_demo(tmp_path_factory.mktemp("demo")) as running:
        yield running


@pytest.fixture(scope="session")
def axe_source() -> str:
    """Give the axe rules, to be evaluated inside a page: `page.evaluate(axe_source)`, then `axe.run()`."""
    return browser_binary.axe_source()
