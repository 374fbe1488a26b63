"""What is asked of a certificate for a key of ours, rule by rule: strength, key, time, usages, names, no step back."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import ExtendedKeyUsageOID

from certs.keys.backends.public_half import key_of
from certs.keys.certificate_faults import CertificateImportError, ImportFault
from certs.keys.signing_key import Algorithm

SKEW: Final = timedelta(minutes=5)
"""By how much an authority's clock may be ahead of ours."""
_RSA_SMALLEST: Final = 2048
_HASHES: Final = {"sha256": 256, "sha384": 384, "sha512": 512}
_CURVES: Final = {"secp256r1": 128, "secp384r1": 192, "secp521r1": 256}
_RSA_STRENGTHS: Final = ((7680, 192), (3072, 128), (0, 112))  # NIST SP 800-57 part 1 §5.6.1
_TLS: Final = frozenset({ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH})


class Purpose(StrEnum):
    """What a key is for; a certificate for one purpose is refused for the others (KM-04)."""

    TLS_SERVER = "tls_server"
    TLS_CLIENT = "tls_client"
    SIGNING = "signing"
    ENCIPHERMENT = "encipherment"


def require_strength(certificate: x509.Certificate) -> None:
    """Refuse short keys, odd curves, and signatures over hashes that have been broken."""
    if strength(certificate) == 0:
        raise CertificateImportError(
            ImportFault.ALGORITHM,
            "a key in the chain is too weak, or of a kind that is not used here",
            need="RSA of 2048 bits or more, or P-256, P-384, P-521",
            have=_kind(certificate),
        )
    if hash_bits(certificate) == 0:
        raise CertificateImportError(
            ImportFault.ALGORITHM,
            "a certificate in the chain is signed over a hash that is not trusted",
            need="SHA-256, SHA-384 or SHA-512",
            have=_hash_name(certificate) or "another way of signing",
        )


def require_key(certificate: x509.Certificate, public: Mapping[str, Any]) -> None:
    """Refuse a certificate for another key than the one it was asked for."""
    own = key_of(Algorithm.ES256 if public.get("kty") == "EC" else Algorithm.RS256, public)
    if _spki(certificate.public_key()) != _spki(own.public_key):
        raise CertificateImportError(
            ImportFault.OTHER_KEY,
            "the certificate is for another key",
            need="a certificate for this key, the first in the file",
            have="a certificate for another one",
        )


def require_time(certificate: x509.Certificate, now: datetime) -> None:
    """Refuse what is not valid now."""
    begins, ends = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    if begins > now + SKEW:
        need, have = f"valid at {now:%Y-%m-%d %H:%M} UTC", f"valid from {begins:%Y-%m-%d %H:%M} UTC"
        raise CertificateImportError(ImportFault.NOT_YET_VALID, "a certificate is not valid yet", need=need, have=have)
    if ends <= now:
        need, have = f"valid at {now:%Y-%m-%d %H:%M} UTC", f"valid until {ends:%Y-%m-%d %H:%M} UTC"
        raise CertificateImportError(ImportFault.EXPIRED, "a certificate has ended", need=need, have=have)


def require_usage(certificate: x509.Certificate, purpose: Purpose) -> None:
    """Refuse a certificate whose authority did not mean it for this purpose (RFC 5280 §4.2.1.3, §4.2.1.12)."""
    usage, extended = _usage(certificate), _extended(certificate)
    if _is_authority(certificate) or (usage is not None and usage.key_cert_sign):
        raise _other_usage(purpose, "an authority's certificate")
    match purpose:
        case Purpose.TLS_SERVER:
            fits = (usage is None or usage.digital_signature) and ExtendedKeyUsageOID.SERVER_AUTH in (extended or ())
        case Purpose.TLS_CLIENT:
            named = extended is None or ExtendedKeyUsageOID.CLIENT_AUTH in extended
            fits = (usage is None or usage.digital_signature) and named
        case Purpose.SIGNING:
            named = extended is None or not extended <= _TLS
            fits = usage is not None and (usage.digital_signature or usage.content_commitment) and named
        case Purpose.ENCIPHERMENT:
            fits = usage is not None and (usage.key_encipherment or usage.data_encipherment)
    if not fits:
        raise _other_usage(purpose, "a certificate for other usages")


