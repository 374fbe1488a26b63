"""Group RO, pushed requests: one sign-in each, in their time, for their client, unchangeable (RO-02 to RO-05, RO-07)."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from sqlalchemy import Connection, func, select

from gateway.config import Limits
from gateway.oidc.names import ClientAuthMethod
from gateway.store.sql.tables import pushed_requests
from tests.asking import AT, RP, Asked
from tests.attacks.authorize_requests import assert_local, send
from tests.attacks.places import assertion_form, json_verdict
from tests.attacks.watch import WatchedWorld, audit_trail, leaves_nothing, watched
from tests.person_browser import Browser
from tests.relying_party import RelyingParty
from tests.world import a_client, a_world

PERSON: Final = "chan-siu-ming"
LIFETIME: Final = 90
MOST: Final = 12


async def a_party(world: WatchedWorld, client_id: str = "server", **changes: Any) -> RelyingParty:
    """A client that signs and may push."""
    defaults: dict[str, Any] = {
        "token_endpoint_auth_method": ClientAuthMethod.PRIVATE_KEY_JWT,
        "redirect_uris": (f"{RP}/{client_id}/callback",),
        "post_logout_redirect_uris": (),
    }
    return await RelyingParty.register(world, a_client(client_id, **(defaults | changes)))


async def rows(world: WatchedWorld) -> int:
    """How many pushed requests are stored."""

    def ask(connection: Connection) -> int:
        count: int = connection.execute(select(func.count()).select_from(pushed_requests)).scalar_one()
        return count

    return await world.stores.database.read(ask)


# ------------------------------------------------------------------------------- reuse, age, other client (RO-02)
@pytest.mark.attack("RO-02")
@pytest.mark.spec("RFC 9126 §4")
async def test_ro_02_a_pushed_request_is_worth_nothing_after_its_sign_in(workers: WatchedWorld) -> None:
    party = await a_party(workers)
    asked = await party.pushed(party.asking())
    browser = workers.browser()
    await browser.sign_in(asked, "hong_kong", PERSON)

    again = [await send(workers, asked) for _ in range(2)]
    known = await browser.http.get(asked.url)

    for answer in (*again, known):
        assert_local(answer)


@pytest.mark.attack("RO-02")
async def test_ro_02_a_pushed_request_ends_with_its_time(world: WatchedWorld) -> None:
    party = await a_party(world)
    asked, late = [await party.pushed(party.asking()) for _ in range(2)]
    world.clock.advance(seconds=LIFETIME - 1)
    in_time = await send(world, asked)
    world.clock.advance(seconds=2)

    answer = await send(world, late)

    assert in_time.status_code == 303
    assert_local(answer)


@pytest.mark.attack("RO-02")
async def test_ro_02_nobody_else_can_use_it_and_trying_does_not_spoil_it(world: WatchedWorld) -> None:
    party, other = await a_party(world), await a_party(world, "other")
    asked = await party.pushed(party.asking())
    theirs = replace(asked, parameters={**asked.parameters, "client_id": other.client.client_id})
    nameless = replace(asked, parameters={"request_uri": asked.parameters["request_uri"]})

    async with leaves_nothing(world):
        refused = [await send(world, each) for each in (theirs, nameless)]
    answer = await world.browser().sign_in(asked, "hong_kong", PERSON)

    for each in refused:
        assert_local(each)
    assert (await party.redeem(asked, answer["code"])).status_code == 200


@pytest.mark.attack("RO-02")
async def test_ro_02_a_code_of_it_is_its_clients_alone(world: WatchedWorld) -> None:
    party, other = await a_party(world), await a_party(world, "other")
    asked = await party.pushed(party.asking())
    code = (await world.browser().sign_in(asked, "hong_kong", PERSON))["code"]

    assert json_verdict(await other.redeem(asked, code)) == (400, "invalid_grant")


@pytest.mark.attack("RO-02")
async def test_ro_02_of_two_browsers_with_the_same_request_one_gets_a_code(workers: WatchedWorld) -> None:
    party = await a_party(workers)
    asked = await party.pushed(party.asking(scope="openid profile"))
    browsers = [workers.browser() for _ in range(2)]
    pages = [
        await browser.prove(await browser.to_provider(asked, "hong_kong"), person)
        for browser, person in zip(browsers, (PERSON, "wong-ka-yan"), strict=True)
    ]

    await asyncio.gather(*(finish(browser, page) for browser, page in zip(browsers, pages, strict=True)))

    codes = [code for browser in browsers for code in code_in(browser)]
    assert len(codes) == 1


async def finish(browser: Browser, page: Any) -> None:
    """Agree, if there is something to agree to."""
    if "check-permit" in page.buttons:
        page = await browser.press(page, "check-permit", permit="H00000018")
    if "agree" in page.buttons:
        await browser.press(page, "agree")


def code_in(browser: Browser) -> list[str]:
    """The code that a browser carries home, if it does."""
    return parse_qs(urlsplit(browser.caught or "").query).get("code", [])


# ---------------------------------------------------------------------------------------- nested (RO-03)
@pytest.mark.attack("RO-03")
@pytest.mark.spec("RFC 9126 §2.1")
@pytest.mark.parametrize("address", ["urn:ietf:params:oauth:request_uri:" + "A" * 43, "https://sink.example/r", "x"])
async def test_ro_03_a_push_holds_no_request_uri(world: WatchedWorld, address: str) -> None:
    party = await a_party(world)
    asked = party.asking()

    async with leaves_nothing(world):
        as_field = await party.post("/par", {**asked.parameters, "request_uri": address})
        beside = await party.post("/par", {"request": party.request_object(asked), "request_uri": address})
        inside = await party.post("/par", {"request": party.request_object(asked, request_uri=address)})
        nested = await party.post("/par", {"request": party.request_object(asked, request=party.request_object(asked))})

    assert json_verdict(as_field) == json_verdict(beside) == (400, "invalid_request")
    assert json_verdict(inside) == json_verdict(nested) == (400, "invalid_request_object")
    assert await rows(world) == 0
    assert not [request for request in world.net.requests if "sink" in request.url.host]


# ------------------------------------------------------------------------- the front channel (RO-04, RO-05)
BESIDE: Final[Mapping[str, str]] = {
    "redirect_uri": "https://evil.example/callback",
    "scope": "openid profile cn_id cn_doc offline_access",
    "state": "outside",
    "nonce": "outside",
    "claims": '{"userinfo":{"gba_cn_id":null}}',
    "response_mode": "form_post",
    "response_type": "token",
    "prompt": "none",
    "max_age": "0",
    "acr_values": "high",
    "code_challenge": "A" * 43,
    "code_challenge_method": "plain",
    "login_hint": "somebody",
    "idp_hint": "macao",
    "provider": "macao",
    "id_token_hint": "x.y.z",
    "dpop_jkt": "A" * 43,
    "resource": "https://evil.example/",
    "request": "x.y.z",
    "unknown": "x",
}


@pytest.mark.attack("RO-04")
@pytest.mark.spec("RFC 9126 §3")
async def test_ro_04_nothing_beside_the_handle_changes_the_pushed_request(world: WatchedWorld) -> None:
    party = await a_party(world)
    asked = party.asking(scope="openid profile")
    challenge = asked.parameters["code_challenge"]
    asked = await party.pushed(asked)
    dressed = replace(asked, parameters={**asked.parameters, **BESIDE})

    answer = await world.browser().sign_in(dressed, "hong_kong", PERSON)
    tokens = (await party.redeem(asked, answer["code"])).json()

    assert answer["state"] == asked.state
    assert set(tokens["scope"].split()) <= {"openid", "profile"}
    assert "refresh_token" not in tokens
    claims = await world.id_token_claims(asked, tokens)
    assert claims["nonce"] == asked.nonce
    assert challenge != BESIDE["code_challenge"]
    assert "gba_cn_id" not in (await party.userinfo(tokens["access_token"])).json()


@pytest.mark.attack("RO-04")
async def test_ro_04_each_parameter_alone_is_ignored(world: WatchedWorld) -> None:
    party = await a_party(world)
    asked = await party.pushed(party.asking())
    plain = led_to(await send(world, asked))

    found = {
        name: led_to(await send(world, replace(asked, parameters={**asked.parameters, name: value})))
        for name, value in BESIDE.items()
    }

    assert found == dict.fromkeys(BESIDE, plain)


def led_to(answer: httpx.Response) -> tuple[int, str]:
    """Status and the kind of page that comes next; the id of the sign-in is left out."""
    return answer.status_code, answer.headers["location"].rpartition("/")[0]


@pytest.mark.attack("RO-04")
async def test_ro_04_a_state_outside_is_not_used_when_none_was_pushed(world: WatchedWorld) -> None:
    party = await a_party(world)
    asked = await party.pushed(party.asking(state=None))
    dressed = replace(asked, parameters={**asked.parameters, "state": "outside"})

    answer = await world.browser().sign_in(dressed, "hong_kong", PERSON)

    assert "state" not in answer


@pytest.mark.attack("RO-05")
@pytest.mark.spec("RFC 9126 §5")
@pytest.mark.parametrize("kind", ["registered so", "under FAPI"])
async def test_ro_05_a_client_that_must_push_is_refused_locally_with_anything_else(
    world: WatchedWorld, kind: str
) -> None:
    party = (
        await RelyingParty.fapi(world)
        if kind == "under FAPI"
        else await a_party(world, require_pushed_authorization_requests=True)
    )
    asked = party.asking()
    signed: Asked = replace(
        asked, parameters={"client_id": party.client.client_id, "request": party.request_object(asked)}
    )
    elsewhere = replace(asked, parameters={**asked.parameters, "request_uri": "https://sink.example/r"})

    async with leaves_nothing(world):
        answers = [await send(world, each) for each in (asked, signed, elsewhere)]

    for answer in answers:
        assert_local(answer)


# ---------------------------------------------------------------------------------------------- floods (RO-07)
@pytest.mark.attack("RO-07")
async def test_ro_07_one_client_may_push_so_often_and_another_is_not_touched(tmp_path: Path) -> None:
    async with a_world(tmp_path / "world", limits=Limits(pushed_requests_per_minute=MOST)) as running:
        world = watched(running)
        party, other = await a_party(world), await a_party(world, "other")

        answers = [await party.push(party.asking()) for _ in range(2 * MOST)]
        neighbour = await other.push(other.asking())
        elsewhere = await party.post("/introspect", {"token": "t" * 43})
        world.clock.advance(seconds=61)
        later = await party.push(party.asking())

    assert [answer.status_code for answer in answers] == [201] * MOST + [429] * MOST
    assert all(1 <= int(answer.headers["retry-after"]) <= 60 for answer in answers[MOST:])
    assert answers[-1].json()["error"] == "temporarily_unavailable"
    assert (neighbour.status_code, elsewhere.status_code, later.status_code) == (201, 200, 201)


@pytest.mark.attack("RO-07")
async def test_ro_07_pushes_without_proof_cost_no_row(world: WatchedWorld) -> None:
    party, stranger = await a_party(world), await a_party(world, "stranger")
    asked = party.asking()
    forms = [
        asked.parameters,
        {**asked.parameters, **assertion_form("a.b.c")},
        {**asked.parameters, **assertion_form(party.assertion(key=stranger.key))},
        {**asked.parameters, "client_secret": "x"},
        {**asked.parameters, "client_id": "nobody"},
    ]

    async with leaves_nothing(world), world.net.browser() as http:
        answers: list[httpx.Response] = [
            await http.post(f"{AT.issuer}/par", data=forms[place % len(forms)]) for place in range(50)
        ]

    assert {json_verdict(answer) for answer in answers} == {(401, "invalid_client")}
    assert await rows(world) == 0


@pytest.mark.attack("RO-07")
async def test_ro_07_a_body_at_the_limit_is_refused_and_costs_no_row(world: WatchedWorld) -> None:
    party = await a_party(world)

    one_long = await party.push(party.asking(claims="{" + " " * 60_000 + "}"))
    many = await party.post("/par", {**party.asking().parameters, **{f"p{n}": "x" * 1_200 for n in range(45)}})
    over = await party.push(party.asking(claims="x" * 70_000))

    assert json_verdict(one_long) == (400, "invalid_request")
    assert many.status_code == 201  # what nobody knows is let pass, within the limit of a body
    assert over.status_code == 413
    assert await rows(world) == 1


@pytest.mark.attack("RO-07")
async def test_ro_07_requests_that_nobody_opens_are_gone_within_their_time_and_a_tenth(world: WatchedWorld) -> None:
    party = await a_party(world)
    for _ in range(40):
        assert (await party.push(party.asking())).status_code == 201
    stored = await rows(world)

    world.clock.advance(seconds=LIFETIME * 1.1)
    await world.chores.purge()

    assert (stored, await rows(world)) == (40, 0)
    assert not [event for event in await audit_trail(world) if event["action"] == "request.refused"]
