"""A relying party with keys of its own, for journeys and attacks: it pushes, proves, asserts and redeems.

Every token it makes is valid by default; keywords change claims (``None`` leaves one out), ``header`` changes the header.
It signs with nothing of ours, so that both ends of a wire do not share a mistake.
"""

import base64
import hashlib
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import httpx
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from gateway.oidc.model import Client
from gateway.oidc.names import CLIENT_ASSERTION_TYPE, ClientAuthMethod, GrantType, Profile
from tests.asking import RP, Asked, asking
from tests.world import World, a_client

CODE_AND_REFRESH = (GrantType.AUTHORIZATION_CODE, GrantType.REFRESH_TOKEN)


def encode(content: bytes) -> str:
    """Base64url without padding."""
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode("ascii")


@dataclass(frozen=True, slots=True)
class Key:
    """A private key with its public half as a JWK."""

    private: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey = field(repr=False)
    alg: str = "ES256"

    @classmethod
    def make(cls, alg: str = "ES256") -> "Key":
        """A fresh key for an algorithm."""
        if alg == "ES256":
            return cls(ec.generate_private_key(ec.SECP256R1()))
        return cls(rsa.generate_private_key(65537, 2048), alg)

    @property
    def members(self) -> dict[str, str]:
        """The public members that a thumbprint is made of (RFC 7638 §3.2)."""
        if isinstance(self.private, ec.EllipticCurvePrivateKey):
            point = self.private.public_key().public_numbers()
            return {
                "crv": "P-256",
                "kty": "EC",
                "x": encode(point.x.to_bytes(32, "big")),
                "y": encode(point.y.to_bytes(32, "big")),
            }
        numbers = self.private.public_key().public_numbers()
        size = (numbers.n.bit_length() + 7) // 8
        return {"e": encode(numbers.e.to_bytes(3, "big")), "kty": "RSA", "n": encode(numbers.n.to_bytes(size, "big"))}

    @property
    def thumbprint(self) -> str:
        """SHA-256 over the canonical members (RFC 7638)."""
        canonical = json.dumps(self.members, separators=(",", ":"), sort_keys=True)
        return encode(hashlib.sha256(canonical.encode("ascii")).digest())

    @property
    def jwk(self) -> dict[str, str]:
        """The public key as a client publishes it."""
        return {**self.members, "kid": self.thumbprint, "use": "sig", "alg": self.alg}

    @property
    def jwks(self) -> dict[str, Any]:
        """A key set of this one key."""
        return {"keys": [self.jwk]}

    def sign(self, claims: Mapping[str, Any], header: Mapping[str, Any]) -> str:
        """A compact token with exactly this header; ``alg`` is the key's own unless the header says otherwise."""
        parts = [{"alg": self.alg, **header}, claims]
        signing_input = ".".join(encode(json.dumps(part, separators=(",", ":")).encode()) for part in parts)
        return f"{signing_input}.{encode(self._signature(signing_input.encode('ascii')))}"

    def _signature(self, content: bytes) -> bytes:
        if isinstance(self.private, ec.EllipticCurvePrivateKey):
            r, s = decode_dss_signature(self.private.sign(content, ec.ECDSA(hashes.SHA256())))
            return r.to_bytes(32, "big") + s.to_bytes(32, "big")
        scheme = padding.PSS(padding.MGF1(hashes.SHA256()), 32) if self.alg == "PS256" else padding.PKCS1v15()
        return self.private.sign(content, scheme, hashes.SHA256())


def without_none(values: Mapping[str, Any]) -> dict[str, Any]:
    """What is left when ``None`` means absent."""
    return {name: value for name, value in values.items() if value is not None}


