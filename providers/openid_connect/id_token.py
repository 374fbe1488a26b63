"""The checks of an ID token, each with its own refusal (OpenID Connect Core §3.1.3.7, §3.1.3.8)."""

import hashlib
import hmac
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from certs.keys import base64url, jose
from certs.keys.expectation import LEEWAY, Expectation
from certs.keys.jose import VerificationKeys, VerifiedClaims
from providers.errors import ProviderError, ProviderFailure
from providers.openid_connect.settings import OpenIDConnectSettings

OLDEST: Final = timedelta(minutes=10)
"""Time since ``iat``: the token was made for this sign-in, a moment ago."""
_TYPES: Final = frozenset({None, "JWT"})
_LONGEST_SUBJECT: Final = 255  # Core §2


def verify_id_token(
    token: str, keys: VerificationKeys, settings: OpenIDConnectSettings, now: datetime
) -> VerifiedClaims:
    """Signature by the provider's own key, issuer, audience and times; raises ``JoseError``."""
    expected = Expectation(
        algorithms=settings.id_token_algorithms,
        typ=_TYPES,
        issuer=settings.issuer,
        audience=settings.client_id,
        required=frozenset({"sub", "exp", "iat"}),
        max_age=OLDEST,
    )
    return jose.verify(token, keys, expected, now=now)


def verify_userinfo(
    token: str, keys: VerificationKeys, settings: OpenIDConnectSettings, now: datetime
) -> VerifiedClaims:
    """A signed userinfo answer (OpenID Connect Core §5.3.2, §5.3.4); raises ``JoseError``."""
    expected = Expectation(
        algorithms=settings.id_token_algorithms,
        typ=_TYPES,
        issuer=settings.issuer,
        audience=settings.client_id,
        required=frozenset({"sub"}),
    )
    return jose.verify(token, keys, expected, now=now)


def check_id_token(
    claims: VerifiedClaims, settings: OpenIDConnectSettings, kept: Mapping[str, str], access_token: str
) -> None:
    """That the token belongs to this very sign-in, and to no other party beside us."""
    if claims["aud"] not in (settings.client_id, [settings.client_id]):
        raise _refused(settings, "id_token_aud")  # another audience is one that we do not trust (§3.1.3.7 step 3)
    if claims.get("azp", settings.client_id) != settings.client_id:
        raise _refused(settings, "id_token_azp")
    nonce = claims.get("nonce")
    if not isinstance(nonce, str) or not hmac.compare_digest(nonce.encode("utf-8"), kept["nonce"].encode("utf-8")):
        raise _refused(settings, "id_token_nonce")
    if len(claims["sub"]) > _LONGEST_SUBJECT or not claims["sub"].isprintable():
        raise _refused(settings, "id_token_sub")
    if "at_hash" in claims and not _is_hash_of(claims["at_hash"], access_token):
        raise _refused(settings, "id_token_at_hash")
    _check_auth_time(claims, settings, kept)


def _check_auth_time(claims: VerifiedClaims, settings: OpenIDConnectSettings, kept: Mapping[str, str]) -> None:
    """A sign-in that had to be fresh shows when it was made (§3.1.2.1 ``max_age``, §3.1.3.7 step 13)."""
    auth_time: Any = claims.get("auth_time")
    if auth_time is not None and (isinstance(auth_time, bool) or not isinstance(auth_time, int | float)):
        raise _refused(settings, "id_token_auth_time")
    if auth_time is not None and not 0 <= auth_time <= claims["iat"] + LEEWAY.total_seconds():
        raise _refused(settings, "id_token_auth_time")
    if "fresh_since" not in kept:
        return
    if auth_time is None or auth_time < int(kept["fresh_since"]) - LEEWAY.total_seconds():
        raise _refused(settings, "id_token_not_fresh")


def _is_hash_of(value: object, access_token: str) -> bool:
    # The left half of SHA-256, the hash that ES256, PS256 and RS256 share (§3.1.3.6).
    half = base64url.encode(hashlib.sha256(access_token.encode("ascii")).digest()[:16])
    return isinstance(value, str) and hmac.compare_digest(value.encode("utf-8"), half.encode("ascii"))


def _refused(settings: OpenIDConnectSettings, detail: str) -> ProviderError:
    return ProviderError(settings.name, ProviderFailure.BROKEN, detail)
