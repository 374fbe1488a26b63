"""What providers' signing services give back, against the hash that they were asked to sign."""

import base64
from datetime import UTC, datetime
from typing import Any

import pytest

from certs.signatures.formats.provider_result import read_result
from certs.signatures.signed import Covered, Format, SignedObject
from certs.trust.errors import Fault, RefusalCode, Refused
from certs.trust.reasons import Reason
from mock_idps.authority import results
from mock_idps.authority.keys import Scheme, digest
from tests.certs.signatures.formats.cms_builder import (
    CONTENT,
    a_message,
    a_person,
    a_signer,
    is_good,
    reasons,
    the_world,
    value_of,
)

HASH = digest("sha256", CONTENT)
SM3 = digest("sm3", CONTENT)


def b64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


def an_iam_smart_answer(**changes: Any) -> dict[str, Any]:
    person = a_person("hk-iamsmart")
    good = {
        "code": "D00000",
        "hashCode": b64(HASH),
        "sigAlgo": "SHA256withRSA",
        "signature": b64(person.key.sign(HASH)),
        "cert": b64(person.der),
        "timestamp": 1_793_592_000_000,
    }
    return without_none(good | changes)


def a_one_account_answer(**changes: Any) -> dict[str, Any]:
    person = a_person("mo-qualified")
    good = {
        "status": "SIGNED",
        "cms": b64(a_message(a_signer("mo-qualified"), certificates=[])),
        "chain": [b64(person.der), *(b64(each) for each in person.chain)],
    }
    return without_none(good | changes)


def a_guangdong_answer(**changes: Any) -> dict[str, Any]:
    person = a_person("gd-sign")
    e = person.key.private.e(CONTENT)
    good = {"hash": e.hex(), "signature": b64(person.key.sign_digest(e)), "cert": b64(person.der), "status": "SIGNED"}
    return without_none(good | changes)


BUILDERS = {"iamsmart": an_iam_smart_answer, "one-account": a_one_account_answer, "guangdong": a_guangdong_answer}


def without_none(answer: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in answer.items() if value is not None}


def one(results: tuple[SignedObject, ...]) -> SignedObject:
    (signed,) = results
    assert signed.format is Format.PROVIDER_RESULT
    assert signed.covered is Covered.DIGEST
    return signed


@pytest.mark.parametrize("name", ["SHA256withRSA", None])
def test_iam_smart_hashes_the_hash_once_more_unless_told(name: str | None):
    signed = one(read_result("iamsmart", HASH, an_iam_smart_answer(sigAlgo=name)))

    assert is_good(signed)
    assert signed.claimed_time == datetime(2026, 11, 2, 4, 0, tzinfo=UTC)


def test_iam_smarts_none_with_rsa_is_a_digest_with_its_name_inside():
    signature = a_person("hk-iamsmart").key.sign(CONTENT, Scheme("sha256"))

    signed = one(read_result("iamsmart", HASH, an_iam_smart_answer(sigAlgo="NONEwithRSA", signature=b64(signature))))

    assert is_good(signed)


@pytest.mark.attack("SG-11")
def test_sg_11_a_raw_hash_without_its_algorithms_name_is_never_taken():
    key = a_person("hk-iamsmart").key.private
    numbers = key.private_numbers()
    modulus = numbers.public_numbers.n
    padded = b"\0\1" + b"\xff" * (256 - 3 - len(HASH)) + b"\0" + HASH
    naked = pow(int.from_bytes(padded, "big"), numbers.d, modulus).to_bytes(256, "big")

    for name in ("NONEwithRSA", "SHA256withRSA"):
        signed = one(read_result("iamsmart", HASH, an_iam_smart_answer(sigAlgo=name, signature=b64(naked))))
        assert value_of(signed) is Reason.SIGNATURE_MISMATCH


def test_one_account_answers_with_a_message_and_its_chain_beside_it():
    signed = one(read_result("one-account", HASH, a_one_account_answer()))

    assert is_good(signed)
    assert signed.level == "CAdES-B-B"


def test_one_accounts_message_over_another_document_is_another_digest():
    signed = one(read_result("one-account", digest("sha256", b"other"), a_one_account_answer()))

    assert reasons(signed) == {"CONTENT-DIGEST": Reason.CONTENT_DIGEST_MISMATCH}


def test_guangdong_signs_e_of_sm2():
    e = a_person("gd-sign").key.private.e(CONTENT)

    assert is_good(one(read_result("guangdong", e, a_guangdong_answer())))


def test_guangdong_signs_the_hash_as_a_message_when_it_says_so():
    signature = a_person("gd-sign").key.sign(SM3)
    answer = a_guangdong_answer(hash=SM3.hex().upper(), signType="SM3withSM2", signature=b64(signature))

    assert is_good(one(read_result("guangdong", SM3, answer)))


def test_guangdong_answers_with_the_national_message_syntax():
    message = a_message(a_signer("gd-sign"), national=True)
    answer = a_guangdong_answer(hash=SM3.hex(), signedData=b64(message), signature=None)

    signed = one(read_result("guangdong", SM3, answer))

    assert is_good(signed)
    assert signed.findings[2].detail == "GB/T 35275"


def test_a_certificate_may_stand_beside_a_message_without_any():
    message = a_message(a_signer("gd-sign"), national=True, certificates=[])
    answer = a_guangdong_answer(hash=SM3.hex(), signedData=b64(message), signature=None)

    assert is_good(one(read_result("guangdong", SM3, answer)))


