"""A person whose permit changes: the record moves with proof, and the old permit gets no second life."""

import pytest

from gateway.broker.ports import BindingConflictError, BindingRaceError
from mapping.evidence import Allocate, Bind, Keep, Known
from mapping.lifecycle import Standing
from mapping.surrogate import block_for
from mapping.vocabulary import Realm
from tests.contracts.stores.builders import OTHER_PERMIT, PERMIT
from tests.contracts.stores.desk import MACAO_PERMIT, OTHER_RESIDENCE, Desk, an_evidence


async def test_a_proved_previous_permit_hands_its_number_and_people_over(desk: Desk) -> None:
    one, friend = await desk.person("one"), await desk.person("two", "guangdong")
    first = await desk.resolve(one, an_evidence())
    await desk.resolve(friend, an_evidence(), "guangdong")
    moved = an_evidence(OTHER_PERMIT, previous_permit=PERMIT, same_person=True)

    second = await desk.resolve(one, moved)

    assert (second.binding.permit, second.binding.number) == (OTHER_PERMIT, first.binding.number)
    assert await desk.stores.numbers.of_subject(one) == second
    assert await desk.stores.numbers.of_subject(friend) == second
    assert await desk.known(an_evidence()) == Known(standing=Standing.RETIRED)
    assert sorted(await desk.history()) == ["bound", "reissued", "retired", "tied"]


async def test_a_move_to_another_territory_allocates_anew_and_remembers_the_old_number(desk: Desk) -> None:
    one = await desk.person("one")
    first = await desk.resolve(one, an_evidence())
    moved = an_evidence(MACAO_PERMIT, previous_permit=PERMIT, same_person=True)

    second = await desk.resolve(one, moved)

    assert second.binding.number != first.binding.number
    assert second.binding.replaces == (first.binding.number.value,)
    holder = await desk.stores.numbers.known(one, PERMIT, None, first.binding.number)
    assert holder.number_holder == MACAO_PERMIT.canonical


async def test_a_retired_permit_gets_no_second_life(desk: Desk) -> None:
    one = await desk.person("one")
    first = await desk.resolve(one, an_evidence())
    await desk.resolve(one, an_evidence(OTHER_PERMIT, previous_permit=PERMIT, same_person=True))
    thief = await desk.person("thief")

    for decision in (Keep(first.binding), Bind(OTHER_RESIDENCE), Allocate(block_for(PERMIT, Realm.SANDBOX))):
        with pytest.raises(BindingRaceError):
            await desk.apply(thief, an_evidence(), decision)
    with pytest.raises(BindingRaceError):
        await desk.apply(thief, an_evidence(MACAO_PERMIT), Bind(OTHER_RESIDENCE, (), PERMIT))


async def test_two_accounts_of_one_provider_are_not_joined_by_a_previous_permit(desk: Desk) -> None:
    one, two = await desk.person("one"), await desk.person("two")
    await desk.resolve(one, an_evidence())
    await desk.resolve(two, an_evidence(OTHER_PERMIT))
    both = an_evidence(OTHER_PERMIT, previous_permit=PERMIT, same_person=True)

    with pytest.raises(BindingConflictError):
        await desk.resolve(two, both)

    assert await desk.known(an_evidence()) != Known(standing=Standing.RETIRED)
