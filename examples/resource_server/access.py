"""Who is calling an API, and may they: the checks of an access token, in the order in which they are made.

This is the part to copy. An access token for a resource server is a JWT (RFC 9068) that the API verifies by itself:
type, signature, issuer, audience, times. If it is bound to a key, the request must show that its sender has that key
(RFC 9449 §7). Only then do scope and level of assurance say what the caller may do (RFC 9470).
"""

import base64
import hashlib
import hmac
import time
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from joserfc import jws, jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, Key, RSAKey, import_key
from starlette.requests import Request

from examples.resource_server.issuer_keys import IssuerKeys
from examples.resource_server.refusals import PROOF_ALGORITHMS, RefusedError

TOKEN_LIMIT = 8_192
LEEWAY = 30
"""Seconds by which two clocks may differ."""
PROOF_WINDOW = 60
"""Seconds by which ``iat`` of a proof may be off; proofs are remembered for twice as long."""
MOST_PROOFS = 100_000
LEVELS = tuple(f"urn:gba:loa:{number}" for number in range(1, 5))
"""The gateway's levels of assurance, the lowest first."""

_TOKENS = jws.JWSRegistry(algorithms=["ES256"], strict_check_header=False)
_TOKENS.max_payload_length = TOKEN_LIMIT
_PROOFS = jws.JWSRegistry(algorithms=list(PROOF_ALGORITHMS), strict_check_header=False)
_PROOFS.max_header_length = 2_048  # a proof carries a whole public key in its header


class Caller(NamedTuple):
    """Whom a request is for, and through whom it came."""

    sub: str
    """The person, or the organisation that a person acts for; another value for every sector."""
    services: tuple[str, ...]
    """The clients that act, the one that called first (RFC 8693 §4.1)."""
    scopes: frozenset[str]
    acr: str
    mandate: Mapping[str, Any] | None
    """In which matters, and until when, a person acts for the organisation in ``sub``."""


class Guard:
    """Admits requests to one API; ``resource`` is its identifier at the gateway and its own public address."""

    def __init__(self, issuer: str, resource: str, keys: IssuerKeys, clock: Callable[[], float] = time.time) -> None:
        self._issuer = issuer
        self._resource = resource
        self._keys = keys
        self._clock = clock
        self._seen: dict[str, float] = {}

    async def admit(self, request: Request, *, scope: str = "openid", level: str = LEVELS[0]) -> Caller:
        """Who is calling; raises ``RefusedError`` for whoever may not."""
        scheme, token = _credentials(request)
        claims = await self._verified(token)
        self._check_sender(scheme, token, claims, request)
        scopes = frozenset(str(claims.get("scope", "")).split())
        if scope not in scopes:
            raise RefusedError("insufficient_scope", "the token lacks the scope", status=403, scope=scope)
        acr = claims.get("acr")
        if acr not in LEVELS or LEVELS.index(acr) < LEVELS.index(level):
            raise RefusedError(
                "insufficient_user_authentication", "a higher level of assurance is needed", acr_values=level
            )
        return Caller(claims["sub"], _services(claims), scopes, acr, claims.get("gba_mandate"))

    async def _verified(self, token: str) -> Mapping[str, Any]:
        """The claims of a token that the gateway signed for this API and for nobody else (RFC 9068 §4)."""
        header = _header(token)
        # The type first: an ID token or a logout token is signed with the same keys, and must not open anything here.
        if str(header.get("typ", "")).lower().removeprefix("application/") != "at+jwt":
            raise _invalid("this is no access token for an API")
        key = await self._keys.find(str(header.get("kid")))
        if key is None:
            raise _invalid("the key is unknown")
        try:
            claims = jwt.decode(token, key, algorithms=["ES256"], registry=_TOKENS).claims
        except (JoseError, ValueError):
            raise _invalid("the signature is not good") from None
        if claims.get("iss") != self._issuer or claims.get("aud") != self._resource:
            raise _invalid("the token is for somebody else")
        if not _are_seconds(claims, "iat", "exp") or claims["exp"] + LEEWAY <= self._clock():
            raise _invalid("the token has expired")
        if not isinstance(claims.get("sub"), str) or not isinstance(claims.get("client_id"), str):
            raise _invalid("the token is incomplete")
        return claims

    def _check_sender(self, scheme: str, token: str, claims: Mapping[str, Any], request: Request) -> None:
        """A bound token is worth nothing without its key, and never passes under the other scheme (RFC 9449 §7.2)."""
        confirmation = claims.get("cnf")
        if confirmation is None and scheme == "bearer":
            return
        if not isinstance(confirmation, dict) or scheme != "dpop" or not isinstance(confirmation.get("jkt"), str):
            # Also tokens that are bound to a TLS certificate: this example does not see the connection.
            raise _invalid("the token is bound to a key, or not to this one")
        self._check_proof(token, confirmation["jkt"], request)

    def _check_proof(self, token: str, thumbprint: str, request: Request) -> None:
        """The proof is for this request and this token, fresh, seen for the first time (RFC 9449 §4.3)."""
        proofs, now = request.headers.getlist("dpop"), self._clock()
        if len(proofs) != 1 or len(proofs[0]) > TOKEN_LIMIT:
            raise _bad_proof("one DPoP header is needed")
        key, claims = _self_signed(proofs[0])
        if not hmac.compare_digest(key.thumbprint(), thumbprint):
            raise _invalid("the token is bound to another key")
        # The address comes from our settings: whoever writes the Host header does not decide which API this is.
        if claims.get("htm") != request.method or claims.get("htu") != f"{self._resource}{request.url.path}":
            raise _bad_proof("the proof is for another request")
        if claims.get("ath") != _digest(token):
            raise _bad_proof("the proof is for another token")
        if not _are_seconds(claims, "iat") or abs(claims["iat"] - now) > PROOF_WINDOW:
            raise _bad_proof("the proof is too old, or a clock is wrong")
        self._spend(f"{thumbprint} {claims.get('jti')}", now)

    def _spend(self, name: str, now: float) -> None:
        """Take a proof once. Several processes need one memory in common, a database or Valkey."""
        if len(self._seen) >= MOST_PROOFS:
            self._seen = {each: until for each, until in self._seen.items() if until > now}
        if self._seen.get(name, now) > now or len(self._seen) >= MOST_PROOFS:
            raise _bad_proof("the proof was used before")
        self._seen[name] = now + 2 * PROOF_WINDOW


