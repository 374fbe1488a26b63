"""Group AD, object-level rights: an operator of one place neither sees nor changes what is another's (AD-02)."""

from typing import Any

import pytest

from gateway.admin.records import Role
from gateway.web.operator_routes import OPERATIONS
from tests.attacks.operators_office import REASON, OperatorsOffice, office  # noqa: F401 - a fixture

pytestmark = pytest.mark.asyncio(loop_scope="module")

BASE: dict[str, Any] = {"client_name": "Ferry", "redirect_uris": ["https://ferry.example/cb"]}


async def ferry(office: OperatorsOffice, client_id: str, place: str) -> None:  # noqa: F811 - the fixture
    metadata = {**BASE, "gba_jurisdiction": place}
    made = await office.post("/v1/clients", by="kim", client_id=client_id, metadata=metadata)
    assert made.status_code == 200, made.text


async def clients_of(office: OperatorsOffice, by: str, **query: str) -> list[str]:  # noqa: F811 - the fixture
    return [one["client_id"] for one in (await office.get("/v1/clients", by=by, **query)).json()["clients"]]


@pytest.mark.attack("AD-02")
async def test_ad_02_what_knows_of_no_places_does_not_exist_for_an_operator_of_one(office: OperatorsOffice) -> None:  # noqa: F811 - the fixture
    unknown = await office.http.get("/v1/nothing")

    for operation in OPERATIONS:
        if operation.method == "DELETE":
            continue  # signs them out
        path = operation.path.replace("{id}", "nobody").replace("{name}", "rita")
        answer = await office.http.request(operation.method, path, headers=office.by("mei"))
        if operation.is_scoped:
            assert answer.status_code != 401, operation.path
        else:
            assert (answer.status_code, answer.content) == (404, unknown.content), operation.path


@pytest.mark.attack("AD-02")
async def test_ad_02_clients_of_another_place_are_not_there_by_id_in_bulk_or_by_cursor(office: OperatorsOffice) -> None:  # noqa: F811 - the fixture
    await ferry(office, "ferry-mo", "macao")
    await ferry(office, "ferry-hk", "hong_kong")
    before = (await office.get("/v1/clients/one", by="kim", client_id="ferry-hk")).json()
    changes: list[tuple[str, dict[str, Any]]] = [
        ("/v1/clients/update", {"metadata": {"client_name": "Mine"}}),
        ("/v1/clients/update", {"metadata": {"gba_jurisdiction": "macao"}}),
        ("/v1/clients/rotate-secret", {"now": True}),
        ("/v1/clients/disable", {"reason": REASON}),
    ]

    for path, body in changes:
        answer = await office.post(path, by="mei", client_id="ferry-hk", **body)
        absent = await office.post(path, by="mei", client_id="ferry-nowhere", **body)
        assert (answer.status_code, answer.content) == (404, absent.content), path
    seen = await office.get("/v1/clients/one", by="may", client_id="ferry-hk")
    cursor = await office.get("/v1/clients", by="may", after="ferry-hk")

    assert (seen.status_code, cursor.status_code) == (404, 400)
    assert await clients_of(office, "may") == ["ferry-mo"]
    assert await clients_of(office, "may", limit="1") == ["ferry-mo"]
    assert await clients_of(office, "may", after="ferry-mo") == []
    assert {"ferry-hk", "ferry-mo"} <= set(await clients_of(office, "rita"))
    assert (await office.get("/v1/clients/one", by="kim", client_id="ferry-hk")).json() == before


