"""A bare signature with its certificate: over content, a digest, or e of SM2, by the algorithm that is stated.

Nothing in a bare signature says how it was made, so the caller must: one algorithm by its name, and one digest of
that algorithm or the content itself. Nothing is tried.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from certs.signatures.signed import Covered, Finding, Format, SignedObject
from certs.trust.arithmetic import SignatureAlgorithm
from certs.trust.certificate import Certificate, read_certificate
from certs.trust.content import DIGEST_BYTES, Content, DigestContent, Sm2Digest
from certs.trust.errors import Fault, RefusalCode, Refused
from certs.trust.fence import fence
from certs.trust.reasons import Reason

MAX_SIGNATURE: Final = 1_024
MAX_CHAIN: Final = 8
_READABLE: Final = Finding("FORMAT")
_NAMED: Final = Finding("SIGNING-CERTIFICATE")
_DIGEST_ONLY: Final = (DigestContent, Sm2Digest)


def _stated() -> dict[str, SignatureAlgorithm]:
    names = {
        "Ed25519": SignatureAlgorithm("Ed25519", "Ed25519", ""),
        "SM3withSM2": SignatureAlgorithm("SM2", "SM2", "sm3"),
    }
    for digest in ("sha1", "sha224", "sha256", "sha384", "sha512"):
        word = digest.upper()
        names[f"{word}withRSA"] = SignatureAlgorithm("RSASSA-PKCS1-v1_5", "RSA", digest)
        names[f"{word}withECDSA"] = SignatureAlgorithm("ECDSA", "EC", digest)
        # RFC 4055 §3.1: the salt is as long as the digest; who uses another length sends a message that says so.
        names[f"{word}withRSAandMGF1"] = SignatureAlgorithm("RSASSA-PSS", "RSA", digest, DIGEST_BYTES[digest])
    return names | {"SM3withRSA": SignatureAlgorithm("RSASSA-PKCS1-v1_5", "RSA", "sm3")}


ALGORITHMS: Final[Mapping[str, SignatureAlgorithm]] = _stated()
"""Names that a request may state, as the providers' interfaces spell them."""


def read_raw(
    signature: bytes,
    certificate: bytes,
    algorithm: str,
    content: Content,
    *,
    chain: Sequence[bytes] = (),
    offered: Sequence[Certificate] = (),
) -> tuple[SignedObject, ...]:
    """Read a bare signature; ``chain`` are certificates in DER that came with it."""
    stated = ALGORITHMS.get(algorithm)
    if stated is None:
        raise Refused(RefusalCode.UNSUPPORTED, "the stated signature algorithm is not one of those that are known")
    return (bare(Format.RAW_DIGEST, stated, signature, certificate, content, chain=chain, offered=offered),)


def bare(
    form: Format,
    algorithm: SignatureAlgorithm,
    signature: bytes,
    certificate: bytes,
    content: Content,
    *,
    chain: Sequence[bytes] = (),
    offered: Sequence[Certificate] = (),
    claimed_time: datetime | None = None,
    findings: tuple[Finding, ...] = (),
) -> SignedObject:
    """Put the parts of a bare signature together as facts."""
    check_content(algorithm, content)
    if not 0 < len(signature) <= MAX_SIGNATURE:
        raise Refused(RefusalCode.SIZE, "the signature is empty or too long")
    if len(chain) > MAX_CHAIN:
        raise Refused(RefusalCode.SIZE, "more certificates came with the signature than are looked at")
    signer, found = _signer(certificate)
    is_digest = isinstance(content, _DIGEST_ONLY)
    return SignedObject(
        format=form,
        level="raw",
        algorithm=algorithm,
        signature=signature,
        message=content,
        certificate=signer,
        hints=hints(chain, offered, signer),
        claimed_time=claimed_time,
        covered=Covered.DIGEST if is_digest else Covered.ALL,
        findings=(*findings, _READABLE, found),
    )


def check_content(algorithm: SignatureAlgorithm, content: Content) -> None:
    """Refuse a digest that the stated algorithm cannot be over (specification §2.1)."""
    if isinstance(content, Sm2Digest) and algorithm.family != "SM2":
        raise Refused(RefusalCode.AMBIGUOUS, "e of SM2 was given for another algorithm")
    if not isinstance(content, DigestContent):
        return
    if algorithm.family == "SM2":
        raise Refused(RefusalCode.SM2_NEEDS_E, "an SM2 signature needs the content, or e = SM3(ZA, content)")
    if algorithm.family == "Ed25519":
        raise Refused(RefusalCode.UNSUPPORTED, "an Ed25519 signature needs the content itself")
    if algorithm.digest != content.algorithm:
        raise Refused(RefusalCode.AMBIGUOUS, "the digest is of another algorithm than the stated signature's")


def hints(
    chain: Sequence[bytes], offered: Sequence[Certificate], signer: Certificate | None
) -> tuple[Certificate, ...]:
    """Certificates that may help to find a path, in the order of their digests; what cannot be read helps nobody."""
    found = {certificate.sha256: certificate for certificate in offered}
    for raw in chain:
        try:
            with fence(Reason.CERTIFICATE_MALFORMED):
                certificate = read_certificate(raw)
        except Fault:
            continue
        found[certificate.sha256] = certificate
    return tuple(found[digest] for digest in sorted(found) if found[digest] != signer)


def _signer(certificate: bytes) -> tuple[Certificate | None, Finding]:
    try:
        with fence(Reason.CERTIFICATE_MALFORMED):
            return read_certificate(certificate), _NAMED
    except Fault as fault:
        return None, Finding("SIGNING-CERTIFICATE", fault.reason)
