"""The records of numbers as operators work with them: one suite for every engine behind `NumberRegistry`."""

from datetime import timedelta
from typing import Any

import pytest

from gateway.audit import AuditAction, AuditEvent
from mapping.documents import TravelPermit
from mapping.errors import MappingError
from mapping.lifecycle import Change, Standing
from mapping.vocabulary import Sex
from tests.contracts.stores.builders import BIRTHDATE, NOW, OTHER_PERMIT, PERMIT, World, an_event
from tests.contracts.stores.desk import MACAO_PERMIT, RESIDENCE, Desk, an_evidence, verified

LATER = NOW + timedelta(hours=1)


def an_act(action: AuditAction = AuditAction.IDENTIFIER_FROZEN, **details: Any) -> AuditEvent:
    return an_event(action, details={"operator": "lee", **details})


async def test_a_record_is_found_by_its_permit_its_id_and_every_number_that_it_had(desk: Desk) -> None:
    subject_id, friend = await desk.person(), await desk.person("two", "guangdong")
    first = await desk.resolve(subject_id, an_evidence())
    await desk.resolve(friend, an_evidence(), "guangdong")
    held = await desk.resolve(subject_id, verified())
    registry = desk.stores.number_registry

    record = await registry.of_permit(PERMIT)

    assert record is not None
    assert (record.binding_id, record.binding) == (held.binding_id, held.binding)
    assert (record.standing, record.checked_at) == (Standing.ACTIVE, None)
    assert (record.providers, record.subject_ids) == (("guangdong", "hong_kong"), (friend, subject_id))
    assert await registry.of_id(held.binding_id) == record
    assert await registry.of_number(RESIDENCE) == record
    assert await registry.of_number(first.binding.number) == record


@pytest.mark.parametrize("name", ["", "nobody", "with a \x00", "字", "x" * 300])
async def test_nothing_is_found_under_a_name_that_nothing_has(desk: Desk, name: str) -> None:
    registry = desk.stores.number_registry

    assert await registry.of_permit(PERMIT) is None
    assert await registry.of_number(RESIDENCE) is None
    assert await registry.of_id(name) is None
    assert list(await registry.history(name)) == []


@pytest.mark.parametrize(
    ("change", "standing", "action"),
    [
        (Change.FROZEN, Standing.FROZEN, AuditAction.IDENTIFIER_FROZEN),
        (Change.CLOSED, Standing.CLOSED, AuditAction.IDENTIFIER_CLOSED),
    ],
)
async def test_an_operator_stops_a_record_and_whoever_has_the_number_hears_of_it(
    desk: Desk, world: World, change: Change, standing: Standing, action: AuditAction
) -> None:
    held = await desk.resolve(world.subject_id, an_evidence())
    await desk.give_number_to("rp-a", world.subject_id)
    registry = desk.stores.number_registry

    result = await registry.change(held.binding_id, change, "a reason", LATER, an_act(action))

    line = (await registry.history(held.binding_id))[-1]
    assert result is standing
    assert (line.what, line.evidence, line.actor, line.at) == (change, "a reason", "operator:lee", LATER)
    assert (line.version, line.binding.version, line.subject_id, line.provider) == (2, 2, "", "")
    assert await desk.notices() == [("withdrawn", "rp-a")]
    assert (await desk.actions())[-1] == action.value


async def test_a_released_record_is_used_again(desk: Desk) -> None:
    subject_id = await desk.person()
    held = await desk.resolve(subject_id, an_evidence())
    registry = desk.stores.number_registry
    await registry.change(held.binding_id, Change.FROZEN, "a reason", NOW, an_act())

    release = an_act(AuditAction.IDENTIFIER_RELEASED)
    assert await registry.change(held.binding_id, Change.RELEASED, "settled", LATER, release) is Standing.ACTIVE

    assert (await desk.resolve(subject_id, an_evidence())).binding.number == held.binding.number
    assert await desk.history() == ["bound", "frozen", "released"]


async def test_a_change_that_is_told_twice_is_written_once(desk: Desk) -> None:
    held = await desk.resolve(await desk.person(), an_evidence())
    change = (held.binding_id, Change.FROZEN, "a reason", NOW, an_act())

    standings = [await desk.stores.number_registry.change(*change) for _ in range(2)]

    assert standings == [Standing.FROZEN] * 2
    assert await desk.history() == ["bound", "frozen"]
    assert (await desk.actions()).count("identifier.frozen") == 2


