"""The audit at the operator API: who may look, check and copy it, and what each of them sees."""

import json
from typing import Any

import pytest

from gateway.admin import keyring, operators
from gateway.admin.acts import Act
from gateway.admin.audit_copy import verify_copy
from gateway.admin.records import Role
from gateway.web.operator_audit import OPERATIONS
from tests.gateway.web.office import Office


async def link(office: Office) -> None:
    keeper = office.world.chores.keeper
    assert keeper is not None
    while await keeper.link(office.world.clock()):
        pass


async def an_auditor(office: Office) -> dict[str, str]:
    return await office.world.operator("ann", Role.AUDITOR)


async def get(office: Office, by: dict[str, str], path: str = "/v1/audit", **query: str) -> Any:
    return await office.http.get(path, params=query, headers=by)


async def test_an_auditor_looks_checks_and_copies(office: Office) -> None:
    auditor = await an_auditor(office)
    await link(office)

    found = (await get(office, auditor, action="operator.created", limit="2")).json()
    on = (await get(office, auditor, action="operator.created", limit="2", cursor=found["next"])).json()
    verdict = (await office.http.post("/v1/audit/verify", json={}, headers=auditor)).json()

    assert [event["details"]["operator"] for event in found["events"]] == ["tests", "tests"]
    assert found["events"][1]["seq"] > on["events"][0]["seq"]
    assert (verdict["holds"], verdict["broken"], verdict["goes_on"]) == (True, None, False)
    assert verdict["events"] >= 4


async def test_a_copy_comes_in_pages_and_holds(office: Office) -> None:
    auditor = await an_auditor(office)
    await link(office)
    lines: list[bytes] = []
    after: int | None = 0

    while after is not None:
        page = (await get(office, auditor, "/v1/audit/export", after=str(after), limit="3")).json()
        lines += [json.dumps(line).encode() for line in page["lines"]]
        after = page["after"]

    keys = office.world.chores.keeper.sealing.verification_keys()
    verdict = verify_copy(lines, keys)
    assert (verdict.finding, verdict.events) == (None, verdict.sealed)


@pytest.mark.attack("AD-02")
@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda one: one.path)
async def test_ad_02_the_audit_is_for_those_whose_role_it_is(office: Office, operation: Any) -> None:
    refused = [
        await office.http.request(operation.method, operation.path, headers=headers, json=body)
        for headers in (office.reader, office.keeper)
        for body in ([None] if operation.method == "GET" else [{}])
    ]

    assert {answer.status_code for answer in refused} == {403}


@pytest.mark.attack("AD-02")
async def test_ad_02_an_auditor_of_one_place_sees_its_events_and_no_chain(office: Office) -> None:
    world = office.world
    await world.signed_in("hong_kong", "chan-siu-ming")
    secret = keyring.load(world.folder / "keys").client_secret_key
    made = await operators.create(
        world.stores.operator_registry,
        "mia",
        Role.AUDITOR,
        secret,
        Act("tests", world.clock()),
        jurisdictions=("macao",),
    )
    mia = {"authorization": f"Bearer {made.key}"}

    seen = (await get(office, mia)).json()["events"]
    everything = (await get(office, await an_auditor(office), limit="200")).json()["events"]

    assert seen == []
    assert "sign_in.completed" in {event["action"] for event in everything}
    assert (await office.http.post("/v1/audit/verify", json={}, headers=mia)).status_code == 404
    assert (await get(office, mia, "/v1/audit/export")).status_code == 404


@pytest.mark.attack("AD-04")
async def test_ad_04_injections_and_foreign_cursors_are_refused_in_the_apis_one_shape(office: Office) -> None:
    auditor = await an_auditor(office)

    for query in (
        {"action": "x' OR 1=1"},
        {"cursor": "AAAA"},
        {"since": "1; DROP TABLE audit"},
        {"limit": "-1"},
        {"limit": "201"},
        {"order": "seq"},
        {"client_id": "a\0"},
    ):
        answer = await get(office, auditor, **query)
        assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")
    for query in ({"after": "-1"}, {"after": "1e3"}, {"from_checkpoint": "3"}, {"limit": "1001"}):
        assert (await get(office, auditor, "/v1/audit/export", **query)).status_code == 400
    wrong = await office.http.post("/v1/audit/verify", json={"from_checkpoint": 12345}, headers=auditor)
    assert wrong.status_code == 400
    assert not (await get(office, auditor, "/v1/audit/export", joint_act="none")).is_success
