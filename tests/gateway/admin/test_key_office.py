"""The office of managed keys: what it rests its judgement on, what a repeated order does, and what takes two persons."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from certs.keys.key_state import KeyState
from certs.keys.rotation import moves
from certs.keys.rotation.guards import GuardNumber
from certs.keys.rotation.records import KeySetRecord, ProofKind
from certs.keys.rotation.rules import Publication
from gateway.admin import joint_acts, key_office
from gateway.admin.key_work import ALIVE, MOST_SKEW, AskedError, UnknownKeySetError
from gateway.admin.operation_records import Instance, JointActKind
from gateway.audit import AuditAction
from tests.certs.keys.rotation.sets import HOUR, NOW, RULES, adopted, made, proven, published, rotated
from tests.gateway.admin.key_desk import OTHER, SET, Instances, KeyDesk, Registry, order, refused

LEAD_OVER = NOW + 25 * HOUR
LATER = LEAD_OVER + 30 * HOUR


def worker(at: datetime, *ready: str, **more: Any) -> Instance:
    return Instance("w", at, NOW, ready=ready, **more)


async def agreement(desk: KeyDesk, kind: JointActKind, kid: str, at: datetime, name: str = SET) -> str:
    asked = await joint_acts.ask(desk.acts, kind, {"key_set": name, "kid": kid}, order(at).act)
    await joint_acts.agree(desk.acts, asked.id, order(at, "ben").act)
    return asked.id


def test_a_worker_counts_as_living_for_half_a_minute_and_clocks_agree_within_five_seconds() -> None:
    assert timedelta(seconds=30) == ALIVE
    assert timedelta(seconds=5) == MOST_SKEW


@pytest.mark.parametrize(
    ("living", "closed"),
    [
        ([], []),
        ([worker(LEAD_OVER, "two")], []),
        ([worker(LEAD_OVER)], [GuardNumber.INSTANCES]),
        ([worker(LEAD_OVER, "two"), worker(LEAD_OVER, "one")], [GuardNumber.INSTANCES]),
        ([worker(LEAD_OVER - ALIVE - timedelta(seconds=1))], []),
        ([worker(LEAD_OVER, kind="operators")], []),
        ([worker(LEAD_OVER, "two", skew_ms=5000)], []),
        ([worker(LEAD_OVER, "two", skew_ms=5001)], [GuardNumber.CLOCK]),
        ([worker(LEAD_OVER, "two", skew_ms=-5001)], [GuardNumber.CLOCK]),
        ([worker(LEAD_OVER, "two", healthy=False)], [GuardNumber.CLOCK]),
    ],
)
async def test_the_guards_rest_on_every_living_worker_and_on_no_other(
    living: list[Instance], closed: list[GuardNumber]
) -> None:
    desk = KeyDesk(Registry(proven()), instances=Instances(*living))
    step = key_office.activate(desk.office, SET, order(LEAD_OVER))

    found = await refused(step) if closed else await step

    assert found == closed if closed else desk.key("two").state is KeyState.ACTIVE


async def test_a_key_that_this_process_cannot_use_holds_itself_back() -> None:
    desk = KeyDesk(Registry(proven()), ready=lambda _: frozenset())

    closed = await refused(key_office.activate(desk.office, SET, order(LEAD_OVER)))

    assert closed == [GuardNumber.INSTANCES]
    assert desk.acts.actions == [AuditAction.KEY_REFUSED]


async def test_what_any_worker_saw_of_a_key_keeps_it_from_being_retired_without_two_persons() -> None:
    seen = {"one": (LATER - HOUR).isoformat()}
    desk = KeyDesk(Registry(rotated()), instances=Instances(worker(LATER, "two", used=seen)))

    closed = await refused(key_office.retire(desk.office, SET, order(LATER)))
    other = await agreement(desk, JointActKind.KEY_DESTROY, "one", LATER)
    of_other_kind = await refused(key_office.retire(desk.office, SET, order(LATER, joint_act=other)))
    agreed = await agreement(desk, JointActKind.EARLY_RETIRE, "one", LATER)
    done = await key_office.retire(desk.office, SET, order(LATER, joint_act=agreed))

    assert (closed, of_other_kind) == ([GuardNumber.UNUSED], [GuardNumber.SECOND_PERSON])
    assert done.states["one"] == "retired"
    assert desk.key("one").last_used_at == LATER - HOUR


async def test_two_persons_do_not_shorten_the_overlap() -> None:
    early = LEAD_OVER + RULES.overlap - timedelta(seconds=1)
    desk = KeyDesk(Registry(rotated()))
    agreed = await agreement(desk, JointActKind.EARLY_RETIRE, "one", early)

    assert await refused(key_office.retire(desk.office, SET, order(early, joint_act=agreed))) == [GuardNumber.OVERLAP]


async def test_one_person_does_not_vouch_for_what_everybody_reads() -> None:
    desk = KeyDesk(Registry(published()))

    word = await refused(key_office.prove(desk.office, SET, ProofKind.PARTNER, order()))
    alone = await refused(key_office.prove(desk.office, SET, ProofKind.OVERRIDE, order()))

    assert (word, alone) == ([GuardNumber.PUBLICATION], [GuardNumber.SECOND_PERSON])
    assert desk.key("two").proof is None


async def test_an_override_carries_both_names_and_a_partner_s_word_one() -> None:
    desk = KeyDesk(Registry(published()))
    partner = KeyDesk(Registry(published()), rules={SET: replace(RULES, publication=Publication.PARTNER)})
    agreed = await agreement(desk, JointActKind.PROOF_OVERRIDE, "two", NOW)

    await key_office.prove(desk.office, SET, ProofKind.OVERRIDE, order(joint_act=agreed))
    await key_office.prove(partner.office, SET, ProofKind.PARTNER, order())

    assert [one.key("two").proof.by for one in (desk, partner)] == ["ada, ben", "ada"]  # type: ignore[union-attr]


async def test_destroying_is_asked_for_by_one_agreed_to_by_another_and_covers_one_key_of_one_set() -> None:
    desk = KeyDesk(Registry(rotated(), replace(rotated(), name=OTHER)))

    with pytest.raises(AskedError):
        await key_office.retire(desk.office, SET, order(LATER, ask=True))
    await key_office.retire(desk.office, SET, order(LATER))
    alone = await refused(key_office.destroy(desk.office, SET, "one", order(LATER)))
    of_other_set = await agreement(desk, JointActKind.KEY_DESTROY, "one", LATER, OTHER)
    wrong = await refused(key_office.destroy(desk.office, SET, "one", order(LATER, joint_act=of_other_set)))

    assert (alone, wrong, desk.places.destroyed) == ([GuardNumber.SECOND_PERSON], [GuardNumber.SECOND_PERSON], [])


async def test_a_dry_run_destroys_nothing_and_uses_no_agreement_up() -> None:
    desk = KeyDesk(Registry(rotated()))
    await key_office.retire(desk.office, SET, order(LATER))
    agreed = await agreement(desk, JointActKind.KEY_DESTROY, "one", LATER)

    tried = await key_office.destroy(desk.office, SET, "one", order(LATER, joint_act=agreed, dry_run=True))
    assert (tried.states["one"], desk.key("one").state, desk.places.destroyed) == ("destroyed", KeyState.RETIRED, [])
    done = await key_office.destroy(desk.office, SET, "one", order(LATER, joint_act=agreed, operation="op"))
    again = await key_office.destroy(desk.office, SET, "one", order(LATER, joint_act=agreed, operation="op"))

    assert (done.changed, again.changed) == (True, False)
    assert desk.places.destroyed == ["sealed:one"]


@pytest.mark.attack("KM-03")
async def test_km_03_an_emergency_that_was_interrupted_goes_on_when_it_is_asked_for_again() -> None:
    lost = moves.compromise(adopted(), "one", NOW, "case 7", NOW)
    desk = KeyDesk(Registry(lost))

    done = await key_office.compromise(desk.office, SET, "one", NOW, order())

    assert done.states == {"one": "compromised", "made-1": "active"}


@pytest.mark.attack("KM-03")
async def test_km_03_a_lost_key_counts_for_nothing_even_where_no_other_can_be_made() -> None:
    desk = KeyDesk(Registry(adopted()))
    desk.places.refuses = True

    done = await key_office.compromise(desk.office, SET, "one", NOW, order())

    assert (done.changed, desk.key("one").state) == (True, KeyState.COMPROMISED)


@pytest.mark.attack("KM-03")
@pytest.mark.parametrize("verb", ["publish", "hold", "activate", "retire"])
async def test_km_03_no_verb_brings_a_lost_key_back(verb: str) -> None:
    desk = KeyDesk(Registry(moves.compromise(rotated(), "two", LEAD_OVER, "case 7", LEAD_OVER)))
    step = getattr(key_office, verb)(desk.office, SET, order(LEAD_OVER), "two")

    assert GuardNumber.STATE in await refused(step)
    assert await refused(key_office.abort(desk.office, SET, order(LEAD_OVER)))
    assert desk.key("two").state is KeyState.COMPROMISED


async def test_a_key_that_could_not_be_put_on_record_leaves_no_private_half_behind() -> None:
    known = moves.generate(adopted(), made("made-1"), NOW)
    desk = KeyDesk(Registry(moves.compromise(known, "made-1", NOW, "case 7", NOW)))

    assert await refused(key_office.generate(desk.office, SET, order())) == [GuardNumber.STATE]
    assert desk.places.destroyed == [f"sealed:{SET}/1"]


async def test_an_unknown_set_and_an_unknown_key_are_told_apart_from_a_closed_guard() -> None:
    desk = KeyDesk(Registry(adopted()))

    with pytest.raises(UnknownKeySetError):
        await key_office.publish(desk.office, "nobody", order())
    with pytest.raises(UnknownKeySetError):
        await key_office.destroy_private(desk.office, SET, "nobody", order())


async def test_a_use_that_is_older_than_the_one_on_record_makes_no_key_look_quiet() -> None:
    used = KeySetRecord(SET, 9, (replace(rotated().keys[0], last_used_at=LATER), rotated().keys[1]))
    old = worker(LATER, used={"one": NOW.isoformat()})
    desk = KeyDesk(Registry(used), instances=Instances(old))

    assert await refused(key_office.retire(desk.office, SET, order(LATER))) == [GuardNumber.UNUSED]


@pytest.mark.parametrize("verb", ["destroy", "destroy_private"])
async def test_a_key_that_signs_keeps_its_private_half_and_its_agreement(verb: str) -> None:
    desk = KeyDesk(Registry(rotated()))
    agreed = await agreement(desk, JointActKind.KEY_DESTROY, "two", LATER)

    closed = await refused(getattr(key_office, verb)(desk.office, SET, kid="two", order=order(LATER, joint_act=agreed)))

    assert (closed, desk.places.destroyed) == ([GuardNumber.STATE], [])
    assert desk.acts.acts[agreed].over_at is None


async def test_a_dry_run_asks_nobody_and_takes_no_file_away() -> None:
    desk = KeyDesk(Registry(rotated()))

    done = await key_office.destroy_private(desk.office, SET, "one", order(LATER, dry_run=True))
    closed = await refused(key_office.retire(desk.office, SET, order(LATER, dry_run=True, ask=True)))

    assert (done.verb, closed) == ("destroy-private", [GuardNumber.SECOND_PERSON])
    assert (desk.places.destroyed, desk.acts.acts) == ([], {})
