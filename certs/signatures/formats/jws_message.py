"""The three serialisations of a JSON Web Signature, taken apart and nothing else (RFC 7515 §3, §7; RFC 7797 §5).

One reading only: doubled members, padding, foreign characters, and header parameters that stand both inside and
outside of what is signed are refused, because two readers could see two different messages.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType
from typing import Any, Final

from certs.keys import base64url, strict_json
from certs.keys.errors import JsonError
from certs.trust.errors import Fault, RefusalCode, Refused
from certs.trust.reasons import Reason

MAX_JWS: Final = 1_048_576
MAX_HEADER: Final = 16_384
MAX_SIGNERS: Final = 16
_SEGMENTS: Final = 3


@dataclass(frozen=True, slots=True, repr=False)
class Signer:
    """One signature of a message: its headers, and its texts as they were written."""

    protected_text: str
    protected: Mapping[str, Any]
    unprotected: Mapping[str, Any]
    signature_text: str
    signature: bytes

    @property
    def encodes_payload(self) -> bool:
        """Whether the payload is signed in base64url (RFC 7797 §3); anything but ``false`` means yes."""
        return self.protected.get("b64") is not False


@dataclass(frozen=True, slots=True, repr=False)
class Message:
    """A payload as it was written, empty where the content is elsewhere, and who signed it."""

    payload: str
    signers: tuple[Signer, ...]
    serialisation: str
    """``compact``, ``flattened`` or ``general``."""


def read_message(data: bytes) -> Message:
    """Take a message apart; `Refused` where it is not one, or not one that can be read in one way only."""
    if len(data) > MAX_JWS:
        raise Refused(RefusalCode.SIZE, "the message is larger than 1 MB")
    text = data.strip(b" \t\r\n")
    if text.startswith(b"<"):
        raise Refused(RefusalCode.UNSUPPORTED, "XML signatures are not judged")
    message = _read_json(text) if text.startswith(b"{") else _read_compact(text)
    if len({signer.encodes_payload for signer in message.signers}) > 1:
        raise Refused(RefusalCode.AMBIGUOUS, "the signers take the payload in two ways")  # RFC 7797 §3
    return message


def _read_compact(text: bytes) -> Message:
    try:
        segments = text.decode("ascii").split(".")
    except UnicodeDecodeError:
        raise Refused(RefusalCode.FORMAT, "neither a compact nor a JSON serialisation") from None
    if len(segments) != _SEGMENTS:
        raise Refused(RefusalCode.FORMAT, "neither a compact nor a JSON serialisation")
    protected, payload, signature = segments
    return Message(payload, (_signer(protected, {}, signature),), "compact")


def _read_json(text: bytes) -> Message:
    members = _parse(text)
    if "signatures" in members:
        if "signature" in members or "protected" in members or "header" in members:
            raise Refused(RefusalCode.AMBIGUOUS, "a flattened and a general serialisation in one")
        signers = members["signatures"]
        serialisation = "general"
    else:
        signers = [members]
        serialisation = "flattened"
    if not isinstance(signers, list):
        raise Refused(RefusalCode.FORMAT, "the signatures are not a list")
    if not signers:
        raise Fault(Reason.NO_SIGNATURE)
    if len(signers) > MAX_SIGNERS:
        raise Refused(RefusalCode.SIZE, "the message has more signers than are looked at")
    return Message(_text(members, "payload"), tuple(map(_json_signer, signers)), serialisation)


def _json_signer(members: object) -> Signer:
    if not isinstance(members, dict) or "signature" not in members:
        raise Refused(RefusalCode.FORMAT, "a signature is missing")
    header = members.get("header", {})
    if not isinstance(header, dict):
        raise Refused(RefusalCode.FORMAT, "an unprotected header is not an object")
    return _signer(_text(members, "protected"), header, _text(members, "signature"))


def _signer(protected_text: str, unprotected: dict[str, Any], signature_text: str) -> Signer:
    if len(protected_text) > MAX_HEADER:
        raise Refused(RefusalCode.SIZE, "a header is larger than 16 KB")
    protected = read_protected(protected_text)
    if unprotected and protected.keys() & unprotected.keys():
        raise Refused(RefusalCode.AMBIGUOUS, "a header parameter is both protected and not")  # RFC 7515 §4
    return Signer(protected_text, protected, unprotected, signature_text, _decode(signature_text))


@lru_cache(maxsize=256)
def read_protected(text: str) -> Mapping[str, Any]:
    """Read a protected header; one signer's are often the same, and nobody writes into what is read."""
    return MappingProxyType(_parse(_decode(text)) if text else {})


def _text(members: Mapping[str, Any], name: str) -> str:
    value = members.get(name, "")
    if not isinstance(value, str):
        raise Refused(RefusalCode.FORMAT, "a member that has to be text is not")
    return value


def _parse(data: bytes) -> dict[str, Any]:
    try:
        return strict_json.parse_object(data)
    except JsonError:
        raise Refused(RefusalCode.FORMAT, "a header or message is not one JSON object, each member once") from None


def _decode(text: str) -> bytes:
    try:
        return base64url.decode(text)
    except ValueError:
        raise Refused(RefusalCode.ENCODING, "a part is not base64url without padding") from None
