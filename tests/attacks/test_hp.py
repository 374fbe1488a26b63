"""Group HP, heads: no header of a request moves the issuer, the scheme, the peer or a credential (G16, RFC 6750 §2)."""

import dataclasses
import inspect
from typing import Any

import httpx
import pytest
import pytest_asyncio
import uvicorn

from gateway.app import create_app
from gateway.cli import serve, serving
from gateway.config import load
from gateway.store.tries import AttemptLimits
from mock_idps.personas import PERSONAS, find
from providers.calls import Calls
from tests.attacks.codes import STUDENT, a_code, a_session, gateway_client
from tests.attacks.watch import WatchedWorld, leaves_nothing
from tests.world import AT, Browser, asking

SHARED = pytest.mark.asyncio(loop_scope="module")
ISSUER = "https://id.example.hk"
HEADERS = {
    "Host": [("host", "evil.test")],
    "Host with a path": [("host", "evil.test/admin?")],
    "X-Forwarded-Host": [("x-forwarded-host", "evil.test")],
    "X-Forwarded-Proto": [("x-forwarded-proto", "gopher")],
    "X-Forwarded-Prefix": [("x-forwarded-prefix", "/evil.test")],
    "X-Forwarded-Port": [("x-forwarded-port", "6666")],
    "Forwarded": [("forwarded", "host=evil.test;proto=gopher;for=evil.test")],
    "X-Original-URL": [("x-original-url", "/evil.test"), ("x-rewrite-url", "/evil.test")],
    "underscores": [("X_Forwarded_Host", "evil.test"), ("X_Forwarded_Proto", "gopher")],
}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def person(shared_world: WatchedWorld) -> Browser:
    """A person who gets codes without a question."""
    return await a_session(shared_world)


async def responses(world: WatchedWorld, extra: list[tuple[str, str]]) -> list[httpx.Response]:
    """One of every kind of answer the gateway has, each asked for with the extra headers."""
    asked, bad = asking(idp_hint="macao"), asking(scope="profile")
    async with gateway_client(world) as http:
        return [
            await http.get("/.well-known/openid-configuration", headers=extra),
            await http.get("/.well-known/oauth-authorization-server", headers=extra),
            await http.get("/jwks", headers=extra),
            await http.get(asked.url, headers=extra),
            await http.get(bad.url, headers=extra),
            await http.get(asking().url, headers=extra),
            await http.post("/token", data={"grant_type": "x", "client_id": "shop"}, headers=extra),
            await http.get("/userinfo", headers=extra),
            await http.get("/logout", headers=extra),
            await http.get("/signed-out", headers=extra),
            await http.get("/", headers=extra),
            await http.get("/evil", headers=extra),
        ]


def shape(response: httpx.Response) -> tuple[Any, ...]:
    """What of a response must not depend on a header: all but random values."""
    cookies = [value.partition("=")[0] + value.partition(";")[2] for value in response.headers.get_list("set-cookie")]
    location = response.headers.get("location", "")
    return response.status_code, location.partition("?")[0][:40].partition("/sign-in/")[0], sorted(cookies)


@SHARED
@pytest.mark.attack("HP-01")
@pytest.mark.parametrize("extra", HEADERS.values(), ids=HEADERS)
async def test_hp_01_no_header_moves_the_issuer_an_address_or_a_cookie(
    shared_world: WatchedWorld, extra: list[tuple[str, str]]
) -> None:
    usual = await responses(shared_world, [])

    attacked = await responses(shared_world, extra)

    assert [shape(response) for response in attacked] == [shape(response) for response in usual]
    assert [response.content for response in attacked[:3]] == [response.content for response in usual[:3]]
    for response in attacked:
        everything = response.text + str(response.headers.raw)
        assert not [word for word in ("evil.test", "gopher", "6666") if word in everything]


@SHARED
@pytest.mark.attack("HP-01")
async def test_hp_01_two_hosts_are_refused(shared_world: WatchedWorld) -> None:
    two = [("host", "127.0.0.1:8000"), ("host", "evil.test")]

    answered = await responses(shared_world, two)

    assert {response.status_code for response in answered} == {400}
    assert not [response for response in answered if "location" in response.headers or "evil" in response.text]


@pytest.mark.attack("HP-01")
async def test_hp_01_a_whole_sign_in_under_foreign_headers_is_of_our_issuer(world: WatchedWorld) -> None:
    lies = {"x-forwarded-host": "evil.test", "x-forwarded-proto": "gopher", "forwarded": "host=evil.test"}
    browser, asked = Browser(world.net.browser(**lies)), asking()

    answer = await browser.sign_in(asked, "hong_kong", STUDENT)
    claims = await world.claims(asked, (await world.token(asked, answer["code"])).json())

    assert (answer["iss"], claims["iss"]) == (AT.issuer, AT.issuer)
    assert not [response for response in browser.visited if "evil.test" in response.text + str(response.headers)]
    assert not [request for request in world.net.requests if "evil.test" in str(request.url)]


