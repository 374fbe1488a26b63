"""The far side of Hong Kong's wire, made by hand: an iAM Smart that answers what a test tells it to."""

import base64
import hashlib
import hmac
import json
import os
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import unquote

import httpx
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.serialization import load_der_public_key

from certs.keys.key_transport import RsaDecryptionKey
from providers.base import Callback
from providers.calls import Calls
from providers.hong_kong import HongKong, HongKongSettings
from tests.providers.asgi_net import HandMade

NOW = datetime(2026, 3, 1, 4, 0, 0, tzinfo=UTC)
NOW_MS = int(NOW.timestamp() * 1000)
HOUR_MS = 3_600_000
CLIENT_ID = "3f5c0e8b7a0145d0b6c2a19d4e77c001"
SECRET = "gba-test-secret-0001"
BASE = "http://hk.mock"
LOGIN_ID = "login-id-0123456789abcdef0123456"
CODE = "0ad186353c424c64897fcc00445c9ba1"
CORP_CODE = "f" * 32
CORP_OPEN_ID = "openid-of-a-company-and-a-person%3D"
OPEN_ID = "liR14TestOpenIdForVectors%2B000000000000000%3D"
KEY, EARLIER_KEY, FOREIGN_KEY = (RsaDecryptionKey.generate() for _ in range(3))


def settings(*keys: RsaDecryptionKey) -> HongKongSettings:
    return HongKongSettings(BASE, CLIENT_ID, SECRET, keys or (KEY, EARLIER_KEY))


def a_token(**changes: Any) -> dict[str, Any]:
    return _changed(
        {
            "accessToken": "c" * 32,
            "tokenType": "Bearer",
            "issueAt": NOW_MS,
            "expiresIn": 4 * HOUR_MS,
            "openID": OPEN_ID,
            "userType": "default",
            "lastModifiedDate": 1_700_000_000_000,
            "scope": "eidapi_auth eidapi_profiles",
        },
        changes,
    )


def a_profile(**changes: Any) -> dict[str, Any]:
    return _changed(
        {
            "idNo": {"Identification": "A123456", "CheckDigit": "3"},
            "enName": {"UnstructuredName": "CHAN, Siu Ming"},
            "chName": {"ChineseName": "陳小明"},
            "chNameVerified": "陳小明",
            "birthDate": "19040506",
            "gender": "M",
        },
        changes,
    )


def a_corp_token(**changes: Any) -> dict[str, Any]:
    return _changed(
        {
            "accessToken": "d" * 32,
            "tokenType": "Bearer",
            "issueAt": NOW_MS,
            "expiresIn": 4 * HOUR_MS,
            "openID": CORP_OPEN_ID,
            "userType": "iam",
            "scope": "corpidapi_auth corpidapi_profiles",
        },
        changes,
    )


def a_company(**changes: Any) -> dict[str, Any]:
    return _changed(
        {
            "openID": CORP_OPEN_ID,
            "corpID": "SIM-00000018",
            "brn": "00000018",
            "corpNameEN": "Harbour Simulation Books Limited",
            "corpNameTC": "海港模擬書店有限公司",
            "corpNameSC": "海港模拟书店有限公司",
            "corpStatusEN": "Live",
            "representation": {"role": "authorised_rep", "powers": ["login", "formfill"], "validUntil": NOW_MS + 1000},
        },
        changes,
    )


def a_company_callback(**changes: Any) -> Callback:
    """The browser's return with both codes; None leaves a parameter out."""
    parameters = _changed({"code": CODE, "state": LOGIN_ID, "cCode": CORP_CODE}, changes)
    return Callback(parameters, {"state": LOGIN_ID, "company": "cCode"}, LOGIN_ID, NOW)


def a_callback(**changes: Any) -> Callback:
    return Callback(_changed({"code": CODE, "state": LOGIN_ID}, changes), {"state": LOGIN_ID}, LOGIN_ID, NOW)


def _changed(fields: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in {**fields, **changes}.items() if value is not None}


