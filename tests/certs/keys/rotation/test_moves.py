"""The moves between states: what each changes, and every guard that refuses it (§9.1)."""

from dataclasses import replace

import pytest

from certs.keys.errors import KeyMaterialError
from certs.keys.key_state import KeyState
from certs.keys.rotation import moves
from certs.keys.rotation.guards import GuardError, GuardNumber
from certs.keys.rotation.records import KeySetRecord, Proof, ProofKind
from tests.certs.keys.rotation.sets import (
    DAY,
    HOUR,
    LOCAL,
    MINUTE,
    NOW,
    RULES,
    adopted,
    facts,
    made,
    proven,
    published,
    rotated,
)

SECOND = MINUTE / 60


def states(keys: KeySetRecord) -> dict[str, str]:
    return {key.kid: key.state.value for key in keys.keys}


def numbers(error: pytest.ExceptionInfo[GuardError]) -> list[GuardNumber]:
    return [one.number for one in error.value.guards]


def test_an_adopted_key_signs_at_once_and_counts_as_published_all_along():
    keys = adopted()

    assert states(keys) == {"one": "active"}
    assert keys.active is not None
    assert keys.active.published_at == NOW


def test_a_set_that_has_keys_adopts_no_other():
    with pytest.raises(GuardError):
        moves.adopt(adopted(), made("two"), NOW)


def test_a_new_key_is_shown_to_nobody():
    keys = moves.generate(adopted(), made("two"), NOW)

    assert states(keys) == {"one": "active", "two": "generated"}
    assert [key.kid for key in keys.document] == ["one"]


def test_a_name_is_never_used_twice():
    keys = moves.generate(adopted(), made("two"), NOW)

    with pytest.raises(GuardError, match="never used"):
        moves.generate(keys, made("two"), NOW)


def test_a_published_key_stands_in_the_document_behind_the_active_one():
    assert [key.kid for key in published().document] == ["one", "two"]


def test_every_change_moves_the_version_by_one():
    assert [adopted().version, published().version, proven().version, rotated().version] == [1, 3, 4, 5]


def test_activation_retires_the_key_before_in_the_same_step():
    assert states(rotated()) == {"one": "retiring", "two": "active"}


def test_a_key_is_not_activated_a_second_before_its_lead_is_over_and_is_at_the_second():
    early = NOW + RULES.publish_lead - SECOND

    with pytest.raises(GuardError) as refused:
        moves.activate(proven(), "two", RULES, facts(early, "two"))

    assert numbers(refused) == [GuardNumber.LEAD]
    assert refused.value.guards[0].opens_at == NOW + RULES.publish_lead
    assert states(moves.activate(proven(), "two", RULES, facts(early + SECOND, "two")))["two"] == "active"


def test_a_key_is_not_activated_without_proof_that_it_is_seen():
    with pytest.raises(GuardError) as refused:
        moves.activate(published(), "two", RULES, facts(NOW + 25 * HOUR, "two"))

    assert numbers(refused) == [GuardNumber.PUBLICATION]


def test_a_proof_from_before_a_later_publication_proves_nothing():
    keys = proven()
    two = keys.find("two")
    assert two is not None
    again = keys.changed(replace(two, published_at=NOW + HOUR))

    with pytest.raises(GuardError) as refused:
        moves.activate(again, "two", RULES, facts(NOW + 27 * HOUR, "two"))

    assert numbers(refused) == [GuardNumber.PUBLICATION]


def test_a_key_of_nobody_outside_needs_no_proof():
    keys = moves.activate(published(LOCAL), "two", LOCAL, facts(NOW + MINUTE, "two"))

    assert states(keys)["two"] == "active"


def test_a_key_is_not_activated_before_every_instance_has_signed_with_it():
    with pytest.raises(GuardError) as refused:
        moves.activate(proven(), "two", RULES, facts(NOW + 25 * HOUR, "one"))

    assert numbers(refused) == [GuardNumber.INSTANCES]


def test_a_key_is_not_activated_while_clocks_disagree():
    with pytest.raises(GuardError) as refused:
        moves.activate(proven(), "two", RULES, facts(NOW + 25 * HOUR, "two", clocks_agree=False, skew="1 of 2"))

    assert numbers(refused) == [GuardNumber.CLOCK]


def test_a_key_whose_private_half_is_gone_is_not_activated():
    keys = proven()
    two = keys.find("two")
    assert two is not None

    with pytest.raises(GuardError) as refused:
        moves.activate(keys.changed(replace(two, private_gone_at=NOW)), "two", RULES, facts(NOW + 25 * HOUR, "two"))

    assert numbers(refused) == [GuardNumber.PRIVATE_HALF]


