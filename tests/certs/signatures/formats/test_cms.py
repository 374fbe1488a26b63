"""Signed messages: both dialects, every kind of key, attached and detached, one signer and several."""

import pytest
from asn1crypto import ocsp as asn1_ocsp

from certs.signatures.formats.cms import is_attached, read_attached, read_cms
from certs.signatures.signed import Covered, Format
from certs.trust.certificate import read_certificate
from certs.trust.content import BytesContent, Content, DigestContent, FileContent, Sm2Digest
from certs.trust.errors import Fault, RefusalCode, Refused
from certs.trust.reasons import Reason
from mock_idps.authority import der as write
from mock_idps.authority import stamps
from mock_idps.authority.cms import REVOCATION_VALUES, Message, attribute, sign
from mock_idps.authority.keys import Family, Scheme, digest
from tests.authority import NOW
from tests.certs.signatures.formats.cms_builder import (
    CONTENT,
    DETACHED,
    a_message,
    a_person,
    a_signer,
    codes,
    is_good,
    read,
    reasons,
    the_world,
    value_of,
)


@pytest.mark.spec("RFC 5652 §5")
@pytest.mark.parametrize("national", [False, True], ids=["cms", "gb"])
@pytest.mark.parametrize("attached", [False, True], ids=["detached", "attached"])
@pytest.mark.parametrize("kind", ["hk-personal-mr", "gd-sign", "mo-qualified"])
def test_a_good_message_of_each_place_passes(kind: str, attached: bool, national: bool):
    data = a_message(a_signer(kind), attached=attached, national=national)

    signed = read(data, None if attached else DETACHED, attached_expected=attached)

    assert is_good(signed)
    assert codes(signed) == ["FORMAT", "CONTENT-TYPE", "CONTENT-DIGEST", "SIGNED-ATTRIBUTES", "SIGNING-CERTIFICATE"]
    assert signed.format is (Format.CMS_ATTACHED if attached else Format.CMS_DETACHED)
    assert signed.level == "CAdES-B-B"
    assert signed.certificate is not None
    assert signed.certificate.der == a_person(kind).der
    assert signed.claimed_time == NOW
    assert is_attached(data) is attached


@pytest.mark.parametrize(
    ("family", "scheme"),
    [
        (Family.P256, Scheme("sha256")),
        (Family.P384, Scheme("sha384")),
        (Family.ED25519, Scheme("sha512")),
        (Family.RSA, Scheme("sha512")),
        (Family.RSA, Scheme("sha256", pss=True)),
    ],
    ids=["p256", "p384", "ed25519", "rsa-sha512", "rsa-pss"],
)
def test_every_kind_of_key_and_scheme_passes(family: Family, scheme: Scheme):
    person = a_person("hk-personal-mr", "Lee Siu Ming", family=family)

    signed = read(a_message(a_signer(certificate=person, scheme=scheme)))

    assert is_good(signed)


@pytest.mark.spec("RFC 5652 §5.4")
@pytest.mark.parametrize("kind", ["hk-personal-mr", "gd-sign"])
@pytest.mark.parametrize("attached", [False, True], ids=["detached", "attached"])
def test_a_signature_without_signed_attributes_is_over_the_content_and_names_no_certificate(kind: str, attached: bool):
    signed = read(a_message(a_signer(kind, attributes=False), attached=attached))

    assert value_of(signed) is None
    assert reasons(signed) == {"SIGNING-CERTIFICATE": Reason.SIGNING_CERTIFICATE_MISSING}
    assert signed.level == "CMS"


def test_without_signed_attributes_another_content_does_not_verify():
    signed = read(a_message(a_signer(attributes=False)), BytesContent(b"another"))

    assert value_of(signed) is Reason.SIGNATURE_MISMATCH


def test_a_signer_is_found_by_the_identifier_of_its_key():
    assert is_good(read(a_message(a_signer(by_key_id=True))))


def test_each_of_several_signers_is_a_result_of_its_own():
    signers = [a_signer("hk-personal-mr"), a_signer("gd-sign", damaged=True), a_signer("mo-qualified")]

    results = read_cms(a_message(*signers), DETACHED)

    found = {result.certificate.der: value_of(result) for result in results if result.certificate is not None}
    assert found == {
        a_person("hk-personal-mr").der: None,
        a_person("gd-sign").der: Reason.SIGNATURE_MISMATCH,
        a_person("mo-qualified").der: None,
    }


def test_the_order_of_the_certificates_changes_nothing():
    signer = a_signer()
    certificates = [signer.certificate.der, *signer.certificate.chain, a_person("gd-sign").der]
    value = read(a_message(signer)).signature

    results = [
        read(a_message(a_signer(signature=value), certificates=order)) for order in (certificates, certificates[::-1])
    ]

    assert results[0].certificate == results[1].certificate
    assert results[0].hints == results[1].hints
    assert len(results[0].hints) == len(certificates) - 1


def test_a_certificate_that_the_message_lacks_may_come_with_the_request():
    data = a_message(certificates=[])

    signed = read(data, offered=[read_certificate(a_person().der)])

    assert is_good(signed)


def test_without_the_signers_certificate_the_finding_says_so():
    signed = read(a_message(certificates=[a_person("gd-sign").der]))

    assert signed.certificate is None
    assert reasons(signed) == {"SIGNING-CERTIFICATE": Reason.SIGNING_CERTIFICATE_NOT_FOUND}


def test_a_signers_certificate_that_does_not_pass_the_gate_gives_its_own_reason():
    person = a_person("hk-personal-mr", "Ho Version One", spoil="version1")

    signed = read(a_message(a_signer(certificate=person)))

    assert signed.certificate is None
    assert reasons(signed) == {"SIGNING-CERTIFICATE": Reason.CERTIFICATE_VERSION}


