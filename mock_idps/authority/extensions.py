"""Names and extensions of certificates, answers and lists, encoded (RFC 5280 §4.1.2.4, §4.2)."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from mock_idps.authority import der

Name = tuple[tuple[str, str], ...]
"""A distinguished name: attributes in order, one in each part."""

ATTRIBUTES: Final = {
    "CN": "2.5.4.3",
    "SN": "2.5.4.4",
    "serialNumber": "2.5.4.5",
    "C": "2.5.4.6",
    "L": "2.5.4.7",
    "ST": "2.5.4.8",
    "O": "2.5.4.10",
    "OU": "2.5.4.11",
    "title": "2.5.4.12",
    "GN": "2.5.4.42",
    "emailAddress": "1.2.840.113549.1.9.1",
}
KEY_USAGES: Final = (
    "digitalSignature",
    "nonRepudiation",
    "keyEncipherment",
    "dataEncipherment",
    "keyAgreement",
    "keyCertSign",
    "cRLSign",
    "encipherOnly",
    "decipherOnly",
)
PURPOSES: Final = {
    "serverAuth": "1.3.6.1.5.5.7.3.1",
    "clientAuth": "1.3.6.1.5.5.7.3.2",
    "emailProtection": "1.3.6.1.5.5.7.3.4",
    "timeStamping": "1.3.6.1.5.5.7.3.8",
    "OCSPSigning": "1.3.6.1.5.5.7.3.9",
}
CRL_REASONS: Final = {
    "unspecified": 0,
    "keyCompromise": 1,
    "cACompromise": 2,
    "affiliationChanged": 3,
    "superseded": 4,
    "cessationOfOperation": 5,
    "certificateHold": 6,
    "removeFromCRL": 8,
    "privilegeWithdrawn": 9,
    "aACompromise": 10,
}


def name(parts: Name) -> bytes:
    """A distinguished name; countries and serial numbers are PrintableStrings, the rest UTF-8."""
    return der.seq(*(der.set_of(der.seq(der.oid(ATTRIBUTES[kind]), _text(kind, text))) for kind, text in parts))


def _text(kind: str, text: str) -> bytes:
    if kind == "emailAddress":
        return der.ia5(text)
    return der.printable(text) if kind in {"C", "serialNumber"} else der.utf8(text)


def extension(oid: str, value: bytes, *, critical: bool = False) -> bytes:
    """One extension around its encoded value."""
    return der.seq(der.oid(oid), *((der.boolean(True),) if critical else ()), der.octets(value))


def basic_constraints(*, ca: bool, path_length: int | None = None) -> bytes:
    """Whether the subject is an authority, and how many may follow (§4.2.1.9)."""
    parts = (*((der.boolean(True),) if ca else ()), *(() if path_length is None else (der.integer(path_length),)))
    return extension("2.5.29.19", der.seq(*parts), critical=True)


def key_usage(usages: Sequence[str]) -> bytes:
    """What the key is for (§4.2.1.3)."""
    numbers = tuple(KEY_USAGES.index(usage) for usage in usages)
    return extension("2.5.29.15", der.named_bits(numbers), critical=True)


def extended_key_usage(purposes: Sequence[str], *, critical: bool) -> bytes:
    """What the key is for, more closely (§4.2.1.12); names of `PURPOSES` or object identifiers."""
    oids = (der.oid(PURPOSES.get(purpose, purpose)) for purpose in purposes)
    return extension("2.5.29.37", der.seq(*oids), critical=critical)


def policies(oids: Sequence[str], notice: str | None = None) -> bytes:
    """The policies under which it was issued (§4.2.1.4); a notice stands with the first."""
    return extension("2.5.29.32", der.seq(*(_policy(oid, None if i else notice) for i, oid in enumerate(oids))))


def _policy(oid: str, notice: str | None) -> bytes:
    if notice is None:
        return der.seq(der.oid(oid))
    qualifier = der.seq(der.oid("1.3.6.1.5.5.7.2.2"), der.seq(der.utf8(notice)))
    return der.seq(der.oid(oid), der.seq(qualifier))


def subject_key_id(value: bytes) -> bytes:
    """Which key the subject has (§4.2.1.2)."""
    return extension("2.5.29.14", der.octets(value))


def authority_key_id(value: bytes) -> bytes:
    """Which key signed (§4.2.1.1)."""
    return extension("2.5.29.35", der.seq(der.implicit(0, value)))


def alternative_names(emails: Sequence[str]) -> bytes:
    """Other names of the subject (§4.2.1.6): addresses of electronic mail."""
    return extension("2.5.29.17", der.seq(*(der.implicit(1, email.encode()) for email in emails)))


def name_constraints(*, permitted: Sequence[str] = (), excluded: Sequence[str] = ()) -> bytes:
    """Within which mail domains an authority may issue (§4.2.1.10)."""
    trees = (
        *((der.retag(0, _trees(permitted)),) if permitted else ()),
        *((der.retag(1, _trees(excluded)),) if excluded else ()),
    )
    return extension("2.5.29.30", der.seq(*trees), critical=True)


def _trees(domains: Sequence[str]) -> bytes:
    return der.seq(*(der.seq(der.implicit(1, domain.encode())) for domain in domains))


def distribution_points(urls: Sequence[str]) -> bytes:
    """Where the revocation lists lie (§4.2.1.13)."""
    return extension("2.5.29.31", der.seq(*(der.seq(der.explicit(0, full_name(url))) for url in urls)))


def full_name(url: str) -> bytes:
    """A DistributionPointName of one address."""
    return der.explicit(0, der.implicit(6, url.encode("ascii")))


def access(*, ocsp: Sequence[str] = (), issuers: Sequence[str] = ()) -> bytes:
    """Where the status and the issuer's certificate may be had (§4.2.2.1)."""
    descriptions = [("1.3.6.1.5.5.7.48.1", url) for url in ocsp] + [("1.3.6.1.5.5.7.48.2", url) for url in issuers]
    encoded = (der.seq(der.oid(oid), der.implicit(6, url.encode("ascii"))) for oid, url in descriptions)
    return extension("1.3.6.1.5.5.7.1.1", der.seq(*encoded))


def no_check() -> bytes:
    """A responder whose own revocation is not asked for (RFC 6960 §4.2.2.2.1)."""
    return extension("1.3.6.1.5.5.7.48.1.5", der.NULL)


def qualified(statements: Sequence[str]) -> bytes:
    """Statements of a qualified certificate (RFC 3739 §3.2.6)."""
    return extension("1.3.6.1.5.5.7.1.3", der.seq(*(der.seq(der.oid(statement)) for statement in statements)))


def validity(start: datetime, end: datetime) -> bytes:
    """From when to when a certificate is valid (§4.1.2.5)."""
    return der.seq(der.time(start), der.time(end))
