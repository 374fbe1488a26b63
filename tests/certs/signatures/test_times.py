"""When a signature certainly existed, and what expiry, revocation and holds make of it (EN 319 102-1 §5.5, §5.6)."""

from dataclasses import replace
from datetime import timedelta

import pytest

from certs.signatures.evaluate import SignerVerdict, evaluate
from certs.signatures.evidence import Evidence
from certs.trust.revocation.model import Material, MaterialKind, MaterialSource
from mock_idps.authority import answers, cms, equivalence, stamps
from mock_idps.authority.certificate import Issued
from tests.authority import NOW
from tests.certs.signatures.judging import (
    CONTENT,
    POLICIES,
    Bench,
    branch,
    detached,
    documents,
    failures,
    good_news,
    said,
    snapshot_of,
    text,
    warnings,
)

DAY = timedelta(days=1)
EXPIRED = ("INDETERMINATE", "OUT_OF_BOUNDS_NO_POE")


def stamped(bench: Bench, certificate: Issued, *, at: timedelta, spoil: str | None = None, **options: object) -> dict:
    """A request about a message that a listed authority stamped."""
    message = cms.Message(content=CONTENT)
    signer = cms.Signer(certificate=certificate, signing_time=NOW - 30 * DAY)
    signer = stamps.stamped(bench.world, message, signer, spoil, at=NOW + at, **options)
    return {"format": "cms-detached", "signature": text(cms.sign(message, signer)), "content": {"bytes": text(CONTENT)}}


def old(bench: Bench) -> Issued:
    return bench.world.issue("hk-personal-mr", spoil="expired")


def archived(bench: Bench, certificate: Issued, at: timedelta) -> tuple[Material, ...]:
    """Answers that were made at a time, and what is said of the authorities today."""
    then = Material(MaterialKind.OCSP, answers.ocsp(bench.world, certificate, at=NOW + at), MaterialSource.STAPLED)
    authority = bench.world.issue("hk-tsa", "Sandbox Timestamp Authority HK")
    return then, *good_news(bench.world, *branch(certificate)[1:], *branch(authority))


@pytest.mark.attack("SG-03")
def test_sg_03_an_expired_certificate_without_proof_is_open() -> None:
    bench = Bench()

    signer = bench.signer(old(bench))

    assert failures(signer)["CERT-VALIDITY"] == "certificate-expired"
    assert said(signer)[:2] == EXPIRED
    assert not signer.accept


@pytest.mark.attack("SG-03")
def test_sg_03_a_claimed_time_never_helps() -> None:
    bench = Bench()
    certificate = old(bench)

    signer = bench.signer(certificate, detached(certificate, signing_time=NOW - 30 * DAY))

    assert said(signer)[:2] == EXPIRED


@pytest.mark.attack("SG-03")
def test_sg_03_a_timestamp_before_expiry_makes_it_pass() -> None:
    bench = Bench()
    certificate = old(bench)
    material = archived(bench, certificate, -19 * DAY)

    signer = bench.signer(certificate, stamped(bench, certificate, at=-20 * DAY), material=material)

    assert failures(signer) == {}
    assert said(signer) == ("TOTAL-PASSED", None, "recognised", True)
    assert signer.when.proof is not None
    assert signer.when.proof.source == "timestamp"


@pytest.mark.attack("SG-03")
def test_sg_03_a_timestamp_after_expiry_proves_nothing_about_before() -> None:
    bench = Bench()
    certificate = old(bench)
    material = archived(bench, certificate, -19 * DAY)

    signer = bench.signer(certificate, stamped(bench, certificate, at=-DAY / 2), material=material)

    assert said(signer)[:2] == EXPIRED


@pytest.mark.attack("SG-03")
def test_sg_03_an_answer_from_before_the_proven_time_says_nothing_of_it() -> None:
    bench = Bench()
    certificate = old(bench)
    material = archived(bench, certificate, -25 * DAY)

    signer = bench.signer(certificate, stamped(bench, certificate, at=-20 * DAY), material=material)

    assert failures(signer)["REV-LEAF"] == "revocation-unknown"
    assert said(signer)[:2] == ("INDETERMINATE", "TRY_LATER")


def test_our_own_receipt_is_a_proof_of_time_as_well() -> None:
    bench = Bench()
    certificate = old(bench)
    material = archived(bench, certificate, -19 * DAY)

    signer = bench.signer(certificate, material=material, seen=NOW - 20 * DAY)

    assert said(signer) == ("TOTAL-PASSED", None, "recognised", True)
    assert signer.when.proof is not None
    assert signer.when.proof.source == "receipt"


