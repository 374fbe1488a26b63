"""Group AZ, addresses: where the authorization endpoint sends people, and where never (G01, RFC 9700 §4.1)."""

import dataclasses
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import func, select

from gateway.admin import clients
from gateway.admin.acts import Act
from gateway.admin.clients import ClientOffice
from gateway.oidc.model import Client
from gateway.oidc.names import ClientAuthMethod, ErrorCode
from gateway.oidc.registration import MetadataError
from gateway.store.sql import tables
from tests.attacks.authorize_requests import assert_local, send
from tests.attacks.watch import WatchedWorld, leaves_nothing
from tests.world import AT, NOW, SHOP, a_client, asking

SECRET = {"token_endpoint_auth_method": ClientAuthMethod.BASIC}
CB, CB_QUERY = "https://rp-a.example/cb", "https://rp-q.example/cb?x=1&y=2"
STUDENT = "chan-siu-ming"
SHARED = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def stage(shared_world: WatchedWorld) -> WatchedWorld:
    """RP-A (confidential, one address), RP-Q (with a query), RP-B (two addresses), RP-N (native)."""
    await shared_world.register(
        a_client("rp-a", redirect_uris=(CB,), post_logout_redirect_uris=(), **SECRET),
        a_client("rp-q", redirect_uris=(CB_QUERY,), post_logout_redirect_uris=()),
        a_client("rp-b", redirect_uris=("https://rp-b.example/1", "https://rp-b.example/2"), **SECRET),
        a_client("rp-n", redirect_uris=("http://127.0.0.1/cb",)),
        a_client("rp-n6", redirect_uris=("http://[::1]/cb",)),
    )
    return shared_world


@SHARED
@pytest.mark.attack("AZ-01")
@pytest.mark.parametrize("path", ["/cb/../evil", "/cb/..;/evil", "/cb/%2e%2e/evil", "/cb//", "/./cb"])
async def test_az_01_path_traversal_in_redirect_uri_ends_on_a_local_page(stage: WatchedWorld, path: str) -> None:
    async with leaves_nothing(stage, refused=1):
        response = await send(stage, asking("rp-a", redirect_uri=f"https://rp-a.example{path}"))

    assert_local(response)


@SHARED
@pytest.mark.attack("AZ-01")
async def test_az_01_a_pushed_request_is_no_way_around_the_registered_address(stage: WatchedWorld) -> None:
    async with stage.net.browser() as http:
        pushed = await http.post(f"{AT.issuer}/par", data=asking(redirect_uri=f"{CB}/../evil").parameters)

    handle = {"request_uri": "urn:ietf:params:oauth:request_uri:abc"}
    unknown = await send(stage, asking("rp-a", redirect_uri=CB, **handle))
    astray = await send(stage, asking("rp-a", redirect_uri=f"{CB}/../evil", **handle))

    assert (pushed.status_code, pushed.json()["error"]) == (400, "invalid_request")
    assert "request_uri" not in pushed.json()
    assert_local(unknown)
    assert_local(astray)


@SHARED
@pytest.mark.attack("AZ-02")
@pytest.mark.parametrize(
    "uri",
    ["https://rp-a.example@evil.test/cb", "https://rp-a.example:x@y@evil.test/cb", "https://@rp-a.example/cb"],
)
async def test_az_02_user_info_is_refused_in_requests_and_at_registration(stage: WatchedWorld, uri: str) -> None:
    async with leaves_nothing(stage, refused=1):
        response = await send(stage, asking("rp-a", redirect_uri=uri))
    code = await registration_refused(stage, redirect_uris=(uri,))

    assert_local(response)
    assert code is ErrorCode.INVALID_REDIRECT_URI


