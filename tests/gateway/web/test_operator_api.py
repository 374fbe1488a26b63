"""The operator API: every operation is refused without a key and, where it changes something, to a reader."""

import pytest
from sqlalchemy import func, select

from gateway.admin import operators
from gateway.admin.acts import Act
from gateway.admin.records import Role
from gateway.store.sql.tables import audit
from gateway.web.operator_routes import OPERATIONS, Operation
from tests.gateway.web.office import PERMIT, REASON, UNKNOWN, Office, on_record
from tests.world import AT, NOW


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
