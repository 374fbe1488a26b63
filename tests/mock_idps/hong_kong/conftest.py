"""A Hong Kong mock in this process, an online service that speaks its wire, and a browser."""

import base64
import hashlib
import hmac
import itertools
import json
import os
import re
from dataclasses import dataclass, field
from urllib.parse import parse_qs, quote, urlsplit

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from mock_idps.hong_kong import HongKongConfig, create_app

NOW_MS = 1_760_000_000_000
CLIENT = "3f5c0e8b7a0145d0b6c2a19d4e77c001"
SECRET = "gba-test-secret-0001"
OTHER = "3f5c0e8b7a0145d0b6c2a19d4e77c002"
REDIRECT = "https://gateway.test/callback/hong-kong"
BASE = "https://iamsmart.test"


@dataclass
class Clock:
    now: int = NOW_MS

    def __call__(self) -> int:
        return self.now


@dataclass
class Service:
    """The service's side of the wire, written once more and independently."""

    http: httpx.AsyncClient
    clock: Clock
    kek: rsa.RSAPrivateKey
    client_id: str = CLIENT
    secret: str = SECRET
    cek: bytes = b""
    session: str | None = None
    root: str = ""
    letter: str = "D"
    numbers: itertools.count = field(default_factory=itertools.count)

    def headers(self, body: bytes, **spoiled) -> dict[str, str]:
        values = {
            "clientID": self.client_id,
            "signatureMethod": "HmacSHA256",
            "timestamp": str(self.clock.now),
            "nonce": f"nonce-{id(self)}-{next(self.numbers)}",
            **{name: value for name, value in spoiled.items() if value is not None},
        }
        signed = "".join(values[n] for n in ("clientID", "signatureMethod", "timestamp", "nonce")).encode() + body
        digest = hmac.new(self.secret.encode(), signed, hashlib.sha256).digest()
        values.setdefault("signature", quote(base64.b64encode(digest).decode(), safe=""))
        if self.session:
            values["X-Mock-Session"] = self.session
        return {name: value for name, value in values.items() if spoiled.get(name, "") is not None}

    async def post(self, path: str, body: bytes = b"", **spoiled) -> httpx.Response:
        return await self.http.post(self.root + path, content=body, headers=self.headers(body, **spoiled))

    async def get_key(self, **spoiled) -> dict:
        answer = (await self.post("/api/v1/security/getKey", **spoiled)).json()
        if answer["code"] == f"{self.letter}00000":
            wrapped = base64.b64decode(answer["content"]["secretKey"])
            self.cek = self.kek.decrypt(wrapped, padding.PKCS1v15())
        return answer

    async def revoke_key(self) -> dict:
        return (await self.post("/api/v1/security/revokeKey")).json()

    def seal(self, fields) -> bytes:
        iv = os.urandom(12)
        framed = b"\0\0\0\x0c" + iv + AESGCM(self.cek).encrypt(iv, json.dumps(fields).encode(), None)
        return json.dumps({"content": base64.b64encode(framed).decode()}).encode()

    def open(self, content: str) -> dict:
        framed = base64.b64decode(content)
        assert framed[:4] == b"\0\0\0\x0c"
        return json.loads(AESGCM(self.cek).decrypt(framed[4:16], framed[16:], None))

    async def sealed(self, path: str, fields, **spoiled) -> dict:
        answer = (await self.post(path, self.seal(fields), **spoiled)).json()
        return {**answer, "content": self.open(answer["content"])} if "content" in answer else answer

    async def get_token(self, code: str, **changes) -> dict:
        fields = {"code": code, "grantType": "authorization_code", **changes}
        wanted = {name: value for name, value in fields.items() if value is not None}
        return await self.sealed("/api/v1/auth/getToken", wanted)

    async def corp_token(self, ticket: str, token: dict, **changes) -> dict:
        fields = {
            "ticketID": ticket,
            "grantType": "authorization_code",
            "iAMSmart_AccessToken": token["accessToken"],
            "iAMSmart_TokenizedID": token["openID"],
            **changes,
        }
        return await self.sealed("/api/v1/auth/getToken", {n: v for n, v in fields.items() if v is not None})

    async def corp_profiles(self, token: dict, **changes) -> dict:
        fields = {
            "accessToken": token["accessToken"],
            "openID": token["openID"],
            "corpProfileFields": ["corpID", "brn", "corpNameEN", "corpNameTC"],
            "eCorpFields": ["corpStatusEN"],
            "representationFields": ["role", "powers", "validUntil"],
            **changes,
        }
        return await self.sealed("/api/v1/profiles", {n: v for n, v in fields.items() if v is not None})

    async def profiles(self, token: dict, fields=("idNo", "enName", "chName"), **changes) -> dict:
        wanted = {
            "accessToken": token["accessToken"],
            "openID": token["openID"],
            "profileFields": list(fields),
            **changes,
        }
        return await self.sealed("/api/v1/profiles", {n: v for n, v in wanted.items() if v is not None})


