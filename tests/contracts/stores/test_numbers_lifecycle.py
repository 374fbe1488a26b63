"""What may happen to a record after its first number: renewal, correction, dispute, and two accounts of one person."""

from dataclasses import replace
from datetime import timedelta

import pytest

from gateway.broker.ports import BindingConflictError, BindingRaceError
from mapping.documents import TravelPermit
from mapping.errors import MappingError
from mapping.evidence import Allocate, Renew
from mapping.lifecycle import Change, Standing
from mapping.surrogate import block_for
from mapping.vocabulary import Realm
from tests.contracts.stores.builders import (
    MINUTE,
    NOW,
    OTHER_PERMIT,
    PERMIT,
    World,
    a_number,
)
from tests.contracts.stores.desk import MACAO_PERMIT, RESIDENCE, TRUE_BIRTHDATE, Desk, an_evidence, corrected, verified

NEWER = TravelPermit.parse("H1234567802")
OLDER = TravelPermit.parse("H1234567800")
LATER = NOW + timedelta(days=2)
CARD = "hkid:Z6839874"


@pytest.mark.attack("AL-04")
async def test_al_04_a_newer_card_writes_its_renewal_count_and_nothing_else(desk: Desk) -> None:
    subject_id = await desk.person()
    first = await desk.resolve(subject_id, an_evidence())

    second = await desk.resolve(subject_id, an_evidence(NEWER))

    assert second.binding == replace(first.binding, version=2)
    assert second.binding.permit.issue_count == "02"
    assert await desk.held(subject_id) == second
    assert await desk.history() == ["bound", "renewed"]
    assert await desk.actions() == ["identifier.bound", "identifier.bound", "identifier.renewed"]


async def test_an_older_card_writes_nothing(desk: Desk) -> None:
    subject_id = await desk.person()
    first = await desk.resolve(subject_id, an_evidence())

    second = await desk.resolve(subject_id, an_evidence(OLDER))

    assert second == first
    assert await desk.history() == ["bound"]


async def test_a_renewal_decided_on_an_older_version_is_not_carried_out(desk: Desk) -> None:
    subject_id = await desk.person()
    first = await desk.resolve(subject_id, an_evidence())
    await desk.resolve(subject_id, an_evidence(NEWER))

    for decision in (Renew(first.binding, NEWER), Renew((await desk.held(subject_id)).binding, NEWER)):
        with pytest.raises(BindingRaceError):
            await desk.apply(subject_id, an_evidence(NEWER), decision)

    assert await desk.history() == ["bound", "renewed"]


async def test_a_second_account_with_a_newer_card_is_tied_and_the_card_renewed(desk: Desk) -> None:
    await desk.resolve(await desk.person(), an_evidence())
    friend = await desk.person("two", "guangdong")

    held = await desk.resolve(friend, an_evidence(NEWER), "guangdong")

    assert held.binding.permit.issue_count == "02"
    assert sorted(await desk.history()) == ["bound", "renewed", "tied"]


@pytest.mark.attack("AL-04")
async def test_al_04_what_the_register_corrects_gives_a_new_number_and_keeps_the_old_one(desk: Desk) -> None:
    subject_id = await desk.person()
    first = await desk.resolve(subject_id, an_evidence())

    second = await desk.resolve(subject_id, corrected(), now=LATER)

    assert second.binding.number.birthdate == TRUE_BIRTHDATE
    assert second.binding.replaces == (first.binding.number.value,)
    assert (second.binding_id, second.binding.version, second.checked_at) == (first.binding_id, 2, LATER)
    assert [line[:3] for line in await desk.lines()] == [
        ("bound", "surrogate", "person"),
        ("corrected", "surrogate", "register"),
    ]
    assert (await desk.actions())[-1] == "identifier.corrected"
    assert await desk.rows("numbers") == 2


async def test_a_residence_number_is_corrected_by_the_one_that_the_register_gave_anew(desk: Desk) -> None:
    subject_id = await desk.person()
    await desk.resolve(subject_id, verified())
    anew = a_number("81000019050706001")

    held = await desk.resolve(subject_id, corrected(residence_permit=anew, residence_permit_verified=True))

    assert (held.binding.number, held.binding.replaces) == (anew, (RESIDENCE.value,))
    assert await desk.history() == ["bound", "corrected"]


async def test_nobody_but_a_holder_gets_a_record_corrected(desk: Desk) -> None:
    first = await desk.resolve(await desk.person(), an_evidence())
    thief = await desk.person("two", "guangdong")
    block = block_for(PERMIT, Realm.SANDBOX)
    decision = Allocate(block, (first.binding.number.value,), change=Change.CORRECTED)

    with pytest.raises(MappingError, match=r"binding\.birthdate_mismatch"):
        await desk.resolve(thief, corrected(), "guangdong")
    with pytest.raises(BindingRaceError):
        await desk.apply(thief, corrected(), decision, "guangdong")

    assert await desk.history() == ["bound"]


