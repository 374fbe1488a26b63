"""Group TN, neighbours: tokens stay with their audience, and a client asks for what is its own (TN-01, TN-02)."""

from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlencode

import httpx
import pytest
import pytest_asyncio

from gateway.oidc.names import GrantType
from tests.asking import AT, Asked
from tests.attacks.authorize_requests import told
from tests.attacks.staying import STAYING, Staying, a_guess, a_party, a_public_party, error_in, is_live, stay
from tests.attacks.watch import WatchedWorld, leaves_nothing
from tests.relying_party import RelyingParty

pytestmark = pytest.mark.asyncio(loop_scope="module")
ROOMS: Final = "https://rooms.example"
"""A resource server's name."""
TRAINS: Final = "https://trains.example"
INACTIVE: Final = {"active": False}


@dataclass(frozen=True, slots=True)
class Neighbours:
    """Two relying parties with a person at each, and two resource servers."""

    one: Staying
    other: Staying
    rooms: RelyingParty
    trains: RelyingParty
    for_rooms: str
    """An access token of the first relying party for the first resource server."""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def near(shared_world: WatchedWorld) -> Neighbours:
    """Made once for the whole file."""
    one = await stay(await a_party(shared_world, "one", resources=(ROOMS,)), resource=ROOMS)
    other = await stay(await a_party(shared_world, "other"))
    rooms, trains = [
        await a_party(shared_world, name, redirect_uris=(), grant_types=(), scopes=("openid",), serves=serves)
        for name, serves in (("rooms", ROOMS), ("trains", TRAINS))
    ]
    return Neighbours(one, other, rooms, trains, for_rooms=one.access_token)


async def introspected(asker: RelyingParty, token: str) -> dict[str, Any]:
    response = await asker.post("/introspect", {"token": token})
    assert response.status_code == 200, response.text
    facts: dict[str, Any] = response.json()
    return facts


# -------------------------------------------------------------------------------------------- audience (TN-01)
@pytest.mark.attack("TN-01")
@pytest.mark.spec("RFC 9068 §4")
async def test_tn_01_a_token_for_a_resource_server_does_not_open_userinfo(near: Neighbours) -> None:
    answer = await near.one.party.userinfo(near.for_rooms)

    assert answer.status_code == 401
    assert 'error="invalid_token"' in answer.headers["www-authenticate"]


@pytest.mark.attack("TN-01")
async def test_tn_01_a_token_is_known_to_its_resource_server_and_its_client_and_to_nobody_else(
    near: Neighbours,
) -> None:
    told_to = {
        party.client.client_id: await introspected(party, near.for_rooms)
        for party in (near.rooms, near.trains, near.one.party, near.other.party)
    }

    assert (told_to["rooms"]["active"], told_to["rooms"]["aud"], told_to["rooms"]["client_id"]) == (True, ROOMS, "one")
    assert told_to["one"]["active"] is True
    assert told_to["trains"] == told_to["other"] == INACTIVE


@pytest.mark.attack("TN-01", "TN-04")
async def test_tn_01_strangers_learn_as_much_of_a_token_as_of_garbage(near: Neighbours) -> None:
    mine = (near.one.refresh_token, near.one.id_token, a_guess(), "x")

    answers = [await near.other.party.post("/introspect", {"token": token}) for token in mine]

    assert [answer.json() for answer in answers] == [INACTIVE] * len(mine)
    assert len({answer.content for answer in answers}) == 1


@pytest.mark.attack("TN-01")
async def test_tn_01_who_cannot_prove_who_they_are_may_not_ask_at_all(
    shared_world: WatchedWorld, near: Neighbours
) -> None:
    phone = await a_public_party(shared_world, "phone-asking")

    answer = await phone.post("/introspect", {"token": near.for_rooms})

    assert error_in(answer) == (401, "invalid_client")


@pytest.mark.attack("TN-01")
@pytest.mark.parametrize("kind", ["id_token", "refresh_token"])
async def test_tn_01_what_is_no_access_token_opens_nothing(near: Neighbours, kind: str) -> None:
    assert not await is_live(near.other.party, near.other.tokens[kind])


@pytest.mark.attack("TN-01")
async def test_tn_01_a_refresh_token_and_a_code_stay_with_their_client(near: Neighbours) -> None:
    asked = near.other.party.asking(scope=STAYING)
    await near.other.browser.open(asked.url)
    code = near.other.browser.answer["code"]

    answers = [
        await near.one.party.refresh(near.other.refresh_token),
        await near.one.party.redeem(asked, code),
    ]

    assert [error_in(answer) for answer in answers] == [(400, "invalid_grant")] * 2
    assert (await near.other.party.refresh(near.other.refresh_token)).status_code == 200


@pytest.mark.attack("TN-01")
@pytest.mark.spec("RP-Initiated Logout 1.0 §2")
async def test_tn_01_an_id_token_of_another_client_signs_nobody_out(near: Neighbours) -> None:
    query = urlencode({"id_token_hint": near.other.id_token, "client_id": "one"})

    page = await near.other.browser.open(f"{AT.issuer}/logout?{query}")

    assert page.status == 400
    assert near.other.browser.caught is None
    assert await is_live(near.other.party, near.other.access_token)


