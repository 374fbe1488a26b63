"""Objects that a web signature names instead of carrying them: ``sigD`` (ETSI TS 119 182-1 §5.2.8).

The caller supplies every object, or its digest, under the very name that the signature uses; nothing is fetched.
Every object of the signature must be there, and every object of the caller must be covered.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from certs.keys import base64url
from certs.signatures.formats.jws_certificates import DIGESTS
from certs.signatures.formats.jws_content import CONTENT_DIGEST, MAX_ENCODED, PrefixedContent, Signed
from certs.signatures.formats.jws_message import Message, Signer
from certs.signatures.signed import Finding
from certs.trust.content import Content, DigestContent, digest_of
from certs.trust.errors import Fault, RefusalCode, Refused
from certs.trust.fence import fence
from certs.trust.reasons import Reason

BY_NAME: Final = "http://uri.etsi.org/19182/ObjectIdByURI"
BY_DIGEST: Final = "http://uri.etsi.org/19182/ObjectIdByURIHash"
MAX_OBJECTS: Final = 64
_MAX_NAME: Final = 2_048


@dataclass(frozen=True, slots=True, repr=False)
class _References:
    mechanism: str
    names: tuple[str, ...]
    digest: str
    values: tuple[bytes, ...]


def read_objects(message: Message, signer: Signer, content: Content | None, named: Mapping[str, Content]) -> Signed:
    """Put the signing input together for a message that names its objects."""
    prefix = f"{signer.protected_text}.".encode("ascii")
    try:
        references = _read(signer.protected["sigD"], message.payload)
        objects = _supplied(references, content, named)
        if references.mechanism == BY_DIGEST:
            _compare(references, objects, in_base64=signer.encodes_payload)
            signed: bytes | Content = prefix
        else:
            signed = _joined(prefix, objects, in_base64=signer.encodes_payload)
    except Fault as fault:
        return Signed(prefix, Finding(CONTENT_DIGEST, fault.reason))
    return Signed(signed, Finding(CONTENT_DIGEST, None, f"objects: {len(objects)}"))


def _read(member: Any, payload: str) -> _References:
    with fence(Reason.HEADER_MALFORMED):
        if payload:
            raise Fault(Reason.HEADER_MALFORMED)  # detached by definition (§5.2.8.1)
        mechanism = member["mId"]
        if mechanism not in {BY_NAME, BY_DIGEST}:
            raise Refused(RefusalCode.UNSUPPORTED, "this mechanism for detached objects is not supported")
        names = tuple(member["pars"])
        sound = all(isinstance(name, str) and 0 < len(name) <= _MAX_NAME for name in names)
        if not sound or not 0 < len(names) <= MAX_OBJECTS or len(set(names)) != len(names):
            raise Fault(Reason.HEADER_MALFORMED)
        if mechanism == BY_NAME:
            return _References(mechanism, names, "", ())
        values = tuple(base64url.decode(value) for value in member["hashV"])
        if len(values) != len(names):
            raise Fault(Reason.HEADER_MALFORMED)
        return _References(mechanism, names, DIGESTS[member["hashM"]], values)


def _supplied(references: _References, content: Content | None, named: Mapping[str, Content]) -> tuple[Content, ...]:
    """The objects in the signature's order; one object may come without its name."""
    if content is not None and not named and len(references.names) == 1:
        return (content,)
    if content is not None or not named.keys() <= set(references.names):
        raise Fault(Reason.CONTENT_NOT_COVERED)
    if not set(references.names) <= named.keys():
        raise Fault(Reason.CONTENT_MISSING)
    return tuple(named[name] for name in references.names)


def _compare(references: _References, objects: tuple[Content, ...], *, in_base64: bool) -> None:
    """Each digest is of the object, in base64url unless the header says otherwise (§5.2.8.3.3).

    A caller who has only a digest hands in the one of what the signature digests.
    """
    for each, value in zip(objects, references.values, strict=True):
        if in_base64 and not isinstance(each, DigestContent):
            text = base64url.encode(each.read(MAX_ENCODED)).encode("ascii")
            digest = digest_of(references.digest, (text,))
        else:
            digest = each.digest(references.digest)
        if digest != value:
            raise Fault(Reason.CONTENT_DIGEST_MISMATCH)


def _joined(prefix: bytes, objects: tuple[Content, ...], *, in_base64: bool) -> bytes | Content:
    """The objects one after the other (§5.2.8.3.2); a single one may be of any size if it is signed as it is."""
    if any(isinstance(each, DigestContent) for each in objects):
        raise Refused(RefusalCode.UNSUPPORTED, "the signature is over the objects themselves, not over digests")
    if len(objects) == 1 and not in_base64:
        return PrefixedContent(prefix, objects[0])
    pieces, left = [], MAX_ENCODED
    for each in objects:
        pieces.append(each.read(left))
        left -= len(pieces[-1])
    joined = b"".join(pieces)
    return prefix + (base64url.encode(joined).encode("ascii") if in_base64 else joined)
