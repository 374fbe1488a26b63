"""What a certificate says of itself, as an operator wants to read it; nothing is trusted by being read here."""

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise
from typing import Any, Final

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key

from certs.keys.backends.public_half import members_of_spki
from certs.keys.errors import KeyMaterialError

MAX_FILE: Final = 1_048_576
"""Bytes of a file of certificates: a bundle of public authorities has a quarter of it."""
MAX_CERTIFICATES: Final = 1_000
_PEM: Final = re.compile(rb"-----BEGIN CERTIFICATE-----\s+[A-Za-z0-9+/=\s]{1,40000}-----END CERTIFICATE-----")
_PEM_MARK: Final = b"-----BEGIN "
_PURPOSES: Final = {
    "1.3.6.1.5.5.7.3.1": "server_auth",
    "1.3.6.1.5.5.7.3.2": "client_auth",
    "1.3.6.1.5.5.7.3.3": "code_signing",
    "1.3.6.1.5.5.7.3.4": "email_protection",
    "1.3.6.1.5.5.7.3.8": "time_stamping",
    "1.3.6.1.5.5.7.3.9": "ocsp_signing",
}
_USAGES: Final = (
    "digital_signature",
    "content_commitment",
    "key_encipherment",
    "data_encipherment",
    "key_agreement",
    "key_cert_sign",
    "crl_sign",
)


@dataclass(frozen=True, slots=True)
class CertificateFacts:
    """One certificate; times are aware and in UTC, digests are hexadecimal."""

    subject: str
    issuer: str
    serial: str
    not_before: datetime
    not_after: datetime
    sha256: str
    """Of the whole certificate."""
    spki_sha256: str
    """Of its public key: what a key and its certificates have in common."""
    key: str
    """Family and size: ``EC secp256r1``, ``RSA 2048``."""
    signature_hash: str
    names: tuple[str, ...]
    """Host names and addresses that it is for, and others."""
    usages: tuple[str, ...]
    is_authority: bool
    pem: str = field(repr=False)

    @property
    def fingerprint(self) -> str:
        """The digest in the spelling that operators compare."""
        return f"sha256:{self.sha256}"

    @property
    def is_self_issued(self) -> bool:
        """Whether it names itself as its issuer."""
        return self.subject == self.issuer


def read_certificates(data: bytes) -> tuple[CertificateFacts, ...]:
    """Read a file of certificates, PEM or one in DER, in its order; raises ``KeyMaterialError``.

    A private key beside them is passed over and never quoted; a file without any certificate is refused.
    """
    if len(data) > MAX_FILE:
        raise KeyMaterialError("the file is larger than any file of certificates")
    try:
        found = tuple(_facts(one) for one in _certificates(data))
    except (ValueError, UnsupportedAlgorithm, x509.DuplicateExtension, x509.UnsupportedGeneralNameType):
        raise KeyMaterialError("the file is no file of certificates") from None
    if not found:
        raise KeyMaterialError("the file is no file of certificates")
    return found


def fits(private_pem: bytes, certificate: CertificateFacts) -> bool:
    """Whether a private key belongs to a certificate; raises ``KeyMaterialError`` for what is no key."""
    return hashlib.sha256(_spki_of_private(private_pem)).hexdigest() == certificate.spki_sha256


def public_half(private_pem: bytes) -> Mapping[str, Any]:
    """The public members (JWK) of a private key in PEM; raises ``KeyMaterialError``."""
    return members_of_spki(None, _spki_of_private(private_pem))


def chain_ends(chain: tuple[CertificateFacts, ...]) -> bool:
    """Whether each certificate was signed by the next one of its file (RFC 8446 §4.4.2); one alone is fine."""
    read = [x509.load_pem_x509_certificate(one.pem.encode("ascii")) for one in chain]
    return all(_was_issued(below, above) for below, above in pairwise(read))


def covers(certificate: CertificateFacts, host: str) -> bool:
    """Whether a certificate is for a host name or address (RFC 9525 §6.3): a star stands for one whole label."""
    wanted = host.lower().rstrip(".")
    return any(_is_for(name.lower(), wanted) for name in certificate.names)


def _spki_of_private(pem: bytes) -> bytes:
    try:
        public = load_pem_private_key(pem, password=None).public_key()
        return public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise KeyMaterialError("the file holds no private key that can be used") from None


def _is_for(name: str, wanted: str) -> bool:
    if not name.startswith("*."):
        return name == wanted
    label, dot, parent = wanted.partition(".")
    return bool(label and dot) and parent == name[2:]


def _was_issued(below: x509.Certificate, above: x509.Certificate) -> bool:
    try:
        below.verify_directly_issued_by(above)
    except Exception:  # noqa: BLE001 - the library raises four unrelated kinds, all of them a no
        return False
    return True


def _certificates(data: bytes) -> Iterator[x509.Certificate]:
    if _PEM_MARK not in data:
        yield x509.load_der_x509_certificate(data)
        return
    for number, block in enumerate(_PEM.findall(data)):
        if number == MAX_CERTIFICATES:
            raise ValueError("too many")
        yield x509.load_pem_x509_certificate(block)


def _facts(certificate: x509.Certificate) -> CertificateFacts:
    algorithm = certificate.signature_hash_algorithm
    return CertificateFacts(
        subject=certificate.subject.rfc4514_string(),
        issuer=certificate.issuer.rfc4514_string(),
        serial=f"{certificate.serial_number:x}",
        not_before=certificate.not_valid_before_utc,
        not_after=certificate.not_valid_after_utc,
        sha256=hashlib.sha256(certificate.public_bytes(Encoding.DER)).hexdigest(),
        spki_sha256=hashlib.sha256(_spki(certificate)).hexdigest(),
        key=_key(certificate),
        signature_hash="none" if algorithm is None else algorithm.name,
        names=_names(certificate),
        usages=_usages(certificate),
        is_authority=_is_authority(certificate),
        pem=certificate.public_bytes(Encoding.PEM).decode("ascii"),
    )


def _spki(certificate: x509.Certificate) -> bytes:
    return certificate.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def _key(certificate: x509.Certificate) -> str:
    key = certificate.public_key()
    if isinstance(key, ec.EllipticCurvePublicKey):
        return f"EC {key.curve.name}"
    if isinstance(key, rsa.RSAPublicKey):
        return f"RSA {key.key_size}"
    return type(key).__name__.removesuffix("PublicKey").strip("_")


def _names(certificate: x509.Certificate) -> tuple[str, ...]:
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return ()
    hosts = names.get_values_for_type(x509.DNSName)
    addresses = [str(one) for one in names.get_values_for_type(x509.IPAddress)]
    return (*hosts, *addresses, *names.get_values_for_type(x509.UniformResourceIdentifier))


def _usages(certificate: x509.Certificate) -> tuple[str, ...]:
    found: list[str] = []
    try:
        usage = certificate.extensions.get_extension_for_class(x509.KeyUsage).value
        found += [name for name in _USAGES if getattr(usage, name)]
    except x509.ExtensionNotFound:
        pass
    try:
        extended = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
        found += [_PURPOSES.get(one.dotted_string, one.dotted_string) for one in extended]
    except x509.ExtensionNotFound:
        pass
    return tuple(found)


def _is_authority(certificate: x509.Certificate) -> bool:
    try:
        return certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except x509.ExtensionNotFound:
        return False
