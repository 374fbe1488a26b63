"""Bytes to fields and back, as iAM Smart writes them: signed headers, sealed content, envelopes (§1.2 and §1.3).

Pure: time, nonces and keys are handed in. A frame that does not open raises `SealError`, because the caller may hold an
old key; everything else that is not as promised is a `ProviderError`.
"""

import base64
import binascii
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote

from certs.keys.frame import ContentKey, hmac_sha256, open_frame, seal_frame
from providers.attributes import AttributeTable, matching, one_of, text
from providers.calls import Answer, json_object
from providers.errors import ProviderFailure
from providers.hong_kong.codes import IAM_SMART, PROVIDER, broken, is_code, plain_code

SIGNATURE_METHOD: Final = "HmacSHA256"
SKEW_MS: Final = 300_000
"""How far the two clocks may be apart (§6.A)."""
USER_TYPES: Final = ("default", "sign")
CORP_USER_TYPES: Final = ("iam", "p12")
OPEN_ID: Final = r"[A-Za-z0-9%+/=_-]{16,128}"
"""Kept as issued: percent-encoded Base64 (§1.1)."""

_TIMESTAMP: Final = re.compile(r"[1-9][0-9]{12}")
_NONCE: Final = re.compile(r"[0-9a-f]{32}")
_FIRST_MS, _LAST_MS = 10**12, 10**13  # moments in milliseconds, 2001 to 2286; a shorter number is a time span
_OK, _UNAUTHORISED, _FORBIDDEN = 200, 401, 403
_WRAPPED_TEXT: Final = 1024


@dataclass(frozen=True, slots=True)
class Envelope:
    """An answer: its plain code, and content that is still sealed (`getKey` alone answers in the clear)."""

    code: str
    content: object


@dataclass(frozen=True, slots=True, repr=False)
class KeyOffer:
    """What `getKey` gives: a content key wrapped under one of our keys, and its time."""

    wrapped: bytes
    kek_spki: bytes
    issued_at: int
    expires_at: int


@dataclass(frozen=True, slots=True, repr=False)
class AccessToken:
    """What `getToken` gives: the token, whose it is, and at which level of account."""

    value: str
    open_id: str
    user_type: str
    data_version: str


def signed_headers(client_id: str, client_secret: str, body: bytes, *, timestamp: int, nonce: str) -> dict[str, str]:
    """Sign the exact bytes of a request (§1.2, steps 5 and 6)."""
    sent_at = str(timestamp)
    # Without separators the boundary between two fields could be moved, unless every field has one length (HK-01).
    if not _TIMESTAMP.fullmatch(sent_at) or not _NONCE.fullmatch(nonce):
        raise ValueError("timestamp and nonce have a fixed shape")
    signed = f"{client_id}{SIGNATURE_METHOD}{sent_at}{nonce}".encode("ascii") + body
    signature = base64.b64encode(hmac_sha256(client_secret.encode("utf-8"), signed)).decode("ascii")
    return {
        "clientID": client_id,
        "signatureMethod": SIGNATURE_METHOD,
        "timestamp": sent_at,
        "nonce": nonce,
        "signature": quote(signature, safe=""),
        "Content-Type": "application/json",
    }


def seal_request(key: ContentKey, fields: Mapping[str, Any], iv: bytes | None = None) -> bytes:
    """Write a body whose content only the holder of the key can read (§1.2, steps 1 to 4)."""
    plain = json.dumps(fields, ensure_ascii=False, separators=(",", ":")).encode("utf-8")
    return json.dumps({"content": seal_frame(key, plain, iv)}, separators=(",", ":")).encode("ascii")


def read_envelope(answer: Answer, letter: str = IAM_SMART) -> Envelope:
    """Read what surrounds the content, as the server with this letter sends it; nothing else of it is used."""
    if answer.status in {_UNAUTHORISED, _FORBIDDEN}:
        raise broken(f"http_{answer.status}", ProviderFailure.MISCONFIGURED)
    if answer.status != _OK:
        raise broken(f"http_{answer.status}")
    envelope = json_object(PROVIDER, answer.content)
    code = envelope.get("code")
    if not isinstance(code, str) or not is_code(code, letter):
        raise broken("code")
    return Envelope(plain_code(code), envelope.get("content"))


def open_content(key: ContentKey, envelope: Envelope) -> dict[str, Any]:
    """Open sealed content; `SealError` if this key does not open it (HK-03)."""
    if not isinstance(envelope.content, str):
        raise broken("content")
    return json_object(PROVIDER, open_frame(key, envelope.content))


def read_key_offer(envelope: Envelope) -> KeyOffer:
    """Read the answer of `getKey`; whether it may be believed is decided where the keys are held."""
    if not isinstance(envelope.content, dict):
        raise broken("content")
    fields = _KEY.read(PROVIDER, envelope.content)
    return KeyOffer(
        fields["secretKey"], fields["pubKey"], fields["issueAt"], _expiry(fields["issueAt"], fields["expiresIn"])
    )


def read_access_token(content: Mapping[str, object], now_ms: int) -> AccessToken:
    """Read the answer of `getToken`."""
    fields = _TOKEN.read(PROVIDER, content)
    _check_time(fields, now_ms)
    return AccessToken(fields["accessToken"], fields["openID"], fields["userType"], str(fields["lastModifiedDate"]))


def read_corp_token(content: Mapping[str, object], now_ms: int) -> AccessToken:
    """Read the answer of CorpID's `getToken` (§2); whether its kind of user counts is decided where it is used."""
    fields = _CORP_TOKEN.read(PROVIDER, content)
    _check_time(fields, now_ms)
    return AccessToken(fields["accessToken"], fields["openID"], fields["userType"], "")


def _check_time(fields: Mapping[str, Any], now_ms: int) -> None:
    if fields["issueAt"] > now_ms + SKEW_MS or _expiry(fields["issueAt"], fields["expiresIn"]) <= now_ms - SKEW_MS:
        raise broken("token_time")


def _expiry(issued_at: int, expires_in: int) -> int:
    # Documented as a span from the issue; one published sample shows a moment instead (§1.2).
    return expires_in if expires_in >= _FIRST_MS else issued_at + expires_in


def moment(value: object) -> int:
    """A moment in milliseconds; a check for attribute tables."""
    if type(value) is not int or not _FIRST_MS <= value < _LAST_MS:
        raise ValueError("moment")
    return value


def _span(value: object) -> int:
    if type(value) is not int or not 0 < value < _LAST_MS:
        raise ValueError("span")
    return value


def _base64_bytes(value: object) -> bytes:
    if not isinstance(value, str) or not 0 < len(value) <= _WRAPPED_TEXT:
        raise ValueError("base64")
    try:
        return base64.b64decode(value, validate=True)
    except binascii.Error:
        raise ValueError("base64") from None


_KEY: Final = AttributeTable(
    required={"secretKey": _base64_bytes, "pubKey": _base64_bytes, "issueAt": moment, "expiresIn": _span}
)
_ANY_TOKEN: Final = {
    "accessToken": matching(r"[0-9a-f]{32}"),
    "tokenType": one_of({"Bearer"}),
    "issueAt": moment,
    "expiresIn": _span,
    "openID": matching(OPEN_ID),
}
_TOKEN: Final = AttributeTable(
    required={
        **_ANY_TOKEN,
        "userType": one_of(USER_TYPES),
        "lastModifiedDate": moment,
    },
    optional={"scope": text},
)
_CORP_TOKEN: Final = AttributeTable(
    required={**_ANY_TOKEN, "userType": one_of(CORP_USER_TYPES)}, optional={"scope": text}
)
