"""What somebody has to look at: one suite for every engine behind `AlertRegistry`."""

import asyncio
from typing import Final

import pytest

from gateway.alerts import AlertKind
from gateway.audit import AuditAction
from gateway.store.open import Stores
from gateway.store.sql import alerts
from tests.contracts.stores.builders import MINUTE, NOW, World, an_event

SETTLED: Final = an_event(AuditAction.ALERT_SETTLED)


async def tell(stores: Stores, kind: AlertKind = AlertKind.CAPACITY, about: str = "bucket-1", minutes: int = 0) -> bool:
    event = an_event(AuditAction.IDENTIFIER_REFUSED, at=NOW + minutes * MINUTE, details={"reason": "binding.conflict"})
    return await stores.database.run(lambda connection: alerts.tell(connection, kind, about, "subject-1", event))


async def about(stores: Stores, *, open_only: bool = False, after: str | None = None, limit: int = 10) -> list[str]:
    page = await stores.alert_registry.page(open_only=open_only, after=after, limit=limit)
    return [alert.about for alert in page]


async def only(stores: Stores) -> str:
    """The id of the one alert."""
    (alert,) = await stores.alert_registry.page(open_only=False, after=None, limit=10)
    return alert.id


async def test_an_alert_says_when_what_and_in_which_request(world: World) -> None:
    assert await tell(world.stores, AlertKind.TWO_HOLDERS, "record-1", minutes=3)

    (alert,) = await world.stores.alert_registry.page(open_only=True, after=None, limit=10)

    assert (alert.kind, alert.about, alert.subject_id) == (AlertKind.TWO_HOLDERS, "record-1", "subject-1")
    assert (alert.at, alert.correlation_id) == (NOW + 3 * MINUTE, "c0rrelation")
    assert (alert.settled_at, alert.settled_by, alert.outcome) == (None, None, None)
    assert (await world.actions())[-1] == "alert.raised"


async def test_the_same_trouble_is_told_once_until_it_is_settled(world: World) -> None:
    stores = world.stores
    assert [await tell(stores), await tell(stores, minutes=1)] == [True, False]

    await stores.alert_registry.settle(await only(stores), "codes were added", "ada", NOW, SETTLED)

    assert await tell(stores, minutes=2)
    assert (await world.actions()).count("alert.raised") == 2


async def test_of_many_workers_who_notice_one_trouble_at_once_one_tells_it(stores: Stores, second: Stores) -> None:
    told = await asyncio.gather(*(tell((stores, second)[n % 2]) for n in range(10)))

    assert sum(told) == 1


async def test_alerts_are_listed_page_by_page_newest_first(stores: Stores) -> None:
    for minutes, name in enumerate(("a", "b", "c", "d", "e")):
        await tell(stores, about=name, minutes=minutes)

    first = await stores.alert_registry.page(open_only=False, after=None, limit=2)
    rest = await about(stores, after=first[-1].id)

    assert [alert.about for alert in first] == ["e", "d"]
    assert rest == ["c", "b", "a"]


async def test_alerts_of_one_moment_are_each_listed_once(stores: Stores) -> None:
    for number in range(5):
        await tell(stores, about=str(number))
    found: list[str] = []
    after = None

    while page := await stores.alert_registry.page(open_only=False, after=after, limit=2):
        found += [alert.about for alert in page]
        after = page[-1].id

    assert sorted(found) == ["0", "1", "2", "3", "4"]


async def test_a_settled_alert_says_who_settled_it_and_how(world: World) -> None:
    stores = world.stores
    await tell(stores)
    alert_id = await only(stores)

    assert await stores.alert_registry.settle(alert_id, "codes were added", "ada", NOW + MINUTE, SETTLED)

    (alert,) = await stores.alert_registry.page(open_only=False, after=None, limit=10)
    assert (alert.settled_at, alert.settled_by, alert.outcome) == (NOW + MINUTE, "ada", "codes were added")
    assert await about(stores, open_only=True) == []
    assert (await world.actions())[-1] == "alert.settled"


async def test_an_alert_is_settled_once(world: World) -> None:
    stores = world.stores
    await tell(stores)
    alert_id = await only(stores)
    await stores.alert_registry.settle(alert_id, "first", "ada", NOW, SETTLED)

    assert not await stores.alert_registry.settle(alert_id, "second", "bob", NOW + MINUTE, SETTLED)

    (alert,) = await stores.alert_registry.page(open_only=False, after=None, limit=10)
    assert alert.outcome == "first"
    assert (await world.actions()).count("alert.settled") == 1


@pytest.mark.parametrize("alert_id", ["unknown", "", "with\0nul", "\ud800", "x" * 257])
async def test_what_is_no_alert_cannot_be_settled_and_has_nothing_behind_it(stores: Stores, alert_id: str) -> None:
    await tell(stores)

    assert not await stores.alert_registry.settle(alert_id, "what", "ada", NOW, SETTLED)
    assert await about(stores, after=alert_id) == []
    assert len(await about(stores, open_only=True)) == 1
