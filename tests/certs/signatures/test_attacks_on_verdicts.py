"""Ways to a better verdict than a signature deserves: proofs, archived answers and digests that must not count."""

from dataclasses import replace
from datetime import timedelta

import pytest

from certs.signatures.evaluate import Verdict, evaluate
from certs.signatures.evidence import Evidence
from certs.signatures.policy import ValidationPolicy, read_policy
from certs.trust.reasons import Reason
from certs.trust.revocation.model import Material, MaterialKind, MaterialSource
from mock_idps.authority import answers, cms
from mock_idps.authority.certificate import Issued
from mock_idps.authority.keys import digest, digest_algorithm
from tests.authority import NOW
from tests.certs.signatures.judging import (
    CONTENT,
    POLICIES,
    Bench,
    branch,
    detached,
    failures,
    good_news,
    said,
    warnings,
)
from tests.certs.signatures.test_revoked import FAILED
from tests.certs.signatures.test_times import archived, old

DAY = timedelta(days=1)
DEFAULT = POLICIES.find("gba-default")


def answer(bench: Bench, certificate: Issued, at: timedelta) -> Material:
    return Material(MaterialKind.OCSP, answers.ocsp(bench.world, certificate, at=NOW + at), MaterialSource.STAPLED)


def judged(bench: Bench, evidence: Evidence, policy: ValidationPolicy = DEFAULT) -> Verdict:
    return evaluate(evidence, policy, bench.trust)


# ------------------------------------------------------------------------------------------------- archived answers
@pytest.mark.attack("SG-04")
@pytest.mark.parametrize("newest_first", [True, False])
def test_sg_04_an_archived_good_answer_does_not_outweigh_a_later_one_that_says_revoked(*, newest_first: bool) -> None:
    bench = Bench()
    certificate = old(bench)
    good = archived(bench, certificate, -19 * DAY)
    bench.world.registry.revoke(certificate, NOW - 16 * DAY, "keyCompromise", invalid_since=NOW - 25 * DAY)
    revoked = answer(bench, certificate, -15 * DAY)

    material = (revoked, *good) if newest_first else (*good, revoked)
    signer = bench.signer(certificate, material=material, seen=NOW - 20 * DAY)

    assert failures(signer)["REV-LEAF"] == "revoked-key-compromise"
    assert said(signer)[:2] == FAILED


@pytest.mark.parametrize(("may", "reason"), [(False, "revocation-grace"), (True, None)])
def test_an_answer_that_counts_by_the_grace_only_is_accepted_by_nobody_who_did_not_say_so(
    *, may: bool, reason: str | None
) -> None:
    bench = Bench()
    certificate = bench.world.issue("hk-personal-mr")
    late = Material(MaterialKind.OCSP, answers.ocsp(bench.world, certificate, "stale"), MaterialSource.STAPLED)
    material = (late, *good_news(bench.world, *branch(certificate)[1:]))
    acceptance = dict(DEFAULT.payload["accept"]) | {"grace": may}
    policy = read_policy(dict(DEFAULT.payload) | {"revocation": {"grace": 31 * 86_400}, "accept": acceptance})

    (signer,) = judged(bench, bench.evidence(detached(certificate), material=material), policy).signers

    assert failures(signer) == ({} if reason is None else {"REV-LEAF": reason})
    assert signer.accept is may


@pytest.mark.attack("SG-04")
def test_sg_04_a_revoked_issuer_leaves_the_verdict_on_its_subscribers_open() -> None:
    bench = Bench()
    certificate = bench.world.issue("hk-personal-mr")
    assert certificate.issuer is not None
    bench.world.registry.revoke(certificate.issuer, NOW - DAY, "superseded")

    signer = bench.signer(certificate)

    assert failures(signer) == {"REV-CA": "revoked"}
    assert said(signer)[:2] == ("INDETERMINATE", "REVOKED_CA_NO_POE")


def test_a_claimed_time_before_the_certificate_existed_is_a_warning() -> None:
    bench = Bench()
    certificate = bench.world.issue("hk-personal-mr")

    signer = bench.signer(certificate, detached(certificate, signing_time=NOW - 4_000 * DAY))

    assert warnings(signer) == {"TIME-CLAIMED": "claimed-time-implausible"}


def test_a_proof_from_within_the_skew_moves_nothing_into_the_future() -> None:
    bench = Bench()
    certificate = bench.world.issue("hk-personal-mr")

    signer = bench.signer(certificate, seen=NOW + timedelta(seconds=60))

    assert signer.when.relevant == NOW


# ----------------------------------------------------------------------------------------------- digests and usages
@pytest.mark.attack("SG-11")
def test_sg_11_a_strong_algorithm_over_a_weak_digest_of_the_content_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    bench = Bench()
    certificate = bench.world.issue("hk-personal-mr")
    monkeypatch.setattr(cms, "digest_algorithm", lambda _: digest_algorithm("sha1"))

    members = detached(certificate, content_digest=digest("sha1", CONTENT))
    signer = bench.signer(certificate, members)

    assert failures(signer) == {"ALG-SIGNATURE": "algorithm-expired"}
    assert not signer.accept


