"""What is due when: the whole life of a key by itself, its boundaries, and its invariants under any order (§9.1)."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from certs.keys.key_state import KeyState
from certs.keys.rotation import moves
from certs.keys.rotation.guards import Facts, GuardError
from certs.keys.rotation.records import KeySetRecord, Proof, ProofKind
from certs.keys.rotation.rules import EXPIRY_MARGIN, Publication
from certs.keys.rotation.schedule import Verb, next_step, plan
from tests.certs.keys.rotation.sets import (
    DAY,
    HOUR,
    LOCAL,
    NOW,
    RULES,
    adopted,
    facts,
    made,
    proven,
    published,
    rotated,
)


def verbs(keys: KeySetRecord, known: Facts, rules=RULES) -> list[Verb]:
    return [one.verb for one in plan(keys, rules, known)]


def test_a_standby_is_made_at_once_so_that_an_emergency_finds_one():
    step = next_step(adopted(), RULES, facts())

    assert step is not None
    assert (step.verb, step.kid) == (Verb.GENERATE, None)


def test_a_set_without_a_standing_next_key_makes_it_at_half_of_the_active_life():
    rules = replace(LOCAL, keeps_standby=False)

    (step,) = plan(adopted(), rules, facts())

    assert step.due_at == NOW + rules.active_life / 2
    assert next_step(adopted(), rules, facts(step.due_at - timedelta(seconds=1))) is None


def test_the_next_key_takes_over_when_one_sixth_of_the_life_is_left():
    due = NOW + RULES.active_life * 5 / 6

    before = next_step(proven(), RULES, facts(due - timedelta(seconds=1), "two"))
    at = next_step(proven(), RULES, facts(due, "two"))

    assert before is None
    assert at is not None
    assert (at.verb, at.kid) == (Verb.ACTIVATE, "two")


def test_a_key_with_an_end_is_replaced_fourteen_days_before_it():
    end = NOW + 60 * DAY
    keys = moves.certify(proven(), "one", ("PEM",), end, NOW)

    steps = {one.verb: one for one in plan(keys, RULES, facts(NOW, "two"))}

    assert steps[Verb.ACTIVATE].due_at == end - min(EXPIRY_MARGIN, 60 * DAY / 6)


def test_a_key_of_a_few_days_is_replaced_with_a_sixth_left():
    end = NOW + 6 * DAY
    keys = moves.certify(proven(), "one", ("PEM",), end, NOW)

    steps = {one.verb: one for one in plan(keys, RULES, facts(NOW, "two"))}

    assert steps[Verb.ACTIVATE].due_at == max(end - DAY, NOW + RULES.publish_lead)


def test_publication_waits_for_its_proof_and_a_partner_s_proof_for_a_person():
    partner = replace(RULES, publication=Publication.PARTNER)

    ours = {one.verb: one for one in plan(published(), RULES, facts())}
    theirs = {one.verb: one for one in plan(published(), partner, facts())}

    assert not ours[Verb.PROVE].by_hand
    assert theirs[Verb.PROVE].by_hand


def test_a_key_that_needs_a_certificate_waits_for_a_person():
    keys = moves.generate(adopted(), made("two"), NOW)
    needy = replace(RULES, needs_certificate=True)

    assert next_step(keys, needy, facts()) is None
    assert verbs(keys, facts(), needy) == [Verb.REQUEST_CERT]


def test_a_held_key_is_not_touched_by_the_schedule():
    held = moves.hold(proven(), "two", "case 7", NOW)

    assert next_step(held, RULES, facts(NOW + 80 * DAY, "two")) is None


def test_the_private_half_goes_before_the_key_is_retired():
    at = NOW + 25 * HOUR
    keys = rotated(at)

    steps = {one.verb: one for one in plan(keys, RULES, facts(at))}

    assert steps[Verb.DESTROY_PRIVATE].due_at == at + RULES.settle
    assert steps[Verb.RETIRE].due_at == at + RULES.overlap


def test_a_whole_year_by_itself_never_signs_with_a_key_that_a_cache_could_not_know():
    """Step by step in hours: whatever signs has been in the document for the lead, and stays for the overlap."""
    keys, now, made_keys = adopted(), NOW, 0
    history: list[tuple[datetime, str, frozenset[str]]] = []
    while now < NOW + 400 * DAY:
        for _ in range(8):
            everybody = Facts(now, frozenset(key.kid for key in keys.keys))
            step = next_step(keys, RULES, everybody)
            if step is None:
                break
            made_keys += step.verb is Verb.GENERATE
            keys = _take(keys, step.verb, step.kid, everybody, f"key-{made_keys}")
        assert keys.active is not None
        history.append((now, keys.active.kid, frozenset(key.kid for key in keys.document)))
        now += 6 * HOUR

    signers = {kid for _, kid, _ in history}
    for at, kid, _ in history:
        for then, _, document in history:
            if at - RULES.publish_lead + 6 * HOUR <= then <= at + RULES.overlap - 6 * HOUR and then >= NOW:
                assert kid in document
    assert len(signers) == 6


def _take(keys: KeySetRecord, verb: Verb, kid: str | None, known: Facts, name: str) -> KeySetRecord:
    match verb:
        case Verb.GENERATE:
            return moves.generate(keys, made(name), known.now)
        case Verb.PUBLISH:
            return moves.publish(keys, kid or "", RULES, known.now)
        case Verb.PROVE:
            return moves.prove(keys, kid or "", Proof(ProofKind.PROBE, known.now, "gateway"))
        case Verb.ACTIVATE:
            return moves.activate(keys, kid or "", RULES, known)
        case Verb.RETIRE:
            return moves.retire(keys, kid or "", RULES, known)
        case _:
            return moves.disable_private(keys, kid or "", RULES, known.now)


WORDS = st.sampled_from(
    ["generate", "publish", "prove", "activate", "hold", "abort", "retire", "compromise", "destroy", "wait", "wait"]
)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(WORDS, st.integers(0, 5)), max_size=40))
def test_in_any_order_of_moves_one_key_signs_at_most_and_what_it_signed_can_be_checked(words):
    keys, now = adopted(), NOW
    signed: dict[str, datetime] = {}
    for count, (word, number) in enumerate(words):
        before = keys
        now += timedelta(hours=1 + 20 * number)
        kid = keys.keys[number % len(keys.keys)].kid
        everybody = Facts(now, frozenset(key.kid for key in keys.keys))
        try:
            keys = _move(keys, word, kid, everybody, f"key-{count}")
        except GuardError:
            assert keys is before
        if keys.active is not None:
            signed[keys.active.kid] = now
        assert len(keys.in_state(KeyState.ACTIVE)) <= 1
        assert keys.version in {before.version, before.version + 1}
        for name, at in signed.items():
            key = keys.find(name)
            assert key is not None
            if key.state not in {KeyState.COMPROMISED, KeyState.DESTROYED} and now - at < RULES.overlap:
                assert key in keys.document


def _move(keys: KeySetRecord, word: str, kid: str, known: Facts, name: str) -> KeySetRecord:
    proof = Proof(ProofKind.PROBE, known.now, "gateway")
    by_word: dict[str, Callable[[], KeySetRecord]] = {
        "generate": lambda: moves.generate(keys, made(name), known.now),
        "publish": lambda: moves.publish(keys, kid, RULES, known.now),
        "prove": lambda: moves.prove(keys, kid, proof),
        "activate": lambda: moves.activate(keys, kid, RULES, known),
        "hold": lambda: moves.hold(keys, kid, "case 7", known.now),
        "abort": lambda: moves.abort(keys, RULES, known.now),
        "retire": lambda: moves.retire(keys, kid, RULES, known),
        "compromise": lambda: moves.compromise(keys, kid, known.now, "case 9", known.now),
        "destroy": lambda: moves.destroy(keys, kid, RULES, known.now),
        "wait": lambda: keys,
    }
    return by_word[word]()
