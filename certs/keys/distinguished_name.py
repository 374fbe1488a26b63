"""Comparing the subject of a certificate with the text under which it was registered (RFC 4514, RFC 4517 §4.2.15)."""

import re
from typing import Final

from cryptography.x509 import Name, NameAttribute, RelativeDistinguishedName
from cryptography.x509.oid import NameOID

from certs.keys.errors import KeyMaterialError

LONGEST: Final = 1_024
"""Characters of a distinguished name as text."""
# RFC 4514 §3 leaves these names open; operators copy them from what OpenSSL prints.
_FURTHER: Final = {
    "emailAddress": NameOID.EMAIL_ADDRESS,
    "serialNumber": NameOID.SERIAL_NUMBER,
    "organizationIdentifier": NameOID.ORGANIZATION_IDENTIFIER,
}
_AFTER_COMMA: Final = re.compile(r"(?<!\\),[ ]+")


def parse_distinguished_name(text: str) -> Name:
    """Read the text form (RFC 4514 §3); an empty name is none, for it would be everybody's."""
    if not 0 < len(text) <= LONGEST:
        raise KeyMaterialError("not a distinguished name")
    try:
        name = Name.from_rfc4514_string(_AFTER_COMMA.sub(",", text), _FURTHER)
    except ValueError:
        raise KeyMaterialError("not a distinguished name") from None
    if not list(name):
        raise KeyMaterialError("not a distinguished name")
    return name


def is_same_name(first: Name, second: Name) -> bool:
    """Compare part by part, in order; neither case nor the number of spaces counts (RFC 5280 §7.1)."""
    return [_folded(rdn) for rdn in first.rdns] == [_folded(rdn) for rdn in second.rdns]


def _folded(rdn: RelativeDistinguishedName) -> frozenset[tuple[str, str]]:
    return frozenset((part.oid.dotted_string, _text(part)) for part in rdn)


def _text(part: NameAttribute[str | bytes]) -> str:
    value = part.value
    return " ".join(value.split()).casefold() if isinstance(value, str) else value.hex()
