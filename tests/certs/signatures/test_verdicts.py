"""Whose signature it is, by which algorithms, and that no failure of ours is ever a pass (SG-09, SG-11, SG-14)."""

import hashlib
from collections.abc import Callable
from typing import Any

import pytest

from certs.signatures import chain, times
from certs.signatures.built_in_policies import BUILT_IN, GBA_DEFAULT
from certs.signatures.checks import CheckCode, Level, judged
from certs.signatures.indication import VERDICTS, Indication, technical_of
from certs.signatures.policy import read_policy
from certs.trust.errors import Fault, RefusalCode, Refused
from certs.trust.reasons import Reason
from mock_idps.authority import cms
from mock_idps.authority.keys import Family
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
    text,
)


# ----------------------------------------------------------------------------------------------- whose is it (SG-09)
@pytest.mark.attack("SG-09")
def test_sg_09_a_signature_of_somebody_of_the_same_name_is_not_the_expected_persons() -> None:
    bench = Bench()
    mine, other = bench.world.issue("hk-personal-mr"), bench.world.issue("hk-personal-mr", serial=77_001)

    signer = bench.signer(other, detached(other) | {"expect": {"certificate_sha256": mine.sha256}})

    assert failures(signer) == {"EXPECTED": "expectation-not-met"}
    assert not signer.accept


@pytest.mark.attack("SG-09")
def test_sg_09_equality_goes_by_a_number_and_never_by_a_name() -> None:
    bench = Bench()
    certificate = bench.world.issue("hk-personal-mr")
    number = next((value for name, value in bench.signer(certificate).leaf.names if name == "serialNumber"), None)
    names = [value for name, value in bench.signer(certificate).leaf.names if name == "CN"]
    digest = hashlib.sha256((names[0]).encode()).hexdigest()

    by_name = bench.signer(certificate, detached(certificate) | {"expect": {"subject_number_sha256": digest}})

    assert failures(by_name) == {"EXPECTED": "expectation-not-met"}
    if number is not None:
        right = hashlib.sha256(number.encode()).hexdigest()
        by_number = bench.signer(certificate, detached(certificate) | {"expect": {"subject_number_sha256": right}})
        assert by_number.accept


@pytest.mark.attack("SG-09")
def test_sg_09_a_certificate_of_no_listed_authority_is_nobodys() -> None:
    bench = Bench()
    certificate = bench.world.issue("hk-personal-mr", spoil="look_alike")

    signer = bench.signer(certificate)

    assert said(signer)[0] == "INDETERMINATE"
    assert not signer.effect.recognised
    assert signer.path is None


# ------------------------------------------------------------------------------------------------ algorithms (SG-11)
@pytest.mark.attack("SG-11")
@pytest.mark.parametrize(("spoil", "reason"), [("rsa1024", "algorithm-expired"), ("secp256k1", None)])
def test_sg_11_keys_that_are_too_weak_or_on_another_curve_fail(spoil: str, reason: str | None) -> None:
    bench = Bench()
    certificate = bench.world.issue("hk-personal-mr", spoil=spoil)

    signer = bench.signer(certificate)

    assert said(signer)[0] != "TOTAL-PASSED"
    assert not signer.accept
    assert reason is None or failures(signer)["ALG-SIGNATURE"] == reason


@pytest.mark.attack("SG-11")
def test_sg_11_sha_1_counts_only_with_proof_from_before_its_end() -> None:
    bench = Bench()
    certificate = bench.world.issue("hk-personal-mr", spoil="sha1")

    signer = bench.signer(certificate)

    assert failures(signer)["ALG-CHAIN"] == "algorithm-expired"
    assert said(signer)[:2] == ("INDETERMINATE", "CRYPTO_CONSTRAINTS_FAILURE_NO_POE")


@pytest.mark.attack("SG-11")
def test_sg_11_a_policy_for_national_algorithms_takes_nothing_else() -> None:
    bench = Bench()
    rsa, sm2 = bench.world.issue("hk-personal-mr"), bench.world.issue("gd-sign")

    refused, accepted = bench.signer(rsa, policy="gd-sm-only"), bench.signer(sm2, policy="gd-sm-only")

    assert {"ALG-SIGNATURE", "ALG-CHAIN"} <= set(failures(refused))
    assert accepted.accept


@pytest.mark.parametrize("family", [Family.P256, Family.P384, Family.ED25519, Family.SM2])
def test_every_family_of_keys_is_validated_end_to_end(family: Family) -> None:
    bench = Bench()
    certificate = bench.world.issue("gd-sign" if family is Family.SM2 else "hk-personal-mr", family=family)

    signer = bench.signer(certificate)

    assert said(signer) == ("TOTAL-PASSED", None, "recognised", True)


