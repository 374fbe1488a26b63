"""Names of people and authorities in certificates, as text that is safe to show (RFC 4514, RFC 5280 §4.1.2.4).

A name is somebody else's text on our screen: what turns the line around, hides, or ends a string is written as its
code point and cannot do so. Comparing is done on the encoded bytes and not here.
"""

import unicodedata
from functools import lru_cache
from typing import Final

from certs.trust import der, oids
from certs.trust.errors import Fault
from certs.trust.fence import fence
from certs.trust.reasons import Reason

MAX_ATTRIBUTES: Final = 64

_ENCODINGS: Final = {
    0x0C: "utf-8",  # UTF8String
    0x12: "ascii",  # NumericString
    0x13: "ascii",  # PrintableString
    0x14: "latin-1",  # TeletexString, as everybody uses it
    0x16: "ascii",  # IA5String
    0x1A: "ascii",  # VisibleString
    0x1C: "utf-32-be",  # UniversalString
    0x1E: "utf-16-be",  # BMPString
}
_SPECIAL: Final = frozenset('"+,;<>\\')
_HIDDEN: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})

Attribute = tuple[str, str]
"""A type as RFC 4514 spells it, or its object identifier; and the text."""


@lru_cache(maxsize=1_024)
def read_name(name: bytes) -> tuple[tuple[Attribute, ...], ...]:
    """The relative names in the order of the encoding, each with its attributes."""
    with fence(Reason.CERTIFICATE_MALFORMED):
        parts = der.children(name, der.whole(name, der.SEQUENCE), MAX_ATTRIBUTES)
        found = tuple(_relative(name, part) for part in parts)
    if sum(map(len, found)) > MAX_ATTRIBUTES:
        raise Fault(Reason.CERTIFICATE_MALFORMED)
    return found


@lru_cache(maxsize=1_024)
def attributes(name: bytes) -> tuple[Attribute, ...]:
    """Every attribute in the order of the encoding."""
    return tuple(attribute for relative in read_name(name) for attribute in relative)


@lru_cache(maxsize=1_024)
def display(name: bytes) -> str:
    """Write an encoded name as text, most particular first (RFC 4514 §2)."""
    return ",".join("+".join(f"{kind}={escape(text)}" for kind, text in part) for part in reversed(read_name(name)))


def escape(text: str) -> str:
    """Write a value so that it can neither end the name nor steer the line it is shown on (RFC 4514 §2.4)."""
    if text.isascii() and text.isprintable() and _SPECIAL.isdisjoint(text) and text.strip(" ") == text:
        return text if not text.startswith("#") else f"\\{text}"
    last = len(text) - 1
    return "".join(_escaped(character, at, last) for at, character in enumerate(text))


def _escaped(character: str, at: int, last: int) -> str:
    if character in _SPECIAL or (character == "#" and at == 0) or (character == " " and at in {0, last}):
        return f"\\{character}"
    if unicodedata.category(character) in _HIDDEN:
        return "".join(f"\\{byte:02X}" for byte in character.encode("utf-8", "surrogatepass"))
    return character


def _relative(name: bytes, part: der.Element) -> tuple[Attribute, ...]:
    if part.tag != der.SET or part.content == part.end:
        raise der.DerError
    return tuple(_attribute(name, child) for child in der.children(name, part, MAX_ATTRIBUTES))


def _attribute(name: bytes, pair: der.Element) -> Attribute:
    kind, value = der.children(name, pair, 2)
    if pair.tag != der.SEQUENCE or kind.tag != der.OBJECT_IDENTIFIER:
        raise der.DerError
    oid = der.dotted(name[kind.content : kind.end])
    content = name[value.content : value.end]
    encoding = _ENCODINGS.get(value.tag)
    # RFC 4514 §2.4: a value that is no text is shown as its encoding.
    text = f"#{name[value.start : value.end].hex()}" if encoding is None else content.decode(encoding)
    return oids.ATTRIBUTES.get(oid, oid), text
