"""Signed attributes and the content they are about, spoilt one at a time (SG-07)."""

import pytest

from certs.signatures.formats.cms import read_cms
from certs.trust.content import BytesContent
from certs.trust.errors import Fault, Refused
from certs.trust.reasons import Reason
from mock_idps.authority import der
from mock_idps.authority.certificate import Issued
from mock_idps.authority.cms import (
    CONTENT_TYPE,
    MESSAGE_DIGEST,
    SIGNING_CERTIFICATE_V2,
    SIGNING_TIME,
    attribute,
)
from tests.certs.signatures.formats.cms_builder import (
    CONTENT,
    DETACHED,
    a_message,
    a_person,
    a_signer,
    is_good,
    read,
    reasons,
    value_of,
)

pytestmark = pytest.mark.attack("SG-07")

RSA_WITH_SHA256 = bytes.fromhex("300d06092a864886f70d01010b0500")


def restated(data: bytes, algorithm: str) -> bytes:
    """The message with another signature algorithm of the same length; the last place is the signer's."""
    place = data.rindex(RSA_WITH_SHA256)
    return data[:place] + bytes.fromhex(algorithm) + data[place + len(RSA_WITH_SHA256) :]


@pytest.mark.spec("RFC 5652 §5.3")
def test_sg_07_other_content_than_data_needs_signed_attributes():
    data = a_message(a_signer(attributes=False), attached=True, inner_type="1.2.840.113549.1.9.16.1.4")

    assert reasons(read(data))["SIGNED-ATTRIBUTES"] is Reason.SIGNED_ATTRIBUTES_MISSING


def test_sg_07_the_attributes_of_another_signature_are_not_taken_for_content():
    victim = read(a_message())
    assert isinstance(victim.message, bytes)
    forged = a_message(a_signer(attributes=False, signature=victim.signature), content=victim.message, attached=True)

    signed = read(forged, None)

    assert value_of(signed) is None  # the arithmetic alone would accept it
    assert reasons(signed)["SIGNED-ATTRIBUTES"] is Reason.SIGNED_ATTRIBUTES_MISSING


@pytest.mark.parametrize("kind", ["hk-personal-mr", "gd-sign"])
def test_sg_07_the_signed_digest_is_of_other_data(kind: str):
    signed = read(a_message(a_signer(kind, content_digest=bytes(32))))

    assert reasons(signed) == {"CONTENT-DIGEST": Reason.CONTENT_DIGEST_MISMATCH}
    assert value_of(signed) is None


def test_sg_07_another_document_is_shown_with_a_good_signature():
    signed = read(a_message(), BytesContent(CONTENT + b" "))

    assert reasons(signed) == {"CONTENT-DIGEST": Reason.CONTENT_DIGEST_MISMATCH}


def test_sg_07_a_shorter_digest_is_no_digest():
    signed = read(a_message(a_signer(content_digest=DETACHED.digest("sha256")[:16])))

    assert reasons(signed) == {"CONTENT-DIGEST": Reason.CONTENT_DIGEST_MISMATCH}


@pytest.mark.parametrize(
    ("missing", "code"), [(CONTENT_TYPE, "CONTENT-TYPE"), (MESSAGE_DIGEST, "CONTENT-DIGEST")], ids=["type", "digest"]
)
def test_sg_07_a_required_attribute_is_missing(missing: str, code: str):
    signed = read(a_message(a_signer(missing=missing)))

    assert reasons(signed) == {code: Reason.ATTRIBUTE_MISSING, "SIGNED-ATTRIBUTES": Reason.ATTRIBUTE_MISSING}


@pytest.mark.parametrize("kind", [CONTENT_TYPE, MESSAGE_DIGEST, SIGNING_TIME, SIGNING_CERTIFICATE_V2])
def test_sg_07_an_attribute_is_there_twice(kind: str):
    signed = read(a_message(a_signer(doubled=kind)))

    assert reasons(signed)["SIGNED-ATTRIBUTES"] is Reason.ATTRIBUTE_DOUBLED


@pytest.mark.parametrize("other", ["1.2.840.113549.1.9.16.1.4", "1.2.156.10197.6.1.4.2.1"])
def test_sg_07_the_signed_content_type_differs(other: str):
    signed = read(a_message(a_signer(content_type=other)))

    assert reasons(signed) == {"CONTENT-TYPE": Reason.CONTENT_TYPE_DIFFERS}


def test_sg_07_the_signing_certificate_is_not_named():
    signed = read(a_message(a_signer(signing_certificate_version=None)))

    assert reasons(signed) == {"SIGNING-CERTIFICATE": Reason.SIGNING_CERTIFICATE_MISSING}
    assert signed.level == "CMS"


@pytest.mark.spec("RFC 5035 §5.4.1")
@pytest.mark.parametrize("version", [1, 2])
def test_sg_07_the_signing_certificate_attribute_names_another_certificate(version: int):
    other = a_person("hk-personal-mr", "Wong Mei Ling")
    signed = read(a_message(a_signer(signing_certificate=other, signing_certificate_version=version)))

    assert reasons(signed) == {"SIGNING-CERTIFICATE": Reason.SIGNING_CERTIFICATE_DIFFERS}