# --------------------------------------------------------------------------------- failures of ours are no passes (SG-14)
@pytest.mark.attack("SG-14")
@pytest.mark.parametrize("reason", list(Reason))
def test_sg_14_every_reason_that_fails_a_check_of_the_first_axis_keeps_the_verdict_from_passing(reason: Reason) -> None:
    verdict = technical_of([judged(CheckCode.FORMAT, Level.FAIL, reason)])

    assert verdict.indication is not Indication.TOTAL_PASSED
    assert verdict.indication is Indication.NO_SIGNATURE_FOUND or verdict.sub_indication is not None


@pytest.mark.attack("SG-14")
def test_sg_14_every_named_reason_leads_to_a_verdict_that_is_no_pass() -> None:
    assert not [reason for reason, verdict in VERDICTS.items() if verdict.indication is Indication.TOTAL_PASSED]


@pytest.mark.attack("SG-14")
@pytest.mark.parametrize(
    ("module", "name", "answer"),
    [
        (chain, "find_path", Fault(Reason.PATH_RULES)),
        (chain, "find_path", Fault(Reason.VALIDATOR_FAILURE)),
        (chain, "read_certificate", Fault(Reason.CERTIFICATE_MALFORMED)),
        (times, "read_certificate", Fault(Reason.CERTIFICATE_MALFORMED)),
    ],
)
def test_sg_14_a_step_that_fails_never_ends_in_a_pass(
    monkeypatch: pytest.MonkeyPatch, module: Any, name: str, answer: Fault
) -> None:
    bench = Bench()
    certificate = bench.world.issue("hk-personal-mr", f"Sandbox {name} {answer}")  # met by no other test
    members, material = detached(certificate), good_news(bench.world, *branch(certificate))

    def failing(*_: object, **__: object) -> None:
        raise answer

    monkeypatch.setattr(module, name, failing)
    signer = bench.signer(certificate, members, material=material)

    if module is not times:  # without timestamps that step is not taken
        assert said(signer)[0] != "TOTAL-PASSED"
        assert not signer.accept


def test_several_signers_are_judged_each_and_the_worst_decides() -> None:
    bench = Bench()
    good, bad = bench.world.issue("hk-personal-mr"), bench.world.issue("hk-personal-mr", "Sandbox Second")
    message = cms.Message(content=CONTENT)
    signed = cms.sign(
        message, cms.Signer(certificate=good, signing_time=NOW), cms.Signer(certificate=bad, damaged=True)
    )
    members = {"format": "cms-detached", "signature": text(signed), "content": {"bytes": text(CONTENT)}}

    verdict = bench.judge(members, material=good_news(bench.world, *branch(good), bad))

    assert [signer.accept for signer in verdict.signers].count(True) == 1
    assert verdict.technical.indication is Indication.TOTAL_FAILED
    assert not verdict.accept


# --------------------------------------------------------------------------------------------------------- policies
def test_the_built_in_policies_have_names_of_their_own_and_stable_digests() -> None:
    names = [read_policy(payload).name for payload in BUILT_IN]

    assert len(set(names)) == len(names) == 5
    assert names == [POLICIES.find(payload["id"]).name for payload in BUILT_IN]


@pytest.mark.parametrize(
    "change",
    [
        {"more": 1},
        {"levels": {"NOBODY-KNOWS": "WARN"}},
        {"levels": {"SIG-VALUE": "WARN"}},
        {"levels": {"CHAIN-PATH": "IGNORE"}},
        {"levels": {"TIME-CLAIMED": "MAYBE"}},
        {"algorithms": [{"family": "RSA", "bit": 2048}]},
        {"algorithms": "RSA"},
        {"accept": {"minimum_class": "R9"}},
        {"accept": {"recognized": False}},
        {"revocation": {"grace": -1}},
        {"time": {"skew": True}},
        {"signers": "most"},
        {"version": "1"},
    ],
)
def test_a_policy_that_says_something_unknown_or_too_mild_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(Refused) as refused:
        read_policy(GBA_DEFAULT | change)

    assert refused.value.code is RefusalCode.POLICY


def test_every_reason_has_one_verdict_or_is_a_fault_of_form() -> None:
    known: Callable[[Reason], bool] = VERDICTS.__contains__

    assert all(known(reason) for reason in Reason if reason.value.startswith(("path-", "revoked", "key-usage")))
