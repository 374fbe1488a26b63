"""A measuring stick, not a product: the least that a correct broker for Macao's One Account can do.

It stands on the lowest layers: plain ASGI under the same server as the gateway, raw SQL, an own HTTP client, keys
parsed once. It does what makes a sign-in correct (registered client and redirect URI, PKCE on both legs, browser
binding, single-use sign-in and code, verified profile, pairwise subject, signed ID token, durable commits) and nothing
of what makes a gateway: no pages, no consent, no identifiers, no sealing, no limits, no second provider. Never put it
in front of anybody.
"""

import argparse
import base64
import hashlib
import hmac
import json
import secrets
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode

import uvicorn

from benchmarks.stand_in_http import (
    COOKIE,
    Answer,
    Receive,
    RefusalError,
    Scope,
    Send,
    fields_once,
    json_answer,
    own_cookie,
    read_body,
    see_other,
)
from benchmarks.stand_in_store import Record, Store, open_store
from benchmarks.stand_in_tokens import NumberedKeys, ProfileError, Signer, encode
from benchmarks.wire import Wire

_LEVELS: Final = {"1": "urn:gba:loa:1", "2": "urn:gba:loa:2", "3": "urn:gba:loa:3"}


@dataclass(frozen=True, slots=True)
class Settings:
    """What the stand-in is told from outside; credentials never print."""

    issuer: str
    database_url: str = field(repr=False)
    journal: str
    algorithm: Any
    client_id: str
    client_secret: str = field(repr=False)
    redirect_uri: str
    upstream: str
    upstream_id: str
    upstream_secret: str = field(repr=False)


