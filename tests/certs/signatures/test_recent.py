"""What is remembered of a moment ago never outlives the lists that it was judged by, and never mixes two callers."""

from certs.keys.canonical import canonical
from certs.signatures.evaluate import Verdict
from certs.signatures.recent import Recent
from certs.signatures.report import Audience, signatures_of
from certs.trust.snapshot import TrustSnapshot
from tests.certs.signatures.judging import Bench, detached

FIRST, SECOND = TrustSnapshot(()), TrustSnapshot(())


def test_what_was_made_once_is_given_again_for_the_same_lists() -> None:
    recent: Recent[str, object] = Recent()
    made = recent.get(FIRST, "a", object)

    assert recent.get(FIRST, "a", object) is made


def test_other_lists_empty_the_memory_even_if_they_say_the_same() -> None:
    recent: Recent[str, object] = Recent()
    made = recent.get(FIRST, "a", object)
    recent.get(SECOND, "b", object)

    assert recent.get(FIRST, "a", object) is not made


def test_the_memory_is_bounded() -> None:
    recent: Recent[int, object] = Recent()
    made = recent.get(FIRST, 0, object)
    for number in range(1, 3_000):
        recent.get(FIRST, number, object)

    assert recent.get(FIRST, 0, object) is not made


def test_a_thread_that_began_with_older_lists_leaves_nothing_in_the_memory_of_newer_ones() -> None:
    recent: Recent[str, object] = Recent()
    newer = object()

    def make_late() -> object:
        recent.get(SECOND, "other", object)  # meanwhile somebody has moved on
        return object()

    recent.get(FIRST, "a", make_late)

    assert recent.get(SECOND, "a", lambda: newer) is newer


def test_a_spoilt_signature_of_the_same_certificate_is_not_taken_for_the_good_one() -> None:
    bench = Bench()
    certificate = bench.world.issue("hk-personal-mr")
    good = detached(certificate)

    first, spoilt, again = (bench.signer(certificate, members) for members in (good, _damaged(bench), good))

    assert (first.accept, spoilt.accept, again.accept) == (True, False, True)


def test_two_callers_see_different_hashes_of_one_person_and_others_see_the_name() -> None:
    verdict = _verdict()

    seen = [signatures_of(verdict, Audience(names, key))[0]["signer"]["subject"] for names, key in _AUDIENCES]

    assert len(set(seen)) == len(_AUDIENCES)


def test_reports_of_one_verdict_are_the_same_to_the_byte() -> None:
    audience = Audience(names=True, key=b"")

    first, second = canonical(signatures_of(_verdict(), audience)), canonical(signatures_of(_verdict(), audience))

    assert first == second


_AUDIENCES = ((True, b""), (False, b"one caller's"), (False, b"another's"))


def _damaged(bench: Bench) -> dict[str, object]:
    return detached(bench.world.issue("hk-personal-mr"), b"Something else was signed. (simulation)")


def _verdict() -> Verdict:
    bench = Bench()
    certificate = bench.world.issue("hk-personal-mr")
    return bench.judge(detached(certificate))
