"""Certificates that signed documents bring along: parsed once for all of their readers."""

from functools import lru_cache

from certs.trust import certificate
from certs.trust.certificate import MAX_CERTIFICATE, Certificate
from certs.trust.errors import Fault
from certs.trust.list_errors import ListError, ListRefusal
from certs.trust.list_fields import read_base64

NAME_CONSTRAINTS = "2.5.29.30"


@lru_cache(maxsize=1024)  # the same few authorities stand in every entry of every list
def parsed(der: bytes) -> Certificate:
    """Give the certificate behind its bytes; raises `Fault` for one that does not pass the gate."""
    return certificate.read_certificate(der)


def read_listed(value: object, where: str) -> Certificate:
    """Read one certificate out of a document: a list with one that nobody can parse is not accepted at all."""
    der = read_base64(value, where, longest=MAX_CERTIFICATE)
    try:
        return parsed(der)
    except Fault as fault:
        detail = f"is not a certificate that passes the gate: {fault.reason}"
        raise ListError(ListRefusal.SCHEMA, detail, where=where) from None
