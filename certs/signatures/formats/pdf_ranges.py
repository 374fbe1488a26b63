"""Which bytes of a PDF a signature covers: from the first one on, but for one gap that holds its own value.

The two ranges must leave out exactly the hexadecimal string of ``/Contents`` of the very dictionary that names them
(ISO 32000-2 §12.8.1); anything else is a place where content could hide.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from certs.trust.content import digest_of
from certs.trust.errors import Fault, RefusalCode, Refused
from certs.trust.reasons import Reason

_RANGES: Final = 4
_HEXADECIMAL: Final = re.compile(rb"<([0-9A-Fa-f]*)>")


@dataclass(frozen=True, slots=True, repr=False)
class RangesContent:
    """The covered bytes of a document, never copied but to be read whole."""

    data: bytes
    gap_start: int
    gap_end: int
    end: int

    @property
    def size(self) -> int:
        """Bytes that are covered."""
        return self.gap_start + self.end - self.gap_end

    def digest(self, algorithm: str, prefix: bytes = b"") -> bytes:
        """Digest ``prefix`` and both ranges."""
        view = memoryview(self.data)
        pieces = (memoryview(prefix), view[: self.gap_start], view[self.gap_end : self.end])
        return digest_of(algorithm, pieces)  # type: ignore[arg-type]  # every hasher takes a view as it takes bytes

    def read(self, limit: int) -> bytes:
        """The covered bytes in one piece, unless there are more than ``limit``."""
        if self.size > limit:
            raise Refused(RefusalCode.SIZE, "the content is larger than this signature's algorithm can take")
        return self.data[: self.gap_start] + self.data[self.gap_end : self.end]

    @property
    def covers_everything(self) -> bool:
        """Whether nothing stands behind the second range."""
        return self.end == len(self.data)


def read_ranges(data: bytes, ranges: Sequence[object], contents: bytes, dictionary_at: int) -> RangesContent:
    """Check ``/ByteRange`` against the file and against the dictionary that stands at ``dictionary_at``."""
    if len(ranges) != _RANGES:
        raise Fault(Reason.PDF_RANGES)
    numbers = [int(number) for number in ranges if isinstance(number, int) and number >= 0]
    if len(numbers) != _RANGES:
        raise Fault(Reason.PDF_RANGES)
    start, gap_start, gap_end, length = numbers
    end = gap_end + length
    if start != 0 or not 0 < gap_start < gap_end < end <= len(data):
        raise Fault(Reason.PDF_RANGES)
    match = _HEXADECIMAL.fullmatch(data, gap_start, gap_end)
    if match is None or len(match[1]) % 2 or bytes.fromhex(match[1].decode("ascii")) != contents:
        raise Fault(Reason.PDF_RANGES)
    # The gap must be that of this dictionary: a second one elsewhere with the same value would be a hiding place.
    if not dictionary_at < gap_start or data.find(b"endobj", dictionary_at, gap_start) != -1:
        raise Fault(Reason.PDF_RANGES)
    return RangesContent(data, gap_start, gap_end, end)
