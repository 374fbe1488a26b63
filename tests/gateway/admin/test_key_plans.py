"""Plans of rotations: what was tampered with, or no longer fits, is refused before its first step."""

from typing import Any

import pytest

from certs.keys.rotation.guards import GuardNumber
from gateway.admin import key_plans
from gateway.admin.key_plans import PlanError
from gateway.admin.key_work import Done
from tests.certs.keys.rotation.sets import HOUR, NOW, adopted, rotated
from tests.gateway.admin.key_desk import SET, KeyDesk, Registry, order, refused

LEAD_OVER = NOW + 25 * HOUR
LATER = LEAD_OVER + 30 * HOUR


def a_plan(*steps: Any, version: Any = 1, **more: Any) -> dict[str, Any]:
    return {
        "kind": key_plans.KIND,
        "issuer": "https://gate.example",
        "sets": [{"key_set": SET, "version": version, "due": list(steps)}],
    } | more


async def applied(desk: KeyDesk, plan: dict[str, Any], **more: Any) -> list[Done]:
    return await key_plans.apply(desk.office, "https://gate.example", plan, order(**more))


GENERATE = {"verb": "generate", "kid": None}


@pytest.mark.parametrize(
    "plan",
    [
        a_plan(GENERATE, {"verb": "prove", "kid": "one"}),
        a_plan(GENERATE, {"verb": "request-cert", "kid": "one"}),
        a_plan(GENERATE, more=0.5),
        a_plan(GENERATE, more=2**60),
        a_plan(GENERATE, more="\ud800"),
        a_plan(GENERATE, version=True),
        a_plan(GENERATE, {"verb": "retire", "kid": 7}),
        a_plan(*[GENERATE] * 51),
        a_plan(GENERATE, issuer="https://other.example"),
        a_plan(GENERATE, kind="another"),
    ],
)
async def test_a_plan_that_was_tampered_with_is_refused_before_its_first_step(plan: dict[str, Any]) -> None:
    desk = KeyDesk(Registry(adopted()))

    with pytest.raises(PlanError):
        await applied(desk, plan)

    assert desk.registry.sets[SET] == adopted()


async def test_a_plan_of_two_steps_can_be_tried_and_is_carried_out_once() -> None:
    desk = KeyDesk(Registry(rotated()))
    version = desk.registry.sets[SET].version
    plan = a_plan({"verb": "retire", "kid": "one"}, GENERATE, version=version)

    tried = await applied(desk, plan, at=LATER, dry_run=True)
    assert ([one.verb for one in tried], desk.registry.sets[SET].version) == (["retire", "generate"], version)
    done = await applied(desk, plan, at=LATER)
    again = await applied(desk, plan, at=LATER)

    assert [one.changed for one in (*done, *again)] == [True, True, False, False]


@pytest.mark.parametrize("version", [0, -1, 2, 2**53 - 1])
async def test_a_plan_for_another_version_is_refused_with_guard_seven(version: int) -> None:
    desk = KeyDesk(Registry(adopted()))

    assert await refused(applied(desk, a_plan(GENERATE, version=version))) == [GuardNumber.VERSION]
