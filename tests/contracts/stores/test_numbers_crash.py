"""A crash at any point leaves nothing half-written, and a second try comes to the same end (F-MAPF-01, F-MAPF-02)."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import pytest

from gateway.alerts import AlertKind
from gateway.audit import AuditAction
from gateway.store.open import Stores
from mapping.documents import TravelPermit
from mapping.lifecycle import Change
from tests.contracts.stores.breaking import KilledError, everything, killed_at
from tests.contracts.stores.builders import NOW, PERMIT, World, an_event
from tests.contracts.stores.desk import MACAO_PERMIT, Desk, an_evidence, corrected, verified

NEWER = TravelPermit.parse("H1234567802")
EVENT = an_event(AuditAction.IDENTIFIER_REFUSED, details={"operator": "lee"})

Act = Callable[[Desk, str], Awaitable[Any]]


async def allocate(desk: Desk, subject_id: str) -> Any:
    return await desk.resolve(subject_id, an_evidence())


async def supersede(desk: Desk, subject_id: str) -> Any:
    return await desk.resolve(subject_id, verified())


async def renew(desk: Desk, subject_id: str) -> Any:
    return await desk.resolve(subject_id, an_evidence(NEWER))


async def correct(desk: Desk, subject_id: str) -> Any:
    return await desk.resolve(subject_id, corrected())


async def move(desk: Desk, subject_id: str) -> Any:
    return await desk.resolve(subject_id, an_evidence(MACAO_PERMIT, previous_permit=PERMIT, same_person=True))


async def contest(desk: Desk, subject_id: str) -> Any:
    await desk.stores.numbers.conflict(AlertKind.TWO_HOLDERS, subject_id, PERMIT, NOW, EVENT)


async def reserve(desk: Desk, subject_id: str) -> Any:
    await desk.stores.numbers.reserved_number_seen((await desk.held(subject_id)).binding.number, NOW, EVENT)


async def dispute(desk: Desk, subject_id: str) -> Any:
    assert await desk.stores.numbers.dispute(subject_id, NOW, EVENT)


async def untie(desk: Desk, subject_id: str) -> Any:
    assert await desk.stores.numbers.untie(subject_id, NOW, EVENT)


async def close(desk: Desk, subject_id: str) -> Any:
    binding_id = (await desk.held(subject_id)).binding_id
    await desk.stores.number_registry.change(binding_id, Change.CLOSED, "death", NOW, EVENT)


@dataclass(frozen=True)
class Case:
    """An act on a record that is there already, and the words that it leaves in the history."""

    act: Act
    words: tuple[str, ...]


CASES = {
    "supersede": Case(supersede, ("bound", "superseded")),
    "renew": Case(renew, ("bound", "renewed")),
    "correct": Case(correct, ("bound", "corrected")),
    "move": Case(move, ("bound", "moved", "retired")),
    "contest": Case(contest, ("bound", "frozen")),
    "reserve": Case(reserve, ("bound", "frozen")),
    "dispute": Case(dispute, ("bound", "disputed")),
    "untie": Case(untie, ("bound", "untied")),
    "close": Case(close, ("bound", "closed")),
}


async def break_everywhere(desk: Desk, subject_id: str, act: Act) -> int:
    """Kill an act at its first statement, at its second, and so on, until one gets through; give how many it has."""
    before, place = await everything(desk.stores), 0
    while True:
        place += 1
        try:
            with killed_at(desk.stores, place):
                await act(desk, subject_id)
        except KilledError:
            assert await everything(desk.stores) == before
        else:
            return place - 1


@pytest.mark.attack("F-MAPF-02")
async def test_f_mapf_02_a_first_allocation_that_is_killed_anywhere_leaves_nothing(desk: Desk) -> None:
    subject_id = await desk.person()

    statements = await break_everywhere(desk, subject_id, allocate)

    assert statements >= 10
    assert [await desk.rows(name) for name in ("bindings", "numbers", "holders", "buckets")] == [1, 1, 1, 1]
    assert (await desk.history(), await desk.actions()) == (["bound"], ["identifier.bound"])


@pytest.mark.attack("F-MAPF-02")
@pytest.mark.parametrize("name", CASES)
async def test_f_mapf_02_whatever_is_killed_anywhere_leaves_nothing_half_written(
    desk: Desk, world: World, name: str
) -> None:
    await allocate(desk, world.subject_id)
    await desk.give_number_to("rp-a", world.subject_id)

    statements = await break_everywhere(desk, world.subject_id, CASES[name].act)

    assert statements >= 2
    assert tuple(sorted(await desk.history())) == CASES[name].words


@pytest.mark.attack("F-MAPF-02")
async def test_f_mapf_02_killed_between_allocation_and_answer_the_next_try_gives_the_same_number(
    desk: Desk, second: Stores
) -> None:
    subject_id = await desk.person()
    lost = await desk.resolve(subject_id, an_evidence())
    await desk.stores.aclose()

    other = Desk(second)
    again = await other.resolve(subject_id, an_evidence())

    assert again == lost
    assert (await other.history(), await other.actions()) == (["bound"], ["identifier.bound"])


@pytest.mark.attack("F-MAPF-01")
async def test_f_mapf_01_a_worker_that_dies_at_the_allocation_point_leaves_the_number_to_the_other(
    desk: Desk, second: Stores
) -> None:
    subject_id = await desk.person()

    for place in range(4, 9):
        with killed_at(desk.stores, place), pytest.raises(KilledError):
            await desk.resolve(subject_id, an_evidence())
    held = await Desk(second).resolve(subject_id, an_evidence())

    assert await desk.resolve(subject_id, an_evidence()) == held
    assert (await desk.rows("numbers"), await desk.history()) == (1, ["bound"])


async def test_a_known_person_costs_one_statement_to_look_up_and_one_to_keep(desk: Desk) -> None:
    subject_id = await desk.person()
    held = await desk.resolve(subject_id, an_evidence())

    with killed_at(desk.stores) as counter:
        assert await desk.resolve(subject_id, an_evidence()) == held
        writes = counter.statements

    assert writes <= 2  # PostgreSQL reads on other connections