def _credentials(request: Request) -> tuple[str, str]:
    """The one access token of a request: in the header, never in the address, where logs would keep it."""
    headers = request.headers.getlist("authorization")
    if not headers:
        raise RefusedError(None)
    scheme, _, token = headers[0].partition(" ")
    if len(headers) > 1 or scheme.lower() not in {"bearer", "dpop"} or not 0 < len(token) <= TOKEN_LIMIT:
        raise RefusedError("invalid_request", "one access token in one Authorization header", status=400)
    return scheme.lower(), token


def _header(token: str) -> Mapping[str, Any]:
    """What the token says of itself; nothing of it is believed yet."""
    try:
        return jws.extract_compact(token.encode("ascii"), registry=_TOKENS).headers()
    except (JoseError, ValueError):
        raise _invalid("the token is malformed") from None


def _self_signed(proof: str) -> tuple[Key, Mapping[str, Any]]:
    """Key and claims of a proof: signed with the very key in its header, which must be a public one."""
    try:
        header = jws.extract_compact(proof.encode("ascii"), registry=_PROOFS).headers()
        key = import_key(header["jwk"])
        if header.get("typ") != "dpop+jwt" or not isinstance(key, ECKey | RSAKey) or key.is_private:
            raise _bad_proof("the proof is malformed")
        return key, jwt.decode(proof, key, algorithms=PROOF_ALGORITHMS, registry=_PROOFS).claims
    except (JoseError, KeyError, TypeError, ValueError):
        raise _bad_proof("the proof is malformed") from None


def _services(claims: Mapping[str, Any]) -> tuple[str, ...]:
    """The client of the token, then those behind it after token exchanges."""
    found, act = [claims["client_id"]], claims.get("act")
    while isinstance(act, dict) and len(found) < 8:
        if isinstance(act.get("client_id"), str) and act["client_id"] not in found:
            found.append(act["client_id"])
        act = act.get("act")
    return tuple(found)


def _are_seconds(claims: Mapping[str, Any], *names: str) -> bool:
    return all(isinstance(claims.get(name), int) and not isinstance(claims[name], bool) for name in names)


def _digest(token: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(token.encode("ascii")).digest()).rstrip(b"=").decode("ascii")


def _invalid(description: str) -> RefusedError:
    return RefusedError("invalid_token", description)


def _bad_proof(description: str) -> RefusedError:
    return RefusedError("invalid_dpop_proof", description)
