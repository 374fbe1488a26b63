"""Signed messages of the sandbox: CMS and CAdES, and the same in the object identifiers of GB/T 35275 (RFC 5652 §5).

A `Signer` says how one person signs; each of its fields can be set to what a good message would never say.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from mock_idps.authority import der
from mock_idps.authority.certificate import Issued
from mock_idps.authority.keys import (
    Family,
    Scheme,
    digest,
    digest_algorithm,
    signature_algorithm,
    usual,
)

DATA: Final = "1.2.840.113549.1.7.1"
SIGNED_DATA: Final = "1.2.840.113549.1.7.2"
GB_DATA: Final = "1.2.156.10197.6.1.4.2.1"
GB_SIGNED_DATA: Final = "1.2.156.10197.6.1.4.2.2"
SM2_SIGNATURE: Final = "1.2.156.10197.1.301.1"
CONTENT_TYPE: Final = "1.2.840.113549.1.9.3"
MESSAGE_DIGEST: Final = "1.2.840.113549.1.9.4"
SIGNING_TIME: Final = "1.2.840.113549.1.9.5"
SIGNING_CERTIFICATE: Final = "1.2.840.113549.1.9.16.2.12"
SIGNING_CERTIFICATE_V2: Final = "1.2.840.113549.1.9.16.2.47"
SIGNATURE_TIMESTAMP: Final = "1.2.840.113549.1.9.16.2.14"
REVOCATION_VALUES: Final = "1.2.840.113549.1.9.16.2.24"
ALGORITHM_PROTECTION: Final = "1.2.840.113549.1.9.52"


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Signer:
    """How one person signs; valid unless a field says otherwise."""

    certificate: Issued
    scheme: Scheme | None = None
    attributes: bool = True
    """Whether attributes are signed; without them the content itself is."""
    signing_time: datetime | None = None
    content_digest: bytes | None = None
    """The messageDigest, where it is not the content's."""
    content_type: str | None = None
    signing_certificate: Issued | None = None
    """Whom the signing-certificate attribute names, where it is not the signer."""
    signing_certificate_version: int | None = 2
    """1, 2, or `None` to leave the attribute out."""
    protection: bool = False
    """Add CMSAlgorithmProtection (RFC 6211)."""
    by_key_id: bool = False
    """Name the certificate by its key instead of issuer and number."""
    ordered: bool = True
    """`False` sends the attributes in an order that DER forbids."""
    doubled: str | None = None
    """The attribute to send twice."""
    missing: str | None = None
    """The attribute to leave out."""
    damaged: bool = False
    timestamp: bytes | None = None
    """A timestamp token over the signature; `stamped` makes one."""
    unsigned: tuple[bytes, ...] = ()
    signature: bytes | None = None
    """Take this signature value instead of making one."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Message:
    """What is signed, and how the message around it is written."""

    content: bytes
    attached: bool = False
    embedded: bytes | None = None
    """The content to embed, where it is not the one that was signed."""
    national: bool = False
    """Use the content types of GB/T 35275."""
    mixed: bool = False
    """Name the inner content in the other dialect."""
    inner_type: str | None = None
    certificates: Sequence[bytes] | None = None
    """All the signers' certificates and issuing authorities, unless told."""
    crls: Sequence[bytes] = field(default=())
    ocsp: Sequence[bytes] = field(default=())

    @property
    def content_type(self) -> str:
        """The inner content type."""
        if self.inner_type is not None:
            return self.inner_type
        return GB_DATA if self.national != self.mixed else DATA


def sign(message: Message, *signers: Signer) -> bytes:
    """Write a signed message of one or more signers."""
    infos = [_signer_info(message, signer) for signer in signers]
    digests = dict.fromkeys(digest_algorithm(_scheme(signer).digest) for signer in signers)
    body = message.embedded if message.embedded is not None else message.content if message.attached else None
    encapsulated = () if body is None else (der.explicit(0, der.octets(body)),)
    signed = der.seq(
        der.integer(_version(message, signers)),
        der.set_of(*digests),
        der.seq(der.oid(message.content_type), *encapsulated),
        der.retag(0, der.set_of(*_certificates(message, signers))),
        *(
            (der.retag(1, der.set_of(*message.crls, *map(_other_revocation, message.ocsp))),)
            if _revocation(message)
            else ()
        ),
        der.set_of(*infos),
    )
    return der.seq(der.oid(GB_SIGNED_DATA if message.national else SIGNED_DATA), der.explicit(0, signed))


def _revocation(message: Message) -> bool:
    return bool(message.crls or message.ocsp)


def _other_revocation(response: bytes) -> bytes:
    """An OCSP response among the revocation material (RFC 5940 §2.1)."""
    return der.retag(1, der.seq(der.oid("1.3.6.1.5.5.7.16.2"), response))


