"""DPoP: a request shows, with a fresh signature of its own, that its sender holds a key (RFC 9449).

A proof is good for one request: method and address are named in it, its ``jti`` is spent, and it is at most ``WINDOW``
older or newer than our clock. The key comes out of the proof itself; only its thumbprint means anything, and only
when it is compared with the one that a token or a code was bound to.
"""

import base64
import hashlib
import hmac
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import urlsplit

from certs.keys import JoseError
from certs.keys.jose import VerifiedClaims, verify_proof
from gateway.oidc.errors import OAuthError
from gateway.oidc.names import DPOP_ALGORITHMS, ErrorCode
from gateway.oidc.provider import BackChannelCall, OpenIDProvider

WINDOW: Final = timedelta(seconds=60)
"""How far ``iat`` may be from our clock, to either side: ten seconds are always fine, 61 never (security.md §3)."""
JTI_LIMIT: Final = 256
HTU_LIMIT: Final = 2048
NONCE_SLOT: Final = timedelta(minutes=2)
"""A nonce is good for the slot it was made in and for the next one."""
REPLAY_KIND: Final = "dpop"
_TYPE: Final = "dpop+jwt"
_PORTS: Final = {"https": 443, "http": 80}


async def prove(
    call: BackChannelCall,
    op: OpenIDProvider,
    *,
    access_token: str | None = None,
    algorithms: Sequence[str] = DPOP_ALGORITHMS,
) -> str | None:
    """The thumbprint of the key that the sender holds; ``None`` without a proof (RFC 9449 §4.3).

    With an access token the proof must be made for that very token (§7).
    """
    if not call.proofs:
        return None
    if len(call.proofs) > 1:
        raise _refused("one DPoP header is needed")
    claims, thumbprint = _verified(call.proofs[0], algorithms, call.now)
    _check_request(claims, call)
    _check_age(claims, call.now)
    if access_token is not None and claims.get("ath") != _hash_of(access_token):
        raise _refused("ath is not the hash of the access token")
    _check_nonce(claims, op, call.now)
    await _spend(claims, thumbprint, op, call.now)
    return thumbprint


def current_nonce(op: OpenIDProvider, now: datetime) -> str | None:
    """The nonce that proofs shall carry from now on (RFC 9449 §8); ``None`` when none is asked for."""
    return _nonce(op.dpop_nonce_key, _slot(now)) if op.dpop_nonce_key is not None else None


def _verified(proof: str, algorithms: Sequence[str], now: datetime) -> tuple[VerifiedClaims, str]:
    try:
        return verify_proof(proof, algorithms=algorithms, typ=_TYPE, now=now)
    except JoseError as error:
        raise _refused("the DPoP proof is malformed or not signed by its own key") from error


def _check_request(claims: VerifiedClaims, call: BackChannelCall) -> None:
    """Method and address are those of this request; the address is ours, whatever ``Host`` says (DP-02)."""
    if claims.get("htm") != call.method:
        raise _refused("htm is not the method of the request")
    address = claims.get("htu")
    named = _normalised(address) if isinstance(address, str) else None
    if named is None or named != _normalised(call.url):
        raise _refused("htu is not the address of the request")


def _normalised(address: str) -> tuple[str, str, int, str] | None:
    """Scheme, host, port and path; query and fragment do not count (RFC 9449 §4.3, RFC 3986 §6.2)."""
    if len(address) > HTU_LIMIT or not address.isascii() or not address.isprintable() or " " in address:
        return None
    try:
        parts = urlsplit(address)
        port = parts.port
    except ValueError:
        return None
    if parts.scheme not in _PORTS or not parts.hostname or "@" in parts.netloc or "\\" in address:
        return None
    return parts.scheme, parts.hostname, port or _PORTS[parts.scheme], parts.path or "/"


def _check_age(claims: VerifiedClaims, now: datetime) -> None:
    issued_at = claims.get("iat")  # its shape has been checked with the signature
    if issued_at is None or abs(now.timestamp() - issued_at) > WINDOW.total_seconds():
        raise _refused("iat is missing or too far from the present")


def _check_nonce(claims: VerifiedClaims, op: OpenIDProvider, now: datetime) -> None:
    """The nonce is one of ours and recent; whoever lacks it is told which one to use (RFC 9449 §8)."""
    if op.dpop_nonce_key is None:
        return
    key, slot = op.dpop_nonce_key, _slot(now)
    given = str(claims.get("nonce", "")).encode("utf-8")
    good = [hmac.compare_digest(given, _nonce(key, each).encode("ascii")) for each in (slot, slot - 1)]
    if not any(good):
        raise OAuthError(
            ErrorCode.USE_DPOP_NONCE, "use the nonce of the DPoP-Nonce header", dpop_nonce=_nonce(key, slot)
        )


def _slot(now: datetime) -> int:
    return int(now.timestamp() // NONCE_SLOT.total_seconds())


def _nonce(key: bytes, slot: int) -> str:
    return _base64url(hmac.digest(key, f"dpop-nonce\x00{slot}".encode("ascii"), hashlib.sha256))


async def _spend(claims: VerifiedClaims, thumbprint: str, op: OpenIDProvider, now: datetime) -> None:
    """A proof counts once while it could be accepted, also by a worker whose clock is behind (RFC 9449 §11.1)."""
    jti = claims.get("jti")
    if jti is None or len(jti) > JTI_LIMIT:
        raise _refused("jti is missing or too long")
    mark = hashlib.sha256(f"{thumbprint}\x00{jti}".encode()).hexdigest()
    if not await op.replays.first_use(REPLAY_KIND, mark, now + 2 * WINDOW, now):
        raise _refused("the DPoP proof was used before")


def _hash_of(access_token: str) -> str:
    return _base64url(hashlib.sha256(access_token.encode("utf-8")).digest())


def _base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def _refused(description: str) -> OAuthError:
    return OAuthError(ErrorCode.INVALID_DPOP_PROOF, description)
