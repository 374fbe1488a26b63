"""Group LO, signing out: where people are sent afterwards, who may sign them out, and who hears of it."""

import asyncio
import base64
import json
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest

from gateway.audit import AuditAction
from tests.attacks.watch import WatchedWorld, audit_trail
from tests.relying_party import Key
from tests.world import AT, SHOP, Asked, Browser, a_client, asking

PERSON = "chan-siu-ming"
BYE = f"{SHOP}/shop/bye"


async def signed_in(
    world: WatchedWorld, client_id: str = "shop", browser: Browser | None = None
) -> tuple[Browser, Asked, dict[str, Any]]:
    """A browser with a session, and the tokens of one relying party."""
    browser = browser or world.browser()
    asked = asking(client_id, scope="openid")
    if browser.visited:
        page = await browser.open(asked.url)
        answer = await browser.go_on(page, PERSON)
    else:
        answer = await browser.sign_in(asked, "hong_kong", PERSON)
    response = await world.token(asked, answer["code"])
    assert response.status_code == 200, response.text
    return browser, asked, response.json()


async def sign_out(browser: Browser, **parameters: str) -> None:
    page = await browser.open(f"{AT.issuer}/logout?{urlencode(parameters)}")
    if "confirm-sign-out" in page.buttons:
        await browser.press(page, "confirm-sign-out")


async def is_signed_in(browser: Browser) -> bool:
    await browser.open(asking(scope="openid", prompt="none").url)
    return "code" in browser.answer


def claims_of(token: str) -> dict[str, Any]:
    body = token.split(".")[1]
    return dict(json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4))))


def header_of(token: str) -> dict[str, Any]:
    head = token.split(".", maxsplit=1)[0]
    return dict(json.loads(base64.urlsafe_b64decode(head + "=" * (-len(head) % 4))))


class Receivers:
    """Ten relying parties' back channels, some of them unwell."""

    def __init__(self) -> None:
        self.got: dict[str, list[str]] = {}
        self.asleep = asyncio.Event()

    def mount(self, world: WatchedWorld, name: str, status: int = 200, *, hangs: bool = False) -> None:
        async def app(scope: Any, receive: Any, send: Any) -> None:
            body = (await receive())["body"].decode("ascii")
            self.got.setdefault(name, []).append(dict(httpx.QueryParams(body))["logout_token"])
            if hangs:
                await self.asleep.wait()
            headers = [(b"location", b"http://127.0.0.1:9000/elsewhere")] if status == 302 else []
            await send({"type": "http.response.start", "status": status, "headers": headers})
            await send({"type": "http.response.body", "body": b""})

        world.net.mount(f"https://{name}.example", app)


@pytest.mark.attack("LO-01")
@pytest.mark.parametrize(
    "target",
    [
        f"{SHOP}/shop/bye/",
        f"{SHOP}/shop/by",
        f"{SHOP}/shop/bye?x=1",
        f"{SHOP}/shop/BYE",
        f"{SHOP}/other/bye",
        "http://127.0.0.1:9001/shop/bye",
        "javascript:alert(1)",
        "//evil.example",
        "https://evil.example/",
        f"{BYE}#x",
        f"{BYE}\r\nset-cookie: a=b",
    ],
)
@pytest.mark.parametrize("with_hint", [True, False])
async def test_lo_01_only_a_registered_address_of_that_client_is_gone_to(
    world: WatchedWorld, target: str, with_hint: bool
) -> None:
    await world.register(a_client("other"))
    browser, _, tokens = await signed_in(world)
    who = {"id_token_hint": tokens["id_token"]} if with_hint else {"client_id": "shop"}

    page = await browser.open(f"{AT.issuer}/logout?{urlencode({**who, 'post_logout_redirect_uri': target})}")

    assert browser.caught is None
    assert page.status == 400
    assert "evil" not in browser.last.text
    assert await is_signed_in(browser)


@pytest.mark.attack("LO-01")
async def test_lo_01_without_a_client_no_address_is_gone_to(world: WatchedWorld) -> None:
    browser, _, _ = await signed_in(world)

    await browser.open(f"{AT.issuer}/logout?{urlencode({'post_logout_redirect_uri': BYE})}")

    assert browser.caught is None


@pytest.mark.attack("LO-01")
async def test_lo_01_the_registered_address_gets_its_person_back(world: WatchedWorld) -> None:
    browser, _, tokens = await signed_in(world)

    await sign_out(browser, id_token_hint=tokens["id_token"], post_logout_redirect_uri=BYE, state="s 1")

    assert browser.caught == f"{BYE}?state=s%201"
    assert not await is_signed_in(browser)


@pytest.mark.attack("LO-02")
async def test_lo_02_a_link_from_elsewhere_signs_nobody_out(world: WatchedWorld) -> None:
    await world.register(a_client("other", redirect_uris=("http://127.0.0.1:9000/other/callback",)))
    browser, _, _ = await signed_in(world)
    stranger, _, theirs = await signed_in(world, browser=None)
    forged = Key.make().sign(claims_of(theirs["id_token"]), header_of(theirs["id_token"]) | {"kid": "x"})

    for parameters in ({}, {"client_id": "shop"}, {"client_id": "other"}):
        page = await browser.open(f"{AT.issuer}/logout?{urlencode(parameters)}")
        assert "confirm-sign-out" in page.buttons
        assert await is_signed_in(browser)
    page = await browser.open(f"{AT.issuer}/logout?{urlencode({'id_token_hint': forged})}")

    assert page.status == 400
    assert await is_signed_in(browser)
    assert stranger is not browser


