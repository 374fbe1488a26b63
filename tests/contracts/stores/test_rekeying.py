"""Keys change while everybody goes on working: one record for each person throughout (MP-09)."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from sqlalchemy import Connection, func, select, update

from gateway.admin.records import Remaining, Reveal
from gateway.audit import AuditAction
from gateway.broker.model import Stage
from gateway.broker.ports import Held
from gateway.oidc.ports import StoreUnavailableError
from gateway.store.open import Stores, open_stores
from gateway.store.sql import number_tables, tables
from gateway.store.vault import KeyNotHeldError, Vault
from mapping.documents import TravelPermit
from tests.contracts.stores.breaking import KilledError, killed_at
from tests.contracts.stores.builders import (
    COOKIE,
    FRONT,
    KEYS,
    MINUTE,
    NEXT_KEYS,
    NOW,
    PERMIT,
    TOKEN_TEXT,
    World,
    a_person,
    a_session,
    a_subject,
    a_transaction,
    a_world,
    accepting,
    an_event,
    digest,
)
from tests.contracts.stores.desk import RESIDENCE, Desk, an_evidence, verified
from tests.contracts.stores.requests import leave_requests

BEGUN = an_event(AuditAction.KEYS_CHANGED, details={"step": "begin"})
FINISHED = an_event(AuditAction.KEYS_CHANGED, details={"step": "finish"})
NEW_ONLY: dict[str, Any] = {purpose: {"2": keys["2"]} for purpose, keys in NEXT_KEYS.items()}
BATCH = 3


@pytest.fixture
async def old_worker(database_url: str) -> AsyncIterator[Stores]:
    """Give a worker that has the old keys only."""
    opened = await open_stores(database_url, **KEYS)
    yield opened
    await opened.aclose()


@pytest.fixture
async def ready(old_worker: Stores, database_url: str) -> AsyncIterator[Stores]:
    """Give a worker that has the new keys too; the database was begun with the old ones."""
    assert old_worker.keys_in_use.in_use["index"] == ("1",)
    opened = await open_stores(database_url, **NEXT_KEYS)
    yield opened
    await opened.aclose()


async def fill(stores: Stores) -> tuple[World, Held]:
    """Leave something in every table with a box."""
    world = await a_world(stores)
    desk = Desk(stores)
    await desk.resolve(world.subject_id, an_evidence())
    held = await desk.resolve(world.subject_id, verified())
    for place in range(4):
        permit = TravelPermit.parse(f"H{10_000_000 + place}")
        await desk.resolve(await desk.person(f"person {place}"), an_evidence(permit))
    person = a_person(world.subject_id)
    await stores.transactions.begin(a_transaction(stage=Stage.AWAY, person=person), an_event())
    code, _ = await world.sign_in(new_session=a_session(world.subject_id))
    await stores.tokens.redeem(code.hash, NOW, accepting())
    reveal = Reveal("reveal-1", "lee", NOW, "a stated purpose", RESIDENCE, NOW + MINUTE)
    await stores.reveal_registry.ask(reveal, an_event(AuditAction.REVEAL_ASKED))
    await leave_requests(world)
    return world, held


async def move_all(stores: Stores, batch: int = BATCH) -> int:
    moved = 0
    while step := await stores.rekeying.step(batch):
        moved += step
    return moved


async def boxes_outside(stores: Stores, head: bytes) -> int:
    """How many boxes are not under the key whose boxes begin so."""

    def work(connection: Connection) -> int:
        return sum(
            1
            for table in number_tables.metadata.sorted_tables
            if "box" in table.c
            for box in connection.execute(select(table.c.box)).scalars()
            if box is None or not box.startswith(head)
        )

    return await stores.database.read(work)


async def index_keys(stores: Stores) -> dict[str, int]:
    entries = number_tables.indexes.c
    statement = select(entries.key_id, func.count()).group_by(entries.key_id)
    rows = await stores.database.read(lambda connection: connection.execute(statement).all())
    return dict(rows)  # type: ignore[arg-type]  # rows are pairs


@pytest.mark.attack("MP-09")
async def test_mp_09_everything_is_moved_and_the_new_keys_alone_open_it_all(ready: Stores, database_url: str) -> None:
    world, held = await fill(ready)

    assert await ready.rekeying.remaining() == Remaining(0, 0)
    assert await ready.rekeying.begin(NOW, BEGUN)
    left = await ready.rekeying.remaining()
    moved = await move_all(ready)
    assert await ready.rekeying.finish(NOW, FINISHED)

    assert moved == left.total > 0
    assert await ready.rekeying.remaining() == Remaining(0, 0)
    assert await boxes_outside(ready, Vault(**NEXT_KEYS).head) == 0
    assert list(await index_keys(ready)) == ["2"]
    await ready.aclose()
    alone = await open_stores(database_url, **NEW_ONLY)
    await everything_is_found(alone, world, held)
    await alone.aclose()


async def everything_is_found(stores: Stores, world: World, held: Held) -> None:
    assert await a_subject(stores) == world.subject_id
    assert await stores.numbers.of_subject(world.subject_id) == held
    known = await stores.numbers.known(world.subject_id, PERMIT, None, RESIDENCE)
    assert (known.binding, known.number_holder, known.is_holder) == (held.binding, PERMIT.canonical, True)
    assert await stores.transactions.find("transaction-1", FRONT, NOW) is not None
    assert await stores.sign_ins.session(COOKIE, NOW) is not None
    assert await stores.tokens.find_access_token(digest(TOKEN_TEXT), NOW) is not None
    assert len(await stores.number_registry.fullest(9)) > 0
    assert len(await stores.number_registry.history(held.binding_id)) == 2
    reveal = await stores.reveal_registry.find("reveal-1")
    assert reveal is not None
    assert reveal.number == RESIDENCE
    replaced = await stores.number_registry.of_number(held.binding.number)
    assert replaced is not None
    assert replaced.binding_id == held.binding_id


@pytest.mark.attack("MP-09")
async def test_mp_09_after_the_change_the_old_key_finds_nothing(ready: Stores, old_worker: Stores) -> None:
    world, _ = await fill(ready)
    await ready.rekeying.begin(NOW, BEGUN)
    await move_all(ready)
    await ready.rekeying.finish(NOW, FINISHED)

    known = await old_worker.numbers.known(world.subject_id, PERMIT, None, RESIDENCE)

    assert (known.binding, known.number_holder) == (None, None)
    with pytest.raises(StoreUnavailableError):
        await a_subject(old_worker)


@pytest.mark.attack("MP-09")
async def test_mp_09_two_workers_with_old_and_new_keys_keep_one_record_for_each_person(
    ready: Stores, old_worker: Stores
) -> None:
    desks = [Desk(old_worker), Desk(ready)]
    first = await desks[0].resolve(await desks[0].person("one"), an_evidence())
    await ready.rekeying.begin(NOW, BEGUN)
    refused = [0, 0]
    seen: dict[int, set[str]] = {}
    for place in range(24):
        person, desk = place // 4, desks[place % 2]
        permit = TravelPermit.parse(f"H{10_000_000 + person}")
        try:
            held = await desk.resolve(await desk.person(f"person {person}"), an_evidence(permit))
        except KeyNotHeldError:
            refused[place % 2] += 1
            continue
        seen.setdefault(person, set()).add(held.binding.number.value)
        await ready.rekeying.step(BATCH)

    assert [len(numbers) for numbers in seen.values()] == [1] * 6
    assert refused[0] >= 6  # a worker without the new key neither lets new people in nor opens what the other sealed
    assert refused[1] == 0
    assert await desks[1].resolve(await desks[1].person("one"), an_evidence()) == first
    await move_all(ready)
    assert await ready.rekeying.finish(NOW, FINISHED)
    assert await desks[1].rows("bindings") == 7


@pytest.mark.attack("MP-09")
async def test_mp_09_people_who_sign_in_all_the_while_are_never_doubled(ready: Stores, database_url: str) -> None:
    other = await open_stores(database_url, **NEXT_KEYS)
    desks = [Desk(ready), Desk(other)]

    async def sign_in(place: int) -> str:
        desk, permit = desks[place % 2], TravelPermit.parse(f"H{10_000_000 + place // 4}")
        held = await desk.resolve(await desk.person(f"person {place // 4}"), an_evidence(permit))
        return held.binding.number.value

    async def change_keys() -> None:
        await ready.rekeying.begin(NOW, BEGUN)
        while not await ready.rekeying.finish(NOW, FINISHED):
            await move_all(ready)

    *numbers, _ = await asyncio.gather(*(sign_in(place) for place in range(48)), change_keys())
    await other.aclose()

    assert len(set(numbers)) == 12
    assert await desks[0].rows("bindings") == 12
    assert await ready.rekeying.remaining() == Remaining(0, 0)
    assert list(await index_keys(ready)) == ["2"]


async def test_two_changes_at_once_come_to_one_end(ready: Stores, database_url: str) -> None:
    world, held = await fill(ready)
    other = await open_stores(database_url, **NEXT_KEYS)

    began = await asyncio.gather(*(stores.rekeying.begin(NOW, BEGUN) for stores in (ready, other)))
    await asyncio.gather(move_all(ready, 1), move_all(other, 2))
    finished = await asyncio.gather(*(stores.rekeying.finish(NOW, FINISHED) for stores in (ready, other)))
    await other.aclose()

    assert (sorted(began), finished) == ([False, True], [True, True])
    assert await ready.rekeying.remaining() == Remaining(0, 0)
    await everything_is_found(ready, world, held)
    assert (await world.actions()).count("keys.changed") == 2


@pytest.mark.attack("MP-09")
async def test_mp_09_a_change_that_is_killed_at_every_point_is_taken_up_again(ready: Stores, database_url: str) -> None:
    world, held = await fill(ready)
    place, is_done = 0, False
    while not is_done:
        place += 1
        worker = await open_stores(database_url, **NEXT_KEYS)
        try:
            with killed_at(worker, place):
                await worker.rekeying.begin(NOW, BEGUN)
                await move_all(worker, 5)
                is_done = await worker.rekeying.finish(NOW, FINISHED)
        except KilledError:
            pass
        finally:
            await worker.aclose()
        await ready.refresh_keys()
        assert await ready.numbers.of_subject(world.subject_id) == held

    await everything_is_found(ready, world, held)
    assert list(await index_keys(ready)) == ["2"]
    assert (await world.actions()).count("keys.changed") == 2


async def test_nothing_is_finished_while_anything_is_left(ready: Stores) -> None:
    world, _ = await fill(ready)
    await ready.rekeying.begin(NOW, BEGUN)
    await ready.rekeying.step(1)

    assert not await ready.rekeying.finish(NOW, FINISHED)

    assert ready.keys_in_use.in_use["index"] == ("2", "1")
    assert (await world.actions()).count("keys.changed") == 1


@pytest.mark.parametrize("key_id", ["1", "9"])
async def test_a_box_that_does_not_open_keeps_its_key_from_being_retired(ready: Stores, key_id: str) -> None:
    await fill(ready)
    strange = Vault({key_id: bytes(range(7, 39))}, KEYS["index_keys"]).seal({}, "grants", "grant-1")

    def spoil(connection: Connection) -> None:
        connection.execute(update(tables.grants).values(box=strange))

    await ready.database.run(spoil)
    await ready.rekeying.begin(NOW, BEGUN)
    moved = await move_all(ready)

    assert moved > 0
    assert await ready.rekeying.remaining() == Remaining(1, 0)
    assert not await ready.rekeying.finish(NOW, FINISHED)


async def test_without_newer_keys_there_is_nothing_to_begin_or_to_do(old_worker: Stores) -> None:
    world, _ = await fill(old_worker)

    assert not await old_worker.rekeying.begin(NOW, BEGUN)
    assert await old_worker.rekeying.step(BATCH) == 0
    assert await old_worker.rekeying.finish(NOW, FINISHED)

    assert "keys.changed" not in await world.actions()


async def test_a_retired_key_does_not_come_back(ready: Stores, database_url: str) -> None:
    await fill(ready)
    await ready.rekeying.begin(NOW, BEGUN)
    await move_all(ready)
    await ready.rekeying.finish(NOW, FINISHED)

    assert not await ready.rekeying.begin(NOW, BEGUN)
    with pytest.raises(KeyNotHeldError):
        await open_stores(database_url, **KEYS)


async def test_an_erased_account_is_not_found_again(ready: Stores) -> None:
    world, _ = await fill(ready)
    await ready.rekeying.begin(NOW, BEGUN)
    event = an_event(AuditAction.SUBJECT_ERASED)
    assert await ready.people.erase(world.subject_id, NOW, event)

    await move_all(ready)
    assert await ready.rekeying.finish(NOW, FINISHED)

    assert await a_subject(ready) != world.subject_id


async def test_tables_of_many_windows_are_walked_to_their_end(ready: Stores, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.store.sql.rekey_sources.WINDOW", 2)
    world, held = await fill(ready)
    await ready.rekeying.begin(NOW, BEGUN)
    left = await ready.rekeying.remaining()

    assert await move_all(ready, 1) == left.total
    assert await ready.rekeying.finish(NOW, FINISHED)

    assert list(await index_keys(ready)) == ["2"]
    await everything_is_found(ready, world, held)
