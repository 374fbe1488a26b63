"""The signature dictionaries of a PDF, in the order of its revisions, each with the bytes that it claims to cover.

Only dictionaries that a field of the form names count (ISO 32000-2 §12.7.5.5); a dictionary must be an object of its
own in the file, so that it can be said in which revision it was written.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final, cast

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.misc import PdfReadError
from pyhanko.pdf_utils.reader import process_data_at_eof
from pyhanko.sign.fields import enumerate_sig_fields

from certs.signatures.formats.pdf_limits import Reader, member
from certs.signatures.formats.pdf_ranges import RangesContent, read_ranges
from certs.trust.errors import Fault, RefusalCode, Refused
from certs.trust.fence import fence
from certs.trust.reasons import Reason

MAX_SIGNATURES: Final = 16
_SEAL_MARKS: Final = ("gm", "ses", "gb", "seal")
_SEAL_HEADER: Final = b"\x16\x02ES"
"""The IA5String that GB/T 38540 opens a seal's header with."""
_SEAL_HEADER_WITHIN: Final = 64


@dataclass(frozen=True, slots=True, repr=False)
class SignatureField:
    """One filled signature field; ``content`` is `None` where the ranges are not what they have to be."""

    dictionary: Any
    field: Any
    name: str
    sub_filter: str
    contents: bytes
    revision: int
    content: RangesContent | None


def read_fields(reader: Reader, data: bytes) -> tuple[SignatureField, ...]:
    """Find every filled signature field, the earliest revision first."""
    with fence(Reason.FORMAT_FAILURE):
        found: dict[Any, SignatureField] = {}
        for name, _value, reference in enumerate_sig_fields(reader, filled_status=True):
            if len(found) >= MAX_SIGNATURES:
                raise Refused(RefusalCode.SIZE, "the document has more signatures than are looked at")
            field = _read_field(reader, data, str(name), reference.get_object())
            found[field.dictionary.container_ref] = field
        return tuple(
            sorted(found.values(), key=lambda each: (each.revision, -1 if each.content is None else each.content.end))
        )


def _read_field(reader: Reader, data: bytes, name: str, field: Any) -> SignatureField:
    value = field.raw_get("/V")
    if not isinstance(value, generic.IndirectObject):
        raise Fault(Reason.FORMAT_FAILURE)
    dictionary: Any = cast("Any", value).get_object()
    sub_filter = str(member(dictionary, "/SubFilter", ""))
    contents = _contents(dictionary)
    _refuse_seal(str(member(dictionary, "/Filter", "")), sub_filter, contents)
    return SignatureField(
        dictionary=dictionary,
        field=field,
        name=name,
        sub_filter=sub_filter,
        contents=contents,
        revision=reader.xrefs.get_last_change(value.reference),
        content=_content(reader, data, value.reference, dictionary),
    )


def _contents(dictionary: Any) -> bytes:
    return bytes(dictionary.raw_get("/Contents", decrypt=generic.EncryptedObjAccess.RAW).original_bytes)


def _refuse_seal(filter_name: str, sub_filter: str, contents: bytes) -> None:
    words = (filter_name.lstrip("/").lower(), sub_filter.lstrip("/").lower())
    by_name = any(word.startswith(mark) for word in words for mark in _SEAL_MARKS)
    if by_name or _SEAL_HEADER in contents[:_SEAL_HEADER_WITHIN]:
        raise Refused(RefusalCode.UNSUPPORTED, "electronic seals (GB/T 38540) are not judged")


def _content(reader: Reader, data: bytes, reference: generic.Reference, dictionary: Any) -> RangesContent | None:
    revision = reader.xrefs.get_last_change(reference)
    location = reader.xrefs.get_historical_ref(reference, revision)
    if not isinstance(location, int):
        return None  # inside a compressed object there is no gap
    try:
        with fence(Reason.PDF_RANGES):
            content = read_ranges(data, list(dictionary["/ByteRange"]), _contents(dictionary), location)
            return content if _is_whole_revision(reader, content, revision) else None
    except Fault:
        return None


def _is_whole_revision(reader: Reader, content: RangesContent, revision: int) -> bool:
    """Whether the ranges end with the very revision that the dictionary was written in, its table included."""
    if content.covers_everything:
        return revision == reader.total_revisions - 1
    stream = reader.stream
    stream.seek(content.end)
    try:
        stated = process_data_at_eof(stream)
    except PdfReadError:
        return False
    if stated != reader.xrefs.get_startxref_for_revision(revision):
        return False
    return all(end <= content.end for end in _table_ends(reader, revision))


def _table_ends(reader: Reader, revision: int) -> Iterator[int]:
    for number in range(revision + 1):
        yield reader.xrefs.get_xref_container_info(number).end_location
