"""Certificates as an authority sends them back, in PEM: read strictly, each once, and nothing else beside them."""

import re
from typing import Final

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.hashes import SHA256

from certs.keys.certificate_faults import CertificateImportError, ImportFault

MAX_BUNDLE: Final = 65_536
"""Bytes; a chain of RSA certificates has 8 thousand."""
MAX_CERTIFICATES: Final = 8
_LABEL: Final = re.compile(rb"-----BEGIN ([A-Z0-9 ]{1,40})-----")
_NEED: Final = f"1 to {MAX_CERTIFICATES} certificates in PEM"


def read_bundle(pem: bytes) -> tuple[x509.Certificate, ...]:
    """Read the certificates, in their order; text around them, as OpenSSL writes it, does not matter."""
    if len(pem) > MAX_BUNDLE:
        raise CertificateImportError(
            ImportFault.OVERSIZED, "the file is too large", need=f"at most {MAX_BUNDLE} bytes", have=f"{len(pem)}"
        )
    labels = _LABEL.findall(pem)
    if any(label.endswith(b"PRIVATE KEY") for label in labels):
        raise CertificateImportError(
            ImportFault.PRIVATE_KEY,
            "the file holds a private key, which nobody should have: consider that key compromised",
            need=_NEED,
            have="a private key",
        )
    if not 0 < len(labels) <= MAX_CERTIFICATES or any(label != b"CERTIFICATE" for label in labels):
        raise _unreadable("other things than that")
    certificates = tuple(_load(pem))
    if len(certificates) != len(labels):
        raise _unreadable("a damaged block")
    if len({one.fingerprint(SHA256()) for one in certificates}) != len(certificates):
        raise CertificateImportError(
            ImportFault.DOUBLED,
            "a certificate stands in the file twice",
            need="each certificate once",
            have="a doubled one",
        )
    return certificates


def _load(pem: bytes) -> list[x509.Certificate]:
    try:
        certificates = x509.load_pem_x509_certificates(pem)
        # Parsed lazily: asking for everything here means that nothing malformed is met later.
        for one in certificates:
            _ = (one.subject, one.issuer, one.not_valid_after_utc, one.signature_algorithm_oid)
            if any(_is_unknown_demand(extension) for extension in one.extensions):
                raise _unreadable("a critical extension that nobody here understands")
    except (ValueError, UnsupportedAlgorithm, x509.DuplicateExtension, x509.UnsupportedGeneralNameType):
        raise _unreadable("a damaged one") from None
    return certificates


def _is_unknown_demand(extension: x509.Extension[x509.ExtensionType]) -> bool:
    return extension.critical and isinstance(extension.value, x509.UnrecognizedExtension)


def _unreadable(have: str) -> CertificateImportError:
    return CertificateImportError(ImportFault.UNREADABLE, "the certificates cannot be read", need=_NEED, have=have)
