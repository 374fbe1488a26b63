"""The platform's wire: callback, answers and signed user data become values, or a typed refusal (§4.1, §4.2, §6.D).

The platform answers HTTP 200 whatever it says; a page instead of data means maintenance. User data count only inside
the wrapper that the outer `sign` covers: what stands beside it is ignored, and what is used is what was signed.
"""

import base64
import hmac
import json
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from types import MappingProxyType
from typing import Any, Final

from certs.keys.errors import SmError
from certs.keys.sm import Sm2PublicKey
from providers.attributes import AttributeTable, matching
from providers.base import Callback
from providers.calls import Answer, json_object
from providers.errors import ProviderError, ProviderFailure

PROVIDER: Final = "guangdong"
BEIJING: Final = timezone(timedelta(hours=8))
"""The platform writes local time without a zone."""
WINDOW: Final = timedelta(seconds=300)
"""How far a time stamp of the platform may be from our clock (§6, default skew)."""
WRAPPER_VERSION: Final = "v1"
BUSY: Final = "-1"
CODE_REFUSED: Final = "40029"
"""What is said of a code or a match that lapsed, was spent or never was."""

_SUCCESS: Final = 200
_NO_ERROR: Final = "0"
_CODE: Final = re.compile(r"[A-Za-z0-9._~-]{8,512}")
_STAMP: Final = re.compile(r"[0-9]{14}")
_MAX_SIGN: Final = 128
"""Characters of Base64; a DER signature has 72 bytes at most (GD-01, GD-10)."""
_FAILURES: Final = MappingProxyType(
    {
        "40001": ProviderFailure.MISCONFIGURED,
        CODE_REFUSED: ProviderFailure.EXPIRED,
        "40035": ProviderFailure.MISCONFIGURED,
        "41001": ProviderFailure.BROKEN,
        "42001": ProviderFailure.EXPIRED,
        "43010": ProviderFailure.NOT_ELIGIBLE,
        "43011": ProviderFailure.NOT_ELIGIBLE,
        "45009": ProviderFailure.UNREACHABLE,
        "46001": ProviderFailure.MISCONFIGURED,
        "46002": ProviderFailure.MISCONFIGURED,
        "46003": ProviderFailure.BROKEN,  # our nonces do not repeat
        "46010": ProviderFailure.MISCONFIGURED,
        "46011": ProviderFailure.MISCONFIGURED,
        "46012": ProviderFailure.BROKEN,
        BUSY: ProviderFailure.UNREACHABLE,
    }
)


def broken(detail: str, failure: ProviderFailure = ProviderFailure.BROKEN) -> ProviderError:
    """Make the error for something that this dialect does not allow."""
    return ProviderError(PROVIDER, failure, detail)


def read_callback(callback: Callback) -> str:
    """Give the code with which the browser came back, or say why there is none; `state` is dropped over there."""
    parameters = callback.parameters
    # No state was sent. One that comes all the same, and is not this sign-in's, belongs to another one (ST-02).
    state = parameters.get("state", callback.login_id)
    if not hmac.compare_digest(state.encode("utf-8"), callback.login_id.encode("utf-8")):
        raise broken("state", ProviderFailure.MALFORMED_CALLBACK)
    code, error = parameters.get("code"), parameters.get("error")
    if code is not None and error is not None:
        raise broken("code_and_error", ProviderFailure.MALFORMED_CALLBACK)
    if error is not None:
        raise broken("cancel", ProviderFailure.CANCELLED) if error == "cancel" else broken("error")
    if code is None or not _CODE.fullmatch(code):
        raise broken("code", ProviderFailure.MALFORMED_CALLBACK)
    return code


def read_object(answer: Answer) -> dict[str, Any]:
    """Parse an answer that must be a JSON object; a page of the portal is told apart, never read (GD-08)."""
    if answer.status != _SUCCESS:
        raise broken(f"http_{answer.status}")
    if answer.content_type.lower().startswith("text/html") or answer.content.lstrip().startswith(b"<"):
        raise broken("maintenance", ProviderFailure.UNREACHABLE)
    return json_object(PROVIDER, answer.content)


