"""A question to a responder about one certificate, with a nonce of ours (RFC 6960 §4.1, RFC 9654)."""

import hashlib
from typing import Final

from asn1crypto import core, ocsp

from certs.trust.certificate import Certificate
from certs.trust.revocation.ocsp_signer import key_bits

CONTENT_TYPE: Final = "application/ocsp-request"
NONCE_BYTES: Final = 32


def write_request(certificate: Certificate, issuer: Certificate, nonce: bytes) -> bytes:
    """Write a request; its CertID is made with SHA-1, which every responder knows."""
    cert_id = ocsp.CertId(
        {
            "hash_algorithm": {"algorithm": "sha1", "parameters": core.Null()},
            "issuer_name_hash": _sha1(certificate.issuer_der),
            "issuer_key_hash": _sha1(key_bits(issuer.spki)),
            "serial_number": certificate.serial,
        }
    )
    extension = {"extn_id": "nonce", "critical": False, "extn_value": core.OctetString(nonce)}
    tbs = {"request_list": [{"req_cert": cert_id}], "request_extensions": [extension]}
    return bytes(ocsp.OCSPRequest({"tbs_request": tbs}).dump())


def _sha1(data: bytes) -> bytes:
    return hashlib.sha1(data, usedforsecurity=False).digest()  # names a certificate; proves nothing
