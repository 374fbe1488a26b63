"""The five things that must hold together for mutual recognition: each one broken alone shows its own code."""

from dataclasses import replace
from datetime import timedelta

import pytest

from certs.signatures.indication import RecognitionVerdict
from mock_idps.authority import equivalence
from tests.authority import NOW, a_world
from tests.certs.signatures.judging import Bench, detached, documents, failures, said, snapshot_of, text

DAY = timedelta(days=1)


def test_a_mutually_recognised_certificate_of_hong_kong_is_recognised_in_guangdong() -> None:
    bench = Bench()

    signer = bench.signer(bench.world.issue("hk-personal-mr"), relying="GD")

    assert said(signer) == ("TOTAL-PASSED", None, "recognised", True)
    assert signer.effect.signature_class is not None
    assert signer.effect.scheme == "HK-GD"
    assert not failures(signer)


def test_the_root_alone_is_another_one() -> None:
    world = a_world()
    other = world.authority("hk-root-1").der
    papers = documents(world)
    for entry in papers["hk-gd-hk"]["entries"]:
        entry["anchors"] = [dict(entry["anchors"][0], der=text(other))]
    bench = Bench(world, snapshot_of(papers, equivalence.equivalence(world)))

    signer = bench.signer(world.issue("hk-personal-mr"), relying="GD")

    assert failures(signer) == {"MR-ROOT": "mr-root"}
    assert said(signer) == ("TOTAL-PASSED", None, "not-listed", False)


def test_the_issuing_certificate_alone_is_another_one() -> None:
    bench = Bench()
    policies = bench.world.issue("hk-personal-mr").profile.policies

    signer = bench.signer(bench.world.issue("hk-personal", policies=policies), relying="GD")

    assert failures(signer) == {"MR-ISSUER": "mr-issuer"}
    assert said(signer) == ("TOTAL-PASSED", None, "not-listed", False)


def test_the_name_of_the_type_alone_is_another_one() -> None:
    bench = Bench()

    signer = bench.signer(bench.world.issue("hk-personal-mr", spoil="other_type"), relying="GD")

    assert failures(signer) == {"MR-TYPE": "mr-type"}
    assert said(signer) == ("TOTAL-PASSED", None, "type-mismatch", False)


@pytest.mark.parametrize("spoil", ["no_policy", "other_policy"])
def test_the_policy_identifier_alone_is_missing_or_only_begins_alike(spoil: str) -> None:
    bench = Bench()

    signer = bench.signer(bench.world.issue("hk-personal-mr", spoil=spoil), relying="GD")

    assert failures(signer) == {"MR-OID": "mr-policy-oid"}
    assert said(signer) == ("TOTAL-PASSED", None, "policy-oid-missing", False)


def test_another_edition_of_the_policy_is_under_the_same_arc() -> None:
    bench = Bench()

    signer = bench.signer(bench.world.issue("hk-personal-mr", spoil="old_edition"), relying="GD")

    assert said(signer) == ("TOTAL-PASSED", None, "recognised", True)


@pytest.mark.parametrize(
    ("status", "reason", "verdict"),
    [
        ("suspended", "mr-suspended", "suspended"),
        ("withdrawn", "mr-withdrawn", "withdrawn"),
        ("expired", "mr-period", "outside-recognition-period"),
    ],
)
def test_the_period_alone_is_over(status: str, reason: str, verdict: str) -> None:
    bench = _with_history(("granted", -1000, -10), (status, -10, None))

    signer = bench.signer(bench.world.issue("hk-personal-mr"), relying="GD")

    assert failures(signer) == {"MR-PERIOD": reason}
    assert said(signer) == ("TOTAL-PASSED", None, verdict, False)


@pytest.mark.spec("ETO s.6")
@pytest.mark.parametrize(("seconds", "recognised"), [(-1, False), (0, True)])
def test_a_period_begins_to_the_second(seconds: int, recognised: bool) -> None:
    bench = _with_history(("granted", 0, None))

    at = NOW + timedelta(seconds=seconds)
    signer = bench.signer(bench.world.issue("hk-personal-mr"), relying="GD", at=at)

    assert (signer.effect.verdict is RecognitionVerdict.RECOGNISED) is recognised


