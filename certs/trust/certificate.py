"""A certificate that has passed the gate: sizes, version, serial, doubled extensions, algorithms and key (RFC 5280 §4).

Nothing here is trusted yet; but what passes is small, canonical enough to judge, and has a key of a kind that we know.
"""

import hashlib
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Final

from cryptography import x509

from certs.trust import certificate_extensions, der, names
from certs.trust.algorithms import SM2, SignatureAlgorithm, read_algorithm, split
from certs.trust.certificate_body import Body, read_body
from certs.trust.errors import Fault
from certs.trust.fence import fence
from certs.trust.keys import PublicKey, read_public_key
from certs.trust.reasons import Reason

MAX_CERTIFICATE: Final = 16_384


@dataclass(frozen=True, slots=True, repr=False)
class Certificate:
    """What the rules ask of a certificate; times are aware and in UTC, names are DER and RFC 4514 text."""

    der: bytes
    sha256: str
    """Of the whole certificate, in hexadecimal: its name in reports and evidence."""
    tbs: bytes
    serial: int
    subject: str
    issuer: str
    subject_der: bytes
    issuer_der: bytes
    not_before: datetime
    not_after: datetime
    spki: bytes
    spki_sha256: str
    key: PublicKey
    algorithm: SignatureAlgorithm
    signature: bytes
    subject_key_id: bytes | None = None
    authority_key_id: bytes | None = None
    is_ca: bool = False
    path_length: int | None = None
    key_usage: frozenset[str] | None = None
    """Bits of RFC 5280 §4.2.1.3, spelt ``digital_signature``, ``non_repudiation`` …; `None` without the extension."""
    extended_key_usage: tuple[str, ...] | None = None
    extended_key_usage_critical: bool = False
    policies: tuple[str, ...] = ()
    policy_notices: tuple[str, ...] = ()
    names: tuple[tuple[str, str], ...] = ()
    """The subject's attributes in order: (``CN``, text) …; an object identifier where no name is known."""
    issuer_names: tuple[tuple[str, str], ...] = ()
    extensions: tuple[tuple[str, bool, bytes], ...] = ()
    """(object identifier, critical, value) in order."""
    ocsp_no_check: bool = field(default=False)

    @property
    def self_issued(self) -> bool:
        """Whether subject and issuer are one name."""
        return self.subject_der == self.issuer_der

    def __hash__(self) -> int:
        return hash(self.sha256)

    def __repr__(self) -> str:
        return f"Certificate({self.sha256[:16]})"  # subjects are people


@lru_cache(maxsize=512)
def read_certificate(encoded: bytes) -> Certificate:
    """Let a certificate through the gate, or say in a `Fault` what is wrong; those of authorities come often."""
    if len(encoded) > MAX_CERTIFICATE:
        raise Fault(Reason.CERTIFICATE_TOO_LARGE)
    with fence(Reason.CERTIFICATE_MALFORMED):
        tbs, stated, sealed = der.children(encoded, der.whole(encoded, der.SEQUENCE), 3)
        signature = der.whole_bits(encoded, sealed)
        body = read_body(encoded, tbs)
        outer = encoded[stated.start : stated.end]
    algorithm = _agreed(body.algorithm, outer)
    with fence(Reason.CERTIFICATE_MALFORMED):
        # Two readers must agree that this is a certificate; the strict one also reads what extensions say.
        parsed = x509.load_der_x509_certificate(encoded)
        said = certificate_extensions.read_extensions(parsed.extensions, body.extensions)
    return _assemble(encoded, encoded[tbs.start : tbs.end], body, said, algorithm=algorithm, signature=signature)


def _agreed(inner: bytes, outer: bytes) -> SignatureAlgorithm:
    """Both places must name one algorithm, byte by byte (RFC 5280 §4.1.1.2); SM2's NULL may stand in one only."""
    algorithm = read_algorithm(outer)
    if inner == outer:
        return algorithm
    with fence(Reason.CERTIFICATE_ALGORITHMS_DIFFER):
        if algorithm.name == SM2 and split(inner)[0] == split(outer)[0] and read_algorithm(inner) == algorithm:
            return algorithm
    raise Fault(Reason.CERTIFICATE_ALGORITHMS_DIFFER)


def _assemble(
    encoded: bytes,
    tbs: bytes,
    body: Body,
    said: certificate_extensions.Said,
    *,
    algorithm: SignatureAlgorithm,
    signature: bytes,
) -> Certificate:
    return Certificate(
        der=encoded,
        sha256=hashlib.sha256(encoded).hexdigest(),
        tbs=tbs,
        serial=body.serial,
        subject=names.display(body.subject),
        issuer=names.display(body.issuer),
        subject_der=body.subject,
        issuer_der=body.issuer,
        not_before=body.not_before,
        not_after=body.not_after,
        spki=body.spki,
        spki_sha256=hashlib.sha256(body.spki).hexdigest(),
        key=read_public_key(body.spki),
        algorithm=algorithm,
        signature=signature,
        subject_key_id=said.subject_key_id,
        authority_key_id=said.authority_key_id,
        is_ca=said.is_ca,
        path_length=said.path_length,
        key_usage=said.key_usage,
        extended_key_usage=said.extended_key_usage,
        extended_key_usage_critical=said.extended_key_usage_critical,
        policies=said.policies,
        policy_notices=said.policy_notices,
        names=names.attributes(body.subject),
        issuer_names=names.attributes(body.issuer),
        extensions=body.extensions,
        ocsp_no_check=said.ocsp_no_check,
    )
