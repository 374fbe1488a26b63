"""Timestamp tokens: what they stamp, when, and by whom; whether that authority is listed is asked later (RFC 3161).

A token counts for nothing unless its imprint is of what we hold, its one signer signed it with the certificate that
it names, and that certificate is good for timestamps alone. Each failure is a `Fault`, and the token is ignored as
a proof (SG-10).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hmac import compare_digest
from typing import Final

from certs.signatures.formats.cms import read_attached
from certs.signatures.formats.cms_fields import Fields, algorithm_of
from certs.signatures.formats.cms_names import TST_INFO
from certs.signatures.signed import SignedObject, TimestampToken
from certs.trust import der, oids
from certs.trust.arithmetic import verify
from certs.trust.certificate import Certificate
from certs.trust.content import digest_of
from certs.trust.errors import Fault, Refused
from certs.trust.fence import fence
from certs.trust.reasons import Reason

MAX_TOKEN: Final = 65_536
_MAX_ACCURACY: Final = 86_400
_EXTENSIONS: Final = 0xA1
_AUTHORITY: Final = 0xA0
_MILLISECONDS: Final = 0x80
_MICROSECONDS: Final = 0x81
_TRUE: Final = b"\xff"
_SIGNING: Final = frozenset({"digital_signature", "non_repudiation"})


@dataclass(frozen=True, slots=True, repr=False)
class StampedTime:
    """What a token says (RFC 3161 §2.4.2)."""

    policy: str
    serial: int
    gen_time: datetime
    accuracy: timedelta
    imprint_algorithm: str
    imprint: bytes


@dataclass(frozen=True, slots=True, repr=False)
class Timestamp:
    """A token that holds together: it stamps what it should, and its signature is right; its authority is anybody."""

    gen_time: datetime
    accuracy: timedelta
    policy: str
    serial: int
    imprint_algorithm: str
    certificate: Certificate
    signer: SignedObject
    whole_document: bool = False


def read_token(
    token: TimestampToken, *, offered: Sequence[Certificate] = (), sm2_user_id: bytes | None = None
) -> Timestamp:
    """Read a token and check all of it that needs no list; ``offered`` may hold its authority's certificate."""
    stamped, signer = _open(token.der, offered)
    _check_imprint(token, stamped)
    certificate = _check_signer(signer)
    with fence(Reason.TIMESTAMP_SIGNATURE):
        _verify(signer, certificate, sm2_user_id)
    return Timestamp(
        stamped.gen_time,
        stamped.accuracy,
        stamped.policy,
        stamped.serial,
        stamped.imprint_algorithm,
        certificate,
        signer,
        token.whole_document,
    )


def _open(data: bytes, offered: Sequence[Certificate]) -> tuple[StampedTime, SignedObject]:
    if len(data) > MAX_TOKEN:
        raise Fault(Reason.TIMESTAMP_MALFORMED)
    try:
        message = read_attached(data, offered=offered)
    except (Fault, Refused):
        raise Fault(Reason.TIMESTAMP_MALFORMED) from None
    # RFC 3161 §2.4.2: one signer, the authority; a second one would make it a matter of choice who stamped.
    if message.content_type != TST_INFO or len(message.signers) != 1:
        raise Fault(Reason.TIMESTAMP_MALFORMED)
    with fence(Reason.TIMESTAMP_MALFORMED):
        return _read_info(message.content), message.signers[0]


def _read_info(data: bytes) -> StampedTime:
    fields = Fields(data, der.whole(data, der.SEQUENCE))
    version, policy = fields.integer(), fields.oid()
    algorithm, imprint = _imprint(data, fields.take(der.SEQUENCE))
    serial, gen_time = fields.integer(), _time(fields.content(der.GENERALIZED_TIME))
    accuracy = _accuracy(data, fields.maybe(der.SEQUENCE))
    fields.maybe(der.BOOLEAN)  # ordering, between tokens of one authority
    fields.maybe(der.INTEGER)  # the nonce of whoever asked for the token
    fields.maybe(_AUTHORITY)  # a hint of who stamped; the signing certificate says it
    extensions = fields.maybe(_EXTENSIONS)
    fields.finish()
    if version != 1 or (extensions is not None and _has_critical(data, extensions)):
        raise der.DerError
    return StampedTime(policy, serial, gen_time, accuracy, algorithm, imprint)


