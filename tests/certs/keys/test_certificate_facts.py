"""What is read of certificates: files of several, keys that belong to them, the names that they are for."""

from datetime import UTC, datetime
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from certs.keys.certificate_facts import MAX_FILE, CertificateFacts, chain_ends, covers, fits, read_certificates
from certs.keys.errors import KeyMaterialError
from tests.certs import pki

HOSTS = (x509.DNSName("id.example.hk"), x509.DNSName("*.example.mo"))


def key_of(number: int) -> bytes:
    return pki.a_private_key(number).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def pem(der: bytes) -> bytes:
    return x509.load_der_x509_certificate(der).public_bytes(Encoding.PEM)


def a_certificate(**changes: Any) -> CertificateFacts:
    return read_certificates(pki.a_client_certificate(names=HOSTS, **changes))[0]


def test_what_a_certificate_says_is_read() -> None:
    ends_at = datetime(2027, 1, 1, tzinfo=UTC)

    facts = a_certificate(ends_at=ends_at)

    assert facts.not_after == ends_at
    assert facts.key == "EC secp256r1"
    assert facts.signature_hash == "sha256"
    assert facts.names == ("id.example.hk", "*.example.mo")
    assert facts.usages == ("client_auth",)
    assert facts.fingerprint == f"sha256:{facts.sha256}"
    assert not facts.is_authority


def test_a_file_may_hold_several_and_a_key_beside_them_is_passed_over() -> None:
    own, authority = pem(pki.a_client_certificate()), pki.pem_of(pki.an_authority())

    found = read_certificates(own + key_of(0) + authority)

    assert [one.is_authority for one in found] == [False, True]
    assert "PRIVATE KEY" not in repr(found)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"no certificate",
        key_of(0),
        b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
        b"0" * (MAX_FILE + 1),
    ],
    ids=["empty", "text", "a key", "nonsense", "huge"],
)
def test_what_is_no_file_of_certificates_is_refused_without_a_quotation(content: bytes) -> None:
    with pytest.raises(KeyMaterialError) as refused:
        read_certificates(content)

    assert "BEGIN" not in str(refused.value)
    assert "AAAA" not in str(refused.value)


def test_a_key_fits_its_own_certificate_and_no_other() -> None:
    facts = a_certificate(number=0)

    assert fits(key_of(0), facts)
    assert not fits(key_of(1), facts)


def test_what_is_no_key_is_refused() -> None:
    with pytest.raises(KeyMaterialError):
        fits(b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", a_certificate())


@pytest.mark.spec("RFC 8446 §4.4.2")
def test_certificates_of_a_file_stand_in_order() -> None:
    own, authority = pem(pki.a_client_certificate()), pki.pem_of(pki.an_authority())

    assert chain_ends(read_certificates(own + authority))
    assert chain_ends(read_certificates(own))
    assert not chain_ends(read_certificates(authority + own))


@pytest.mark.spec("RFC 9525 §6.3")
@pytest.mark.parametrize(
    ("host", "is_for"),
    [
        ("id.example.hk", True),
        ("ID.Example.HK", True),
        ("rp.example.mo", True),
        ("example.mo", False),
        ("a.b.example.mo", False),
        ("id.example.hk.example.com", False),
        (".example.mo", False),
    ],
)
def test_a_certificate_is_for_its_names_alone(host: str, *, is_for: bool) -> None:
    assert covers(a_certificate(), host) is is_for
