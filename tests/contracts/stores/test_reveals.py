"""Tracing a number back: two operators, one purpose, once; one suite for every engine behind `RevealRegistry`."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any, Final

import pytest

from gateway.admin.records import Reveal
from gateway.audit import AuditAction
from gateway.store.open import Stores
from gateway.store.sql.number_tables import reveals
from tests.contracts.stores.builders import MINUTE, NOW, PERMIT, SECOND, a_number, an_event
from tests.contracts.stores.desk import OTHER_RESIDENCE, RESIDENCE, Desk, verified

ASKED: Final = an_event(AuditAction.REVEAL_ASKED)
APPROVED: Final = an_event(AuditAction.REVEAL_APPROVED)
USED: Final = an_event(AuditAction.REVEAL_USED)
LATER: Final = NOW + 15 * MINUTE


def a_request(**changes: Any) -> Reveal:
    values = {
        "id": "reveal-1",
        "asked_by": "ada",
        "asked_at": NOW,
        "purpose": "court order 17, fictional",
        "number": RESIDENCE,
        "ends_at": NOW + 60 * MINUTE,
    }
    return Reveal(**(values | changes))


async def ask(stores: Stores, **changes: Any) -> None:
    await stores.reveal_registry.ask(a_request(**changes), ASKED)


async def approve(stores: Stores, operator: str = "bob", *, at: timedelta = timedelta(0)) -> bool:
    return await stores.reveal_registry.approve("reveal-1", operator, LATER, NOW + at, APPROVED)


async def use(stores: Stores, operator: str = "ada", *, at: timedelta = timedelta(0)) -> bool:
    return await stores.reveal_registry.use("reveal-1", operator, NOW + at, USED) is not None


@pytest.fixture
async def bound(desk: Desk) -> str:
    """A person whose number is known; gives their id."""
    subject_id = await desk.person()
    await desk.resolve(subject_id, verified())
    return subject_id


async def test_a_request_comes_back_as_it_was_asked(desk: Desk) -> None:
    await ask(desk.stores)

    assert await desk.stores.reveal_registry.find("reveal-1") == a_request()
    assert await desk.stores.reveal_registry.find("reveal-2") is None
    assert (await desk.actions())[-1] == "reveal.asked"


@pytest.mark.attack("MP-06")
async def test_mp_06_the_number_that_is_asked_about_rests_sealed(stores: Stores) -> None:
    await ask(stores)

    row = await stores.database.read(lambda connection: connection.execute(reveals.select()).one())

    assert RESIDENCE.value not in repr(tuple(row))


@pytest.mark.attack("MP-03")
async def test_mp_03_two_operators_together_trace_a_number_back_to_its_permit(desk: Desk, bound: str) -> None:
    await ask(desk.stores)
    assert await approve(desk.stores)

    record = await desk.stores.reveal_registry.use("reveal-1", "ada", NOW + MINUTE, USED)

    assert record is not None
    assert record.binding.permit.canonical == PERMIT.canonical
    assert record.binding.number == RESIDENCE
    assert record.subject_ids == (bound,)
    assert (await desk.actions())[-3:] == ["reveal.asked", "reveal.approved", "reveal.used"]


@pytest.mark.attack("MP-03")
async def test_mp_03_one_operator_alone_sees_nothing(desk: Desk, bound: str) -> None:
    await ask(desk.stores)

    assert not await use(desk.stores)
    assert not await approve(desk.stores, "ada")
    assert not await use(desk.stores)

    found = await desk.stores.reveal_registry.find("reveal-1")
    assert found == a_request()
    assert "reveal.used" not in await desk.actions()


@pytest.mark.attack("MP-03")
async def test_mp_03_whoever_approved_and_whoever_stands_by_sees_nothing(desk: Desk, bound: str) -> None:
    await ask(desk.stores)
    await approve(desk.stores)

    assert not await use(desk.stores, "bob")
    assert not await use(desk.stores, "cyd")

    assert await use(desk.stores)


@pytest.mark.attack("MP-03")
async def test_mp_03_an_approval_is_for_one_use(desk: Desk, bound: str) -> None:
    await ask(desk.stores)
    await approve(desk.stores)

    assert [await use(desk.stores), await use(desk.stores)] == [True, False]

    assert not await approve(desk.stores)
    assert (await desk.actions()).count("reveal.used") == 1


@pytest.mark.attack("MP-03")
async def test_mp_03_of_ten_uses_at_once_one_is_answered(desk: Desk, bound: str, second: Stores) -> None:
    await ask(desk.stores)
    await approve(desk.stores)

    answers = await asyncio.gather(*(use((desk.stores, second)[n % 2]) for n in range(10)))

    assert sum(answers) == 1


@pytest.mark.attack("MP-03")
@pytest.mark.parametrize(("late", "is_good"), [(15 * MINUTE - SECOND, True), (15 * MINUTE, False)])
async def test_mp_03_an_approval_ends_with_its_time(desk: Desk, bound: str, late: timedelta, is_good: bool) -> None:
    await ask(desk.stores)
    await approve(desk.stores)

    assert await use(desk.stores, at=late) is is_good


@pytest.mark.attack("MP-03")
async def test_mp_03_a_request_that_nobody_approved_in_time_is_over(desk: Desk, bound: str) -> None:
    await ask(desk.stores)

    assert not await approve(desk.stores, at=60 * MINUTE)

    assert "reveal.approved" not in await desk.actions()


@pytest.mark.attack("MP-03")
async def test_mp_03_a_request_is_approved_once(desk: Desk, bound: str) -> None:
    await ask(desk.stores)
    await approve(desk.stores)

    assert not await approve(desk.stores, "cyd")

    found = await desk.stores.reveal_registry.find("reveal-1")
    assert found == replace(a_request(), approved_by="bob", ends_at=LATER)


async def test_a_number_that_nobody_ever_had_is_traced_to_nobody_and_nothing_is_written(desk: Desk, bound: str) -> None:
    await ask(desk.stores, number=OTHER_RESIDENCE)
    await approve(desk.stores)

    assert not await use(desk.stores)

    found = await desk.stores.reveal_registry.find("reveal-1")
    assert found is not None
    assert found.used_at is None
    assert "reveal.used" not in await desk.actions()


async def test_requests_are_counted_by_operator_and_time(stores: Stores) -> None:
    for number in range(3):
        await ask(stores, id=f"reveal-{number}", asked_at=NOW + number * MINUTE)
    await ask(stores, id="reveal-of-bob", asked_by="bob")
    used_since = stores.reveal_registry.used_since

    assert await used_since("ada", NOW) == 3
    assert await used_since("ada", NOW + MINUTE) == 2
    assert await used_since("bob", NOW - MINUTE) == 1
    assert await used_since("cyd", NOW - MINUTE) == 0


@pytest.mark.parametrize("reveal_id", ["", "with\0nul", "\ud800", "x" * 257])
async def test_what_cannot_be_an_id_is_no_request(stores: Stores, reveal_id: str) -> None:
    registry = stores.reveal_registry

    assert await registry.find(reveal_id) is None
    assert not await registry.approve(reveal_id, "bob", LATER, NOW, APPROVED)
    assert await registry.use(reveal_id, "ada", NOW, USED) is None


def test_a_request_does_not_print_its_number() -> None:
    assert a_number().value not in repr(a_request())
