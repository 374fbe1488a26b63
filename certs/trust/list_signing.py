"""Signatures of several persons over one document about trust: made by operators offline, checked against the root.

A document is a general JSON JWS (RFC 7515 §7.2.1). A header selects one of the root's keys and nothing else: the
algorithm belongs to the key, the type to the kind of document. What unknown keys signed counts for nothing; a signature
that names a key of the root and does not verify refuses the whole.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final, NoReturn

from joserfc import jws

from certs.keys import JsonError, base64url, strict_json
from certs.trust.equivalence import EquivalenceTable
from certs.trust.equivalence_document import read_table
from certs.trust.list_document import read_list
from certs.trust.list_errors import ListError, ListRefusal
from certs.trust.list_header import MAX_PAYLOAD
from certs.trust.list_root import Root, RootKey
from certs.trust.trust_list import TrustList

MAX_TOKEN: Final = MAX_PAYLOAD * 4 // 3 + 65_536
MAX_SIGNATURES: Final = 16
_MAX_HEADER: Final = 512
_MAX_SIGNATURE: Final = 256
REGISTRY: Final = jws.JWSRegistry(algorithms=["ES256", "ES384", "Ed25519"])


class DocumentKind(StrEnum):
    """Kinds of signed documents, as their headers' ``typ``: none can be passed off as another."""

    ROOT = "gba-root+json"
    LIST = "gba-mrtl+json"
    EQUIVALENCE = "gba-equivalence+json"
    REBASE = "gba-rebase+json"


@dataclass(frozen=True, slots=True)
class Part:
    """One signature of a document, split and not checked."""

    protected: str
    algorithm: str
    kid: str
    typ: str
    signature: bytes


@dataclass(frozen=True, slots=True)
class Envelope:
    """A signed document, split and not checked: ``payload`` is whatever somebody wrote."""

    payload: bytes
    segment: str
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Signed:
    """A document that enough persons signed, with those whose signatures counted."""

    payload: bytes
    signers: frozenset[str]
    """Names of keys."""


def verify_list(token: bytes, root: Root, now: datetime) -> TrustList:
    """Check a list's signatures and read it; whether it may follow the one in force is `list_acceptance`."""
    voices = _voices(token, DocumentKind.LIST, root, now)
    trust_list = read_list(voices.envelope.payload)
    voices.settle(trust_list.list_id)
    return trust_list


def verify_table(token: bytes, root: Root, now: datetime) -> EquivalenceTable:
    """Check the equivalence table's signatures and read it."""
    voices = _voices(token, DocumentKind.EQUIVALENCE, root, now)
    table = read_table(voices.envelope.payload)
    voices.settle(table.list_id)
    return table


def verify_document(token: bytes, kind: DocumentKind, document: str, root: Root, now: datetime) -> Signed:
    """Check the signatures of a document whose name in the root is known."""
    voices = _voices(token, kind, root, now)
    return Signed(voices.envelope.payload, voices.settle(document))


@dataclass(frozen=True, slots=True)
class _Voices:
    """Signatures that verify under keys of the root, before it is known which document they must be for."""

    envelope: Envelope
    root: Root
    now: datetime
    keys: tuple[RootKey, ...]
    strangers: int

    def settle(self, document: str) -> frozenset[str]:
        """Count the persons whose keys may sign this document now."""
        needed = self.root.threshold(document)
        entitled = [key for key in self.keys if document in key.signs]
        valid = [key for key in entitled if key.is_valid_at(self.now)]
        if needed is None or len({key.holder for key in valid}) < needed:
            self._refuse(entitled, valid)
        return frozenset(key.kid for key in valid)

    def _refuse(self, entitled: Collection[RootKey], valid: Collection[RootKey]) -> NoReturn:
        # The most telling reason first: who signed at all, for what, and when.
        if len(entitled) > len(valid):
            raise ListError(ListRefusal.KEY_EXPIRED, "a key that signed is outside its time")
        if len(self.keys) > len(entitled):
            raise ListError(ListRefusal.KEY_OF_ANOTHER_LIST, "a key that signed is for another list")
        if self.strangers:
            raise ListError(ListRefusal.WRONG_SIGNER, "a key that signed does not stand in the root")
        raise ListError(ListRefusal.BELOW_THRESHOLD, "too few persons signed")