@pytest.mark.attack("LO-02")
async def test_lo_02_an_expired_but_genuine_hint_still_counts(world: WatchedWorld) -> None:
    browser, _, tokens = await signed_in(world)
    world.clock.advance(minutes=10)

    await sign_out(browser, id_token_hint=tokens["id_token"], post_logout_redirect_uri=BYE)

    assert browser.caught == BYE


@pytest.mark.attack("LO-04")
async def test_lo_04_no_upstream_logout_is_taken_and_none_is_announced(world: WatchedWorld) -> None:
    async with world.net.browser() as http:
        discovery = (await http.get(f"{AT.issuer}/.well-known/openid-configuration")).json()
        answers = [
            await http.post(f"{AT.issuer}{path}", data={"logout_token": "a.b.c"})
            for path in ("/backchannel-logout", "/callback/hong-kong/logout", "/logout/backchannel")
        ]

    assert {answer.status_code for answer in answers} <= {404, 405}
    assert not any("upstream" in name for name in discovery)


@pytest.mark.attack("LO-03", "LO-05")
async def test_lo_05_ten_relying_parties_of_whom_three_are_unwell(world: WatchedWorld) -> None:
    receivers, names = Receivers(), [f"rp{number}" for number in range(10)]
    receivers.mount(world, "rp0", hangs=True)
    receivers.mount(world, "rp1", status=500)
    receivers.mount(world, "rp2", status=302)
    for name in names[3:]:
        receivers.mount(world, name)
    for name in names:
        await world.register(
            a_client(
                name, backchannel_logout_uri=f"https://{name}.example/out", backchannel_logout_session_required=True
            )
        )
    browser: Browser | None = None
    subs: dict[str, str] = {}
    for name in names:
        browser, _, tokens = await signed_in(world, name, browser)
        subs[name] = claims_of(tokens["id_token"])["sub"]
    assert browser is not None

    await sign_out(browser)
    await world.chores.deliver()
    receivers.asleep.set()

    healthy = {name: [claims_of(token) for token in receivers.got[name]] for name in names[3:]}
    assert {name: len(tokens) for name, tokens in healthy.items()} == dict.fromkeys(names[3:], 1)
    for name, (claims,) in healthy.items():
        assert header_of(receivers.got[name][0])["typ"] == "logout+jwt"
        assert claims["aud"] == name
        assert claims["sub"] == subs[name]
        assert claims["exp"] - claims["iat"] <= 120
        assert claims["events"] == {"http://schemas.openid.net/event/backchannel-logout": {}}
        assert "nonce" not in claims
    assert len({claims["sid"] for (claims,) in healthy.values()}) == len(healthy)
    assert len({claims["jti"] for (claims,) in healthy.values()}) == len(healthy)
    assert world.net.count("/elsewhere") == 0


@pytest.mark.attack("LO-05")
async def test_lo_05_retries_carry_the_same_jti_and_end_as_a_dead_letter(world: WatchedWorld) -> None:
    receivers = Receivers()
    receivers.mount(world, "rp1", status=500)
    await world.register(a_client("rp1", backchannel_logout_uri="https://rp1.example/out"))
    browser, _, _ = await signed_in(world, "rp1")

    await sign_out(browser)
    for _ in range(40):
        await world.chores.deliver()
        world.clock.advance(hours=1)

    tokens = [claims_of(token) for token in receivers.got["rp1"]]
    assert len(tokens) > 3
    assert len({claims["jti"] for claims in tokens}) == 1
    letters = await world.stores.dead_letters.page(None, 10)
    assert [letter.client_id for letter in letters] == ["rp1"]
    assert AuditAction.LOGOUT_GIVEN_UP in {event["action"] for event in await audit_trail(world)}


@pytest.mark.attack("LO-07")
async def test_lo_07_a_logout_token_is_worth_nothing_elsewhere(world: WatchedWorld) -> None:
    receivers = Receivers()
    receivers.mount(world, "rp1")
    await world.register(a_client("rp1", backchannel_logout_uri="https://rp1.example/out"))
    browser, _, _ = await signed_in(world, "rp1")
    await sign_out(browser)
    await world.chores.deliver()
    (token,) = receivers.got["rp1"]

    async with world.net.browser() as http:
        userinfo = await http.get(f"{AT.issuer}/userinfo", headers={"authorization": f"Bearer {token}"})
        redeemed = await world.token(asking("rp1"), token)
        hinted = await http.get(f"{AT.issuer}/logout", params={"id_token_hint": token})
        called_back = await http.get(f"{AT.issuer}/callback/macao", params={"state": "x", "code": token})

    assert userinfo.status_code == 401
    assert redeemed.json()["error"] == "invalid_grant"
    assert hinted.status_code == 400
    assert called_back.status_code == 400
