"""What a web signature is over: its payload, the content that stands elsewhere, or the objects that it names.

The signing input is the protected header, a dot, and the payload in base64url or, where the header says so, as it is
(RFC 7515 §5.2, RFC 7797 §3). Content that the caller has must be what is signed; it is never fetched.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from certs.keys import base64url
from certs.signatures.formats.jws_message import Message, Signer
from certs.signatures.signed import Finding
from certs.trust.content import Content, DigestContent, Sm2Digest, digest_of
from certs.trust.errors import RefusalCode, Refused
from certs.trust.reasons import Reason

CONTENT_DIGEST: Final = "CONTENT-DIGEST"
MAX_ENCODED: Final = 33_554_432
"""Bytes of detached content that is signed in base64url, which takes it into memory."""


@dataclass(frozen=True, slots=True, repr=False)
class PrefixedContent:
    """A header and a dot before content that is too large to be copied."""

    prefix: bytes
    content: Content

    @property
    def size(self) -> int | None:
        """Bytes, where they are known."""
        size = self.content.size
        return None if size is None else size + len(self.prefix)

    def digest(self, algorithm: str, prefix: bytes = b"") -> bytes:
        """Digest ``prefix``, the header, and the content."""
        return self.content.digest(algorithm, prefix + self.prefix)

    def read(self, limit: int) -> bytes:
        """All of it in one piece, unless there is more than ``limit``."""
        return self.prefix + self.content.read(max(0, limit - len(self.prefix)))


@dataclass(frozen=True, slots=True, repr=False)
class Signed:
    """What the signature is over, and whether it is what the caller asks about."""

    message: bytes | Content
    finding: Finding


def read_payload(message: Message, signer: Signer, content: Content | None, named: Mapping[str, Content]) -> Signed:
    """Put the signing input together for a message without named objects."""
    prefix = f"{signer.protected_text}.".encode("ascii")
    if message.payload:
        body = message.payload.encode("utf-8")
        return Signed(prefix + body, _embedded(message, signer, content, named))
    if content is None:
        return Signed(prefix, Finding(CONTENT_DIGEST, Reason.CONTENT_NOT_COVERED if named else Reason.CONTENT_MISSING))
    finding = Finding(CONTENT_DIGEST, Reason.CONTENT_NOT_COVERED if named else None, "detached")
    return Signed(encoded(prefix, content, in_base64=signer.encodes_payload), finding)


def encoded(prefix: bytes, content: Content, *, in_base64: bool) -> bytes | Content:
    """The signing input over content that stands elsewhere."""
    if isinstance(content, DigestContent | Sm2Digest):
        raise Refused(RefusalCode.UNSUPPORTED, "the signature is over a header and the content, not over its digest")
    if not in_base64:
        return PrefixedContent(prefix, content)
    return prefix + base64url.encode(content.read(MAX_ENCODED)).encode("ascii")


def _embedded(message: Message, signer: Signer, content: Content | None, named: Mapping[str, Content]) -> Finding:
    """Content that the caller has must be the payload."""
    payload = _payload(message, signer)
    if named:
        return Finding(CONTENT_DIGEST, Reason.CONTENT_NOT_COVERED)
    if content is None:
        return Finding(CONTENT_DIGEST, None, "attached")
    if isinstance(content, Sm2Digest):
        raise Refused(RefusalCode.AMBIGUOUS, "the message carries its content: e of SM2 cannot be compared with it")
    digest = content.algorithm if isinstance(content, DigestContent) else "sha256"
    same = content.digest(digest) == digest_of(digest, (payload,))
    return Finding(CONTENT_DIGEST, None if same else Reason.CONTENT_DIFFERS, "attached")


def _payload(message: Message, signer: Signer) -> bytes:
    if not signer.encodes_payload:
        return message.payload.encode("utf-8")
    try:
        return base64url.decode(message.payload)
    except ValueError:
        raise Refused(RefusalCode.ENCODING, "the payload is not base64url without padding") from None
