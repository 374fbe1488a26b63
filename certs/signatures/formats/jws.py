"""JSON Web Signatures, signer by signer: compact, flattened and general (RFC 7515, RFC 7797).

Nothing that a message says about keys is believed; it names an algorithm and a certificate, and both are facts for
those who judge. What cannot be read in one way only is refused; what can be read and does not hold is a finding.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Final

from certs.signatures.formats.jws_algorithms import JwsAlgorithm, check_key, find_algorithm, signature_value
from certs.signatures.formats.jws_certificates import Found, find_certificate
from certs.signatures.formats.jws_content import Signed, read_payload
from certs.signatures.formats.jws_header import check_header, claimed_time
from certs.signatures.formats.jws_message import Message, Signer, read_message
from certs.signatures.formats.jws_objects import read_objects
from certs.signatures.signed import Covered, Finding, Format, SignedObject
from certs.trust.certificate import Certificate
from certs.trust.content import Content
from certs.trust.errors import Fault
from certs.trust.reasons import Reason

__all__ = ["read_jws", "read_signer"]

_FORMAT: Final = "FORMAT"
_NOTHING: Final[Mapping[str, Content]] = MappingProxyType({})


def read_jws(
    data: bytes,
    content: Content | None = None,
    named: Mapping[str, Content] = _NOTHING,
    *,
    offered: Sequence[Certificate] = (),
    sm2_name: str | None = None,
) -> tuple[SignedObject, ...]:
    """Read every signature of a message.

    ``content`` is what a detached one is over, ``named`` the objects that it names; ``offered`` are certificates that
    the caller has, and ``sm2_name`` is the private ``alg`` for SM2, where one was configured.
    """
    message = read_message(data)
    return tuple(
        read_signer(message, signer, content, named, offered=offered, sm2_name=sm2_name) for signer in message.signers
    )


def read_signer(
    message: Message,
    signer: Signer,
    content: Content | None,
    named: Mapping[str, Content],
    *,
    offered: Sequence[Certificate],
    sm2_name: str | None,
    must_name_certificate: bool = False,
) -> SignedObject:
    """Turn one signature into facts and findings, in the order in which reports have them."""
    found = find_certificate(signer, offered, must_be_named=must_name_certificate)
    algorithm, value, form = _read_value(message, signer, found, sm2_name)
    header = check_header(signer)
    by_name = "sigD" in signer.protected
    signed: Signed = (read_objects if by_name else read_payload)(message, signer, content, named)
    return SignedObject(
        format=Format.JWS,
        level="JWS",
        algorithm=None if algorithm is None else algorithm.algorithm,
        signature=value,
        message=signed.message,
        certificate=found.certificate,
        hints=found.hints,
        claimed_time=_claimed_time(signer),
        covered=Covered.ALL,
        findings=(form, header, signed.finding, found.finding),
    )


def _read_value(
    message: Message, signer: Signer, found: Found, sm2_name: str | None
) -> tuple[JwsAlgorithm | None, bytes, Finding]:
    """Algorithm and signature; the algorithm stays `None` where there is none that could be tried."""
    try:
        algorithm = find_algorithm(signer.protected.get("alg"), sm2_name=sm2_name)
    except Fault as fault:
        return None, signer.signature, Finding(_FORMAT, fault.reason, message.serialisation)
    try:
        value = signature_value(algorithm, signer.signature)
        if found.certificate is not None:
            check_key(algorithm, found.certificate)
    except Fault as fault:
        broken = fault.reason is Reason.SIGNATURE_MALFORMED
        return None if broken else algorithm, signer.signature, Finding(_FORMAT, fault.reason, message.serialisation)
    return algorithm, value, Finding(_FORMAT, None, message.serialisation)


def _claimed_time(signer: Signer) -> datetime | None:
    try:
        return claimed_time(signer.protected)
    except Fault:
        return None
