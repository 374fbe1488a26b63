"""The audit trail: one suite for every engine behind `AuditLog`."""

import json

import pytest
from sqlalchemy import Connection, select

from gateway.audit import AuditAction, AuditEvent
from gateway.store.open import Stores
from gateway.store.sql import tables
from tests.contracts.stores.builders import NOW, World, an_event


async def test_an_event_is_kept_with_all_that_it_says(stores: Stores) -> None:
    event = AuditEvent(
        AuditAction.SIGN_IN_FAILED, NOW, "c0rrelation", "rp-a", "subject-1", "macao", {"failure": "refused"}
    )

    await stores.audit.append(event)

    (row,) = await stores.database.read(events)
    assert row.at == NOW
    assert row.action == "sign_in.failed"
    assert (row.correlation_id, row.client_id, row.subject_id, row.provider) == (
        "c0rrelation",
        "rp-a",
        "subject-1",
        "macao",
    )
    assert json.loads(row.details) == {"failure": "refused"}


async def test_events_stand_in_the_order_in_which_they_came(stores: Stores) -> None:
    for number in range(5):
        await stores.audit.append(an_event(correlation_id=f"c{number}"))

    rows = await stores.database.read(events)

    assert [row.correlation_id for row in rows] == ["c0", "c1", "c2", "c3", "c4"]
    assert [row.seq for row in rows] == [1, 2, 3, 4, 5]


@pytest.mark.parametrize("hostile", ["a\0b", "字\ud800", "x" * 100_000, ""])
async def test_a_refused_request_cannot_keep_its_refusal_off_the_record(stores: Stores, hostile: str) -> None:
    await stores.audit.append(an_event(AuditAction.REQUEST_REFUSED, client_id=hostile))

    (row,) = await stores.database.read(events)
    assert row.client_id == "(unreadable)"


async def test_no_event_of_a_rolled_back_transaction_remains(world: World) -> None:
    before = await world.actions()

    with pytest.raises(LookupError):
        await world.sign_in(events=failing())

    assert await world.actions() == before


def failing() -> list[AuditEvent]:
    class Events(list[AuditEvent]):
        def __iter__(self) -> None:
            raise LookupError

    return Events([an_event()])


def events(connection: Connection) -> list:
    return list(connection.execute(select(tables.audit).order_by(tables.audit.c.seq)))
