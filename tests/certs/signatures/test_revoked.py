"""What revocation, theft of a key and holds make of a signature, by proven and by claimed time (EN 319 102-1 §5.5)."""

from datetime import timedelta

import pytest

from certs.trust.revocation.model import Material, MaterialKind, MaterialSource
from mock_idps.authority import revocation_lists
from tests.authority import NOW
from tests.certs.signatures.judging import (
    Bench,
    branch,
    detached,
    failures,
    good_news,
    said,
)

DAY = timedelta(days=1)
FAILED = ("TOTAL-FAILED", "REVOKED")
NO_PROOF = ("INDETERMINATE", "REVOKED_NO_POE")


@pytest.mark.attack("SG-04")
def test_sg_04_a_revoked_certificate_fails_when_the_signer_says_that_it_signed_later() -> None:
    bench = Bench()
    certificate = bench.world.issue("hk-personal-mr")
    bench.world.registry.revoke(certificate, NOW - DAY, "cessationOfOperation")

    signer = bench.signer(certificate)

    assert failures(signer) == {"REV-LEAF": "revoked"}
    assert said(signer)[:2] == FAILED


@pytest.mark.attack("SG-04")
def test_sg_04_a_revoked_certificate_is_never_accepted_without_proof_of_an_earlier_time() -> None:
    bench = Bench()
    certificate = bench.world.issue("hk-personal-mr")
    bench.world.registry.revoke(certificate, NOW - DAY)

    claimed = bench.signer(certificate, detached(certificate, signing_time=NOW - 9 * DAY))
    silent = bench.signer(certificate, detached(certificate, signing_time=None))

    assert said(claimed)[:2] == NO_PROOF
    assert said(silent)[:2] == NO_PROOF
    assert not claimed.accept
    assert not silent.accept


@pytest.mark.attack("SG-04")
def test_sg_04_a_signature_that_is_proven_to_be_earlier_outlives_an_ordinary_revocation() -> None:
    bench = Bench()
    certificate = bench.world.issue("hk-personal-mr")
    bench.world.registry.revoke(certificate, NOW - DAY, "superseded")

    signer = bench.signer(certificate, seen=NOW - 5 * DAY)

    assert said(signer) == ("TOTAL-PASSED", None, "recognised", True)


@pytest.mark.attack("SG-04")
@pytest.mark.parametrize(("seconds", "accepted"), [(-1, True), (0, False)])
def test_sg_04_a_revocation_counts_from_its_very_second_on(seconds: int, accepted: bool) -> None:
    bench = Bench()
    certificate = bench.world.issue("hk-personal-mr")
    bench.world.registry.revoke(certificate, NOW - DAY, "superseded")

    signer = bench.signer(certificate, seen=NOW - DAY + timedelta(seconds=seconds))

    assert signer.accept is accepted


@pytest.mark.attack("SG-04")
def test_sg_04_a_stolen_key_fails_at_once_and_back_to_the_date_of_the_theft() -> None:
    bench = Bench()
    certificate = bench.world.issue("hk-personal-mr")
    bench.world.registry.revoke(certificate, NOW - DAY, "keyCompromise", invalid_since=NOW - 10 * DAY)

    between = bench.signer(certificate, seen=NOW - 5 * DAY)
    before = bench.signer(certificate, seen=NOW - 20 * DAY)
    unproven = bench.signer(certificate, detached(certificate, signing_time=None))

    assert failures(between) == {"REV-LEAF": "revoked-key-compromise"}
    assert said(between)[:2] == FAILED
    assert before.accept
    assert said(unproven)[:2] == FAILED


@pytest.mark.attack("SG-04")
def test_sg_04_a_certificate_on_hold_fails_and_one_whose_hold_was_lifted_passes() -> None:
    bench = Bench()
    certificate = bench.world.issue("hk-personal-mr")
    bench.world.registry.hold(certificate, NOW - DAY)

    held = bench.signer(certificate)
    bench.world.registry.release(certificate, NOW - DAY / 2)
    lifted = bench.signer(certificate)

    assert failures(held) == {"REV-LEAF": "on-hold"}
    assert said(held)[:2] == FAILED
    assert lifted.accept


@pytest.mark.attack("SG-04")
def test_sg_04_a_revoked_authority_takes_everything_below_it_along() -> None:
    bench = Bench()
    certificate = bench.world.issue("hk-personal-mr")
    assert certificate.issuer is not None
    bench.world.registry.revoke(certificate.issuer, NOW - DAY, "cACompromise")

    signer = bench.signer(certificate)

    assert failures(signer) == {"REV-CA": "revoked-key-compromise"}
    assert not signer.accept


@pytest.mark.attack("SG-04")
def test_sg_04_a_list_that_no_longer_names_a_certificate_clears_it_only_if_it_is_newer() -> None:
    bench = Bench()
    certificate = bench.world.issue("hk-personal-mr")
    bench.world.registry.hold(certificate, NOW - 2 * DAY)
    held = revocation_lists.crl(bench.world, "hk-ca-15", at=NOW - DAY / 4)
    bench.world.registry.release(certificate, NOW - DAY / 8)
    newer = revocation_lists.crl(bench.world, "hk-ca-15", at=NOW)
    others = good_news(bench.world, *branch(certificate)[1:])

    only_held = bench.signer(certificate, material=(_list(held), *others))
    both = bench.signer(certificate, material=(_list(held), _list(newer), *others))

    assert failures(only_held) == {"REV-LEAF": "on-hold"}
    assert said(both)[:2] in {("TOTAL-PASSED", None), FAILED}


@pytest.mark.attack("SG-04")
def test_sg_04_without_any_answer_the_verdict_is_open() -> None:
    bench = Bench()

    signer = bench.signer(bench.world.issue("hk-personal-mr"), material=())

    assert failures(signer) == {"REV-LEAF": "revocation-none", "REV-CA": "revocation-none"}
    assert said(signer)[:2] == ("INDETERMINATE", "TRY_LATER")


def _list(der: bytes) -> Material:
    return Material(MaterialKind.CRL, der, MaterialSource.STAPLED)
