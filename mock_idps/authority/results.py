"""Raw signatures, and what the signing services of the three places give back (shapes of the sandbox's dialects).

Hong Kong returns a signature over a hash and a certificate, Macao a detached message over a hash, Guangdong an SM2
signature or a message in the national dialect. `PersonSigner` is what the mocks of the places sign with.
"""

import base64
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from mock_idps.authority import cms
from mock_idps.authority.certificate import Issued
from mock_idps.authority.cms import Message, Signer
from mock_idps.authority.keys import Family, Scheme, digest, usual
from mock_idps.authority.sm2 import Sm2Key
from mock_idps.authority.world import World

IAM_SMART: Final = "iamsmart"
ONE_ACCOUNT: Final = "one-account"
GUANGDONG: Final = "guangdong"
_KIND: Final = {"hong_kong": "hk-iamsmart", "macao": "mo-qualified", "guangdong": "gd-sign"}


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


@dataclass(frozen=True, slots=True, repr=False)
class PersonSigner:
    """A person's signing certificate at one place, and what it can do."""

    certificate: Issued
    now: datetime

    @property
    def chain(self) -> tuple[bytes, ...]:
        """The certificates above it, from the nearest."""
        return self.certificate.chain

    def sign(self, message: bytes, scheme: Scheme | None = None) -> bytes:
        """Sign a message."""
        return self.certificate.key.sign(message, scheme)

    def sign_hash(self, value: bytes, scheme: Scheme | None = None) -> bytes:
        """Sign a digest as such: RSA wraps it, SM2 takes it for `e`."""
        return self.certificate.key.sign_digest(value, scheme)

    def e(self, message: bytes) -> bytes:
        """What an SM2 key signs for a message: SM3(ZA, message)."""
        private = self.certificate.key.private
        if not isinstance(private, Sm2Key):
            raise TypeError("only SM2 signs such a value")
        return private.e(message)

    def cms(self, content: bytes, **changes: Any) -> bytes:
        """A detached message over content; `changes` set fields of the `Signer`."""
        return self._message(content, digest(usual(self.certificate.key.family).digest, content), **changes)

    def cms_of_hash(self, value: bytes, **changes: Any) -> bytes:
        """A detached message over content of which only the digest is known."""
        return self._message(b"", value, **changes)

    def _message(self, content: bytes, value: bytes, *, national: bool = False, **changes: Any) -> bytes:
        signer = Signer(certificate=self.certificate, content_digest=value, signing_time=self.now)
        return cms.sign(Message(content=content, national=national), replace(signer, **changes))


def signer_for(
    place: str,
    persona_id: str,
    *,
    world: World,
    kind: str | None = None,
    spoil: str | None = None,
) -> PersonSigner:
    """Give the signer of a persona at `hong_kong`, `macao` or `guangdong`."""
    return PersonSigner(world.issue(kind or _KIND[place], persona_id, spoil), world.now)


def iam_smart(
    signer: PersonSigner, value: bytes, *, algorithm: str = "SHA256withRSA", **changes: Any
) -> dict[str, Any]:
    """What iAM Smart answers to a hash: `SHA256withRSA` hashes it once more, `NONEwithRSA` takes it as the digest."""
    signature = signer.sign(value) if algorithm == "SHA256withRSA" else signer.sign_hash(value)
    result = {
        "hashCode": _text(value),
        "sigAlgo": algorithm,
        "signature": _text(signature),
        "cert": _text(signer.certificate.der),
        "timestamp": int(signer.now.timestamp() * 1000),
    }
    return result | changes


def iam_smart_pdf(signer: PersonSigner, value: bytes, **changes: Any) -> dict[str, Any]:
    """What iAM Smart answers to the digest of a PDF: a detached message to embed."""
    return {"docDigest": _text(value), "pdfSignature": _text(signer.cms_of_hash(value))} | changes


def one_account(signer: PersonSigner, value: bytes, **changes: Any) -> dict[str, Any]:
    """What One Account answers to the SHA-256 of a document: a detached message and the chain."""
    result = {
        "status": "SIGNED",
        "docHash": value.hex(),
        "cms": _text(signer.cms_of_hash(value)),
        "chain": [_text(part) for part in (signer.certificate.der, *signer.chain)],
    }
    return result | changes


def guangdong(signer: PersonSigner, value: bytes, *, way: str = "SM3withSM2", **changes: Any) -> dict[str, Any]:
    """What the province answers to 32 bytes: a signature with them as its message (`SM3withSM2`) or as `e` (`SM2`).

    With `message` they are the SM3 digest of a document, and the answer is a message in the national dialect.
    """
    result: dict[str, Any] = {"status": "SIGNED", "hash": value.hex(), "cert": _text(signer.certificate.der)}
    if way == "message":
        return result | {"signedData": _text(signer.cms_of_hash(value, national=True))} | changes
    signed = signer.sign_hash(value) if way == "SM2" else signer.sign(value)
    return result | {"signType": way, "signature": _text(signed)} | changes


def raw(certificate: Issued, content: bytes, scheme: Scheme | None = None) -> dict[str, Any]:
    """A signature without any message around it, in the words of a request to validate a raw digest."""
    used = scheme or usual(certificate.key.family)
    value = digest(used.digest, content)
    private = certificate.key.private
    what: dict[str, Any] = {"digest": {"alg": used.digest, "value": _text(value)}}
    if isinstance(private, Sm2Key):
        what = {"sm2_e": _text(private.e(content, used.user_id))}
    return {
        "format": "raw-digest",
        "algorithm": _algorithm(certificate.key.family, used),
        "signature": _text(certificate.key.sign(content, used)),
        "certificate": _text(certificate.der),
        "chain": [_text(part) for part in certificate.chain],
        "content": what,
    }


def _algorithm(family: Family, scheme: Scheme) -> str:
    """The name under which a request states how a raw signature was made."""
    match family:
        case Family.SM2:
            return "SM3withSM2"
        case Family.ED25519:
            return "Ed25519"
        case Family.P256 | Family.P384 | Family.K256:
            return f"{scheme.digest.upper()}withECDSA"
        case _:
            return f"{scheme.digest.upper()}withRSA{'andMGF1' if scheme.pss else ''}"
