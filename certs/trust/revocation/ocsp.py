"""An answer of a responder, read, checked and judged for one certificate (RFC 6960 §3.2).

The arithmetic is ours, because answers come with SM2 signatures and SM3 digests; nothing of an answer is believed
before its signature by somebody entitled has been checked.
"""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from asn1crypto import core, ocsp

from certs.keys.sm import sm3
from certs.trust.certificate import Certificate
from certs.trust.errors import Fault
from certs.trust.fence import fence
from certs.trust.reasons import Reason
from certs.trust.revocation.extensions import read_bits, read_extensions, read_time
from certs.trust.revocation.memory import Memory
from certs.trust.revocation.model import Material, MaterialKind, RevocationRules, Standing, Status
from certs.trust.revocation.ocsp_signer import MAX_CERTIFICATES, Answerer, Signed, find_answerer, key_bits
from certs.trust.revocation.statement import HOLD, REASONS, Statement, weigh

MAX_ANSWER: Final = 1_048_576
MAX_SINGLE_ANSWERS: Final = 256
_BASIC: Final = "1.3.6.1.5.5.7.48.1.1"
NONCE: Final = "1.3.6.1.5.5.7.48.1.2"
_ARCHIVE_CUTOFF: Final = "1.3.6.1.5.5.7.48.1.6"
_INVALIDITY_DATE: Final = "2.5.29.24"
_ABOUT_ALL: Final = frozenset({NONCE, "1.3.6.1.5.5.7.48.1.9"})
"""The second says that serial numbers never issued are called revoked, which we do as well."""
_ABOUT_ONE: Final = frozenset({_ARCHIVE_CUTOFF, _INVALIDITY_DATE, "1.3.6.1.5.5.7.48.1.3", "2.5.29.21"})
_WORST_FIRST: Final = (Standing.REVOKED, Standing.ON_HOLD, Standing.UNKNOWN, Standing.GOOD)

_READ: Final[Memory[tuple[object, ...], Statement]] = Memory(16 * MAX_ANSWER)


def _sha1(data: bytes) -> bytes:
    return hashlib.sha1(data, usedforsecurity=False).digest()  # names a certificate; proves nothing