def refuse_error(fields: Mapping[str, Any]) -> None:
    """Raise what `errcode` says, unless it says that all is well; its text is never repeated."""
    code = fields.get("errcode", _NO_ERROR)
    if type(code) is int:  # strings everywhere is the rule, and error paths are where rules are forgotten
        code = str(code)
    if code == _NO_ERROR:
        return
    if not isinstance(code, str) or code not in _FAILURES:
        raise broken("errcode")
    raise broken(code, _FAILURES[code])


def read_token(answer: Answer) -> str:
    """Give the access token; the refresh token beside it is not kept."""
    fields = read_object(answer)
    refuse_error(fields)
    token: str = _TOKEN.read(PROVIDER, fields)["access_token"]
    return token


@dataclass(frozen=True, slots=True, repr=False)
class SignedContent:
    """User data whose signature and time have been checked; only `read_user_data` makes it."""

    user: Mapping[str, object]
    parent: Mapping[str, object]


def read_user_data(answer: Answer, keys: Collection[Sm2PublicKey], now: datetime) -> SignedContent:
    """Open the v2 wrapper: signature over content, time stamp and version, then age, then shape (§6.D)."""
    fields = read_object(answer)
    refuse_error(fields)
    content, stamp = fields.get("biz_content"), fields.get("time_stamp")
    if not isinstance(content, dict):
        raise broken("wrapper")  # the bare form v1 among others: there is no falling back to it (GD-05)
    if not isinstance(stamp, str) or not _STAMP.fullmatch(stamp) or fields.get("version") != WRAPPER_VERSION:
        raise broken("wrapper")
    verify(canonical(content) + (stamp + WRAPPER_VERSION).encode("ascii"), fields.get("sign"), keys)
    if abs(now - _moment(stamp)) > WINDOW:
        raise broken("time_stamp")
    user, parent = content.get("userobj"), content.get("pareobj", {})
    if not isinstance(user, dict) or not isinstance(parent, dict):
        raise broken("wrapper")
    return SignedContent(user, parent)


def canonical(value: Mapping[str, Any]) -> bytes:
    """Write JSON in the one form that is signed: sorted, no spaces, characters as themselves (GD-04).

    The form is made from the parsed value, so what is signed is what is used, however the sender spelt it.
    """
    if _has_fraction(value):  # numbers with many spellings; the platform writes strings everywhere
        raise broken("number")
    try:
        return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode("utf-8")
    except UnicodeEncodeError:
        raise broken("half_character") from None


def verify(message: bytes, signature: object, keys: Collection[Sm2PublicKey]) -> None:
    """Check an SM2 signature in Base64 with any of the platform's keys; its length is looked at first."""
    if not isinstance(signature, str) or not 0 < len(signature) <= _MAX_SIGN:
        raise broken("sign")
    try:
        raw = base64.b64decode(signature, validate=True)
    except ValueError:  # binascii.Error, or characters outside ASCII
        raise broken("sign") from None
    if not any(_is_signed(message, raw, key) for key in keys):
        raise broken("sign")


def _is_signed(message: bytes, signature: bytes, key: Sm2PublicKey) -> bool:
    try:
        key.verify(message, signature)
    except SmError:
        return False
    return True


def _has_fraction(value: object) -> bool:
    if isinstance(value, dict):
        return any(_has_fraction(member) for member in value.values())
    if isinstance(value, list):
        return any(_has_fraction(member) for member in value)
    return isinstance(value, float)


def _moment(stamp: str) -> datetime:
    try:
        return datetime.strptime(stamp, "%Y%m%d%H%M%S").replace(tzinfo=BEIJING)
    except ValueError:
        raise broken("time_stamp") from None


def _bearer_type(value: object) -> str:
    if not isinstance(value, str) or value.lower() != "bearer":
        raise ValueError("bearer")
    return value


_TOKEN: Final = AttributeTable(
    required={
        "access_token": matching(r"[A-Za-z0-9@._*-]{8,512}"),
        "token_type": _bearer_type,
        "expires_in": matching(r"[1-9][0-9]{0,5}"),
    },
    ignored={"refresh_token", "scope", "errcode", "errmsg"},
)
