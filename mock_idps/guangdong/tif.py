"""The `x-tif-*` headers of the province's gateway: who calls, when, once (identity-provider notes, section 4.5)."""

import hashlib
import hmac
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

WINDOW_S: Final = 300
_TIMESTAMP: Final = re.compile(r"[0-9]{10}")
_NONCE: Final = re.compile(r"[\x21-\x7e]{1,128}")
_MOST_NONCES: Final = 200_000


class TifError(Exception):
    """The caller's headers were refused; `errcode` is what the platform answers."""

    def __init__(self, errcode: str) -> None:
        super().__init__(f"gateway headers refused with {errcode}")
        self.errcode = errcode


def outbound_signature(timestamp: str, token: str, nonce: str) -> str:
    """Sign a call to the gateway; the body is not covered."""
    return _digest(timestamp + token + nonce + timestamp)


def inbound_signature(timestamp: str, token: str, nonce: str, *, uid: str, uinfo: str, ext: str) -> str:
    """Sign a call that the gateway passes on for a person."""
    return _digest(timestamp + token + nonce + "," + uid + "," + uinfo + "," + ext + timestamp)


def answer_headers(paas_id: str, token: str, now_s: int) -> dict[str, str]:
    """Sign the platform's own answer, in upper case as the platform does."""
    timestamp, nonce = str(now_s), f"{now_s * 1000:x}-{secrets.token_hex(6)}"
    return {
        "x-tif-paasid": paas_id,
        "x-tif-timestamp": timestamp,
        "x-tif-nonce": nonce,
        "x-tif-signature": outbound_signature(timestamp, token, nonce),
    }


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest().upper()


@dataclass(frozen=True, slots=True)
class TifHeaders:
    """The four headers of a call, as they came."""

    paas_id: str
    timestamp: str
    nonce: str
    signature: str

    @classmethod
    def read(cls, headers: Mapping[str, str]) -> "TifHeaders":
        """Take the headers; a missing one is empty and will not pass."""
        names = ("x-tif-paasid", "x-tif-timestamp", "x-tif-nonce", "x-tif-signature")
        return cls(*(headers.get(name, "") for name in names))

    def is_signed_with(self, token: str) -> bool:
        """Compare the signature, upper or lower case, in constant time."""
        if not (_TIMESTAMP.fullmatch(self.timestamp) and _NONCE.fullmatch(self.nonce)):
            return False
        expected = outbound_signature(self.timestamp, token, self.nonce)
        return hmac.compare_digest(expected.encode(), self.signature.upper().encode())


class NonceMemory:
    """Remembers which nonces were used while their timestamp could still pass."""

    def __init__(self) -> None:
        self._seen: dict[tuple[str, str], int] = {}

    def use(self, paas_id: str, nonce: str, now_s: int) -> bool:
        """Take the nonce; False when it was taken before."""
        key = (paas_id, nonce)
        if key in self._seen and self._seen[key] > now_s:
            return False
        if len(self._seen) >= _MOST_NONCES:
            self._seen = {known: until for known, until in self._seen.items() if until > now_s}
        if len(self._seen) >= _MOST_NONCES:
            return False  # full of fresh ones: refusing is safer than forgetting
        self._seen[key] = now_s + 2 * WINDOW_S
        return True

    def clear(self) -> None:
        """Forget everything, when the mock is reset."""
        self._seen.clear()


def check(headers: TifHeaders, token: str, nonces: NonceMemory, now_s: int) -> None:
    """Accept a call or raise: signature first, so that strangers neither probe the clock nor fill the memory."""
    if not headers.is_signed_with(token):
        raise TifError("46001")
    if abs(now_s - int(headers.timestamp)) > WINDOW_S:
        raise TifError("46002")
    if not nonces.use(headers.paas_id, headers.nonce, now_s):
        raise TifError("46003")
