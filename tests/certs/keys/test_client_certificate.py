"""TLS client certificates: which of them count, and whose they are."""

import hashlib
from datetime import timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, ObjectIdentifier
from joserfc.jwk import ECKey

from certs.keys import KeyMaterialError, base64url
from certs.keys.client_certificate import ClientCertificates, is_named
from tests.certs.builders import NOW
from tests.certs.pki import (
    SUBJECT,
    a_client_certificate,
    a_private_key,
    a_self_signed_certificate,
    an_authority,
    pem_of,
)

READER = ClientCertificates([pem_of(an_authority())])
ALL_NAMES = (
    x509.DNSName("rp.example.mo"),
    x509.UniformResourceIdentifier("https://rp.example.mo/api"),
    x509.RFC822Name("ops@rp.example.mo"),
)


def jwks_with(*numbers: int) -> dict:
    keys = [ECKey.import_key(a_private_key(number).public_key()).as_dict(private=False) for number in numbers]
    return {"keys": keys}


@pytest.mark.spec("RFC 8705 §2.1.2")
def test_a_certificate_of_a_trusted_authority_gives_its_names():
    names = READER.names(a_client_certificate(names=ALL_NAMES), NOW)

    assert names == {
        "tls_client_auth_subject_dn": (SUBJECT,),
        "tls_client_auth_san_dns": ("rp.example.mo",),
        "tls_client_auth_san_uri": ("https://rp.example.mo/api",),
        "tls_client_auth_san_email": ("ops@rp.example.mo",),
    }


def test_alternative_names_are_not_demanded():
    assert READER.names(a_client_certificate(), NOW) == {"tls_client_auth_subject_dn": (SUBJECT,)}


def test_an_authority_itself_is_no_client():
    assert READER.names(an_authority().public_bytes(Encoding.DER), NOW) is None


@pytest.mark.parametrize(
    "certificate",
    [
        a_client_certificate(issued_by=1001),
        a_self_signed_certificate(),
        a_client_certificate(ends_at=NOW - timedelta(seconds=1)),
        a_client_certificate(starts_at=NOW + timedelta(seconds=1)),
        a_client_certificate(usage=ExtendedKeyUsageOID.SERVER_AUTH),
        a_client_certificate(further=((x509.UnrecognizedExtension(ObjectIdentifier("1.2.3.4"), b"\x05\x00"), True),)),
        a_client_certificate()[:-1],
        a_client_certificate() + b"\0",
        b"",
        b"0" * 20_000,
    ],
    ids=["stranger", "self-signed", "over", "early", "server", "critical", "cut", "longer", "empty", "oversized"],
)
def test_a_certificate_that_nobody_trusted_vouches_for_gives_no_names(certificate):
    assert READER.names(certificate, NOW) is None


def test_a_changed_certificate_gives_no_names():
    spoilt = bytearray(a_client_certificate())
    spoilt[-1] ^= 1

    assert READER.names(bytes(spoilt), NOW) is None


def test_a_certificate_issued_by_a_client_is_refused():
    # The "authority" of this one is a client certificate's subject, whose key is known and trusted for itself only.
    leaf = a_client_certificate(issued_by=1000, number=5, subject="CN=Authority 5,O=Example")

    assert READER.names(leaf, NOW) is not None
    assert READER.names(a_client_certificate(issued_by=5), NOW) is None


def test_an_authority_that_is_over_vouches_for_nobody():
    reader = ClientCertificates([pem_of(an_authority(ends_at=NOW - timedelta(hours=1)))])

    assert reader.names(a_client_certificate(), NOW) is None


def test_without_authorities_no_certificate_gives_names():
    assert ClientCertificates().names(a_client_certificate(), NOW) is None


def test_several_authorities_may_stand_in_one_file():
    reader = ClientCertificates([pem_of(an_authority(number=1001)) + pem_of(an_authority())])

    assert reader.names(a_client_certificate(), NOW) is not None


def test_something_else_than_certificates_is_refused_as_authorities():
    with pytest.raises(KeyMaterialError):
        ClientCertificates([b"-----BEGIN NOTHING-----"])


@pytest.mark.spec("RFC 8705 §3.1")
def test_the_thumbprint_is_the_digest_of_the_der_form():
    certificate = a_client_certificate()

    assert base64url.decode(READER.thumbprint(certificate)) == hashlib.sha256(certificate).digest()
    assert len(READER.thumbprint(certificate)) == 43


@pytest.mark.spec("RFC 8705 §2.2")
def test_a_self_signed_certificate_counts_if_its_key_is_registered():
    reader = ClientCertificates()

    assert reader.is_one_of(a_self_signed_certificate(3), jwks_with(2, 3), NOW)
    assert not reader.is_one_of(a_self_signed_certificate(4), jwks_with(2, 3), NOW)


def test_a_self_signed_certificate_out_of_its_time_does_not_count():
    over = a_self_signed_certificate(3, ends_at=NOW - timedelta(seconds=1))

    assert not READER.is_one_of(over, jwks_with(3), NOW)


@pytest.mark.parametrize("jwks", [{}, {"keys": []}, {"keys": [{"kty": "oct", "k": "AA"}]}, {"keys": "x"}])
def test_a_key_set_that_holds_no_good_key_fits_no_certificate(jwks):
    assert not READER.is_one_of(a_self_signed_certificate(3), jwks, NOW)


@pytest.mark.parametrize(
    "registered",
    [
        SUBJECT,
        "CN=RP.example.mo,O=example  relying party,C=mo",
        "CN=rp.example.mo, O=Example Relying Party, C=MO",
        "2.5.4.3=rp.example.mo,O=Example Relying Party,C=MO",
    ],
)
@pytest.mark.spec("RFC 4517 §4.2.15")
def test_a_subject_is_compared_by_its_parts(registered):
    names = READER.names(a_client_certificate(), NOW)

    assert is_named(names, "tls_client_auth_subject_dn", registered)


@pytest.mark.parametrize(
    "registered",
    [
        "",
        "rp.example.mo",
        "CN=rp.example.mo",
        "O=Example Relying Party,CN=rp.example.mo,C=MO",
        "CN=rp.example.mo+O=Example Relying Party,C=MO",
        "CN=rp.example.mo\\,O=Example Relying Party,C=MO",
        "CN=rp.example.mo,O=Example Relying Party,C=MO,OU=More",
        "CN=" + "x" * 2000,
    ],
)
def test_another_subject_is_not_the_same(registered):
    names = READER.names(a_client_certificate(), NOW)

    assert not is_named(names, "tls_client_auth_subject_dn", registered)


def test_alternative_names_are_compared_whole_and_within_their_kind():
    names = READER.names(a_client_certificate(names=ALL_NAMES), NOW)

    assert is_named(names, "tls_client_auth_san_dns", "RP.example.mo")
    assert is_named(names, "tls_client_auth_san_uri", "https://rp.example.mo/api")
    assert not is_named(names, "tls_client_auth_san_uri", "https://rp.example.mo/API")
    assert not is_named(names, "tls_client_auth_san_dns", "example.mo")
    assert not is_named(names, "tls_client_auth_san_email", "rp.example.mo")
    assert not is_named(names, "tls_client_auth_san_ip", "127.0.0.1")


def test_an_empty_subject_is_nobodys():
    names = {"tls_client_auth_subject_dn": ("",)}

    assert not is_named(names, "tls_client_auth_subject_dn", "")
