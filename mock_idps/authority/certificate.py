"""Certificates of the simulated authorities: a profile says everything of one, and it is written so (RFC 5280 §4).

To get a bad certificate, change one field of the profile; what a profile says is written, however wrong.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime

from mock_idps.authority import der, extensions
from mock_idps.authority.extensions import Name
from mock_idps.authority.keys import Family, Key, Scheme, signature_algorithm


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """What a certificate says."""

    subject: Name
    issuer: str
    """Name of the authority in the world, or of an issued certificate's own issuer."""
    family: Family
    not_before: datetime
    not_after: datetime
    ca: bool | None = None
    """`None` leaves BasicConstraints out."""
    path_length: int | None = None
    key_usage: tuple[str, ...] = ("digitalSignature", "nonRepudiation")
    """Empty leaves the extension out."""
    extended_key_usage: tuple[str, ...] = ()
    extended_key_usage_critical: bool = False
    policies: tuple[str, ...] = ()
    policy_notice: str | None = None
    emails: tuple[str, ...] = ()
    ocsp: tuple[str, ...] = ()
    crl: tuple[str, ...] = ()
    issuers: tuple[str, ...] = ()
    """Where the issuer's certificate lies."""
    extensions: tuple[bytes, ...] = ()
    """More of them, encoded."""
    key_ids: bool = True
    scheme: Scheme | None = None
    """How the issuer signs, where not as usual."""
    inner_scheme: Scheme | None = None
    """What the signed part names instead, in a certificate that contradicts itself."""
    version: int = 3
    serial: int | None = None
    damaged: bool = False
    """Turn over the last byte of the signature."""
    key_name: str = ""
    """Which key of the ring; the subject's own unless told."""


@dataclass(frozen=True, slots=True, repr=False)
class Issued:
    """A certificate with its private key and its issuer."""

    kind: str
    profile: Profile
    der: bytes
    key: Key
    issuer: "Issued | None"
    serial: int

    @property
    def name(self) -> bytes:
        """The subject, encoded."""
        return extensions.name(self.profile.subject)

    @property
    def issuer_name(self) -> bytes:
        """The issuer, encoded."""
        return self.name if self.issuer is None else self.issuer.name

    @property
    def signer(self) -> Key:
        """The key that signed this certificate."""
        return self.key if self.issuer is None else self.issuer.key

    @property
    def parents(self) -> "tuple[Issued, ...]":
        """The issuers from the nearest to the root."""
        return () if self.issuer is None else (self.issuer, *self.issuer.parents)

    @property
    def chain(self) -> tuple[bytes, ...]:
        """The issuers' certificates, from the nearest to the root."""
        return tuple(parent.der for parent in self.parents)

    @property
    def sha256(self) -> str:
        """Digest of the certificate, in hexadecimal."""
        return hashlib.sha256(self.der).hexdigest()

    def __repr__(self) -> str:
        return f"Issued({self.kind})"


def build(kind: str, profile: Profile, key: Key, issuer: Issued | None, *, serial: int) -> Issued:
    """Write the certificate and sign it; without an issuer it signs itself."""
    signer = key if issuer is None else issuer.key
    issuer_name = extensions.name(profile.subject) if issuer is None else issuer.name
    number = serial if profile.serial is None else profile.serial
    outer = signature_algorithm(signer.family, profile.scheme)
    inner = signature_algorithm(signer.family, profile.inner_scheme or profile.scheme)
    tbs = der.seq(
        *((der.explicit(0, der.integer(profile.version - 1)),) if profile.version > 1 else ()),
        der.integer(number),
        inner,
        issuer_name,
        extensions.validity(profile.not_before, profile.not_after),
        extensions.name(profile.subject),
        key.spki,
        *((der.explicit(3, der.seq(*_extensions(profile, key, signer))),) if profile.version == 3 else ()),
    )
    signature = signer.sign(tbs, profile.scheme)
    if profile.damaged:
        signature = signature[:-1] + bytes((signature[-1] ^ 0x01,))
    return Issued(kind, profile, der.seq(tbs, outer, der.bits(signature)), key, issuer, number)


def _extensions(profile: Profile, key: Key, signer: Key) -> list[bytes]:
    parts = []
    if profile.ca is not None:
        parts.append(extensions.basic_constraints(ca=profile.ca, path_length=profile.path_length))
    if profile.key_usage:
        parts.append(extensions.key_usage(profile.key_usage))
    if profile.extended_key_usage:
        critical = profile.extended_key_usage_critical
        parts.append(extensions.extended_key_usage(profile.extended_key_usage, critical=critical))
    if profile.policies:
        parts.append(extensions.policies(profile.policies, profile.policy_notice))
    if profile.key_ids:
        parts += [extensions.subject_key_id(key.key_id), extensions.authority_key_id(signer.key_id)]
    if profile.emails:
        parts.append(extensions.alternative_names(profile.emails))
    if profile.crl:
        parts.append(extensions.distribution_points(profile.crl))
    if profile.ocsp or profile.issuers:
        parts.append(extensions.access(ocsp=profile.ocsp, issuers=profile.issuers))
    return parts + list(profile.extensions)
