"""Group WB, cookies over https: what they promise, and what a neighbour's cookies are worth (WB-04)."""

import json
from collections.abc import AsyncIterator
from http.cookies import SimpleCookie

import httpx
import pytest

from gateway.app import create_app
from gateway.config import load
from mock_idps import macao
from providers.calls import Calls
from scripts.sandbox import Addresses, make_world
from tests.attacks.watch import WatchedWorld
from tests.attacks.way_back import PEOPLE
from tests.world import AT, Browser, asking

SECURE = Addresses("https://gate.example", AT.hong_kong, AT.macao, AT.guangdong)
SESSION, BINDING = "__Host-gate_session", "__Host-gate_browser"
PLAIN = "openid profile"


@pytest.fixture
async def https_world(world: WatchedWorld) -> AsyncIterator[WatchedWorld]:
    """The same database and keys behind an https issuer, and Macao's platform that knows its callback."""
    settings = load(make_world(world.folder, SECURE, world.database_url))
    block = json.loads((world.folder / "mocks.json").read_text(encoding="utf-8"))["macao"]
    mock = macao.create_app(macao.MacaoConfig.from_json(block), now_ms=world.clock.milliseconds)
    world.net.mount(AT.macao, mock)
    gateway = create_app(settings, calls=Calls(world.net), clock=world.clock)
    async with gateway.inner.router.lifespan_context(gateway.inner):
        world.witness.app = gateway
        world.net.mount(SECURE.issuer, world.witness)
        yield world


def address(prompt: str | None = None) -> str:
    """An authorization request at the https issuer."""
    return asking(scope=PLAIN, prompt=prompt).url.replace(AT.issuer, SECURE.issuer)


async def sign_in(browser: Browser) -> None:
    """A whole sign-in at Macao."""
    page = await browser.press(await browser.open(address()), "provider-macao")
    await browser.go_on(await browser.prove(page, PEOPLE["macao"]), PEOPLE["macao"])


def set_cookies(browser: Browser) -> list[str]:
    """Every Set-Cookie of the gateway that this browser has seen."""
    ours = [response for response in browser.visited if str(response.url).startswith(SECURE.issuer)]
    return [header for response in ours for header in response.headers.get_list("set-cookie")]


@pytest.mark.attack("WB-04")
async def test_wb_04_every_cookie_is_bound_to_our_host_and_hidden_from_script(https_world: WatchedWorld) -> None:
    browser = https_world.browser()
    await sign_in(browser)
    await browser.open(f"{SECURE.issuer}/?lang=pt-MO")
    await browser.press(await browser.open(f"{SECURE.issuer}/logout"), "confirm-sign-out")

    headers = set_cookies(browser)

    names = {header.partition("=")[0] for header in headers}
    assert names == {SESSION, BINDING, "__Host-gate_language"}
    for header in headers:
        (morsel,) = SimpleCookie(header).values()
        assert morsel["secure"], header
        assert morsel["httponly"], header
        assert morsel["samesite"].lower() in {"lax", "strict"}, header
        assert (morsel["domain"], morsel["path"]) == ("", "/"), header
        assert 0 <= int(morsel["max-age"]) <= 365 * 24 * 3600, header


@pytest.mark.attack("WB-04")
async def test_wb_04_the_session_cookie_lives_no_longer_than_the_session(https_world: WatchedWorld) -> None:
    browser = https_world.browser()

    await sign_in(browser)

    header = next(header for header in set_cookies(browser) if header.startswith(SESSION))
    lifetime = https_world.gateway.inner.state.web.broker.lifetimes.session.total_seconds()
    assert int(next(iter(SimpleCookie(header).values()))["max-age"]) == lifetime


@pytest.mark.attack("WB-04")
@pytest.mark.parametrize("toss", ["plain names", "beside the own ones", "before the own ones", "too long", "empty"])
async def test_wb_04_tossed_cookies_lead_to_a_fresh_sign_in_and_never_to_the_attackers(
    https_world: WatchedWorld, toss: str
) -> None:
    attacker, victim = https_world.browser(), https_world.browser()
    await sign_in(attacker)
    await victim.open(address())
    stolen = {name: attacker.http.cookies[name] for name in (SESSION, BINDING)}
    own = victim.http.cookies[BINDING]
    header = {
        "plain names": f"gate_session={stolen[SESSION]}; gate_browser={stolen[BINDING]}; {BINDING}={own}",
        "beside the own ones": f"{BINDING}={own}; {SESSION}=x; {SESSION}={stolen[SESSION]}; {BINDING}={stolen[BINDING]}",
        "before the own ones": f"{SESSION}={stolen[SESSION]}; {BINDING}={stolen[BINDING]}; {BINDING}={own}; {SESSION}=x",
        "too long": f"{BINDING}={own}; {SESSION}={'a' * 200}",
        "empty": f"{BINDING}=; {SESSION}=",
    }[toss]

    async with https_world.net.browser(cookie=header) as http:
        shown = await http.get(address())
        silent = await http.get(address(prompt="none"))

    assert shown.headers["location"].startswith("/sign-in/")
    assert "login_required" in silent.headers["location"]
    fresh = _bindings(shown)
    assert fresh
    assert fresh.isdisjoint({stolen[BINDING]})
    assert (fresh == {own}) == (toss in {"plain names", "too long"})


def _bindings(response: httpx.Response) -> set[str]:
    return {header.partition(";")[0].partition("=")[2] for header in response.headers.get_list("set-cookie")}


@pytest.mark.attack("WB-04")
async def test_wb_04_https_is_promised_for_a_year(https_world: WatchedWorld) -> None:
    response = await https_world.browser().http.get(f"{SECURE.issuer}/")

    assert response.headers["strict-transport-security"] == "max-age=31536000; includeSubDomains"
