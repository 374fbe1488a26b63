"""Signed PDFs: PAdES and its forerunner with CMS (ETSI EN 319 142-1, ISO 32000-2 §12.8).

pyHanko reads the file and compares its revisions; the message inside a signature is read like any other, over the
bytes that the signature covers. No verdict of the library is used. Each signature is judged on the revision that it
signed, and what was done to the document afterwards is told class by class; document timestamps become timestamps of
the signatures that they cover.
"""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Final

from pyhanko.pdf_utils.generic import parse_pdf_date

from certs.signatures.formats.cms import read_cms
from certs.signatures.formats.pdf_changes import Change, Changes, review
from certs.signatures.formats.pdf_fields import SignatureField, read_fields
from certs.signatures.formats.pdf_limits import Reader, open_pdf
from certs.signatures.formats.pdf_permissions import read_permissions
from certs.signatures.formats.pdf_store import Store, read_store
from certs.signatures.signed import Covered, Finding, Format, SignedObject, TimestampToken
from certs.trust.errors import Fault
from certs.trust.fence import fence
from certs.trust.reasons import Reason

__all__ = ["read_pdf"]

_CADES: Final = "/ETSI.CAdES.detached"
_CMS: Final = "/adbe.pkcs7.detached"
_TIMESTAMP: Final = "/ETSI.RFC3161"
_SHA1: Final = {"/adbe.pkcs7.sha1": "adbe.pkcs7.sha1", "/adbe.x509.rsa_sha1": "adbe.x509.rsa_sha1"}
_MAX_TIMESTAMPS: Final = 8
_RANGES: Final = "PDF-RANGES"
_CHANGES: Final = "PDF-CHANGES"
_FORMAT: Final = "FORMAT"


def read_pdf(data: bytes) -> tuple[SignedObject, ...]:
    """Read every signature of a document, the earliest first; a document without one is a `Fault`."""
    reader = open_pdf(data)
    fields = read_fields(reader, data)
    signatures = [field for field in fields if field.sub_filter != _TIMESTAMP]
    if not signatures:
        raise Fault(Reason.NO_SIGNATURE)
    names = frozenset(field.name for field in fields)
    reviews = [_review(reader, field, names) for field in signatures]
    unsigned = _values_that_nobody_signed(signatures, reviews)
    found: list[SignedObject] = []
    for field, changes in zip(signatures, reviews, strict=True):
        judged = _hold_to_signatures(changes, unsigned)
        stamps = _timestamps(field, fields)
        found.extend(_read_signature(reader, field, judged, stamps))
    return tuple(found)


def _review(reader: Reader, field: SignatureField, names: frozenset[str]) -> Changes:
    """What was changed after this signature; without sound ranges nobody can tell."""
    if field.content is None:
        return Changes(Change.OTHER, Reason.PDF_CHANGED_AFTER_SIGNING)
    if field.content.covers_everything:
        return Changes(Change.NONE)
    tail = field.content.data[field.content.end :]
    if field.revision == reader.total_revisions - 1:
        harmless = not tail.strip()
        return Changes(Change.NONE) if harmless else Changes(Change.OTHER, Reason.PDF_CHANGED_AFTER_SIGNING)
    try:
        return review(reader, field.revision, read_permissions(field.dictionary, field.field), names)
    except Fault:
        return Changes(Change.OTHER, Reason.PDF_CHANGED_AFTER_SIGNING)


def _values_that_nobody_signed(signatures: list[SignatureField], reviews: list[Changes]) -> frozenset[str]:
    """Names of fields whose value was changed after the last sound signature."""
    sound = [changes for field, changes in zip(signatures, reviews, strict=True) if field.content is not None]
    return sound[-1].values if sound else frozenset()


def _hold_to_signatures(changes: Changes, unsigned: frozenset[str]) -> Changes:
    if changes.reason is None and changes.values & unsigned and not changes.permitted:
        return replace(changes, reason=Reason.PDF_CHANGED_AFTER_SIGNING)
    return changes