def test_iam_smart_answers_to_the_digest_of_a_pdf_with_a_message():
    message = a_message(a_signer("hk-iamsmart"))
    answer = {"docDigest": b64(HASH), "pdfSignature": b64(message), "timestamp": 1_793_592_000_000}

    assert is_good(one(read_result("iamsmart-pdf", HASH, answer)))


@pytest.mark.parametrize(
    ("provider", "place", "options"),
    [
        (results.IAM_SMART, "hong_kong", {}),
        (results.IAM_SMART, "hong_kong", {"algorithm": "NONEwithRSA"}),
        (results.ONE_ACCOUNT, "macao", {}),
        (results.GUANGDONG, "guangdong", {"way": "SM2"}),
        (results.GUANGDONG, "guangdong", {"way": "SM3withSM2"}),
        (results.GUANGDONG, "guangdong", {"way": "message"}),
    ],
)
def test_what_the_sandbox_answers_is_read(provider: str, place: str, options: dict[str, Any]):
    signer = results.signer_for(place, "chan-siu-ming", world=the_world())
    answer = getattr(results, provider.replace("iamsmart", "iam_smart").replace("-", "_"))(signer, HASH, **options)

    assert is_good(one(read_result(provider, HASH, answer)))


@pytest.mark.parametrize(
    ("provider", "changes"),
    [
        ("iamsmart", {"hashCode": b64(bytes(32))}),
        ("iamsmart", {"hashCode": None}),
        ("iamsmart", {"hashCode": b64(HASH[:31])}),
        ("one-account", {"docHash": bytes(32).hex()}),
        ("guangdong", {"hash": bytes(32).hex()}),
    ],
    ids=["other", "none", "shorter", "one-account", "guangdong"],
)
def test_another_hash_than_the_one_sent_stops_everything_before_any_cryptography(
    provider: str, changes: dict[str, Any], monkeypatch
):
    answer = BUILDERS[provider](**changes)
    monkeypatch.setattr("certs.signatures.formats.raw.read_certificate", None)
    monkeypatch.setattr("certs.signatures.formats.provider_result.read_cms", None)

    signed = one(read_result(provider, HASH, answer))

    assert reasons(signed) == {"PROVIDER-HASH": Reason.PROVIDER_HASH_DIFFERS}
    assert signed.certificate is None


@pytest.mark.parametrize(
    ("provider", "changes"),
    [
        ("iamsmart", {"code": "D70001", "signature": None, "cert": None}),
        ("one-account", {"status": "FAILED", "cms": None}),
        ("one-account", {"status": None}),
        ("guangdong", {"status": "REJECTED", "signature": None, "hash": None}),
    ],
)
def test_a_state_that_is_no_success_is_an_answer_and_no_error(provider: str, changes: dict[str, Any]):
    signed = one(read_result(provider, HASH, BUILDERS[provider](**changes)))

    assert reasons(signed) == {"PROVIDER-STATE": Reason.PROVIDER_STATE}
    assert signed.certificate is None


@pytest.mark.parametrize(
    ("provider", "changes", "code"),
    [
        ("iamsmart", {"sigAlgo": "MD5withRSA"}, RefusalCode.UNSUPPORTED),
        ("iamsmart", {"signature": None}, RefusalCode.FORMAT),
        ("iamsmart", {"cert": ""}, RefusalCode.FORMAT),
        ("iamsmart", {"signature": 17}, RefusalCode.FORMAT),
        ("iamsmart", {"signature": "AA=\n"}, RefusalCode.ENCODING),
        ("iamsmart", {"signature": "AB=="}, RefusalCode.ENCODING),
        ("iamsmart", {"hashCode": HASH.hex() + "é"}, RefusalCode.ENCODING),
        ("guangdong", {"hash": "00 " * 32}, RefusalCode.ENCODING),
        ("one-account", {"chain": "AAAA"}, RefusalCode.FORMAT),
        ("guangdong", {"signedData": "AAAA", "hash": HASH.hex()}, RefusalCode.AMBIGUOUS),
        ("one-account", {"chain": [1]}, RefusalCode.FORMAT),
        ("one-account", {"chain": ["AAAA"] * 9}, RefusalCode.FORMAT),
        ("one-account", {"cms": "A" * 1_400_004}, RefusalCode.FORMAT),
    ],
)
def test_an_answer_that_cannot_be_read_is_refused(provider: str, changes: dict[str, Any], code: RefusalCode):
    answer = BUILDERS[provider](**changes)

    with pytest.raises(Refused) as refusal:
        read_result(provider, HASH, answer)

    assert refusal.value.code is code


def test_a_provider_that_nobody_knows_is_refused():
    with pytest.raises(Refused) as refusal:
        read_result("nobody", HASH, an_iam_smart_answer())

    assert refusal.value.code is RefusalCode.UNSUPPORTED


def test_a_message_that_is_none_is_a_fault_and_times_of_nonsense_are_left_out():
    with pytest.raises(Fault):
        read_result("one-account", HASH, a_one_account_answer(cms="AAAA"))
    for time in ("yesterday", -1, True, 10**30, "9" * 5_000, None, "٣"):
        assert one(read_result("iamsmart", HASH, an_iam_smart_answer(timestamp=time))).claimed_time is None
    assert one(read_result("iamsmart", HASH, an_iam_smart_answer(timestamp="1793592000000"))).claimed_time is not None


def test_a_broken_certificate_beside_the_message_helps_nobody():
    signed = one(read_result("one-account", HASH, a_one_account_answer(chain=["AAAA"])))

    assert reasons(signed) == {"SIGNING-CERTIFICATE": Reason.SIGNING_CERTIFICATE_NOT_FOUND}
