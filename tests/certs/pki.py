"""A certificate authority and the client certificates it issues: valid by default, one keyword spoils them."""

from datetime import datetime, timedelta
from functools import cache
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID

from tests.certs.builders import NOW

SUBJECT = "CN=rp.example.mo,O=Example Relying Party,C=MO"


@cache
def a_private_key(number: int = 0) -> ec.EllipticCurvePrivateKey:
    """The same key for the same number."""
    return ec.generate_private_key(ec.SECP256R1())


def an_authority(*, number: int = 1000, **changes: Any) -> x509.Certificate:
    """A self-signed authority."""
    name = f"CN=Authority {number},O=Example"
    return _issue(name, name, a_private_key(number), a_private_key(number), is_authority=True, **changes)


def a_client_certificate(*, issued_by: int = 1000, subject: str = SUBJECT, number: int = 0, **changes: Any) -> bytes:
    """A client's certificate in DER form."""
    issuer = f"CN=Authority {issued_by},O=Example"
    certificate = _issue(subject, issuer, a_private_key(number), a_private_key(issued_by), **changes)
    return certificate.public_bytes(Encoding.DER)


def a_self_signed_certificate(number: int = 0, **changes: Any) -> bytes:
    """A certificate that vouches for itself, in DER form."""
    certificate = _issue(SUBJECT, SUBJECT, a_private_key(number), a_private_key(number), **changes)
    return certificate.public_bytes(Encoding.DER)


def pem_of(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(Encoding.PEM)


def _issue(
    subject: str,
    issuer: str,
    key: ec.EllipticCurvePrivateKey,
    issuing_key: ec.EllipticCurvePrivateKey,
    *,
    is_authority: bool = False,
    starts_at: datetime = NOW - timedelta(days=1),
    ends_at: datetime = NOW + timedelta(days=30),
    usage: x509.ObjectIdentifier | None = ExtendedKeyUsageOID.CLIENT_AUTH,
    names: tuple[x509.GeneralName, ...] = (),
    further: tuple[tuple[x509.ExtensionType, bool], ...] = (),
) -> x509.Certificate:
    builder = (
        x509.CertificateBuilder()
        .subject_name(x509.Name.from_rfc4514_string(subject))
        .issuer_name(x509.Name.from_rfc4514_string(issuer))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(starts_at)
        .not_valid_after(ends_at)
        .add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)
    )
    if usage is not None and not is_authority:
        builder = builder.add_extension(x509.ExtendedKeyUsage([usage]), critical=False)
    if names:
        builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
    for extension, is_critical in further:
        builder = builder.add_extension(extension, critical=is_critical)
    return builder.sign(issuing_key, hashes.SHA256())