def _timestamps(field: SignatureField, fields: tuple[SignatureField, ...]) -> tuple[TimestampToken, ...]:
    """Document timestamps that cover the whole of this signature."""
    if field.content is None:
        return ()
    end = field.content.end
    covering = [
        TimestampToken(der=stamp.contents, imprinted=stamp.content, whole_document=True)
        for stamp in fields
        if stamp.sub_filter == _TIMESTAMP and stamp.content is not None and stamp.content.gap_start >= end
    ]
    return tuple(covering[:_MAX_TIMESTAMPS])


def _read_signature(
    reader: Reader, field: SignatureField, changes: Changes, stamps: tuple[TimestampToken, ...]
) -> tuple[SignedObject, ...]:
    findings = _findings(field, changes)
    told = () if changes.worst is Change.NONE else (changes.worst.value,)
    covers_everything = field.content is not None and field.content.covers_everything
    covered = Covered.ALL if covers_everything else Covered.RANGES
    store = read_store(reader, field.contents)
    claimed = _claimed_time(field.dictionary)
    return tuple(
        replace(
            signed,
            format=Format.PADES,
            level=_level(field, signed, stamps, store),
            hints=(*signed.hints, *store.certificates),
            ocsp=(*signed.ocsp, *store.ocsp),
            crls=(*signed.crls, *store.crls),
            timestamps=(*signed.timestamps, *stamps)[:_MAX_TIMESTAMPS],
            claimed_time=signed.claimed_time or claimed,
            covered=covered,
            changes=told,
            findings=(*signed.findings, *findings),
        )
        for signed in _read_message(field)
    )


def _read_message(field: SignatureField) -> tuple[SignedObject, ...]:
    """The message inside; one that cannot be read is a signature that does not hold, and others may."""
    if field.sub_filter in _SHA1:
        return (_unreadable(field, Reason.ALGORITHM_FORBIDDEN, _SHA1[field.sub_filter]),)
    if field.sub_filter not in {_CADES, _CMS}:
        return (_unreadable(field, Reason.ALGORITHM_UNSUPPORTED, "an encoding of signatures that is not known"),)
    try:
        with fence(Reason.FORMAT_FAILURE):
            return read_cms(field.contents, field.content, attached_expected=False, padded=True)
    except Fault as fault:
        return (_unreadable(field, fault.reason, ""),)


def _unreadable(field: SignatureField, reason: Reason, detail: str) -> SignedObject:
    return SignedObject(
        format=Format.PADES,
        level="PDF",
        algorithm=None,
        signature=b"",
        message=b"" if field.content is None else field.content,
        certificate=None,
        findings=(Finding(_FORMAT, reason, detail),),
    )


def _findings(field: SignatureField, changes: Changes) -> tuple[Finding, ...]:
    ranges = Finding(_RANGES, Reason.PDF_RANGES if field.content is None else None)
    if changes.worst is Change.NONE:
        return ranges, Finding(_CHANGES, changes.reason)
    return ranges, Finding(_CHANGES, changes.reason, f"later-changes: {changes.worst.value}")


def _level(field: SignatureField, signed: SignedObject, stamps: tuple[TimestampToken, ...], store: Store) -> str:
    """The level that the signature has the shape of (EN 319 142-1 §6)."""
    if field.sub_filter != _CADES or not signed.level.startswith("CAdES-B"):
        return "PDF-CMS" if signed.algorithm is not None else signed.level
    if not (stamps or signed.timestamps):
        return "PAdES-B-B"
    if not (store.ocsp or store.crls or signed.ocsp or signed.crls):
        return "PAdES-B-T"
    return "PAdES-B-LTA" if stamps else "PAdES-B-LT"


def _claimed_time(dictionary: Any) -> datetime | None:
    """``/M``, where it names its own zone; it is shown, and proves nothing."""
    try:
        with fence(Reason.FORMAT_FAILURE):
            moment: datetime = parse_pdf_date(dictionary["/M"], strict=True)
            return None if moment.tzinfo is None else moment.astimezone(UTC)
    except Fault:
        return None