@dataclass(slots=True)
class RelyingParty:
    """One relying party at the gateway: its registration, its keys, and its calls."""

    world: World
    client: Client
    key: Key = field(default_factory=Key.make)
    """Signs assertions and request objects."""
    dpop: Key | None = None
    """Proves possession; without one, the client's tokens are bearer tokens."""
    secret: str | None = None

    @classmethod
    async def register(cls, world: World, client: Client, *, dpop: bool = False) -> "RelyingParty":
        """Register a client with keys made for it."""
        party = cls(world, client, dpop=Key.make() if dpop else None)
        if client.token_endpoint_auth_method is ClientAuthMethod.PRIVATE_KEY_JWT and client.jwks is None:
            party.client = replace(client, jwks=party.key.jwks)
        party.secret = (await world.register(party.client))[client.client_id] or None
        return party

    @classmethod
    async def fapi(cls, world: World, client_id: str = "fapi", **changes: Any) -> "RelyingParty":
        """A client under the FAPI 2.0 Security Profile: signed assertions, DPoP, pushed requests."""
        defaults: dict[str, Any] = {
            "token_endpoint_auth_method": ClientAuthMethod.PRIVATE_KEY_JWT,
            "redirect_uris": (f"{RP}/{client_id}/callback",),
            "post_logout_redirect_uris": (),
            "grant_types": CODE_AND_REFRESH,
            "profile": Profile.FAPI2_SP,
            "dpop_bound_access_tokens": True,
            "require_pushed_authorization_requests": True,
        }
        return await cls.register(world, a_client(client_id, **(defaults | changes)), dpop=True)

    def asking(self, **changes: str | None) -> Asked:
        """A valid authorization request of this client."""
        given = {"redirect_uri": self.client.redirect_uris[0], **changes}
        return replace(asking(self.client.client_id, **given), issuer=self.world.issuer)

    # ------------------------------------------------------------------------------------------- what it signs
    def assertion(self, *, key: Key | None = None, header: Mapping[str, Any] | None = None, **changes: Any) -> str:
        """A client assertion (RFC 7523 §3)."""
        now, signer = int(self.world.clock.now.timestamp()), key or self.key
        claims = {
            "iss": self.client.client_id,
            "sub": self.client.client_id,
            "aud": self.world.issuer,
            "iat": now,
            "exp": now + 60,
            "jti": secrets.token_urlsafe(16),
        }
        named = without_none({"typ": "JWT", "kid": signer.thumbprint, **(header or {})})
        return signer.sign(without_none(claims | changes), named)

    def proof(
        self,
        path: str,
        *,
        method: str = "POST",
        access_token: str | None = None,
        key: Key | None = None,
        header: Mapping[str, Any] | None = None,
        **changes: Any,
    ) -> str:
        """A DPoP proof for one of the gateway's addresses (RFC 9449 §4.2)."""
        signer = key or self.dpop or self.key
        claims = {
            "jti": secrets.token_urlsafe(16),
            "htm": method,
            "htu": f"{self.world.issuer}{path}",
            "iat": int(self.world.clock.now.timestamp()),
            "ath": access_token and encode(hashlib.sha256(access_token.encode("ascii")).digest()),
        }
        named = without_none({"typ": "dpop+jwt", "jwk": signer.members, **(header or {})})
        return signer.sign(without_none(claims | changes), named)

    def request_object(
        self, asked: Asked, *, key: Key | None = None, header: Mapping[str, Any] | None = None, **changes: Any
    ) -> str:
        """A signed authorization request (RFC 9101 §4)."""
        now, signer = int(self.world.clock.now.timestamp()), key or self.key
        frame = {"iss": self.client.client_id, "aud": self.world.issuer, "nbf": now, "iat": now, "exp": now + 300}
        named = without_none({"typ": "oauth-authz-req+jwt", "kid": signer.thumbprint, **(header or {})})
        return signer.sign(without_none({**frame, **asked.parameters, **changes}), named)

    # ---------------------------------------------------------------------------------------------- its calls
    def credentials(self) -> dict[str, str]:
        """The form fields that say who is calling."""
        if self.client.token_endpoint_auth_method is ClientAuthMethod.PRIVATE_KEY_JWT:
            return {"client_assertion_type": CLIENT_ASSERTION_TYPE, "client_assertion": self.assertion()}
        if self.client.token_endpoint_auth_method is ClientAuthMethod.POST:
            return {"client_id": self.client.client_id, "client_secret": self.secret or ""}
        return {} if self.secret else {"client_id": self.client.client_id}

    async def post(
        self,
        path: str,
        form: Mapping[str, str | None],
        *,
        proof: str | None = None,
        prove: bool | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> httpx.Response:
        """Call an endpoint with the client's credentials; ``prove=False`` leaves the DPoP proof out."""
        proves = self.dpop is not None if prove is None else prove
        sent = {**(headers or {})}
        if proof is not None or proves:
            sent["DPoP"] = proof or self.proof(path)
        basic = self.client.token_endpoint_auth_method is ClientAuthMethod.BASIC
        auth = (self.client.client_id, self.secret or "") if basic else None
        async with self.world.net.browser() as http:
            fields = without_none({**self.credentials(), **form})
            return await http.post(f"{self.world.issuer}{path}", data=fields, headers=sent, auth=auth)

    async def push(self, asked: Asked, **options: Any) -> httpx.Response:
        """Push an authorization request (RFC 9126 §2.1)."""
        return await self.post("/par", dict(asked.parameters), **options)

    async def pushed(self, asked: Asked) -> Asked:
        """The same request behind a ``request_uri``: what is left for the browser to carry."""
        answer = await self.push(asked)
        assert answer.status_code == 201, answer.text
        asked.parameters = {"client_id": self.client.client_id, "request_uri": answer.json()["request_uri"]}
        return asked

    async def redeem(self, asked: Asked, code: str, **changes: str | None) -> httpx.Response:
        """Redeem a code (RFC 6749 §4.1.3)."""
        form: dict[str, str | None] = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": asked.redirect_uri,
            "code_verifier": asked.verifier,
        }
        return await self.post("/token", {**form, **changes})

    async def refresh(self, refresh_token: str, **options: Any) -> httpx.Response:
        """Use a refresh token (RFC 6749 §6)."""
        form = {"grant_type": "refresh_token", "refresh_token": refresh_token, **options.pop("form", {})}
        return await self.post("/token", form, **options)

    async def userinfo(self, access_token: str, *, scheme: str | None = None, **options: Any) -> httpx.Response:
        """Ask for what the person released."""
        scheme = scheme or ("DPoP" if self.dpop else "Bearer")
        headers = {"authorization": f"{scheme} {access_token}"}
        if self.dpop is not None and options.get("prove", True):
            headers["DPoP"] = options.get("proof") or self.proof("/userinfo", method="GET", access_token=access_token)
        async with self.world.net.browser() as http:
            return await http.get(f"{self.world.issuer}/userinfo", headers=headers)

    async def sign_in(
        self, provider: str = "hong_kong", person: str = "chan-siu-ming", **changes: str | None
    ) -> dict[str, Any]:
        """A whole sign-in by a fresh browser, pushed if the client pushes; gives the token answer."""
        asked = self.asking(**changes)
        if self.client.demands_push:
            asked = await self.pushed(asked)
        answer = await self.world.browser().sign_in(asked, provider, person)
        response = await self.redeem(asked, answer["code"])
        assert response.status_code == 200, response.text
        tokens: dict[str, Any] = response.json()
        return tokens
