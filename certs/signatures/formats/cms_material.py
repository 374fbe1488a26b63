"""What a message brings along: certificates, revocation lists and OCSP responses (RFC 5652 §5.1, RFC 5940).

None of it is believed. It is counted, taken out whole and put into one order, so that a verdict never depends on the
order in which a message holds it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from certs.signatures.formats import cms_names
from certs.signatures.formats.cms_fields import Fields, only, part
from certs.trust import der, names
from certs.trust.certificate import Certificate, read_certificate
from certs.trust.errors import Fault, RefusalCode, Refused
from certs.trust.reasons import Reason

MAX_CERTIFICATES: Final = 16
MAX_REVOCATION: Final = 8
_EXPLICIT_0: Final = 0xA0
_EXPLICIT_1: Final = 0xA1
_ENUMERATED: Final = 0x0A


@dataclass(frozen=True, slots=True)
class Unread:
    """A certificate that did not pass the gate: how a signer would name it, and why it did not."""

    issuer: bytes
    serial: int
    reason: Reason


@dataclass(frozen=True, slots=True, repr=False)
class Material:
    """Certificates by their digests, revocation material by its bytes; each once."""

    certificates: tuple[Certificate, ...] = ()
    unread: tuple[Unread, ...] = ()
    crls: tuple[bytes, ...] = ()
    ocsp: tuple[bytes, ...] = ()


@dataclass(frozen=True, slots=True)
class SignerName:
    """How a signer names its certificate: issuer and serial number, or key identifier (RFC 5652 §5.3)."""

    issuer: bytes = b""
    serial: int | None = None
    key_id: bytes | None = None

    def names(self, certificate: Certificate) -> bool:
        """Whether it names this certificate."""
        if self.key_id is not None:
            return certificate.subject_key_id == self.key_id
        if self.serial != certificate.serial:
            return False
        # The same name may be written in another type of string than the certificate's own.
        return self.issuer == certificate.issuer_der or names.display(self.issuer) == certificate.issuer


def read_material(
    data: bytes,
    certificates: der.Element | None,
    revocation: der.Element | None,
    offered: Iterable[Certificate] = (),
) -> Material:
    """Take out what is there; ``offered`` are certificates that the caller has besides."""
    found = {certificate.sha256: certificate for certificate in offered}
    unread = []
    for raw in () if certificates is None else _certificates(data, certificates):
        try:
            certificate = read_certificate(raw)
        except Fault as fault:
            unread.extend(_unread(raw, fault.reason))
        else:
            found[certificate.sha256] = certificate
    crls, ocsp = ((), ()) if revocation is None else _revocation(data, revocation)
    ordered = tuple(found[digest] for digest in sorted(found))
    return Material(ordered, tuple(unread), crls, ocsp)


def select(name: SignerName, material: Material) -> tuple[Certificate, ...]:
    """The certificates that a signer may mean; where a broken one is meant, its own fault is raised."""
    found = tuple(certificate for certificate in material.certificates if name.names(certificate))
    if not found:
        for broken in material.unread:
            if (broken.issuer, broken.serial) == (name.issuer, name.serial):
                raise Fault(broken.reason)
        raise Fault(Reason.SIGNING_CERTIFICATE_NOT_FOUND)
    return found


def bounded(material: Sequence[bytes]) -> tuple[bytes, ...]:
    """Each piece once, in the order of its bytes; more than a message may hold are refused."""
    if len(material) > MAX_REVOCATION:
        raise Refused(RefusalCode.SIZE, "the message holds more revocation material than is looked at")
    return tuple(sorted(set(material)))


def _certificates(data: bytes, element: der.Element) -> list[bytes]:
    members = der.children(data, element)
    if len(members) > MAX_CERTIFICATES:
        raise Refused(RefusalCode.SIZE, "the message holds more certificates than are looked at")
    # Attribute certificates and other formats are tagged; nothing here asks for them.
    return [part(data, member) for member in members if member.tag == der.SEQUENCE]


def _unread(raw: bytes, reason: Reason) -> list[Unread]:
    try:
        tbs = Fields(raw, only_first(raw))
        tbs.maybe(_EXPLICIT_0)
        serial = tbs.integer()
        tbs.take(der.SEQUENCE)
        return [Unread(tbs.whole(der.SEQUENCE), serial, reason)]
    except der.DerError:
        return []


def only_first(raw: bytes) -> der.Element:
    """The first member of a value: what is signed of a certificate."""
    outer = der.whole(raw, der.SEQUENCE)
    return der.expect(raw, outer.content, outer.end, der.SEQUENCE)


def _revocation(data: bytes, element: der.Element) -> tuple[tuple[bytes, ...], tuple[bytes, ...]]:
    crls, ocsp = [], []
    for member in der.children(data, element):
        if member.tag == der.SEQUENCE:
            crls.append(part(data, member))
        elif member.tag == _EXPLICIT_1:
            fields = Fields(data, member, _EXPLICIT_1)
            if fields.oid() == cms_names.OCSP_RESPONSE:
                ocsp.append(fields.whole(der.SEQUENCE))
    return bounded(crls), bounded(ocsp)


def read_revocation_values(value: bytes) -> tuple[list[bytes], list[bytes]]:
    """CRLs and OCSP responses of the attribute ``revocation-values`` (ETSI EN 319 122-1 §A.1.2.1)."""
    fields = Fields(value, der.whole(value, der.SEQUENCE))
    crls, basic = (_inside(value, fields.maybe(tag)) for tag in (_EXPLICIT_0, _EXPLICIT_1))
    return crls, [_as_response(each) for each in basic]


def read_revocation_archival(value: bytes) -> tuple[list[bytes], list[bytes]]:
    """CRLs and OCSP responses of a PDF signature's own attribute (ISO 32000-2 §12.8.3.3.2)."""
    fields = Fields(value, der.whole(value, der.SEQUENCE))
    crls, ocsp = (_inside(value, fields.maybe(tag)) for tag in (_EXPLICIT_0, _EXPLICIT_1))
    return crls, ocsp


def _inside(data: bytes, element: der.Element | None) -> list[bytes]:
    if element is None:
        return []
    return [part(data, member) for member in der.children(data, only(data, element, der.SEQUENCE))]


def _as_response(basic: bytes) -> bytes:
    """Put a BasicOCSPResponse into the response that carries it on the wire (RFC 6960 §4.2.1)."""
    kind = der.wrap(der.OBJECT_IDENTIFIER, bytes.fromhex("2b0601050507300101"))
    body = der.sequence(kind, der.wrap(der.OCTET_STRING, basic))
    return der.sequence(der.wrap(_ENUMERATED, b"\x00"), der.wrap(_EXPLICIT_0, body))