@SHARED
@pytest.mark.attack("AZ-03")
@pytest.mark.parametrize(
    "uri",
    [
        "https://rp-a.example.evil.test/cb",
        "https://rp-aXexample/cb",
        "https://evil.test/rp-a.example/cb",
        "https://rp-a.example.evil.test",
        "https://rp-a.example/cbx",
        "https://rp-a.example/c",
        "https://rp-a.example/.*",
    ],
)
async def test_az_03_look_alikes_of_the_host_are_refused(stage: WatchedWorld, uri: str) -> None:
    async with leaves_nothing(stage, refused=1):
        response = await send(stage, asking("rp-a", redirect_uri=uri))

    assert_local(response)


@SHARED
@pytest.mark.attack("AZ-04")
@pytest.mark.parametrize(
    "uri",
    [
        "HTTPS://rp-q.example/cb?x=1&y=2",
        "https://RP-Q.example/cb?x=1&y=2",
        "https://rp-q.example/CB?x=1&y=2",
        "https://rp-q.example:443/cb?x=1&y=2",
        "https://rp-q.example/cb/?x=1&y=2",
        "https://rp-q.example/cb?x=1&y=2/",
        "https://rp-q.example/cb?x=1&y=2&z=3",
        "https://rp-q.example/cb?x=1",
        "https://rp-q.example/cb",
        "https://rp-q.example/cb?y=2&x=1",
        "https://rp-q.example/cb?x=1&y=2#f",
        "https://rp-q.example/cb?x=1&y=2#",
        "https://rp-q.example/%63b?x=1&y=2",
        "https://rp-q.example%252Fcb?x=1&y=2",
        "https://rp-q.example/cb?x=1&y=2 ",
        " https://rp-q.example/cb?x=1&y=2",
        "https://rp-q.example\\cb?x=1&y=2",
    ],
)
async def test_az_04_a_nearly_equal_address_is_another_address(stage: WatchedWorld, uri: str) -> None:
    async with leaves_nothing(stage, refused=1):
        response = await send(stage, asking("rp-q", redirect_uri=uri))

    assert_local(response)


@SHARED
@pytest.mark.attack("AZ-04")
async def test_az_04_the_byte_equal_address_passes(stage: WatchedWorld) -> None:
    response = await send(stage, asking("rp-q", redirect_uri=CB_QUERY))
    refused = await send(stage, asking("rp-q", redirect_uri=CB_QUERY, scope="profile"))

    assert response.headers["location"].startswith("/sign-in/")
    assert refused.headers["location"].startswith(f"{CB_QUERY}&error=invalid_scope&")


@SHARED
@pytest.mark.attack("AZ-05")
@pytest.mark.spec("RFC 8252 §7.3")
@pytest.mark.parametrize(
    ("client_id", "uri"),
    [("rp-n", "http://127.0.0.1:51234/cb"), ("rp-n", "http://127.0.0.1/cb"), ("rp-n6", "http://[::1]:51234/cb")],
)
async def test_az_05_the_port_of_a_registered_loopback_address_may_differ(
    stage: WatchedWorld, client_id: str, uri: str
) -> None:
    response = await send(stage, asking(client_id, redirect_uri=uri))

    assert response.headers["location"].startswith("/sign-in/")


@SHARED
@pytest.mark.attack("AZ-05")
async def test_az_05_the_code_goes_to_the_port_that_was_asked_for(stage: WatchedWorld) -> None:
    browser = stage.browser()

    await browser.sign_in(asking("rp-n", redirect_uri=f"{SHOP}/cb"), "hong_kong", STUDENT)

    assert browser.caught is not None
    assert browser.caught.startswith(f"{SHOP}/cb?code=")


