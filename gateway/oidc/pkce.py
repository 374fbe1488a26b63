"""Proof Key for Code Exchange, with S256 and nothing else (RFC 7636)."""

import base64
import hashlib
import hmac
import re
from typing import Final

from gateway.oidc.errors import OAuthError
from gateway.oidc.names import ErrorCode

CHALLENGE_METHOD: Final = "S256"
"""The only ``code_challenge_method``; without the parameter it would be ``plain``, so it is demanded."""

NO_CHALLENGE: Final = ""
"""What stands in the place of a challenge for a client with the legacy switch; no verifier ever fits it."""

_CHALLENGE: Final = re.compile(r"[A-Za-z0-9_-]{43}")
_VERIFIER: Final = re.compile(r"[A-Za-z0-9._~-]{43,128}")


def check_challenge(challenge: str | None, method: str | None) -> str:
    """Refuse an authorization request that is not protected (RFC 7636 §4.3, RFC 9700 §2.1.1)."""
    if challenge is None:
        raise OAuthError(ErrorCode.INVALID_REQUEST, "code_challenge is required")
    if method != CHALLENGE_METHOD:
        raise OAuthError(ErrorCode.INVALID_REQUEST, "code_challenge_method must be S256")
    if not _CHALLENGE.fullmatch(challenge):
        raise OAuthError(ErrorCode.INVALID_REQUEST, "code_challenge is not 43 characters of base64url")
    return challenge


def verify_challenge(challenge: str, verifier: str | None) -> None:
    """Compare a code verifier with its S256 challenge (RFC 7636 §4.6)."""
    if not challenge:  # a code without a challenge is never redeemed: the reverse downgrade of RFC 9700 §4.8.2
        raise OAuthError(ErrorCode.INVALID_GRANT, "the code is not valid")
    if verifier is None or not _VERIFIER.fullmatch(verifier):
        raise OAuthError(ErrorCode.INVALID_GRANT, "code_verifier is missing or malformed")
    digest = hashlib.sha256(verifier.encode("ascii")).digest()
    computed = base64.urlsafe_b64encode(digest).rstrip(b"=").decode("ascii")
    if not hmac.compare_digest(computed.encode("ascii"), challenge.encode("utf-8")):
        raise OAuthError(ErrorCode.INVALID_GRANT, "code_verifier does not match")
