"""Answers of responders and revocation lists for tests: right by default, one keyword spoils them."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any, Final

from asn1crypto import algos, core, crl, keys, ocsp, x509

from certs.keys.sm import sm3
from certs.trust import der
from certs.trust.certificate import Certificate
from certs.trust.revocation.model import Material, MaterialKind, MaterialSource, RevocationRules
from mock_idps.authority.sm2 import Sm2Key
from tests.certs.builders import NOW
from tests.certs.trust.issuing import Party, _sign, an_unknown_extension, extension, issue

RULES: Final = RevocationRules()
HOUR: Final = timedelta(hours=1)
DAY: Final = timedelta(days=1)
SM3: Final = "1.2.156.10197.1.401"
OCSP_URL: Final = "http://ocsp.ca.example.hk/status"
CRL_URL: Final = "http://crl.ca.example.hk/current.crl"
_REASONS: Final = {
    "keyCompromise": "key_compromise",
    "certificateHold": "certificate_hold",
    "removeFromCRL": "remove_from_crl",
    "superseded": "superseded",
    "unspecified": "unspecified",
}
_DIGESTS: Final = {
    "sha1": lambda data: hashlib.sha1(data, usedforsecurity=False).digest(),
    "sha256": lambda data: hashlib.sha256(data).digest(),
    SM3: sm3,
}


@dataclass(frozen=True)
class Pair:
    """An authority and somebody's certificate by it."""

    ca: Party
    leaf: Party

    @property
    def who(self) -> tuple[Certificate, Certificate]:
        return self.leaf.certificate, self.ca.certificate


@cache
def a_pair(*, sm2: bool = False, located: bool = False) -> Pair:
    """The same pair every time; ``located`` ones name their responder and list."""
    ca = issue("Revoking CA SM2" if sm2 else "Revoking CA", sm2=sm2)
    further = (at_responder(OCSP_URL), at_list(CRL_URL)) if located else ()
    leaf = issue("Chan Siu Ming", ca, ca=False, sm2=sm2, further=further)
    return Pair(ca, leaf)


def at_responder(*urls: str) -> dict[str, Any]:
    access = [{"access_method": "ocsp", "access_location": _uri(url)} for url in urls]
    return extension("authority_information_access", access)


def at_list(*urls: str) -> dict[str, Any]:
    return extension("crl_distribution_points", [{"distribution_point": _point(url)} for url in urls])


def a_delegate(ca: Party, *, label: str = "Responder", **changes: Any) -> Party:
    """A responder's certificate by the authority: OCSPSigning and nocheck."""
    further = (
        extension("extended_key_usage", changes.pop("purposes", ["ocsp_signing"])),
        *((extension("ocsp_no_check", core.Null()),) if changes.pop("no_check", True) else ()),
        *((an_unknown_extension(critical=True),) if changes.pop("unknown_critical", False) else ()),
    )
    usage = changes.pop("usage", {"digital_signature"})
    return issue(label, ca, ca=False, usage=usage, further=further, **changes)


def an_answer(
    pair: Pair,
    *,
    by: Party | None = None,
    status: str = "good",
    reason: str | None = None,
    revoked_at: datetime = NOW - 10 * DAY,
    invalid_since: datetime | None = None,
    this_update: datetime = NOW - HOUR,
    next_update: datetime | None = NOW + HOUR,
    produced_at: datetime = NOW - HOUR,
    digest: str = "sha1",
    about: Party | None = None,
    serial: int | None = None,
    named: str = "by_key",
    certificates: Sequence[Party] = (),
    nonce: bytes | None = None,
    archive_cutoff: datetime | None = None,
    unknown_critical: bool = False,
    signature: bytes | None = None,
    times: int = 1,
) -> bytes:
    """A signed answer about the pair's leaf."""
    signer = by or pair.ca
    single = {
        "cert_id": _cert_id(about or pair.ca, serial or pair.leaf.certificate.serial, digest),
        "cert_status": _status(status, reason, revoked_at),
        "this_update": this_update,
        "single_extensions": _of_single(invalid_since, archive_cutoff),
    }
    if next_update is not None:
        single["next_update"] = next_update
    data = ocsp.ResponseData(
        {
            "responder_id": _responder(signer, named),
            "produced_at": produced_at,
            "responses": [single] * times,
            "response_extensions": _of_answer(nonce, unknown_critical=unknown_critical),
        }
    ).dump()
    body = ocsp.BasicOCSPResponse(
        {
            "tbs_response_data": ocsp.ResponseData.load(data),
            "signature_algorithm": _algorithm(signer),
            "signature": _sign(signer.key, data) if signature is None else signature,
            "certs": [x509.Certificate.load(party.der) for party in certificates],
        }
    )
    whole = {"response_type": "basic_ocsp_response", "response": core.ParsableOctetString(body.dump())}
    return ocsp.OCSPResponse({"response_status": "successful", "response_bytes": whole}).dump()


def a_refusal(status: str) -> bytes:
    return ocsp.OCSPResponse({"response_status": status}).dump()


@dataclass(frozen=True)
class Entry:
    serial: int
    reason: str | None = None
    at: datetime = NOW - 10 * DAY
    invalid_since: datetime | None = None
    unknown_critical: bool = False

    def write(self) -> dict[str, Any]:
        found = []
        if self.reason is not None:
            found.append(_plain("crl_reason", crl.CRLReason(_REASONS[self.reason])))
        if self.invalid_since is not None:
            found.append(_plain("invalidity_date", core.GeneralizedTime(self.invalid_since)))
        if self.unknown_critical:
            found.append(_plain("1.3.6.1.4.1.99999.7", core.Null(), critical=True))
        written = {"user_certificate": self.serial, "revocation_date": x509.Time(name="utc_time", value=self.at)}
        return {**written, "crl_entry_extensions": found} if found else written


