"""The signed part of a certificate, field by field, with nothing believed and nothing left over (RFC 5280 §4.1)."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from certs.trust import der
from certs.trust.errors import Fault
from certs.trust.reasons import Reason

MAX_EXTENSIONS: Final = 40
MAX_SERIAL: Final = 20
"""Bytes (RFC 5280 §4.1.2.2)."""

_VERSION: Final = 0xA0
_ISSUER_UNIQUE_ID: Final = 0x81
_SUBJECT_UNIQUE_ID: Final = 0x82
_EXTENSIONS: Final = 0xA3
_VERSION_3: Final = b"\x02\x01\x02"
_FIELDS: Final = 7
"""From the version to the key."""
_TRUE: Final = b"\x01\x01\xff"
_CENTURY: Final = 50
_UTC_LENGTH: Final = 13
_GENERALIZED_LENGTH: Final = 15

Extension = tuple[str, bool, bytes]
"""Object identifier, whether it is critical, value."""


@dataclass(frozen=True, slots=True, repr=False)
class Body:
    """A TBSCertificate of version 3; names, key and algorithm as they are encoded."""

    serial: int
    algorithm: bytes
    issuer: bytes
    not_before: datetime
    not_after: datetime
    subject: bytes
    spki: bytes
    extensions: tuple[Extension, ...]


def read_body(encoded: bytes, tbs: der.Element) -> Body:
    """Read the fields in their order; called behind a fence."""
    if tbs.tag != der.SEQUENCE:
        raise der.DerError
    parts = der.children(encoded, tbs, _FIELDS + 3)
    # A certificate of version 1 or 2 has no constraints, so it could pass for an authority.
    if not parts or parts[0].tag != _VERSION or encoded[parts[0].content : parts[0].end] != _VERSION_3:
        raise Fault(Reason.CERTIFICATE_VERSION)
    if len(parts) < _FIELDS or any(part.tag != der.SEQUENCE for part in parts[2:_FIELDS]):
        raise der.DerError
    _version, serial, algorithm, issuer, validity, subject, spki = parts[:_FIELDS]
    if issuer.content == issuer.end:  # RFC 5280 §4.1.2.4: never empty
        raise der.DerError
    starts, ends = der.children(encoded, validity, 2)
    return Body(
        serial=_serial(encoded, serial),
        algorithm=encoded[algorithm.start : algorithm.end],
        issuer=encoded[issuer.start : issuer.end],
        not_before=_moment(encoded, starts),
        not_after=_moment(encoded, ends),
        subject=encoded[subject.start : subject.end],
        spki=encoded[spki.start : spki.end],
        extensions=_extensions(encoded, parts[_FIELDS:]),
    )


def _serial(encoded: bytes, value: der.Element) -> int:
    if value.tag != der.INTEGER:
        raise der.DerError
    if value.end - value.content > MAX_SERIAL:
        raise Fault(Reason.CERTIFICATE_SERIAL)
    serial = der.integer(encoded, value)
    if serial <= 0:
        raise Fault(Reason.CERTIFICATE_SERIAL)
    return serial


def _moment(encoded: bytes, value: der.Element) -> datetime:
    """RFC 5280 §4.1.2.5: seconds and ``Z``, no fractions, no offsets."""
    text = encoded[value.content : value.end].decode("ascii")
    if value.tag == der.UTC_TIME and len(text) == _UTC_LENGTH:
        text = ("19" if int(text[:2]) >= _CENTURY else "20") + text
    elif value.tag != der.GENERALIZED_TIME:
        raise der.DerError
    # `fromisoformat` is fast and takes many spellings; what reaches it here has one.
    if len(text) != _GENERALIZED_LENGTH or text[-1] != "Z" or not text[:-1].isdigit() or text[8:10] > "23":
        raise der.DerError
    return datetime.fromisoformat(f"{text[:8]}T{text[8:]}")


def _extensions(encoded: bytes, rest: list[der.Element]) -> tuple[Extension, ...]:
    tags = [part.tag for part in rest]
    if tags != [tag for tag in (_ISSUER_UNIQUE_ID, _SUBJECT_UNIQUE_ID, _EXTENSIONS) if tag in tags]:
        raise der.DerError
    if _EXTENSIONS not in tags:
        return ()
    listed = der.expect(encoded, rest[-1].content, rest[-1].end, der.SEQUENCE)
    if listed.end != rest[-1].end or listed.end == listed.content:
        raise der.DerError
    # One more than are allowed is enough to know.
    parts = der.children(encoded, listed)
    if len(parts) > MAX_EXTENSIONS:
        raise Fault(Reason.CERTIFICATE_EXTENSIONS_TOO_MANY)
    found = tuple(_extension(encoded, part) for part in parts)
    if len({oid for oid, _, _ in found}) != len(found):
        # Two readers take two different ones of a doubled extension.
        raise Fault(Reason.CERTIFICATE_EXTENSION_DOUBLED)
    return found


def _extension(encoded: bytes, part: der.Element) -> Extension:
    kind, *flag, value = der.children(encoded, part, 3)
    if (part.tag, kind.tag, value.tag) != (der.SEQUENCE, der.OBJECT_IDENTIFIER, der.OCTET_STRING):
        raise der.DerError
    critical = bool(flag)
    if critical and encoded[flag[0].start : flag[0].end] != _TRUE:  # FALSE is the default and not written
        raise der.DerError
    return der.dotted(encoded[kind.content : kind.end]), critical, encoded[value.content : value.end]