@pytest.mark.attack("AD-02")
async def test_ad_02_nobody_registers_for_another_place_or_gives_a_client_away(office: OperatorsOffice) -> None:  # noqa: F811 - the fixture
    await ferry(office, "coach-mo", "macao")
    away = {**BASE, "gba_jurisdiction": "guangdong"}

    made = await office.post("/v1/clients", by="mei", client_id="coach-gd", metadata=away)
    unsaid = await office.post("/v1/clients", by="mei", client_id="coach-xx", metadata=BASE)
    given = await office.post(
        "/v1/clients/update", by="mei", client_id="coach-mo", metadata={"gba_jurisdiction": "guangdong"}
    )
    own = await office.post(
        "/v1/clients/update", by="mei", client_id="coach-mo", metadata={"client_name": "Coach"}, dry_run=True
    )

    assert (made.status_code, unsaid.status_code, given.status_code, own.status_code) == (404, 404, 404, 200)
    assert not {"coach-gd", "coach-xx"} & set(await clients_of(office, "rita"))
    shown = (await office.get("/v1/clients/one", by="may", client_id="coach-mo")).json()
    assert (shown["jurisdiction"], shown["client_name"]) == ("macao", "Ferry")


@pytest.mark.attack("AD-02")
async def test_ad_02_initial_access_tokens_are_their_places_own(office: OperatorsOffice) -> None:  # noqa: F811 - the fixture
    for name, place in (("mo-1", "macao"), ("hk-1", "hong_kong")):
        made = await office.post("/v1/clients/tokens", by="kim", name=name, jurisdiction=place, reason=REASON)
        assert made.status_code == 200, made.text

    taken = await office.post("/v1/clients/tokens/revoke", by="mei", name="hk-1", reason=REASON)
    made = await office.post("/v1/clients/tokens", by="mei", name="hk-2", jurisdiction="hong_kong", reason=REASON)
    listed = (await office.get("/v1/clients/tokens", by="may")).json()["tokens"]
    own = await office.post("/v1/clients/tokens/revoke", by="mei", name="mo-1", reason=REASON)

    assert (taken.status_code, made.status_code, own.status_code) == (404, 404, 200)
    assert [one["name"] for one in listed] == ["mo-1"]


@pytest.mark.attack("AD-02")
async def test_ad_02_switches_of_another_places_providers_are_neither_seen_nor_turned(office: OperatorsOffice) -> None:  # noqa: F811 - the fixture
    off = {"kind": "provider", "off": True, "reason": REASON}
    try:
        assert (await office.post("/v1/switches", by="kim", name="hong_kong", **off)).status_code == 200

        refused = [
            await office.post("/v1/switches", by="mei", name=name, **off) for name in ("guangdong", "hong_kong", "acme")
        ]
        region = await office.post("/v1/switches", by="mei", kind="region", name="810000", off=True, reason=REASON)
        back = await office.post("/v1/switches", by="mei", kind="provider", name="hong_kong", off=False, reason=REASON)
        own = await office.post("/v1/switches", by="mei", name="macao", **off)
        listed = (await office.get("/v1/switches", by="may")).json()["switches"]
        everything = (await office.get("/v1/switches", by="rita")).json()["switches"]
    finally:
        for name in ("hong_kong", "macao"):
            await office.post("/v1/switches", by="kim", kind="provider", name=name, off=False, reason=REASON)

    assert {answer.status_code for answer in [*refused, region, back]} == {404}
    assert own.status_code == 200
    assert [one["name"] for one in listed] == ["macao"]
    assert {one["name"] for one in everything} == {"macao", "hong_kong"}


@pytest.mark.attack("AD-02")
async def test_ad_02_operators_give_themselves_neither_roles_nor_places(office: OperatorsOffice) -> None:  # noqa: F811 - the fixture
    own = await office.post("/v1/operators/cora/role", by="cora", role="reader", reason=REASON)
    lower = await office.post("/v1/operators/mei/role", by="kim", role="custodian", reason=REASON)
    scoped = await office.post("/v1/operators/mei/role", by="mei", role="keeper", jurisdictions=[], reason=REASON)
    gone = await office.post("/v1/operators/cora/disable", by="cora", reason=REASON)

    assert (own.status_code, lower.status_code, scoped.status_code, gone.status_code) == (409, 403, 404, 409)
    found = await office.desk.operators.find("mei")
    assert found is not None
    assert (found.role, found.jurisdictions) == (Role.KEEPER, ("macao",))
