"""Group AZ, answers: one flow, one mode, every parameter once, and state and iss in every answer (RFC 6749 §4.1.2)."""

from typing import Any
from urllib.parse import urlencode

import httpx
import pytest

from gateway.oidc.token import GRANTS
from tests.attacks.authorize_requests import assert_local, send, told
from tests.attacks.watch import WatchedWorld, leaves_nothing
from tests.world import AT, SHOP, Browser, asking

STUDENT = "chan-siu-ming"
SHARED = pytest.mark.asyncio(loop_scope="module")


@SHARED
@pytest.mark.attack("AZ-07")
@pytest.mark.parametrize(
    "response_type",
    ["token", "id_token", "id_token token", "code token", "code id_token", "none", "code code", "CODE", "code "],
)
async def test_az_07_only_the_code_flow_exists(shared_world: WatchedWorld, response_type: str) -> None:
    async with leaves_nothing(shared_world, refused=1):
        response = await send(shared_world, asking(response_type=response_type))

    assert told(response)["error"] == "unsupported_response_type"
    assert "#" not in response.headers["location"]


@SHARED
@pytest.mark.attack("AZ-07")
@pytest.mark.parametrize(
    ("grant_type", "error"),
    [
        ("password", "unsupported_grant_type"),
        ("client_credentials", "unauthorized_client"),
        ("implicit", "unsupported_grant_type"),
        ("urn:ietf:params:oauth:grant-type:jwt-bearer", "unsupported_grant_type"),
        ("AUTHORIZATION_CODE", "unsupported_grant_type"),
        ("refresh_token", "unauthorized_client"),
        ("urn:ietf:params:oauth:grant-type:device_code", "unauthorized_client"),
        ("urn:ietf:params:oauth:grant-type:token-exchange", "unauthorized_client"),
        ("urn:openid:params:grant-type:ciba", "unauthorized_client"),
    ],
)
async def test_az_07_a_client_has_the_grants_it_is_registered_for(
    shared_world: WatchedWorld, grant_type: str, error: str
) -> None:
    more: dict[str, Any] = {"username": STUDENT, "password": "x", "refresh_token": "x", "assertion": "x"}

    async with leaves_nothing(shared_world, refused=1):
        response = await shared_world.token(asking(), "x", grant_type=grant_type, **more)

    assert (response.status_code, response.json()["error"]) == (400, error)


@SHARED
@pytest.mark.attack("AZ-07")
async def test_az_07_discovery_lists_the_code_flow_only(shared_world: WatchedWorld) -> None:
    async with shared_world.net.browser() as http:
        discovery = (await http.get(f"{AT.issuer}/.well-known/openid-configuration")).json()

    assert discovery["response_types_supported"] == ["code"]
    assert set(discovery["grant_types_supported"]) == set(GRANTS)
    assert not {"implicit", "password"} & set(discovery["grant_types_supported"])


@SHARED
@pytest.mark.attack("AZ-07")
async def test_az_07_nothing_planted_on_the_way_moves_the_answer_into_a_fragment(shared_world: WatchedWorld) -> None:
    browser = shared_world.browser()
    browser.http.cookies.set("client_data", "eyJyZXNwb25zZV9tb2RlIjoiZnJhZ21lbnQifQ", domain="127.0.0.1")
    asked = asking(scope="openid", prompt="consent")
    page = await browser.prove(await browser.to_provider(asked, "hong_kong"), STUDENT)

    form, name, value = page.buttons["agree"]
    planted = {"response_mode": "fragment", "response_type": "token", "redirect_uri": "https://evil.test/"}
    await browser.open(f"{AT.issuer}{form.action}?{urlencode(planted)}", {**form.fields, **planted, name: value})

    assert browser.caught is not None
    assert browser.caught.startswith(f"{asked.redirect_uri}?code=")
    assert "#" not in browser.caught
    assert set(browser.answer) == {"code", "state", "iss"}


DOUBLED = {
    "client_id": "rp-a",
    "redirect_uri": f"{SHOP}/shop/callback",
    "scope": "openid",
    "state": "other-state",
    "code_challenge": "a" * 43,
    "request_uri": "urn:ietf:params:oauth:request_uri:abc",
    "prompt": "none",
    "nonce": "n",
    "unknown_to_all": "x",
}


@SHARED
@pytest.mark.attack("AZ-08")
@pytest.mark.spec("RFC 6749 §3.1")
@pytest.mark.parametrize("place", ["query", "body", "both"])
@pytest.mark.parametrize("equal", [True, False], ids=["equal", "different"])
@pytest.mark.parametrize("name", DOUBLED)
async def test_az_08_a_doubled_parameter_is_an_invalid_request(
    shared_world: WatchedWorld, name: str, equal: bool, place: str
) -> None:
    asked = asking()
    first = asked.parameters.get(name, "first")
    pairs = [*((name, first) for _ in range(name not in asked.parameters)), *asked.parameters.items()]
    second = (name, first if equal else DOUBLED[name])

    async with leaves_nothing(shared_world, refused=1), shared_world.net.browser() as http:
        response = await doubled(http, pairs, second, place)

    if name in {"client_id", "redirect_uri"}:
        assert_local(response)
    else:
        answer = told(response)
        assert answer["error"] == "invalid_request"
        assert answer.get("state") == (None if name == "state" else asked.state)


