"""The kinds of certificates that people, organisations and services can get, each with its profile.

The names follow the places: `hk-…`, `gd-…`, `mo-…`. What makes a Hong Kong certificate mutually recognised is not its
issuer but its type and its policy; a Guangdong holder has two certificates, one of which must not sign.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from mock_idps.authority import der, extensions
from mock_idps.authority.authorities import AUTHORITIES
from mock_idps.authority.certificate import Profile
from mock_idps.authority.extensions import Name
from mock_idps.authority.keys import Family
from mock_idps.people.persona import Persona

MUTUAL_RECOGNITION_ARC: Final = "2.16.344.8.2.2008.810.2"
MUTUAL_RECOGNITION: Final = f"{MUTUAL_RECOGNITION_ARC}.2018.1.1"
"""The edition of 2018 of the certificate policy for mutual recognition."""
EXAMPLE_ARC: Final = "2.999"
"""The arc for examples: whatever the sandbox names itself lies under it."""
HK_POLICY: Final = f"{EXAMPLE_ARC}.344.1"
GD_POLICY: Final = f"{EXAMPLE_ARC}.156.1"
MO_POLICY: Final = f"{EXAMPLE_ARC}.446.1"
MO_TYPE: Final = f"{EXAMPLE_ARC}.446.10"
"""The extension in which a Macao certificate names its type."""
MO_QUALIFIED: Final = f"{EXAMPLE_ARC}.446.20"
"""Statement that a certificate is a qualified one (RFC 3739 §3.2.6)."""
TSA_POLICY: Final = f"{EXAMPLE_ARC}.3161.1"
GD_PERSON: Final = "1.2.156.10260.4.1.1"
"""The extension for a mainland person's number (GM/T 0015 §5.2.4)."""
HK_PERSON: Final = f"{EXAMPLE_ARC}.344.20"
"""The digest of a Hong Kong identity card's number."""

SIGNING: Final = ("digitalSignature", "nonRepudiation")
ENCIPHERMENT: Final = ("keyEncipherment", "dataEncipherment")


@dataclass(frozen=True, slots=True)
class Kind:
    """A type of certificate: who issues it, what it is called, what it may do."""

    id: str
    issuer: str
    type_name: str
    policies: tuple[str, ...]
    key_usage: tuple[str, ...] = SIGNING
    extended_key_usage: tuple[str, ...] = ()
    years: int = 3
    organisation: str | None = None
    family: Family | None = None
    qualified: bool = False

    @property
    def place(self) -> str:
        """Where it is issued."""
        return AUTHORITIES[self.issuer].place


_MR_HK: Final = (MUTUAL_RECOGNITION, HK_POLICY)
_MR_GD: Final = (MUTUAL_RECOGNITION, GD_POLICY)

KINDS: Final = {
    kind.id: kind
    for kind in (
        Kind("hk-personal-mr", "hk-ca-15", "Sandbox e-Cert (Personal)", _MR_HK),
        Kind(
            "hk-organisational-mr",
            "hk-ca-15",
            "Sandbox e-Cert (Organisational)",
            _MR_HK,
            organisation="Sandbox Trading Limited",
        ),
        Kind("hk-bank", "hk-ca-15", "Sandbox Bank-Cert (Personal)", (HK_POLICY,)),
        Kind("hk-role", "hk-ca-15", "Sandbox e-Cert (Organisational Role)", (HK_POLICY,)),
        Kind("hk-personal", "hk-ca-17", "Sandbox e-Cert (Personal)", (HK_POLICY,)),
        Kind("hk-iamsmart", "hk-ca-17", "Sandbox iAM Smart-Cert", (HK_POLICY,), years=1),
        Kind("hk-encipherment", "hk-ca-17", "Sandbox e-Cert (Encipherment)", (HK_POLICY,), ENCIPHERMENT),
        Kind("hk-personal-old", "hk-ca-10", "Sandbox e-Cert (Personal)", _MR_HK),
        Kind("gd-sign", "gd-ca-sm2", "Sandbox Guangdong personal signing certificate", _MR_GD),
        Kind(
            "gd-organisation",
            "gd-ca-sm2",
            "Sandbox Guangdong organisational signing certificate",
            _MR_GD,
            organisation="Sandbox Guangdong Trading",
        ),
        Kind("gd-encipherment", "gd-ca-sm2", "Sandbox Guangdong encipherment certificate", _MR_GD, ENCIPHERMENT),
        Kind("gd-sign-rsa", "gd-ca-rsa", "Sandbox Guangdong personal signing certificate", _MR_GD),
        Kind("gd-unlisted", "gd-ca-sm2", "Sandbox Guangdong domestic certificate", (GD_POLICY,)),
        Kind("mo-qualified", "mo-ca", "Sandbox Qualified (Personal)", (f"{MO_POLICY}.1",), qualified=True),
        Kind(
            "mo-qualified-organisation",
            "mo-ca",
            "Sandbox Qualified (Corporate)",
            (f"{MO_POLICY}.1",),
            organisation="Sandbox Macao Trading, Lda.",
            qualified=True,
        ),
        Kind("mo-normalised", "mo-ca", "Sandbox Normalised (Personal)", (f"{MO_POLICY}.2",)),
        Kind("mo-encipherment", "mo-ca", "Sandbox Encipherment (Personal)", (f"{MO_POLICY}.3",), ENCIPHERMENT),
        Kind("hk-tsa", "hk-ca-17", "Sandbox timestamping", (HK_POLICY,), SIGNING, ("timeStamping",)),
        Kind("gd-tsa", "gd-ca-sm2", "Sandbox timestamping", (GD_POLICY,), SIGNING, ("timeStamping",)),
        Kind("mo-tsa", "mo-ca", "Sandbox timestamping", (MO_POLICY,), SIGNING, ("timeStamping",)),
    )
}
PERSONAL: Final = {"hong_kong": "hk-personal-mr", "guangdong": "gd-sign", "macao": "mo-qualified"}
"""What a person of a place signs with, when nothing else is said."""
_COUNTRY: Final = {"hong_kong": "HK", "guangdong": "CN", "macao": "MO"}


