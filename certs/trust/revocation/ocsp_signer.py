"""Who may answer for an authority: itself, a responder that the list names, or its delegate (RFC 6960 §4.2.2.2).

A delegate's own revocation is not asked after, with or without `id-pkix-ocsp-nocheck`: the authority vouches for it
with every answer's short life, and asking would ask the one in question.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from asn1crypto import keys

from certs.trust import arithmetic
from certs.trust.arithmetic import SignatureAlgorithm
from certs.trust.certificate import Certificate, read_certificate
from certs.trust.errors import Fault, Refused
from certs.trust.fence import fence
from certs.trust.path_builder import folded
from certs.trust.reasons import Reason
from certs.trust.revocation.extensions import read_bits
from certs.trust.revocation.signing import check_signature

MAX_CERTIFICATES: Final = 8
_OCSP_SIGNING: Final = "1.3.6.1.5.5.7.3.9"
_SIGNING_USAGES: Final = frozenset({"digital_signature", "non_repudiation"})
_UNDERSTOOD: Final = frozenset(
    {
        *("2.5.29.14", "2.5.29.15", "2.5.29.17", "2.5.29.18", "2.5.29.19", "2.5.29.31", "2.5.29.32", "2.5.29.35"),
        *("2.5.29.37", "1.3.6.1.5.5.7.1.1", "1.3.6.1.5.5.7.48.1.5"),
    }
)


@dataclass(frozen=True, slots=True)
class Signed:
    """The signed half of an answer and what is said about its signer."""

    message: bytes
    algorithm: bytes
    signature: bytes
    responder: Any
    """ResponderID: a name, or the SHA-1 digest of a key."""
    certificates: tuple[bytes, ...]
    produced_at: datetime


@dataclass(frozen=True, slots=True)
class Answerer:
    """Who signed an answer, being entitled to."""

    certificate: Certificate
    algorithm: SignatureAlgorithm
    is_delegate: bool


def key_bits(spki: bytes) -> bytes:
    """The key itself inside a SubjectPublicKeyInfo: what key identifiers are digests of."""
    with fence(Reason.KEY_MALFORMED):
        return read_bits(keys.PublicKeyInfo.load(spki, strict=True)["public_key"])


def find_answerer(
    signed: Signed, issuer: Certificate, responders: Sequence[Certificate], sm2_user_id: bytes | None
) -> Answerer:
    """Find the one who signed among those who may; raise `Fault` when nobody who may did."""
    finding = Reason.REVOCATION_SIGNER
    for certificate, is_delegate in _candidates(signed, issuer, responders):
        try:
            if is_delegate:
                _check_delegate(certificate, issuer, sm2_user_id)
            if certificate != issuer:
                _check_period(certificate, signed.produced_at)
            algorithm = check_signature(
                certificate.key, signed.algorithm, signed.message, signed.signature, sm2_user_id
            )
        except Fault as fault:
            finding = fault.reason
            continue
        return Answerer(certificate, algorithm, is_delegate)
    raise Fault(finding)


def _candidates(
    signed: Signed, issuer: Certificate, responders: Sequence[Certificate]
) -> list[tuple[Certificate, bool]]:
    known = [(issuer, False), *((responder, False) for responder in responders)]
    names = {certificate.sha256 for certificate, _ in known}
    brought = [(one, True) for one in map(_read, signed.certificates) if one is not None and one.sha256 not in names]
    return [(one, is_delegate) for one, is_delegate in [*known, *brought] if _is_named(one, signed.responder)]


def _read(der: bytes) -> Certificate | None:
    try:
        return read_certificate(der)
    except (Fault, Refused):
        return None  # one of several that came along; if it was the signer's, nobody has signed


def _is_named(certificate: Certificate, responder: Any) -> bool:
    if responder.name == "by_name":
        return folded(responder.chosen.chosen.dump()) == folded(certificate.subject_der)  # without its explicit tag
    digest = hashlib.sha1(key_bits(certificate.spki), usedforsecurity=False).digest()
    return bool(responder.chosen.native == digest)


def _check_delegate(certificate: Certificate, issuer: Certificate, sm2_user_id: bytes | None) -> None:
    """A delegate is issued by the very key that issued the certificate in question, and for nothing but this."""
    usages = certificate.key_usage
    is_entitled = _OCSP_SIGNING in (certificate.extended_key_usage or ())
    may_sign = usages is None or bool(usages & _SIGNING_USAGES)
    is_understood = all(name in _UNDERSTOOD for name, critical, _ in certificate.extensions if critical)
    if folded(certificate.issuer_der) != folded(issuer.subject_der) or not (is_entitled and may_sign and is_understood):
        raise Fault(Reason.REVOCATION_SIGNER)
    try:
        arithmetic.verify(
            issuer.key, certificate.algorithm, certificate.tbs, certificate.signature, sm2_user_id=sm2_user_id
        )
    except (Fault, Refused):
        raise Fault(Reason.REVOCATION_SIGNER) from None


def _check_period(certificate: Certificate, produced_at: datetime) -> None:
    if not certificate.not_before <= produced_at <= certificate.not_after:
        raise Fault(Reason.REVOCATION_SIGNER)
