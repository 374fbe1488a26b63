"""Managed keys over the operator API: the same guards and numbers as at the command line, roles, rights, two persons."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio

from gateway.admin.records import Role
from tests.world import World, a_world

SET = "id-token-es256"
LOCAL = "audit-es256"


@dataclass(slots=True)
class Api:
    world: World
    http: httpx.AsyncClient
    who: dict[str, dict[str, str]]

    async def get(self, path: str, who: str = "ada") -> httpx.Response:
        return await self.http.get(path, headers=self.who[who])

    async def post(self, path: str, who: str = "ada", **body: Any) -> httpx.Response:
        return await self.http.post(path, headers=self.who[who], json=body)


@pytest_asyncio.fixture
async def api(tmp_path: Path) -> AsyncIterator[Api]:
    async with a_world(tmp_path / "world") as world, world.operator_api() as http:
        who = {
            "ada": await world.operator("ada", Role.CUSTODIAN),
            "ben": await world.operator("ben", Role.CUSTODIAN),
            "kim": await world.operator("kim", Role.KEEPER),
            "rae": await world.operator("rae", Role.READER),
        }
        yield Api(world, http, who)


async def test_everybody_may_look_and_only_custodians_change(api: Api) -> None:
    looked = await api.get("/v1/keys", "rae")
    one = await api.get(f"/v1/keys/{SET}", "rae")
    refused = [await api.post(f"/v1/keys/{LOCAL}/generate", who) for who in ("rae", "kim")]
    made = await api.post(f"/v1/keys/{LOCAL}/generate")

    assert {SET, LOCAL, "macao-client-secret"} <= {row["key_set"] for row in looked.json()["key_sets"]}
    assert one.json()["keys"][0]["state"] == "active"
    assert [answer.status_code for answer in refused] == [403, 403]
    assert made.json()["changed"] is True


async def test_a_closed_guard_travels_with_its_number(api: Api) -> None:
    await api.post(f"/v1/keys/{SET}/generate")

    answer = await api.post(f"/v1/keys/{SET}/activate")

    assert (answer.status_code, answer.json()["error"]) == (409, "guard_closed")
    guards = {guard["guard"]: guard for guard in answer.json()["guards"]}
    assert guards[1]["needs"] == "state published"
    assert not guards[2]["holds"]


async def test_a_plan_is_made_and_applied(api: Api) -> None:
    plan = (await api.get("/v1/keys/plan")).json()
    mine = {**plan, "sets": [one for one in plan["sets"] if one["key_set"] == LOCAL]}

    first = await api.post("/v1/keys/apply", plan=mine)
    again = await api.post("/v1/keys/apply", plan=mine)

    assert [one["changed"] for one in first.json()["done"]] == [True]
    assert [one["changed"] for one in again.json()["done"]] == [False]


@pytest.mark.parametrize("plan", [None, [], {"kind": "gba-key-plan"}, {"sets": [{}]}, {"sets": [7]}, {"sets": 7}])
async def test_what_is_no_plan_is_refused(api: Api, plan: Any) -> None:
    answer = await api.post("/v1/keys/apply", plan=plan)

    assert answer.status_code in {400, 404, 409}


async def test_an_emergency_takes_one_person_and_a_reason(api: Api) -> None:
    kid = (await api.get(f"/v1/keys/{SET}")).json()["keys"][0]["kid"]

    silent = await api.post(f"/v1/keys/{SET}/compromise", kid=kid)
    done = await api.post(f"/v1/keys/{SET}/compromise", kid=kid, reason="case 9", since="2026-11-20T00:00:00Z")

    assert silent.status_code == 400
    assert done.json()["states"][kid] == "compromised"


@pytest.mark.parametrize("since", ["soon", "2026-11-20T00:00:00", "0001-01-01T00:00:00+14:00"])
async def test_a_time_without_an_offset_is_refused(api: Api, since: str) -> None:
    answer = await api.post(f"/v1/keys/{SET}/compromise", kid="x", reason="case 9", since=since)

    assert answer.status_code == 400


@pytest.mark.attack("AD-05")
async def test_ad_05_a_proof_that_nobody_has_seen_takes_two_persons(api: Api) -> None:
    await api.post(f"/v1/keys/{SET}/generate")
    await api.post(f"/v1/keys/{SET}/publish")
    kid = (await api.get(f"/v1/keys/{SET}")).json()["keys"][-1]["kid"]

    alone = await api.post(f"/v1/keys/{SET}/prove", proof="override", reason="case 7")
    asked = await api.post(
        "/v1/joint-acts", kind="proof_override", subject={"key_set": SET, "kid": kid}, reason="case 7"
    )
    own = await api.post(f"/v1/joint-acts/{asked.json()['id']}/agree")
    agreed = await api.post(f"/v1/joint-acts/{asked.json()['id']}/agree", "ben")
    proof = {"proof": "override", "reason": "case 7", "joint_act": asked.json()["id"]}
    done = await api.post(f"/v1/keys/{SET}/prove", **proof)
    again = await api.post(f"/v1/keys/{SET}/prove", **proof)

    assert (alone.status_code, alone.json()["guards"][0]["guard"]) == (409, 13)
    assert own.status_code in {403, 404, 409}
    assert agreed.status_code == 200
    assert done.status_code == 200
    assert again.json()["guards"][0]["guard"] == 13


async def test_a_probe_cannot_be_claimed(api: Api) -> None:
    answer = await api.post(f"/v1/keys/{SET}/prove", proof="probe")

    assert answer.status_code == 400


@pytest.mark.parametrize("path", ["/v1/keys/nothing", "/v1/keys/..%2f"])
async def test_an_unknown_set_is_not_found(api: Api, path: str) -> None:
    assert (await api.get(path)).status_code == 404
    assert (await api.post(f"{path}/publish")).status_code == 404


async def test_a_drill_is_told(api: Api) -> None:
    answer = await api.post(f"/v1/keys/{LOCAL}/drill", reason="practice")

    assert answer.json()["passed"] is False
    assert answer.json()["problem"]


@pytest.mark.parametrize("operation", ["", "x" * 65, "a b", "\0", "é"])
async def test_an_operation_id_is_short_and_plain(api: Api, operation: str) -> None:
    answer = await api.post(f"/v1/keys/{SET}/generate", operation_id=operation)

    assert answer.status_code == 400
    assert len((await api.get(f"/v1/keys/{SET}")).json()["keys"]) == 1


@pytest.mark.attack("KM-01")
async def test_km_01_one_person_s_word_is_no_proof_of_what_everybody_reads(api: Api) -> None:
    await api.post(f"/v1/keys/{SET}/generate")
    await api.post(f"/v1/keys/{SET}/publish")

    answer = await api.post(f"/v1/keys/{SET}/prove", proof="partner", reason="case 7")

    assert (answer.status_code, answer.json()["guards"][0]["guard"]) == (409, 3)


@pytest.mark.parametrize(
    "changes",
    [
        {"certificate": None},
        {"certificate": "x" * 70_000},
        {"certificate": "no certificate"},
        {"authorities": "no list"},
        {"authorities": [7]},
        {"names": ["x"] * 101},
        {"purpose": "everything"},
    ],
)
async def test_what_is_no_certificate_is_refused_and_nothing_changes(api: Api, changes: dict[str, Any]) -> None:
    before = (await api.get(f"/v1/keys/{LOCAL}")).json()["version"]
    body = {"certificate": "-", "authorities": ["-"], "names": [], "fingerprint": "sha256:" + "0" * 64, **changes}

    answer = await api.post(f"/v1/keys/{LOCAL}/import-cert", **body)

    assert answer.status_code in {400, 409, 413}
    assert (await api.get(f"/v1/keys/{LOCAL}")).json()["version"] == before


async def test_a_request_for_a_certificate_is_signed_by_the_key_on_its_way(api: Api) -> None:
    await api.post(f"/v1/keys/{LOCAL}/generate")

    answer = await api.post(f"/v1/keys/{LOCAL}/request-cert", subject="CN=audit,O=Example,C=HK")

    assert answer.json()["request"].startswith("-----BEGIN CERTIFICATE REQUEST-----")


async def test_the_findings_of_the_doctor_are_there_for_whoever_may_look(api: Api) -> None:
    answer = await api.get("/v1/doctor", "rae")

    checks = {finding["check"] for finding in answer.json()["findings"]}
    assert {"settings", "SM2", "database"} <= checks
