"""In-memory stand-ins for the ports of the protocol core, and builders that are valid unless a keyword spoils them."""

import base64
import hashlib
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any, Final

from certs.keys.signing_key import Algorithm, KeySet, SigningKey
from gateway.oidc.client_auth import hash_secret
from gateway.oidc.issue import new_code
from gateway.oidc.model import AuthorizationRequest, Client, Grant
from gateway.oidc.names import ClientAuthMethod
from gateway.oidc.provider import BackChannelCall, OpenIDProvider
from tests.gateway.oidc.fake_stores import (
    FakeCertificates,
    FakeClients,
    FakeDecoupled,
    FakeFetch,
    FakePushed,
    FakeReplays,
    FakeTokens,
)

__all__ = [
    "FakeCertificates",
    "FakeClients",
    "FakeDecoupled",
    "FakeFetch",
    "FakePushed",
    "FakeReplays",
    "FakeTokens",
]

NOW: Final = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
ISSUER: Final = "https://id.example.hk"
SECRET: Final = "a-fictional-secret-of-the-tests"
PEPPER: Final = b"fictional pepper of thirty-two b"
CALLBACK: Final = "https://rp-a.example/cb"
VERIFIER: Final = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
CHALLENGE: Final = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"


def signing_key(algorithm: Algorithm = Algorithm.ES256, name: str = "gateway") -> SigningKey:
    """One key for each algorithm and name, made when it is first needed."""
    return _made(algorithm, name)


@cache
def _made(algorithm: Algorithm, _name: str) -> SigningKey:
    return SigningKey.generate(algorithm, NOW - timedelta(days=1))


def a_key_set() -> KeySet:
    return KeySet((signing_key(Algorithm.ES256), signing_key(Algorithm.RS256)))


def a_client(**spoilt: Any) -> Client:
    return replace(
        Client(
            client_id="rp-a",
            client_name="Fictional Insurance",
            redirect_uris=(CALLBACK,),
            token_endpoint_auth_method=ClientAuthMethod.BASIC,
            client_secret_hash=hash_secret(PEPPER, SECRET),
            scopes=("openid", "profile", "cn_id", "cn_doc"),
            post_logout_redirect_uris=("https://rp-a.example/bye",),
            sector="rp-a.example",
            purpose="insurance",
        ),
        **spoilt,
    )


def a_public_client(**spoilt: Any) -> Client:
    method = ClientAuthMethod.NONE
    return a_client(**{"token_endpoint_auth_method": method, "client_secret_hash": None} | spoilt)


def a_key_client(**spoilt: Any) -> Client:
    """A client that authenticates with `signing_key(name="client")`."""
    fields = {
        "token_endpoint_auth_method": ClientAuthMethod.PRIVATE_KEY_JWT,
        "client_secret_hash": None,
        "jwks": {"keys": [signing_key(name="client").public_jwk()]},
    }
    return a_client(**fields | spoilt)


def a_request(**spoilt: Any) -> AuthorizationRequest:
    return replace(
        AuthorizationRequest(
            client_id="rp-a",
            redirect_uri=CALLBACK,
            scopes=("openid", "profile", "cn_id"),
            code_challenge=CHALLENGE,
            state="a-state",
            nonce="a-nonce",
        ),
        **spoilt,
    )


def a_grant(**spoilt: Any) -> Grant:
    return replace(
        Grant(
            id="grant-1",
            client_id="rp-a",
            subject_id="subject-1",
            sub="pairwise-sub-of-rp-a",
            scopes=("openid", "profile", "cn_id"),
            claims={"name": "Fictional Person", "gba_cn_id": {"value": "a fictional identifier"}},
            acr="urn:gba:loa:3",
            amr=("face",),
            auth_time=NOW - timedelta(minutes=2),
            sid="session-1",
            created_at=NOW,
            nonce="a-nonce",
        ),
        **spoilt,
    )


def an_endpoint(*clients: Client, **parts: Any) -> OpenIDProvider:
    tokens = parts.get("tokens") or FakeTokens()
    fields: dict[str, Any] = {
        "issuer": ISSUER,
        "clients": FakeClients(*(clients or (a_client(),))),
        "tokens": tokens,
        "replays": FakeReplays(),
        "pushed": FakePushed(),
        "decoupled": FakeDecoupled(tokens),
        "keys": a_key_set(),
        "secret_key": PEPPER,
        "fetch": FakeFetch(),
    }
    return OpenIDProvider(**fields | parts)


def a_call(pairs: Any = (), authorization: Any = (), *, path: str = "/token", **more: Any) -> BackChannelCall:
    fields: dict[str, Any] = {"method": "POST", "url": f"{ISSUER}{path}", "now": NOW, "correlation_id": "correlation-1"}
    return BackChannelCall(pairs=pairs, authorization=authorization, **fields | more)


def with_code(tokens: FakeTokens, *, grant: Grant | None = None, **spoilt: Any) -> str:
    """Put a code into the store and give its text."""
    grant = grant or a_grant()
    text, code = new_code(a_request(), grant, NOW, timedelta(seconds=60))
    tokens.codes[code.hash] = replace(code, **spoilt)
    tokens.grants[grant.id] = grant
    return text


def a_basic_header(client_id: str = "rp-a", secret: str = SECRET) -> str:
    return "Basic " + base64.b64encode(f"{client_id}:{secret}".encode()).decode()


def base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def half_hash(text: str) -> str:
    return base64url(hashlib.sha256(text.encode()).digest()[:16])
