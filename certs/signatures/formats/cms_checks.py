"""What is checked of one signer before any arithmetic: attributes, content and the certificate that it names (SG-07).

Each check gives one finding. A signer without signed attributes signed the content itself; that is allowed for plain
data only, and such a signature names no certificate that somebody could not have exchanged (RFC 5035 §5).
"""

import hmac
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from certs.signatures.formats import cms_names
from certs.signatures.formats.cms_attributes import Attributes, looks_like_attributes, read_time
from certs.signatures.formats.cms_fields import Fields, algorithm_of, only, part
from certs.signatures.formats.cms_material import SignerName
from certs.signatures.signed import Finding
from certs.trust import der, oids
from certs.trust.certificate import Certificate
from certs.trust.content import Content, DigestContent, digest_of
from certs.trust.errors import Fault
from certs.trust.fence import fence
from certs.trust.reasons import Reason

MAX_ATTRIBUTES: Final = 65_536
"""Bytes of content that could still be somebody's signed attributes."""
_SIGNATURE_ALGORITHM: Final = 0xA1
_REQUIRED: Final = (cms_names.CONTENT_TYPE, cms_names.MESSAGE_DIGEST)


@dataclass(frozen=True, slots=True, repr=False)
class Stated:
    """What a signer states of its own signature: digest and signature algorithm, as identifiers with parameters."""

    digest: tuple[str, bytes]
    signature: tuple[str, bytes]

    @property
    def digest_name(self) -> str | None:
        """The digest by our name for it."""
        return oids.DIGESTS.get(self.digest[0])


def signed_attributes(attributes: Attributes, stated: Stated) -> Finding:
    """Distinguished, complete, nothing twice, of the algorithms that the signer states (RFC 5652 §5.3, RFC 6211)."""
    code = "SIGNED-ATTRIBUTES"
    if not attributes.is_distinguished:
        return Finding(code, Reason.SIGNED_ATTRIBUTES_NOT_DER)
    if attributes.doubled:
        return Finding(code, Reason.ATTRIBUTE_DOUBLED)
    if any(attributes.one(kind) is None for kind in _REQUIRED):
        return Finding(code, Reason.ATTRIBUTE_MISSING)
    protection = attributes.one(cms_names.ALGORITHM_PROTECTION)
    if protection is not None and _protected(protection) != (stated.digest, stated.signature):
        return Finding(code, Reason.ALGORITHM_MISMATCH)
    return Finding(code, detail="algorithms protected" if protection is not None else "")


def no_signed_attributes(content_type: str, content: Content | None) -> Finding:
    """Whether a signature may be over the content itself."""
    code = "SIGNED-ATTRIBUTES"
    if content_type not in cms_names.DATA:
        return Finding(code, Reason.SIGNED_ATTRIBUTES_MISSING)
    size = None if content is None else content.size
    # A file that large cannot be attributes; of a digest alone nobody can say.
    is_small = content is not None and size is not None and size <= MAX_ATTRIBUTES
    if content is not None and is_small and looks_like_attributes(content.read(MAX_ATTRIBUTES)):
        return Finding(code, Reason.SIGNED_ATTRIBUTES_MISSING)
    return Finding(code, detail="none")


def content_type(attributes: Attributes, stated: str) -> Finding:
    """Whether the signed content type is the message's (RFC 5652 §11.1)."""
    value = attributes.one(cms_names.CONTENT_TYPE)
    if value is None:
        return Finding("CONTENT-TYPE", Reason.ATTRIBUTE_MISSING)
    found = der.whole(value, der.OBJECT_IDENTIFIER)
    is_same = der.dotted(value[found.content :]) == stated
    return Finding("CONTENT-TYPE", None if is_same else Reason.CONTENT_TYPE_DIFFERS)


