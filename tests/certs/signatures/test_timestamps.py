"""Timestamp tokens: what holds together counts as read, everything else is ignored as a proof (SG-10)."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from certs.signatures.signed import TimestampToken
from certs.signatures.timestamps import MAX_TOKEN, Timestamp, read_token
from certs.trust.certificate import read_certificate
from certs.trust.content import BytesContent
from certs.trust.errors import Fault
from certs.trust.reasons import Reason
from mock_idps.authority import cms, der, stamps
from mock_idps.authority.cms import Message, Signer
from mock_idps.authority.keys import Family, digest, digest_algorithm
from mock_idps.authority.kinds import TSA_POLICY
from tests.authority import NOW
from tests.certs.signatures.formats.cms_builder import a_message, a_person, a_signer, read, the_world

VALUE = b"the value of a signature"
GENERALIZED_TIME = 0x18


def a_token(spoil: str | None = None, **options: Any) -> TimestampToken:
    return TimestampToken(stamps.stamp(the_world(), VALUE, spoil, **options), VALUE)


def a_written_token(*info: bytes, signers: int = 1, **changes: Any) -> TimestampToken:
    """A token whose TSTInfo is spelt out member by member."""
    authority = the_world().issue("hk-tsa", "Sandbox Timestamp Authority HK")
    message = Message(**{"content": der.seq(*info), "attached": True, "inner_type": stamps.TST_INFO} | changes)
    return TimestampToken(cms.sign(message, *(Signer(certificate=authority) for _ in range(signers))), VALUE)


def the_members(time: bytes = b"20261102040000Z", *, version: int = 1) -> list[bytes]:
    imprint = der.seq(digest_algorithm("sha256"), der.octets(digest("sha256", VALUE)))
    return [der.integer(version), der.oid(TSA_POLICY), imprint, der.integer(7), der.tlv(GENERALIZED_TIME, time)]


def refusal_of(token: TimestampToken) -> Reason:
    with pytest.raises(Fault) as fault:
        read_token(token)
    return fault.value.reason


@pytest.mark.spec("RFC 3161 §2.4.2")
@pytest.mark.parametrize(("authority", "name"), [("hk-tsa", "sha256"), ("gd-tsa", "sm3"), ("mo-tsa", "sha256")])
def test_a_good_token_says_when_by_whom_and_how(authority: str, name: str):
    stamp = read_token(a_token(authority=authority, serial=42, nonce=9))

    assert (stamp.gen_time, stamp.accuracy, stamp.serial) == (NOW, timedelta(seconds=1), 42)
    assert (stamp.policy, stamp.imprint_algorithm) == (TSA_POLICY, name)
    assert (
        stamp.certificate.der
        == the_world().issue(authority, f"Sandbox Timestamp Authority {authority[:2].upper()}").der
    )
    assert not stamp.whole_document


def test_a_token_of_an_elliptic_curve_authority_counts():
    key = the_world().issue("hk-tsa", "Sandbox Timestamp Authority HK", family=Family.P256)
    message = Message(content=der.seq(*the_members()), attached=True, inner_type=stamps.TST_INFO)

    stamp = read_token(TimestampToken(cms.sign(message, Signer(certificate=key)), VALUE))

    assert stamp.certificate.key.family == "EC"


def test_the_token_of_a_signature_is_over_the_signatures_value():
    signer = stamps.stamped(the_world(), Message(content=b"text"), a_signer())

    signed = read(a_message(signer, content=b"text"), BytesContent(b"text"))

    assert signed.level == "CAdES-B-T"
    assert read_token(signed.timestamps[0]).gen_time == NOW


def test_a_token_over_a_document_is_compared_with_its_digest():
    token = replace(a_token(), imprinted=BytesContent(VALUE), whole_document=True)

    assert read_token(token).whole_document


def test_an_authoritys_certificate_may_come_with_the_request():
    token = a_written_token(*the_members(), certificates=[])
    authority = read_certificate(the_world().issue("hk-tsa", "Sandbox Timestamp Authority HK").der)

    assert read_token(token, offered=[authority]).certificate == authority
    assert refusal_of(token) is Reason.TIMESTAMP_SIGNATURE


@pytest.mark.attack("SG-10")
@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        ("wrong_imprint", Reason.TIMESTAMP_IMPRINT),
        ("no_eku", Reason.TIMESTAMP_USAGE),
        ("eku_not_critical", Reason.TIMESTAMP_USAGE),
        ("eku_not_alone", Reason.TIMESTAMP_USAGE),
        ("no_signing_certificate", Reason.TIMESTAMP_SIGNATURE),
        ("other_signing_certificate", Reason.TIMESTAMP_SIGNATURE),
        ("damaged", Reason.TIMESTAMP_SIGNATURE),
        ("content_digest", Reason.TIMESTAMP_SIGNATURE),
        ("not_a_stamp", Reason.TIMESTAMP_MALFORMED),
        ("truncated", Reason.TIMESTAMP_MALFORMED),
    ],
)
@pytest.mark.parametrize("authority", ["hk-tsa", "gd-tsa"])
def test_sg_10_a_token_that_does_not_hold_together_is_no_proof(authority: str, spoil: str, reason: Reason):
    assert refusal_of(a_token(spoil, authority=authority)) is reason


@pytest.mark.attack("SG-10")
@pytest.mark.spec("RFC 3161 §2.3")
def test_sg_10_an_encipherment_key_stamps_nothing():
    authority = the_world().issue("hk-tsa", "Sandbox Timestamp Authority HK", key_usage=("keyEncipherment",))
    message = Message(content=der.seq(*the_members()), attached=True, inner_type=stamps.TST_INFO)

    assert refusal_of(TimestampToken(cms.sign(message, Signer(certificate=authority)), VALUE)) is Reason.TIMESTAMP_USAGE


@pytest.mark.attack("SG-10")
@pytest.mark.parametrize("spoil", ["unlisted", "expired", "future", "other_policy"])
def test_sg_10_what_only_lists_and_clocks_can_tell_is_handed_on_as_it_is(spoil: str):
    stamp = read_token(a_token(spoil))

    assert isinstance(stamp, Timestamp)
    assert (stamp.gen_time > NOW) is (spoil == "future")
    assert (stamp.policy != TSA_POLICY) is (spoil == "other_policy")
    assert (stamp.certificate.not_after < NOW) is (spoil == "expired")


@pytest.mark.attack("SG-10")
def test_sg_10_a_token_over_another_signature_is_no_proof():
    assert refusal_of(replace(a_token(), imprinted=b"another value")) is Reason.TIMESTAMP_IMPRINT
    assert refusal_of(replace(a_token(), imprinted=BytesContent(b"another"))) is Reason.TIMESTAMP_IMPRINT


@pytest.mark.attack("SG-10")
def test_sg_10_an_imprint_of_another_algorithm_than_stated_is_no_proof():
    imprint = der.seq(digest_algorithm("sha512"), der.octets(digest("sha256", VALUE)))
    members = the_members()

    assert refusal_of(a_written_token(*members[:2], imprint, *members[3:])) is Reason.TIMESTAMP_IMPRINT


@pytest.mark.attack("SG-10")
def test_sg_10_two_signers_of_one_token_are_no_authority():
    assert refusal_of(a_written_token(*the_members(), signers=2)) is Reason.TIMESTAMP_MALFORMED


@pytest.mark.attack("SG-10")
def test_sg_10_two_tokens_of_one_number_can_be_told_apart():
    first, second = (read_token(a_token(serial=5, at=NOW - timedelta(days=day))) for day in (0, 400))

    assert first.serial == second.serial
    assert first.gen_time != second.gen_time


@pytest.mark.parametrize(
    ("time", "microseconds", "seconds"),
    [
        (b"20261102040000Z", 0, 0),
        (b"20261102040000.5Z", 500_000, 0),
        (b"20261102040000.123456789Z", 123_456, 0),
        (b"20261102040060Z", 0, 59),
    ],
)
def test_times_may_have_fractions_and_leap_seconds(time: bytes, microseconds: int, seconds: int):
    stamp = read_token(a_written_token(*the_members(time)))

    assert stamp.gen_time == NOW + timedelta(seconds=seconds, microseconds=microseconds)
    assert stamp.accuracy == timedelta()


@pytest.mark.parametrize(
    "time",
    [
        b"20261102040000",
        b"20261102040000+0800",
        b"202611020400Z",
        b"20261102040000.Z",
        b"20261302040000Z",
        b"20261102040061Z",
        b"00001102040000Z",
        b"2026110204000\xb2Z",
        b"20261102040000.5.5Z",
        b"",
    ],
)
def test_times_in_other_spellings_are_refused(time: bytes):
    assert refusal_of(a_written_token(*the_members(time))) is Reason.TIMESTAMP_MALFORMED


def test_accuracy_is_read_in_its_three_parts():
    accuracy = der.seq(der.integer(2), der.tlv(0x80, b"\x01\xf4"), der.tlv(0x81, b"\x64"))

    stamp = read_token(a_written_token(*the_members(), accuracy))

    assert stamp.accuracy == timedelta(seconds=2, milliseconds=500, microseconds=100)


@pytest.mark.parametrize(
    "further",
    [
        [der.seq(der.integer(-1))],
        [der.seq(der.integer(10**9))],
        [der.seq(der.integer(1), der.tlv(0x80, b"\x03\xe8"))],
        [der.octets(b"?")],
        [der.tlv(0xA1, der.seq(der.oid("2.999.1"), der.tlv(1, b"\xff"), der.octets(b"")))],
    ],
    ids=["negative", "ages", "millis", "unknown-member", "critical-extension"],
)
def test_members_that_cannot_be_are_refused(further: list[bytes]):
    assert refusal_of(a_written_token(*the_members(), *further)) is Reason.TIMESTAMP_MALFORMED


def test_an_extension_that_may_be_passed_over_is():
    extension = der.tlv(0xA1, der.seq(der.oid("2.999.1"), der.octets(b"")))

    assert read_token(a_written_token(*the_members(), extension)).serial == 7


def test_another_version_and_a_token_too_large_are_refused():
    assert refusal_of(a_written_token(*the_members(version=2))) is Reason.TIMESTAMP_MALFORMED
    assert refusal_of(TimestampToken(bytes(MAX_TOKEN + 1), VALUE)) is Reason.TIMESTAMP_MALFORMED
    assert refusal_of(TimestampToken(b"<html>", VALUE)) is Reason.TIMESTAMP_MALFORMED
    assert refusal_of(TimestampToken(a_message(), VALUE)) is Reason.TIMESTAMP_MALFORMED


@pytest.mark.spec("GM/T 0009 §10")
def test_an_sm2_authority_with_another_user_id_counts_only_if_told():
    assert read_token(a_token(authority="gd-tsa"), sm2_user_id=b"1234567812345678").serial == 1
    with pytest.raises(Fault) as fault:
        read_token(a_token(authority="gd-tsa"), sm2_user_id=b"another")
    assert fault.value.reason is Reason.TIMESTAMP_SIGNATURE
    assert a_person("gd-sign").key.family is Family.SM2
