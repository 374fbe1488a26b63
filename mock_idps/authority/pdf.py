"""Signed PDF documents of the sandbox: pyHanko writes the revision, the sandbox writes the message in it (PAdES).

So the signature can be of any family, SM2 too, and spoilt like any other message.
"""

from dataclasses import dataclass
from io import BytesIO
from typing import Any, Final

from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign.fields import (
    FieldMDPAction,
    FieldMDPSpec,
    MDPPerm,
    SigFieldSpec,
    SigSeedSubFilter,
    append_signature_field,
)
from pyhanko.sign.signers.cms_embedder import PdfCMSEmbedder, SigIOSetup, SigMDPSetup, SigObjSetup
from pyhanko.sign.signers.pdf_byterange import DocumentTimestamp, SignatureObject

from mock_idps.authority import cms, stamps
from mock_idps.authority.cms import Message, Signer
from mock_idps.authority.world import World

CADES: Final = SigSeedSubFilter.PADES
ADOBE: Final = SigSeedSubFilter.ADOBE_PKCS7_DETACHED
TIMESTAMP: Final = SigSeedSubFilter.ETSI_RFC3161
_RESERVED: Final = 16_384


@dataclass(frozen=True, slots=True, kw_only=True)
class Seal:
    """How one revision is signed."""

    field_name: str = "Signature1"
    sub_filter: SigSeedSubFilter = CADES
    certify: int | None = None
    """DocMDP: 1 forbids every change, 2 allows filling forms, 3 annotations too (ISO 32000-2 §12.8.2.2)."""
    lock: tuple[str, ...] | None = None
    """FieldMDP: these fields may not change any more; empty locks them all."""


def blank(text: str = "Sandbox document (simulation)") -> bytes:
    """A document of one page that says something."""
    content = (
        b"BT /F1 18 Tf 72 720 Td (" + text.encode("ascii", "replace").replace(b"(", b"").replace(b")", b"") + b") Tj ET"
    )
    objects = (
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F1 5 0 R>>>>>>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(content), content),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    )
    out = bytearray(b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n")
    offsets = []
    for number, body in enumerate(objects, 1):
        offsets.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    out += b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, table)
    return bytes(out)


def sign(document: bytes, signer: Signer, seal: Seal | None = None, *, world: World | None = None) -> bytes:
    """Sign a document in a new revision; with a world, its signature is timestamped."""

    def written(covered: bytes) -> bytes:
        message = Message(content=covered)
        return cms.sign(message, signer if world is None else stamps.stamped(world, message, signer))

    return _embed(document, seal or Seal(), written)


def stamp(document: bytes, world: World, spoil: str | None = None, **options: Any) -> bytes:
    """Put a document timestamp over everything before it (PAdES-B-LTA)."""
    seal = Seal(field_name="Timestamp1", sub_filter=TIMESTAMP)
    return _embed(document, seal, lambda covered: stamps.stamp(world, covered, spoil, **options))


def _embed(document: bytes, seal: Seal, written: Any) -> bytes:
    writer = IncrementalPdfFileWriter(BytesIO(document))
    specification = SigFieldSpec(seal.field_name, field_mdp_spec=_lock(seal))
    append_signature_field(writer, specification)
    steps = PdfCMSEmbedder().write_cms(seal.field_name, writer)
    next(steps)
    steps.send(SigObjSetup(sig_placeholder=_placeholder(seal), mdp_setup=_permissions(seal)))
    prepared, out = steps.send(SigIOSetup(md_algorithm="sha256"))
    data = out.getvalue()
    prepared.fill_with_cms(out, written(data[: prepared.reserved_region_start] + data[prepared.reserved_region_end :]))
    return bytes(out.getvalue())


def _placeholder(seal: Seal) -> Any:
    stamp_object: Any = DocumentTimestamp  # the library has no types here
    if seal.sub_filter is TIMESTAMP:
        return stamp_object(bytes_reserved=_RESERVED)
    return SignatureObject(subfilter=seal.sub_filter, bytes_reserved=_RESERVED)


def _permissions(seal: Seal) -> SigMDPSetup | None:
    if seal.certify is None and seal.lock is None:
        return None
    permission = None if seal.certify is None else MDPPerm(seal.certify)
    return SigMDPSetup(
        md_algorithm="sha256",
        certify=seal.certify is not None,
        docmdp_perms=permission,
        field_lock=_lock(seal),
    )


def _lock(seal: Seal) -> FieldMDPSpec | None:
    if seal.lock is None:
        return None
    return FieldMDPSpec(FieldMDPAction.INCLUDE if seal.lock else FieldMDPAction.ALL, list(seal.lock) or None)
