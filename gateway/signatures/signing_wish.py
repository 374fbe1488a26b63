"""A relying party's wish to have a document signed, read strictly (signatures specification §2.1 for the words used).

The relying party states the digest and never sends the document. Names of documents are shown to people, here and on
their phones: what could make a name look like another one is refused.
"""

import base64
import binascii
import secrets
import unicodedata
from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from certs.trust.equivalence import Purpose
from certs.trust.errors import RefusalCode, Refused
from certs.trust.trust_list import Jurisdiction
from gateway.oidc.model import Client
from gateway.oidc.redirect_uri import is_registered
from gateway.signatures.records import SigningRequest
from providers.signing import DIGEST_BYTES

LONGEST_NAME: Final = 120
LONGEST_STATE: Final = 512
DIGESTS: Final = ("sha256", "sm3")
_MEMBERS: Final = frozenset({
    "document_name", "digest", "purpose", "relying_jurisdiction", "return_uri", "state", "provider", "policy",
})  # fmt: skip
_HIDDEN: Final = frozenset({"Cc", "Cf", "Co", "Cs", "Zl", "Zp"})


def read_wish(members: Mapping[str, Any], client: Client, now: datetime, lifetime: timedelta) -> SigningRequest:
    """Read a request; raises `Refused` with a sentence that names the member and never quotes it."""
    if not set(members) <= _MEMBERS:
        raise Refused(RefusalCode.FORMAT, "the request has a member that nobody knows")
    digest_alg, digest = _digest(members.get("digest"))
    return SigningRequest(
        id=secrets.token_urlsafe(24),
        client_id=client.client_id,
        document_name=_document_name(members),
        digest_alg=digest_alg,
        digest=digest,
        purpose=_one_of(members, "purpose", tuple(Purpose)),
        relying=_one_of(members, "relying_jurisdiction", tuple(Jurisdiction)),
        return_uri=_return_uri(members, client),
        state=_state(members),
        created_at=now,
        expires_at=now + lifetime,
        only_provider=_text(members, "provider") if "provider" in members else "",
        policy=_text(members, "policy") if "policy" in members else "",
    )


def visible(name: str, longest: int) -> str:
    """A name without what people would not see, cut to what a provider's page has room for."""
    return "".join(letter for letter in name if unicodedata.category(letter) not in _HIDDEN)[:longest]


def check_offer(request: SigningRequest, offered: Collection[str]) -> None:
    """Refuse a wish that nobody could fulfil: a place that signs no such digest, or is closed to this client."""
    if not offered:
        raise Refused(RefusalCode.UNSUPPORTED, "no provider of this client signs a digest of this algorithm")
    if request.only_provider and request.only_provider not in offered:
        raise Refused(RefusalCode.UNSUPPORTED, "the provider signs no digest of this algorithm for this client")


def _text(members: Mapping[str, Any], name: str, longest: int = 64) -> str:
    value = members.get(name)
    if not isinstance(value, str) or not 0 < len(value) <= longest:
        raise Refused(RefusalCode.FORMAT, f"{name} is missing or not a text of 1 to {longest} characters")
    return value


def _document_name(members: Mapping[str, Any]) -> str:
    value = _text(members, "document_name", LONGEST_NAME)
    # A direction override or a line end would let a name look like another one on the person's phone.
    if visible(value, LONGEST_NAME) != value or not value.strip():
        raise Refused(RefusalCode.FORMAT, "document_name is empty or holds characters that people do not see")
    return value


def _digest(value: object) -> tuple[str, bytes]:
    if not isinstance(value, dict) or set(value) != {"alg", "value"} or value["alg"] not in DIGESTS:
        raise Refused(RefusalCode.FORMAT, "digest has alg (sha256 or sm3) and value")
    try:
        digest = base64.b64decode(value["value"], validate=True)
    except (binascii.Error, ValueError, TypeError):
        raise Refused(RefusalCode.ENCODING, "digest.value is not base64") from None
    if len(digest) != DIGEST_BYTES or base64.b64encode(digest).decode("ascii") != value["value"]:
        raise Refused(RefusalCode.ENCODING, "digest.value is not 32 bytes in canonical base64")
    return value["alg"], digest


def _one_of(members: Mapping[str, Any], name: str, known: tuple[str, ...]) -> str:
    value = members.get(name)
    if not isinstance(value, str) or value not in known:
        raise Refused(RefusalCode.FORMAT, f"{name} is missing or unknown")
    return str(value)


def _return_uri(members: Mapping[str, Any], client: Client) -> str:
    """One of the client's redirect URIs, so that no browser is ever sent where nobody registered (RFC 9700 §4.11)."""
    value = members.get("return_uri")
    if not isinstance(value, str) or not is_registered(value, client.redirect_uris):
        raise Refused(RefusalCode.FORMAT, "return_uri is none of the client's redirect URIs")
    return value


def _state(members: Mapping[str, Any]) -> str:
    value = _text(members, "state", LONGEST_STATE)
    if not value.isascii() or not value.isprintable():
        raise Refused(RefusalCode.FORMAT, "state is not printable ASCII")
    return value
