"""The gate before a message is read: how large, how deep, how many values, and one spelling for all (X.690 §8, §10).

Signers may write the outer parts of a message in the basic encoding (RFC 5652 §5.1), in which one value has many
spellings; here it is spelt anew in the distinguished one, within the same limits, so that only one reader is needed.
Where that happened is remembered, because signed attributes must have been distinguished from the beginning.
"""

from dataclasses import dataclass
from typing import Final

from certs.trust import der
from certs.trust.errors import RefusalCode, Refused

MAX_MESSAGE: Final = 1_048_576
MAX_DEPTH: Final = 32
MAX_VALUES: Final = 100_000
MAX_RESPELT: Final = 20_000
"""Values of a message in the basic encoding: spelling one anew costs more than reading it."""

_CONSTRUCTED: Final = 0x20
_LONG: Final = 0x80
_MULTIBYTE_TAG: Final = 0x1F
_LENGTH_BYTES: Final = 4
_OCTET_STRING_IN_PIECES: Final = der.OCTET_STRING | _CONSTRUCTED
_NOWHERE: Final[tuple[int, ...]] = ()


@dataclass(frozen=True, slots=True, repr=False)
class Encoding:
    """A message whose heads are all distinguished, and where they were not before."""

    data: bytes
    respelt: tuple[int, ...] = ()

    def was_respelt(self, part: der.Element) -> bool:
        """Whether something inside ``part`` came in another spelling."""
        return any(part.start <= place < part.end for place in self.respelt)


def gate(data: bytes, *, padded: bool = False) -> Encoding:
    """Let one whole value in; ``padded`` allows zeros behind it, as in the gap of a PDF."""
    if len(data) > MAX_MESSAGE:
        raise Refused(RefusalCode.SIZE, "the message is larger than 1 MB")
    end, is_plain, count = _measure(data)
    if data[end:] if not padded else data[end:].strip(b"\0"):
        raise der.DerError
    if is_plain:
        return Encoding(data[:end] if end < len(data) else data)
    if count > MAX_RESPELT:
        raise Refused(RefusalCode.SIZE, "the message has too many parts for its encoding")
    content, _, places = _spelt(data, 0, end)
    return Encoding(content, places)


def _measure(data: bytes) -> tuple[int, bool, int]:  # noqa: C901 - calls would double the time of every message
    """Walk over every head without recursion: where the first value ends, whether it is distinguished, how many."""
    position, count, is_plain = 0, 0, True
    limit, is_open = len(data), False  # of the value we are inside of; an open one ends with a mark
    around: list[tuple[int, bool]] = []
    while around or not count:
        count += 1
        if position + 2 > limit:
            raise der.DerError
        tag, length = data[position], data[position + 1]
        position += 2
        if tag & _MULTIBYTE_TAG == _MULTIBYTE_TAG or (length == _LONG and not tag & _CONSTRUCTED):
            raise der.DerError
        if is_open and not tag and not length:
            limit, is_open = around.pop()
        elif length == _LONG:
            is_plain = False
            around.append((limit, is_open))
            is_open = True
        else:
            if length > _LONG:
                length, position, is_shortest = _long_length(data, position, length - _LONG)
                is_plain = is_plain and is_shortest
            if position + length > limit:
                raise der.DerError
            if tag & _CONSTRUCTED:
                is_plain = is_plain and tag != _OCTET_STRING_IN_PIECES
                around.append((limit, is_open))
                limit, is_open = position + length, False
            else:
                position += length
        if len(around) > MAX_DEPTH or count > MAX_VALUES:
            raise Refused(RefusalCode.SIZE, "the message is nested too deeply or has too many parts")
        while position == limit and around and not is_open:
            limit, is_open = around.pop()
    return position, is_plain, count


def _long_length(data: bytes, position: int, width: int) -> tuple[int, int, bool]:
    """A length in ``width`` bytes, where it is over, and whether there is no shorter spelling of it."""
    if not 0 < width <= _LENGTH_BYTES:
        raise der.DerError
    length = int.from_bytes(data[position : position + width], "big")
    return length, position + width, length >= _LONG and length >> 8 * (width - 1) != 0


def _spelt(data: bytes, start: int, limit: int) -> tuple[bytes, int, tuple[int, ...]]:
    """Spell the value at ``start`` anew: its bytes, where it ended, and the places in those bytes that changed.

    Measured before, so depth and lengths are within bounds.
    """
    tag, length, position = data[start], data[start + 1], start + 2
    is_open = length == _LONG
    if length > _LONG:
        width = length - _LONG
        length = int.from_bytes(data[position : position + width], "big")
        position += width
    end = limit if is_open else position + length
    content, inner = data[position:end], _NOWHERE
    if tag & _CONSTRUCTED:
        content, inner, end = _inside(data, position, end, is_open=is_open, in_pieces=tag == _OCTET_STRING_IN_PIECES)
        tag = der.OCTET_STRING if tag == _OCTET_STRING_IN_PIECES else tag
    value = der.wrap(tag, content)
    head = len(value) - len(content)
    changed = (0,) if value[:head] != data[start:position] else _NOWHERE
    return value, end, changed + tuple(head + place for place in inner)


def _inside(
    data: bytes, position: int, limit: int, *, is_open: bool, in_pieces: bool
) -> tuple[bytes, tuple[int, ...], int]:
    parts: list[bytes] = []
    places: list[int] = []
    size = 0
    while position < limit and not (is_open and data[position : position + 2] == b"\0\0"):
        part, position, changed = _spelt(data, position, limit)
        if in_pieces:
            part, changed = _piece(part), _NOWHERE
        parts.append(part)
        places.extend(size + place for place in changed)
        size += len(part)
    return b"".join(parts), tuple(places), position + 2 if is_open else position


def _piece(part: bytes) -> bytes:
    found = der.whole(part, der.OCTET_STRING)
    return part[found.content :]
