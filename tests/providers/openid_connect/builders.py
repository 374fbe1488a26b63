"""An OpenID Provider in a few answers, made by hand: valid by default, one keyword or one replacement spoils it."""

import base64
import hashlib
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any, Final
from urllib.parse import parse_qs, parse_qsl, urlsplit

import httpx
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from jose import jwk as far_jwk
from jose import jws as far_side

from providers.base import Callback, LoginRequest
from providers.calls import Calls
from providers.openid_connect import OpenIDConnect, build

NOW: Final = datetime(2026, 5, 6, 7, 8, 9, tzinfo=UTC)
EPOCH: Final = int(NOW.timestamp())
ISSUER: Final = "https://id.shenzhen.test"
CLIENT_ID: Final = "gateway:1"
SECRET: Final = "s3cret:+ %/ü"
LOGIN_ID: Final = "login-id-0123456789-abcdefghijkl"
CALLBACK_URL: Final = "https://gateway.test/callback/shenzhen"
CODE: Final = "code-0123456789"
ACCESS_TOKEN: Final = "access-0123456789"
SUBJECT: Final = "subject-1"
BLOCK: Final = {
    "kind": "openid_connect",
    "issuer": ISSUER,
    "client_id": CLIENT_ID,
    "client_secret": SECRET,
    "levels": {"low": 1, "substantial": 2, "high": 3},
}


@cache
def ec_key(number: int = 0) -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


@cache
def rsa_key(number: int = 0) -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def pem_of(key: Any) -> str:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def jwk_of(key: Any, algorithm: str = "ES256", **members: Any) -> dict[str, Any]:
    """A public key as the provider publishes it, written by the far side's library."""
    public = far_jwk.construct(pem_of(key), algorithm).public_key().to_dict()
    plain = {name: value.decode() if isinstance(value, bytes) else value for name, value in public.items()}
    return {name: value for name, value in ({"kid": "k1", "use": "sig"} | plain | members).items() if value is not None}


def signed(claims: Any, *, key: Any = None, algorithm: str = "ES256", kid: str | None = "k1", **header: Any) -> str:
    """A token as compact JWS, signed by the other implementation."""
    headers = ({} if kid is None else {"kid": kid}) | header
    return far_side.sign(claims, pem_of(key or ec_key()), headers=headers, algorithm=algorithm)


def forged(header: dict[str, Any], claims: Any, sign: Callable[[bytes], bytes]) -> str:
    """A token whose every part is chosen, for what the other implementation would not make."""
    signing_input = f"{base64url(json.dumps(header).encode())}.{base64url(json.dumps(claims).encode())}"
    return f"{signing_input}.{base64url(sign(signing_input.encode()))}"


def unsigned(claims: Any) -> str:
    """A token under no signature at all."""
    return forged({"alg": "none"}, claims, lambda _: b"")


def at_hash(access_token: str = ACCESS_TOKEN) -> str:
    return base64url(hashlib.sha256(access_token.encode()).digest()[:16])


def base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def claims_of(nonce: str, /, **changes: Any) -> dict[str, Any]:
    """The claims of an ID token; None leaves one out."""
    claims = {
        "iss": ISSUER,
        "sub": SUBJECT,
        "aud": CLIENT_ID,
        "iat": EPOCH,
        "exp": EPOCH + 300,
        "auth_time": EPOCH - 5,
        "nonce": nonce,
        "acr": "substantial",
        "amr": ["pwd", "otp"],
        "at_hash": at_hash(),
        **changes,
    }
    return {name: value for name, value in claims.items() if value is not None}


def a_login(**changes: Any) -> LoginRequest:
    fields: dict[str, Any] = {"login_id": LOGIN_ID, "callback_url": CALLBACK_URL, "language": "zh-Hant-HK"}
    return LoginRequest(**(fields | changes))