def _version(message: Message, signers: Sequence[Signer]) -> int:
    """The version that the parts demand (RFC 5652 §5.1)."""
    if message.ocsp:
        return 5
    is_plain = message.content_type in {DATA, GB_DATA}
    return 1 if is_plain and not any(signer.by_key_id for signer in signers) else 3


def _certificates(message: Message, signers: Sequence[Signer]) -> list[bytes]:
    if message.certificates is not None:
        return list(message.certificates)
    every = [part for s in signers for part in (s.certificate.der, *s.certificate.chain[:1])]
    return list(dict.fromkeys(every))


def _scheme(signer: Signer) -> Scheme:
    return signer.scheme or usual(signer.certificate.key.family)


def _signer_info(message: Message, signer: Signer) -> bytes:
    certificate, scheme = signer.certificate, _scheme(signer)
    attributes = _signed_attributes(message, signer) if signer.attributes else None
    signature = signer.signature or signature_of(message, signer)
    if signer.damaged:
        signature = signature[:-1] + bytes((signature[-1] ^ 0x01,))
    unsigned = [*signer.unsigned]
    if signer.timestamp is not None:
        unsigned.append(attribute(SIGNATURE_TIMESTAMP, signer.timestamp))
    return der.seq(
        der.integer(3 if signer.by_key_id else 1),
        der.implicit(0, certificate.key.key_id) if signer.by_key_id else _issuer_and_number(certificate),
        digest_algorithm(scheme.digest),
        *(() if attributes is None else (der.retag(0, attributes),)),
        _signature_algorithm(message, signer),
        der.octets(signature),
        *((der.retag(1, der.set_of(*unsigned)),) if unsigned else ()),
    )


def signature_of(message: Message, signer: Signer) -> bytes:
    """The signature's value alone; give it back in `Signer.signature` to write the message around it."""
    over = _signed_attributes(message, signer) if signer.attributes else message.content
    return signer.certificate.key.sign(over, _scheme(signer))


def _issuer_and_number(certificate: Issued) -> bytes:
    return der.seq(certificate.issuer_name, der.integer(certificate.serial))


def _signature_algorithm(message: Message, signer: Signer) -> bytes:
    family = signer.certificate.key.family
    if message.national and family is Family.SM2:
        return der.seq(der.oid(SM2_SIGNATURE))
    return signature_algorithm(family, _scheme(signer))


def attribute(kind: str, *values: bytes) -> bytes:
    """One attribute with its values (RFC 5652 §5.3)."""
    return der.seq(der.oid(kind), der.set_of(*values))


def _signed_attributes(message: Message, signer: Signer) -> bytes:
    scheme = _scheme(signer)
    of_content = signer.content_digest or digest(scheme.digest, message.content)
    parts = {
        CONTENT_TYPE: attribute(CONTENT_TYPE, der.oid(signer.content_type or message.content_type)),
        MESSAGE_DIGEST: attribute(MESSAGE_DIGEST, der.octets(of_content)),
    }
    if signer.signing_time is not None:
        parts[SIGNING_TIME] = attribute(SIGNING_TIME, der.time(signer.signing_time))
    if signer.signing_certificate_version is not None:
        kind = SIGNING_CERTIFICATE_V2 if signer.signing_certificate_version == 2 else SIGNING_CERTIFICATE
        parts[kind] = attribute(kind, _names_certificate(signer))
    if signer.protection:
        parts[ALGORITHM_PROTECTION] = attribute(ALGORITHM_PROTECTION, _protection(message, signer))
    if signer.missing is not None:
        parts.pop(signer.missing)
    encoded = [*parts.values(), *([parts[signer.doubled]] if signer.doubled else [])]
    if signer.ordered:
        return der.set_of(*encoded)
    return der.set_of(*sorted(encoded, reverse=True), ordered=False)


def _names_certificate(signer: Signer) -> bytes:
    """SigningCertificate(V2): a digest of the certificate, with issuer and number (RFC 5035 §3)."""
    named = signer.signing_certificate or signer.certificate
    number = der.seq(der.seq(der.explicit(4, named.issuer_name)), der.integer(named.serial))
    if signer.signing_certificate_version == 1:
        return der.seq(der.seq(der.seq(der.octets(digest("sha1", named.der)), number)))
    if signer.certificate.key.family is Family.SM2:
        entry = der.seq(digest_algorithm("sm3"), der.octets(digest("sm3", named.der)), number)
    else:
        entry = der.seq(der.octets(digest("sha256", named.der)), number)
    return der.seq(der.seq(entry))


def _protection(message: Message, signer: Signer) -> bytes:
    algorithm = _signature_algorithm(message, signer)
    return der.seq(digest_algorithm(_scheme(signer).digest), der.retag(1, algorithm))