def require_names(certificate: x509.Certificate, names: tuple[str, ...]) -> None:
    """Refuse a certificate that leaves out a host name that was asked for."""
    missing = {name.lower() for name in names} - host_names(certificate)
    if missing:
        need, have = f"the host names {', '.join(names)}", f"not {', '.join(sorted(missing))}"
        raise CertificateImportError(ImportFault.NAMES, "a host name is missing", need=need, have=have)


def require_no_downgrade(certificate: x509.Certificate, current: x509.Certificate) -> None:
    """Refuse a successor that is weaker than what it replaces, or for fewer host names."""
    lost = host_names(current) - host_names(certificate)
    if lost:
        need, have = "every host name of the certificate in use", f"not {', '.join(sorted(lost))}"
    elif strength(certificate) < strength(current):
        need, have = f"a key as strong as {_kind(current)}", _kind(certificate)
    elif hash_bits(certificate) < hash_bits(current):
        need, have = f"a hash as strong as {_hash_name(current)}", _hash_name(certificate)
    else:
        return
    raise CertificateImportError(
        ImportFault.DOWNGRADE, "the certificate is less than the one in use", need=need, have=have
    )


def strength(certificate: x509.Certificate) -> int:
    """How many bits of work the key withstands; 0 for one that is not used here."""
    try:
        key = certificate.public_key()
    except (ValueError, UnsupportedAlgorithm):
        return 0
    if isinstance(key, ec.EllipticCurvePublicKey):
        return _CURVES.get(key.curve.name, 0)
    if isinstance(key, rsa.RSAPublicKey) and key.key_size >= _RSA_SMALLEST:
        return next(bits for size, bits in _RSA_STRENGTHS if key.key_size >= size)
    return 0


def hash_bits(certificate: x509.Certificate) -> int:
    """The size of the hash that the authority signed over; 0 for one that is not trusted."""
    return _HASHES.get(_hash_name(certificate), 0)


def host_names(certificate: x509.Certificate) -> frozenset[str]:
    """The host names that it is for (RFC 9525 §6.3); those in the subject do not count."""
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return frozenset()
    return frozenset(name.lower() for name in names.get_values_for_type(x509.DNSName))


def _other_usage(purpose: Purpose, have: str) -> CertificateImportError:
    need = f"a certificate for {purpose.value.replace('_', ' ')}"
    return CertificateImportError(ImportFault.USAGE, "the certificate is for something else", need=need, have=have)


def _usage(certificate: x509.Certificate) -> x509.KeyUsage | None:
    try:
        return certificate.extensions.get_extension_for_class(x509.KeyUsage).value
    except x509.ExtensionNotFound:
        return None


def _extended(certificate: x509.Certificate) -> frozenset[x509.ObjectIdentifier] | None:
    try:
        return frozenset(certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value)
    except x509.ExtensionNotFound:
        return None


def _is_authority(certificate: x509.Certificate) -> bool:
    try:
        return certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except x509.ExtensionNotFound:
        return False


def _hash_name(certificate: x509.Certificate) -> str:
    try:
        algorithm = certificate.signature_hash_algorithm
    except UnsupportedAlgorithm:
        return ""
    return "" if algorithm is None else algorithm.name


def _kind(certificate: x509.Certificate) -> str:
    try:
        key = certificate.public_key()
    except (ValueError, UnsupportedAlgorithm):
        return "a key of an unknown kind"
    if isinstance(key, ec.EllipticCurvePublicKey):
        return key.curve.name
    return f"RSA of {key.key_size} bits" if isinstance(key, rsa.RSAPublicKey) else "a key of another kind"


def _spki(key: Any) -> bytes:
    encoded: bytes = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return encoded
