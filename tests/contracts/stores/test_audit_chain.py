"""The chain over the audit: one suite for every engine behind `AuditChain`, `AuditCheckpoints` and `AuditRecords`."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import pytest
from sqlalchemy import delete, insert, update

from gateway.admin.audit_chain import Place, follow
from gateway.admin.audit_ports import AuditFilter, HourCount, KeptCheckpoint, Outside
from gateway.alerts import AlertKind
from gateway.audit import AuditAction, AuditEvent
from gateway.store.open import Stores
from gateway.store.sql import audit
from gateway.store.sql.operation_tables import epochs
from gateway.store.sql.tables import audit as log
from tests.contracts.stores.builders import NOW, SECOND
from tests.faults.weight import PATIENT, rounds

HOUR: Final = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
STARTED: Final = AuditAction.SIGN_IN_STARTED


def events(count: int, first: int = 0, action: AuditAction = STARTED, **changes: Any) -> list[AuditEvent]:
    values: dict[str, Any] = {"client_id": "rp-a", "provider": "macao"}
    return [
        AuditEvent(action, NOW + number * SECOND, f"c{number}", **(values | changes))
        for number in range(first, first + count)
    ]


async def happen(stores: Stores, *what: AuditEvent) -> None:
    await stores.database.run(lambda connection: audit.record(connection, *what))


async def execute(stores: Stores, statement: Any, values: Any = None) -> None:
    await stores.database.run(lambda connection: connection.execute(statement, values) and None)


async def whole(stores: Stores) -> Place:
    return follow(Place(), await stores.audit_chain.links(0, 100_000))


async def test_events_are_linked_in_their_order_without_a_gap_and_only_once(stores: Stores) -> None:
    chain = stores.audit_chain
    await happen(stores, *events(5))

    counts = [await chain.link(3), await chain.link(3), await chain.link(3)]

    links = await chain.links(0, 10)
    assert counts == [3, 2, 0]
    assert [(link.position, (link.row or {})["correlation_id"]) for link in links] == [
        (number + 1, f"c{number}") for number in range(5)
    ]
    assert follow(Place(), links) == (await stores.audit_checkpoints.state()).head


async def test_an_event_is_linked_with_all_that_it_says(stores: Stores) -> None:
    await happen(stores, AuditEvent(AuditAction.KEY_HELD, NOW + timedelta(microseconds=7), "c-1", details={"名": "字"}))
    await stores.audit_chain.link(1)

    (link,) = await stores.audit_chain.links(0, 1)

    assert link.row == {
        "seq": 1,
        "at": "2026-03-02T09:30:00.000007Z",
        "action": "key.held",
        "correlation_id": "c-1",
        "client_id": None,
        "subject_id": None,
        "provider": None,
        "details": '{"\\u540d":"\\u5b57"}',
    }


@pytest.mark.attack("AU-09")
async def test_au_09_an_event_that_is_seen_late_is_linked_when_it_is_seen(stores: Stores) -> None:
    chain = stores.audit_chain
    rows = audit.rows(events(4))
    await execute(stores, insert(log), [row | {"seq": 10 + number} for number, row in enumerate(rows) if number != 1])
    await chain.link(10)
    await execute(stores, insert(log), rows[1] | {"seq": 11})

    assert [await chain.link(10), await chain.link_late(), await chain.link_late()] == [0, 1, 0]

    assert [(link.row or {})["seq"] for link in await chain.links(0, 10)] == [10, 12, 13, 11]
    assert (await whole(stores)).position == 4


@pytest.mark.attack("AU-09")
async def test_au_09_events_without_a_link_are_found_in_whatever_stretch_they_stand(stores: Stores) -> None:
    await happen(stores, *events(4))
    await stores.audit_chain.link(2)
    outside = stores.audit_chain.outside

    assert await outside(0, NOW + 60 * SECOND) == Outside(4, 3, NOW + 2 * SECOND)
    assert await outside(3, NOW + 60 * SECOND) == Outside(4, 4, NOW + 3 * SECOND)
    assert await outside(0, NOW) == Outside(4)
    assert await outside(4, NOW) == Outside(None)


@PATIENT
@pytest.mark.attack("AU-09")
async def test_au_09_workers_that_write_and_link_at_once_make_one_chain(stores: Stores, second: Stores) -> None:
    workers = (stores, second)
    parts = rounds(8, 10_000)

    async def write(worker: Stores, first: int) -> None:
        for part in range(parts):
            await happen(worker, *events(5, first + 5 * part))

    async def link(worker: Stores) -> None:
        for _ in range(parts):
            await worker.audit_chain.link(7)
            await worker.audit_chain.link_late()

    await asyncio.gather(*(write(one, 10_000_000 * i) for i, one in enumerate(workers)), *map(link, workers * 2))
    while await stores.audit_chain.link(500) + await stores.audit_chain.link_late():
        pass

    assert (await whole(stores)).position == 2 * 5 * parts
    assert (await stores.audit_chain.outside(0, NOW + timedelta(days=9999))).first is None


async def test_an_event_that_is_gone_leaves_its_link(stores: Stores) -> None:
    await happen(stores, *events(2))
    await stores.audit_chain.link(2)
    await execute(stores, delete(log).where(log.c.seq == 1))

    assert [link.row is None for link in await stores.audit_chain.links(0, 10)] == [True, False]


async def test_sign_ins_are_counted_hour_by_hour(stores: Stores) -> None:
    failed = AuditAction.SIGN_IN_FAILED
    await happen(stores, *events(3), *events(2, 3600), *events(1, action=failed, provider=None), *events(1))
    await happen(stores, *events(4, action=AuditAction.CODE_ISSUED))
    while await stores.audit_chain.link(4):
        pass
    records, later = stores.audit_records, HOUR + timedelta(hours=1)

    found = await records.counts(NOW)

    assert found == [
        HourCount(HOUR, "sign_in.failed", "", 1),
        HourCount(HOUR, "sign_in.started", "macao", 4),
        HourCount(later, "sign_in.started", "macao", 2),
    ]
    assert await records.counts(later) == found[2:]
    assert await records.counts(NOW, later) == found[:2]


async def test_checkpoints_are_kept_once_for_each_position(stores: Stores, second: Stores) -> None:
    kept = [KeptCheckpoint(position, NOW, f"token-{position}") for position in (5, 9, 12)]
    checkpoints = stores.audit_checkpoints
    assert (await checkpoints.state()).last is None

    done = await asyncio.gather(*(one.audit_checkpoints.add(kept[0]) for one in (stores, second)))
    for one in kept[1:]:
        await checkpoints.add(one)

    assert sorted(done) == [False, True]
    assert await checkpoints.after(0, 10) == kept
    assert await checkpoints.after(5, 1) == kept[1:2]
    assert await checkpoints.latest(None, 2) == [kept[2], kept[1]]
    assert await checkpoints.latest(9, 2) == [kept[0]]
    assert (await checkpoints.state()).last == kept[2]


async def test_the_life_of_the_database_is_the_newest_on_record_and_alarms_are_raised_once(stores: Stores) -> None:
    alarm = stores.audit_checkpoints.alarm
    assert (await stores.audit_checkpoints.state()).epoch == 1

    await execute(stores, insert(epochs), [{"number": n, "began_at": NOW, "record": "{}"} for n in (1, 2)])

    assert (await stores.audit_checkpoints.state()).epoch == 2
    assert [await alarm(AlertKind.AUDIT_BROKEN, "chain", NOW) for _ in range(2)] == [True, False]


# --------------------------------------------------------------------------------------------------- search
async def found(stores: Stores, most: int = 10, before: int | None = None, **wanted: Any) -> list[str]:
    """The correlation ids of everything that is found, stretch by stretch."""
    lines: list[str] = []
    while True:
        portion = await stores.audit_records.search(AuditFilter(**wanted), before, most)
        lines += [line.correlation_id for line in portion.lines]
        before = portion.reached
        if before is None:
            return lines


async def test_a_search_finds_what_is_meant_newest_first_linked_or_not(stores: Stores) -> None:
    await happen(stores, *events(3))
    await happen(stores, *events(1, 3, AuditAction.KEY_HELD, client_id=None, details={"operator": "ada"}))
    await happen(stores, *events(2, 3600, client_id="rp-b", subject_id="s-1", provider="hong_kong"))

    for linked in (1, 3, 6):
        await look(stores)
        await stores.audit_chain.link(linked)
    await look(stores)


async def look(stores: Stores) -> None:
    assert await found(stores) == ["c3601", "c3600", "c3", "c2", "c1", "c0"]
    assert await found(stores, most=2) == ["c3601", "c3600", "c3", "c2", "c1", "c0"]
    assert await found(stores, client_id="rp-a") == ["c2", "c1", "c0"]
    assert await found(stores, subject_id="s-1", provider="hong_kong") == ["c3601", "c3600"]
    assert await found(stores, correlation_id="c1") == ["c1"]
    assert await found(stores, operator="ada") == ["c3"]
    assert await found(stores, operator="ad") == []
    assert await found(stores, actions=("key.held",)) == ["c3"]
    assert await found(stores, since=NOW + 2 * SECOND, until=NOW + 3600 * SECOND) == ["c3", "c2"]
    assert await found(stores, since=NOW + 7200 * SECOND) == []


async def test_a_search_goes_through_the_log_in_stretches(stores: Stores) -> None:
    await happen(stores, *events(1, details={"operator": "ada"}), *events(6, 1))
    await stores.audit_chain.link(5)

    portion = await stores.audit_records.search(AuditFilter(), None, 2)

    assert [(line.seq, line.position) for line in portion.lines] == [(7, None), (6, None)]
    assert (await stores.audit_records.search(AuditFilter(), portion.reached, 1)).lines[0].position == 5


@pytest.mark.attack("AD-04")
async def test_ad_04_sql_and_patterns_in_a_search_are_words_like_others(stores: Stores) -> None:
    await happen(stores, *events(2, details={"operator": "ada"}))
    await stores.audit_chain.link(1)

    for text in ("' OR 1=1 --", "%", "_", "\\", '"', "rp-a' UNION SELECT 1", "a%"):
        for name in ("client_id", "subject_id", "provider", "operator", "correlation_id"):
            assert await found(stores, **{name: text}) == []


async def test_what_was_written_past_the_gateway_can_be_looked_at(stores: Stores) -> None:
    await happen(stores, *events(1))
    await stores.audit_chain.link(1)

    for details in ("nonsense", "[1]", '{"a":1}'):
        await execute(stores, update(log).values(details=details))
        (line,) = (await stores.audit_records.search(AuditFilter(), None, 1)).lines
        assert line.details == {"unreadable": "yes"}
