"""What bounds the search for a path, and the rules of RFC 5280 §6.1.4 that need no library to be judged.

They are here so that each broken rule has a reason of its own; the whole of §6 is judged afterwards all the same.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from certs.trust import oids
from certs.trust.certificate import Certificate
from certs.trust.errors import Fault
from certs.trust.reasons import Reason

PROCESSED: Final = frozenset(
    {
        oids.AUTHORITY_INFORMATION_ACCESS,
        oids.AUTHORITY_KEY_IDENTIFIER,
        oids.BASIC_CONSTRAINTS,
        oids.CERTIFICATE_POLICIES,
        oids.CRL_DISTRIBUTION_POINTS,
        oids.EXTENDED_KEY_USAGE,
        oids.INHIBIT_ANY_POLICY,
        oids.KEY_USAGE,
        oids.NAME_CONSTRAINTS,
        oids.OCSP_NO_CHECK,
        oids.POLICY_CONSTRAINTS,
        oids.POLICY_MAPPINGS,
        oids.SUBJECT_ALTERNATIVE_NAME,
        oids.SUBJECT_KEY_IDENTIFIER,
        "2.5.29.46",  # freshestCRL: says where more can be asked, demands nothing
        "1.3.6.1.5.5.7.1.3",  # qcStatements: statements about the issuer, marked critical by some all the same
    }
)
"""Extensions that are processed by somebody in this wing, and may therefore be critical (RFC 5280 §4.2)."""


@dataclass(frozen=True, slots=True)
class PathRules:
    """What bounds the search; what is found must fulfil the rules whatever the time is."""

    depth: int = 5
    """Certificates in a path, the leaf and the anchor counted."""
    candidates: int = 8
    """Certificates of the message that are tried as issuers."""
    signature_checks: int = 16
    complete_paths: int = 4
    sm2_user_id: bytes | None = None
    policies: frozenset[str] = frozenset()
    """The user-initial-policy-set (RFC 5280 §6.1.1 c); empty: any policy."""
    needs_policy: bool = False
    """initial-explicit-policy: one of ``policies`` must be valid for the whole path."""
    inhibits_mapping: bool = False
    """initial-policy-mapping-inhibit."""
    inhibits_any_policy: bool = False
    """initial-any-policy-inhibit."""


def check(path: Sequence[Certificate]) -> None:
    """Judge a path from the leaf to the anchor by everything that one certificate says of itself."""
    for certificate in path[:-1]:
        _check_critical_extensions(certificate)
    for place, issuer in enumerate(path[1:], start=1):
        _check_issuer(issuer, below=path[1:place])


def _check_critical_extensions(certificate: Certificate) -> None:
    """An extension that must be understood and is not, is a refusal (RFC 5280 §6.1.4 o, §6.1.5 f)."""
    if any(critical and oid not in PROCESSED for oid, critical, _ in certificate.extensions):
        raise Fault(Reason.PATH_CRITICAL_EXTENSION)


def _check_issuer(issuer: Certificate, below: Sequence[Certificate]) -> None:
    """Say whether a certificate may issue, with these issuers ``below`` it (RFC 5280 §6.1.4 k to n)."""
    if not issuer.is_ca:
        raise Fault(Reason.PATH_NOT_CA)
    if issuer.key_usage is not None and "key_cert_sign" not in issuer.key_usage:
        raise Fault(Reason.PATH_KEY_USAGE)
    counted = sum(not certificate.self_issued for certificate in below)
    if issuer.path_length is not None and counted > issuer.path_length:
        raise Fault(Reason.PATH_LENGTH)
