"""Certificates as the library wants them: parsed once per thread, because it reads them lazily and in place."""

import threading
from functools import lru_cache
from typing import Final

from asn1crypto import x509

from certs.trust.certificate import Certificate

_KEPT: Final = 64
"""Issuers are few and come again; a stranger's certificates push each other out before they push out those."""


class _Shelf(threading.local):
    """One thread's parsed certificates."""

    def __init__(self) -> None:
        self.load = lru_cache(maxsize=_KEPT)(x509.Certificate.load)


_SHELF: Final = _Shelf()


def parsed(certificate: Certificate) -> x509.Certificate:
    """Parse the bytes of a certificate that passed the gate; to be called behind a `fence`."""
    return _SHELF.load(certificate.der)
