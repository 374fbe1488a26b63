"""A PDF reader that cannot be made to work for ever: sizes, objects, revisions and decompression are bounded.

pyHanko reads the file; it is handed a budget for entries of cross-reference sections (an entry may cost no byte at
all), for looked-up objects (paths through a document can be exponentially many) and for decompressed bytes. What it
logs quotes documents, so its loggers are silent.
"""

import logging
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from dataclasses import dataclass
from io import BytesIO
from typing import Any, Final

from pyhanko.pdf_utils import generic, xref
from pyhanko.pdf_utils.decode_limits import DecodeLimits, DocumentDecodeBudget, StreamDecodeLimits
from pyhanko.pdf_utils.reader import HistoricalResolver, PdfFileReader

from certs.trust.errors import Fault, RefusalCode, Refused
from certs.trust.fence import fence
from certs.trust.reasons import Reason

MAX_PDF: Final = 67_108_864
MAX_OBJECTS: Final = 100_000
MAX_REVISIONS: Final = 64
LOOKUPS: Final = 5_000
LOOKUPS_FOR_EACH_OBJECT: Final = 8
"""Ways to an object that are followed on the average; documents of the world have two or three."""
MAX_DECODED: Final = 67_108_864
MAX_RATIO: Final = 100
_RATIO_FLOOR: Final = 1_048_576
_DOCUMENT_BUDGET: Final = 268_435_456
_HEADER: Final = b"%PDF-"

_LIMITS: Final = DecodeLimits(
    per_stream=StreamDecodeLimits(max_ratio=MAX_RATIO, ratio_floor=_RATIO_FLOOR, max_output_size=MAX_DECODED),
    document_budget=DocumentDecodeBudget(base_allowance=_DOCUMENT_BUDGET, max_ratio=4),
)

logging.getLogger("pyhanko").setLevel(logging.CRITICAL + 1)


@dataclass(slots=True)
class Budget:
    """What reading one document may still cost."""

    entries: int = MAX_OBJECTS
    sections: int = 2 * MAX_REVISIONS
    lookups: int = LOOKUPS

    def renew(self, times: int = 1) -> None:
        """Allow for so many passes over the whole document, and no more."""
        self.lookups = LOOKUPS + times * LOOKUPS_FOR_EACH_OBJECT * (MAX_OBJECTS - self.entries)

    def spend_lookup(self) -> None:
        """Count one object that is looked up."""
        self.lookups -= 1
        if self.lookups < 0:
            raise _too_large()


_ENTRIES: Final[ContextVar[Budget | None]] = ContextVar("entries", default=None)


def _counted(parse: Callable[..., Iterator[Any]]) -> Callable[..., Iterator[Any]]:
    def entries(*arguments: Any, **options: Any) -> Iterator[Any]:
        budget = _ENTRIES.get()
        if budget is None:
            yield from parse(*arguments, **options)
            return
        budget.sections -= 1
        for entry in parse(*arguments, **options):
            budget.entries -= 1
            if budget.entries < 0 or budget.sections < 0:
                raise _too_large()
            yield entry
        if budget.sections < 0:
            raise _too_large()

    return entries


# A section may announce 10^12 objects of width zero; the library would make them all before anybody could look.
xref.parse_xref_table = _counted(xref.parse_xref_table)
xref.parse_xref_stream = _counted(xref.parse_xref_stream)


class _Resolver(HistoricalResolver):
    """One revision, with a budget for looking objects up."""

    def __init__(self, reader: "Reader", revision: int) -> None:
        super().__init__(reader, revision)
        self._budget = reader.budget

    def get_object(self, ref: generic.Reference, *arguments: Any, **options: Any) -> Any:
        self._budget.spend_lookup()
        return super().get_object(ref, *arguments, **options)


class Reader(PdfFileReader):
    """A document in strict reading, whose revisions share one budget."""

    def __init__(self, stream: BytesIO) -> None:
        self.budget = Budget()
        self._revisions: dict[int, _Resolver] = {}
        token = _ENTRIES.set(self.budget)
        try:
            super().__init__(stream, strict=True, decode_limits=_LIMITS)
        finally:
            _ENTRIES.reset(token)
        self.budget.renew()

    def get_object(self, ref: generic.Reference, *arguments: Any, **options: Any) -> Any:
        """Look an object up, within the budget: fields may lead to fields along any number of ways."""
        self.budget.spend_lookup()
        return super().get_object(ref, *arguments, **options)  # type: ignore[no-untyped-call]

    def get_historical_resolver(self, revision: int) -> HistoricalResolver:
        """The document as it was in one revision, 0 being the first."""
        if revision not in self._revisions:
            self._revisions[revision] = _Resolver(self, revision)
        return self._revisions[revision]


def open_pdf(data: bytes) -> Reader:
    """Read the skeleton of a document, or refuse what is too large, encrypted, or built in a way we do not judge."""
    if len(data) > MAX_PDF:
        raise Refused(RefusalCode.SIZE, "the document is larger than 64 MB")
    if not data.startswith(_HEADER):
        raise Fault(Reason.FORMAT_FAILURE)
    with fence(Reason.FORMAT_FAILURE):
        reader = Reader(BytesIO(data))
        if "/Encrypt" in reader.trailer:
            raise Refused(RefusalCode.UNSUPPORTED, "encrypted documents are not judged")
        if reader.xrefs.hybrid_xrefs_present:
            raise Refused(RefusalCode.UNSUPPORTED, "documents with two tables of contents are not judged")
        if reader.total_revisions > MAX_REVISIONS:
            raise _too_large()
        reader.root  # noqa: B018 - without a catalogue there is no document
        return reader


def member(dictionary: Any, name: str, default: Any = None) -> Any:
    """A dictionary's value with its reference followed, which the library's ``get`` does not do."""
    try:
        return dictionary[name]
    except KeyError:
        return default


def _too_large() -> Refused:
    return Refused(RefusalCode.SIZE, "the document has more objects, revisions or links than are followed")
