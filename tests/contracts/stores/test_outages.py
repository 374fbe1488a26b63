"""Planned outages: one suite for every engine behind `OutageRegistry`."""

from datetime import timedelta
from typing import Any, Final

import pytest

from gateway.admin.operation_records import Outage
from gateway.audit import AuditAction
from gateway.store.sql.outages import MEMORY
from tests.contracts.stores.builders import MINUTE, NOW, World, an_event

PLANNED: Final = an_event(AuditAction.OUTAGE_PLANNED)
WITHDRAWN: Final = an_event(AuditAction.OUTAGE_WITHDRAWN)


def an_outage(id_: str = "o-1", start: timedelta = MINUTE, **changes: Any) -> Outage:
    values: dict[str, Any] = {
        "id": id_,
        "provider": "macao",
        "starts_at": NOW + start,
        "ends_at": NOW + start + MINUTE,
        "reason": "their new hall",
        "planned_by": "operator:ada",
    }
    return Outage(**(values | changes))


async def test_outages_are_listed_until_they_are_over_the_earliest_first_and_withdrawn_once(world: World) -> None:
    registry = world.stores.outage_registry
    later, sooner = an_outage("o-1", 5 * MINUTE), an_outage("o-2")

    for outage in (later, sooner):
        await registry.plan(outage, PLANNED)

    assert await registry.coming(NOW) == [sooner, later]
    assert await registry.coming(sooner.ends_at) == [later]
    assert await registry.withdraw("o-1", WITHDRAWN)
    assert not await registry.withdraw("o-1", WITHDRAWN)
    assert await registry.coming(NOW) == [sooner]
    told = await world.actions()
    assert [told.count(action) for action in ("outage.planned", "outage.withdrawn")] == [2, 1]


async def test_what_is_over_for_long_goes_with_the_next_plan(world: World) -> None:
    registry = world.stores.outage_registry
    old = an_outage("o-1")
    await registry.plan(old, PLANNED)

    await registry.plan(an_outage("o-2"), an_event(AuditAction.OUTAGE_PLANNED, at=old.ends_at + MEMORY))

    assert [outage.id for outage in await registry.coming(NOW)] == ["o-2"]


async def test_names_that_no_column_may_hold_are_refused_or_unknown(world: World) -> None:
    registry = world.stores.outage_registry

    with pytest.raises(ValueError, match="printable ASCII"):
        await registry.plan(an_outage("\x00"), PLANNED)

    assert not await registry.withdraw("\x00", WITHDRAWN)
