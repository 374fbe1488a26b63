"""The signed code on the screen (section 6.C): `/q?key=<n>&data=<ticket>|<issued>|<client_id>&sign=<Base64 DER>`."""

import base64
import binascii
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from typing import Final
from urllib.parse import urlencode

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from mock_idps.macao.keys import KeyRing, NumberedKey

REPLACED_MS: Final = 30_000
GRACE_MS: Final = 10_000
"""A code read in its last moment may still be opened: the page changes it only when it reloads."""
_MACAO: Final = timezone(timedelta(hours=8))
_ISSUED: Final = "%Y%m%d%H%M%S"


class ScreenCodeError(Exception):
    """The phone refuses the code; the message says why in fixed words."""


@dataclass(frozen=True, slots=True)
class ScreenCode:
    """What a phone reads from the screen."""

    ticket: str
    issued_ms: int
    client_id: str

    def text(self) -> str:
        """Give the text that is signed: the decoded data."""
        issued = datetime.fromtimestamp(self.issued_ms // 1000, _MACAO).strftime(_ISSUED)
        return f"{self.ticket}|{issued}|{self.client_id}"


def write(
    base_url: str, code: ScreenCode, key: NumberedKey, *, signed: str | None = None, number: str | None = None
) -> str:
    """Give the address inside the QR; `signed` and `number` let a scenario spoil it."""
    text = code.text()
    signature = key.sign_der((text if signed is None else signed).encode())
    query = {"key": number or key.number, "data": text, "sign": base64.b64encode(signature).decode("ascii")}
    return f"{base_url}/q?{urlencode(query)}"


def read(number: str, data: str, sign: str, keys: KeyRing, now_ms: int) -> ScreenCode:
    """Check a code as the phone does: key known and valid, signature right, not older than its replacement."""
    key = keys.find(number)
    if key is None:
        raise ScreenCodeError("the key of this code is unknown")
    if now_ms >= key.not_after_ms:
        raise ScreenCodeError("the key of this code is no longer valid")
    try:
        signature = base64.b64decode(sign, validate=True)
        key.private_key.public_key().verify(signature, data.encode(), ec.ECDSA(hashes.SHA256()))
    except (binascii.Error, ValueError, InvalidSignature):
        raise ScreenCodeError("the signature of this code is wrong") from None
    code = _parse(data)
    if not -GRACE_MS <= now_ms - code.issued_ms < REPLACED_MS + GRACE_MS:
        raise ScreenCodeError("this code has been replaced")
    return code


def _parse(data: str) -> ScreenCode:
    try:
        ticket, issued, client_id = data.split("|")
        moment = datetime.strptime(issued, _ISSUED).replace(tzinfo=_MACAO)
    except ValueError:
        raise ScreenCodeError("the data of this code is not readable") from None
    return ScreenCode(ticket, int(moment.astimezone(UTC).timestamp()) * 1000, client_id)
