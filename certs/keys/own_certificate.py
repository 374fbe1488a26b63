"""Whether a certificate that an authority sent back is taken for a key of ours (signatures specification §9.2).

In this order: what was sent, its strength, its key, its time, its usages, its host names, the way up to an expected
authority, no step back behind the certificate in use, and the fingerprint that the operator has from elsewhere.
"""

import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import verification

from certs.keys.certificate_bundle import read_bundle
from certs.keys.certificate_faults import CertificateImportError, ImportFault
from certs.keys.certificate_rules import (
    Purpose,
    require_key,
    require_names,
    require_no_downgrade,
    require_strength,
    require_time,
    require_usage,
)
from certs.keys.errors import KeyMaterialError
from certs.keys.rotation.rules import EXPIRY_MARGIN

__all__ = ["CertificateImportError", "ExpectedCertificate", "ImportFault", "Imported", "Purpose", "check_import"]

_DEPTH: Final = 4
"""Intermediate authorities between a certificate and an expected authority, at most."""
_FINGERPRINT: Final = re.compile(r"(?:sha256:)?(?P<digits>[0-9a-f]{64})")
_SEPARATORS: Final = re.compile(r"[\s:]")
_ANY: Final = verification.Criticality.AGNOSTIC


@dataclass(frozen=True, slots=True)
class ExpectedCertificate:
    """What the operator and the settings expect of a certificate."""

    purpose: Purpose
    authorities: tuple[bytes, ...]
    """Authorities that may have issued it, PEM."""
    names: tuple[str, ...] = ()
    """Host names that it has to be for."""
    fingerprint: str | None = None
    """``sha256:`` and 64 hexadecimal digits, with or without colons, as the authority told it on another way."""
    margin: timedelta = EXPIRY_MARGIN
    """How long before its end it is replaced."""


@dataclass(frozen=True, slots=True)
class Imported:
    """A certificate that is taken."""

    chain: tuple[str, ...]
    """PEM, the key's own first, without the authority at the top."""
    subject: str
    not_before: datetime
    not_after: datetime
    fingerprint: str
    warnings: tuple[str, ...]
    """Sentences for the operator: what is allowed, and should be looked at."""


def check_import(
    pem: bytes, *, public: Mapping[str, Any], expected: ExpectedCertificate, current: bytes | None, now: datetime
) -> Imported:
    """Judge what an authority sent for the key with these public members; raises ``CertificateImportError``.

    ``current`` is the certificate in use, PEM, which the new one must not fall behind.
    """
    bundle = read_bundle(pem)
    for certificate in bundle:
        require_strength(certificate)
    own = bundle[0]
    require_key(own, public)
    for certificate in bundle:
        require_time(certificate, now)
    require_usage(own, expected.purpose)
    require_names(own, expected.names)
    chain = _chain(bundle, expected.authorities, now)
    in_use = None if current is None else read_bundle(current)[0]
    if in_use is not None:
        require_no_downgrade(own, in_use)
    _require_fingerprint(own, expected.fingerprint)
    return Imported(
        chain=tuple(one.public_bytes(Encoding.PEM).decode("ascii") for one in chain),
        subject=own.subject.rfc4514_string(),
        not_before=own.not_valid_before_utc,
        not_after=own.not_valid_after_utc,
        fingerprint=f"sha256:{own.fingerprint(SHA256()).hex()}",
        warnings=tuple(_warnings(own, in_use, expected, now)),
    )


def _chain(
    bundle: tuple[x509.Certificate, ...], authorities: tuple[bytes, ...], now: datetime
) -> tuple[x509.Certificate, ...]:
    trusted = [certificate for pem in authorities for certificate in _authorities_in(pem)]
    path = _path(bundle, trusted, now) if trusted else None
    if path is None:
        raise CertificateImportError(
            ImportFault.AUTHORITY,
            "no way leads from the certificate to an expected authority",
            need="a chain that ends at an expected authority, intermediate certificates included",
            have=f"{len(bundle)} certificates and {len(trusted)} expected authorities",
        )
    if not set(bundle) <= set(path):
        raise CertificateImportError(
            ImportFault.FOREIGN,
            "the file holds a certificate that has no part in the chain",
            need="the certificate and its intermediate authorities only",
            have=f"{len(set(bundle) - set(path))} more",
        )
    return path[:-1]


def _path(
    bundle: tuple[x509.Certificate, ...], trusted: list[x509.Certificate], now: datetime
) -> tuple[x509.Certificate, ...] | None:
    builder = verification.PolicyBuilder().store(verification.Store(trusted)).time(now).max_chain_depth(_DEPTH)
    verifier = builder.extension_policies(ca_policy=_AUTHORITY, ee_policy=_OWN).build_client_verifier()
    try:
        return tuple(verifier.verify(bundle[0], list(bundle[1:])).chain)
    except verification.VerificationError:
        return None


def _authorities_in(pem: bytes) -> list[x509.Certificate]:
    try:
        return x509.load_pem_x509_certificates(pem)
    except ValueError:
        raise KeyMaterialError("an expected authority is not a certificate in PEM") from None


def _require_fingerprint(certificate: x509.Certificate, typed: str | None) -> None:
    if typed is None:
        return
    match = _FINGERPRINT.fullmatch(_normal(typed))
    digits = "" if match is None else match["digits"]
    if not hmac.compare_digest(digits, certificate.fingerprint(SHA256()).hex()):
        raise CertificateImportError(
            ImportFault.FINGERPRINT,
            "the fingerprint is not the one that was given",
            need="sha256: and the 64 digits of this certificate",
            have="another one" if digits else "something that is no such fingerprint",
        )


def _normal(typed: str) -> str:
    lowered = typed.strip().lower()
    head = "sha256:" if lowered.startswith("sha256:") else ""
    return head + _SEPARATORS.sub("", lowered.removeprefix(head))


def _warnings(
    own: x509.Certificate, in_use: x509.Certificate | None, expected: ExpectedCertificate, now: datetime
) -> list[str]:
    found = []
    left = own.not_valid_after_utc - now
    if left < 2 * expected.margin:
        found.append(f"it ends in {left.days} days, and would be replaced {expected.margin.days} days before its end")
    if in_use is not None and own.not_valid_after_utc < in_use.not_valid_after_utc:
        found.append("it ends before the certificate in use")
    if in_use is not None and own.subject != in_use.subject:
        found.append("its subject is another one than that of the certificate in use")
    return found


def _demand_authority(_: verification.Policy, __: x509.Certificate, constraints: x509.BasicConstraints) -> None:
    if not constraints.ca:
        raise ValueError("not an authority")


def _demand_cert_sign(_: verification.Policy, __: x509.Certificate, usage: x509.KeyUsage | None) -> None:
    if usage is not None and not usage.key_cert_sign:
        raise ValueError("not for signing certificates")


# RFC 5280 §6.1 rather than the rules of the public web, which authorities of governments do not keep; the usages of
# our own certificate have been looked at before.
_AUTHORITY: Final = (
    verification.ExtensionPolicy.permit_all()
    .require_present(x509.BasicConstraints, _ANY, _demand_authority)
    .may_be_present(x509.KeyUsage, _ANY, _demand_cert_sign)
)
_OWN: Final = verification.ExtensionPolicy.permit_all()
