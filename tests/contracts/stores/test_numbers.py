"""Which permit has which number: one suite for every engine behind `NumberStore`."""

import asyncio
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from sqlalchemy import Connection, select

from gateway.broker.ports import BindingConflictError, BindingRaceError
from gateway.store.sql import number_tables
from mapping.errors import MappingError
from mapping.evidence import Allocate, Bind, Binding, Keep, Known, Read
from mapping.lifecycle import Standing
from mapping.resolve import decide
from mapping.surrogate import Block, block_for, number_at
from mapping.vocabulary import IdentifierKind, Realm, Sex
from tests.contracts.stores.builders import (
    BIRTHDATE,
    NOW,
    OTHER_PERMIT,
    PERMIT,
)
from tests.contracts.stores.desk import (
    BOUND,
    MACAO_PERMIT,
    OTHER_RESIDENCE,
    POLICY,
    RESIDENCE,
    Desk,
    an_evidence,
    verified,
)


async def test_a_verified_residence_number_is_bound_and_comes_back_whole(desk: Desk) -> None:
    subject_id = await desk.person()

    bound = await desk.resolve(subject_id, verified())

    assert bound.binding == Binding(PERMIT, BIRTHDATE, Sex.MALE, RESIDENCE, NOW)
    assert (bound.binding.permit.issue_count, bound.standing, bound.checked_at) == ("01", Standing.ACTIVE, None)
    assert await desk.stores.numbers.of_subject(subject_id) == bound
    known = Known(binding=bound.binding, number_holder=PERMIT.canonical)
    assert await desk.known(verified()) == known
    assert await desk.known(verified(), subject_id) == replace(known, is_holder=True)
    assert (await desk.history(), await desk.actions()) == (["bound"], ["identifier.bound"])


async def test_nothing_is_known_of_strangers(desk: Desk) -> None:
    assert await desk.stores.numbers.of_subject("nobody") is None
    assert await desk.known(verified(previous_permit=OTHER_PERMIT)) == Known()


async def test_a_surrogate_is_allocated_from_the_sandbox_with_date_and_parity(desk: Desk) -> None:
    number = (await desk.resolve(await desk.person(), an_evidence())).binding.number

    assert number.kind is IdentifierKind.SURROGATE
    assert (number.realm, number.birthdate, number.sex) == (Realm.SANDBOX, BIRTHDATE, Sex.MALE)


async def test_a_second_sign_in_keeps_the_number_and_writes_nothing(desk: Desk) -> None:
    subject_id = await desk.person()
    first = await desk.resolve(subject_id, an_evidence())

    second = await desk.resolve(subject_id, an_evidence())

    assert second == first
    assert (await desk.history(), await desk.actions()) == (["bound"], ["identifier.bound"])


async def test_a_person_of_another_provider_is_tied_to_the_same_number(desk: Desk) -> None:
    first = await desk.resolve(await desk.person(), an_evidence())
    friend = await desk.person("two", "guangdong")

    second = await desk.resolve(friend, an_evidence(), "guangdong")

    assert second == first
    assert await desk.stores.numbers.of_subject(friend) == first
    assert await desk.history() == ["bound", "tied"]


async def test_a_residence_number_supersedes_the_surrogate_and_remembers_it(desk: Desk) -> None:
    subject_id = await desk.person()
    surrogate = await desk.resolve(subject_id, an_evidence())

    bound = await desk.resolve(subject_id, verified())

    binding = bound.binding
    assert (binding.number, binding.replaces, binding.version) == (RESIDENCE, (surrogate.binding.number.value,), 2)
    assert await desk.stores.numbers.of_subject(subject_id) == bound
    assert await desk.history() == ["bound", "superseded"]
    assert await desk.actions() == ["identifier.bound", "identifier.bound", "identifier.superseded"]
    assert await desk.rows("numbers") == 2


async def test_a_superseded_surrogate_is_never_given_again(desk: Desk) -> None:
    subject_id = await desk.person()
    surrogate = await desk.resolve(subject_id, an_evidence())
    await desk.resolve(subject_id, verified())
    block = block_for(OTHER_PERMIT, Realm.SANDBOX)
    slots = [number_at(block, BIRTHDATE, Sex.MALE, slot) for slot in range(block.slot_count(Sex.MALE))]
    numbers = desk.stores.numbers
    numbers._choose = iter_of([slots.index(surrogate.binding.number), 7])
    other = an_evidence(OTHER_PERMIT)

    bound = await numbers.apply(
        await desk.person("two"), "hong_kong", other, decide(other, Known(), POLICY), NOW, BOUND
    )

    assert bound.binding.number == slots[7]