@dataclass
class Browser:
    """A browser with cookies of its own; it follows nothing by itself."""

    http: httpx.AsyncClient

    async def get_qr(self, **changes) -> httpx.Response:
        query = {
            "clientID": CLIENT,
            "responseType": "code",
            "source": "PC_Browser",
            "redirectURI": REDIRECT,
            "scope": "eidapi_auth eidapi_profiles",
            "lang": "en-US",
            "state": "state-1",
            **changes,
        }
        params = {name: value for name, value in query.items() if value is not None}
        return await self.http.get("/api/v1/auth/getQR", params=params)

    async def open_login(self, **changes) -> str:
        return ticket_of(await self.get_qr(**changes))

    async def go_on(self, ticket: str) -> httpx.Response:
        return await self.http.get("/qr/continue", params={"c": ticket})

    async def status(self, ticket: str) -> httpx.Response:
        return await self.http.get("/qr/status", params={"c": ticket})

    async def phone(self, ticket: str, person: str = "", action: str = "approve") -> httpx.Response:
        return await self.http.post("/qr", data={"c": ticket, "person": person, "action": action})

    async def both_codes(self, person: str = "chan-siu-ming", **changes) -> dict[str, str]:
        scope = {"cScope": "corpidapi_auth corpidapi_profiles"}
        return callback_of(await self.get_qr(auto=person, **{**scope, **changes}))

    async def code_for(self, person: str = "chan-siu-ming", **changes) -> str:
        return callback_of(await self.get_qr(auto=person, **changes))["code"]


def ticket_of(page: httpx.Response) -> str:
    found = re.search(r'id="open-phone"[^>]*href="/qr\?c=([0-9a-f]{32})"', page.text)
    assert found, page.text
    return found.group(1)


def data_code(page: httpx.Response) -> str:
    return re.search(r'data-code="(D[0-9]{5})"', page.text).group(1)


def word(page: httpx.Response) -> str:
    return re.search(r'data-state="([A-Z]+)"', page.text).group(1)


def callback_of(response: httpx.Response) -> dict[str, str]:
    assert response.status_code == 302, response.text
    parts = urlsplit(response.headers["location"])
    assert f"{parts.scheme}://{parts.netloc}{parts.path}" == REDIRECT
    return {name: values[0] for name, values in parse_qs(parts.query, keep_blank_values=True).items()}


@pytest.fixture(scope="session")
def kek() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65_537, 2048)


@pytest.fixture(scope="session")
def settings(kek) -> dict:
    pem = kek.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    own = {"client_id": CLIENT, "client_secret": SECRET, "name": "Gateway <b>", "redirect_uris": [REDIRECT]}
    other = {**own, "client_id": OTHER, "client_secret": "another-secret", "name": "Other service"}
    return {"base_url": BASE, "clients": [{**own, "kek_public_pem": pem}, {**other, "kek_public_pem": pem}]}


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def app(settings, clock):
    return create_app(HongKongConfig.from_json(settings), now_ms=clock)


@pytest.fixture
async def new_http(app):
    opened = []

    def connect(**options) -> httpx.AsyncClient:
        client = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=BASE, **options)
        opened.append(client)
        return client

    yield connect
    for client in opened:
        await client.aclose()


@pytest.fixture
def new_browser(new_http):
    return lambda **headers: Browser(new_http(headers=headers))


@pytest.fixture
def browser(new_browser) -> Browser:
    return new_browser()


@pytest.fixture
async def service(new_http, clock, kek) -> Service:
    service = Service(new_http(), clock, kek)
    await service.get_key()
    return service


@pytest.fixture
async def corp(new_http, clock, kek) -> Service:
    """The same service at CorpID, with a content key of its own."""
    service = Service(new_http(), clock, kek, root="/corpid", letter="M")
    await service.get_key()
    return service


@pytest.fixture
def arm(new_http):
    http = new_http()

    async def arm(scenario: str, **order) -> None:
        answer = await http.post("/__mock__/scenario", json={"scenario": scenario, **order})
        assert answer.status_code == 200, answer.text

    return arm


@pytest.fixture
def control(new_http) -> httpx.AsyncClient:
    return new_http()