async def test_of_two_corrections_at_once_one_is_written(desk: Desk) -> None:
    subject_id = await desk.person()
    first = await desk.resolve(subject_id, an_evidence())
    decision = Allocate(block_for(PERMIT, Realm.SANDBOX), (first.binding.number.value,), change=Change.CORRECTED)
    await desk.apply(subject_id, corrected(), decision)

    with pytest.raises(BindingRaceError):
        await desk.apply(subject_id, corrected(), decision)

    assert await desk.history() == ["bound", "corrected"]


async def test_what_a_register_confirms_is_its_last_answer(desk: Desk) -> None:
    subject_id = await desk.person()
    first = await desk.resolve(subject_id, an_evidence(vouched=True))

    kept = await desk.resolve(subject_id, an_evidence(vouched=True), now=LATER)
    await desk.stores.numbers.checked(kept.binding_id, LATER + MINUTE)

    assert (first.checked_at, kept.checked_at) == (NOW, LATER)
    assert (await desk.held(subject_id)).checked_at == LATER + MINUTE
    assert await desk.history() == ["bound"]


async def test_a_number_that_stays_keeps_the_day_on_which_it_was_given(desk: Desk) -> None:
    subject_id = await desk.person()
    first = await desk.resolve(subject_id, an_evidence())

    moved = an_evidence(OTHER_PERMIT, previous_permit=PERMIT, same_person=True)
    second = await desk.resolve(subject_id, moved, now=LATER)

    assert (second.binding.number, second.binding.issued_at) == (first.binding.number, NOW)


@pytest.mark.attack("AL-10")
async def test_al_10_a_new_account_with_the_same_home_card_takes_the_elder_ones_place(desk: Desk) -> None:
    elder = await desk.person("elder", home_card=CARD)
    first = await desk.resolve(elder, an_evidence())
    younger = await desk.person("younger", home_card=CARD)

    second = await desk.resolve(younger, an_evidence())

    assert second == first
    assert await desk.stores.numbers.of_subject(elder) is None
    assert sorted(line[:4] for line in await desk.lines()) == [
        ("bound", "surrogate", "person", elder),
        ("tied", "recorded", "person", younger),
        ("untied", "same_home_card", "gateway", elder),
    ]


@pytest.mark.parametrize(("first", "second"), [(None, None), (CARD, None), (None, CARD), (CARD, "hkid:A1234563")])
async def test_accounts_of_one_provider_without_the_same_home_card_are_two_people(
    desk: Desk, first: str | None, second: str | None
) -> None:
    holder = await desk.person("one", home_card=first)
    await desk.resolve(holder, an_evidence())
    claimant = await desk.person("two", home_card=second)

    with pytest.raises(BindingConflictError):
        await desk.resolve(claimant, an_evidence())

    assert (await desk.held(holder)).standing is Standing.ACTIVE
    assert await desk.history() == ["bound"]


async def test_two_records_of_one_person_become_one_though_two_accounts_of_a_provider_hold_them(desk: Desk) -> None:
    elder, younger = await desk.person("elder", home_card=CARD), await desk.person("younger", home_card=CARD)
    first = await desk.resolve(elder, an_evidence())
    await desk.resolve(younger, an_evidence(OTHER_PERMIT), now=LATER)
    both = an_evidence(OTHER_PERMIT, previous_permit=PERMIT, same_person=True)

    held = await desk.resolve(younger, both, now=LATER)

    assert first.binding.number.value in held.binding.replaces
    assert await desk.held(younger) == held
    assert await desk.stores.numbers.of_subject(elder) is None
    assert sorted(await desk.history()) == ["bound", "bound", "reissued", "retired", "untied"]


async def test_whoever_was_given_a_number_hears_that_another_takes_its_place(desk: Desk, world: World) -> None:
    await desk.resolve(world.subject_id, an_evidence())
    await desk.give_number_to("rp-a", world.subject_id)

    await desk.resolve(world.subject_id, verified())

    assert await desk.notices() == [("superseded", "rp-a")]


async def test_nobody_hears_of_a_renewal_or_of_a_number_that_stays(desk: Desk, world: World) -> None:
    await desk.resolve(world.subject_id, an_evidence())
    await desk.give_number_to("rp-a", world.subject_id)

    await desk.resolve(world.subject_id, an_evidence(NEWER))
    await desk.resolve(world.subject_id, an_evidence(OTHER_PERMIT, previous_permit=PERMIT, same_person=True))

    assert await desk.notices() == []


async def test_whoever_was_given_the_number_of_a_moved_record_hears_of_the_new_one(desk: Desk, world: World) -> None:
    await desk.resolve(world.subject_id, an_evidence())
    await desk.give_number_to("rp-a", world.subject_id)

    await desk.resolve(world.subject_id, an_evidence(MACAO_PERMIT, previous_permit=PERMIT, same_person=True))

    assert await desk.notices() == [("superseded", "rp-a")]
