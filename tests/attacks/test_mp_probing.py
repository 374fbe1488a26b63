"""Group MP, probing: a relying party's token tells of its own subject, whatever number is named beside it (MP-01)."""

import json
import re
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from gateway.audit import AuditAction
from mapping.documents import TravelPermit
from mapping.identifier import MainlandIdentifier, check_character
from tests.attacks.watch import WatchedWorld, audit_trail, leaves_nothing
from tests.contracts.stores.desk import Desk, an_evidence
from tests.world import AT, asking

pytestmark = pytest.mark.attack("MP-01")
SHARED = pytest.mark.asyncio(loop_scope="module")
SELF = "chan-siu-ming"
KNOWN_PERMIT, UNKNOWN_PERMIT = "H71234567", "H79876543"
VERIFY = "/v1/identifiers/verify"
TOKEN_EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"

Way = Callable[[str, str], tuple[str, str, dict[str, Any]]]
"""How a number and its permit are named: method, path and the rest of a request."""


def claims_value(number: str) -> str:
    return json.dumps({"userinfo": {"gba_cn_id": {"essential": True, "value": number}}})


REFUSED: dict[str, Way] = {
    "path of userinfo": lambda number, _: ("GET", f"/userinfo/{number}", {}),
    "path of its own": lambda number, _: ("GET", f"/v1/identifiers/{number}", {}),
    "path before verify": lambda number, _: ("POST", f"/v1/identifiers/{number}/verify", {"json": {}}),
    "path of permits": lambda _, permit: ("GET", f"/v1/permits/{permit}", {}),
    "list of identifiers": lambda _, permit: ("GET", "/v1/identifiers", {"params": {"permit": permit}}),
    "verify by query": lambda number, _: ("POST", VERIFY, {"params": {"number": number}}),
    "verify by query beside a body": lambda number, _: (
        "POST",
        VERIFY,
        {"params": {"number": number}, "json": {"number": number}},
    ),
    "verify a permit": lambda _, permit: ("POST", VERIFY, {"json": {"permit": permit}}),
    "verify number and permit": lambda number, permit: ("POST", VERIFY, {"json": {"number": number, "permit": permit}}),
    "verify for a subject": lambda number, _: ("POST", VERIFY, {"json": {"number": number, "sub": "somebody"}}),
    "verify by GET": lambda number, _: ("GET", VERIFY, {"params": {"number": number}}),
    "operators' explanation": lambda _, permit: ("POST", "/v1/map/explain", {"json": {"permit": permit}}),
    "operators' history": lambda _, permit: ("POST", "/v1/map/history", {"json": {"permit": permit}}),
    "operators' reveal": lambda number, _: ("POST", "/v1/reveals", {"json": {"number": number, "purpose": "ours"}}),
    "introspection": lambda number, _: ("POST", "/introspect", {"data": {"token": number}}),
    "token exchange": lambda number, _: (
        "POST",
        "/token",
        {"data": {"grant_type": TOKEN_EXCHANGE, "client_id": "shop", "subject_token": number, "resource": number}},
    ),
}
IGNORED: dict[str, Way] = {
    "number in userinfo's query": lambda number, _: ("GET", "/userinfo", {"params": {"number": number}}),
    "permit in userinfo's query": lambda _, permit: ("GET", "/userinfo", {"params": {"permit": permit}}),
    "subject in userinfo's query": lambda _, permit: ("GET", "/userinfo", {"params": {"sub": permit}}),
    "resource in userinfo's query": lambda number, _: (
        "GET",
        "/userinfo",
        {"params": {"resource": f"urn:x:{number}"}},
    ),
    "claims in userinfo's query": lambda number, _: ("GET", "/userinfo", {"params": {"claims": claims_value(number)}}),
    "form to userinfo": lambda number, _: ("POST", "/userinfo", {"data": {"number": number}}),
    "JSON to userinfo": lambda number, _: ("POST", "/userinfo", {"json": {"number": number}}),
}


def a_number(stem: str) -> str:
    return stem + check_character(stem)


async def on_record(world: WatchedWorld) -> tuple[str, str]:
    """The number of somebody else's record, and a number like it that was never given."""
    desk = Desk(world.stores)
    subject_id = await desk.person("somebody-else")
    held = await desk.resolve(subject_id, an_evidence(TravelPermit.parse(KNOWN_PERMIT)))
    known = held.binding.number.value
    unknown = a_number(f"{known[:14]}{(int(known[14:17]) + 10) % 990 // 2 * 2 + 1:03}")
    assert MainlandIdentifier.parse(unknown, world.clock.now.date()).kind == held.binding.number.kind
    return known, unknown


async def a_token(world: WatchedWorld) -> tuple[str, str]:
    asked = asking()
    answer = await world.browser().sign_in(asked, "hong_kong", SELF)
    tokens = (await world.token(asked, answer["code"])).json()
    return tokens["access_token"], (await world.claims(asked, tokens))["gba_cn_id"]["value"]


async def send(world: WatchedWorld, token: str, method: str, path: str, request: dict[str, Any]) -> httpx.Response:
    async with world.net.browser(authorization=f"Bearer {token}") as http:
        return await http.request(method, f"{AT.issuer}{path}", **request)


