"""Planned outages: put on record with a reason, refused when they make no sense, taken back, and always on record."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from gateway.admin import outages
from gateway.admin.acts import ReasonError
from gateway.admin.operation_records import Outage
from gateway.admin.outages import OutageError, Plan, UnknownProviderError, read_moment
from gateway.audit import AuditAction
from tests.gateway.admin.fake_outages import FakeOutages
from tests.gateway.admin.fakes import NOW, an_act

PLACES = {"hong_kong", "macao"}
HOUR = timedelta(hours=1)


def a_plan(start: timedelta = HOUR, end: timedelta = 2 * HOUR, provider: str = "macao") -> Plan:
    return Plan(provider, NOW + start, NOW + end)


async def plan(registry: FakeOutages, wish: Plan, **changes: Any) -> dict[str, Any]:
    return await outages.plan(registry, wish, PLACES, an_act(), **changes)


async def test_an_outage_is_planned_listed_and_withdrawn_each_on_record() -> None:
    registry = FakeOutages()

    planned = await plan(registry, a_plan())
    listed = await outages.coming(registry, NOW)
    done = await outages.withdraw(registry, planned["id"], an_act())

    assert listed == [planned]
    assert (planned["provider"], planned["under_way"], done, registry.planned) == ("macao", False, True, [])
    assert [event.action for event in registry.events] == [AuditAction.OUTAGE_PLANNED, AuditAction.OUTAGE_WITHDRAWN]
    assert registry.events[0].details["about"] == "macao"
    assert registry.events[0].details["outage"] == planned["id"]


async def test_a_dry_run_checks_everything_and_changes_nothing() -> None:
    registry = FakeOutages()

    planned = await plan(registry, a_plan(), dry_run=True)
    with pytest.raises(OutageError):
        await plan(registry, a_plan(end=HOUR), dry_run=True)

    assert planned["provider"] == "macao"
    assert (registry.planned, registry.events) == ([], [])


@pytest.mark.parametrize(
    ("wish", "why"),
    [
        (a_plan(2 * HOUR, HOUR), "end after"),
        (a_plan(HOUR, HOUR), "end after"),
        (a_plan(-2 * HOUR, -HOUR), "past"),
        (a_plan(-HOUR, HOUR), "past"),
        (a_plan(HOUR, timedelta(days=7, hours=1, seconds=1)), "7 days"),
        (a_plan(timedelta(days=367), timedelta(days=368)), "year"),
    ],
)
async def test_an_outage_that_makes_no_sense_is_refused_with_the_reason(wish: Plan, why: str) -> None:
    registry = FakeOutages()

    with pytest.raises(OutageError, match=why):
        await plan(registry, wish)

    assert (registry.planned, registry.events) == ([], [])


async def test_one_that_starts_now_and_one_of_seven_days_are_fine() -> None:
    registry = FakeOutages()

    now = await plan(registry, a_plan(-timedelta(minutes=4), HOUR))
    await plan(registry, a_plan(HOUR, timedelta(days=7, hours=1)))

    assert now["under_way"]
    assert len(registry.planned) == 2


async def test_a_provider_that_does_not_exist_has_no_outages() -> None:
    with pytest.raises(UnknownProviderError):
        await plan(FakeOutages(), a_plan(provider="shenzhen"))


async def test_a_reason_is_asked_for_and_holds_no_document_number() -> None:
    registry = FakeOutages()

    with pytest.raises(ReasonError):
        await outages.plan(registry, a_plan(), PLACES, an_act(reason=""))
    with pytest.raises(ReasonError):
        await outages.plan(registry, a_plan(), PLACES, an_act(reason="asked by H12345678"))
    with pytest.raises(ReasonError):
        await outages.withdraw(registry, "o-1", an_act(reason=""))

    assert registry.events == []


async def test_what_is_over_or_unknown_cannot_be_withdrawn() -> None:
    over = Outage("o-1", "macao", NOW - 2 * HOUR, NOW - HOUR, "case 17", "operator:ada")
    registry = FakeOutages(over)

    assert not await outages.withdraw(registry, "o-1", an_act())
    assert not await outages.withdraw(registry, "o-2", an_act())
    assert registry.events == []


def test_a_time_is_read_with_its_offset_and_kept_in_utc() -> None:
    at = read_moment(" 2026-11-25T01:00+08:00 ", "starts_at")

    assert at == datetime(2026, 11, 24, 17, 0, tzinfo=UTC)
    assert at.utcoffset() == timedelta(0)


@pytest.mark.parametrize(
    "text", ["", "tomorrow", "2026-11-25T01:00", "2026-13-25T01:00Z", "0001-01-01T00:00+14:00", "1" * 400]
)
def test_a_time_that_is_none_or_lacks_its_offset_is_refused_without_repeating_it(text: str) -> None:
    with pytest.raises(OutageError, match="starts_at") as refusal:
        read_moment(text, "starts_at")

    assert not text or text not in str(refusal.value)
