"""Group MP, reverse look-up: from a number to its permit leads one way, and it takes two operators (MP-03)."""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import httpx
import pytest

from gateway.admin.records import Role
from gateway.web.operator_routes import OPERATIONS
from tests.attacks.watch import WatchedWorld, audit_trail
from tests.world import AT, OPERATORS, asking

pytestmark = pytest.mark.attack("MP-03")
PERSON, PERMIT = "chan-siu-ming", "H00000018"
PURPOSE = "court order 17 of 2026"
REVERSE = [operation for operation in OPERATIONS if operation.path.startswith(("/v1/reveals", "/v1/map", "/v1/people"))]


@dataclass(slots=True)
class Case:
    """Somebody on record, with a relying party's token, and two keepers and a reader at the operator API."""

    world: WatchedWorld
    http: httpx.AsyncClient
    number: str
    token: str
    cookies: httpx.Cookies
    kim: dict[str, str]
    ken: dict[str, str]
    rita: dict[str, str]

    async def post(self, path: str, by: dict[str, str], **body: Any) -> httpx.Response:
        return await self.http.post(path, json=body, headers=by)

    async def ask(self) -> str:
        response = await self.post("/v1/reveals", self.kim, number=self.number, purpose=PURPOSE)
        assert response.status_code == 200
        return f"/v1/reveals/{response.json()['id']}"

    async def told(self) -> list[tuple[str, str, str]]:
        """What the audit trail tells of reveals: action, operator, why or for what."""
        events = [event for event in await audit_trail(self.world) if event["action"].startswith("reveal.")]
        return [
            (
                event["action"],
                event["details"].get("operator", ""),
                event["details"].get("why") or event["details"].get("purpose") or event["details"].get("reason", ""),
            )
            for event in events
        ]


@pytest.fixture
async def case(world: WatchedWorld) -> AsyncIterator[Case]:
    asked, browser = asking(), world.browser()
    answer = await browser.sign_in(asked, "hong_kong", PERSON)
    tokens = (await world.token(asked, answer["code"])).json()
    number = (await world.claims(asked, tokens))["gba_cn_id"]["value"]
    async with world.operator_api() as http:
        roles = (("kim", Role.KEEPER), ("ken", Role.KEEPER), ("rita", Role.READER))
        keys = [await world.operator(name, role) for name, role in roles]
        yield Case(world, http, number, tokens["access_token"], browser.http.cookies, *keys)


async def test_mp_03_neither_a_relying_partys_token_nor_a_persons_session_opens_the_operators_door(case: Case) -> None:
    path = await case.ask()
    await case.post(f"{path}/approve", case.ken)
    before = len(await case.told())

    answers = []
    for operation in REVERSE:
        for credentials in ({"headers": {"authorization": f"Bearer {case.token}"}}, {"cookies": case.cookies}):
            for origin in (OPERATORS, AT.issuer):
                address = f"{origin}{operation.path.replace('/v1/reveals/{id}', path)}"
                async with case.world.net.browser() as http:
                    http.cookies.update(credentials.get("cookies", {}))
                    headers = credentials.get("headers", {})
                    answers.append((origin, await http.request(operation.method, address, headers=headers)))

    assert {(origin, answer.status_code) for origin, answer in answers} == {(OPERATORS, 401), (AT.issuer, 404)}
    assert not any(PERMIT in answer.text or case.number in answer.text for _, answer in answers)
    assert len(await case.told()) == before
    assert (await case.post(f"{path}/use", case.kim)).status_code == 200


async def test_mp_03_below_two_operators_nothing_is_shown_and_every_step_is_on_record(case: Case) -> None:
    path = await case.ask()

    refused = {
        "unapproved": await case.post(f"{path}/use", case.kim),
        "by oneself": await case.post(f"{path}/approve", case.kim),
        "by a reader": await case.post(f"{path}/approve", case.rita),
        "still unapproved": await case.post(f"{path}/use", case.kim),
    }
    approved = await case.post(f"{path}/approve", case.ken)
    refused["twice approved"] = await case.post(f"{path}/approve", case.ken)
    refused["by the approver"] = await case.post(f"{path}/use", case.ken)
    used = await case.post(f"{path}/use", case.kim)
    refused["twice"] = await case.post(f"{path}/use", case.kim)
    refused["approved again"] = await case.post(f"{path}/approve", case.ken)

    statuses = {answer.status_code for name, answer in refused.items() if name != "by a reader"}
    assert (statuses, refused["by a reader"].status_code) == ({404}, 403)
    assert not any(PERMIT in answer.text for answer in [*refused.values(), approved])
    assert used.json()["permit"].startswith(PERMIT)
    assert await case.told() == [
        ("reveal.asked", "kim", PURPOSE),
        ("reveal.refused", "kim", "not_usable"),
        ("reveal.refused", "kim", "not_approvable"),
        ("reveal.refused", "kim", "not_usable"),
        ("reveal.approved", "ken", PURPOSE),
        ("reveal.refused", "ken", "not_approvable"),
        ("reveal.refused", "ken", "not_usable"),
        ("reveal.used", "kim", PURPOSE),
        ("reveal.refused", "kim", "not_usable"),
        ("reveal.refused", "ken", "not_approvable"),
    ]


async def test_mp_03_an_approval_is_good_for_minutes_and_says_until_when(case: Case) -> None:
    path = await case.ask()
    approved = await case.post(f"{path}/approve", case.ken)
    ends_at = datetime.fromisoformat(approved.json()["ends_at"])

    minutes = (ends_at - case.world.clock.now).total_seconds() / 60
    case.world.clock.now = ends_at
    late = await case.post(f"{path}/use", case.kim)
    revived = await case.post(f"{path}/approve", case.ken)
    case.world.clock.advance(minutes=-1)
    in_time = await case.post(f"{path}/use", case.kim)

    assert minutes == 15
    assert (late.status_code, revived.status_code, in_time.status_code) == (404, 404, 200)


async def test_mp_03_a_request_that_waited_a_day_is_over(case: Case) -> None:
    path = await case.ask()
    case.world.clock.advance(hours=24)

    late = await case.post(f"{path}/approve", case.ken)

    assert late.status_code == 404
    assert (await case.post(f"{path}/use", case.kim)).status_code == 404


async def test_mp_03_an_operator_may_ask_five_times_a_day(case: Case) -> None:
    for _ in range(5):
        await case.ask()

    sixth = await case.post("/v1/reveals", case.kim, number=case.number, purpose=PURPOSE)
    others = await case.post("/v1/reveals", case.ken, number=case.number, purpose=PURPOSE)
    case.world.clock.advance(hours=24, seconds=1)
    tomorrow = await case.post("/v1/reveals", case.kim, number=case.number, purpose=PURPOSE)

    assert (sixth.status_code, others.status_code, tomorrow.status_code) == (429, 200, 200)
    assert ("reveal.refused", "kim", "too_many") in await case.told()


@pytest.mark.parametrize("purpose", [None, "", "   ", "about H00000018", "x" * 201, "two\nlines"])
async def test_mp_03_without_a_purpose_that_can_be_read_nothing_is_asked(case: Case, purpose: str | None) -> None:
    body = {"number": case.number} | ({} if purpose is None else {"purpose": purpose})

    answer = await case.post("/v1/reveals", case.kim, **body)

    assert answer.status_code == 400
    assert await case.told() == []
    assert case.number not in json.dumps(answer.json())