@pytest.mark.parametrize("days", [-1, 0])
def test_a_key_whose_certificate_has_ended_is_not_activated(days):
    at = NOW + 25 * HOUR
    keys = moves.certify(proven(), "two", ("PEM",), at + days * DAY, NOW)

    with pytest.raises(GuardError) as refused:
        moves.activate(keys, "two", RULES, facts(at, "two"))

    assert numbers(refused) == [GuardNumber.CERTIFICATE]


def test_a_set_that_needs_a_certificate_publishes_no_key_without_one():
    needy = replace(RULES, needs_certificate=True)
    keys = moves.generate(adopted(), made("two"), NOW)

    with pytest.raises(GuardError) as refused:
        moves.publish(keys, "two", needy, NOW)
    with_one = moves.publish(moves.certify(keys, "two", ("PEM",), NOW + 90 * DAY, NOW), "two", needy, NOW)

    assert numbers(refused) == [GuardNumber.STATE]
    assert states(with_one)["two"] == "published"


def test_all_closed_guards_are_told_at_once():
    with pytest.raises(GuardError) as refused:
        moves.activate(published(), "two", RULES, facts(NOW, clocks_agree=False))

    assert numbers(refused) == [
        GuardNumber.LEAD,
        GuardNumber.PUBLICATION,
        GuardNumber.INSTANCES,
        GuardNumber.CLOCK,
    ]


def test_a_held_key_waits_and_keeps_the_time_for_which_it_was_shown():
    held = moves.hold(proven(), "two", "case 7", NOW + HOUR)

    with pytest.raises(GuardError) as refused:
        moves.activate(held, "two", RULES, facts(NOW + 25 * HOUR, "two"))
    released = moves.publish(held, "two", RULES, NOW + 2 * HOUR)

    assert numbers(refused) == [GuardNumber.STATE]
    assert [key.kid for key in held.document] == ["one", "two"]
    assert states(moves.activate(released, "two", RULES, facts(NOW + 25 * HOUR, "two")))["two"] == "active"


def test_a_fresh_change_is_taken_back_within_the_settle_window():
    keys = moves.abort(rotated(NOW + 25 * HOUR), RULES, NOW + 26 * HOUR - SECOND)

    assert states(keys) == {"one": "active", "two": "published"}


def test_a_change_that_has_settled_is_not_taken_back():
    with pytest.raises(GuardError) as refused:
        moves.abort(rotated(NOW + 25 * HOUR), RULES, NOW + 26 * HOUR)

    assert numbers(refused) == [GuardNumber.SETTLE]


def test_a_first_key_cannot_be_taken_back_since_there_is_none_before_it():
    with pytest.raises(GuardError) as refused:
        moves.abort(adopted(), RULES, NOW)

    assert GuardNumber.PRIVATE_HALF in numbers(refused)


def test_a_key_is_not_retired_a_second_before_the_overlap_is_over():
    at = NOW + 25 * HOUR

    with pytest.raises(GuardError) as refused:
        moves.retire(rotated(at), "one", RULES, facts(at + RULES.overlap - SECOND))
    keys = moves.retire(rotated(at), "one", RULES, facts(at + RULES.overlap))

    assert numbers(refused) == [GuardNumber.OVERLAP]
    assert states(keys)["one"] == "retired"
    assert [key.kid for key in keys.document] == ["two"]


def test_a_key_that_was_seen_lately_is_retired_only_if_an_operator_knows_of_it():
    at = NOW + 25 * HOUR
    late = at + 2 * RULES.overlap
    one = rotated(at).find("one")
    assert one is not None
    keys = rotated(at).changed(replace(one, last_used_at=late - HOUR))

    with pytest.raises(GuardError) as refused:
        moves.retire(keys, "one", RULES, facts(late))
    retired = moves.retire(keys, "one", RULES, facts(late, acknowledged_use=True))

    assert numbers(refused) == [GuardNumber.UNUSED]
    assert states(retired)["one"] == "retired"


@pytest.mark.parametrize("state", [s for s in KeyState if s is not KeyState.RETIRING])
def test_no_state_is_jumped_over_on_the_way_to_retired(state):
    one = adopted().keys[0]
    keys = KeySetRecord("set", 1, (replace(one, state=state),))

    with pytest.raises(GuardError) as refused:
        moves.retire(keys, "one", RULES, facts(NOW + 90 * DAY))

    assert GuardNumber.STATE in numbers(refused)


