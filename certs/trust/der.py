"""Distinguished encoding, read strictly: one spelling per value, short tags, definite and shortest lengths (X.690 §10).

Parsers for every day take sloppier bytes, and two readers of sloppy bytes see two certificates. This one reads heads
and hands out positions; whoever calls it stands behind a `fence`, so the error here carries nothing.
"""

from functools import lru_cache
from typing import Final, NamedTuple

BOOLEAN: Final = 0x01
INTEGER: Final = 0x02
BIT_STRING: Final = 0x03
OCTET_STRING: Final = 0x04
NULL: Final = 0x05
OBJECT_IDENTIFIER: Final = 0x06
UTC_TIME: Final = 0x17
GENERALIZED_TIME: Final = 0x18
SEQUENCE: Final = 0x30
SET: Final = 0x31

_LONG_TAG: Final = 0x1F
_LONG_LENGTH: Final = 0x80
_LENGTH_BYTES: Final = 4
_CONTINUED: Final = 0x80


class DerError(Exception):
    """Bytes are not what they should be; says no more, because somebody else's bytes are in question."""


class Element(NamedTuple):
    """One value: its tag, and where its head, its content and its end are."""

    tag: int
    start: int
    content: int
    end: int


def element(data: bytes, start: int, end: int) -> Element:
    """Read the head of the value that begins at ``start`` and must be over by ``end``."""
    content = start + 2
    if content > end:
        raise DerError
    tag, length = data[start], data[start + 1]
    if tag & _LONG_TAG == _LONG_TAG:
        raise DerError
    if length >= _LONG_LENGTH:
        count = length - _LONG_LENGTH
        content += count
        if not 0 < count <= _LENGTH_BYTES or content > end:
            raise DerError
        length = int.from_bytes(data[start + 2 : content], "big")
        if length < _LONG_LENGTH or length >> 8 * (count - 1) == 0:  # a shorter spelling exists
            raise DerError
    if length > end - content:
        raise DerError
    return Element(tag, start, content, content + length)


def whole(data: bytes, tag: int) -> Element:
    """Read bytes that are one value of ``tag``, with nothing behind it."""
    found = element(data, 0, len(data))
    if found.tag != tag or found.end != len(data):
        raise DerError
    return found


def expect(data: bytes, start: int, end: int, tag: int) -> Element:
    """Read the value at ``start``, which must have ``tag``."""
    found = element(data, start, end)
    if found.tag != tag:
        raise DerError
    return found


def children(data: bytes, parent: Element, limit: int = 1_024) -> list[Element]:
    """The values inside a constructed one, in order; more than ``limit`` are not counted but refused."""
    found: list[Element] = []
    position, end = parent.content, parent.end
    while position < end:
        if len(found) == limit:
            raise DerError
        child = element(data, position, end)
        found.append(child)
        position = child[3]
    return found


def integer(data: bytes, value: Element) -> int:
    """Read an INTEGER in its shortest spelling, negative ones too (X.690 §8.3.2)."""
    content = data[value.content : value.end]
    if value.tag != INTEGER or not content:
        raise DerError
    if len(content) > 1 and (content[0], content[1] >> 7) in {(0, 0), (0xFF, 1)}:
        raise DerError
    return int.from_bytes(content, "big", signed=True)


def whole_bits(data: bytes, value: Element) -> bytes:
    """Read a BIT STRING of whole bytes, as keys and signatures are."""
    if value.tag != BIT_STRING or value.end == value.content or data[value.content] != 0:
        raise DerError
    return data[value.content + 1 : value.end]


@lru_cache(maxsize=512)
def dotted(content: bytes) -> str:
    """Write an OBJECT IDENTIFIER's content as people do (X.690 §8.19); padded or cut-off arcs are refused."""
    if not content or content[-1] >= _CONTINUED:
        raise DerError
    arcs: list[int] = []
    value = 0
    fresh = True
    for byte in content:
        if fresh and byte == _CONTINUED:
            raise DerError
        value = value << 7 | byte & 0x7F
        fresh = byte < _CONTINUED
        if fresh:
            arcs.append(value)
            value = 0
    first = min(arcs[0] // 40, 2)
    return ".".join(map(str, (first, arcs[0] - 40 * first, *arcs[1:])))


def sequence(*parts: bytes) -> bytes:
    """Write a SEQUENCE of values that are already written."""
    return wrap(SEQUENCE, b"".join(parts))


def wrap(tag: int, content: bytes) -> bytes:
    """Write one value with the shortest length."""
    size = len(content)
    if size < _LONG_LENGTH:
        return bytes((tag, size)) + content
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes((tag, _LONG_LENGTH + len(length))) + length + content
