"""How the platform writes, signs and seals JSON: canonical form, the v2 wrapper, the SM envelope (section 6.D)."""

import base64
import binascii
import json
import re
from collections.abc import Mapping
from typing import Any, Final, Protocol

from mock_idps.guangdong.sm import Sm2Signer, Sm4Key

VERSION: Final = "1.0.0"
WRAPPER_VERSION: Final = "v1"
_HEX: Final = re.compile(r"(?:[0-9A-Fa-f]{2})+")
_MOMENT: Final = re.compile(r"[0-9]{10}(?:[0-9]{3})?")
_MEMBERS: Final = frozenset({"data", "appCode", "version", "encType", "signType", "timestamp", "signData"})


class Verifier(Protocol):
    """One public key of an application, or several during a rotation."""

    def verify(self, message: bytes, der: bytes) -> bool:
        """Tell whether the signature is the application's."""
        ...


class EnvelopeError(Exception):
    """A sealed body was refused; `errcode` is what the platform answers."""

    def __init__(self, errcode: str) -> None:
        super().__init__(f"envelope refused with {errcode}")
        self.errcode = errcode


def canonical(value: Any) -> str:
    """Sorted keys, no spaces, characters as themselves: the one form that is signed."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def compact(value: Any) -> str:
    """No spaces, members in the order in which they stand."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def wrapper_bytes(biz_content: Mapping[str, Any], time_stamp: str, version: str = WRAPPER_VERSION) -> bytes:
    """Give the bytes under the outer `sign` of user data in mode v2."""
    return (canonical(biz_content) + time_stamp + version).encode()


def parse(body: bytes) -> Any:
    """Read UTF-8 JSON in which no member stands twice; anything else is a ValueError."""
    return json.loads(body.decode(), object_pairs_hook=_once, parse_constant=_no_constant)


def seal(payload: Any, *, app_code: str, key: Sm4Key, signer: Sm2Signer, now_s: int) -> dict[str, Any]:
    """Encrypt, then sign; the members go out sorted, so that either reading of "compact" verifies."""
    secret = key.encrypt(compact(payload).encode()).hex().upper()
    inner: dict[str, Any] = {
        "appCode": app_code,
        "data": {"encData": secret},
        "encType": "SM4",
        "signType": "SM2",
        "timestamp": str(now_s),
        "version": VERSION,
    }
    inner["signData"] = base64.b64encode(signer.sign(compact(inner).encode())).decode()
    return {"data": inner}


def open_sealed(
    body: bytes, *, app_code: str, key: Sm4Key, verifier: Verifier, now_s: int, window_s: int = 300
) -> dict[str, Any]:
    """Check shape, signature and age of a sealed request, then decrypt it; raises `EnvelopeError`."""
    inner = _inner(body)
    signature = _base64(inner["signData"])
    if inner["appCode"] != app_code or not verifier.verify(_signed_bytes(inner), signature):
        raise EnvelopeError("46011")
    if abs(now_s - _seconds(inner["timestamp"])) > window_s:
        raise EnvelopeError("46002")
    return _decrypt(inner["data"], key)


def _inner(body: bytes) -> dict[str, Any]:
    try:
        outer = parse(body)
    except (ValueError, RecursionError) as error:
        raise EnvelopeError("46011") from error
    inner = outer.get("data") if isinstance(outer, dict) and set(outer) == {"data"} else None
    if not isinstance(inner, dict) or set(inner) != _MEMBERS:
        raise EnvelopeError("46011")
    if (inner["version"], inner["encType"], inner["signType"]) != (VERSION, "SM4", "SM2"):
        raise EnvelopeError("46011")
    return inner


def _signed_bytes(inner: Mapping[str, Any]) -> bytes:
    signed = {name: value for name, value in inner.items() if name != "signData"}
    try:
        return compact(signed).encode()
    except UnicodeEncodeError as error:  # half of a surrogate pair, which no UTF-8 can have carried
        raise EnvelopeError("46011") from error


def _decrypt(data: Any, key: Sm4Key) -> dict[str, Any]:
    secret = data.get("encData") if isinstance(data, dict) and set(data) == {"encData"} else None
    if not isinstance(secret, str) or not _HEX.fullmatch(secret):
        raise EnvelopeError("46010")
    try:
        plain = parse(key.decrypt(bytes.fromhex(secret)))
    except (ValueError, RecursionError) as error:
        raise EnvelopeError("46010") from error
    if not isinstance(plain, dict):
        raise EnvelopeError("46010")
    return plain


def _base64(text: Any) -> bytes:
    try:
        return base64.b64decode(text, validate=True) if isinstance(text, str) else b""
    except (binascii.Error, ValueError):
        return b""  # no signature at all, which no key has made


def _seconds(moment: Any) -> int:
    """Read the envelope's time: seconds, or milliseconds as sibling systems write them."""
    text = str(moment) if isinstance(moment, (str, int)) else ""
    if not _MOMENT.fullmatch(text):
        raise EnvelopeError("46002")
    return int(text[:10])


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("a member stands twice")
    return members


def _no_constant(_name: str) -> Any:
    raise ValueError("not a JSON number")
