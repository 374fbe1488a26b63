"""Which certificate a web signature says it was made with, by ``x5c`` and by digests (RFC 7515 §4.1.6 to §4.1.8).

All that is said must agree. A certificate outside of the protected header, or one that the caller has, counts as the
signer's only where a protected digest names it; else it is tried, and the finding says that nothing bound it.
"""

import base64
import binascii
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from certs.keys import base64url
from certs.signatures.formats.jws_message import Signer, read_protected
from certs.signatures.signed import Finding
from certs.trust.certificate import Certificate, read_certificate
from certs.trust.content import digest_of
from certs.trust.errors import Fault, RefusalCode, Refused
from certs.trust.fence import fence
from certs.trust.reasons import Reason

MAX_CERTIFICATES: Final = 16
SIGNING_CERTIFICATE: Final = "SIGNING-CERTIFICATE"
DIGESTS: Final = {
    "S256": "sha256",
    "S384": "sha384",
    "S512": "sha512",
    "http://www.w3.org/2001/04/xmlenc#sha256": "sha256",
    "http://www.w3.org/2001/04/xmldsig-more#sha384": "sha384",
    "http://www.w3.org/2001/04/xmlenc#sha512": "sha512",
}
"""Names of digests in JAdES (TS 119 182-1 §5.2.2.2 and §5.2.8)."""


@dataclass(frozen=True, slots=True, repr=False)
class Found:
    """The signer's certificate if there is one, the others, and what was made of it."""

    certificate: Certificate | None
    hints: tuple[Certificate, ...]
    finding: Finding


def find_certificate(signer: Signer, offered: Sequence[Certificate], *, must_be_named: bool) -> Found:
    """Find the signer's certificate; ``must_be_named`` asks for a protected digest of it, as JAdES does."""
    if not offered and "x5c" not in signer.unprotected:
        return _find_alone(signer.protected_text, must_be_named=must_be_named)
    return _find(signer.protected, (*_readable(_chain(signer.unprotected)), *offered), must_be_named=must_be_named)


@lru_cache(maxsize=256)
def _find_alone(protected_text: str, *, must_be_named: bool) -> Found:
    """What the protected header alone says, which is the same for the same header."""
    return _find(read_protected(protected_text), (), must_be_named=must_be_named)


def _find(header: Mapping[str, Any], further: Sequence[Certificate], *, must_be_named: bool) -> Found:
    chain = _chain(header)
    others = (*_readable(chain[1:]), *further)
    try:
        with fence(Reason.HEADER_MALFORMED):
            names = tuple(_names(header))
            certificate, reason = _choose(chain, others, names, must_be_named=must_be_named)
    except Fault as fault:
        certificate, reason = None, fault.reason
    hints = tuple(each for each in others if certificate is None or each.der != certificate.der)
    return Found(certificate, hints, Finding(SIGNING_CERTIFICATE, reason))


def _choose(
    chain: Sequence[bytes], others: Sequence[Certificate], names: Sequence[tuple[str, bytes]], *, must_be_named: bool
) -> tuple[Certificate | None, Reason | None]:
    if chain:
        certificate = read_certificate(chain[0])
        if not _is_named(certificate, names):
            return certificate, Reason.SIGNING_CERTIFICATE_DIFFERS
        return certificate, Reason.SIGNING_CERTIFICATE_MISSING if must_be_named and not names else None
    if not names:
        # Nothing that is signed names a certificate: the first one is tried, so that broken is called broken.
        return (
            (others[0], Reason.SIGNING_CERTIFICATE_MISSING) if others else (None, Reason.SIGNING_CERTIFICATE_NOT_FOUND)
        )
    named = [each for each in others if _is_named(each, names)]
    return (named[0], None) if named else (None, Reason.SIGNING_CERTIFICATE_NOT_FOUND)


def _is_named(certificate: Certificate, names: Sequence[tuple[str, bytes]]) -> bool:
    return all(digest_of(digest, (certificate.der,)) == value for digest, value in names)


def _names(header: Mapping[str, Any]) -> Iterator[tuple[str, bytes]]:
    """Digest and value of everything that names the signer's certificate."""
    if "x5t#S256" in header:
        yield "sha256", base64url.decode(header["x5t#S256"])
    if "x5t#o" in header:
        yield _name(header["x5t#o"])
    if "x5ts" in header:
        yield _name(header["x5ts"][0])  # the first is the signer's (TS 119 182-1 §5.2.2.3)


def _name(reference: Mapping[str, Any]) -> tuple[str, bytes]:
    return DIGESTS[reference["digAlg"]], base64url.decode(reference["digVal"])


def _chain(header: Mapping[str, Any]) -> tuple[bytes, ...]:
    chain = header.get("x5c", [])
    if not isinstance(chain, list) or not all(isinstance(each, str) for each in chain):
        raise Refused(RefusalCode.FORMAT, "x5c is not a list of texts")
    if len(chain) > MAX_CERTIFICATES:
        raise Refused(RefusalCode.SIZE, "x5c has more certificates than are looked at")
    return tuple(map(_decoded, chain))


@lru_cache(maxsize=256)
def _decoded(text: str) -> bytes:
    return decode_standard(text)


def decode_standard(text: str) -> bytes:
    """Base64 as certificates and timestamps are written in headers (RFC 7515 §4.1.6): padded, and in one spelling."""
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise Refused(RefusalCode.ENCODING, "a certificate or timestamp in a header is not base64") from None
    if base64.b64encode(data).decode("ascii") != text:
        raise Refused(RefusalCode.ENCODING, "a certificate or timestamp in a header is not base64")
    return data


def _readable(encoded: Sequence[bytes]) -> Iterator[Certificate]:
    for der in encoded:
        try:
            yield read_certificate(der)
        except Fault:
            continue  # a hint that cannot be read helps nobody, and harms nobody