def shape(response: httpx.Response) -> tuple[int, str, list[tuple[str, str]]]:
    """Everything that can be seen of an answer but the number of this very request."""
    reference = re.compile(r"[A-Za-z0-9_-]{16,}")
    headers = [(name, reference.sub("…", value)) for name, value in response.headers.items() if name != "date"]
    return response.status_code, reference.sub("…", response.text), headers


@SHARED
@pytest.mark.parametrize("way", REFUSED)
async def test_mp_01_naming_anothers_number_is_refused_in_one_shape(shared_world: WatchedWorld, way: str) -> None:
    world = shared_world
    known, unknown = await on_record(world)
    token, own = await a_token(world)

    async with leaves_nothing(world):
        answers = [
            await send(world, token, *REFUSED[way](number, permit))
            for number, permit in ((known, KNOWN_PERMIT), (unknown, UNKNOWN_PERMIT))
        ]

    assert answers[0].status_code in {400, 401, 403, 404, 405, 415}
    assert shape(answers[0]) == shape(answers[1])
    assert len(answers[0].content) == len(answers[1].content)
    assert not any(told in answers[0].text for told in (known, KNOWN_PERMIT, own))


@SHARED
@pytest.mark.parametrize("way", IGNORED)
async def test_mp_01_userinfo_answers_for_its_own_subject_whatever_else_is_named(
    shared_world: WatchedWorld, way: str
) -> None:
    world = shared_world
    known, _ = await on_record(world)
    token, own = await a_token(world)

    answer = await send(world, token, *IGNORED[way](known, KNOWN_PERMIT))

    if answer.status_code == 200:
        assert answer.json()["gba_cn_id"]["value"] == own
    else:
        assert answer.status_code in {400, 403, 404, 405, 415}
    assert not any(told in answer.text for told in (known, KNOWN_PERMIT))


@SHARED
async def test_mp_01_verify_says_no_more_of_anothers_number_than_that_it_is_not_the_subjects(
    shared_world: WatchedWorld,
) -> None:
    world = shared_world
    known, unknown = await on_record(world)
    token, own = await a_token(world)
    about = [known, unknown, KNOWN_PERMIT, UNKNOWN_PERMIT]

    answers = [await send(world, token, "POST", VERIFY, {"json": {"number": number}}) for number in [*about, own]]

    assert [answer.json()["is_subjects"] for answer in answers] == [False, False, False, False, True]
    assert shape(answers[0]) == shape(answers[1])
    assert shape(answers[2]) == shape(answers[3])
    assert answers[2].json() == {"format": "invalid", "kind": "unknown", "is_subjects": False}


@SHARED
@pytest.mark.parametrize("parameter", ["claims", "resource", "login_hint", "sub", "permit", "number", "acr_values"])
async def test_mp_01_an_authorization_request_cannot_ask_for_anothers_number(
    shared_world: WatchedWorld, parameter: str
) -> None:
    world = shared_world
    known, _ = await on_record(world)
    _, own = await a_token(world)
    value = claims_value(known) if parameter == "claims" else known
    asked = asking(**{parameter: value})

    browser = world.browser()
    page = await browser.open(asked.url)
    if browser.caught is None and "provider-hong-kong" in page.buttons:
        page = await browser.press(page, "provider-hong-kong")
        answer = await browser.go_on(await browser.prove(page, SELF), SELF)
    else:
        answer = browser.answer if browser.caught else {"error": str(page.status)}

    if "code" not in answer:
        assert answer["error"] in {"invalid_request", "invalid_target", "400"}
        return
    tokens = (await world.token(asked, answer["code"])).json()
    told = [await world.claims(asked, tokens), (await world.userinfo(tokens["access_token"])).json()]
    # A claim that is wanted with a certain value is left out when it has another (OpenID Connect Core §5.5.1).
    expected = None if parameter == "claims" else own
    assert [claims.get("gba_cn_id", {}).get("value") for claims in told] == [expected, expected]
    assert known not in json.dumps(told)


async def test_mp_01_every_try_is_counted_and_trying_on_is_stopped_for_that_grant_alone(world: WatchedWorld) -> None:
    known, unknown = await on_record(world)
    token, own = await a_token(world)
    other_token, _ = await a_token(world)
    before = len(await audit_trail(world))
    tries = [known, unknown, KNOWN_PERMIT, "x"] * 8

    answers = [await send(world, token, "POST", VERIFY, {"json": {"number": number}}) for number in tries]
    stopped = await send(world, token, "POST", VERIFY, {"json": {"number": own}})
    neighbour = await send(world, other_token, "POST", VERIFY, {"json": {"number": own}})

    assert [answer.status_code for answer in answers] == [200] * 30 + [429] * 2
    assert (stopped.status_code, neighbour.status_code) == (429, 200)
    events = [
        event for event in (await audit_trail(world))[before:] if event["action"] == AuditAction.IDENTIFIER_VERIFIED
    ]
    assert [event["details"]["answer"] for event in events] == ["not_subjects"] * 30 + ["too_many"] * 3 + ["subjects"]
    assert {event["client_id"] for event in events} == {"shop"}
    assert not any(value in json.dumps(events, default=str) for value in (known, unknown, KNOWN_PERMIT, own))
