"""A rule for the difference analysis: the document's metadata may be written anew, and no XML is parsed for that.

The library's own rule parses the packet to see that it is one; here its shape is looked at and nothing more (attack
SG-13). What matters is that the object is reached as metadata only, which the analysis checks, and that a reader which
repairs broken files finds no objects inside.
"""

from collections.abc import Iterable
from typing import Any, Final

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.decode_limits import DecodePurpose
from pyhanko.pdf_utils.reader import HistoricalResolver
from pyhanko.sign.diff_analysis import MetadataUpdateRule, ReferenceUpdate, WhitelistRule

_OPENINGS: Final = (b"<?xpacket", b"<x:xmpmeta", b"<?xml")
_MARK: Final = b"adobe:ns:meta/"
_HIDING_PLACES: Final = (b"<!DOCTYPE", b"<!ENTITY", b"endstream", b"endobj", b"startxref", b"trailer")
_UPDATE: Final[WhitelistRule] = MetadataUpdateRule(check_xml_syntax=False)  # type: ignore[no-untyped-call]


class MetadataRule(WhitelistRule):
    """Explains another packet of metadata, if both the old and the new one look like one."""

    def apply(self, old: HistoricalResolver, new: HistoricalResolver) -> Iterable[ReferenceUpdate]:
        """Yield what is explained when one revision is compared with the next."""
        before, after = _packet(old), _packet(new)
        if _looks_like_a_packet(after) and (before is None or _looks_like_a_packet(before)):
            yield from _UPDATE.apply(old, new)


def _packet(revision: HistoricalResolver) -> Any:
    """The metadata's plain stream: looking it up by its name would hand it to the library's XML reader."""
    root = revision.root
    return root.raw_get("/Metadata").get_object() if "/Metadata" in root else None


def _looks_like_a_packet(value: Any) -> bool:
    if not isinstance(value, generic.StreamObject):
        return False
    data = bytes(value.read_data(DecodePurpose.XMP_METADATA)).lstrip(b"\xef\xbb\xbf \t\r\n")
    return data.startswith(_OPENINGS) and _MARK in data and not any(mark in data for mark in _HIDING_PLACES)
