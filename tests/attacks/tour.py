"""Every page that people see, opened once; and what may stand on a page of ours."""

from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Final

import httpx

from tests.attacks.watch import WatchedWorld
from tests.attacks.way_back import PEOPLE
from tests.world import AT, Browser, asking

STUDENT: Final = PEOPLE["hong_kong"]
PERMIT: Final = "H00000018"
FORBIDDEN: Final = {"script", "iframe", "frame", "object", "embed", "base", "svg", "math", "audio", "video", "style"}


@dataclass(frozen=True, slots=True)
class Tour:
    """The pages by name, and the browser that saw those of a sign-in (and can open them again)."""

    pages: dict[str, httpx.Response]
    browser: Browser


async def tour(world: WatchedWorld, client_id: str = "shop") -> Tour:
    """Walk through a whole sign-in and past every kind of problem, keeping each page."""
    browser, pages = world.browser(), {}
    chooser = await browser.open(asking(client_id).url)
    pages["chooser"] = browser.last
    assert chooser.status == 200
    page = await browser.prove(await browser.to_provider(asking(client_id), "hong_kong"), STUDENT)
    if "check-permit" in page.buttons:  # asked once in the life of a world
        pages["permit"] = browser.last
        page = await browser.press(page, "check-permit", permit="nothing like a number")
        pages["permit refused"] = browser.last
        await browser.press(page, "check-permit", permit=PERMIT)
    pages["consent"] = browser.last
    await problems(world, client_id, pages)
    for name, path in {"home": "/", "signed out": "/signed-out"}.items():
        await browser.open(f"{AT.issuer}{path}")
        pages[name] = browser.last
    member = world.browser()
    await member.sign_in(asking(client_id, scope="openid profile"), "macao", PEOPLE["macao"])
    await member.open(f"{AT.issuer}/logout?client_id={client_id}")
    pages["sign out"] = member.last
    return Tour(pages, browser)


async def problems(world: WatchedWorld, client_id: str, pages: dict[str, httpx.Response]) -> None:
    """The pages that tell of a problem."""
    browser = world.browser()
    await browser.open(asking("nobody").url)
    pages["refused request"] = browser.last
    await browser.open(f"{AT.issuer}/nowhere")
    pages["not found"] = browser.last
    await browser.open(f"{AT.issuer}/callback/macao?code=x&state=y")
    pages["restart"] = browser.last
    chooser = await browser.open(asking(client_id).url)
    await browser.open(f"{chooser.url}/consent", {"action": "agree"})
    pages["stale form"] = browser.last
    await world.arm("hong_kong", "user_cancel", times=1)
    await browser.prove(await browser.press(chooser, "provider-hong-kong"), STUDENT)
    pages["cancelled"] = browser.last


@dataclass(slots=True)
class Markup:
    """What a page is made of."""

    tags: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    text: str = ""
    title: str = ""

    def addresses(self) -> list[tuple[str, str, str]]:
        """(tag, attribute, address) of everything that leads or loads from somewhere."""
        names = ("href", "src", "action", "formaction", "data", "poster", "srcset", "ping")
        return [(tag, name, values[name]) for tag, values in self.tags for name in names if name in values]


class _Reader(HTMLParser):
    def __init__(self, markup: Markup) -> None:
        super().__init__(convert_charrefs=True)
        self._markup = markup
        self._inside = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._inside = tag
        self._markup.tags.append((tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        self._inside = ""

    def handle_data(self, data: str) -> None:
        if self._inside == "title":
            self._markup.title += data
        self._markup.text += data


def read_markup(html: str) -> Markup:
    """Take a page apart."""
    markup = Markup()
    _Reader(markup).feed(html)
    return markup


def assert_inert(html: str) -> Markup:
    """No element, attribute or address on the page can run anything or load from elsewhere."""
    markup = read_markup(html)
    for tag, values in markup.tags:
        assert tag not in FORBIDDEN, tag
        assert not [name for name in values if name.startswith("on") or name == "style"], values
    for tag, name, address in markup.addresses():
        assert address.startswith(("/", "#", "http://", "https://")), address
        assert not address.startswith("//"), address
        assert name in {"href", "action"} or address.startswith("/static/"), (tag, name, address)
        assert tag not in {"link", "img", "form"} or address.startswith("/"), (tag, address)
    return markup


def policy_of(response: httpx.Response) -> dict[str, list[str]]:
    """The content security policy, directive by directive."""
    parts = [directive.split() for directive in response.headers["content-security-policy"].split(";")]
    return {words[0]: words[1:] for words in parts if words}
