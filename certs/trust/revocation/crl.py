"""A certificate revocation list, read once and judged for one certificate (RFC 5280 §5 and §6.3).

Lists have up to a million entries, so none is ever turned into objects: the serial number is looked for in the list's
bytes, and only a list that has it is walked, by a library that is fast at it.
"""

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from asn1crypto import core
from asn1crypto.crl import CertificateList
from cryptography import x509

from certs.trust.arithmetic import SignatureAlgorithm
from certs.trust.certificate import Certificate
from certs.trust.errors import Fault
from certs.trust.fence import fence
from certs.trust.path_builder import folded
from certs.trust.reasons import Reason
from certs.trust.revocation.crl_scope import NUMBER, REMEMBERS, UNDERSTOOD, check_scope
from certs.trust.revocation.extensions import read_bits, read_extensions, read_integer, read_time
from certs.trust.revocation.memory import Memory
from certs.trust.revocation.model import Material, MaterialKind, RevocationRules, Standing, Status
from certs.trust.revocation.signing import check_signature
from certs.trust.revocation.statement import HOLD, Statement, weigh

MAX_LIST: Final = 20 * 1_048_576
_KEPT: Final = 64 * 1_048_576
"""Bytes of lists that stay read."""
_OF_ENTRIES: Final = frozenset({"2.5.29.21", "2.5.29.24"})
_CRITICAL: Final = re.compile(rb"(?<!\x06\x03\x55\x1d\x15)(?<!\x06\x03\x55\x1d\x18)\x01\x01\xff\x04", re.DOTALL)
"""The end of an extension's head that says critical, and not of reason or invalidity date."""
_REMOVED: Final = "removeFromCRL"


@dataclass(frozen=True, slots=True)
class RevocationList:
    """A list whose signature by an authority has been checked."""

    body: x509.CertificateRevocationList
    der: bytes
    sha256: str
    algorithm: SignatureAlgorithm
    extensions: Mapping[str, bytes]
    this_update: datetime
    next_update: datetime | None

    def entry(self, serial: int) -> x509.RevokedCertificate | None:
        """Find a certificate's entry; most lists have none, and a search through the bytes says so at once."""
        seen = self.der.count(core.Integer(serial).dump())
        first = self.body.get_revoked_certificate_by_serial_number(serial) if seen else None
        if first is None or seen == 1 or _standing(first) is Standing.REVOKED:
            return first
        # A hold may stand beside what became of it: then the whole list is walked, and the worst entry counts.
        return min((one for one in self.body if one.serial_number == serial), key=_severity)


_READ: Final[Memory[tuple[object, ...], RevocationList]] = Memory(_KEPT)


def judge(
    material: Material,
    certificate: Certificate,
    issuer: Certificate,
    *,
    responders: Sequence[Certificate] = (),  # noqa: ARG001 - the same question as to a responder; lists have no delegates
    at: datetime,
    rules: RevocationRules,
    sm2_user_id: bytes | None = None,
) -> Status:
    """Say what a list says of a certificate at a moment, or raise `Fault` when it does not count."""
    found = _read_once(material.der, issuer, sm2_user_id)
    with fence(Reason.REVOCATION_MALFORMED):
        if folded(certificate.issuer_der) != folded(issuer.subject_der):
            raise Fault(Reason.REVOCATION_OTHER_CERTIFICATE)
        check_scope(found.extensions, certificate)
        statement = _statement(found, found.entry(certificate.serial))
    return weigh(statement, material, certificate, at=at, rules=rules)


def number_of(der: bytes) -> int | None:
    """The list's number, which only rises (RFC 5280 §5.2.3); nothing is checked."""
    with fence(Reason.REVOCATION_MALFORMED):
        body = CertificateList.load(der, strict=True)["tbs_cert_list"]
        return read_integer(read_extensions(body["crl_extensions"], UNDERSTOOD).get(NUMBER))


def this_update(der: bytes) -> datetime:
    """When a list was made; nothing is checked."""
    with fence(Reason.REVOCATION_MALFORMED):
        moment = CertificateList.load(der, strict=True)["tbs_cert_list"]["this_update"].native
        if not isinstance(moment, datetime):
            raise Fault(Reason.REVOCATION_MALFORMED)
        return moment