def _voices(token: bytes, kind: DocumentKind, root: Root, now: datetime) -> _Voices:
    if now >= root.expires:
        raise ListError(ListRefusal.ROOT_EXPIRED, "the root has expired: nothing new is accepted under it")
    envelope = open_envelope(token)
    if any(part.typ != kind for part in envelope.parts):
        raise ListError(ListRefusal.MALFORMED, "this is another kind of document")
    named = [(part, root.keys[part.kid]) for part in envelope.parts if part.kid in root.keys]
    for part, key in named:
        _check(envelope, part, key)
    if not named:  # nothing that a stranger wrote is parsed
        raise ListError(ListRefusal.WRONG_SIGNER, "no key that signed stands in the root")
    return _Voices(envelope, root, now, tuple(key for _, key in named), len(envelope.parts) - len(named))


def _check(envelope: Envelope, part: Part, key: RootKey) -> None:
    signed = f"{part.protected}.{envelope.segment}".encode("ascii")
    if part.algorithm != key.algorithm:
        raise ListError(ListRefusal.SIGNATURE_REFUSED, "a signature states another algorithm than its key has")
    if not REGISTRY.get_alg(key.algorithm).verify(signed, part.signature, key.public()):
        raise ListError(ListRefusal.SIGNATURE_REFUSED, "a signature does not verify")


def payload_of(token: bytes) -> bytes:
    """What a document says, unchecked: to sort what was handed in, never to believe it."""
    return open_envelope(token).payload


def kind_of(token: bytes) -> DocumentKind:
    """What a document says it is, unchecked."""
    kinds = {part.typ for part in open_envelope(token).parts}
    for kind in DocumentKind:
        if kinds == {kind.value}:
            return kind
    raise ListError(ListRefusal.MALFORMED, "this is no kind of document that is known here")


def signers_of(token: bytes) -> frozenset[str]:
    """Which keys a document names, unchecked: for documents that were verified when they were accepted."""
    return frozenset(part.kid for part in open_envelope(token).parts)


def open_envelope(token: bytes) -> Envelope:
    """Split a general JSON JWS strictly (RFC 7515 §7.2.1)."""
    if len(token) > MAX_TOKEN:
        raise ListError(ListRefusal.TOO_LARGE, "the document is larger than any that is accepted")
    try:
        members = strict_json.parse_object(token)
    except JsonError:
        raise ListError(ListRefusal.MALFORMED, "the document is not one JSON object") from None
    segment, signatures = members.get("payload"), members.get("signatures")
    if members.keys() != {"payload", "signatures"} or not isinstance(segment, str) or not isinstance(signatures, list):
        raise ListError(ListRefusal.MALFORMED, "the document is not a payload with its signatures")
    if not signatures:
        raise ListError(ListRefusal.UNSIGNED, "nobody signed the document")
    if len(signatures) > MAX_SIGNATURES:
        raise ListError(ListRefusal.TOO_LARGE, "there are more signatures than any document has")
    parts = tuple(_part(signature) for signature in signatures)
    if len({part.kid for part in parts}) != len(parts):
        raise ListError(ListRefusal.MALFORMED, "a key signed twice")
    return Envelope(_decode(segment), segment, parts)


def _part(value: object) -> Part:
    if not isinstance(value, dict) or value.keys() != {"protected", "signature"}:
        raise ListError(ListRefusal.MALFORMED, "a signature is not a protected header with a value")
    protected, signature = value["protected"], value["signature"]
    if not isinstance(protected, str) or not isinstance(signature, str):
        raise ListError(ListRefusal.MALFORMED, "a signature is not a protected header with a value")
    if len(protected) > _MAX_HEADER or len(signature) > _MAX_SIGNATURE:
        raise ListError(ListRefusal.TOO_LARGE, "a signature is longer than any that is accepted")
    header = _header(_decode(protected))
    return Part(protected, header["alg"], header["kid"], header["typ"], _decode(signature))


def _header(data: bytes) -> Mapping[str, Any]:
    try:
        header = strict_json.parse_object(data)
    except JsonError:
        raise ListError(ListRefusal.MALFORMED, "a header is not one JSON object") from None
    if header.keys() != {"alg", "kid", "typ"} or not all(isinstance(value, str) for value in header.values()):
        raise ListError(ListRefusal.MALFORMED, "a header says something else than alg, kid and typ")
    return header


def _decode(segment: str) -> bytes:
    try:
        return base64url.decode(segment)
    except ValueError:
        raise ListError(ListRefusal.MALFORMED, "a part of the document is not base64url") from None