PEERS = [
    "203.0.113.9",
    "10.0.0.1",
    "a",
    "203.0.113.9, 10.0.0.1, a",
    "fe80::1%25eth0",
    "::ffff:127.0.0.1",
    "",
    "127.0.0.1",
]


@pytest.mark.attack("HP-02")
async def test_hp_02_a_forged_address_buys_no_further_tries(world: WatchedWorld) -> None:
    own, another = find(PERSONAS, STUDENT), find(PERSONAS, "wong-ka-yan")
    assert own is not None
    assert another is not None
    browser = world.browser()
    page = await browser.prove(await browser.to_provider(asking(), "hong_kong"), STUDENT)

    for forged in PEERS:
        browser.http.headers["x-forwarded-for"] = browser.http.headers["x-real-ip"] = forged
        page = await browser.press(page, "check-permit", permit=str(another.permit))
    after_the_wrong_ones = register_calls(world)
    page = await browser.press(page, "check-permit", permit=str(own.permit))

    assert after_the_wrong_ones == AttemptLimits().tries < len(PEERS)
    assert register_calls(world) == after_the_wrong_ones
    assert "agree" not in page.buttons


def register_calls(world: WatchedWorld) -> int:
    """How often Guangdong's register was asked."""
    return sum(str(r.url).startswith(AT.guangdong) and r.method == "POST" for r in world.net.requests)


@SHARED
@pytest.mark.attack("HP-02")
@pytest.mark.parametrize("forged", PEERS)
async def test_hp_02_an_unparsable_address_skips_nothing(shared_world: WatchedWorld, forged: str) -> None:
    extra = [("x-forwarded-for", forged), ("x-real-ip", forged), ("client-ip", forged)]

    usual, attacked = await responses(shared_world, []), await responses(shared_world, extra)

    assert [shape(response) for response in attacked] == [shape(response) for response in usual]


@pytest.mark.attack("HP-02")
@pytest.mark.parametrize(("proxies", "believed"), [((), False), (("10.0.0.7",), True)])
def test_hp_02_the_server_believes_configured_proxies_only(
    tmp_path: Any, monkeypatch: pytest.MonkeyPatch, proxies: tuple[str, ...], believed: bool
) -> None:
    ran: dict[str, Any] = {}
    listed = f"trusted_proxies = {list(proxies)}".replace("'", '"')
    path = tmp_path / "gate.toml"
    path.write_text(
        f'issuer = "{ISSUER}"\nkeys_dir = "keys"\n[server]\n{listed}\n[storage]\ndatabase_url = "sqlite:///x"\n'
    )
    monkeypatch.setenv("GATE_CONFIG", str(path))
    monkeypatch.setenv("FORWARDED_ALLOW_IPS", "*")
    monkeypatch.setattr(serving, "run", lambda reload, options: ran.update(options(reload)))

    serve.serve(path)

    assert set(ran) <= set(inspect.signature(uvicorn.Config).parameters)
    assert (ran["proxy_headers"], ran["forwarded_allow_ips"] or []) == (believed, list(proxies))
    assert ran["access_log"] is False
    assert ran["server_header"] is False


@pytest.mark.attack("HP-03")
@pytest.mark.parametrize("forwarded", ["http", None, "https,http", "gopher"])
async def test_hp_03_behind_a_proxy_that_ends_tls_everything_stays_https(
    world: WatchedWorld, forwarded: str | None
) -> None:
    settings = dataclasses.replace(load(world.folder / "gate.toml"), issuer=ISSUER)
    secured = create_app(settings, calls=Calls(world.net), clock=world.clock)
    world.net.mount("http://inside:8080", secured)
    extra = {} if forwarded is None else {"x-forwarded-proto": forwarded}

    async with secured.inner.router.lifespan_context(secured.inner), world.net.browser(**extra) as http:
        discovery = await http.get("http://inside:8080/.well-known/openid-configuration")
        away = await http.get(asking(idp_hint="macao").url.replace(AT.issuer, "http://inside:8080"))
        refused = await http.get(asking(scope="profile").url.replace(AT.issuer, "http://inside:8080"))

    assert discovery.json()["issuer"] == ISSUER
    assert "http://" not in discovery.text
    assert "max-age=" in discovery.headers["strict-transport-security"]
    assert f"redirect_uri={ISSUER.replace(':', '%3A').replace('/', '%2F')}" in away.headers["location"]
    assert all(cookie.startswith("__Host-") and "; Secure" in cookie for cookie in away.headers.get_list("set-cookie"))
    assert away.headers.get_list("set-cookie")
    assert "iss=https%3A%2F%2Fid.example.hk" in refused.headers["location"]