@dataclass
class FarSide:
    """Checks every signature by itself; `refusals` are answered first, one for each call to that endpoint.

    CorpID's endpoints have `corp/` before their names; both servers share one content key here.
    """

    cek: bytes = b"\x07" * 32
    issued_at: int = NOW_MS - HOUR_MS
    expires_in: int = 24 * HOUR_MS
    kek: RsaDecryptionKey = KEY
    token: dict[str, Any] = field(default_factory=a_token)
    profile: Any = field(default_factory=a_profile)
    corp_token: dict[str, Any] = field(default_factory=a_corp_token)
    company: Any = field(default_factory=a_company)
    key_changes: dict[str, Any] = field(default_factory=dict)
    refusals: dict[str, list[Any]] = field(default_factory=dict)
    sealing: dict[str, list[bytes]] = field(default_factory=dict)
    """Keys with which the next answers of an endpoint are sealed in place of the right one."""
    requests: list[httpx.Request] = field(default_factory=list)
    asked: list[Any] = field(default_factory=list)

    def provider(self, clock: Any = lambda: NOW, *keys: RsaDecryptionKey) -> HongKong:
        return HongKong(settings(*keys), self.calls(), clock)

    def with_corpid(self, **changes: Any) -> HongKong:
        """The dialect with a registration at CorpID."""
        registered = replace(settings(), corpid_base_url=f"{BASE}/corpid", **changes)
        return HongKong(registered, self.calls(), lambda: NOW)

    def calls(self) -> Calls:
        return Calls(HandMade(self.answer))

    def count(self, endpoint: str) -> int:
        return sum(request.url.path.endswith(endpoint) for request in self.requests)

    def answer(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        is_corp = request.url.path.startswith("/corpid/")
        endpoint = ("corp/" if is_corp else "") + request.url.path.rsplit("/", 1)[1]
        assert signed_rightly(request)
        for refusal in _taken(self.refusals, endpoint):
            return refusal if isinstance(refusal, httpx.Response) else envelope(refusal)
        if endpoint.endswith("getKey"):
            return envelope("M00000" if is_corp else "D00000", self._offer())
        if endpoint == "revokeKey":
            self.cek, self.issued_at = os.urandom(32), self.issued_at + 1
            return envelope("D00000")
        try:
            self.asked.append(json.loads(unseal(self.cek, json.loads(request.content)["content"])))
        except ValueError:
            return envelope("D30002")
        contents = {
            "getToken": self.token,
            "profiles": self.profile,
            "corp/getToken": self.corp_token,
            "corp/profiles": self.company,
        }
        key = next(_taken(self.sealing, endpoint), self.cek)
        return envelope("M00000" if is_corp else "D00000", seal(key, json.dumps(contents[endpoint]).encode()))

    def _offer(self) -> dict[str, Any]:
        offer = {
            "secretKey": wrapped(self.kek, self.cek),
            "pubKey": base64.b64encode(self.kek.public_spki_der()).decode(),
            "issueAt": self.issued_at,
            "expiresIn": self.expires_in,
        }
        return _changed(offer, self.key_changes)


def _taken(shelf: dict[str, list[Any]], endpoint: str) -> Any:
    if shelf.get(endpoint):
        yield shelf[endpoint].pop(0)


def envelope(code: str, content: Any = None) -> httpx.Response:
    body = {"txID": f"<T={'0' * 32}>", "code": code, "message": "lower-case sentence"}
    return httpx.Response(200, json=body if content is None else {**body, "content": content})


def signed_rightly(request: httpx.Request) -> bool:
    names = ("clientID", "signatureMethod", "timestamp", "nonce")
    signed = "".join(request.headers[name] for name in names).encode() + request.content
    expected = base64.b64encode(hmac.new(SECRET.encode(), signed, hashlib.sha256).digest()).decode()
    return unquote(request.headers["signature"]) == expected


def wrapped(kek: RsaDecryptionKey, secret: bytes) -> str:
    public: Any = load_der_public_key(kek.public_spki_der())
    return base64.b64encode(public.encrypt(secret, PKCS1v15())).decode()


def seal(key: bytes, plain: bytes) -> str:
    iv = os.urandom(12)
    return base64.b64encode(b"\0\0\0\x0c" + iv + AESGCM(key).encrypt(iv, plain, None)).decode()


def unseal(key: bytes, text: str) -> bytes:
    frame = base64.b64decode(text)
    assert frame[:4] == b"\0\0\0\x0c"
    try:
        return AESGCM(key).decrypt(frame[4:16], frame[16:], None)
    except InvalidTag:
        raise ValueError("another key") from None


@dataclass
class Clock:
    """A clock that a test turns."""

    now: datetime = NOW

    def __call__(self) -> datetime:
        return self.now

    def turn(self, **span: float) -> None:
        self.now += timedelta(**span)