@pytest.mark.attack("SG-15")
def test_sg_15_a_certificate_that_is_not_valid_yet_fails() -> None:
    bench = Bench()
    certificate = bench.world.issue("hk-personal-mr", spoil="not_yet")

    signer = bench.signer(certificate)

    assert failures(signer)["CERT-VALIDITY"] == "certificate-not-yet-valid"
    assert said(signer)[:2] == ("TOTAL-FAILED", "NOT_YET_VALID")


@pytest.mark.attack("SG-10")
@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        ("wrong_imprint", "timestamp-imprint"),
        ("no_eku", "timestamp-usage"),
        ("eku_not_critical", "timestamp-usage"),
        ("eku_not_alone", "timestamp-usage"),
        ("unlisted", None),
        ("expired", "timestamp-expired"),
        ("future", "timestamp-future"),
        ("other_policy", "timestamp-policy"),
        ("no_signing_certificate", None),
        ("other_signing_certificate", None),
        ("damaged", "timestamp-signature"),
        ("content_digest", None),
        ("not_a_stamp", "timestamp-malformed"),
    ],
)
def test_sg_10_a_token_with_one_fault_is_no_proof(spoil: str, reason: str | None) -> None:
    bench = _with_stated_policies()
    certificate = old(bench)
    at = timedelta(seconds=0) if spoil in {"future", "expired"} else -20 * DAY
    material = archived(bench, certificate, -19 * DAY)

    signer = bench.signer(certificate, stamped(bench, certificate, at=at, spoil=spoil), material=material)

    assert signer.when.proof is None
    assert said(signer)[:2] == EXPIRED
    assert len(signer.timestamps) == 1
    assert signer.timestamps[0].reason is not None
    assert reason is None or signer.timestamps[0].reason.value == reason
    assert warnings(signer)["TIME-ORDER"] == signer.timestamps[0].reason.value


@pytest.mark.attack("SG-10")
def test_sg_10_two_tokens_under_one_serial_number_contradict_each_other_and_neither_counts() -> None:
    bench = Bench()
    certificate = old(bench)
    evidence = bench.evidence(
        stamped(bench, certificate, at=-20 * DAY), material=archived(bench, certificate, -19 * DAY)
    )
    other = bench.evidence(stamped(bench, certificate, at=-10 * DAY))
    first, second = evidence.signers[0], other.signers[0]
    both = replace(first, timestamps=(*first.timestamps, *second.timestamps))

    signer = _judged(bench, replace(evidence, signers=(both,)))

    assert [stamp.reason.value for stamp in signer.timestamps if stamp.reason] == ["timestamp-contradiction"] * 2
    assert signer.when.proof is None


@pytest.mark.attack("SG-10")
def test_sg_10_a_revoked_authority_whose_key_was_stolen_proves_nothing_ever() -> None:
    bench = Bench()
    certificate = old(bench)
    authority = bench.world.issue("hk-tsa", "Sandbox Timestamp Authority HK")
    bench.world.registry.revoke(authority, NOW - DAY, "keyCompromise")
    material = (*archived(bench, certificate, -19 * DAY), *good_news(bench.world, authority))

    signer = bench.signer(certificate, stamped(bench, certificate, at=-20 * DAY), material=material)

    assert signer.when.proof is None


def test_a_strict_policy_wants_proof_of_time() -> None:
    bench = Bench()
    certificate = bench.world.issue("hk-personal-mr")

    without = bench.signer(certificate, policy="gba-strict")
    earlier = detached(certificate, signing_time=NOW - 2 * DAY)
    proven = bench.signer(certificate, earlier, policy="gba-strict", seen=NOW - DAY)

    assert failures(without) == {"TIME-PROOF": "no-proof-of-time"}
    assert said(without)[:2] == ("INDETERMINATE", "NO_POE")
    assert proven.accept


def test_a_claimed_time_in_the_future_is_a_warning() -> None:
    bench = Bench()
    certificate = bench.world.issue("hk-personal-mr")

    signer = bench.signer(certificate, detached(certificate, signing_time=NOW + DAY))

    assert warnings(signer) == {"TIME-CLAIMED": "claimed-time-implausible"}
    assert signer.accept


def _with_stated_policies() -> Bench:
    bench = Bench()
    papers = documents(bench.world)
    for entry in papers["hk"]["entries"]:
        if entry["services"] == ["tsa"]:
            entry["rules"] = dict(entry["rules"]) | {"timestamp_policies": ["2.999.3161.1"]}
    return Bench(bench.world, snapshot_of(papers, equivalence.equivalence(bench.world)))


def _judged(bench: Bench, evidence: Evidence) -> SignerVerdict:
    return evaluate(evidence, POLICIES.find("gba-default"), bench.trust).signers[0]
