"""Bare signatures: the algorithm is stated and nothing else is tried."""

import pytest

from certs.signatures.formats.raw import ALGORITHMS, MAX_CHAIN, MAX_SIGNATURE, read_raw
from certs.signatures.signed import Covered, Format
from certs.trust.content import BytesContent, Content, DigestContent, Sm2Digest
from certs.trust.errors import RefusalCode, Refused
from certs.trust.reasons import Reason
from mock_idps.authority.certificate import Issued
from mock_idps.authority.keys import Family, Scheme, digest
from tests.certs.signatures.formats.cms_builder import CONTENT, DETACHED, a_person, is_good, reasons, value_of


def a_key(family: Family) -> Issued:
    return a_person("gd-sign") if family is Family.SM2 else a_person("hk-personal-mr", "Raw Signer", family=family)


CASES = [
    (Family.RSA, "SHA256withRSA", Scheme("sha256")),
    (Family.RSA, "SHA512withRSA", Scheme("sha512")),
    (Family.RSA, "SHA256withRSAandMGF1", Scheme("sha256", pss=True)),
    (Family.P256, "SHA256withECDSA", Scheme("sha256")),
    (Family.P384, "SHA384withECDSA", Scheme("sha384")),
]


@pytest.mark.parametrize(("family", "name", "scheme"), CASES, ids=[case[1] for case in CASES])
def test_content_and_its_digest_give_the_same_answer(family: Family, name: str, scheme: Scheme):
    person = a_key(family)
    signature = person.key.sign(CONTENT, scheme)

    for content in (DETACHED, DigestContent(scheme.digest, digest(scheme.digest, CONTENT))):
        (signed,) = read_raw(signature, person.der, name, content, chain=person.chain)

        assert is_good(signed)
        assert signed.format is Format.RAW_DIGEST
        assert signed.covered is (Covered.ALL if content is DETACHED else Covered.DIGEST)
        assert [hint.der for hint in signed.hints]


def test_ed25519_needs_the_content_itself():
    person = a_key(Family.ED25519)
    signature = person.key.sign(CONTENT)

    (signed,) = read_raw(signature, person.der, "Ed25519", DETACHED)

    assert is_good(signed)
    with pytest.raises(Refused) as refusal:
        read_raw(signature, person.der, "Ed25519", DigestContent("sha512", digest("sha512", CONTENT)))
    assert refusal.value.code is RefusalCode.UNSUPPORTED


def test_sm2_takes_the_content_or_e_and_no_digest_of_the_content():
    person = a_key(Family.SM2)
    signature = person.key.sign(CONTENT)

    for content in (DETACHED, Sm2Digest(person.key.private.e(CONTENT))):
        (signed,) = read_raw(signature, person.der, "SM3withSM2", content)
        assert is_good(signed)
    with pytest.raises(Refused) as refusal:
        read_raw(signature, person.der, "SM3withSM2", DigestContent("sm3", digest("sm3", CONTENT)))
    assert refusal.value.code is RefusalCode.SM2_NEEDS_E


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("SHA512withRSA", DigestContent("sha256", bytes(32))),
        ("SHA256withRSA", DigestContent("sm3", bytes(32))),
        ("SHA256withRSA", Sm2Digest(bytes(32))),
    ],
)
def test_a_digest_of_another_algorithm_than_the_signatures_is_ambiguous(name: str, content: Content):
    with pytest.raises(Refused) as refusal:
        read_raw(b"signature", a_key(Family.RSA).der, name, content)

    assert refusal.value.code is RefusalCode.AMBIGUOUS


@pytest.mark.attack("SG-11")
def test_sg_11_the_digest_inside_the_signature_must_be_the_stated_one():
    person = a_key(Family.RSA)
    signature = person.key.sign(CONTENT, Scheme("sha512"))

    (signed,) = read_raw(signature, person.der, "SHA256withRSA", DETACHED)

    assert value_of(signed) is Reason.SIGNATURE_MISMATCH


@pytest.mark.attack("SG-11")
def test_sg_11_an_algorithm_of_another_kind_of_key_does_not_fit():
    person = a_key(Family.RSA)

    (signed,) = read_raw(person.key.sign(CONTENT), person.der, "SHA256withECDSA", DETACHED)

    assert value_of(signed) is Reason.ALGORITHM_MISMATCH


def test_other_content_does_not_verify():
    person = a_key(Family.P256)

    (signed,) = read_raw(person.key.sign(CONTENT), person.der, "SHA256withECDSA", BytesContent(b"other"))

    assert value_of(signed) is Reason.SIGNATURE_MISMATCH


@pytest.mark.parametrize("name", ["", "RS256", "sha256withrsa", "NONEwithRSA", "MD5withRSA", "HmacSHA256"])
def test_an_algorithm_that_is_not_known_is_refused(name: str):
    with pytest.raises(Refused) as refusal:
        read_raw(b"signature", a_key(Family.RSA).der, name, DETACHED)

    assert refusal.value.code is RefusalCode.UNSUPPORTED
    assert name not in ALGORITHMS


@pytest.mark.parametrize("certificate", [b"", b"not a certificate", b"\x30\x82"])
def test_a_certificate_that_cannot_be_read_is_a_finding(certificate: bytes):
    (signed,) = read_raw(b"signature", certificate, "SHA256withRSA", DETACHED)

    assert signed.certificate is None
    assert reasons(signed) == {"SIGNING-CERTIFICATE": Reason.CERTIFICATE_MALFORMED}


def test_sizes_are_bounded_and_broken_hints_help_nobody():
    certificate = a_key(Family.RSA).der

    for signature, chain in ((b"", ()), (bytes(MAX_SIGNATURE + 1), ()), (b"s", (certificate,) * (MAX_CHAIN + 1))):
        with pytest.raises(Refused) as refusal:
            read_raw(signature, certificate, "SHA256withRSA", DETACHED, chain=chain)
        assert refusal.value.code is RefusalCode.SIZE
    (signed,) = read_raw(b"s", certificate, "SHA256withRSA", DETACHED, chain=(b"junk", certificate))
    assert signed.hints == ()