def a_pair_of_one_name_number_and_key() -> tuple[Issued, Issued]:
    """What a signer's own authority could issue to show another person, or another time, for the same signature."""
    genuine = a_person("hk-personal-mr", "Au Yeung", serial=7_001)
    return genuine, a_person("hk-personal-mr", "Au Yeung", serial=7_001, policies=("2.999.1",))


@pytest.mark.spec("RFC 5035 §1")
def test_sg_07_a_certificate_of_the_same_name_number_and_key_cannot_take_the_signers_place():
    genuine, substitute = a_pair_of_one_name_number_and_key()
    signer = a_signer(certificate=genuine)

    alone = read(a_message(signer, certificates=[substitute.der]))
    both = read(a_message(signer, certificates=[substitute.der, genuine.der]))

    assert reasons(alone) == {"SIGNING-CERTIFICATE": Reason.SIGNING_CERTIFICATE_DIFFERS}
    assert is_good(both)
    assert both.certificate is not None
    assert both.certificate.der == genuine.der


def test_sg_07_without_the_attribute_two_possible_certificates_leave_open_who_signed():
    genuine, substitute = a_pair_of_one_name_number_and_key()
    signer = a_signer(certificate=genuine, signing_certificate_version=None)

    signed = read(a_message(signer, certificates=[substitute.der, genuine.der]))

    assert signed.certificate is None
    assert reasons(signed) == {"SIGNING-CERTIFICATE": Reason.SIGNING_CERTIFICATE_NOT_FOUND}


def test_the_first_edition_of_the_attribute_counts_and_says_which_digest_it_has():
    signed = read(a_message(a_signer(signing_certificate_version=1)))

    assert is_good(signed)
    assert signed.findings[-1].detail == "sha1"
    assert signed.level == "CMS"


@pytest.mark.spec("RFC 5652 §5.3")
def test_sg_07_attributes_out_of_order_are_not_distinguished():
    signed = read(a_message(a_signer(ordered=False)))

    assert reasons(signed) == {"SIGNED-ATTRIBUTES": Reason.SIGNED_ATTRIBUTES_NOT_DER}


def test_sg_07_embedded_content_that_differs_from_the_document_shown():
    data = a_message(embedded=b"other content")

    signed = read(data, DETACHED)

    assert reasons(signed) == {"CONTENT-DIGEST": Reason.CONTENT_DIFFERS}


def test_sg_07_the_document_shown_differs_from_the_content_that_was_signed():
    signed = read(a_message(attached=True), BytesContent(b"other content"))

    assert reasons(signed) == {"CONTENT-DIGEST": Reason.CONTENT_DIFFERS}


def test_sg_07_a_damaged_signature_value():
    signed = read(a_message(a_signer(damaged=True)))

    assert reasons(signed) == {}
    assert value_of(signed) is Reason.SIGNATURE_MISMATCH


@pytest.mark.spec("RFC 6211 §2")
@pytest.mark.parametrize("kind", ["hk-personal-mr", "gd-sign"])
def test_protected_algorithms_are_compared_and_noted(kind: str):
    signed = read(a_message(a_signer(kind, protection=True)))

    assert is_good(signed)
    assert signed.findings[3].detail == "algorithms protected"


@pytest.mark.spec("RFC 6211 §2")
def test_sg_07_protected_algorithms_that_differ_from_the_stated_ones():
    signed = read(restated(a_message(a_signer(protection=True)), "300d06092a864886f70d01010d0500"))

    assert reasons(signed) == {"SIGNED-ATTRIBUTES": Reason.ALGORITHM_MISMATCH}


@pytest.mark.spec("GB/T 35275 §6")
@pytest.mark.parametrize("national", [False, True])
def test_sg_07_the_two_dialects_are_not_mixed_in_one_message(national: bool):
    with pytest.raises(Fault) as fault:
        read_cms(a_message(national=national, mixed=True), DETACHED)

    assert fault.value.reason is Reason.DIALECTS_MIXED


def test_unsigned_attributes_that_nobody_knows_change_nothing():
    unsigned = attribute("2.999.1", der.octets(b"accept me"))

    assert is_good(read(a_message(a_signer(unsigned=(unsigned,)))))


def test_unsigned_attributes_cannot_stand_in_for_signed_ones():
    unsigned = attribute(MESSAGE_DIGEST, der.octets(DETACHED.digest("sha256")))
    signer = a_signer(missing=MESSAGE_DIGEST, unsigned=(unsigned,))

    assert reasons(read(a_message(signer)))["CONTENT-DIGEST"] is Reason.ATTRIBUTE_MISSING


def test_a_signature_algorithm_that_nobody_knows_is_a_finding():
    signed = read(restated(a_message(), "300d06092a864886f70d01017f0500"))

    assert signed.algorithm is None
    assert reasons(signed) == {"FORMAT": Reason.ALGORITHM_UNSUPPORTED}


def test_a_message_of_another_kind_is_refused_by_name():
    enveloped = der.seq(der.oid("1.2.840.113549.1.7.3"), der.explicit(0, der.seq()))

    with pytest.raises(Refused):
        read_cms(enveloped, DETACHED)
