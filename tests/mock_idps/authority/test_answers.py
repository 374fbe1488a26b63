"""Status answers, revocation lists and timestamps of the simulated world, read by other engines."""

from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.x509 import ocsp as reader

from mock_idps.authority import answers, revocation_lists, stamps
from mock_idps.authority.reading import read_ocsp_request, read_stamp_query
from tests.authority import NOW, a_world
from tests.mock_idps.authority.checking import (
    MOMENT,
    openssl,
    parts,
    pem_file,
    public_key,
    sm2_verifies,
)

SAID_WELL = ("unsigned", "damaged", "wrong_signer", "delegate_no_eku", "delegate_expired", "delegate_foreign")


def verify(answer: bytes, signer) -> None:
    found = reader.load_der_ocsp_response(answer)
    key = public_key(signer)
    key.verify(found.signature, found.tbs_response_bytes, padding.PKCS1v15(), found.signature_hash_algorithm)


@pytest.mark.spec("RFC 6960 §4.2")
def test_a_good_answer_is_signed_by_the_issuer() -> None:
    world = a_world()
    certificate = world.issue("hk-personal-mr")
    answer = answers.ocsp(world, certificate)

    verify(answer, certificate.issuer)
    found = reader.load_der_ocsp_response(answer)
    assert found.certificate_status is reader.OCSPCertStatus.GOOD
    assert found.serial_number == certificate.serial


def test_a_delegate_signs_with_its_own_key_and_comes_along() -> None:
    world = a_world()
    certificate = world.issue("mo-qualified")
    answer = answers.ocsp(world, certificate, delegated=True)

    verify(answer, world.responder("mo-ca"))
    assert len(reader.load_der_ocsp_response(answer).certificates) == 1


def test_a_guangdong_answer_is_signed_with_sm2_and_may_name_by_sm3() -> None:
    world = a_world()
    certificate = world.issue("gd-sign")
    answer = answers.ocsp(world, certificate, certificate_id_digest="sm3", delegated=True)
    found = reader.load_der_ocsp_response(answer)

    assert sm2_verifies(world.responder("gd-ca-sm2").key.spki, found.tbs_response_bytes, found.signature)


def test_a_revoked_certificate_is_answered_with_reason_and_both_times() -> None:
    world = a_world()
    certificate = world.issue("hk-personal-mr")
    world.registry.revoke(certificate, NOW - timedelta(days=1), "keyCompromise", invalid_since=NOW - timedelta(days=5))

    found = reader.load_der_ocsp_response(answers.ocsp(world, certificate))

    assert found.certificate_status is reader.OCSPCertStatus.REVOKED
    assert found.revocation_reason is x509.ReasonFlags.key_compromise
    assert found.revocation_time_utc == NOW - timedelta(days=1)
    assert "20261028040000Z" in answers.ocsp(world, certificate).decode("latin-1")


@pytest.mark.attack("SG-05")
@pytest.mark.parametrize("spoil", answers.SPOILS)
def test_sg_05_every_spoilt_answer_is_another_than_the_good_one(spoil: str) -> None:
    world = a_world()
    certificate = world.issue("hk-personal-mr")
    spoilt = answers.ocsp(world, certificate, spoil, nonce=b"a nonce of ours!")

    assert spoilt != answers.ocsp(world, certificate, nonce=b"a nonce of ours!")
    if spoil in SAID_WELL[:3]:
        with pytest.raises(InvalidSignature):
            verify(spoilt, certificate.issuer)


def test_a_question_is_read_back() -> None:
    certificate = a_world().issue("gd-sign")
    asked = read_ocsp_request(answers.request(certificate, "sm3", b"nonce"))

    assert asked is not None
    assert (asked.digest_name, asked.serial, asked.nonce) == ("sm3", certificate.serial, b"nonce")


@pytest.mark.parametrize("junk", [b"", b"\x30", b"\x30\x84\xff\xff\xff\xff", b"\x30\x03\x02\x01\x01", bytes(40)])
def test_junk_is_no_question(junk: bytes) -> None:
    assert read_ocsp_request(junk) is None
    assert read_stamp_query(junk) is None


@pytest.mark.spec("RFC 5280 §5")
def test_a_list_names_the_revoked_and_holds_under_its_authority() -> None:
    world = a_world()
    certificate = world.issue("hk-personal-mr")
    world.registry.hold(certificate, NOW - timedelta(hours=1))
    written = x509.load_der_x509_crl(revocation_lists.crl(world, "hk-ca-15", strangers=5))

    assert written.is_signature_valid(public_key(world.authority("hk-ca-15")))
    assert written.get_revoked_certificate_by_serial_number(certificate.serial) is not None
    assert len(written) == 6


def test_a_guangdong_list_is_signed_with_sm2() -> None:
    world = a_world()

    assert sm2_verifies(world.authority("gd-ca-sm2").key.spki, *parts(revocation_lists.crl(world, "gd-ca-sm2")))


@pytest.mark.attack("SG-06")
@pytest.mark.parametrize("spoil", revocation_lists.SPOILS)
def test_sg_06_every_spoilt_list_is_another_than_the_good_one(spoil: str) -> None:
    world = a_world()
    world.registry.revoke(world.issue("hk-bank"), NOW)

    assert revocation_lists.crl(world, "hk-ca-15", spoil) != revocation_lists.crl(world, "hk-ca-15")


@pytest.mark.parametrize(
    ("spoil", "oid"),
    [
        ("partition", "2.5.29.28"),
        ("user_certificates_only", "2.5.29.28"),
        ("some_reasons", "2.5.29.28"),
        ("indirect", "2.5.29.28"),
        ("delta", "2.5.29.27"),
        ("unknown_critical", "2.999.1.2.4"),
    ],
)
def test_the_scope_of_a_list_stands_in_a_critical_extension(spoil: str, oid: str) -> None:
    written = x509.load_der_x509_crl(revocation_lists.crl(a_world(), "mo-ca", spoil))

    (found,) = [one for one in written.extensions if one.oid.dotted_string == oid]
    assert found.critical


@pytest.mark.spec("RFC 3161 §2.4.2")
def test_openssl_believes_a_timestamp(tmp_path: Path) -> None:
    world = a_world()
    (tmp_path / "data").write_bytes(b"data")
    (tmp_path / "token").write_bytes(stamps.stamp(world, b"data"))
    (tmp_path / "damaged").write_bytes(stamps.stamp(world, b"data", "damaged"))
    root = pem_file(tmp_path, "root.pem", world.authority("hk-root-2").der)
    issuing = pem_file(tmp_path, "issuing.pem", world.authority("hk-ca-17").der)
    about = ["-data", str(tmp_path / "data"), "-CAfile", root, "-untrusted", issuing, "-attime", MOMENT]

    assert openssl("ts", "-verify", "-token_in", "-in", str(tmp_path / "token"), *about)
    assert not openssl("ts", "-verify", "-token_in", "-in", str(tmp_path / "damaged"), *about)


@pytest.mark.attack("SG-10")
@pytest.mark.parametrize("spoil", stamps.SPOILS)
def test_sg_10_every_spoilt_timestamp_is_another_than_the_good_one(spoil: str) -> None:
    world = a_world()

    assert stamps.stamp(world, b"data", spoil, authority="mo-tsa") != stamps.stamp(world, b"data", authority="mo-tsa")
