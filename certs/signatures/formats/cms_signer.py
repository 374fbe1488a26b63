"""One SignerInfo of a message, read and checked, as one `SignedObject` (RFC 5652 §5.3, GB/T 35275 §9).

Only the attributes that were signed say anything about the signature. Of the unsigned ones, timestamps and
revocation values are taken, which prove themselves; all others are as if they were not there.
"""

from dataclasses import dataclass, replace
from typing import Final

from certs.signatures.formats import cms_checks, cms_names
from certs.signatures.formats.cms_attributes import SIGNED, UNSIGNED, Attributes, read_attributes
from certs.signatures.formats.cms_checks import Stated
from certs.signatures.formats.cms_encoding import Encoding
from certs.signatures.formats.cms_fields import Fields, algorithm_of, part
from certs.signatures.formats.cms_material import (
    Material,
    SignerName,
    bounded,
    read_revocation_archival,
    read_revocation_values,
    select,
)
from certs.signatures.formats.raw import check_content
from certs.signatures.signed import Covered, Finding, Format, SignedObject, TimestampToken
from certs.trust import der
from certs.trust.arithmetic import SignatureAlgorithm, read_algorithm
from certs.trust.certificate import Certificate
from certs.trust.content import BytesContent, Content, DigestContent, Sm2Digest
from certs.trust.errors import Fault, RefusalCode, Refused
from certs.trust.reasons import Reason

MAX_TIMESTAMPS: Final = 8
_KEY_IDENTIFIER: Final = 0x80


@dataclass(frozen=True, slots=True, repr=False)
class Message:
    """What all signers of a message share."""

    encoding: Encoding
    dialect: str
    content_type: str
    content: Content | None
    is_attached: bool
    content_reason: Reason | None
    """Why the content is not what the caller thinks it is."""
    material: Material


@dataclass(frozen=True, slots=True, repr=False)
class SignerInfo:
    """One signer as it is written."""

    name: SignerName
    stated: Stated
    algorithm: bytes
    signature: bytes
    attributes: Attributes | None
    unsigned: Attributes | None


def read_signer(message: Message, element: der.Element) -> SignedObject:
    """Turn one signer into facts."""
    info = _read(message.encoding, element)
    algorithm, refused = _algorithm(info)
    certificate, named = _certificate(info, message.material)
    timestamps = _timestamps(info)
    crls, ocsp = _revocation(info, message.material)
    attributes = info.attributes
    return SignedObject(
        format=Format.CMS_ATTACHED if message.is_attached else Format.CMS_DETACHED,
        level=_level(attributes, has_timestamp=bool(timestamps), has_revocation=bool(crls or ocsp)),
        algorithm=algorithm,
        signature=info.signature,
        message=_signed(message.content, algorithm) if attributes is None else attributes.encoded,
        certificate=certificate,
        hints=tuple(each for each in message.material.certificates if each != certificate),
        ocsp=ocsp,
        crls=crls,
        timestamps=timestamps,
        claimed_time=cms_checks.claimed_time(attributes),
        covered=Covered.DIGEST if isinstance(message.content, DigestContent | Sm2Digest) else Covered.ALL,
        findings=(Finding("FORMAT", refused, message.dialect), *_content(message, info), named),
    )


def _read(encoding: Encoding, element: der.Element) -> SignerInfo:
    data = encoding.data
    fields = Fields(data, element)
    fields.integer()  # the version, which follows from the signer's name and decides nothing
    name = _name(fields)
    digest = algorithm_of(data, fields.take(der.SEQUENCE))
    signed = fields.maybe(SIGNED)
    algorithm = fields.take(der.SEQUENCE)
    signature = fields.content(der.OCTET_STRING)
    unsigned = fields.maybe(UNSIGNED)
    fields.finish()
    return SignerInfo(
        name,
        Stated(digest, algorithm_of(data, algorithm)),
        part(data, algorithm),
        signature,
        None if signed is None else read_attributes(encoding, signed),
        None if unsigned is None else read_attributes(encoding, unsigned),
    )


def _name(fields: Fields) -> SignerName:
    key_id = fields.maybe(_KEY_IDENTIFIER)
    if key_id is not None:
        return SignerName(key_id=fields.data[key_id.content : key_id.end])
    issuer = Fields(fields.data, fields.take(der.SEQUENCE))
    name = SignerName(issuer.whole(der.SEQUENCE), issuer.integer())
    issuer.finish()
    return name


def _algorithm(info: SignerInfo) -> tuple[SignatureAlgorithm | None, Reason | None]:
    try:
        return read_algorithm(info.algorithm, digest=info.stated.digest_name), None
    except Fault as fault:
        return None, fault.reason


def _certificate(info: SignerInfo, material: Material) -> tuple[Certificate | None, Finding]:
    try:
        return cms_checks.signing_certificate(info.attributes, select(info.name, material))
    except Fault as fault:
        return None, Finding("SIGNING-CERTIFICATE", fault.reason)


def _content(message: Message, info: SignerInfo) -> tuple[Finding, ...]:
    attributes, content = info.attributes, message.content
    if attributes is None:
        missing = Reason.CONTENT_MISSING if content is None else None
        digest = Finding("CONTENT-DIGEST", message.content_reason or missing)
        return cms_checks.no_signed_attributes(message.content_type, content), digest
    if isinstance(content, Sm2Digest):
        raise Refused(RefusalCode.UNSUPPORTED, "a signature with signed attributes needs the content or its digest")
    digest = cms_checks.content_digest(attributes, info.stated, content)
    return (
        cms_checks.content_type(attributes, message.content_type),
        digest if message.content_reason is None else replace(digest, reason=message.content_reason),
        cms_checks.signed_attributes(attributes, info.stated),
    )


def _signed(content: Content | None, algorithm: SignatureAlgorithm | None) -> bytes | Content:
    """What a signature without signed attributes is over: the content, or the digest that its algorithm can use."""
    if content is not None and algorithm is not None:
        check_content(algorithm, content)
    return BytesContent(b"") if content is None else content


def _timestamps(info: SignerInfo) -> tuple[TimestampToken, ...]:
    values = () if info.unsigned is None else info.unsigned.values.get(cms_names.SIGNATURE_TIMESTAMP, ())
    if len(values) > MAX_TIMESTAMPS:
        raise Refused(RefusalCode.SIZE, "the signature carries more timestamps than are looked at")
    return tuple(TimestampToken(value, info.signature) for value in values)


def _revocation(info: SignerInfo, material: Material) -> tuple[tuple[bytes, ...], tuple[bytes, ...]]:
    crls, ocsp = list(material.crls), list(material.ocsp)
    for attributes, kind, read in (
        (info.unsigned, cms_names.REVOCATION_VALUES, read_revocation_values),
        (info.attributes, cms_names.REVOCATION_ARCHIVAL, read_revocation_archival),
    ):
        for value in () if attributes is None else attributes.values.get(kind, ()):
            more_crls, more_ocsp = read(value)
            crls += more_crls
            ocsp += more_ocsp
    return bounded(crls), bounded(ocsp)


def _level(attributes: Attributes | None, *, has_timestamp: bool, has_revocation: bool) -> str:
    """The level that the signature has the shape of (ETSI EN 319 122-1 §6); the checks say whether it is right."""
    if attributes is None or cms_names.SIGNING_CERTIFICATE_V2 not in attributes.values:
        return "CMS"
    if not has_timestamp:
        return "CAdES-B-B"
    return "CAdES-B-LT" if has_revocation else "CAdES-B-T"
