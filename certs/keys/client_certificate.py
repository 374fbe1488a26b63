"""What a TLS client certificate says, and whether it counts (RFC 8705 §2): fulfils the gateway's ``CertificateReader``.

The connection has proven that the caller holds the key; here it is judged whose key that is. Certificates of an
authority are checked up to the configured authorities by `cryptography`'s path validation. Revocation is not looked
up: authorities for this purpose issue short-lived certificates, or the operator disables the client.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509 import verification
from cryptography.x509.oid import ExtendedKeyUsageOID
from joserfc.jwk import ECKey, RSAKey

from certs.keys import base64url
from certs.keys.distinguished_name import is_same_name, parse_distinguished_name
from certs.keys.errors import JoseError, KeyMaterialError
from certs.keys.verification_keys import VerificationKeys

MAX_CERTIFICATE: Final = 16_384
"""Bytes of a certificate in DER form."""
SUBJECT_DN: Final = "tls_client_auth_subject_dn"
SAN_DNS: Final = "tls_client_auth_san_dns"
SAN_URI: Final = "tls_client_auth_san_uri"
SAN_EMAIL: Final = "tls_client_auth_san_email"


class ClientCertificates:
    """Reads client certificates and judges them by a fixed list of authorities."""

    __slots__ = ("_store",)

    def __init__(self, authorities: Iterable[bytes] = ()) -> None:
        trusted = [certificate for pem in authorities for certificate in _authorities_in(pem)]
        self._store = verification.Store(trusted) if trusted else None

    def thumbprint(self, certificate: bytes) -> str:
        """SHA-256 of the DER form, base64url (RFC 8705 §3.1)."""
        return base64url.encode(hashlib.sha256(certificate).digest())

    def names(self, certificate: bytes, now: datetime) -> Mapping[str, Sequence[str]] | None:
        """Subject and alternative names by metadata name, or ``None`` if no authority of ours vouches for them now."""
        read = _read(certificate)
        if read is None or self._store is None or not _is_vouched_for(read, self._store, now):
            return None
        return {SUBJECT_DN: (read.subject.rfc4514_string(),), **_alternative_names(read)}

    def is_one_of(self, certificate: bytes, jwks: Mapping[str, Any], now: datetime) -> bool:
        """Whether its key is one of the client's own (``self_signed_tls_client_auth``, RFC 8705 §2.2)."""
        read = _read(certificate)
        if read is None or not read.not_valid_before_utc <= now <= read.not_valid_after_utc:
            return False
        try:
            keys = VerificationKeys.from_jwks(jwks).keys
            presented = read.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        except (JoseError, ValueError, UnsupportedAlgorithm):
            return False
        return any(_spki(key.public) == presented for key in keys)


def is_named(names: Mapping[str, Sequence[str]], member: str, registered: str) -> bool:
    """Whether a certificate with these names is the one registered under a ``tls_client_auth_…`` member.

    Distinguished names are compared part by part, host names without regard to case, all others as they are.
    """
    presented = names.get(member, ())
    if member == SUBJECT_DN:
        return any(_is_same_subject(name, registered) for name in presented)
    if member == SAN_DNS:
        return registered.lower() in {name.lower() for name in presented}
    return registered in presented


def _is_same_subject(presented: str, registered: str) -> bool:
    try:
        return is_same_name(parse_distinguished_name(presented), parse_distinguished_name(registered))
    except KeyMaterialError:
        return False


def _authorities_in(pem: bytes) -> list[x509.Certificate]:
    try:
        return x509.load_pem_x509_certificates(pem)
    except ValueError:
        raise KeyMaterialError("an authority is not a certificate in PEM") from None


def _read(der: bytes) -> x509.Certificate | None:
    if len(der) > MAX_CERTIFICATE:
        return None
    try:
        certificate = x509.load_der_x509_certificate(der)
        # Parsed lazily: asking for them here means that nothing malformed is met later.
        has_unknown_demand = any(
            extension.critical and isinstance(extension.value, x509.UnrecognizedExtension)
            for extension in certificate.extensions
        )
    except (ValueError, x509.DuplicateExtension, x509.UnsupportedGeneralNameType):
        return None
    return None if has_unknown_demand else certificate


def _is_vouched_for(certificate: x509.Certificate, store: verification.Store, now: datetime) -> bool:
    policies = {"ca_policy": _CA_POLICY, "ee_policy": _CLIENT_POLICY}
    builder = verification.PolicyBuilder().store(store).time(now).extension_policies(**policies)
    try:
        builder.build_client_verifier().verify(certificate, [])
    except verification.VerificationError:
        return False
    return True


def _alternative_names(certificate: x509.Certificate) -> dict[str, tuple[str, ...]]:
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return {}
    return {
        SAN_DNS: tuple(names.get_values_for_type(x509.DNSName)),
        SAN_URI: tuple(names.get_values_for_type(x509.UniformResourceIdentifier)),
        SAN_EMAIL: tuple(names.get_values_for_type(x509.RFC822Name)),
    }


def _spki(key: ECKey | RSAKey) -> bytes:
    return key.public_key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def _demand_authority(_: verification.Policy, __: x509.Certificate, constraints: x509.BasicConstraints) -> None:
    if not constraints.ca:
        raise ValueError("not an authority")


def _demand_cert_sign(_: verification.Policy, __: x509.Certificate, usage: x509.KeyUsage | None) -> None:
    if usage is not None and not usage.key_cert_sign:
        raise ValueError("not for signing certificates")


def _demand_signature(_: verification.Policy, __: x509.Certificate, usage: x509.KeyUsage | None) -> None:
    if usage is not None and not usage.digital_signature:
        raise ValueError("not for signing a handshake")


def _demand_client(_: verification.Policy, __: x509.Certificate, usage: x509.ExtendedKeyUsage | None) -> None:
    if usage is not None and ExtendedKeyUsageOID.CLIENT_AUTH not in usage:
        raise ValueError("not for clients")


def _demand_end(_: verification.Policy, __: x509.Certificate, constraints: x509.BasicConstraints | None) -> None:
    if constraints is not None and constraints.ca:
        raise ValueError("an authority is no client")


_ANY: Final = verification.Criticality.AGNOSTIC
# RFC 5280 §6.1 rather than the rules of the public web: private authorities leave out much that browsers insist on.
_CA_POLICY: Final = (
    verification.ExtensionPolicy.permit_all()
    .require_present(x509.BasicConstraints, _ANY, _demand_authority)
    .may_be_present(x509.KeyUsage, _ANY, _demand_cert_sign)
)
_CLIENT_POLICY: Final = (
    verification.ExtensionPolicy.permit_all()
    .may_be_present(x509.BasicConstraints, _ANY, _demand_end)
    .may_be_present(x509.KeyUsage, _ANY, _demand_signature)
    .may_be_present(x509.ExtendedKeyUsage, _ANY, _demand_client)
)
