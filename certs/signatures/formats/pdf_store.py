"""Validation material that a PDF brings along in its document security store (ISO 32000-2 §12.8.4.3).

It is material and no more: certificates become hints, answers and lists are judged like any other that is stapled.
What was kept for one signature comes first, and there is an end to how much is taken.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final

from pyhanko.pdf_utils.decode_limits import DecodePurpose

from certs.signatures.formats.pdf_limits import Reader, member
from certs.trust.certificate import MAX_CERTIFICATE, Certificate, read_certificate
from certs.trust.errors import Fault
from certs.trust.fence import fence
from certs.trust.reasons import Reason

MAX_CERTIFICATES: Final = 16
MAX_ANSWERS: Final = 8
MAX_LISTS: Final = 8
_MAX_ANSWER: Final = 1_048_576
_MAX_LIST: Final = 20_971_520
_MAX_LOOKED_AT: Final = 256


@dataclass(frozen=True, slots=True, repr=False)
class Store:
    """What the document keeps for one signature."""

    certificates: tuple[Certificate, ...] = ()
    ocsp: tuple[bytes, ...] = ()
    crls: tuple[bytes, ...] = ()


def read_store(reader: Reader, contents: bytes) -> Store:
    """Collect the store's material for the signature with these ``/Contents``; a broken store is an empty one."""
    try:
        with fence(Reason.FORMAT_FAILURE):
            root = reader.root
            return _collect(root["/DSS"], contents) if "/DSS" in root else Store()
    except Fault:
        return Store()


def _collect(store: Any, contents: bytes) -> Store:
    own = _own_part(store, contents)
    certificates = _streams((own, "/Cert"), (store, "/Certs"), purpose=DecodePurpose.CERTIFICATE, limit=MAX_CERTIFICATE)
    ocsp = _streams((own, "/OCSP"), (store, "/OCSPs"), purpose=DecodePurpose.OCSP_RESPONSE, limit=_MAX_ANSWER)
    crls = _streams((own, "/CRL"), (store, "/CRLs"), purpose=DecodePurpose.CRL, limit=_MAX_LIST)
    return Store(
        certificates=tuple(_readable(_first(certificates, MAX_CERTIFICATES))),
        ocsp=_first(ocsp, MAX_ANSWERS),
        crls=_first(crls, MAX_LISTS),
    )


def _own_part(store: Any, contents: bytes) -> Any:
    """The entry for this signature, found by the digest that the format prescribes, SHA-1."""
    name = "/" + hashlib.sha1(contents, usedforsecurity=False).hexdigest().upper()
    entries = member(store, "/VRI", {})
    return member(entries, name, {})


def _streams(*places: tuple[Any, str], purpose: DecodePurpose, limit: int) -> Iterator[bytes]:
    for dictionary, key in places:
        for item in islice(member(dictionary, key, ()), _MAX_LOOKED_AT):
            data = item.get_object().read_data(purpose)
            if len(data) <= limit:
                yield bytes(data)


def _first(values: Iterator[bytes], count: int) -> tuple[bytes, ...]:
    found: dict[bytes, None] = {}
    for value in values:
        found[value] = None
        if len(found) == count:
            break
    return tuple(found)


def _readable(encoded: tuple[bytes, ...]) -> Iterator[Certificate]:
    for der in encoded:
        try:
            yield read_certificate(der)
        except Fault:
            continue  # a hint that cannot be read helps nobody, and harms nobody
