"""Attributes of a signer: read whole, and checked to be in the one spelling that may be signed (RFC 5652 §5.3).

Whoever signs attributes signs their distinguished encoding. Attributes in another spelling, out of order or given
twice are read differently by different readers, so they are a finding even if the arithmetic agrees.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from certs.signatures.formats import cms_names
from certs.signatures.formats.cms_encoding import Encoding
from certs.signatures.formats.cms_fields import Fields, part
from certs.trust import der

SIGNED: Final = 0xA0
UNSIGNED: Final = 0xA1

_CONSTRUCTED: Final = 0x20
_BOOLEANS: Final = frozenset({b"\x00", b"\xff"})
_STRINGS_IN_PIECES: Final = frozenset(tag | _CONSTRUCTED for tag in (0x03, 0x04, 0x0C, 0x12, 0x13, 0x16, 0x1E))
_CENTURY: Final = 50


@dataclass(frozen=True, slots=True, repr=False)
class Attributes:
    """The attributes of one signer by type; values are whole, with their heads."""

    values: Mapping[str, tuple[bytes, ...]]
    encoded: bytes
    """As a SET: what a signature over signed attributes is over."""
    is_distinguished: bool
    doubled: frozenset[str]
    """Types that stand there twice, or have several values where there may be one."""

    def one(self, kind: str) -> bytes | None:
        """The value of an attribute that has one."""
        found = self.values.get(kind, ())
        return found[0] if len(found) == 1 else None


def read_attributes(encoding: Encoding, element: der.Element) -> Attributes:
    """Read a set of attributes, signed or unsigned."""
    data = encoding.data
    values: dict[str, tuple[bytes, ...]] = {}
    doubled: set[str] = set()
    for member in der.children(data, element):
        fields = Fields(data, member)
        kind = fields.oid()
        found = fields.take(der.SET)
        fields.finish()
        if kind in values:
            doubled.add(kind)
        values[kind] = values.get(kind, ()) + tuple(part(data, value) for value in der.children(data, found))
        if kind in cms_names.SINGLE and len(values[kind]) > 1:
            doubled.add(kind)
    encoded = bytes((der.SET,)) + data[element.start + 1 : element.end]
    is_distinguished = not encoding.was_respelt(element) and _is_distinguished(encoded)
    return Attributes(values, encoded, is_distinguished, frozenset(doubled))


def looks_like_attributes(content: bytes) -> bool:
    """Whether content is the encoding of signed attributes.

    A signature over attributes is one over their bytes: without its attributes, a message could show them as what
    was signed.
    """
    try:
        attributes = read_attributes(Encoding(content), der.whole(content, der.SET))
    except (der.DerError, ValueError):
        return False
    return cms_names.MESSAGE_DIGEST in attributes.values and cms_names.CONTENT_TYPE in attributes.values


def _is_distinguished(encoded: bytes) -> bool:
    waiting = [der.whole(encoded, der.SET)]
    while waiting:
        value = waiting.pop()
        if not value.tag & _CONSTRUCTED:
            if not _is_primitive_distinguished(encoded, value):
                return False
            continue
        members = der.children(encoded, value)
        if value.tag in _STRINGS_IN_PIECES or (value.tag == der.SET and not _is_sorted(encoded, members)):
            return False
        waiting.extend(members)
    return True


def _is_sorted(encoded: bytes, members: list[der.Element]) -> bool:
    """Whether the members of a SET OF stand in the order of their encodings (X.690 §11.6)."""
    spellings = [part(encoded, member) for member in members]
    return spellings == sorted(spellings)


def _is_primitive_distinguished(encoded: bytes, value: der.Element) -> bool:
    content = encoded[value.content : value.end]
    if value.tag == der.BOOLEAN:
        return content in _BOOLEANS
    if value.tag == der.INTEGER:
        der.integer(encoded, value)
    return True


def read_time(value: bytes) -> datetime:
    """Read a Time: years before 2050 in two digits, others in four, in UTC and without fractions (RFC 5652 §11.3)."""
    found = der.element(value, 0, len(value))
    text = value[found.content : found.end].decode("ascii")
    if found.end != len(value) or found.tag not in {der.UTC_TIME, der.GENERALIZED_TIME} or not text.endswith("Z"):
        raise der.DerError
    if found.tag == der.UTC_TIME:
        text = ("19" if int(text[:2]) >= _CENTURY else "20") + text
    if len(text) != len("YYYYMMDDHHMMSSZ") or not text[:-1].isdigit():
        raise der.DerError
    month, day, hour, minute, second = (int(text[at : at + 2]) for at in range(4, 14, 2))
    return datetime(int(text[:4]), month, day, hour, minute, second, tzinfo=UTC)