@pytest.mark.spec("ETO s.6")
@pytest.mark.parametrize(("seconds", "recognised"), [(-1, True), (0, False)])
def test_a_period_ends_to_the_second(seconds: int, recognised: bool) -> None:
    bench = _with_history(("granted", -1000, 0))

    at = NOW + timedelta(seconds=seconds)
    signer = bench.signer(bench.world.issue("hk-personal-mr"), relying="GD", at=at)

    assert (signer.effect.verdict is RecognitionVerdict.RECOGNISED) is recognised


@pytest.mark.attack("TL-07")
def test_tl_07_a_withdrawn_entry_stays_good_for_signatures_that_are_proven_to_be_earlier() -> None:
    bench = _with_history(("granted", -1000, -10), ("withdrawn", -10, None))
    certificate = bench.world.issue("hk-personal-mr")

    before = bench.signer(certificate, relying="GD", seen=NOW - 20 * DAY)
    after = bench.signer(certificate, relying="GD", seen=NOW - 5 * DAY)
    unproven = bench.signer(certificate, detached(certificate, signing_time=NOW - 20 * DAY), relying="GD")

    assert said(before) == ("TOTAL-PASSED", None, "recognised", True)
    assert said(after)[2:] == ("withdrawn", False)
    assert said(unproven)[2:] == ("withdrawn", False)


@pytest.mark.attack("TL-07")
def test_tl_07_an_entry_for_timestamps_recognises_no_signature() -> None:
    world = a_world()
    papers = documents(world)
    for entry in papers["hk-gd-hk"]["entries"]:
        entry["services"] = ["tsa"]
    bench = Bench(world, snapshot_of(papers, equivalence.equivalence(world)))

    signer = bench.signer(world.issue("hk-personal-mr"), relying="GD")

    assert failures(signer) == {"MR-SERVICE": "mr-service"}


@pytest.mark.attack("SG-15")
def test_sg_15_an_issuing_certificate_counts_only_in_the_time_that_its_entry_states() -> None:
    world = a_world()
    papers = documents(world)
    for entry in papers["hk-gd-hk"]["entries"]:
        entry["issuers"] = [dict(entry["issuers"][0], end=(NOW - DAY).isoformat())]
    bench = Bench(world, snapshot_of(papers, equivalence.equivalence(world)))
    certificate = world.issue("hk-personal-mr")

    late, early = bench.signer(certificate, relying="GD"), bench.signer(certificate, relying="GD", seen=NOW - 2 * DAY)

    assert failures(late) == {"MR-ISSUER": "mr-issuer-period"}
    assert said(early)[2:] == ("recognised", True)


@pytest.mark.parametrize(
    ("kind", "relying", "verdict", "accepted"),
    [
        ("hk-personal-mr", "HK", "recognised", True),
        ("hk-personal-mr", "GD", "recognised", True),
        ("hk-personal-mr", "MO", "not-recognised-for-pair", False),
        ("hk-bank", "HK", "recognised", True),
        ("hk-bank", "GD", "type-mismatch", False),
        ("hk-personal", "GD", "not-listed", False),
        ("gd-sign", "GD", "recognised", True),
        ("gd-sign", "HK", "recognised", True),
        ("gd-unlisted", "HK", "type-mismatch", False),
        ("mo-qualified", "MO", "recognised", True),
        ("mo-qualified", "HK", "not-recognised-for-pair", False),
        ("mo-qualified", "GD", "not-recognised-for-pair", False),
        ("mo-normalised", "MO", "recognised", True),
    ],
)
def test_recognition_goes_from_place_to_place_as_the_table_says(
    kind: str, relying: str, verdict: str, accepted: bool
) -> None:
    bench = Bench()

    signer = bench.signer(bench.world.issue(kind), relying=relying)

    assert said(signer) == ("TOTAL-PASSED", None, verdict, accepted)


