"""Every worker writes under the keys that the database names, or not at all (MP-09)."""

from collections.abc import Mapping
from typing import Any

import pytest
from sqlalchemy import select

from gateway.audit import AuditAction
from gateway.store.open import Stores, open_stores
from gateway.store.sql import indexes, keys_in_use
from gateway.store.sql.number_tables import key_states
from gateway.store.vault import KeyNotHeldError
from tests.contracts.stores.builders import INDEX_KEY, KEYS, NEXT_KEYS, NOW, SEALING_KEY, a_subject, an_event
from tests.contracts.stores.desk import Desk, an_evidence

CHANGED = an_event(AuditAction.KEYS_CHANGED)
OTHER = bytes(reversed(range(32)))


async def states(stores: Stores) -> list[tuple[str, str, bool]]:
    """Purpose, id, and whether it is retired."""
    statement = select(key_states.c.purpose, key_states.c.id, key_states.c.retired_at).order_by(
        key_states.c.purpose, key_states.c.id
    )
    rows = await stores.database.read(lambda connection: connection.execute(statement).all())
    return [(row.purpose, row.id, row.retired_at is not None) for row in rows]


async def test_an_empty_database_is_begun_with_the_newest_keys(database_url: str) -> None:
    stores = await open_stores(database_url, **NEXT_KEYS)

    known = await states(stores)
    await stores.aclose()

    assert known == [("index", "2", False), ("sealing", "2", False)]
    assert stores.keys_in_use.in_use == {"sealing": ("2",), "index": ("2",)}
    assert stores.keys_in_use.held == {"sealing": ("2", "1"), "index": ("2", "1")}


async def test_a_database_that_is_older_than_its_keys_table_goes_on_with_the_first_key(
    stores: Stores, database_url: str
) -> None:
    await a_subject(stores)
    await stores.database.run(lambda connection: connection.execute(key_states.delete()))

    ready = await open_stores(database_url, **NEXT_KEYS)
    known = await states(ready)
    await ready.aclose()

    assert known == [("index", "1", False), ("sealing", "1", False)]


async def test_an_older_database_is_not_opened_without_its_first_key(stores: Stores, database_url: str) -> None:
    await a_subject(stores)
    await stores.database.run(lambda connection: connection.execute(key_states.delete()))

    with pytest.raises(KeyNotHeldError, match="filled with"):
        await open_stores(database_url, sealing_keys={"2": OTHER}, index_keys={"2": OTHER})


@pytest.mark.parametrize(
    "keys",
    [
        {"sealing_keys": {"1": OTHER}, "index_keys": {"1": INDEX_KEY}},
        {"sealing_keys": {"1": SEALING_KEY}, "index_keys": {"1": OTHER}},
        {"sealing_keys": {"2": SEALING_KEY}, "index_keys": {"1": INDEX_KEY}},
        {"sealing_keys": {"1": SEALING_KEY}, "index_keys": {"2": INDEX_KEY}},
    ],
)
@pytest.mark.usefixtures("stores")
async def test_a_worker_with_other_keys_is_turned_away_at_the_door(database_url: str, keys: Mapping[str, Any]) -> None:
    with pytest.raises(KeyNotHeldError, match="is not in the keys folder") as refusal:
        await open_stores(database_url, **keys)

    assert OTHER.hex() not in str(refusal.value)


@pytest.mark.attack("MP-09")
async def test_mp_09_a_worker_that_only_has_the_old_key_reads_on_and_refuses_to_write(
    stores: Stores, database_url: str
) -> None:
    desk = Desk(stores)
    known = await desk.person()
    held = await desk.resolve(known, an_evidence())
    ready = await open_stores(database_url, **NEXT_KEYS)
    await ready.rekeying.begin(NOW, CHANGED)
    await ready.aclose()

    assert await desk.person() == known
    assert await desk.held(known) == held
    assert await desk.resolve(known, an_evidence()) == held
    with pytest.raises(KeyNotHeldError):
        await desk.person("new")
    with pytest.raises(KeyNotHeldError):
        await desk.stores.refresh_keys()


@pytest.mark.attack("MP-09")
async def test_mp_09_a_worker_that_has_the_new_key_too_catches_up_by_itself(database_url: str) -> None:
    workers = [await open_stores(database_url, **keys) for keys in (KEYS, NEXT_KEYS, NEXT_KEYS)]
    await workers[1].rekeying.begin(NOW, CHANGED)
    late = workers[2]
    before = late.keys_in_use.in_use["index"]

    subject_id = await a_subject(late, "new")
    rows = await late.database.read(
        lambda connection: (
            connection.execute(select(indexes.indexes.c.key_id).where(indexes.indexes.c.target == subject_id))
            .scalars()
            .all()
        )
    )
    for worker in workers:
        await worker.aclose()

    assert (before, late.keys_in_use.in_use["index"]) == (("1",), ("2", "1"))
    assert sorted(rows) == ["1", "2"]


async def test_a_key_that_is_known_already_is_not_put_into_use_again(stores: Stores) -> None:
    def work(connection: Any) -> bool:
        return keys_in_use.add(connection, "index", "1", b"another", NOW)

    assert not await stores.database.run(work)
