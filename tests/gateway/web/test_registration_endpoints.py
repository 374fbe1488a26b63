"""Dynamic registration over HTTP: what a relying party's server sees, and that the registered client then works."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from gateway.admin import initial_access, keyring
from gateway.admin.acts import Act
from gateway.admin.initial_access import Terms
from tests.asking import SHOP, asking
from tests.world import World

METADATA: dict[str, Any] = {"client_name": "Ferry", "redirect_uris": [f"{SHOP}/ferry/callback"]}


@pytest.fixture
async def http(world: World) -> AsyncIterator[httpx.AsyncClient]:
    async with world.net.browser() as client:
        client.base_url = httpx.URL(world.issuer)
        yield client


@pytest.fixture
async def bearer(world: World) -> dict[str, str]:
    """An initial access token for three clients."""
    key = keyring.load(world.folder / "keys").client_secret_key
    terms = Terms(scopes=("openid", "profile"), purpose="travel", uses=3)
    made = await initial_access.create(
        world.stores.initial_access, "harbour-board", terms, key, Act("tests", world.clock())
    )
    return {"authorization": f"Bearer {made.token}"}


def own(told: dict[str, Any]) -> dict[str, str]:
    return {"authorization": f"Bearer {told['registration_access_token']}"}


@pytest.mark.spec("RFC 7591 §3.2.1")
async def test_a_registered_client_signs_people_in(
    world: World, http: httpx.AsyncClient, bearer: dict[str, str]
) -> None:
    response = await http.post("/register", json=METADATA, headers=bearer)
    told = response.json()

    asked = asking(told["client_id"], scope="openid profile", redirect_uri=METADATA["redirect_uris"][0])
    answer = await world.browser().sign_in(asked, "hong_kong", "chan-siu-ming")
    tokens = await world.token(asked, answer["code"], auth=(told["client_id"], told["client_secret"]))

    assert response.status_code == 201
    assert response.headers["cache-control"] == "no-store"
    assert tokens.status_code == 200, tokens.text


@pytest.mark.spec("RFC 7592 §2")
async def test_a_client_reads_replaces_and_ends_its_registration(
    http: httpx.AsyncClient, bearer: dict[str, str]
) -> None:
    told = (await http.post("/register", json=METADATA, headers=bearer)).json()
    uri = told["registration_client_uri"]

    read = await http.get(uri, headers=own(told))
    replaced = await http.put(
        uri, headers=own(told), json=METADATA | {"client_id": told["client_id"], "client_name": "Ferry, renamed"}
    )
    ended = await http.delete(uri, headers=own(told))
    afterwards = await http.get(uri, headers=own(told))

    assert (read.status_code, read.json()["client_name"]) == (200, "Ferry")
    assert (replaced.status_code, replaced.json()["client_name"]) == (200, "Ferry, renamed")
    assert (ended.status_code, ended.content) == (204, b"")
    assert afterwards.status_code == 401
    assert {answer.headers["cache-control"] for answer in (read, replaced, ended)} == {"no-store"}


@pytest.mark.parametrize("headers", [{}, {"authorization": "Basic eDp5"}, {"authorization": "Bearer " + "x" * 43}])
async def test_without_a_good_token_every_door_is_closed_in_the_same_way(
    http: httpx.AsyncClient, bearer: dict[str, str], headers: dict[str, str]
) -> None:
    told = (await http.post("/register", json=METADATA, headers=bearer)).json()

    answers = [
        await http.post("/register", json=METADATA, headers=headers),
        await http.get(told["registration_client_uri"], headers=headers),
        await http.put(told["registration_client_uri"], json=METADATA, headers=headers),
        await http.delete(told["registration_client_uri"], headers=headers),
        await http.get("/register/nobody", headers=headers),
    ]

    assert {answer.status_code for answer in answers} == {401}
    assert len({(answer.text, answer.headers["www-authenticate"]) for answer in answers}) == 1


@pytest.mark.parametrize(
    ("content", "media"),
    [
        (b"{", "application/json"),
        (b"[]", "application/json"),
        (b"redirect_uris=x", "application/x-www-form-urlencoded"),
        (b"{}", "text/plain"),
        (b'{"a": 1, "a": 2}', "application/json"),
    ],
)
async def test_a_body_that_is_not_one_json_object_is_refused(
    http: httpx.AsyncClient, bearer: dict[str, str], content: bytes, media: str
) -> None:
    response = await http.post("/register", content=content, headers=bearer | {"content-type": media})

    assert response.status_code == 400
    assert response.json()["error"] == "invalid_client_metadata"


async def test_a_body_of_more_than_64_kilobytes_is_not_read(http: httpx.AsyncClient, bearer: dict[str, str]) -> None:
    response = await http.post("/register", json={"x": "y" * 70_000}, headers=bearer)

    assert response.status_code == 413


async def test_a_query_has_no_place_here(http: httpx.AsyncClient, bearer: dict[str, str]) -> None:
    response = await http.post("/register?access_token=x", json=METADATA, headers=bearer)

    assert response.status_code == 400
    assert response.json()["error"] == "invalid_request"


async def test_what_cannot_be_registered_is_named_with_the_registries_code(
    http: httpx.AsyncClient, bearer: dict[str, str]
) -> None:
    response = await http.post("/register", json=METADATA | {"redirect_uris": ["javascript:x"]}, headers=bearer)

    assert response.status_code == 400
    assert response.json()["error"] == "invalid_redirect_uri"
    assert response.json()["error_uri"].endswith("/errors/invalid_redirect_uri")


async def test_the_endpoint_is_announced(http: httpx.AsyncClient) -> None:
    discovery = (await http.get("/.well-known/openid-configuration")).json()

    assert discovery["registration_endpoint"].endswith("/register")