@pytest.mark.attack("TN-01")
@pytest.mark.spec("OpenID Connect Core §3.1.2.1")
async def test_tn_01_an_id_token_of_another_client_is_no_hint(near: Neighbours) -> None:
    asked = near.one.party.asking(scope="openid", prompt="none", id_token_hint=near.other.id_token)

    await near.one.browser.open(asked.url)

    assert "code" not in near.one.browser.answer
    assert near.one.browser.answer["error"] == "invalid_request"


@pytest.mark.attack("TN-01")
@pytest.mark.parametrize("resource", [TRAINS, "https://unheard-of.example", AT.issuer + "/userinfo"])
async def test_tn_01_a_token_for_a_resource_that_is_not_the_clients_is_refused(
    shared_world: WatchedWorld, near: Neighbours, resource: str
) -> None:
    at_refresh = await near.one.party.refresh(near.one.refresh_token, form={"resource": resource})
    response = await send(shared_world, near.one.party.asking(scope="openid", resource=resource))

    assert error_in(at_refresh) == (400, "invalid_target")
    assert told(response)["error"] == "invalid_target"


async def send(world: WatchedWorld, asked: Asked) -> httpx.Response:
    async with world.net.browser() as http:
        return await http.get(asked.url)


# ------------------------------------------------------------------------------------- scopes and grants (TN-02)
@pytest.mark.attack("TN-02")
@pytest.mark.parametrize("scope", ["openid cn_id", "openid profile cn_doc", "openid organisation"])
async def test_tn_02_a_scope_that_is_not_the_clients_is_refused_at_every_door(
    shared_world: WatchedWorld, scope: str
) -> None:
    name = f"modest-{scope.replace(' ', '-')}"
    party = await a_party(shared_world, name, scopes=("openid", "profile", "offline_access"))
    asked = party.asking(scope=scope)

    async with leaves_nothing(shared_world, refused=2):
        response = await send(shared_world, asked)
        pushed = await party.push(asked)

    assert told(response)["error"] == "invalid_scope"
    assert told(response)["state"] == asked.state
    assert error_in(pushed) == (400, "invalid_scope")


@pytest.mark.attack("TN-02", "PR-03")
async def test_tn_02_a_scope_nobody_knows_is_passed_over_and_brings_nothing(shared_world: WatchedWorld) -> None:
    who = await stay(await a_party(shared_world, "hopeful"), scope="openid admin gba:everything")

    assert who.tokens["scope"] == "openid"
    assert set((await who.party.userinfo(who.access_token)).json()) == {"sub"}


@pytest.mark.attack("TN-02")
@pytest.mark.parametrize(
    "grant_type",
    [
        "password",
        "implicit",
        "urn:ietf:params:oauth:grant-type:jwt-bearer",
        "unheard-of",
        "openid",
    ],
)
async def test_tn_02_a_grant_that_is_not_offered_gives_nothing(
    shared_world: WatchedWorld, near: Neighbours, grant_type: str
) -> None:
    form = {"grant_type": grant_type, "scope": "openid profile cn_id", "username": "x", "password": "y"}

    async with leaves_nothing(shared_world, refused=1):
        answer = await near.one.party.post("/token", form)

    assert error_in(answer) == (400, "unsupported_grant_type")


@pytest.mark.attack("TN-02")
@pytest.mark.parametrize("grant", [grant for grant in GrantType if grant is not GrantType.AUTHORIZATION_CODE])
async def test_tn_02_a_grant_that_was_not_given_to_the_client_is_refused(
    shared_world: WatchedWorld, near: Neighbours, grant: GrantType
) -> None:
    name = f"code-only-{list(GrantType).index(grant)}"
    party = await a_party(shared_world, name, grant_types=(GrantType.AUTHORIZATION_CODE,))
    tokens = ("refresh_token", "device_code", "auth_req_id", "subject_token")

    async with leaves_nothing(shared_world, refused=1):
        answer = await party.post("/token", {"grant_type": grant.value} | dict.fromkeys(tokens, near.one.refresh_token))

    assert error_in(answer) == (400, "unauthorized_client")


@pytest.mark.attack("TN-02")
@pytest.mark.parametrize("path", ["/device_authorization", "/bc-authorize"])
async def test_tn_02_a_client_without_the_grant_cannot_begin_a_request_of_another_place(
    shared_world: WatchedWorld, near: Neighbours, path: str
) -> None:
    async with leaves_nothing(shared_world, refused=1):
        answer = await near.one.party.post(path, {"scope": "openid profile", "login_hint": "somebody"})

    assert error_in(answer) == (400, "unauthorized_client")


@pytest.mark.attack("TN-02")
async def test_tn_02_a_device_gets_no_scope_that_is_not_the_clients(shared_world: WatchedWorld) -> None:
    kiosk = await a_public_party(
        shared_world, "kiosk", redirect_uris=(), grant_types=(GrantType.DEVICE_CODE,), scopes=("openid",)
    )

    answer = await kiosk.post("/device_authorization", {"scope": "openid profile cn_id"})

    assert error_in(answer) == (400, "invalid_scope")


@pytest.mark.attack("TN-02")
async def test_tn_02_a_resource_server_signs_nobody_in(shared_world: WatchedWorld, near: Neighbours) -> None:
    asked = near.one.party.asking(scope="openid")
    asked.parameters["client_id"] = near.rooms.client.client_id

    response = await send(shared_world, asked)

    assert response.status_code == 400
    assert "location" not in response.headers