def _sha256(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


_DIGESTS: Final = {"1.3.14.3.2.26": _sha1, "2.16.840.1.101.3.4.2.1": _sha256, "1.2.156.10197.1.401": sm3}
"""With what CertID may name an issuer."""


def judge(
    material: Material,
    certificate: Certificate,
    issuer: Certificate,
    *,
    responders: Sequence[Certificate],
    at: datetime,
    rules: RevocationRules,
    sm2_user_id: bytes | None = None,
) -> Status:
    """Say what an answer says of a certificate at a moment, or raise `Fault` when it does not count."""
    if len(material.der) > MAX_ANSWER:
        raise Fault(Reason.REVOCATION_TOO_LARGE)
    names = tuple(one.sha256 for one in (certificate, issuer, *responders))
    statement = _READ.get(
        (material.der, material.nonce, sm2_user_id, names),
        lambda: _read(material, certificate, issuer, responders, sm2_user_id),
        len(material.der),
    )
    return weigh(statement, material, certificate, at=at, rules=rules)


def this_update(der: bytes) -> datetime:
    """The earliest time at which any part of an answer was right; nothing is checked."""
    with fence(Reason.REVOCATION_MALFORMED):
        singles = _basic(der)["tbs_response_data"]["responses"]
        return min(_moment(single["this_update"]) for single in singles)


def _read(
    material: Material,
    certificate: Certificate,
    issuer: Certificate,
    responders: Sequence[Certificate],
    sm2_user_id: bytes | None,
) -> Statement:
    with fence(Reason.REVOCATION_MALFORMED):
        basic = _basic(material.der)
        message = basic["tbs_response_data"].dump()
        data = basic["tbs_response_data"]
        signed = _signed(basic, data, message)
        answerer = find_answerer(signed, issuer, responders, sm2_user_id)
        _check_nonce(material, read_extensions(data["response_extensions"], _ABOUT_ALL))
        singles = list(_about(certificate, issuer, data["responses"]))
        if not singles:
            raise Fault(Reason.REVOCATION_OTHER_CERTIFICATE)
        worst = min(singles, key=lambda single: _WORST_FIRST.index(_standing(single)))
        return _statement(worst, signed, answerer, hashlib.sha256(material.der).hexdigest())


def _basic(der: bytes) -> Any:
    answer = ocsp.OCSPResponse.load(der, strict=True)
    if answer["response_status"].native != "successful":
        raise Fault(Reason.REVOCATION_NOT_SUCCESSFUL)
    body = answer["response_bytes"]
    if body["response_type"].dotted != _BASIC:
        raise Fault(Reason.REVOCATION_MALFORMED)
    basic = ocsp.BasicOCSPResponse.load(bytes(body["response"].contents), strict=True)
    if len(basic["tbs_response_data"]["responses"]) > MAX_SINGLE_ANSWERS:
        raise Fault(Reason.REVOCATION_TOO_LARGE)
    return basic


def _signed(basic: Any, data: Any, message: bytes) -> Signed:
    certificates = () if isinstance(basic["certs"], core.Void) else tuple(one.dump() for one in basic["certs"])
    if len(certificates) > MAX_CERTIFICATES:
        raise Fault(Reason.REVOCATION_TOO_LARGE)
    return Signed(
        message=message,
        algorithm=basic["signature_algorithm"].dump(),
        signature=read_bits(basic["signature"]),
        responder=data["responder_id"],
        certificates=certificates,
        produced_at=_moment(data["produced_at"]),
    )


def _check_nonce(material: Material, extensions: Mapping[str, bytes]) -> None:
    """What we asked with must come back if anything does; a responder that answers from stock has none (RFC 9654)."""
    echoed = extensions.get(NONCE)
    if material.nonce is not None and echoed not in {None, material.nonce, core.OctetString(material.nonce).dump()}:
        raise Fault(Reason.REVOCATION_NONCE)


def _about(certificate: Certificate, issuer: Certificate, singles: Any) -> list[Any]:
    bits = key_bits(issuer.spki)
    return [single for single in singles if _is_about(single["cert_id"], certificate, bits)]


def _is_about(cert_id: Any, certificate: Certificate, issuer_key: bytes) -> bool:
    digest = _DIGESTS.get(cert_id["hash_algorithm"]["algorithm"].dotted)
    return (
        digest is not None
        and cert_id["serial_number"].native == certificate.serial
        and cert_id["issuer_name_hash"].native == digest(certificate.issuer_der)
        and cert_id["issuer_key_hash"].native == digest(issuer_key)
    )


def _standing(single: Any) -> Standing:
    status = single["cert_status"]
    if status.name == "revoked":
        return Standing.ON_HOLD if _reason(status.chosen) == HOLD else Standing.REVOKED
    return Standing.GOOD if status.name == "good" else Standing.UNKNOWN


def _reason(revoked: Any) -> str:
    reason = revoked["revocation_reason"]
    if isinstance(reason, core.Void):
        return ""
    return REASONS[int.from_bytes(reason.contents, "big")]


def _statement(single: Any, signed: Signed, answerer: Answerer, sha256: str) -> Statement:
    extensions = read_extensions(single["single_extensions"], _ABOUT_ONE)
    until = single["next_update"]
    first = _moment(single["this_update"])
    last = None if isinstance(until, core.Void) else _moment(until)
    if last is not None and last < first:
        raise Fault(Reason.REVOCATION_MALFORMED)
    is_out = single["cert_status"].name == "revoked"
    revoked = single["cert_status"].chosen if is_out else None
    return Statement(
        kind=MaterialKind.OCSP,
        sha256=sha256,
        standing=_standing(single),
        this_update=first,
        next_update=last,
        algorithm=answerer.algorithm,
        produced_at=signed.produced_at,
        revoked_at=None if revoked is None else _moment(revoked["revocation_time"]),
        reason="" if revoked is None else _reason(revoked),
        invalid_since=read_time(extensions.get(_INVALIDITY_DATE)),
        remembers_since=read_time(extensions.get(_ARCHIVE_CUTOFF)),
        signer_until=answerer.certificate.not_after if answerer.is_delegate else None,
    )


def _moment(value: Any) -> datetime:
    moment = value.native
    if not isinstance(moment, datetime) or moment.tzinfo is None:
        raise Fault(Reason.REVOCATION_MALFORMED)
    return moment