@SHARED
@pytest.mark.attack("AZ-05")
@pytest.mark.spec("RFC 8252 §8.3")
@pytest.mark.parametrize(
    ("client_id", "uri"),
    [
        ("rp-n", "http://localhost:51234/cb"),
        ("rp-n", "http://127.0.0.1.evil.test/cb"),
        ("rp-n", "http://127.1/cb"),
        ("rp-n", "http://0x7f000001/cb"),
        ("rp-n", "http://localhost:80@evil.test/cb"),
        ("rp-n", "http://127.0.0.1:80@evil.test/cb"),
        ("rp-n", "http://[::ffff:127.0.0.1]/cb"),
        ("rp-n", "http://[::1]:51234/cb"),
        ("rp-n", "http://127.0.0.1:51234/cb/x"),
        ("rp-n", "http://127.0.0.1:51234/cb?x=1"),
        ("rp-n", "http://127.0.0.1:0/cb"),
        ("rp-n", "http://127.0.0.1:70000/cb"),
        ("rp-n", "http://127.0.0.1:/cb"),
        ("rp-n", "https://127.0.0.1:51234/cb"),
        ("rp-n6", "http://[0:0:0:0:0:0:0:1]:51234/cb"),
        ("rp-a", "https://rp-a.example:8443/cb"),
    ],
)
async def test_az_05_every_other_form_of_loopback_and_every_other_port_is_refused(
    stage: WatchedWorld, client_id: str, uri: str
) -> None:
    async with leaves_nothing(stage, refused=1):
        response = await send(stage, asking(client_id, redirect_uri=uri))

    assert_local(response)


@SHARED
@pytest.mark.attack("AZ-06")
@pytest.mark.parametrize("client_id", ["rp-a", "rp-b"])
@pytest.mark.parametrize("given", [None, ""])
async def test_az_06_a_missing_redirect_uri_is_never_defaulted(
    stage: WatchedWorld, client_id: str, given: str | None
) -> None:
    async with leaves_nothing(stage, refused=1):
        response = await send(stage, asking(client_id, redirect_uri=given))

    assert_local(response)


DANGEROUS = [
    "javascript:alert(1)",
    "JaVaScRiPt:alert(1)",
    "data:text/html,x",
    "vbscript:x",
    "file:///etc/passwd",
    "blob:https://rp-a.example/x",
    " https://rp-a.example/cb",
    "\thttps://rp-a.example/cb",
    "java\nscript:alert(1)",
    "https://rp-a.example/cb\r\nx: y",
    "\x01javascript:alert(1)",
    "https://rp-a.example/cb\x00",
]


@SHARED
@pytest.mark.attack("AZ-09")
@pytest.mark.parametrize("uri", DANGEROUS)
@pytest.mark.parametrize(
    "field",
    ["redirect_uris", "post_logout_redirect_uris", "client_uri", "policy_uri", "tos_uri", "logo_uri", "jwks_uri"],
)
async def test_az_09_a_dangerous_address_cannot_be_registered(stage: WatchedWorld, field: str, uri: str) -> None:
    code = await registration_refused(stage, **{field: (uri,) if field.endswith("s") else uri})

    is_redirect = field == "redirect_uris"
    assert code is (ErrorCode.INVALID_REDIRECT_URI if is_redirect else ErrorCode.INVALID_CLIENT_METADATA)


@SHARED
@pytest.mark.attack("AZ-09")
async def test_az_09_nobody_registers_anything_without_a_token_of_an_operator(stage: WatchedWorld) -> None:
    async with leaves_nothing(stage, refused=0), stage.net.browser() as http:
        response = await http.post(f"{AT.issuer}/register", json={"redirect_uris": ["javascript:alert(1)"]})

    assert "initiate_login_uri" not in {field.name for field in dataclasses.fields(Client)}
    assert response.status_code == 401
    assert response.headers["www-authenticate"] == "Bearer"


async def registration_refused(world: WatchedWorld, **changes: Any) -> ErrorCode:
    """Try to register a client; it must be refused and leave no row."""
    count = select(func.count()).select_from(tables.clients)
    before = await world.stores.database.read(lambda connection: connection.execute(count).scalar_one())
    office = ClientOffice(world.stores.registry, world.stores.clients, bytes(32))
    with pytest.raises(MetadataError) as refused:
        await clients.create(office, a_client("rp-x", **changes), Act("operator", NOW))
    assert await world.stores.database.read(lambda connection: connection.execute(count).scalar_one()) == before
    return refused.value.code