@pytest.mark.attack("SG-11")
@pytest.mark.parametrize(("name", "reason"), [("md5", "algorithm-forbidden"), ("sha224", "algorithm-forbidden")])
def test_sg_11_a_digest_that_no_rule_names_never_counted(name: str, reason: str) -> None:
    assert DEFAULT.judge_digest(name, NOW) is Reason(reason)
    assert DEFAULT.judge_digest("sha512", NOW) is None
    assert (
        read_policy({"id": "a", "version": 1, "algorithms": [{"family": "Ed25519"}]}).judge_digest("sha512", NOW)
        is None
    )


@pytest.mark.attack("SG-02")
def test_sg_02_the_key_of_an_issuing_authority_signs_no_documents() -> None:
    bench = Bench()
    authority = bench.world.authority("hk-ca-15")

    signer = bench.signer(authority, material=good_news(bench.world, authority))

    assert "CERT-KEY-USAGE" in failures(signer)
    assert not signer.accept


@pytest.mark.attack("SG-02")
@pytest.mark.parametrize("kind", ["hk-tsa", "gd-tsa"])
def test_sg_02_a_timestamp_authority_signs_no_documents(kind: str) -> None:
    bench = Bench()

    signer = bench.signer(bench.world.issue(kind))

    assert failures(signer)["CERT-KEY-USAGE"] == "extended-key-usage"
    assert not signer.accept


@pytest.mark.attack("SG-02")
def test_sg_02_a_certificate_that_may_issue_others_signs_no_documents_whatever_else_it_may() -> None:
    bench = Bench()

    signer = bench.signer(bench.world.issue("hk-personal-mr", ca=True))

    assert failures(signer) == {"CERT-KEY-USAGE": "key-usage-not-for-signing"}


def test_a_certificate_that_says_nothing_of_its_use_signs_nothing() -> None:
    bench = Bench()

    signer = bench.signer(bench.world.issue("hk-personal-mr", key_usage=()))

    assert "CERT-KEY-USAGE" in failures(signer)


# ------------------------------------------------------------------------------------------------ signers and policy
def test_where_one_signer_is_enough_one_good_one_is_and_none_is_not() -> None:
    bench = Bench()
    one_is_enough = read_policy(dict(DEFAULT.payload) | {"signers": "any"})
    certificate = bench.world.issue("hk-personal-mr")
    good = bench.evidence(detached(certificate), material=good_news(bench.world, *branch(certificate)))
    bad = replace(good.signers[0], value=Reason.SIGNATURE_MISMATCH)

    both = replace(good, signers=(bad, good.signers[0]))
    any_, all_ = judged(bench, both, one_is_enough), judged(bench, both)
    neither = judged(bench, replace(good, signers=(bad,)), one_is_enough)
    nobody = replace(good, signers=())

    assert (any_.accept, all_.accept, neither.accept) == (True, False, False)
    assert any_.technical.indication.value == "TOTAL-PASSED"
    assert not judged(bench, nobody).accept
    assert not judged(bench, nobody, one_is_enough).accept


@pytest.mark.attack("SG-14")
def test_sg_14_two_findings_about_one_certificate_never_share_a_ruling() -> None:
    bench = Bench()
    certificate = bench.world.issue("hk-personal-mr", "Sandbox Twice")
    good = bench.evidence(detached(certificate), material=good_news(bench.world, *branch(certificate)))
    one = good.signers[0]
    wrong_content = replace(one, findings=(replace(one.findings[0], reason=Reason.CONTENT_DIGEST_MISMATCH),))
    wrong_value = replace(one, value=Reason.SIGNATURE_MISMATCH)

    verdict = judged(bench, replace(good, signers=(one, wrong_content, wrong_value)))
    strict = judged(bench, good, POLICIES.find("gd-sm-only"))

    assert [signer.accept for signer in verdict.signers] == [True, False, False]
    assert not strict.accept


@pytest.mark.attack("SG-09")
def test_sg_09_what_is_expected_fails_where_no_list_speaks_of_the_certificate_as_well() -> None:
    bench = Bench()
    certificate = bench.world.issue("hk-personal-mr", spoil="look_alike")

    signer = bench.signer(certificate, detached(certificate) | {"expect": {"policy_oid": "2.999.1"}})

    assert failures(signer)["EXPECTED"] == "expectation-not-met"


@pytest.mark.attack("SG-09")
@pytest.mark.parametrize(("oid", "accepted"), [("2.16.344.8.2.2008.810.2.2018.1.1", True), ("2.999.1", False)])
def test_sg_09_an_expected_policy_must_stand_in_the_certificate(oid: str, *, accepted: bool) -> None:
    bench = Bench()
    certificate = bench.world.issue("hk-personal-mr")

    signer = bench.signer(certificate, detached(certificate) | {"expect": {"policy_oid": oid}})

    assert signer.accept is accepted
