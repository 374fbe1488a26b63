"""Notices on their way: taken by one worker, tried again, delivered once, or given up; `NoticeStore` on every engine."""

import asyncio
from datetime import timedelta
from typing import Final

import pytest

from gateway.audit import AuditAction
from gateway.store.open import Stores
from tests.contracts.stores.builders import (
    MINUTE,
    NOW,
    World,
    a_client,
    an_event,
)
from tests.contracts.stores.desk import Desk
from tests.contracts.stores.told import Told, a_told, release
from tests.contracts.stores.watching import statements_of

CREATED: Final = an_event(AuditAction.CLIENT_CREATED)
DELIVERED: Final = an_event(AuditAction.NOTICE_DELIVERED)
GIVEN_UP: Final = an_event(AuditAction.NOTICE_GIVEN_UP)
WITHDRAWN: Final = an_event(AuditAction.CONSENT_WITHDRAWN)
LEASE: Final = NOW + MINUTE


@pytest.fixture
async def told(world: World, desk: Desk) -> Told:
    """A person whose stand-in the client of the world has."""
    return await a_told(desk)


async def test_a_notice_is_taken_by_one_worker_until_its_lease_ends(told: Told, second: Stores) -> None:
    await told.supersede()

    taken = await asyncio.gather(*(told.due(stores=(told.stores, second)[n % 2]) for n in range(8)))

    assert sorted(len(notices) for notices in taken) == [0] * 7 + [1]
    assert await told.due(LEASE - timedelta(seconds=1)) == []
    (again,) = await told.due(LEASE)
    assert again.tries == 1  # whoever had it was never heard of again


async def test_notices_are_taken_in_portions_oldest_first(told: Told) -> None:
    for number in range(3):
        await told.stores.registry.save(
            a_client(f"rp-{number}"),
            CREATED,
        )
        await release(told.stores, told.subject_id, f"rp-{number}")
    await told.supersede()

    first, second = await told.due(limit=3), await told.due(limit=3)

    assert (len(first), len(second)) == (3, 1)
    assert {notice.client_id for notice in (*first, *second)} == {"rp-a", "rp-0", "rp-1", "rp-2"}


async def test_asking_for_notices_costs_one_read_when_there_are_none(told: Told) -> None:
    statements = statements_of(told.stores)

    assert await told.due() == []

    assert [statement.split()[0] for statement in statements] == ["SELECT"]


async def test_a_delivered_notice_is_told_no_more_and_leaves_one_event(told: Told) -> None:
    await told.supersede()
    (notice,) = await told.due()

    for _ in range(2):
        await told.stores.notices.delivered(notice.id, NOW + MINUTE, DELIVERED)

    assert await told.due(LEASE) == []
    (row,) = await told.rows()
    assert row.delivered_at == NOW + MINUTE
    assert (await told.desk.actions()).count("notice.delivered") == 1


async def test_whoever_was_told_the_new_number_has_it(told: Told) -> None:
    await told.supersede()
    (notice,) = await told.due()
    before = await told.given()

    await told.stores.notices.delivered(notice.id, NOW + MINUTE, DELIVERED)

    assert await told.given() != before
    assert await told.stores.people.receivers(told.subject_id) == {"rp-a": NOW + MINUTE}


async def test_a_notice_that_was_not_taken_comes_again_when_it_is_time(told: Told) -> None:
    await told.supersede()
    (notice,) = await told.due()

    await told.stores.notices.put_off(notice.id, NOW + 5 * MINUTE, None)

    assert await told.due(NOW + 4 * MINUTE) == []
    (again,) = await told.due(NOW + 5 * MINUTE)
    assert (again.id, again.tries) == (notice.id, 1)


async def test_a_notice_that_is_given_up_is_told_no_more_and_is_on_record(told: Told) -> None:
    await told.supersede()
    (notice,) = await told.due()

    for _ in range(2):
        await told.stores.notices.put_off(notice.id, None, GIVEN_UP)

    assert await told.due(NOW + 60 * MINUTE) == []
    assert (await told.desk.actions()).count("notice.given_up") == 1


async def test_a_slow_worker_does_not_revive_what_another_one_delivered(told: Told) -> None:
    await told.supersede()
    (notice,) = await told.due()
    await told.stores.notices.delivered(notice.id, NOW, DELIVERED)

    await told.stores.notices.put_off(notice.id, NOW, GIVEN_UP)

    assert await told.due(NOW + MINUTE) == []
    assert "notice.given_up" not in await told.desk.actions()


async def test_an_unknown_notice_is_no_error(told: Told) -> None:
    await told.stores.notices.delivered("unknown", NOW, DELIVERED)
    await told.stores.notices.put_off("unknown", NOW, GIVEN_UP)

    assert not {"notice.delivered", "notice.given_up"} & set(await told.desk.actions())


async def test_a_client_that_was_switched_off_is_told_nothing(told: Told) -> None:
    await told.supersede()
    await told.stores.registry.disable("rp-a", NOW, an_event(AuditAction.CLIENT_DISABLED))

    assert await told.due() == []

    (row,) = await told.rows()
    assert (row.due_at, row.delivered_at) == (None, None)
    assert (await told.desk.actions())[-1] == "notice.given_up"


async def test_of_a_person_whom_a_client_knows_by_no_name_nothing_is_told(told: Told) -> None:
    await told.stores.registry.save(a_client("rp-b", sector="rp-b.example"), CREATED)
    await release(told.stores, told.subject_id, "rp-b")
    await told.supersede()

    taken = await told.due()

    assert [notice.client_id for notice in taken] == ["rp-a"]
    assert (await told.desk.actions())[-1] == "notice.given_up"