def _imprint(data: bytes, element: der.Element) -> tuple[str, bytes]:
    fields = Fields(data, element)
    algorithm, parameters = algorithm_of(data, fields.take(der.SEQUENCE))
    imprint = fields.content(der.OCTET_STRING)
    fields.finish()
    if algorithm not in oids.DIGESTS or parameters:
        raise der.DerError
    return oids.DIGESTS[algorithm], imprint


def _time(content: bytes) -> datetime:
    """Read a GeneralizedTime with an optional fraction, in UTC (RFC 3161 §2.4.2)."""
    whole, _, fraction = content.decode("ascii").removesuffix("Z").partition(".")
    is_whole = len(whole) == len("YYYYMMDDHHMMSS") and whole.isdigit()
    if not content.endswith(b"Z") or not is_whole or (b"." in content and not fraction.isdigit()):
        raise der.DerError
    # A leap second is the last one that `datetime` knows.
    second = min(int(whole[12:]), 59) if int(whole[12:]) <= 60 else 60  # noqa: PLR2004 - seconds of a minute
    moment = datetime.strptime(whole[:12], "%Y%m%d%H%M").replace(second=second, tzinfo=UTC)
    return moment + timedelta(microseconds=int(fraction[:6].ljust(6, "0")))


def _accuracy(data: bytes, element: der.Element | None) -> timedelta:
    if element is None:
        return timedelta()
    fields = Fields(data, element)
    seconds = fields.maybe(der.INTEGER)
    parts = [0 if seconds is None else der.integer(data, seconds)]
    for tag in (_MILLISECONDS, _MICROSECONDS):
        found = fields.maybe(tag)
        parts.append(0 if found is None else int.from_bytes(data[found.content : found.end], "big", signed=True))
    fields.finish()
    if not 0 <= parts[0] <= _MAX_ACCURACY or not all(0 <= part < 1_000 for part in parts[1:]):  # noqa: PLR2004 - RFC 3161 §2.4.2
        raise der.DerError
    return timedelta(seconds=parts[0], milliseconds=parts[1], microseconds=parts[2])


def _has_critical(data: bytes, extensions: der.Element) -> bool:
    """Whether there is an extension that must not be passed over: none is known here."""
    for member in der.children(data, extensions):
        fields = Fields(data, member)
        fields.oid()
        critical = fields.maybe(der.BOOLEAN)
        if critical is not None and data[critical.content : critical.end] == _TRUE:
            return True
    return False


def _check_imprint(token: TimestampToken, stamped: StampedTime) -> None:
    with fence(Reason.TIMESTAMP_IMPRINT):
        if isinstance(token.imprinted, bytes):
            digest = digest_of(stamped.imprint_algorithm, (token.imprinted,))
        else:
            digest = token.imprinted.digest(stamped.imprint_algorithm)
    if not compare_digest(digest, stamped.imprint):
        raise Fault(Reason.TIMESTAMP_IMPRINT)


def _check_signer(signer: SignedObject) -> Certificate:
    """What RFC 3161 §2.3 and §2.4.1 ask: a named certificate, whose one critical purpose is to stamp."""
    if signer.certificate is None or any(finding.reason is not None for finding in signer.findings):
        raise Fault(Reason.TIMESTAMP_SIGNATURE)
    certificate = signer.certificate
    if certificate.extended_key_usage != (oids.TIME_STAMPING,) or not certificate.extended_key_usage_critical:
        raise Fault(Reason.TIMESTAMP_USAGE)
    if certificate.key_usage is not None and not certificate.key_usage & _SIGNING:
        raise Fault(Reason.TIMESTAMP_USAGE)
    return certificate


def _verify(signer: SignedObject, certificate: Certificate, sm2_user_id: bytes | None) -> None:
    if signer.algorithm is None:
        raise Fault(Reason.TIMESTAMP_SIGNATURE)
    try:
        verify(certificate.key, signer.algorithm, signer.message, signer.signature, sm2_user_id=sm2_user_id)
    except (Fault, Refused):
        raise Fault(Reason.TIMESTAMP_SIGNATURE) from None
