"""JAdES at the levels B-B and B-T: a web signature that names its certificate and its time (ETSI TS 119 182-1 §6).

What stands in ``etsiU`` is not signed: timestamps count after they were judged themselves, certificates are hints,
answers and lists are material. Everything else in there is left alone.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any, Final

from certs.keys import base64url, strict_json
from certs.signatures.formats.jws import read_signer
from certs.signatures.formats.jws_certificates import MAX_CERTIFICATES, decode_standard
from certs.signatures.formats.jws_header import HEADER
from certs.signatures.formats.jws_message import Signer, read_message
from certs.signatures.signed import Finding, Format, SignedObject, TimestampToken
from certs.trust.certificate import Certificate, read_certificate
from certs.trust.content import Content
from certs.trust.errors import Fault, RefusalCode, Refused
from certs.trust.fence import fence
from certs.trust.reasons import Reason

__all__ = ["read_jades"]

MAX_TIMESTAMPS: Final = 8
MAX_MATERIAL: Final = 8
_MAX_ELEMENTS: Final = 64
_NOTHING: Final[Mapping[str, Content]] = MappingProxyType({})


@dataclass(slots=True)
class _Unsigned:
    """What ``etsiU`` brings along, in its order."""

    timestamps: list[bytes] = field(default_factory=list)
    certificates: list[Certificate] = field(default_factory=list)
    ocsp: list[bytes] = field(default_factory=list)
    crls: list[bytes] = field(default_factory=list)


def read_jades(
    data: bytes,
    content: Content | None = None,
    named: Mapping[str, Content] = _NOTHING,
    *,
    offered: Sequence[Certificate] = (),
    sm2_name: str | None = None,
) -> tuple[SignedObject, ...]:
    """Read every signature of a message as JAdES; arguments as `read_jws` has them."""
    message = read_message(data)
    found: list[SignedObject] = []
    for signer in message.signers:
        plain = read_signer(
            message, signer, content, named, offered=offered, sm2_name=sm2_name, must_name_certificate=True
        )
        found.append(_advanced(plain, signer))
    return tuple(found)


def _advanced(plain: SignedObject, signer: Signer) -> SignedObject:
    reason = None if plain.claimed_time is not None else Reason.ATTRIBUTE_MISSING  # sigT or iat (§6.3)
    unsigned = _Unsigned()
    try:
        if "etsiU" in signer.unprotected:
            unsigned = _read_unsigned(signer.unprotected["etsiU"])
    except Fault as fault:
        reason = fault.reason
    # Timestamps are over the signature as it is written (§5.3.4).
    imprinted = signer.signature_text.encode("ascii")
    return replace(
        plain,
        format=Format.JADES,
        level="JAdES-B-T" if unsigned.timestamps else "JAdES-B-B",
        hints=(*plain.hints, *unsigned.certificates),
        ocsp=tuple(unsigned.ocsp),
        crls=tuple(unsigned.crls),
        timestamps=tuple(TimestampToken(der=each, imprinted=imprinted) for each in unsigned.timestamps),
        findings=plain.findings if reason is None else tuple(_worse(each, reason) for each in plain.findings),
    )


def _worse(finding: Finding, reason: Reason | None) -> Finding:
    return replace(finding, reason=reason) if finding.code == HEADER and finding.reason is None else finding


def _read_unsigned(elements: Any) -> _Unsigned:
    unsigned = _Unsigned()
    with fence(Reason.HEADER_MALFORMED):
        if not isinstance(elements, list) or len(elements) > _MAX_ELEMENTS:
            raise Fault(Reason.HEADER_MALFORMED)
        for element in elements:
            for name, value in _members(element):
                _take(unsigned, name, value)
    limits = (
        (unsigned.timestamps, MAX_TIMESTAMPS),
        (unsigned.certificates, MAX_CERTIFICATES),
        (unsigned.ocsp, MAX_MATERIAL),
        (unsigned.crls, MAX_MATERIAL),
    )
    if any(len(values) > limit for values, limit in limits):
        raise Refused(RefusalCode.SIZE, "the signature has more timestamps or material than are looked at")
    return unsigned


def _members(element: Any) -> Iterator[tuple[str, Any]]:
    """An element is an object, or one written in base64url (§5.3.1)."""
    if isinstance(element, str):
        element = strict_json.parse_object(base64url.decode(element))
    yield from element.items()


def _take(unsigned: _Unsigned, name: str, value: Any) -> None:
    match name:
        case "sigTst":
            tokens = value.get("tstContainer", value)["tstTokens"]
            unsigned.timestamps += [decode_standard(token["val"]) for token in tokens]
        case "xVals":
            encoded = [decode_standard(each["x509Cert"]["val"]) for each in value if "x509Cert" in each]
            unsigned.certificates += _readable(encoded)
        case "rVals":
            unsigned.ocsp += [decode_standard(each["val"]) for each in value.get("ocspVals", [])]
            unsigned.crls += [decode_standard(each["val"]) for each in value.get("crlVals", [])]
        case _:
            pass  # unsigned and unknown: it can neither help nor harm


def _readable(encoded: Sequence[bytes]) -> Iterator[Certificate]:
    for der in encoded[:MAX_CERTIFICATES]:
        try:
            yield read_certificate(der)
        except Fault:
            continue  # a hint that cannot be read helps nobody, and harms nobody
