"""What a certificate says of itself in its extensions, read by a strict parser and counted (RFC 5280 §4.2).

Alternative names and name constraints are counted before anybody compares them: comparing every one with every other
has been seen to take seconds.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from cryptography import x509

from certs.trust import der, oids
from certs.trust.certificate_body import Extension
from certs.trust.errors import Fault
from certs.trust.reasons import Reason

MAX_ALTERNATIVE_NAMES: Final = 64
MAX_NAME_CONSTRAINTS: Final = 32
_PERMITTED: Final = 0xA0
_EXCLUDED: Final = 0xA1
_USAGES: Final = (
    ("digital_signature", "digital_signature"),
    ("content_commitment", "non_repudiation"),
    ("key_encipherment", "key_encipherment"),
    ("data_encipherment", "data_encipherment"),
    ("key_agreement", "key_agreement"),
    ("key_cert_sign", "key_cert_sign"),
    ("crl_sign", "crl_sign"),
)
_AGREEMENT_USAGES: Final = ("encipher_only", "decipher_only")


@dataclass(frozen=True, slots=True)
class Said:
    """The extensions that the rules ask about."""

    subject_key_id: bytes | None = None
    authority_key_id: bytes | None = None
    is_ca: bool = False
    path_length: int | None = None
    key_usage: frozenset[str] | None = None
    extended_key_usage: tuple[str, ...] | None = None
    extended_key_usage_critical: bool = False
    policies: tuple[str, ...] = ()
    policy_notices: tuple[str, ...] = ()
    ocsp_no_check: bool = False


def read_extensions(parsed: x509.Extensions, encoded: tuple[Extension, ...]) -> Said:
    """Read what both readers see; called behind a fence, which a value that cannot be read runs into."""
    _count(encoded)
    said: dict[str, Any] = {}
    for extension in parsed:
        read = _READERS.get(type(extension.value))
        if read is not None:
            said.update(read(extension.value, extension.critical))
    return Said(**said)


def _usages(value: x509.KeyUsage, _critical: bool) -> dict[str, Any]:  # noqa: FBT001 - one shape for all readers
    further = [name for name in _AGREEMENT_USAGES if value.key_agreement and getattr(value, name)]
    return {"key_usage": frozenset([ours for theirs, ours in _USAGES if getattr(value, theirs)] + further)}


def _policies(value: x509.CertificatePolicies, _critical: bool) -> dict[str, Any]:  # noqa: FBT001 - the same
    notices = [
        qualifier.explicit_text
        for policy in value
        for qualifier in policy.policy_qualifiers or ()
        if isinstance(qualifier, x509.UserNotice) and qualifier.explicit_text is not None
    ]
    found = tuple(policy.policy_identifier.dotted_string for policy in value)
    if len(set(found)) != len(found):  # RFC 5280 §4.2.1.4: not more than once
        raise Fault(Reason.CERTIFICATE_MALFORMED)
    return {"policies": found, "policy_notices": tuple(notices)}


def _count(encoded: tuple[Extension, ...]) -> None:
    for oid, _, value in encoded:
        if oid in {oids.SUBJECT_ALTERNATIVE_NAME, oids.ISSUER_ALTERNATIVE_NAME}:
            limit, count = MAX_ALTERNATIVE_NAMES, len(der.children(value, der.whole(value, der.SEQUENCE), 16_384))
        elif oid == oids.NAME_CONSTRAINTS:
            limit, count = MAX_NAME_CONSTRAINTS, _subtrees(value)
        else:
            continue
        if count > limit:
            raise Fault(Reason.CERTIFICATE_TOO_LARGE)


def _subtrees(value: bytes) -> int:
    parts = der.children(value, der.whole(value, der.SEQUENCE), 2)
    if any(part.tag not in {_PERMITTED, _EXCLUDED} for part in parts):
        raise der.DerError
    return sum(len(der.children(value, part, 16_384)) for part in parts)


_READERS: Final[dict[type[x509.ExtensionType], Callable[[Any, bool], dict[str, Any]]]] = {
    x509.SubjectKeyIdentifier: lambda value, _: {"subject_key_id": value.digest},
    x509.AuthorityKeyIdentifier: lambda value, _: {"authority_key_id": value.key_identifier},
    x509.BasicConstraints: lambda value, _: {"is_ca": value.ca, "path_length": value.path_length},
    x509.KeyUsage: _usages,
    x509.ExtendedKeyUsage: lambda value, critical: {
        "extended_key_usage": tuple(purpose.dotted_string for purpose in value),
        "extended_key_usage_critical": critical,
    },
    x509.CertificatePolicies: _policies,
    x509.OCSPNoCheck: lambda _value, _critical: {"ocsp_no_check": True},
}
