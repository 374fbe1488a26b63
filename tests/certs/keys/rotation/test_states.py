"""No move begins in another state than its own: every verb is tried on a key in every state there is."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from certs.keys.errors import KeyMaterialError
from certs.keys.key_state import KeyState
from certs.keys.rotation import moves
from certs.keys.rotation.guards import GuardError, GuardNumber
from certs.keys.rotation.records import KeyRecord, KeySetRecord, Proof, ProofKind
from certs.keys.rotation.rules import EXPIRY_MARGIN, Publication
from certs.keys.rotation.schedule import Verb, plan
from tests.certs.keys.rotation.sets import DAY, HOUR, LOCAL, NOW, RULES, facts, published, rotated

LATER = NOW + 400 * DAY
STANDING = replace(LOCAL, keeps_standby=False)
S = KeyState
Move = Callable[[KeySetRecord], KeySetRecord]

MOVES: dict[str, tuple[Move, set[KeyState]]] = {
    "certify": (
        lambda keys: moves.certify(keys, "k", ("pem",), LATER, NOW),
        {S.GENERATED, S.CERTIFIED, S.PUBLISHED, S.HELD, S.ACTIVE},
    ),
    "publish": (lambda keys: moves.publish(keys, "k", RULES, NOW), {S.GENERATED, S.CERTIFIED, S.HELD}),
    "publish with a certificate": (
        lambda keys: moves.publish(keys, "k", replace(RULES, needs_certificate=True), NOW),
        {S.CERTIFIED, S.HELD},
    ),
    "prove": (lambda keys: moves.prove(keys, "k", Proof(ProofKind.PROBE, NOW, "gateway")), {S.PUBLISHED, S.HELD}),
    "hold": (lambda keys: moves.hold(keys, "k", "case 7", NOW), {S.PUBLISHED}),
    "activate": (lambda keys: moves.activate(keys, "k", STANDING, facts(LATER, "k")), {S.PUBLISHED}),
    "take over": (lambda keys: moves.take_over(keys, "k", NOW), {S.PUBLISHED}),
    "retire": (lambda keys: moves.retire(keys, "k", RULES, facts(LATER)), {S.RETIRING}),
    "compromise": (
        lambda keys: moves.compromise(keys, "k", NOW, "case 7", NOW),
        {S.GENERATED, S.CERTIFIED, S.PUBLISHED, S.HELD, S.ACTIVE, S.RETIRING, S.RETIRED},
    ),
    "revoke": (lambda keys: moves.revoke(keys, "k", NOW), {S.COMPROMISED}),
    "disable": (
        lambda keys: moves.disable_private(keys, "k", RULES, LATER),
        {S.RETIRING, S.RETIRED, S.COMPROMISED, S.REVOKED},
    ),
    "destroy": (
        lambda keys: moves.destroy(keys, "k", RULES, LATER),
        {S.GENERATED, S.CERTIFIED, S.RETIRED, S.COMPROMISED, S.REVOKED},
    ),
}


def a_set(state: KeyState) -> KeySetRecord:
    key = KeyRecord("k", "ES256", state, NOW, NOW, "sealed:k", {"kty": "EC"}, published_at=NOW)
    return KeySetRecord("id-token-es256", 1, (key,))


def closed_by(move: Callable[[], object]) -> set[GuardNumber]:
    """The guards that keep a move from being made; none if it was."""
    try:
        move()
    except GuardError as error:
        return {one.number for one in error.guards}
    return set()


@pytest.mark.parametrize("verb", MOVES)
def test_a_move_begins_in_its_own_states_and_in_no_other(verb: str) -> None:
    move, allowed = MOVES[verb]
    closed = {state: closed_by(lambda state=state: move(a_set(state))) for state in KeyState}  # type: ignore[misc]

    assert {state for state, numbers in closed.items() if not numbers} == allowed
    assert all(GuardNumber.STATE in numbers for numbers in closed.values() if numbers)


def test_no_move_makes_a_lost_key_any_better() -> None:
    reached = set()
    for bad in (S.COMPROMISED, S.REVOKED, S.DESTROYED):
        for move, allowed in MOVES.values():
            if bad in allowed:
                reached |= {key.state for key in move(a_set(bad)).keys}

    assert reached == {S.COMPROMISED, S.REVOKED, S.DESTROYED}


@pytest.mark.parametrize("gone", [{"handle": None}, {"private_gone_at": NOW}])
def test_a_key_without_its_private_half_is_neither_published_nor_signs_nor_comes_back(gone: dict[str, object]) -> None:
    made = replace(a_set(S.GENERATED).keys[0], **gone)  # type: ignore[arg-type]
    first, second = rotated().keys

    tried = (
        lambda: moves.publish(KeySetRecord("s", 1, (made,)), "k", RULES, NOW),
        lambda: moves.take_over(KeySetRecord("s", 1, (replace(made, state=S.PUBLISHED),)), "k", NOW),
        lambda: moves.abort(KeySetRecord("s", 1, (replace(first, **gone), second)), RULES, NOW + 25 * HOUR),  # type: ignore[arg-type]
    )

    assert [closed_by(one) for one in tried] == [{GuardNumber.PRIVATE_HALF}] * 3


def test_a_published_key_that_lost_its_certificate_does_not_sign_where_one_is_needed() -> None:
    rules = replace(STANDING, needs_certificate=True)

    closed = closed_by(lambda: moves.activate(a_set(S.PUBLISHED), "k", rules, facts(LATER, "k")))

    assert closed == {GuardNumber.CERTIFICATE}


def test_the_loss_of_a_key_that_does_not_sign_moves_no_other() -> None:
    keys = published()
    old = KeyRecord("old", "ES256", S.RETIRED, NOW, NOW, "sealed:old")
    keys = replace(keys, keys=(old, *keys.keys))

    after = moves.compromise(keys, "old", NOW, "case 7", NOW)

    assert [key.state for key in after.keys] == [S.COMPROMISED, S.ACTIVE, S.PUBLISHED]


def test_what_is_taken_back_gives_way_to_the_key_that_signed_last() -> None:
    older = replace(a_set(S.RETIRING).keys[0], retiring_at=NOW)
    keys = rotated()

    after = moves.abort(replace(keys, keys=(older, *keys.keys)), RULES, NOW + 25 * HOUR)

    assert {key.kid: key.state for key in after.keys} == {"k": S.RETIRING, "one": S.ACTIVE, "two": S.PUBLISHED}
    assert after.active == replace(keys.keys[0], state=S.ACTIVE, state_since=NOW + 25 * HOUR, retiring_at=None)


def test_a_change_that_was_taken_back_cannot_be_taken_back_again() -> None:
    after = moves.abort(rotated(), RULES, NOW + 25 * HOUR)

    assert closed_by(lambda: moves.abort(after, RULES, NOW + 25 * HOUR))
    assert [key.activated_at for key in after.keys] == [NOW, None]


def test_a_private_half_outlives_the_settle_window_unless_the_key_is_lost() -> None:
    retired = replace(a_set(S.RETIRED).keys[0], retiring_at=LATER)
    lost = moves.compromise(KeySetRecord("s", 1, (retired,)), "k", NOW, "case 7", LATER)

    early = closed_by(lambda: moves.destroy(KeySetRecord("s", 1, (retired,)), "k", RULES, LATER))
    at_once = closed_by(lambda: moves.disable_private(lost, "k", RULES, LATER))

    assert (early, at_once) == ({GuardNumber.SETTLE}, set())


def test_the_schedule_takes_a_lost_key_s_private_half_away_and_leaves_an_operator_s_file_to_them() -> None:
    lost = replace(a_set(S.COMPROMISED).keys[0], handle="sealed:k")
    theirs = replace(lost, handle="settings:macao.client_secret")

    steps = [
        one
        for key in (lost, theirs)
        for one in plan(KeySetRecord("s", 1, (key,)), RULES, facts())
        if one.verb is Verb.DESTROY_PRIVATE
    ]

    assert [(one.kid, one.by_hand, one.is_open(NOW)) for one in steps] == [("k", False, True), ("k", True, True)]


@pytest.mark.parametrize("publication", [Publication.PARTNER, Publication.LOCAL])
def test_a_key_that_a_partner_has_to_learn_of_is_made_by_hand(publication: Publication) -> None:
    rules = replace(LOCAL, publication=publication)

    steps = {one.verb: one.by_hand for one in plan(a_set(S.ACTIVE), rules, facts())}

    assert steps[Verb.GENERATE] is (publication is Publication.PARTNER)


def test_the_schedule_leaves_a_held_key_alone_and_makes_no_other_beside_it() -> None:
    keys = moves.hold(published(), "two", "case 7", NOW)

    assert plan(keys, RULES, facts(LATER, "two")) == ()


def test_a_key_leaves_the_document_when_it_is_lost_or_retired_and_not_before() -> None:
    shown = {state for state in KeyState if a_set(state).document}

    assert shown == {S.ACTIVE, S.PUBLISHED, S.HELD, S.RETIRING}


def test_one_key_does_not_stand_twice_in_a_set() -> None:
    key = a_set(S.RETIRED).keys[0]

    with pytest.raises(KeyMaterialError):
        KeySetRecord("s", 1, (key, key))


def test_a_certificate_is_replaced_a_fortnight_before_its_end() -> None:
    assert timedelta(days=14) == EXPIRY_MARGIN
