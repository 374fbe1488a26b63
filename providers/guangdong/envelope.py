"""What the government gateway asks of a call: own headers, a body sealed with SM4 and signed with SM2 (§4.5, §6.D).

The headers prove who calls, when, once; they do not cover the body, so the envelope alone protects what is said.
Encryption comes first, the signature over it second: nothing is decrypted whose sender is not known.
"""

import base64
import hashlib
import json
import re
import secrets
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from certs.keys.errors import SmError
from certs.keys.sm import sm4_cbc_decrypt, sm4_cbc_encrypt
from providers.calls import json_object
from providers.errors import ProviderError
from providers.guangdong.settings import PermitLinkSettings
from providers.guangdong.wire import PROVIDER, WINDOW, broken, verify

VERSION: Final = "1.0.0"
CIPHER: Final = "SM4"
SIGNATURE: Final = "SM2"
_MEMBERS: Final = frozenset({"data", "appCode", "version", "encType", "signType", "timestamp", "signData"})
_HEX: Final = re.compile(r"(?:[0-9A-Fa-f]{2})+")
_SECONDS: Final = re.compile(r"[0-9]{10}")


def gateway_headers(paas_id: str, paas_token: str, now: datetime, nonce: str | None = None) -> dict[str, str]:
    """Sign a call; the nonce is fresh each time, so that it never repeats over workers (GD-06)."""
    timestamp = str(int(now.timestamp()))
    once = nonce or f"{int(now.timestamp() * 1000):x}-{secrets.token_hex(12)}"
    signed = f"{timestamp}{paas_token}{once}{timestamp}"
    return {
        "x-tif-paasid": paas_id,
        "x-tif-timestamp": timestamp,
        "x-tif-nonce": once,
        "x-tif-signature": hashlib.sha256(signed.encode("utf-8")).hexdigest().upper(),
    }


def seal(payload: Mapping[str, str], settings: PermitLinkSettings, now: datetime) -> bytes:
    """Encrypt, then sign what will be sent, member by member in the order in which it is sent."""
    secret = sm4_cbc_encrypt(settings.content_key, _compact(payload)).hex().upper()
    inner: dict[str, Any] = {
        "data": {"encData": secret},
        "appCode": settings.app_code,
        "version": VERSION,
        "encType": CIPHER,
        "signType": SIGNATURE,
        "timestamp": str(int(now.timestamp())),
    }
    signature = settings.signing_key.sign(_compact(inner))
    return _compact({"data": {**inner, "signData": base64.b64encode(signature).decode("ascii")}})


def open_sealed(outer: Mapping[str, Any], settings: PermitLinkSettings, now: datetime) -> dict[str, Any]:
    """Check shape, signature and age of a sealed answer, then decrypt it."""
    inner = outer.get("data")
    if set(outer) != {"data"} or not isinstance(inner, dict) or set(inner) != _MEMBERS:
        raise broken("envelope")
    kind = (inner["appCode"], inner["version"], inner["encType"], inner["signType"])
    if kind != (settings.app_code, VERSION, CIPHER, SIGNATURE):
        raise broken("envelope")
    # Parsing keeps the order of members and refuses doubled ones: this is what was signed, in the order sent.
    signed = {name: value for name, value in inner.items() if name != "signData"}
    verify(_compact(signed), inner["signData"], settings.platform_keys)
    if abs(now - _moment(inner["timestamp"])) > WINDOW:
        raise broken("timestamp")
    return _decrypt(inner["data"], (settings.content_key, *settings.further_content_keys))


def _decrypt(data: object, keys: Sequence[bytes]) -> dict[str, Any]:
    """Open with the first key that fits; what does not fit any of them is told as the first one tells it."""
    secret = data.get("encData") if isinstance(data, dict) and set(data) == {"encData"} else None
    if not isinstance(secret, str) or not _HEX.fullmatch(secret):
        raise broken("envelope")
    faults = []
    for key in keys:
        try:
            return json_object(PROVIDER, sm4_cbc_decrypt(key, bytes.fromhex(secret)))
        except SmError:
            faults.append(broken("decrypt"))
        except ProviderError as error:
            faults.append(error)
    raise faults[0]


def _moment(value: object) -> datetime:
    if not isinstance(value, str) or not _SECONDS.fullmatch(value):
        raise broken("timestamp")
    return datetime.fromtimestamp(int(value), UTC)


def _compact(value: Mapping[str, Any]) -> bytes:
    try:
        return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8")
    except UnicodeEncodeError:
        raise broken("half_character") from None
