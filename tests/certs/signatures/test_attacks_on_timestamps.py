"""Proofs of time that must not count: stamps of authorities nobody vouches for any more, and on weak digests."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from certs.signatures.codec import evidence_from_json, evidence_to_json
from certs.signatures.evaluate import SignerVerdict, Verdict, evaluate
from certs.signatures.evidence import Evidence, Receipt
from certs.signatures.policy import ValidationPolicy
from certs.trust.reasons import Reason
from certs.trust.revocation.model import Material, MaterialKind, MaterialSource
from mock_idps.authority import answers, equivalence
from mock_idps.authority.certificate import Issued
from tests.authority import NOW
from tests.certs.signatures.judging import (
    POLICIES,
    Bench,
    branch,
    detached,
    documents,
    good_news,
    said,
    snapshot_of,
)
from tests.certs.signatures.test_times import EXPIRED, archived, old, stamped

DAY = timedelta(days=1)
DEFAULT = POLICIES.find("gba-default")


def answer(bench: Bench, certificate: Issued, at: timedelta) -> Material:
    return Material(MaterialKind.OCSP, answers.ocsp(bench.world, certificate, at=NOW + at), MaterialSource.STAPLED)


def reason_of(signer: SignerVerdict) -> Reason | None:
    assert len(signer.timestamps) == 1
    return signer.timestamps[0].reason


def judged(bench: Bench, evidence: Evidence, policy: ValidationPolicy = DEFAULT) -> Verdict:
    return evaluate(evidence, policy, bench.trust)


@pytest.mark.attack("SG-10")
def test_sg_10_an_authority_of_whose_revocation_nothing_is_known_proves_nothing() -> None:
    bench = Bench()
    certificate = old(bench)
    silent = (answer(bench, certificate, -19 * DAY), *good_news(bench.world, *branch(certificate)[1:]))

    signer = bench.signer(certificate, stamped(bench, certificate, at=-20 * DAY), material=silent)

    assert reason_of(signer) is Reason.REVOCATION_UNKNOWN
    assert said(signer)[:2] == EXPIRED


@pytest.mark.attack("SG-10")
def test_sg_10_an_authority_whose_own_issuer_was_stolen_proves_nothing() -> None:
    bench = Bench()
    certificate = old(bench)
    authority = bench.world.issue("hk-tsa", "Sandbox Timestamp Authority HK")
    assert authority.issuer is not None
    bench.world.registry.revoke(authority.issuer, NOW - DAY, "cACompromise")

    material = archived(bench, certificate, -19 * DAY)
    signer = bench.signer(certificate, stamped(bench, certificate, at=-20 * DAY), material=material)

    assert reason_of(signer) is Reason.REVOKED


@pytest.mark.attack("TL-02")
def test_tl_02_a_list_that_has_expired_vouches_for_no_timestamp_authority() -> None:
    bench = Bench()
    late = dict.fromkeys(("next_update", "expires"), (NOW - timedelta(seconds=1)).isoformat())
    stale = Bench(
        bench.world,
        snapshot_of(documents(bench.world, hk=late, gd=late, mo=late), equivalence.equivalence(bench.world)),
    )
    certificate = old(bench)

    material = archived(bench, certificate, -19 * DAY)
    signer = stale.signer(certificate, stamped(bench, certificate, at=-20 * DAY), material=material)

    assert reason_of(signer) is Reason.LIST_STALE
    assert said(signer)[:2] == EXPIRED


@pytest.mark.attack("SG-10")
@pytest.mark.parametrize(
    "change",
    [
        lambda entry: entry.update(recognition=[entry["recognition"][0] | {"status": "suspended"}]),
        lambda entry: entry.update(anchors=[entry["anchors"][0] | {"end": (NOW - 30 * DAY).isoformat()}]),
        lambda entry: entry.update(issuers=[entry["issuers"][0] | {"end": (NOW - 30 * DAY).isoformat()}]),
        lambda entry: entry.update(services=["signature"]),
    ],
    ids=["suspended", "root over", "issuer over", "no such service"],
)
def test_sg_10_an_authority_counts_only_as_its_entry_did_at_that_time(change: Callable[[dict[str, Any]], None]) -> None:
    bench = Bench()
    papers = documents(bench.world)
    for entry in papers["hk"]["entries"]:
        if entry["services"] == ["tsa"]:
            change(entry)
    changed = Bench(bench.world, snapshot_of(papers, equivalence.equivalence(bench.world)))
    certificate = old(bench)

    material = archived(bench, certificate, -19 * DAY)
    signer = changed.signer(certificate, stamped(bench, certificate, at=-20 * DAY), material=material)

    assert reason_of(signer) is Reason.TIMESTAMP_NOT_LISTED


@pytest.mark.attack("SG-11")
def test_sg_11_a_stamp_on_a_weak_digest_proves_nothing_even_of_a_time_when_it_was_strong() -> None:
    bench = Bench()
    certificate = old(bench)

    material = archived(bench, certificate, -19 * DAY)
    members = stamped(bench, certificate, at=-20 * DAY, digest_name="sha1")
    signer = bench.signer(certificate, members, material=material)

    assert reason_of(signer) is Reason.ALGORITHM_EXPIRED
    assert said(signer)[:2] == EXPIRED


@pytest.mark.attack("SG-11")
def test_sg_11_a_policy_for_national_algorithms_takes_no_other_timestamps_either() -> None:
    bench = Bench()
    certificate = old(bench)

    material = archived(bench, certificate, -19 * DAY)
    members = stamped(bench, certificate, at=-20 * DAY)
    signer = bench.signer(certificate, members, material=material, policy="gd-sm-only")

    assert reason_of(signer) is Reason.ALGORITHM_FORBIDDEN


def test_two_authorities_may_use_one_serial_number() -> None:
    bench = Bench()
    certificate = old(bench)
    second = bench.world.issue("gd-tsa", "Sandbox Timestamp Authority GD")
    material = (*archived(bench, certificate, -19 * DAY), *good_news(bench.world, *branch(second)))
    evidence = bench.evidence(stamped(bench, certificate, at=-20 * DAY), material=material)
    other = bench.evidence(stamped(bench, certificate, at=-20 * DAY, authority="gd-tsa")).signers[0].timestamps

    one = evidence.signers[0]
    (signer,) = judged(bench, replace(evidence, signers=(replace(one, timestamps=(*one.timestamps, *other)),))).signers

    assert [stamp.reason for stamp in signer.timestamps] == [None, None]


def test_how_a_token_was_signed_is_part_of_the_evidence() -> None:
    bench = Bench()
    certificate = old(bench)

    evidence = bench.evidence(stamped(bench, certificate, at=-20 * DAY))
    (stamp,) = evidence_from_json(evidence_to_json(evidence)).signers[0].timestamps

    assert stamp.algorithm is not None
    assert (stamp.algorithm.digest, stamp.digests) == ("sha256", ("sha256",))


def test_the_inaccuracy_of_a_stamp_counts_against_it_and_the_earliest_proof_counts() -> None:
    bench = Bench()
    certificate = old(bench)
    evidence = bench.evidence(
        stamped(bench, certificate, at=-20 * DAY), material=archived(bench, certificate, -19 * DAY), seen=NOW - 5 * DAY
    )
    (stamp,) = evidence.signers[0].timestamps
    vague = replace(evidence.signers[0], timestamps=(replace(stamp, accuracy_seconds=3_600),))

    verdict = judged(bench, replace(evidence, signers=(vague,)))

    proof = verdict.signers[0].when.proof
    assert proof is not None
    assert (proof.moment, proof.source) == (NOW - 20 * DAY + timedelta(hours=1), "timestamp")


def test_the_receipt_of_another_signature_proves_nothing_of_this_one() -> None:
    bench = Bench()
    certificate = old(bench)
    evidence = bench.evidence(detached(certificate), material=archived(bench, certificate, -19 * DAY))

    others = replace(evidence, receipts=(Receipt("ab" * 32, NOW - 20 * DAY),))

    assert judged(bench, others).signers[0].when.proof is None
