"""The tokens of registration: initial access tokens (RFC 7591 §1.2) and registration access tokens (RFC 7592 §3).

Made once, shown once, remembered as keyed hashes; each kind under a name of its own, so that none passes for another.
"""

import hashlib
import hmac
import re
from collections.abc import Sequence
from typing import Final

from gateway.oidc.names import ErrorCode
from gateway.oidc.protected_resource import BearerError

_BEARER: Final = re.compile(r"(?i:bearer) ([A-Za-z0-9_-]{20,100})")
_INITIAL: Final = b"initial access|"
_REGISTRATION: Final = b"registration|"


def initial_access_hash(secret_key: bytes, token: str) -> bytes:
    """The form in which an initial access token is kept."""
    return hmac.digest(secret_key, _INITIAL + token.encode("ascii"), hashlib.sha256)


def registration_hash(secret_key: bytes, token: str) -> bytes:
    """The form in which a registration access token is kept."""
    return hmac.digest(secret_key, _REGISTRATION + token.encode("ascii"), hashlib.sha256)


def presented(authorization: Sequence[str]) -> str:
    """The token of the one Authorization header; nothing is said about why another will not do."""
    found = _BEARER.fullmatch(authorization[0]) if len(authorization) == 1 else None
    if found is None:
        raise BearerError(401, None if not authorization else ErrorCode.INVALID_TOKEN, _NEEDED)
    return found[1]


def refused() -> BearerError:
    """The one refusal: unknown, used up, over, of another client, of one that is gone."""
    return BearerError(401, ErrorCode.INVALID_TOKEN, _NEEDED)


_NEEDED: Final = "a valid token for registration is required"
