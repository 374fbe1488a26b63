"""The same evidence and policy give the same bytes; another policy answers what if (SG-17)."""

from dataclasses import replace
from datetime import timedelta

import pytest

from certs.keys.canonical import canonical
from certs.keys.strict_json import parse_object
from certs.signatures.bundle import bundle_of, read_bundle, replay
from certs.signatures.codec import evidence_from_json, evidence_to_json
from certs.signatures.evaluate import evaluate
from certs.signatures.evidence import Evidence
from certs.signatures.report import Audience, Producer, digest_of, in_depth, report_of, signatures_of
from certs.signatures.request import Depth
from certs.trust.errors import RefusalCode, Refused
from tests.authority import NOW
from tests.certs.signatures.judging import POLICIES, Bench, branch, detached, good_news, said
from tests.certs.signatures.test_times import archived, old, stamped

OPEN = Audience(names=True, key=b"k" * 32)
HIDDEN = Audience(names=False, key=b"k" * 32)
DAY = timedelta(days=1)


def evidence_of(bench: Bench) -> Evidence:
    certificate = old(bench)
    material = archived(bench, certificate, -19 * DAY)
    return bench.evidence(stamped(bench, certificate, at=-20 * DAY), material=material, seen=NOW - DAY)


def report(bench: Bench, evidence: Evidence, audience: Audience = OPEN) -> dict:
    policy = POLICIES.find("gba-default")
    verdict = evaluate(evidence, policy, bench.trust)
    producer = Producer("gba-identity-gateway", "test")
    return report_of(verdict, evidence, policy, bench.trust, report_id="r1", producer=producer, audience=audience)


def stored(bench: Bench, evidence: Evidence) -> bytes:
    return canonical(bundle_of(evidence, POLICIES.find("gba-default"), bench.trust))


def test_evidence_is_read_back_as_it_was_written() -> None:
    evidence = evidence_of(Bench())

    assert evidence_from_json(parse_object(canonical(evidence_to_json(evidence)))) == evidence


@pytest.mark.attack("SG-17")
def test_sg_17_a_replay_gives_the_same_bytes() -> None:
    bench = Bench()
    evidence = evidence_of(bench)
    before = report(bench, evidence)

    bundle = read_bundle(parse_object(stored(bench, evidence)))
    verdict, again = replay(bundle)

    assert canonical(signatures_of(verdict, OPEN)) == canonical(before["signatures"])
    assert digest_of(before["signatures"]) == digest_of(signatures_of(verdict, OPEN))
    assert bundle.trust.identity(NOW) == before["trust"]
    assert again == evidence
    assert stored(bench, evidence) == canonical(bundle_of(again, bundle.policy, bundle.trust))


def test_a_replay_by_another_policy_answers_what_if() -> None:
    bench = Bench()
    certificate = bench.world.issue("hk-personal-mr")
    evidence = bench.evidence(detached(certificate), material=good_news(bench.world, *branch(certificate)))
    bundle = read_bundle(parse_object(stored(bench, evidence)))

    verdict, _ = replay(bundle, POLICIES.find("gd-sm-only"))

    assert said(verdict.signers[0])[:2] == ("INDETERMINATE", "CRYPTO_CONSTRAINTS_FAILURE")


def test_a_replay_as_of_a_later_day_sees_what_has_expired_since() -> None:
    bench = Bench()
    certificate = bench.world.issue("hk-personal-mr")
    evidence = bench.evidence(detached(certificate), material=good_news(bench.world, *branch(certificate)))
    bundle = read_bundle(parse_object(stored(bench, evidence)))

    verdict, _ = replay(bundle, at=NOW + 3_000 * DAY)

    assert not verdict.accept


@pytest.mark.parametrize(
    "spoil",
    [
        lambda members: members.pop("trust"),
        lambda members: members.update(more=1),
        lambda members: members["evidence"].update(version=2),
        lambda members: members["evidence"]["signers"][0].update(value="nobody-knows"),
        lambda members: members["evidence"]["blobs"].update(dict.fromkeys(members["evidence"]["blobs"], "AAAA")),
        lambda members: members["evidence"]["blobs"].clear(),
        lambda members: members["policy"].update(more=1),
        lambda members: members["trust"].clear(),
    ],
)
def test_a_bundle_that_was_changed_is_refused(spoil: object) -> None:
    bench = Bench()
    members = parse_object(stored(bench, evidence_of(bench)))
    spoil(members)

    with pytest.raises(Refused) as refused:
        read_bundle(members)

    assert refused.value.code in {RefusalCode.FORMAT, RefusalCode.POLICY}


@pytest.mark.attack("SG-17")
def test_sg_17_a_report_says_by_which_policy_lists_and_times_it_was_made() -> None:
    bench = Bench()

    made = report(bench, evidence_of(bench))

    assert set(made) >= {"policy", "input", "trust", "question", "signatures", "overall", "producer", "produced_at"}
    assert made["policy"] == {"id": "gba-default", "version": 1, "sha256": POLICIES.find("gba-default").sha256}
    assert {one["id"] for one in made["trust"]["lists"]} == {one.list_id for one in bench.trust.lists}
    assert all(one["sequence"] >= 1 and len(one["sha256"]) == 64 for one in made["trust"]["lists"])
    times = made["signatures"][0]["times"]
    assert times["best_source"] == "timestamp"
    assert times["validation"] == NOW.isoformat()
    assert made["input"]["covered"] == "all"


@pytest.mark.attack("SG-17")
def test_sg_17_names_and_numbers_are_hidden_from_those_who_may_not_see_them() -> None:
    bench = Bench()
    evidence = evidence_of(bench)

    seen, hidden = report(bench, evidence), report(bench, evidence, HIDDEN)
    other = report(bench, evidence, replace(HIDDEN, key=b"o" * 32))

    subject = seen["signatures"][0]["signer"]["subject"]
    assert subject
    assert subject not in canonical(hidden).decode()
    assert hidden["signatures"][0]["signer"]["subject"].startswith("hmac-sha256:")
    assert hidden["signatures"][0]["signer"]["subject"] != other["signatures"][0]["signer"]["subject"]
    assert hidden["overall"] == seen["overall"]


def test_a_simple_report_keeps_the_verdict_and_every_check_that_did_not_pass() -> None:
    bench = Bench()
    made = report(bench, bench.evidence(detached(bench.world.issue("hk-bank"))))

    simple = in_depth(made, Depth.SIMPLE)

    assert simple["overall"] == made["overall"]
    shown = {check["code"] for check in simple["signatures"][0]["checks"]}
    assert shown == {
        check["code"] for check in made["signatures"][0]["checks"] if check["status"] not in {"passed", "ignored"}
    }
    assert {"REV-LEAF", "MR-TYPE", "MR-OID"} <= shown


def test_every_report_has_a_next_step_in_four_languages_unless_all_is_well() -> None:
    bench = Bench()
    certificate = bench.world.issue("hk-personal-mr")

    well = report(bench, bench.evidence(detached(certificate), material=good_news(bench.world, *branch(certificate))))
    open_ = report(bench, bench.evidence(detached(certificate)))

    assert well["signatures"][0]["next_step"] is None
    assert open_["signatures"][0]["next_step"]["code"] == "revocation-none"
    assert set(open_["signatures"][0]["next_step"]["text"]) == {"en", "zh-Hant", "zh-Hans", "pt"}
