"""Signed messages: CMS and CAdES (RFC 5652, ETSI EN 319 122-1) and the national syntax (GB/T 35275), signer by signer.

A message passes the gate, is read with one strict reader, and becomes one `SignedObject` for each signer in the
message's order. What cannot be read is a `Fault`; what is too large, or is no signed message at all, is `Refused`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from certs.signatures.formats import cms_names
from certs.signatures.formats.cms_encoding import MAX_MESSAGE, Encoding, gate
from certs.signatures.formats.cms_fields import Fields, only
from certs.signatures.formats.cms_material import read_material
from certs.signatures.formats.cms_signer import Message, read_signer
from certs.signatures.signed import SignedObject
from certs.trust import der
from certs.trust.certificate import Certificate
from certs.trust.content import BytesContent, Content, DigestContent, Sm2Digest
from certs.trust.errors import Fault, RefusalCode, Refused
from certs.trust.fence import fence
from certs.trust.reasons import Reason

__all__ = ["MAX_MESSAGE", "MAX_SIGNERS", "Attached", "is_attached", "read_attached", "read_cms"]

MAX_SIGNERS: Final = 16
_EXPLICIT_0: Final = 0xA0
_CERTIFICATES: Final = 0xA0
_REVOCATION: Final = 0xA1


@dataclass(frozen=True, slots=True, repr=False)
class Attached:
    """A message with its content in it."""

    content_type: str
    content: bytes
    signers: tuple[SignedObject, ...]


def read_cms(
    data: bytes,
    content: Content | None,
    *,
    attached_expected: bool | None = None,
    offered: Sequence[Certificate] = (),
    padded: bool = False,
) -> tuple[SignedObject, ...]:
    """Read a signed message; ``content`` is what a detached one is over, and must be an attached one's content too.

    ``offered`` are certificates that the caller has besides those in the message; ``padded`` allows the zeros that
    fill the gap of a PDF.
    """
    with fence(Reason.FORMAT_FAILURE):
        parts = _parts(gate(data, padded=padded))
        found, reason = _content(parts.content, content, attached_expected=attached_expected)
        return _signers(parts, found, reason, offered)


def read_attached(data: bytes, *, offered: Sequence[Certificate] = ()) -> Attached:
    """Read a message together with its content, as a timestamp is one."""
    with fence(Reason.FORMAT_FAILURE):
        parts = _parts(gate(data))
        if parts.content is None:
            raise Fault(Reason.CONTENT_MISSING)
        signers = _signers(parts, BytesContent(parts.content), None, offered)
        return Attached(parts.content_type, parts.content, signers)


def is_attached(data: bytes) -> bool:
    """Whether a message carries its content; for messages whose format nobody named."""
    with fence(Reason.FORMAT_FAILURE):
        return _parts(gate(data)).content is not None


@dataclass(frozen=True, slots=True, repr=False)
class _Parts:
    encoding: Encoding
    dialect: str
    content_type: str
    content: bytes | None
    certificates: der.Element | None
    revocation: der.Element | None
    signers: Sequence[der.Element]


def _parts(encoding: Encoding) -> _Parts:
    fields, dialect = _signed_data(encoding.data)
    content_type, content = _encapsulated(encoding.data, fields)
    _check_dialect(dialect, content_type)
    certificates, revocation = fields.maybe(_CERTIFICATES), fields.maybe(_REVOCATION)
    signers = der.children(encoding.data, fields.take(der.SET))
    fields.finish()
    _check_signers(signers)
    return _Parts(encoding, dialect, content_type, content, certificates, revocation, signers)


def _signers(
    parts: _Parts, content: Content | None, reason: Reason | None, offered: Sequence[Certificate]
) -> tuple[SignedObject, ...]:
    material = read_material(parts.encoding.data, parts.certificates, parts.revocation, offered)
    is_attached = parts.content is not None
    message = Message(parts.encoding, parts.dialect, parts.content_type, content, is_attached, reason, material)
    return tuple(read_signer(message, signer) for signer in parts.signers)


def _signed_data(data: bytes) -> tuple[Fields, str]:
    outer = Fields(data, der.whole(data, der.SEQUENCE))
    dialect = cms_names.SIGNED_DATA.get(outer.oid())
    if dialect is None:
        raise Refused(RefusalCode.UNSUPPORTED, "the message is of another kind than signed data")
    inner = Fields(data, only(data, outer.take(_EXPLICIT_0)))
    outer.finish()
    inner.integer()  # the version follows from what is inside (RFC 5652 §5.1) and decides nothing
    inner.take(der.SET)  # digest algorithms, for readers in one pass; each signer states its own
    return inner, dialect


def _encapsulated(data: bytes, fields: Fields) -> tuple[str, bytes | None]:
    inner = Fields(data, fields.take(der.SEQUENCE))
    content_type = inner.oid()
    content = inner.maybe(_EXPLICIT_0)
    inner.finish()
    if content is None:
        return content_type, None
    # RFC 2315 allowed any value here and digested it without its head; one reading only: an OCTET STRING.
    found = only(data, content, der.OCTET_STRING)
    return content_type, data[found.content : found.end]


def _check_dialect(dialect: str, content_type: str) -> None:
    for other, arc in cms_names.ARCS.items():
        if other != dialect and content_type.startswith(arc):
            raise Fault(Reason.DIALECTS_MIXED)


def _check_signers(signers: Sequence[der.Element]) -> None:
    if not signers:
        raise Fault(Reason.NO_SIGNATURE)
    if len(signers) > MAX_SIGNERS:
        raise Refused(RefusalCode.SIZE, "the message has more signers than are looked at")


def _content(
    embedded: bytes | None, given: Content | None, *, attached_expected: bool | None
) -> tuple[Content | None, Reason | None]:
    """What was signed, and why it is not what the caller takes it for."""
    if embedded is None:
        return given, Reason.CONTENT_MISSING if attached_expected else None
    content = BytesContent(embedded)
    if given is None:
        # Somebody who asks about a detached signature has a document in hand that we were not shown.
        return content, Reason.CONTENT_MISSING if attached_expected is False else None
    return content, None if _is_same(content, given) else Reason.CONTENT_DIFFERS


def _is_same(embedded: BytesContent, given: Content) -> bool:
    if isinstance(given, Sm2Digest):
        raise Refused(RefusalCode.AMBIGUOUS, "the message carries its content: e of SM2 cannot be compared with it")
    name = given.algorithm if isinstance(given, DigestContent) else "sha256"
    return embedded.digest(name) == given.digest(name)