@pytest.mark.parametrize("change", [Change.RELEASED, Change.CLOSED, Change.FROZEN])
async def test_a_closed_record_never_changes_again(desk: Desk, change: Change) -> None:
    held = await desk.resolve(await desk.person(), an_evidence())
    registry = desk.stores.number_registry
    await registry.change(held.binding_id, Change.CLOSED, "death", NOW, an_act())

    with pytest.raises(MappingError, match=r"binding\.closed"):
        await registry.change(held.binding_id, change, "a reason", LATER, an_act())

    assert await desk.history() == ["bound", "closed"]
    assert (await desk.actions()).count("identifier.frozen") == 1


async def test_nothing_is_released_that_was_not_frozen_and_nothing_unknown_is_changed(desk: Desk) -> None:
    held = await desk.resolve(await desk.person(), an_evidence())
    registry = desk.stores.number_registry

    with pytest.raises(MappingError, match=r"binding\.conflict"):
        await registry.change(held.binding_id, Change.RELEASED, "a reason", NOW, an_act())
    with pytest.raises(LookupError):
        await registry.change("nothing", Change.FROZEN, "a reason", NOW, an_act())

    assert await desk.actions() == ["identifier.bound"]


async def test_a_frozen_permit_does_not_come_free_under_a_new_one(desk: Desk) -> None:
    subject_id = await desk.person()
    held = await desk.resolve(subject_id, an_evidence())
    await desk.stores.number_registry.change(held.binding_id, Change.FROZEN, "a reason", NOW, an_act())

    with pytest.raises(MappingError, match=r"binding\.frozen"):
        await desk.resolve(subject_id, an_evidence(OTHER_PERMIT, previous_permit=PERMIT, same_person=True))


async def test_the_history_goes_back_through_every_permit_of_its_holder(desk: Desk) -> None:
    subject_id = await desk.person()
    first = await desk.resolve(subject_id, an_evidence(), now=NOW)
    second = await desk.resolve(
        subject_id,
        an_evidence(OTHER_PERMIT, previous_permit=PERMIT, same_person=True),
        now=NOW + timedelta(minutes=1),
    )
    third = await desk.resolve(
        subject_id,
        an_evidence(MACAO_PERMIT, previous_permit=OTHER_PERMIT, same_person=True),
        now=NOW + timedelta(minutes=2),
    )

    lines = await desk.stores.number_registry.history(third.binding_id)

    assert [line.what.value for line in lines] == ["bound", "retired", "reissued", "retired", "moved"]
    assert [line.binding.permit for line in lines] == [PERMIT, PERMIT, OTHER_PERMIT, OTHER_PERMIT, MACAO_PERMIT]
    assert lines[2].evidence == f"record:{first.binding_id}"
    assert lines[1].evidence == f"record:{second.binding_id}"
    assert {line.subject_id for line in lines} == {subject_id}
    of_the_first = await desk.stores.number_registry.history(first.binding_id)
    assert [line.what.value for line in of_the_first] == ["bound", "retired"]


async def test_what_happens_in_one_moment_is_told_in_its_order(desk: Desk) -> None:
    elder = await desk.person("elder", home_card="hkid:Z6839874")
    held = await desk.resolve(elder, an_evidence())
    await desk.resolve(
        await desk.person("younger", home_card="hkid:Z6839874"), an_evidence(TravelPermit("H12345678", "02"))
    )

    lines = await desk.stores.number_registry.history(held.binding_id)

    assert [line.what.value for line in lines] == ["bound", "untied", "tied", "renewed"]


async def test_the_fullest_buckets_come_first(desk: Desk) -> None:
    for place in range(3):
        permit = TravelPermit.parse(f"H{40_000_000 + place}")
        await desk.resolve(await desk.person(f"person {place}"), an_evidence(permit, sex="F" if place else "M"))

    buckets = await desk.stores.number_registry.fullest(10)

    assert sum(bucket.given for bucket in buckets) == 3
    assert [bucket.given for bucket in buckets] == sorted((bucket.given for bucket in buckets), reverse=True)
    assert {bucket.birthdate for bucket in buckets} == {BIRTHDATE}
    assert {bucket.sex for bucket in buckets} == {Sex.MALE, Sex.FEMALE}
    assert len(await desk.stores.number_registry.fullest(1)) == 1