class StandIn:
    """The application; its store is opened when the server starts."""

    def __init__(self, settings: Settings) -> None:
        self._at = settings
        self._signer = Signer(settings.algorithm)
        self._wire = Wire()
        self._pairwise = secrets.token_bytes(32)
        self._client = _basic(settings.client_id, settings.client_secret)
        upstream = _basic(settings.upstream_id, settings.upstream_secret)
        self._token_head = b"authorization: %b\r\ncontent-type: application/x-www-form-urlencoded\r\n" % upstream
        self._keys: NumberedKeys | None = None
        self._store: Store
        documents = {"/jwks": self._signer.jwks(), "/.well-known/openid-configuration": self._discovery()}
        self._documents = {path: json_answer(content) for path, content in documents.items()}
        self._endpoints: dict[str, Callable[[Scope, Receive], Awaitable[Answer]]] = {
            "/authorize": self.authorize,
            "/callback": self.callback,
            "/token": self.token,
            "/userinfo": self.userinfo,
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve."""
        if scope["type"] == "lifespan":
            await self._live(receive, send)
            return
        answer = self._documents.get(scope["path"])
        if answer is None:
            try:
                answer = await self._endpoints[scope["path"]](scope, receive)
            except (RefusalError, ProfileError, KeyError, ValueError):
                answer = Answer(400, [(b"content-length", b"0")])
        await send({"type": "http.response.start", "status": answer.status, "headers": answer.headers})
        await send({"type": "http.response.body", "body": answer.body})

    async def _live(self, receive: Receive, send: Send) -> None:
        await receive()
        self._store = await open_store(self._at.database_url, self._at.journal)
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await self._store.aclose()
        self._wire.close()
        await send({"type": "lifespan.shutdown.complete"})

    async def authorize(self, scope: Scope, _: Receive) -> Answer:
        """RFC 6749 §4.1.1, RFC 7636 §4.3: check the request, remember it, go to the provider."""
        asked = fields_once(scope["query_string"])
        known = asked["client_id"] == self._at.client_id and asked["redirect_uri"] == self._at.redirect_uri
        challenge = asked["code_challenge"]
        proven = asked["code_challenge_method"] == "S256" and len(challenge) == 43
        if not known or not proven or asked["response_type"] != "code" or "openid" not in asked["scope"].split():
            raise RefusalError
        state, browser, verifier = (secrets.token_urlsafe(32) for _ in range(3))
        record = {"state": asked["state"], "nonce": asked.get("nonce"), "challenge": challenge, "verifier": verifier}
        await self._store.begin(_hash(state), _hash(browser), record)
        query = {
            "response_type": "code",
            "client_id": self._at.upstream_id,
            "redirect_uri": f"{self._at.issuer}/callback",
            "scope": "profile identity",
            "state": state,
            "acr": "3",
            "ui_locales": "en",
            "code_challenge": _challenge(verifier),
            "code_challenge_method": "S256",
        }
        cookie = b"%b=%b; Path=/; HttpOnly; SameSite=Lax" % (COOKIE, browser.encode("ascii"))
        return see_other(f"{self._at.upstream}/oauth/authorize?{urlencode(query)}", [(b"set-cookie", cookie)])

    async def callback(self, scope: Scope, _: Receive) -> Answer:
        """The way back: the same browser, once; then the person goes home with a code (RFC 6749 §4.1.2)."""
        given = fields_once(scope["query_string"])
        state, browser = _hash(given["state"]), _hash(own_cookie(scope["headers"]))
        pending = await self._store.find(state, browser)
        if pending is None:
            raise RefusalError
        profile = await self._profile(given["code"], pending["verifier"])
        code = secrets.token_urlsafe(32)
        subject = hmac.new(self._pairwise, f"{self._at.client_id}\n{profile['uid']}".encode(), hashlib.sha256)
        names = profile["namePt"]
        record = {
            "sub": encode(subject.digest()),
            "name": profile.get("nameZh") or f"{names['nome']} {names['apelido']}",
            "birthdate": "-".join(reversed(profile["birth"].split("/"))),
            "acr": _LEVELS[profile["acr"]],
            "auth_time": int(time.time()),
            "nonce": pending["nonce"],
            "challenge": pending["challenge"],
        }
        if not await self._store.finish(state, _hash(code), record):
            raise RefusalError
        answer = {"code": code, "state": pending["state"], "iss": self._at.issuer}
        return see_other(f"{self._at.redirect_uri}?{urlencode(answer)}", [])

    async def _profile(self, code: str, verifier: str) -> Record:
        """The two calls of a sign-in; the keys are fetched once."""
        upstream = self._at.upstream
        if self._keys is None:
            self._keys = NumberedKeys.read((await self._wire.request("GET", f"{upstream}/keys")).body)
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": f"{self._at.issuer}/callback",
            "code_verifier": verifier,
        }
        body = urlencode(form).encode("ascii")
        tokens = json.loads((await self._wire.request("POST", f"{upstream}/oauth/token", self._token_head, body)).body)
        bearer = f"authorization: Bearer {tokens['access_token']}\r\n".encode("ascii")
        envelope = json.loads((await self._wire.request("GET", f"{upstream}/api/profile", bearer)).body)
        if envelope["success"] is not True or envelope["code"] != 0:
            raise RefusalError
        profile = self._keys.verified(envelope["data"])
        if profile["uid"] != tokens["user_profile"]["uid"]:
            raise RefusalError
        return profile

    async def token(self, scope: Scope, receive: Receive) -> Answer:
        """RFC 6749 §4.1.3: the code is spent, whatever comes of it."""
        form = fields_once(await read_body(receive))
        if not hmac.compare_digest(dict(scope["headers"]).get(b"authorization", b""), self._client):
            return Answer(401, [(b"content-length", b"0"), (b"www-authenticate", b"Basic")])
        access_token = secrets.token_urlsafe(32)
        record = await self._store.redeem(_hash(form["code"]), _hash(access_token))
        proven = record is not None and hmac.compare_digest(record["challenge"], _challenge(form["code_verifier"]))
        if record is None or not proven or form["redirect_uri"] != self._at.redirect_uri:
            raise RefusalError
        now = int(time.time())
        claims = {
            "iss": self._at.issuer,
            "aud": self._at.client_id,
            "iat": now,
            "exp": now + 300,
            "jti": secrets.token_urlsafe(16),
            **{name: record[name] for name in ("sub", "acr", "auth_time", "nonce")},
        }
        answer = {"access_token": access_token, "token_type": "Bearer", "expires_in": 600}
        return json_answer({**answer, "id_token": self._signer.sign(claims)}, stored=False)

    async def userinfo(self, scope: Scope, _: Receive) -> Answer:
        """OpenID Connect Core §5.3."""
        scheme, _, token = dict(scope["headers"]).get(b"authorization", b"").decode("ascii").partition(" ")
        record = await self._store.holder(_hash(token)) if scheme == "Bearer" else None
        if record is None:
            return Answer(401, [(b"content-length", b"0"), (b"www-authenticate", b"Bearer")])
        return json_answer({name: record[name] for name in ("sub", "name", "birthdate")}, stored=False)

    def _discovery(self) -> dict[str, Any]:
        at = self._at.issuer
        return {
            "issuer": at,
            "authorization_endpoint": f"{at}/authorize",
            "token_endpoint": f"{at}/token",
            "userinfo_endpoint": f"{at}/userinfo",
            "jwks_uri": f"{at}/jwks",
            "response_types_supported": ["code"],
            "subject_types_supported": ["pairwise"],
            "id_token_signing_alg_values_supported": [self._signer.algorithm],
        }


def _hash(value: str) -> bytes:
    return hashlib.sha256(value.encode("ascii", "replace")).digest()


def _challenge(verifier: str) -> str:
    return encode(_hash(verifier))


def _basic(name: str, secret: str) -> bytes:
    return b"Basic " + base64.b64encode(f"{name}:{secret}".encode())


def main() -> None:
    """Serve as the gateway is served."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.stand_in", description="A measuring stick.")
    parser.add_argument("settings", type=Path)
    parser.add_argument("--port", type=int, required=True)
    options = parser.parse_args()
    settings = Settings(**json.loads(options.settings.read_text(encoding="utf-8")))
    uvicorn.run(
        StandIn(settings),
        port=options.port,
        server_header=False,
        access_log=False,
        timeout_graceful_shutdown=3,
        log_level="warning",
    )


if __name__ == "__main__":
    main()
