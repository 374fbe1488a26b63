"""Which workers run: the same on SQLite and PostgreSQL, and what the database's own clock says."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Connection

from gateway.admin.operation_records import Instance
from gateway.store.open import Stores
from gateway.store.sql.instances import FORGOTTEN
from tests.contracts.stores.builders import NOW

ONE = Instance(
    "host-1-abcd",
    seen_at=NOW,
    started_at=NOW - timedelta(hours=1),
    version="1.0",
    ready=("key-1",),
    used={"key-1": "2026-03-02T09:29:00+00:00"},
    set_versions={"reports": "3"},
    skew_ms=-12,
    breakers={"macao": "open"},
)


async def test_a_beat_is_remembered_and_the_next_one_takes_its_place(stores: Stores) -> None:
    await stores.instances.beat(ONE)
    later = replace(ONE, seen_at=NOW + timedelta(seconds=5), healthy=False, ready=())

    await stores.instances.beat(later)

    assert await stores.instances.living(NOW) == [later]


async def test_a_beat_is_answered_with_the_databases_own_time(stores: Stores) -> None:
    before = datetime.now(UTC)
    told = await stores.instances.beat(ONE)
    after = datetime.now(UTC)

    assert before - timedelta(seconds=1) <= told <= after + timedelta(seconds=1)
    assert await stores.instances.beat(ONE) >= told


async def test_whoever_was_not_seen_since_does_not_live(stores: Stores) -> None:
    await stores.instances.beat(ONE)

    assert await stores.instances.living(NOW + timedelta(microseconds=1)) == []


async def test_a_worker_that_stops_is_forgotten_and_may_say_so_twice(stores: Stores) -> None:
    await stores.instances.beat(ONE)

    await stores.instances.gone(ONE.id)
    await stores.instances.gone(ONE.id)

    assert await stores.instances.living(NOW - FORGOTTEN) == []


async def test_a_worker_that_fell_silent_is_forgotten_after_a_day(stores: Stores) -> None:
    await stores.instances.beat(ONE)
    await stores.instances.beat(replace(ONE, id="other", seen_at=NOW + timedelta(seconds=1)))

    await stores.purge(NOW + FORGOTTEN, 100)

    assert [one.id for one in await stores.instances.living(NOW - FORGOTTEN)] == ["other"]


async def test_what_a_newer_version_tells_beside_is_left_out(stores: Stores) -> None:
    await stores.instances.beat(ONE)
    await stores.database.run(tell_more)

    assert await stores.instances.living(NOW) == [ONE]


def tell_more(connection: Connection) -> None:
    connection.exec_driver_sql("""UPDATE instances SET record = '{"mood":"fine",' || substr(record, 2)""")


@pytest.mark.parametrize("name", ["", "x" * 257, "wörker"])
async def test_a_name_that_could_be_none_of_ours_is_refused(stores: Stores, name: str) -> None:
    with pytest.raises(ValueError, match="id"):
        await stores.instances.beat(replace(ONE, id=name))