class FarSide:
    """A provider whose answers a test replaces one by one; it keeps what it was asked."""

    def __init__(self, name: str = "shenzhen", **block: Any) -> None:
        self.name = name
        self.block = {key: value for key, value in (BLOCK | block).items() if value is not None}
        self.metadata: Any = {
            "issuer": self.block["issuer"],
            "authorization_endpoint": f"{ISSUER}/authorize?theme=plain",
            "token_endpoint": f"{ISSUER}/token",
            "jwks_uri": f"{ISSUER}/jwks",
            "userinfo_endpoint": f"{ISSUER}/userinfo",
            "end_session_endpoint": f"{ISSUER}/logout",
            "code_challenge_methods_supported": ["S256"],
            "response_types_supported": ["code"],
        }
        self.jwks: Any = {"keys": [jwk_of(ec_key())]}
        self.id_token: Callable[[str], str] = lambda nonce: signed(claims_of(nonce))
        self.token_changes: dict[str, Any] = {}
        self.token: Any = None
        self.userinfo: Any = {"sub": SUBJECT, "name": "Chan Tai Man", "birthdate": "1990-02-03", "gender": "male"}
        self.pushed: Any = httpx.Response(201, json={"request_uri": "urn:par:1", "expires_in": 60})
        self.asked: list[httpx.Request] = []
        self.now = NOW
        self.nonce = ""

    def provider(self) -> OpenIDConnect:
        return build(self.name, self.block, Calls(httpx.MockTransport(self._answer)), lambda: self.now)

    def offers(self, **members: Any) -> None:
        """Change what discovery says; None takes a member out."""
        changed = self.metadata | members
        self.metadata = {name: value for name, value in changed.items() if value is not None}

    def says(self, **changes: Any) -> None:
        """Change the claims of the ID token."""
        self.id_token = lambda nonce: signed(claims_of(nonce, **changes))

    async def sign_in(self, provider: OpenIDConnect | None = None, **parameters: str | None) -> Any:
        """A whole sign-in: start, and the browser's return with a code."""
        return await self.returns(provider or self.provider(), a_login(), **parameters)

    async def returns(self, provider: OpenIDConnect, login: LoginRequest, **parameters: str | None) -> Any:
        start = await provider.start(login)
        self.nonce = start.kept["nonce"]
        given = {"code": CODE, "state": LOGIN_ID, **parameters}
        kept = {name: value for name, value in given.items() if value is not None}
        return await provider.finish(Callback(kept, start.kept, LOGIN_ID, self.now))

    def paths(self) -> list[str]:
        return [request.url.path for request in self.asked]

    def form(self, path: str) -> dict[str, str]:
        """The form last posted to a path."""
        request = next(each for each in reversed(self.asked) if each.url.path == path)
        return dict(parse_qsl(request.content.decode(), keep_blank_values=True))

    async def _answer(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        match request.url.path:
            case "/.well-known/openid-configuration":
                answer = self.metadata
            case "/jwks":
                answer = self.jwks
            case "/token":
                answer = self.token or self._tokens()
            case "/userinfo":
                answer = self.userinfo
            case "/par":
                answer = self.pushed
            case _:
                answer = httpx.Response(404)
        return answer if isinstance(answer, httpx.Response) else httpx.Response(200, json=answer)

    def _tokens(self) -> dict[str, Any]:
        members = {
            "access_token": ACCESS_TOKEN,
            "token_type": "Bearer",
            "expires_in": 300,
            "refresh_token": "refresh-1",
            "id_token": self.id_token(self.nonce),
            **self.token_changes,
        }
        return {name: value for name, value in members.items() if value is not None}


def query_of(url: str) -> dict[str, str]:
    found = parse_qs(urlsplit(url).query, keep_blank_values=True)
    assert all(len(values) == 1 for values in found.values())
    return {name: values[0] for name, values in found.items()}


def later(seconds: int) -> datetime:
    return NOW + timedelta(seconds=seconds)