def test_a_detached_message_without_its_content_lacks_the_signed_data():
    signed = read(a_message(), None)

    assert reasons(signed) == {"CONTENT-DIGEST": Reason.CONTENT_MISSING}
    assert value_of(signed) is None


def test_a_detached_message_without_attributes_and_content_lacks_the_signed_data():
    signed = read(a_message(a_signer(attributes=False)), None)

    assert reasons(signed)["CONTENT-DIGEST"] is Reason.CONTENT_MISSING
    assert value_of(signed) is Reason.SIGNATURE_MISMATCH


@pytest.mark.parametrize(("attached", "expected"), [(False, True), (True, False)])
def test_a_message_that_is_not_as_the_request_says_lacks_the_signed_data(attached: bool, expected: bool):
    content = DETACHED if not attached else None

    signed = read(a_message(attached=attached), content, attached_expected=expected)

    assert reasons(signed) == {"CONTENT-DIGEST": Reason.CONTENT_MISSING}


@pytest.mark.parametrize(("kind", "name"), [("hk-personal-mr", "sha256"), ("gd-sign", "sm3")])
def test_a_digest_stands_for_the_content_where_attributes_are_signed(kind: str, name: str):
    signed = read(a_message(a_signer(kind)), DigestContent(name, digest(name, CONTENT)))

    assert is_good(signed)
    assert signed.covered is Covered.DIGEST


def test_a_digest_does_not_stand_for_the_content_of_an_sm2_signature_without_attributes():
    with pytest.raises(Refused) as refusal:
        read(a_message(a_signer("gd-sign", attributes=False)), DigestContent("sm3", digest("sm3", CONTENT)))

    assert refusal.value.code is RefusalCode.SM2_NEEDS_E


def test_e_stands_for_the_content_of_an_sm2_signature_without_attributes_only():
    e = Sm2Digest(a_person("gd-sign").key.private.e(CONTENT))

    signed = read(a_message(a_signer("gd-sign", attributes=False)), e)

    assert value_of(signed) is None
    with pytest.raises(Refused):
        read(a_message(a_signer("gd-sign")), e)


def test_content_in_a_file_is_read_in_pieces(tmp_path):
    file = tmp_path / "document"
    file.write_bytes(CONTENT)

    assert is_good(read(a_message(), FileContent(file)))


def test_of_two_signers_the_one_of_the_given_digest_is_judged_and_the_other_told_what_it_lacks():
    data = a_message(a_signer("hk-personal-mr"), a_signer("gd-sign"))

    results = read_cms(data, DigestContent("sha256", digest("sha256", CONTENT)))

    found = {result.algorithm.family: result for result in results if result.algorithm is not None}
    assert is_good(found["RSA"])
    assert reasons(found["SM2"]) == {"CONTENT-DIGEST": Reason.CONTENT_MISSING}
    assert found["SM2"].findings[2].detail == "sm3"


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (DigestContent("sha512", digest("sha512", CONTENT)), RefusalCode.AMBIGUOUS),
        (Sm2Digest(bytes(32)), RefusalCode.AMBIGUOUS),
    ],
)
def test_without_attributes_the_digest_must_be_the_signatures_own(content: Content, code: RefusalCode):
    with pytest.raises(Refused) as refusal:
        read(a_message(a_signer(attributes=False)), content)

    assert refusal.value.code is code


@pytest.mark.spec("RFC 5940 §2.1")
def test_revocation_material_comes_out_whole_once_and_in_one_order():
    crls, ocsp = [b"\x30\x02\x0c\x00", b"\x30\x02\x05\x00", b"\x30\x02\x0c\x00"], [b"\x30\x03\x0a\x01\x00"]

    signed = read(a_message(crls=crls, ocsp=ocsp))

    assert signed.crls == (b"\x30\x02\x05\x00", b"\x30\x02\x0c\x00")
    assert signed.ocsp == tuple(ocsp)


@pytest.mark.spec("ETSI EN 319 122-1 §A.1.2.1")
def test_revocation_values_of_a_signer_make_the_level_and_come_out_as_responses():
    crl, basic = write.seq(write.integer(1)), write.seq(write.integer(2))
    values = write.seq(write.explicit(0, write.seq(crl)), write.explicit(1, write.seq(basic)))
    unsigned = attribute(REVOCATION_VALUES, values)
    stamped = stamps.stamped(the_world(), Message(content=CONTENT), a_signer(unsigned=(unsigned,)))

    signed = read(a_message(stamped))

    assert signed.level == "CAdES-B-LT"
    assert signed.crls == (crl,)
    (response,) = signed.ocsp
    loaded = asn1_ocsp.OCSPResponse.load(response)
    assert loaded["response_status"].native == "successful"
    assert loaded["response_bytes"]["response"].contents == basic


@pytest.mark.parametrize("content", [b"\x30\x05\xa0\x03\x30\x80\x00", b"\x04\x00"])
def test_revocation_values_that_cannot_be_read_are_a_fault(content: bytes):
    unsigned = write.seq(write.oid(REVOCATION_VALUES), write.set_of(content))

    with pytest.raises(Fault) as fault:
        read(a_message(a_signer(unsigned=(unsigned,))))

    assert fault.value.reason is Reason.FORMAT_FAILURE


def test_a_message_with_its_content_hands_it_out():
    message = read_attached(sign(Message(content=CONTENT, attached=True), a_signer()))

    assert message.content == CONTENT
    assert is_good(message.signers[0])


def test_a_message_of_certificates_only_has_no_signature():
    with pytest.raises(Fault) as fault:
        read_cms(sign(Message(content=CONTENT, certificates=[a_person().der])), DETACHED)

    assert fault.value.reason is Reason.NO_SIGNATURE
