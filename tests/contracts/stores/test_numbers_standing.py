"""What stops a record, and what lets it go on: claims against it, alarms, its holder's word, an operator's."""

import pytest

from gateway.alerts import AlertKind
from gateway.audit import AuditAction
from mapping.documents import TravelPermit
from mapping.errors import MappingError
from mapping.evidence import Allocate, Bind, Keep, Renew
from mapping.lifecycle import Change, Standing
from mapping.surrogate import block_for
from mapping.vocabulary import Realm
from tests.contracts.stores.builders import (
    NOW,
    OTHER_PERMIT,
    PERMIT,
    World,
    a_number,
    a_session,
    an_event,
)
from tests.contracts.stores.desk import RESIDENCE, Desk, an_evidence, corrected, verified

NEWER = TravelPermit.parse("H1234567802")
REFUSED = an_event(AuditAction.IDENTIFIER_REFUSED)
DISPUTED = an_event(AuditAction.IDENTIFIER_DISPUTED, provider="hong_kong")
UNTIED = an_event(AuditAction.IDENTIFIER_UNTIED)


@pytest.mark.attack("AL-03")
async def test_al_03_a_claim_with_other_facts_is_told_once_and_disturbs_nobody(desk: Desk) -> None:
    holder = await desk.person()
    held = await desk.resolve(holder, an_evidence())
    claimant = await desk.person("two", "guangdong")

    for _ in range(2):
        await desk.stores.numbers.conflict(AlertKind.FACTS_DIFFER, claimant, PERMIT, NOW, REFUSED)

    assert await desk.alerts() == [("facts_differ", held.binding_id, claimant)]
    assert await desk.held(holder) == held
    assert (await desk.actions())[1:] == ["identifier.refused", "alert.raised", "identifier.refused"]


@pytest.mark.attack("AL-03")
async def test_al_03_two_accounts_that_prove_one_permit_freeze_it_for_both(desk: Desk, world: World) -> None:
    await desk.resolve(world.subject_id, an_evidence())
    await desk.give_number_to("rp-a", world.subject_id)
    claimant = await desk.person("two")

    await desk.stores.numbers.conflict(AlertKind.TWO_HOLDERS, claimant, PERMIT, NOW, REFUSED)

    assert (await desk.held(world.subject_id)).standing is Standing.FROZEN
    assert ("frozen", "two_holders", "gateway", "", 2) in await desk.lines()
    assert await desk.notices() == [("withdrawn", "rp-a")]
    assert (await desk.actions())[-3:] == ["identifier.refused", "alert.raised", "identifier.frozen"]


async def test_a_record_that_an_operator_has_released_is_not_frozen_by_the_claim_that_is_known(desk: Desk) -> None:
    held = await desk.resolve(await desk.person(), an_evidence())
    claimant = await desk.person("two")
    conflict = (AlertKind.TWO_HOLDERS, claimant, PERMIT, NOW, REFUSED)
    await desk.stores.numbers.conflict(*conflict)
    event = an_event(AuditAction.IDENTIFIER_RELEASED, details={"operator": "o"})
    await desk.stores.number_registry.change(held.binding_id, Change.RELEASED, "looked", NOW, event)

    await desk.stores.numbers.conflict(*conflict)

    record = await desk.stores.number_registry.of_permit(PERMIT)
    assert record is not None
    assert record.standing is Standing.ACTIVE


@pytest.mark.attack("MP-07")
async def test_mp_07_a_contradiction_about_a_permit_without_a_record_is_told_too(desk: Desk) -> None:
    subject_id = await desk.person()

    await desk.stores.numbers.conflict(AlertKind.REGISTER_CHANGED, subject_id, PERMIT, NOW, REFUSED)

    assert await desk.alerts() == [("register_changed", subject_id, subject_id)]
    assert await desk.rows("bindings") == 0


async def test_a_number_of_a_reserved_block_that_somebody_vouches_for_stops_its_region_code(desk: Desk) -> None:
    foreign = a_number("81005019050607001")

    for _ in range(2):
        await desk.stores.numbers.reserved_number_seen(foreign, NOW, REFUSED)

    switches = await desk.stores.switch_registry.all()
    assert [(switch.kind.value, switch.name, switch.actor) for switch in switches] == [("region", "810050", "gateway")]
    assert await desk.alerts() == [("reserved_block", "810050", "")]
    assert (await desk.actions()).count("switched.off") == 1


async def test_a_stopped_region_code_gives_no_more_numbers(desk: Desk) -> None:
    for nn in range(50, 54):
        await desk.stores.numbers.reserved_number_seen(a_number(f"8100{nn}19050607001"), NOW, REFUSED)
    codes = set()

    for place in range(5):
        subject_id = await desk.person(f"person {place}")
        held = await desk.resolve(subject_id, an_evidence(TravelPermit.parse(f"H{30_000_000 + place}")))
        codes.add(held.binding.number.value[:6])

    assert codes == {"810054"}