def content_digest(attributes: Attributes, stated: Stated, content: Content | None) -> Finding:
    """Whether the content is the one whose digest was signed (RFC 5652 §11.2)."""
    code, name = "CONTENT-DIGEST", stated.digest_name
    value = attributes.one(cms_names.MESSAGE_DIGEST)
    if value is None:
        return Finding(code, Reason.ATTRIBUTE_MISSING)
    if name is None:
        return Finding(code, Reason.ALGORITHM_UNSUPPORTED)
    # A digest of another algorithm than this signer's leaves the other signers to be judged by it.
    if content is None or (isinstance(content, DigestContent) and content.algorithm != name):
        return Finding(code, Reason.CONTENT_MISSING, name)
    signed = value[der.whole(value, der.OCTET_STRING).content :]
    is_same = hmac.compare_digest(signed, content.digest(name))
    return Finding(code, None if is_same else Reason.CONTENT_DIGEST_MISMATCH, name)


def signing_certificate(
    attributes: Attributes | None, candidates: Sequence[Certificate]
) -> tuple[Certificate | None, Finding]:
    """Which of the candidates the signer signed to be its certificate (RFC 5035 §5.4.1, ETSI EN 319 122-1 §5.2.2).

    Where no attribute says it, one candidate is the signer's and the missing attribute is the finding; several leave
    open whose signature it is.
    """
    code = "SIGNING-CERTIFICATE"
    references = [] if attributes is None else list(_references(attributes))
    if not references:
        if len(candidates) != 1:
            return None, Finding(code, Reason.SIGNING_CERTIFICATE_NOT_FOUND)
        return candidates[0], Finding(code, Reason.SIGNING_CERTIFICATE_MISSING)
    named = [each for each in candidates if all(reference.is_to(each) for reference in references)]
    if not named:
        return candidates[0], Finding(code, Reason.SIGNING_CERTIFICATE_DIFFERS)
    return named[0], Finding(code, detail=" ".join(reference.digest for reference in references))


def claimed_time(attributes: Attributes | None) -> datetime | None:
    """When the signer says that it signed; shown and compared, never believed (RFC 5652 §11.3)."""
    value = None if attributes is None else attributes.one(cms_names.SIGNING_TIME)
    return None if value is None else read_time(value)


@dataclass(frozen=True, slots=True, repr=False)
class _Reference:
    digest: str
    value: bytes
    signer: SignerName | None = None

    def is_to(self, certificate: Certificate) -> bool:
        if not hmac.compare_digest(digest_of(self.digest, (certificate.der,)), self.value):
            return False
        return self.signer is None or self.signer.names(certificate)


def _references(attributes: Attributes) -> Iterator[_Reference]:
    for kind, default in ((cms_names.SIGNING_CERTIFICATE_V2, "sha256"), (cms_names.SIGNING_CERTIFICATE, "sha1")):
        value = attributes.one(kind)
        if value is not None:
            with fence(Reason.SIGNING_CERTIFICATE_DIFFERS):
                yield _reference(value, default)


def _reference(value: bytes, default: str) -> _Reference:
    """The first of the references: the signer's; others are its authorities' and bind nobody here."""
    certificates = Fields(value, der.whole(value, der.SEQUENCE)).take(der.SEQUENCE)
    reference = Fields(value, der.children(value, certificates)[0])
    algorithm = reference.maybe(der.SEQUENCE) if default != "sha1" else None
    digest = default if algorithm is None else oids.DIGESTS.get(algorithm_of(value, algorithm)[0])
    if digest is None:
        raise Fault(Reason.ALGORITHM_UNSUPPORTED)
    fingerprint = reference.content(der.OCTET_STRING)
    issuer_serial = reference.maybe(der.SEQUENCE)
    reference.finish()
    if issuer_serial is None:
        return _Reference(digest, fingerprint)
    fields = Fields(value, issuer_serial)
    name = only(value, only(value, fields.take(der.SEQUENCE), 0xA4), der.SEQUENCE)
    return _Reference(digest, fingerprint, SignerName(part(value, name), fields.integer()))


def _protected(value: bytes) -> tuple[tuple[str, bytes], tuple[str, bytes]]:
    fields = Fields(value, der.whole(value, der.SEQUENCE))
    digest = algorithm_of(value, fields.take(der.SEQUENCE))
    # [1] IMPLICIT AlgorithmIdentifier: the same members under another tag.
    signature = fields.take(_SIGNATURE_ALGORITHM)
    fields.finish()
    plain = bytes((der.SEQUENCE,)) + value[signature.start + 1 : signature.end]
    return digest, algorithm_of(plain, der.whole(plain, der.SEQUENCE))