@pytest.mark.parametrize("kind", ["hk-encipherment", "gd-encipherment", "mo-encipherment"])
@pytest.mark.parametrize("relying", ["HK", "MO", "GD"])
def test_certificates_for_encipherment_sign_nothing_anywhere(kind: str, relying: str) -> None:
    bench = Bench()

    signer = bench.signer(bench.world.issue(kind), relying=relying)

    assert failures(signer)["CERT-KEY-USAGE"] == "key-usage-encipherment"
    assert said(signer)[:2] == ("INDETERMINATE", "CHAIN_CONSTRAINTS_FAILURE")
    assert not signer.accept


def test_what_the_law_excludes_is_recognised_for_nobody() -> None:
    bench = Bench()

    signer = bench.signer(bench.world.issue("hk-personal-mr"), relying="GD", purpose="excluded-by-law")

    assert failures(signer) == {"EQUIVALENCE": "purpose-excluded"}
    assert not signer.accept


def test_a_class_below_what_the_policy_wants_is_recognised_and_not_accepted() -> None:
    bench = Bench()

    signer = bench.signer(bench.world.issue("mo-normalised"), relying="MO", policy="hk-government")

    assert said(signer) == ("TOTAL-PASSED", None, "recognised", False)
    assert failures(signer) == {"EQUIVALENCE": "class-too-low"}


@pytest.mark.attack("TL-02")
def test_tl_02_a_list_that_has_expired_recognises_nothing_and_makes_the_verdict_open() -> None:
    world = a_world()
    late = dict.fromkeys(("next_update", "expires"), (NOW - timedelta(seconds=1)).isoformat())
    papers = documents(world, hk_gd_hk=late)
    bench = Bench(world, snapshot_of(papers, equivalence.equivalence(world)))

    signer = bench.signer(world.issue("hk-personal-mr"), relying="GD")

    assert failures(signer) == {"LIST-FRESH": "list-stale"}
    assert said(signer) == ("INDETERMINATE", "TRY_LATER", "list-stale", False)


@pytest.mark.attack("TL-02")
def test_tl_02_a_table_of_equivalence_that_has_expired_makes_the_verdict_open_as_well() -> None:
    world = a_world()
    late = dict.fromkeys(("next_update", "expires"), (NOW - timedelta(seconds=1)).isoformat())
    bench = Bench(world, snapshot_of(documents(world), dict(equivalence.equivalence(world)) | late))

    signer = bench.signer(world.issue("hk-personal-mr"), relying="GD")

    assert said(signer) == ("INDETERMINATE", "TRY_LATER", "list-stale", False)


def test_without_any_list_there_is_no_path_and_the_value_is_checked_all_the_same() -> None:
    world = a_world()
    empty = Bench(world, replace(Bench().trust, lists=(), table=None))
    certificate = world.issue("hk-personal-mr")

    unknown = empty.signer(certificate)
    broken = empty.signer(certificate, detached(certificate, damaged=True))

    assert failures(unknown) == {"CHAIN-LIST-ENTRY": "path-no-entry"}
    assert said(unknown)[:2] == ("INDETERMINATE", "NO_CERTIFICATE_CHAIN_FOUND")
    assert failures(broken)["SIG-VALUE"] == "signature-mismatch"
    assert said(broken)[:2] == ("TOTAL-FAILED", "SIG_CRYPTO_FAILURE")


def _with_history(*periods: tuple[str, int, int | None]) -> Bench:
    """A bench on which every entry of Hong Kong's arrangement has this history, in days from now."""
    world = a_world()
    history = []
    for status, start, end in periods:
        period = {"status": status, "start": (NOW + start * DAY).isoformat(), "reason": "test", "reference": "test"}
        history.append(period if end is None else period | {"end": (NOW + end * DAY).isoformat()})
    papers = documents(world)
    for entry in papers["hk-gd-hk"]["entries"]:
        entry["recognition"] = history
    return Bench(world, snapshot_of(papers, equivalence.equivalence(world)))
