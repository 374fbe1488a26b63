"""One Account's side of the wire, made by hand: valid by default, one keyword spoils it."""

import base64
import json
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import httpx
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from jose import jws

from providers.base import Callback
from providers.calls import Answer, Calls
from providers.macao import Macao, MacaoSettings
from providers.macao.published_keys import NumberedKeys

NOW: Final = datetime(2026, 5, 6, 7, 8, 9, tzinfo=UTC)
BASE: Final = "https://mo.test"
LOGIN_ID: Final = "login-id-0123456789-abcdefghijkl"
CALLBACK_URL: Final = "https://gateway.test/callback/macao"
UID: Final = "0a1b2c3d-0000-5000-8000-00000000abcd"
OTHER_UID: Final = "0a1b2c3d-0000-5000-8000-00000000dcba"
CODE: Final = "code-0123456789-abcdefghijklmnop"
ACCESS_TOKEN: Final = "access-0123456789-abcdefghijklm"
SECRET: Final = "s3cret:+ %/ü"
KEY: Final = ec.generate_private_key(ec.SECP256R1())
OTHER_KEY: Final = ec.generate_private_key(ec.SECP256R1())
SETTINGS: Final = MacaoSettings(BASE, "gateway:1", SECRET)
KEPT: Final = {"code_verifier": "v" * 64, "redirect_uri": CALLBACK_URL}


def a_callback(**parameters: str | None) -> Callback:
    """The browser's return with a code; None leaves a parameter out."""
    given = {"code": CODE, "state": LOGIN_ID, **parameters}
    return Callback({name: value for name, value in given.items() if value is not None}, KEPT, LOGIN_ID, NOW)


def an_answer(content: Any, *, status: int = 200, content_type: str = "application/json") -> Answer:
    """What the HTTP client hands over."""
    body = content if isinstance(content, bytes) else json.dumps(content).encode()
    return Answer(status, body, content_type)


def a_token(**changes: Any) -> dict[str, Any]:
    """The token endpoint's answer; None leaves a member out."""
    members = {
        "access_token": ACCESS_TOKEN,
        "refresh_token": "refresh-0123456789-abcdefghijkl",
        "token_type": "bearer",
        "expires_in": 1800,
        "scope": "identity profile",
        "token_client": "MacauGovService",
        "user_profile": {"uid": UID, "account_type": "Personal", "display_name": "周小敏"},
        **changes,
    }
    return {name: value for name, value in members.items() if value is not None}


def a_profile(**changes: Any) -> dict[str, Any]:
    """The claims of a permanent resident; None leaves a claim out."""
    claims = {
        "uid": UID,
        "accountType": "Personal",
        "acr": "2",
        "lang": "zh-hant",
        "nameZh": "周小敏",
        "namePt": {"apelido": "Chao", "nome": "Sio Man"},
        "docType": "BIRP",
        "docNo": "1234567(8)",
        "birth": "04/03/1902",
        "sex": "F",
        "eidBound": False,
        "mobile": "+853-00000027",
        **changes,
    }
    return {name: value for name, value in claims.items() if value is not None}


def signed(claims: Any, *, key: Any = KEY, kid: str | None = "2") -> str:
    """A profile as compact JWS, signed by the other implementation."""
    return jws.sign(claims, key, headers={} if kid is None else {"kid": kid}, algorithm="ES256")


def an_envelope(data: Any, /, **changes: Any) -> dict[str, Any]:
    """The answer of an interface that succeeded."""
    return {"success": True, "code": 0, "message": "成功", "data": data, "tag": None, **changes}


def an_entry(key: Any = KEY, *, ends: datetime = NOW + timedelta(days=90), **changes: Any) -> dict[str, Any]:
    """One published key."""
    der = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return {
        "alg": "EC-P256",
        "spki": base64.b64encode(der).decode(),
        "notAfter": int(ends.timestamp()),
        **changes,
    }


def a_reading(entries: Any | None = None) -> NumberedKeys:
    """One reading of `/keys`."""
    return NumberedKeys.read(an_answer({"2": an_entry()} if entries is None else entries), NOW)


class Account:
    """One Account in three answers, each of which a test replaces; counts what it is asked."""

    def __init__(self) -> None:
        self.token: Any = a_token()
        self.profile: Any = an_envelope(signed(a_profile()))
        self.keys: Any = {"2": an_entry()}
        self.asked: list[httpx.Request] = []
        self.now = NOW

    def provider(self) -> Macao:
        """The dialect under test, wired to this account."""
        return Macao(SETTINGS, Calls(httpx.MockTransport(self._answer)), lambda: self.now)

    def paths(self) -> list[str]:
        """The paths asked for, in order."""
        return [request.url.path for request in self.asked]

    async def _answer(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        answers = {"/oauth/token": self.token, "/api/profile": self.profile, "/keys": self.keys}
        answer = answers[request.url.path]
        return answer if isinstance(answer, httpx.Response) else httpx.Response(200, json=answer)