def profile(kind: Kind, subject: Persona | str, now: datetime, base_url: str) -> Profile:
    """What the certificate of this kind says of this subject; valid since a quarter of a year."""
    issuer = AUTHORITIES[kind.issuer]
    start = max(issuer.start, min(now, issuer.end) - timedelta(days=90))
    return Profile(
        subject=_subject(kind, subject),
        issuer=kind.issuer,
        family=kind.family or issuer.family,
        not_before=start,
        not_after=min(start + timedelta(days=365 * kind.years), issuer.end),
        key_usage=kind.key_usage,
        extended_key_usage=kind.extended_key_usage,
        extended_key_usage_critical=bool(kind.extended_key_usage),
        policies=kind.policies,
        policy_notice=kind.type_name if kind.place == "guangdong" else None,
        emails=(f"{key_name(kind, subject)}@sandbox.example",),
        ocsp=(f"{base_url}/ocsp/{kind.issuer}",),
        crl=(f"{base_url}/crl/{kind.issuer}.crl",),
        issuers=(f"{base_url}/certificates/{kind.issuer}.cer",),
        extensions=_extensions(kind, subject),
    )


def key_name(kind: Kind, subject: Persona | str) -> str:
    """The name of the subject's key: one for signing, another for encipherment."""
    who = subject.id if isinstance(subject, Persona) else hashlib.sha256(subject.encode()).hexdigest()[:16]
    use = "service" if kind.extended_key_usage else "sign" if kind.key_usage == SIGNING else "encipher"
    return f"{kind.place.replace('_', '-')}-{use}-{who}"


def _subject(kind: Kind, subject: Persona | str) -> Name:
    common_name = subject if isinstance(subject, str) else _name_of(subject)
    parts = [("C", _COUNTRY[kind.place])]
    if kind.organisation:
        parts.append(("O", kind.organisation))
    if kind.place == "hong_kong":
        parts.append(("OU", kind.type_name))
    if kind.place == "macao" and isinstance(subject, Persona) and subject.bir:
        parts.append(("serialNumber", f"BIR{subject.bir}"))
    return (*parts, ("CN", common_name))


def _name_of(person: Persona) -> str:
    if person.home == "guangdong" and person.name_han:
        return person.name_han
    return f"{person.surname} {person.given}" if person.home == "hong_kong" else f"{person.given} {person.surname}"


def _extensions(kind: Kind, subject: Persona | str) -> tuple[bytes, ...]:
    parts = []
    if isinstance(subject, Persona) and kind.place == "guangdong" and subject.resident_id:
        parts.append(extensions.extension(GD_PERSON, der.printable(subject.resident_id)))
    if isinstance(subject, Persona) and kind.place == "hong_kong" and subject.hkid:
        number = hashlib.sha256(subject.hkid.encode()).digest()
        parts.append(extensions.extension(HK_PERSON, der.octets(number)))
    if kind.place == "macao":
        parts.append(extensions.extension(MO_TYPE, der.utf8(kind.type_name)))
    if kind.qualified:
        parts.append(extensions.qualified((MO_QUALIFIED,)))
    return tuple(parts)
