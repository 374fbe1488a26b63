"""A writer of DER for the simulated authorities (X.690): small, and free to write what no library would.

Certificates, answers and messages of the sandbox are put together by hand, so that a malformed one is as easy to make
as a good one, and no reader of the gateway is tested with its own writer.
"""

from datetime import datetime
from functools import cache
from typing import Final

NULL: Final = b"\x05\x00"


def tlv(tag: int, content: bytes) -> bytes:
    """One value with its tag and its length in the shortest form."""
    length = len(content)
    if length < 0x80:
        return bytes((tag, length)) + content
    size = length.to_bytes((length.bit_length() + 7) // 8, "big")
    return bytes((tag, 0x80 | len(size))) + size + content


def seq(*parts: bytes) -> bytes:
    """A SEQUENCE of encoded parts, in the order given."""
    return tlv(0x30, b"".join(parts))


def set_of(*parts: bytes, ordered: bool = True) -> bytes:
    """A SET OF; DER sorts it by encoding (X.690 §11.6), a spoilt one keeps the order given."""
    return tlv(0x31, b"".join(sorted(parts) if ordered else parts))


def explicit(number: int, content: bytes) -> bytes:
    """A constructed context tag around an encoded value."""
    return tlv(0xA0 | number, content)


def implicit(number: int, content: bytes) -> bytes:
    """A primitive context tag in the place of a universal one."""
    return tlv(0x80 | number, content)


def retag(number: int, encoded: bytes) -> bytes:
    """An encoded SEQUENCE or SET under a constructed context tag in the place of its own."""
    return bytes((0xA0 | number,)) + encoded[1:]


def integer(value: int) -> bytes:
    """An INTEGER, negative ones too."""
    length = (value.bit_length() // 8) + 1 if value >= 0 else ((value + 1).bit_length() // 8) + 1
    return tlv(0x02, value.to_bytes(length, "big", signed=True))


def enumerated(value: int) -> bytes:
    """An ENUMERATED."""
    return tlv(0x0A, bytes((value,)))


def boolean(value: bool) -> bytes:  # noqa: FBT001 - the value is all there is
    """A BOOLEAN."""
    return tlv(0x01, b"\xff" if value else b"\x00")


def octets(value: bytes) -> bytes:
    """An OCTET STRING."""
    return tlv(0x04, value)


def bits(value: bytes, unused: int = 0) -> bytes:
    """A BIT STRING of whole bytes, but for `unused` bits of the last one."""
    return tlv(0x03, bytes((unused,)) + value)


@cache
def oid(dotted: str) -> bytes:
    """An OBJECT IDENTIFIER (X.690 §8.19)."""
    first, second, *rest = (int(node) for node in dotted.split("."))
    return tlv(0x06, b"".join(_base128(node) for node in (first * 40 + second, *rest)))


def _base128(node: int) -> bytes:
    groups = [node & 0x7F]
    while node := node >> 7:
        groups.append(0x80 | node & 0x7F)
    return bytes(reversed(groups))


def utf8(text: str) -> bytes:
    """An UTF8String."""
    return tlv(0x0C, text.encode())


def printable(text: str) -> bytes:
    """A PrintableString."""
    return tlv(0x13, text.encode("ascii"))


def ia5(text: str) -> bytes:
    """An IA5String."""
    return tlv(0x16, text.encode("ascii"))


def generalized_time(moment: datetime) -> bytes:
    """A GeneralizedTime to the second, in UTC (RFC 5280 §4.1.2.5.2)."""
    return tlv(0x18, moment.strftime("%Y%m%d%H%M%SZ").encode("ascii"))


def time(moment: datetime) -> bytes:
    """UTCTime through 2049, GeneralizedTime after it (RFC 5280 §4.1.2.5)."""
    if moment.year < 2050:
        return tlv(0x17, moment.strftime("%y%m%d%H%M%SZ").encode("ascii"))
    return generalized_time(moment)


def named_bits(numbers: tuple[int, ...]) -> bytes:
    """A BIT STRING of named bits, without trailing zeroes (X.690 §11.2.2)."""
    if not numbers:
        return bits(b"")
    width = max(numbers) + 1
    value = sum(1 << (-(-width // 8) * 8 - 1 - number) for number in numbers)
    return bits(value.to_bytes(-(-width // 8), "big"), -width % 8)


def pair(r: int, s: int) -> bytes:
    """A signature of two integers (RFC 3279 §2.2.3, GM/T 0009 §7.3)."""
    return seq(integer(r), integer(s))