async def doubled(
    http: httpx.AsyncClient, pairs: list[tuple[str, str]], second: tuple[str, str], place: str
) -> httpx.Response:
    url, form = f"{AT.issuer}/authorize", {"content-type": "application/x-www-form-urlencoded"}
    if place == "query":
        return await http.get(f"{url}?{urlencode([*pairs, second])}")
    if place == "body":
        return await http.post(url, content=urlencode([*pairs, second]), headers=form)
    return await http.post(f"{url}?{urlencode([second])}", content=urlencode(pairs), headers=form)


@SHARED
@pytest.mark.attack("AZ-10")
async def test_az_10_every_redirect_after_a_form_is_a_303(shared_world: WatchedWorld) -> None:
    seen, browser, asked = len(shared_world.answers), shared_world.browser(), asking(prompt="consent")

    answer = await browser.sign_in(asked, "hong_kong", "chan-siu-ming")
    await shared_world.token(asked, answer["code"])
    await browser.press(await browser.open(f"{AT.issuer}/logout"), "confirm-sign-out")

    posts = [a for a in shared_world.answers[seen:] if a.method == "POST" and a.header("location") is not None]
    assert {a.path.rpartition("/")[2] for a in posts} >= {"provider", "consent"}
    assert {a.status for a in posts} == {303}
    assert not [a for a in shared_world.answers if a.status in {301, 307, 308}]


STATES = {
    "one": "s",
    "128": "x" * 128,
    "2048": "y" * 2048,
    "reserved": "a b&c=d#e%2F+/?;:@,$!*'()\"<script>\\^`{|}~",
    "characters": "陳小明 é 😀 \u202e",
}


@SHARED
@pytest.mark.attack("AZ-11")
@pytest.mark.spec("RFC 9207 §2")
@pytest.mark.parametrize("state", STATES.values(), ids=STATES)
@pytest.mark.parametrize("outcome", ["success", "access_denied", "login_required", "invalid_scope"])
async def test_az_11_state_and_iss_come_back_whatever_happened(
    shared_world: WatchedWorld, outcome: str, state: str
) -> None:
    browser = shared_world.browser()

    await reach(browser, outcome, state)

    assert browser.caught is not None
    assert browser.answer.get("error", "success") == outcome
    assert browser.answer["state"] == state
    assert browser.answer["iss"] == AT.issuer
    assert browser.caught.isascii()
    assert not set(" \"<>\\^`{|}'") & set(browser.caught)
    assert "#" not in browser.caught


async def reach(browser: Browser, outcome: str, state: str) -> None:
    if outcome == "login_required":
        await browser.open(asking(state=state, prompt="none").url)
    elif outcome == "invalid_scope":
        await browser.open(asking(state=state, scope="profile").url)
    else:
        asked = asking(state=state, scope="openid", prompt="consent")
        page = await browser.prove(await browser.to_provider(asked, "hong_kong"), STUDENT)
        await browser.press(page, "agree" if outcome == "success" else "refuse")


@SHARED
@pytest.mark.attack("AZ-11")
@pytest.mark.parametrize("state", ["z" * 2049, "a\r\nSet-Cookie: x=1", "a\x00b", "a\u2028b"])
async def test_az_11_an_unfit_state_is_refused_and_not_reflected(shared_world: WatchedWorld, state: str) -> None:
    async with leaves_nothing(shared_world, refused=1):
        response = await send(shared_world, asking(state=state))

    assert told(response)["error"] == "invalid_request"
    assert told(response)["iss"] == AT.issuer
    assert "state" not in told(response)
    assert "set-cookie" not in response.headers


NO_MODES = ["fragment", "fragment.jwt", "web_message", "okp", "unknown", "QUERY", "query form_post"]
MODES = ["form_post", "form_post.jwt", "query.jwt", "jwt", *NO_MODES]


@SHARED
@pytest.mark.attack("AZ-12")
@pytest.mark.parametrize("mode", NO_MODES)
async def test_az_12_another_response_mode_is_an_invalid_request_told_in_the_query(
    shared_world: WatchedWorld, mode: str
) -> None:
    async with leaves_nothing(shared_world, refused=1):
        response = await send(shared_world, asking(response_mode=mode))

    assert response.status_code == 303
    assert told(response)["error"] == "invalid_request"


@SHARED
@pytest.mark.attack("AZ-12")
@pytest.mark.parametrize("mode", ["query", *MODES])
async def test_az_12_no_response_mode_reaches_an_unregistered_address(shared_world: WatchedWorld, mode: str) -> None:
    async with leaves_nothing(shared_world, refused=1):
        response = await send(shared_world, asking(response_mode=mode, redirect_uri="https://evil.test/cb"))

    assert_local(response)


@SHARED
@pytest.mark.attack("AZ-12")
async def test_az_12_discovery_lists_exactly_the_modes_that_work(shared_world: WatchedWorld) -> None:
    async with shared_world.net.browser() as http:
        discovery = (await http.get(f"{AT.issuer}/.well-known/openid-configuration")).json()
    modes = discovery["response_modes_supported"]
    responses = [await send(shared_world, asking(response_mode=mode)) for mode in modes]

    assert set(modes) == {"query", "form_post", "jwt", "query.jwt", "form_post.jwt"}
    assert all(response.headers["location"].startswith("/sign-in/") for response in responses)