async def test_a_full_day_is_refused_and_leaves_nothing(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Block, "tiers", property(lambda self: (self,)))
    monkeypatch.setattr(Block, "slot_count", lambda _self, _sex: 1)
    await desk.resolve(await desk.person("one"), an_evidence())

    with pytest.raises(MappingError, match=r"surrogate\.capacity"):
        await desk.resolve(await desk.person("two"), an_evidence(OTHER_PERMIT))

    assert (await desk.rows("bindings"), await desk.rows("numbers"), await desk.rows("holders")) == (1, 1, 1)


async def test_a_permit_of_another_person_of_the_same_provider_is_a_conflict(desk: Desk) -> None:
    await desk.resolve(await desk.person("one"), an_evidence())
    thief = await desk.person("two")

    with pytest.raises(BindingConflictError):
        await desk.resolve(thief, an_evidence())

    assert await desk.stores.numbers.of_subject(thief) is None
    assert await desk.rows("holders") == 1


async def test_a_person_with_a_second_permit_is_a_conflict_and_nothing_is_written(desk: Desk) -> None:
    subject_id = await desk.person()
    first = await desk.resolve(subject_id, an_evidence())

    with pytest.raises(BindingConflictError):
        await desk.resolve(subject_id, an_evidence(OTHER_PERMIT))

    assert await desk.stores.numbers.of_subject(subject_id) == first
    assert (await desk.rows("bindings"), await desk.rows("numbers")) == (1, 1)
    assert await desk.actions() == ["identifier.bound"]


async def test_a_residence_number_of_another_permit_is_refused_twice_over(desk: Desk) -> None:
    await desk.resolve(await desk.person("one"), verified())
    two, evidence = await desk.person("two"), verified(permit=OTHER_PERMIT)

    with pytest.raises(MappingError, match=r"binding\.conflict"):
        await desk.resolve(two, evidence)
    with pytest.raises(BindingConflictError):
        await desk.apply(two, evidence, Bind(RESIDENCE))

    assert await desk.rows("bindings") == 1


async def test_of_two_permits_that_claim_one_number_at_once_exactly_one_gets_it(desk: Desk) -> None:
    one, two = await desk.person("one"), await desk.person("two")

    results = await asyncio.gather(
        desk.apply(one, verified(), Bind(RESIDENCE)),
        desk.apply(two, verified(permit=OTHER_PERMIT), Bind(RESIDENCE)),
        return_exceptions=True,
    )

    assert sorted(type(result).__name__ for result in results) == ["BindingConflictError", "Held"]


async def test_a_decision_on_old_records_is_not_carried_out(desk: Desk) -> None:
    subject_id = await desk.person()
    surrogate = (await desk.resolve(subject_id, an_evidence())).binding
    await desk.resolve(subject_id, verified())
    stale = [
        (an_evidence(), Keep(surrogate)),
        (an_evidence(), Allocate(block_for(PERMIT, Realm.SANDBOX))),
        (verified(OTHER_RESIDENCE), Bind(OTHER_RESIDENCE, (surrogate.number.value,))),
        (verified(), Bind(RESIDENCE)),
        (an_evidence(MACAO_PERMIT), Keep(replace(surrogate, permit=MACAO_PERMIT))),
    ]

    for evidence, decision in stale:
        with pytest.raises(BindingRaceError):
            await desk.apply(subject_id, evidence, decision)

    assert await desk.history() == ["bound", "superseded"]


async def test_a_number_that_is_only_read_is_not_recorded(desk: Desk) -> None:
    with pytest.raises(ValueError, match="not recorded"):
        await desk.apply(await desk.person(), an_evidence(), Read(RESIDENCE))


@pytest.mark.parametrize("changes", [{"permit": None}, {"birthdate": None}, {"sex": None}, {"sex": "X"}])
async def test_a_decision_on_less_than_a_permits_evidence_is_refused(desk: Desk, changes: dict[str, Any]) -> None:
    with pytest.raises(MappingError):
        await desk.apply(await desk.person(), replace(an_evidence(), **changes), Bind(RESIDENCE))


async def test_the_history_keeps_every_number_sealed(desk: Desk) -> None:
    subject_id = await desk.person()
    await desk.resolve(subject_id, an_evidence())
    await desk.resolve(subject_id, verified())

    def read(connection: Connection) -> list[tuple[Any, ...]]:
        return [tuple(row) for row in connection.execute(select(number_tables.binding_history))]

    lines = await desk.stores.database.read(read)

    assert RESIDENCE.value not in str(lines)
    assert {(line[7], line[6]) for line in lines} == {(subject_id, "hong_kong")}


async def test_a_birth_date_that_no_number_can_carry_is_refused(desk: Desk) -> None:
    evidence = an_evidence(birthdate=date(1899, 12, 31))

    with pytest.raises(MappingError, match=r"date\.out_of_range"):
        await desk.resolve(await desk.person(), evidence)

    assert await desk.rows("numbers") == 0


def iter_of(values: list[int]) -> Any:
    rest = iter(values)
    return lambda _: next(rest)
