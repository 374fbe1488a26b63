"""The answers of the interfaces: Macao's own envelope, its error table, and the signed profile inside."""

from collections.abc import Mapping
from typing import Any, Final

from jose import jws

from mock_idps.macao.keys import NumberedKey

TAGS: Final[dict[int, str]] = {
    4001: "INVALID_PARAMETER",
    4010: "NOT_AUTHENTICATED",
    4011: "ACCESS_DENIED",
    4030: "NO_ACCESS",
    4031: "PERMISSION_DENIED",
    4290: "CLIENT_ERROR",
    5000: "SERVICE_ERROR",
    5030: "SERVICE_ERROR",
    5999: "UNKNOWN_ERROR",
}
_MESSAGES: Final[dict[str, tuple[str, str]]] = {
    "zh-hant": ("成功", "操作未能完成"),
    "zh-hans": ("成功", "操作未能完成"),
    "pt": ("Sucesso", "A operação não foi concluída"),
    "en": ("Success", "The operation was not completed"),
}


def success(data: Any, lang: str) -> dict[str, Any]:
    """Wrap data that was asked for and is given."""
    return {"success": True, "code": 0, "message": _MESSAGES[lang][0], "data": data, "tag": None}


def failure(code: int, lang: str) -> dict[str, Any]:
    """Wrap a row of the error table; the status stays 200, as the platform has it."""
    return {"success": False, "code": code, "message": _MESSAGES[lang][1], "data": None, "tag": TAGS[code]}


def sign_profile(payload: Mapping[str, Any] | bytes, key: NumberedKey, *, kid: str | None = None) -> str:
    """Sign a profile as compact JWS with ES256 (RFC 7515 §7.1); the key's number travels as `kid`."""
    headers = {"kid": key.number if kid is None else kid}
    body = payload if isinstance(payload, bytes) else dict(payload)
    signed: str = jws.sign(body, key.private_key, headers=headers, algorithm="ES256")
    return signed