async def test_one_of_our_own_numbers_that_is_vouched_for_freezes_its_record(desk: Desk) -> None:
    subject_id = await desk.person()
    held = await desk.resolve(subject_id, an_evidence())

    await desk.stores.numbers.reserved_number_seen(held.binding.number, NOW, REFUSED)

    assert (await desk.held(subject_id)).standing is Standing.FROZEN
    assert await desk.history() == ["bound", "frozen"]


async def test_a_holders_dispute_freezes_the_record_once(desk: Desk, world: World) -> None:
    held = await desk.resolve(world.subject_id, an_evidence())
    await desk.give_number_to("rp-a", world.subject_id)

    disputed = [await desk.stores.numbers.dispute(world.subject_id, NOW, DISPUTED) for _ in range(2)]

    assert disputed == [True, True]
    assert (await desk.held(world.subject_id)).standing is Standing.FROZEN
    assert await desk.alerts() == [("disputed", held.binding_id, world.subject_id)]
    assert ("disputed", "holder", "person", world.subject_id, 2) in await desk.lines()
    assert await desk.notices() == [("withdrawn", "rp-a")]
    assert (await desk.actions()).count("identifier.disputed") == 1


async def test_there_is_nothing_to_dispute_without_a_record_or_after_its_end(desk: Desk) -> None:
    stranger, subject_id = await desk.person("stranger"), await desk.person()
    held = await desk.resolve(subject_id, an_evidence())
    event = an_event(AuditAction.IDENTIFIER_CLOSED, details={"operator": "o"})
    await desk.stores.number_registry.change(held.binding_id, Change.CLOSED, "withdrawal", NOW, event)

    assert not await desk.stores.numbers.dispute(stranger, NOW, DISPUTED)
    assert not await desk.stores.numbers.dispute(subject_id, NOW, DISPUTED)
    assert await desk.alerts() == []


@pytest.mark.parametrize(("change", "code"), [(Change.FROZEN, r"binding\.frozen"), (Change.CLOSED, r"binding\.closed")])
async def test_nothing_is_written_to_a_record_that_stands_still(desk: Desk, change: Change, code: str) -> None:
    subject_id = await desk.person()
    held = await desk.resolve(subject_id, an_evidence())
    event = an_event(details={"operator": "o"})
    await desk.stores.number_registry.change(held.binding_id, change, "looked", NOW, event)
    number = held.binding.number.value
    decisions = [
        (an_evidence(), Keep(held.binding)),
        (an_evidence(NEWER), Renew(held.binding, NEWER)),
        (verified(), Bind(RESIDENCE, (number,), change=Change.SUPERSEDED)),
        (corrected(), Allocate(block_for(PERMIT, Realm.SANDBOX), (number,), change=Change.CORRECTED)),
        (an_evidence(OTHER_PERMIT), Bind(held.binding.number, (), PERMIT, Change.REISSUED)),
    ]

    for evidence, decision in decisions:
        with pytest.raises(MappingError, match=code):
            await desk.apply(subject_id, evidence, decision)

    assert await desk.history() == ["bound", change.value]
    known = await desk.known(an_evidence(), subject_id)
    assert known.standing.value == change.value
    assert (known.binding is None) is (change is Change.CLOSED)
    with pytest.raises(MappingError, match=code):
        await desk.resolve(subject_id, an_evidence())


@pytest.mark.attack("AL-07")
async def test_al_07_an_account_that_lets_go_is_signed_out_and_the_number_stays_taken(desk: Desk, world: World) -> None:
    first = await desk.resolve(world.subject_id, an_evidence())
    await world.sign_in(new_session=a_session(world.subject_id))

    assert await desk.stores.numbers.untie(world.subject_id, NOW, UNTIED)

    assert await desk.stores.numbers.of_subject(world.subject_id) is None
    assert await world.count("sessions") == 0
    assert (await desk.history(), (await desk.actions())[-1]) == (["bound", "untied"], "identifier.untied")
    assert (await desk.known(an_evidence(), world.subject_id)).binding == first.binding
    assert not await desk.stores.numbers.untie(world.subject_id, NOW, UNTIED)


async def test_an_account_may_come_back_to_the_record_that_it_let_go(desk: Desk) -> None:
    subject_id = await desk.person()
    first = await desk.resolve(subject_id, an_evidence())
    await desk.stores.numbers.untie(subject_id, NOW, UNTIED)

    assert await desk.resolve(subject_id, an_evidence()) == first
    assert sorted(await desk.history()) == ["bound", "tied", "untied"]


async def test_the_account_of_a_closed_record_stays_where_it_is(desk: Desk) -> None:
    subject_id = await desk.person()
    held = await desk.resolve(subject_id, an_evidence())
    event = an_event(AuditAction.IDENTIFIER_CLOSED, details={"operator": "o"})
    await desk.stores.number_registry.change(held.binding_id, Change.CLOSED, "death", NOW, event)

    assert not await desk.stores.numbers.untie(subject_id, NOW, UNTIED)
    assert (await desk.held(subject_id)).standing is Standing.CLOSED
