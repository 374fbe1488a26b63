"""The operator API: every operation is refused without a key and, where it changes something, to a reader."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

import httpx
import pytest
from sqlalchemy import func, select

from gateway.admin import operators
from gateway.admin.acts import Act
from gateway.admin.records import Role
from gateway.store.sql.tables import audit
from gateway.web.operator_routes import OPERATIONS, Operation
from tests.world import AT, NOW, World, asking

PERMIT = "H00000018"
UNKNOWN = "H00009999"
REASON = "case 17, asked by the desk"


@dataclass(slots=True)
class Office:
    """The API with a reader and two keepers; one person is on record."""

    world: World
    http: httpx.AsyncClient
    reader: dict[str, str]
    keeper: dict[str, str]
    second: dict[str, str]

    async def get(self, path: str, **query: str) -> httpx.Response:
        return await self.http.get(path, params=query, headers=self.reader)

    async def post(self, path: str, by: dict[str, str] | None = None, **body: object) -> httpx.Response:
        return await self.http.post(path, json=body, headers=by or self.keeper)


@pytest.fixture
async def office(world: World) -> AsyncIterator[Office]:
    async with world.operator_api() as http:
        roles = (("rita", Role.READER), ("kim", Role.KEEPER), ("ken", Role.KEEPER))
        keys = [await world.operator(name, role) for name, role in roles]
        yield Office(world, http, *keys)


async def on_record(office: Office) -> dict[str, object]:
    """Somebody signs in and is on record; gives the record as operators see it."""
    await office.world.signed_in("hong_kong", "chan-siu-ming")
    response = await office.post("/v1/map/history", permit=PERMIT)
    record: dict[str, object] = response.json()["record"]
    return record


def concrete(operation: Operation) -> str:
    return operation.path.replace("{id}", "nobody")


# ------------------------------------------------------------------------------------------------ who may call
async def test_every_operation_is_refused_without_a_key_and_with_a_wrong_one(office: Office) -> None:
    wrong = {"authorization": "Bearer " + "x" * 43}

    for operation in OPERATIONS:
        for headers in ({}, wrong, {"authorization": "Basic eDp5"}):
            response = await office.http.request(operation.method, concrete(operation), headers=headers)
            assert response.status_code == 401, operation.path
            assert response.json() == {"error": "unauthorized", "error_description": "a valid operator key is required"}
            assert response.headers["www-authenticate"] == "Bearer"


async def test_a_key_in_a_doubled_header_or_in_the_address_is_none(office: Office) -> None:
    key = office.reader["authorization"]

    doubled = await office.http.get("/v1/switches", headers=[("authorization", key), ("authorization", key)])
    in_query = await office.http.get(f"/v1/switches?access_token={key.removeprefix('Bearer ')}")

    assert (doubled.status_code, in_query.status_code) == (400, 401)


async def test_a_reader_may_change_nothing_whether_it_exists_or_not(office: Office) -> None:
    await on_record(office)

    for operation in OPERATIONS:
        if operation.role is Role.KEEPER:
            response = await office.http.request(
                operation.method, concrete(operation), headers=office.reader, json={"permit": PERMIT}
            )
            assert response.status_code == 403, operation.path
            assert response.json()["error"] == "forbidden"


async def test_a_key_that_was_taken_back_opens_nothing(office: Office) -> None:
    registry = office.world.stores.operator_registry

    await operators.disable(registry, "rita", Act("tests", NOW))

    assert (await office.get("/v1/switches")).status_code == 401


async def test_an_operator_who_asks_too_fast_has_to_wait(office: Office) -> None:
    statuses = [(await office.get("/v1/switches")).status_code for _ in range(121)]
    response = await office.get("/v1/switches")
    other = await office.http.get("/v1/switches", headers=office.keeper)

    assert statuses == [200] * 120 + [429]
    assert (response.status_code, response.headers["retry-after"]) == (429, "60")
    assert other.status_code == 200


async def test_wrong_keys_are_on_record_and_cannot_fill_it(office: Office) -> None:
    wrong = {"authorization": "Bearer " + "x" * 43}

    for _ in range(125):
        await office.http.get("/v1/switches", headers=wrong)

    statement = select(func.count()).where(audit.c.action == "operator.refused")
    database = office.world.stores.database
    assert await database.read(lambda connection: connection.execute(statement).scalar_one()) == 120
    assert (await office.get("/v1/switches")).status_code == 200


async def test_the_public_address_serves_nothing_of_it(office: Office) -> None:
    for operation in OPERATIONS:
        async with office.world.net.browser() as http:
            response = await http.request(
                operation.method, f"{AT.issuer}{concrete(operation)}", headers=office.keeper, json={}
            )
        assert response.status_code == 404


# ------------------------------------------------------------------------------------------------ shapes
@pytest.mark.attack("MP-02")
async def test_mp_02_what_is_not_there_looks_the_same_everywhere(office: Office) -> None:
    answers = [
        await office.post("/v1/map/history", permit=UNKNOWN),
        await office.post("/v1/map/freeze", permit=UNKNOWN, reason=REASON),
        await office.post("/v1/map/history", record="no-such-record"),
        await office.post("/v1/map/alerts/nobody/settle", outcome=REASON),
        await office.post("/v1/people/nobody/block", reason=REASON),
        await office.post("/v1/people/%E2%80%AE/block", reason=REASON),
        await office.get("/v1/people/nobody"),
        await office.post("/v1/switches", kind="provider", name="nowhere", off=True, reason=REASON),
        await office.post("/v1/reveals/nobody/approve"),
        await office.post("/v1/reveals/nobody/use"),
        await office.get("/v1/nothing"),
    ]

    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.content for answer in answers}) == 1
    assert len({tuple(answer.headers.keys()) for answer in answers}) == 1


async def test_a_body_that_is_not_understood_is_refused_in_words_that_quote_nothing(office: Office) -> None:
    headers = {**office.keeper, "content-type": "application/json"}
    refused = {
        b'{"permit": "H00000018", "permit": "H00000018"}': 400,
        b'{"permit": "X00000018"}': 400,
        b'{"permit": 1}': 400,
        b'{"permit": "H00000018", "record": "x"}': 400,
        b'{"surprise": true}': 400,
        b"[]": 400,
        b"{}": 400,
        b'{"permit": "' + b"8" * 5000 + b'"}': 413,
    }

    for body, status in refused.items():
        response = await office.http.post("/v1/map/history", content=body, headers=headers)
        assert response.status_code == status, body
        assert set(response.json()) == {"error", "error_description"}
        assert "00000018" not in response.text

    form = await office.http.post("/v1/map/history", data={"permit": PERMIT}, headers=office.keeper)
    query = await office.http.post(f"/v1/map/history?permit={PERMIT}", headers=office.keeper, json={"permit": PERMIT})
    assert (form.status_code, query.status_code) == (415, 400)


@pytest.mark.parametrize("query", ["top=0", "top=1001", "top=x", "top=1&top=2", "sex=F"])
async def test_a_query_that_is_not_understood_is_refused(office: Office, query: str) -> None:
    response = await office.http.get(f"/v1/map/capacity?{query}", headers=office.reader)

    assert response.status_code == 400


async def test_a_reason_is_needed_and_must_not_hold_a_number(office: Office) -> None:
    await on_record(office)

    without = await office.post("/v1/map/freeze", permit=PERMIT)
    with_number = await office.post("/v1/map/freeze", permit=PERMIT, reason="holder of H00000018")

    assert (without.status_code, with_number.status_code) == (400, 400)
    assert "00000018" not in with_number.text


async def test_a_method_that_does_not_exist_is_refused_in_the_same_shape(office: Office) -> None:
    response = await office.http.delete("/v1/switches", headers=office.keeper)

    assert response.status_code == 405
    assert set(response.json()) == {"error", "error_description"}


# ------------------------------------------------------------------------------------------------ operations
async def test_records_are_shown_masked(office: Office) -> None:
    record = await on_record(office)

    history = await office.post("/v1/map/history", by=office.reader, record=record["record"])
    explained = await office.post("/v1/map/explain", by=office.reader, permit=PERMIT, surrogates=True)
    capacity = await office.get("/v1/map/capacity", top="5")

    assert record["permit"] == "H******18"
    assert [line["what"] for line in history.json()["history"]] == ["bound"]
    assert explained.json()["steps"][-1]["outcome"] == "keep"
    assert capacity.json()["buckets"][0]["given"] == 1
    assert PERMIT not in history.text + explained.text + capacity.text


async def test_the_decision_for_one_person_is_explained(office: Office) -> None:
    record = await on_record(office)

    explained = await office.post("/v1/map/explain", permit=PERMIT, subject=record["subjects"][0])

    assert [step["step"] for step in explained.json()["steps"]] == ["person", "record", "decide"]


async def test_a_record_is_frozen_released_and_closed_and_a_dry_run_changes_nothing(office: Office) -> None:
    record = await on_record(office)

    async def standing() -> str:
        response = await office.post("/v1/map/history", record=record["record"])
        return str(response.json()["record"]["standing"])

    for verb, reason, after in (
        ("freeze", REASON, "frozen"),
        ("release", REASON, "active"),
        ("close", "death", "closed"),
    ):
        before = await standing()
        dry = await office.post(f"/v1/map/{verb}", permit=PERMIT, reason=reason, dry_run=True)
        assert (dry.status_code, dry.json()["standing"], await standing()) == (200, after, before)
        done = await office.post(f"/v1/map/{verb}", permit=PERMIT, reason=reason)
        assert (done.status_code, await standing()) == (200, after)
    again = await office.post("/v1/map/release", permit=PERMIT, reason=REASON)
    wrong = await office.post("/v1/map/close", permit=PERMIT, reason="boredom")
    assert (again.status_code, again.json()["error"], wrong.status_code) == (409, "conflict", 400)


async def test_a_provider_is_switched_off_and_on_again(office: Office) -> None:
    switch = {"kind": "provider", "name": "macao", "off": True, "reason": REASON}

    dry = await office.post("/v1/switches", **switch, dry_run=True)
    empty = await office.get("/v1/switches")
    off = await office.post("/v1/switches", **switch)
    twice = await office.post("/v1/switches", **switch)
    shown = await office.get("/v1/switches")
    on = await office.post("/v1/switches", **(switch | {"off": False}))

    assert (dry.json()["changed"], empty.json()["switches"]) == (True, [])
    assert (off.json()["changed"], twice.json()["changed"], on.json()["changed"]) == (True, False, True)
    assert [(one["kind"], one["name"]) for one in shown.json()["switches"]] == [("provider", "macao")]


async def test_a_person_is_blocked_and_let_in_again(office: Office) -> None:
    record = await on_record(office)
    person = f"/v1/people/{record['subjects'][0]}"

    dry = await office.post(f"{person}/block", reason=REASON, dry_run=True)
    free = await office.get(person)
    await office.post(f"{person}/block", reason=REASON)
    blocked = await office.get(person)
    await office.post(f"{person}/unblock", reason=REASON)

    assert dry.status_code == 200
    assert (free.json()["state"], blocked.json()["state"]) == ("active", "blocked")
    assert (await office.get(person)).json()["state"] == "active"


@pytest.mark.attack("AL-02")
async def test_al_02_a_record_is_taken_from_an_account_that_is_not_its_holders(office: Office) -> None:
    record = await on_record(office)
    person = f"/v1/people/{record['subjects'][0]}"

    dry = await office.post(f"{person}/untie", reason=REASON, dry_run=True)
    tied = await office.get(person)
    done = await office.post(f"{person}/untie", reason=REASON)
    again = await office.post(f"{person}/untie", reason=REASON)

    assert (dry.status_code, done.status_code, again.status_code) == (200, 200, 404)
    assert tied.json()["record"] == record["record"]
    assert (await office.get(person)).json()["record"] is None


async def test_alerts_are_listed_and_settled(office: Office) -> None:
    await on_record(office)
    browser = office.world.browser()
    await browser.sign_in(asking(), "hong_kong", "chan-siu-ming")
    page = await browser.follow(await browser.open(f"{AT.issuer}/account"), "ask-dispute")
    await browser.press(page, "confirm-dispute")

    (alert,) = (await office.get("/v1/map/alerts")).json()["alerts"]
    settle = f"/v1/map/alerts/{alert['id']}/settle"
    dry = await office.post(settle, outcome="looked at", dry_run=True)
    still = (await office.get("/v1/map/alerts")).json()["alerts"]
    done = await office.post(settle, outcome="looked at")

    assert (alert["kind"], alert["permit"]) == ("disputed", "H******18")
    assert (dry.status_code, len(still), done.status_code) == (200, 1, 200)
    assert (await office.get("/v1/map/alerts")).json()["alerts"] == []
    assert (await office.get("/v1/map/alerts", all="true")).json()["alerts"][0]["outcome"] == "looked at"
    assert (await office.post(settle, outcome="looked at")).status_code == 404


@pytest.mark.attack("MP-03")
async def test_mp_03_a_number_is_traced_back_by_two_operators_and_once(office: Office) -> None:
    claims = await office.world.signed_in("hong_kong", "chan-siu-ming")
    number = claims["gba_cn_id"]["value"]

    asked = await office.post("/v1/reveals", number=number, purpose="court order 17 of 2026")
    path = f"/v1/reveals/{asked.json()['id']}"
    alone = await office.post(f"{path}/use")
    own = await office.post(f"{path}/approve")
    approved = await office.post(f"{path}/approve", by=office.second)
    others = await office.post(f"{path}/use", by=office.second)
    used = await office.post(f"{path}/use")
    twice = await office.post(f"{path}/use")

    assert number not in asked.text
    assert (alone.status_code, own.status_code, others.status_code, twice.status_code) == (404, 404, 404, 404)
    assert (approved.status_code, used.status_code) == (200, 200)
    assert used.json()["permit"].startswith(PERMIT)


@pytest.mark.attack("MP-03")
async def test_mp_03_an_approval_lapses_and_requests_are_few(office: Office) -> None:
    claims = await office.world.signed_in("hong_kong", "chan-siu-ming")
    body = {"number": claims["gba_cn_id"]["value"], "purpose": "court order 17 of 2026"}

    path = f"/v1/reveals/{(await office.post('/v1/reveals', **body)).json()['id']}"
    await office.post(f"{path}/approve", by=office.second)
    office.world.clock.advance(minutes=16)
    late = await office.post(f"{path}/use")
    statuses = [(await office.post("/v1/reveals", **body)).status_code for _ in range(5)]

    assert late.status_code == 404
    assert statuses == [200, 200, 200, 200, 429]


async def test_new_keys_are_put_into_use_only_when_there_are_some(office: Office) -> None:
    dry = await office.post("/v1/map/rekey", dry_run=True)
    begun = await office.post("/v1/map/rekey")
    left = await office.get("/v1/map/rekey")

    assert (dry.status_code, begun.json()["began"]) == (200, False)
    assert left.json()["total"] == 0


async def test_the_process_says_that_it_lives(office: Office) -> None:
    assert (await office.http.get("/livez")).json() == {"status": "ok"}
