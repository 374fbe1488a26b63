"""Reports: found by the relying party that they were made for, walked through in portions, gone when their time is over."""

from datetime import timedelta

import pytest

from gateway.store.open import Stores
from gateway.store.sql import reports as sql_reports
from tests.contracts.stores.builders import NOW, SECOND, World
from tests.contracts.stores.signing import DAY, a_report

BUNDLE = bytes(range(256))


async def test_a_report_comes_back_with_its_evidence(stores: Stores) -> None:
    assert await stores.reports.save(a_report(), BUNDLE)

    assert await stores.reports.find("report-1", "rp-a") == a_report()
    assert await stores.reports.evidence("report-1", "rp-a") == BUNDLE


async def test_nobody_else_learns_that_a_report_exists(stores: Stores) -> None:
    await stores.reports.save(a_report(), BUNDLE)

    assert await stores.reports.find("report-1", "rp-b") is None
    assert await stores.reports.evidence("report-1", "rp-b") is None
    assert await stores.reports.find("no\0id", "rp-a") is None


async def test_a_report_is_never_replaced(stores: Stores) -> None:
    await stores.reports.save(a_report(), BUNDLE)

    assert not await stores.reports.save(a_report(token="another"), b"")

    assert await stores.reports.find("report-1", "rp-a") == a_report()


async def test_an_id_that_could_not_be_found_again_is_not_taken(stores: Stores) -> None:
    with pytest.raises(ValueError, match="id"):
        await stores.reports.save(a_report("with\0nul"), BUNDLE)


async def test_recent_reports_are_walked_through_oldest_first(stores: Stores, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sql_reports, "PORTION", 2)
    for number, age in enumerate((5, 3, 3, 3, 1)):
        await stores.reports.save(a_report(f"report-{number}", produced_at=NOW - timedelta(days=age)), b"")

    found = [one async for one in stores.reports.recent(NOW - timedelta(days=4))]

    assert [report_id for report_id, _ in found] == ["report-1", "report-2", "report-3", "report-4"]
    assert found[0][1] == a_report().facts


async def test_reports_go_with_their_evidence_when_their_time_is_over(world: World) -> None:
    await world.stores.reports.save(a_report(), BUNDLE)

    assert await world.stores.purge(NOW + 5 * DAY - SECOND, 100) == 0
    assert await world.stores.purge(NOW + 5 * DAY, 100) == 2

    assert [await world.count(table) for table in ("reports", "report_evidence")] == [0, 0]