def _read_once(der: bytes, issuer: Certificate, sm2_user_id: bytes | None) -> RevocationList:
    if len(der) > MAX_LIST:
        raise Fault(Reason.REVOCATION_TOO_LARGE)
    with fence(Reason.REVOCATION_MALFORMED):
        return _READ.get((der, issuer.sha256, sm2_user_id), lambda: _read(der, issuer, sm2_user_id), len(der))


def _read(der: bytes, issuer: Certificate, sm2_user_id: bytes | None) -> RevocationList:
    outer = CertificateList.load(der, strict=True)
    message = bytes(outer["tbs_cert_list"].dump())
    body = outer["tbs_cert_list"]
    if folded(body["issuer"].dump()) != folded(issuer.subject_der):
        raise Fault(Reason.REVOCATION_OTHER_CERTIFICATE)
    if issuer.key_usage is not None and "crl_sign" not in issuer.key_usage:
        raise Fault(Reason.REVOCATION_SIGNER)
    algorithm = outer["signature_algorithm"].dump()
    if body["signature"].dump() != algorithm:
        raise Fault(Reason.REVOCATION_MALFORMED)
    stated = check_signature(issuer.key, algorithm, message, read_bits(outer["signature"]), sm2_user_id)
    return _checked(der, body, stated)


def _checked(der: bytes, body: Any, stated: SignatureAlgorithm) -> RevocationList:
    read = x509.load_der_x509_crl(der)
    until = read.next_update_utc
    if until is not None and until < read.last_update_utc:
        raise Fault(Reason.REVOCATION_MALFORMED)
    if _CRITICAL.search(body["revoked_certificates"].contents or b""):
        _check_entries(read)
    return RevocationList(
        body=read,
        der=der,
        sha256=hashlib.sha256(der).hexdigest(),
        algorithm=stated,
        extensions=read_extensions(body["crl_extensions"], UNDERSTOOD),
        this_update=read.last_update_utc,
        next_update=until,
    )


def _statement(found: RevocationList, entry: x509.RevokedCertificate | None) -> Statement:
    reason = "" if entry is None else _reason(entry)
    removed = reason == _REMOVED
    return Statement(
        kind=MaterialKind.CRL,
        sha256=found.sha256,
        standing=_standing(entry),
        this_update=found.this_update,
        next_update=found.next_update,
        algorithm=found.algorithm,
        revoked_at=None if entry is None or removed else entry.revocation_date_utc,
        reason=reason,
        invalid_since=None if entry is None else _invalid_since(entry),
        released_at=entry.revocation_date_utc if entry is not None and removed else None,
        remembers_since=read_time(found.extensions.get(REMEMBERS)),
    )


def _standing(entry: x509.RevokedCertificate | None) -> Standing:
    reason = _REMOVED if entry is None else _reason(entry)
    if reason == _REMOVED:
        return Standing.GOOD
    return Standing.ON_HOLD if reason == HOLD else Standing.REVOKED


def _severity(entry: x509.RevokedCertificate) -> int:
    return (Standing.REVOKED, Standing.ON_HOLD, Standing.GOOD).index(_standing(entry))


def _check_entries(body: x509.CertificateRevocationList) -> None:
    """One entry that is not understood spoils the whole list (RFC 5280 §5.3), so all are walked, once."""
    for entry in body:
        _reason(entry)


def _reason(entry: x509.RevokedCertificate) -> str:
    if any(one.critical and one.oid.dotted_string not in _OF_ENTRIES for one in entry.extensions):
        raise Fault(Reason.REVOCATION_SCOPE)  # it may say that the entry is another authority's
    found = [one.value for one in entry.extensions if isinstance(one.value, x509.CRLReason)]
    return found[0].reason.value if found else ""


def _invalid_since(entry: x509.RevokedCertificate) -> datetime | None:
    found = [one.value for one in entry.extensions if isinstance(one.value, x509.InvalidityDate)]
    return found[0].invalidity_date_utc if found else None