async def access_token(world: WatchedWorld, person: Browser) -> str:
    token: str = (await world.token(*await a_code(person))).json()["access_token"]
    return token


@SHARED
@pytest.mark.attack("HP-08")
@pytest.mark.parametrize(
    ("spelling", "status"),
    [("Bearer {}", 200), ("bearer {}", 200), ("Bearer\t{}", 400), ("Bearer {} ", 400), ("Bearer  {}", 400), ("Bearer{}", 400), ("Bearer {}, Bearer {}", 400), ("Bearer {} x", 400), ("Bearer", 400), ("Token {}", 401), ("Basic {}", 401), ("{}", 401)],
)  # fmt: skip
async def test_hp_08_a_credential_has_one_spelling(
    shared_world: WatchedWorld, person: Browser, spelling: str, status: int
) -> None:
    token = await access_token(shared_world, person)

    async with gateway_client(shared_world) as http:
        response = await http.get("/userinfo", headers=[("authorization", spelling.replace("{}", token))])

    assert response.status_code == status
    assert ("www-authenticate" in response.headers) == (status != 200)


@SHARED
@pytest.mark.attack("HP-08")
@pytest.mark.parametrize("path", ["/userinfo", "/token"])
async def test_hp_08_two_authorization_headers_are_refused(
    shared_world: WatchedWorld, person: Browser, path: str
) -> None:
    token = await access_token(shared_world, person)
    twice = [("authorization", f"Bearer {token}"), ("authorization", f"Bearer {token}")]

    async with leaves_nothing(shared_world), gateway_client(shared_world) as http:
        response = await http.post(path, headers=twice, data={"client_id": "shop"})

    assert response.status_code == 400


@SHARED
@pytest.mark.attack("HP-08")
async def test_hp_08_a_token_in_the_body_is_no_credential(shared_world: WatchedWorld, person: Browser) -> None:
    token = await access_token(shared_world, person)

    async with gateway_client(shared_world) as http:
        response = await http.post("/userinfo", data={"access_token": token})

    assert response.status_code in {400, 401}


@SHARED
@pytest.mark.attack("HP-08")
@pytest.mark.spec("RFC 6750 §2")
async def test_hp_08_a_token_in_header_and_body_is_refused(shared_world: WatchedWorld, person: Browser) -> None:
    token = await access_token(shared_world, person)

    async with gateway_client(shared_world) as http:
        response = await http.post(
            "/userinfo", data={"access_token": token}, headers={"authorization": f"Bearer {token}"}
        )

    assert response.status_code == 400


@SHARED
@pytest.mark.attack("HP-08")
async def test_hp_08_a_header_with_underscores_is_not_the_one_with_dashes(
    shared_world: WatchedWorld, person: Browser
) -> None:
    token = await access_token(shared_world, person)
    scope_header = [("authorization_", f"Bearer {token}"), ("Content_Length", "7"), ("Transfer_Encoding", "chunked")]

    async with gateway_client(shared_world) as http:
        response = await http.get("/userinfo", headers=scope_header)

    assert response.status_code == 401


@SHARED
@pytest.mark.attack("HP-08")
async def test_hp_08_two_kinds_of_client_credentials_are_refused(shared_world: WatchedWorld, person: Browser) -> None:
    asked, code = await a_code(person)

    async with leaves_nothing(shared_world, refused=1):
        response = await shared_world.token(asked, code, auth=("shop", "x"), client_secret="x", client_id="shop")

    assert (response.status_code, response.json()["error"]) == (400, "invalid_request")


@SHARED
@pytest.mark.attack("HP-09")
@pytest.mark.spec("RFC 9700 §4.3.2")
@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("header", [True, False], ids=["beside the header", "alone"])
async def test_hp_09_an_access_token_in_the_query_is_refused_and_not_logged(
    shared_world: WatchedWorld, person: Browser, caplog: pytest.LogCaptureFixture, method: str, header: bool
) -> None:
    token = await access_token(shared_world, person)
    headers = {"authorization": f"Bearer {token}"} if header else {}

    async with gateway_client(shared_world) as http:
        response = await http.request(method, f"/userinfo?access_token={token}", headers=headers)

    assert response.status_code == 400
    assert response.json()["error"] == "invalid_request"
    assert token not in caplog.text
    assert token not in response.text
