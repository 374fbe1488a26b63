"""What came back is judged against the request's own digest, and only a total pass counts as signed."""

from dataclasses import replace
from datetime import timedelta

import pytest

from certs.signatures.indication import Indication
from certs.trust.errors import RefusalCode, Refused
from gateway.signatures.records import SigningRequest, SigningStatus
from gateway.signatures.service import TrustUnusableError
from gateway.signatures.signing_answer import EXPIRED, answer_of
from gateway.signatures.signing_verdict import LISTS, UNDECIDED, judged, number_of
from mapping.documents import HongKongIdentityCard, MacaoIdentityCard
from providers.signing import SigningOutcome
from tests.gateway.signatures.signing_bench import ANSWER, DIGEST, NOW, RETURN, Judge, an_identity, an_outcome

BIR = "sha256 of BIR12345678"


def a_request(**changes: object) -> SigningRequest:
    request = SigningRequest(
        id="signing-1",
        client_id="lease",
        document_name="Lease 12/3",
        digest_alg="sha256",
        digest=DIGEST,
        purpose="contract",
        relying="GD",
        return_uri=RETURN,
        state="lease-17",
        created_at=NOW,
        expires_at=NOW + timedelta(minutes=15),
    )
    return replace(request, **changes)  # type: ignore[arg-type]  # one keyword spoils it


async def test_the_judge_is_asked_about_the_digest_of_the_request_and_not_about_the_repeated_one() -> None:
    judge = Judge()

    await judged(judge, a_request(policy="gba-strict"), an_outcome(hashCode="b3RoZXI="), "", sees_names=False)

    ((members, caller),) = judge.asked
    assert members["content"]["digest"] == {"alg": "sha256", "value": ANSWER["hashCode"]}
    assert (members["format"], members["provider"], members["policy"]) == ("provider-result", "iamsmart", "gba-strict")
    assert "expect" not in members
    assert (caller.client_id, caller.sees_names) == ("lease", False)


@pytest.mark.attack("SG-09")
async def test_sg_09_the_certificate_must_name_the_number_of_the_person_who_signed_in() -> None:
    judge = Judge()

    await judged(judge, a_request(), an_outcome(), BIR, sees_names=False)

    assert judge.asked[0][0]["expect"] == {"subject_number_sha256": BIR}


@pytest.mark.attack("SG-09")
def test_sg_09_only_a_strong_number_is_compared_and_never_a_name() -> None:
    macao = replace(an_identity("macao"), documents=(MacaoIdentityCard.parse("1234567(8)"),))
    hong_kong = replace(an_identity(), documents=(HongKongIdentityCard.parse("A123456(3)"),))

    assert len(number_of(macao)) == 64
    assert number_of(hong_kong) == ""
    assert number_of(an_identity("macao")) == ""


@pytest.mark.parametrize(
    ("indication", "status"),
    [
        (Indication.TOTAL_PASSED, SigningStatus.SIGNED),
        (Indication.INDETERMINATE, SigningStatus.FAILED),
        (Indication.TOTAL_FAILED, SigningStatus.FAILED),
        (Indication.NO_SIGNATURE_FOUND, SigningStatus.FAILED),
    ],
)
async def test_only_a_total_pass_counts_as_signed(indication: Indication, status: SigningStatus) -> None:
    ending = await judged(Judge(indication), a_request(), an_outcome(), "", sees_names=False)

    assert ending.status is status
    assert ending.reason == ("" if status is SigningStatus.SIGNED else UNDECIDED)
    assert ending.result["signature"] == ANSWER["signature"]


@pytest.mark.attack("SG-14")
@pytest.mark.parametrize(
    ("error", "reason"),
    [(Refused(RefusalCode.ENCODING, "words"), "E_ENCODING"), (TrustUnusableError(), LISTS)],
)
async def test_sg_14_an_answer_that_cannot_be_judged_is_not_signed(error: Exception, reason: str) -> None:
    ending = await judged(Judge(refuses=error), a_request(), an_outcome(), "", sees_names=False)

    assert (ending.status, ending.reason) == (SigningStatus.FAILED, reason)
    assert "report" not in ending.result


async def test_a_signed_message_is_handed_on_as_such() -> None:
    outcome = SigningOutcome("one-account", DIGEST, {"status": "SIGNED", "cms": "Y21z"})

    ending = await judged(Judge(), a_request(), outcome, "", sees_names=False)

    assert (ending.result["signature"], ending.result["signature_format"]) == ("Y21z", "cms")


async def test_the_relying_party_gets_signature_and_report_and_nothing_of_the_browser() -> None:
    ending = await judged(Judge(), a_request(), an_outcome(), "", sees_names=False)
    ended = a_request(status=ending.status, provider="hong_kong", result={**ending.result, "browser": "canary"})

    answer = answer_of(ended, NOW)

    assert (answer["status"], answer["provider"], answer["format"]) == ("signed", "hong_kong", "iamsmart")
    assert answer["result"] == ANSWER
    assert answer["report_json"] == {"overall": {}}
    assert "canary" not in repr(answer)


@pytest.mark.parametrize(
    ("status", "said"),
    [(SigningStatus.ASKED, "asked"), (SigningStatus.AWAY, "away"), (SigningStatus.BACK, "away")],
)
def test_until_it_is_over_there_is_nothing_but_the_status(status: SigningStatus, said: str) -> None:
    answer = answer_of(a_request(status=status), NOW)

    assert answer == {"id": "signing-1", "status": said, "expires_in": 900}


def test_what_nobody_finished_in_time_has_expired() -> None:
    answer = answer_of(a_request(status=SigningStatus.AWAY), NOW + timedelta(minutes=15))

    assert answer["status"] == EXPIRED


def test_a_refusal_says_so_and_holds_no_signature() -> None:
    ended = a_request(status=SigningStatus.REFUSED, result={"reason": "refused", "browser": "canary"})

    answer = answer_of(ended, NOW)

    assert (answer["status"], answer["reason"]) == ("refused", "refused")
    assert "signature" not in answer
