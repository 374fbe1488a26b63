"""Signing out: who is asked, who is told, and where the browser goes."""

import re
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from gateway.oidc.model import Client
from tests.asking import AT, RP, SHOP, asking
from tests.person_browser import Browser
from tests.world import World, a_client

STUDENT, OTHER = "chan-siu-ming", "lam-yi-lin"
LOGOUT = f"{AT.issuer}/logout"


def a_browser(world: World) -> Browser:
    return world.browser(**{"accept-language": "en"})


async def sign_in(world: World, browser: Browser, client_id: str = "shop", person: str = STUDENT) -> str:
    """Sign in and give the ID token."""
    asked = asking(client_id, "openid profile", **at(client_id))
    answer = await browser.sign_in(asked, "hong_kong", person)
    return str((await world.token(asked, answer["code"])).json()["id_token"])


async def single_sign_on(world: World, browser: Browser, client_id: str) -> None:
    """Be signed in at one more client by the session that there is."""
    asked = asking(client_id, "openid profile", **at(client_id))
    page = await browser.open(asked.url)
    if browser.caught is None:
        await browser.press(page, "agree")
    await world.token(asked, browser.answer["code"])


def framed(client_id: str) -> Client:
    return a_client(
        client_id,
        client_name=f"Service {client_id}",
        redirect_uris=(f"{RP}/{client_id}/callback",),
        post_logout_redirect_uris=(f"{RP}/{client_id}/bye",),
        frontchannel_logout_uri=f"{RP}/{client_id}/out?keep=1",
    )


def at(client_id: str) -> dict[str, str]:
    return {} if client_id == "shop" else {"redirect_uri": f"{RP}/{client_id}/callback"}


def frames(browser: Browser) -> list[str]:
    return [address.replace("&amp;", "&") for address in re.findall(r'<iframe src="([^"]+)"', browser.last.text)]


async def has_session(browser: Browser) -> bool:
    page = await browser.open(f"{AT.issuer}/account")
    return "account-sign-in" not in page.links


@pytest.mark.attack("LO-02")
async def test_lo_02_whoever_brings_the_token_of_this_session_is_not_asked(world: World) -> None:
    browser = a_browser(world)
    hint = await sign_in(world, browser)
    home = f"{SHOP}/shop/bye"

    query = urlencode({"id_token_hint": hint, "post_logout_redirect_uri": home, "state": "s"})
    await browser.open(f"{LOGOUT}?{query}")

    assert browser.caught == f"{home}?state=s"
    assert not await has_session(browser)


@pytest.mark.attack("LO-02")
async def test_lo_02_without_a_hint_or_with_somebody_elses_the_person_is_asked(world: World) -> None:
    browser, other = a_browser(world), a_browser(world)
    await sign_in(world, browser)
    foreign = await sign_in(world, other, person=OTHER)

    for query in ({}, {"client_id": "shop"}, {"id_token_hint": foreign}):
        page = await browser.open(f"{LOGOUT}?{urlencode(query)}")
        assert "confirm-sign-out" in page.buttons

    assert await has_session(browser)


@pytest.mark.attack("LO-02")
async def test_lo_02_an_expired_hint_is_genuine_and_a_forged_one_is_refused(world: World) -> None:
    browser = a_browser(world)
    hint = await sign_in(world, browser)
    world.clock.advance(hours=1)

    await browser.open(f"{LOGOUT}?{urlencode({'id_token_hint': hint[:-8] + 'AAAAAAAA'})}")
    assert browser.last.status_code == 400
    page = await browser.open(f"{LOGOUT}?{urlencode({'id_token_hint': hint})}")

    assert "signed-out" in page.texts


@pytest.mark.spec("Front-Channel Logout 1.0 §2")
async def test_every_service_of_the_session_is_told_in_a_hidden_frame_with_issuer_and_its_own_sid(world: World) -> None:
    await world.register(framed("one"), framed("two"), framed("unused"))
    browser = a_browser(world)
    await sign_in(world, browser, "one")
    await single_sign_on(world, browser, "two")

    page = await browser.press(await browser.open(LOGOUT), "confirm-sign-out")

    told = {urlsplit(address).path: parse_qs(urlsplit(address).query) for address in frames(browser)}
    assert told.keys() == {"/one/out", "/two/out"}
    assert all(query["iss"] == [AT.issuer] and query["keep"] == ["1"] for query in told.values())
    assert len({query["sid"][0] for query in told.values()}) == 2
    assert "Service one" in page.texts["services-told"]
    assert "Service two" in page.texts["services-told"]
    assert "Service unused" not in browser.last.text


@pytest.mark.attack("WB-11")
async def test_wb_11_only_the_registered_origins_may_be_framed(world: World) -> None:
    await world.register(framed("one"))
    browser = a_browser(world)
    await sign_in(world, browser, "one")

    await browser.press(await browser.open(LOGOUT), "confirm-sign-out")

    policy = browser.last.headers["content-security-policy"]
    assert f"frame-src {RP}" in policy
    assert "script-src" not in policy
    assert "frame-ancestors 'none'" in policy
    assert 'sandbox="allow-scripts allow-same-origin"' in browser.last.text


@pytest.mark.spec("RP-Initiated Logout 1.0 §3")
async def test_with_frames_the_browser_goes_home_once_they_have_loaded_and_by_a_link(world: World) -> None:
    await world.register(framed("one"))
    browser = a_browser(world)
    hint = await sign_in(world, browser, "one")
    home = f"{RP}/one/bye"

    query = urlencode({"id_token_hint": hint, "post_logout_redirect_uri": home, "state": "s"})
    page = await browser.open(f"{LOGOUT}?{query}")

    assert browser.caught is None
    assert len(frames(browser)) == 1
    assert page.links["way-home"] == f"{home}?state=s"
    assert f'<meta http-equiv="refresh" content="0; url={home}?state=s">' in browser.last.text


async def test_nobody_is_told_twice(world: World) -> None:
    await world.register(framed("one"))
    browser = a_browser(world)
    await sign_in(world, browser, "one")
    page = await browser.open(LOGOUT)
    await browser.press(page, "confirm-sign-out")

    await browser.press(page, "confirm-sign-out")

    assert frames(browser) == []
    assert browser.last.status_code == 200