@pytest.mark.parametrize("state", [s for s in KeyState if s is not KeyState.PUBLISHED])
def test_no_state_is_jumped_over_on_the_way_to_active(state):
    keys = proven()
    two = keys.find("two")
    assert two is not None
    only = KeySetRecord("set", 1, (replace(two, state=state),))

    with pytest.raises(GuardError) as refused:
        moves.activate(only, "two", RULES, facts(NOW + 90 * DAY, "two"))

    assert GuardNumber.STATE in numbers(refused)


def test_a_compromised_active_key_leaves_the_document_and_the_standby_signs_without_any_lead():
    keys = moves.compromise(published(), "one", NOW - DAY, "case 9", NOW)

    one = keys.find("one")
    assert states(keys) == {"one": "compromised", "two": "active"}
    assert [key.kid for key in keys.document] == ["two"]
    assert one is not None
    assert one.compromised_from == NOW - DAY
    assert keys.version == published().version + 1


def test_a_held_standby_does_not_take_over():
    keys = moves.compromise(moves.hold(published(), "two", "case 7", NOW), "one", NOW, "case 9", NOW)

    assert states(keys) == {"one": "compromised", "two": "held"}
    assert keys.active is None


def test_a_compromised_standby_leaves_the_active_key_alone():
    keys = moves.compromise(published(), "two", NOW, "case 9", NOW)

    assert states(keys) == {"one": "active", "two": "compromised"}


def test_a_time_of_misuse_in_the_future_counts_as_now():
    keys = moves.compromise(published(), "one", NOW + DAY, "case 9", NOW)

    assert keys.keys[0].compromised_from == NOW


def test_a_key_takes_over_without_a_lead_only_where_none_signs():
    with pytest.raises(GuardError, match="without an active key"):
        moves.take_over(published(), "two", NOW)
    alone = moves.compromise(moves.hold(published(), "two", "case 7", NOW), "one", NOW, "case 9", NOW)
    after = moves.take_over(moves.publish(alone, "two", RULES, NOW), "two", NOW)

    assert states(after)["two"] == "active"


def test_only_a_compromised_key_is_revoked():
    bad = moves.compromise(published(), "one", NOW, "case 9", NOW)

    with pytest.raises(GuardError):
        moves.revoke(published(), "one", NOW)

    assert states(moves.revoke(bad, "one", NOW))["one"] == "revoked"


def test_a_private_half_is_kept_until_the_change_has_settled():
    at = NOW + 25 * HOUR

    with pytest.raises(GuardError) as refused:
        moves.disable_private(rotated(at), "one", RULES, at + RULES.settle - SECOND)
    keys = moves.disable_private(rotated(at), "one", RULES, at + RULES.settle)

    assert numbers(refused) == [GuardNumber.SETTLE]
    assert keys.keys[0].private_gone_at == at + RULES.settle


@pytest.mark.parametrize("name", ["one", "two"])
def test_neither_a_key_that_signs_nor_the_next_is_destroyed(name):
    with pytest.raises(GuardError) as refused:
        moves.destroy(published(), name, RULES, NOW + 90 * DAY)

    assert numbers(refused) == [GuardNumber.STATE]


def test_a_destroyed_key_keeps_its_public_half_for_the_archive():
    keys = moves.destroy(moves.compromise(published(), "one", NOW, "case 9", NOW), "one", RULES, NOW)

    assert states(keys)["one"] == "destroyed"
    assert keys.keys[0].public == {"kty": "EC"}


def test_an_unknown_key_is_refused_by_every_move():
    for move in (
        lambda: moves.publish(proven(), "three", RULES, NOW),
        lambda: moves.prove(proven(), "three", Proof(ProofKind.PROBE, NOW, "gateway")),
        lambda: moves.activate(proven(), "three", RULES, facts()),
        lambda: moves.retire(proven(), "three", RULES, facts()),
        lambda: moves.compromise(proven(), "three", NOW, "case 9", NOW),
        lambda: moves.destroy(proven(), "three", RULES, NOW),
    ):
        with pytest.raises(GuardError, match="none of this name"):
            move()


def test_two_active_keys_in_one_set_cannot_exist():
    one = adopted().keys[0]

    with pytest.raises(KeyMaterialError):
        KeySetRecord("set", 1, (one, replace(one, kid="two")))
    with pytest.raises(KeyMaterialError):
        KeySetRecord("set", 1, (one, one))
