"""Planned outages at the operator API: the same rules as at the command line, and only one's own providers."""

from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace
from typing import Any, cast

import pytest

from gateway.admin.operation_records import Outage
from gateway.admin.records import Operator, Role
from gateway.web.operator_call import Call, CallError, Desk
from gateway.web.operator_outages import OPERATIONS, list_outages, plan_outage, withdraw_outage
from tests.gateway.admin.fake_outages import FakeOutages
from tests.gateway.admin.fakes import NOW

KIM = Operator("kim", Role.KEEPER, NOW)
WISH = {
    "provider": "macao",
    "starts_at": "2126-11-25T01:00+08:00",
    "ends_at": "2126-11-25T05:00+08:00",
    "reason": "case 17",
}
OF_HONG_KONG = Outage("o-1", "hong_kong", NOW, NOW + timedelta(hours=1), "case 16", "operator:ada")


def a_desk(*outages: Outage) -> tuple[Desk, FakeOutages]:
    registry = FakeOutages(*outages)
    return cast("Desk", SimpleNamespace(outages=registry, providers=frozenset({"hong_kong", "macao"}))), registry


def a_call(operator: Operator = KIM, path: str = "", **fields: Any) -> Call:
    return Call(operator=operator, now=NOW, correlation_id="c0rrelation", fields=fields, path={"id": path})


def a_wish(**changes: Any) -> dict[str, Any]:
    start, end = NOW + timedelta(hours=1), NOW + timedelta(hours=2)
    return {**WISH, "starts_at": start.isoformat(), "ends_at": end.isoformat(), **changes}


async def test_an_outage_is_planned_listed_and_withdrawn() -> None:
    desk, registry = a_desk()

    dry = await plan_outage(desk, a_call(**a_wish(dry_run=True)))
    planned = await plan_outage(desk, a_call(**a_wish()))
    listed = await list_outages(desk, a_call())
    await withdraw_outage(desk, a_call(path=planned["id"], reason="case 17"))

    assert (dry["dry_run"], planned["planned_by"]) == (True, "operator:kim")
    assert [row["id"] for row in listed["outages"]] == [planned["id"]]
    assert (registry.planned, len(registry.events)) == ([], 2)


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"provider": "shenzhen"}, 404),
        ({"starts_at": "soon"}, 400),
        ({"ends_at": "2126-11-25T05:00"}, 400),
        ({"starts_at": WISH["starts_at"], "ends_at": WISH["ends_at"]}, 400),
        ({"provider": None}, 400),
        ({"dry_run": "yes"}, 400),
    ],
)
async def test_what_makes_no_sense_is_refused_and_nothing_is_planned(changes: dict[str, Any], status: int) -> None:
    desk, registry = a_desk()

    with pytest.raises(CallError) as refusal:
        await plan_outage(desk, a_call(**a_wish(**changes)))

    assert refusal.value.status == status
    assert (registry.planned, registry.events) == ([], [])


@pytest.mark.attack("AD-02")
async def test_ad_02_an_operator_of_one_place_neither_sees_plans_nor_withdraws_anothers_outages() -> None:
    desk, registry = a_desk(OF_HONG_KONG)
    of_macao = replace(KIM, jurisdictions=("macao",))

    listed = await list_outages(desk, a_call(of_macao))
    for refused in (
        plan_outage(desk, a_call(of_macao, **a_wish(provider="hong_kong"))),
        withdraw_outage(desk, a_call(of_macao, "o-1", reason="case 17")),
    ):
        with pytest.raises(CallError) as refusal:
            await refused
        assert refusal.value.status == 404
    own = await plan_outage(desk, a_call(of_macao, **a_wish()))

    assert listed == {"outages": []}
    assert [outage.id for outage in registry.planned] == ["o-1", own["id"]]


def test_readers_may_only_look() -> None:
    roles = {(operation.method, operation.path): operation.role for operation in OPERATIONS}

    assert roles == {
        ("GET", "/v1/outages"): Role.READER,
        ("POST", "/v1/outages"): Role.KEEPER,
        ("POST", "/v1/outages/{id}/withdraw"): Role.KEEPER,
    }