def a_list(
    ca: Party,
    *entries: Entry,
    number: int | None = 7,
    this_update: datetime = NOW - HOUR,
    next_update: datetime | None = NOW + DAY,
    partition: dict[str, Any] | None = None,
    point: str | None = None,
    delta: bool = False,
    unknown_critical: bool = False,
    expired_since: datetime | None = None,
    signed_by: Party | None = None,
    doubled: bool = False,
) -> bytes:
    """A signed list of the authority."""
    found = [] if number is None else [_plain("crl_number", core.Integer(number))]
    found += [_plain("delta_crl_indicator", core.Integer(1), critical=True)] if delta else []
    if partition is not None or point is not None:
        whole = {**(partition or {}), **({} if point is None else {"distribution_point": _point(point)})}
        found.append(_plain("issuing_distribution_point", crl.IssuingDistributionPoint(whole), critical=True))
    found += [_plain("1.3.6.1.4.1.99999.7", core.Null(), critical=True)] if unknown_critical else []
    found += [] if expired_since is None else [_plain("2.5.29.60", core.GeneralizedTime(expired_since))]
    tbs = {
        "version": "v2",
        "signature": _algorithm(ca),
        "issuer": ca.name,
        "this_update": x509.Time(name="utc_time", value=this_update),
        "revoked_certificates": [entry.write() for entry in entries],
    }
    if next_update is not None:
        tbs["next_update"] = x509.Time(name="utc_time", value=next_update)
    if found:
        tbs["crl_extensions"] = found * (2 if doubled else 1)
    return _signed_list(crl.TbsCertList(tbs).dump(), signed_by or ca)


def a_long_list(ca: Party, count: int) -> bytes:
    """A list with ``count`` entries of serial numbers from 2^30 on, put together from bytes."""
    moment = der.wrap(0x17, b"261001000000Z")
    numbers = (der.wrap(2, (0x40000000 + number).to_bytes(4, "big")) for number in range(count))
    entries = b"".join(der.sequence(number, moment) for number in numbers)
    dates = x509.Time(name="utc_time", value=NOW - HOUR).dump() + x509.Time(name="utc_time", value=NOW + DAY).dump()
    head = b"\x02\x01\x01" + _algorithm(ca).dump() + ca.name.dump()
    return _signed_list(der.sequence(head, dates, der.sequence(entries)), ca)


def answered(data: bytes, **changes: Any) -> Material:
    return Material(MaterialKind.OCSP, data, changes.pop("source", MaterialSource.STAPLED), **changes)


def listed(data: bytes, **changes: Any) -> Material:
    return Material(MaterialKind.CRL, data, changes.pop("source", MaterialSource.STAPLED), **changes)


def utc(year: int, month: int, day: int) -> datetime:
    return datetime(year, month, day, tzinfo=UTC)


def _signed_list(tbs: bytes, by: Party) -> bytes:
    signature = der.wrap(3, b"\x00" + _sign(by.key, tbs))
    return der.sequence(tbs, _algorithm(by).dump(), signature)


def _algorithm(by: Party) -> algos.SignedDigestAlgorithm:
    is_sm2 = isinstance(by.key, Sm2Key)
    return algos.SignedDigestAlgorithm({"algorithm": "1.2.156.10197.1.501" if is_sm2 else "1.2.840.10045.4.3.2"})


def _cert_id(ca: Party, serial: int, digest: str) -> dict[str, Any]:
    compute = _DIGESTS[digest]
    return {
        "hash_algorithm": {"algorithm": digest},
        "issuer_name_hash": compute(ca.name.dump()),
        "issuer_key_hash": compute(_bits(ca)),
        "serial_number": serial,
    }


def _bits(party: Party) -> bytes:
    return keys.PublicKeyInfo.load(party.certificate.spki)["public_key"].contents[1:]


def _responder(signer: Party, named: str) -> ocsp.ResponderId:
    value = signer.name if named == "by_name" else _DIGESTS["sha1"](_bits(signer))
    return ocsp.ResponderId(name=named, value=value)


def _status(status: str, reason: str | None, revoked_at: datetime) -> ocsp.CertStatus:
    if status != "revoked":
        return ocsp.CertStatus(name=status, value=core.Null())
    info = {"revocation_time": revoked_at}
    return ocsp.CertStatus(
        name="revoked", value={**info, "revocation_reason": _REASONS[reason]} if reason is not None else info
    )


def _of_single(invalid_since: datetime | None, archive_cutoff: datetime | None) -> list[dict[str, Any]]:
    found = []
    if invalid_since is not None:
        found.append(_plain("2.5.29.24", core.GeneralizedTime(invalid_since)))
    if archive_cutoff is not None:
        found.append(_plain("archive_cutoff", core.GeneralizedTime(archive_cutoff)))
    return found


def _of_answer(nonce: bytes | None, *, unknown_critical: bool) -> list[dict[str, Any]]:
    found = [] if nonce is None else [_plain("nonce", core.OctetString(nonce))]
    return found + ([_plain("1.3.6.1.4.1.99999.7", core.Null(), critical=True)] if unknown_critical else [])


def _plain(name: str, value: Any, *, critical: bool = False) -> dict[str, Any]:
    return {"extn_id": name, "critical": critical, "extn_value": core.ParsableOctetString(value.dump())}


def _point(url: str) -> crl.DistributionPointName:
    return x509.DistributionPointName(name="full_name", value=[_uri(url)])


def _uri(url: str) -> x509.GeneralName:
    return x509.GeneralName(name="uniform_resource_identifier", value=url)
