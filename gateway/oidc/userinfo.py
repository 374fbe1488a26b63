"""Userinfo: what the person released, for whoever holds the access token (OpenID Connect Core §5.3, RFC 6750)."""

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from gateway.oidc.claims import released
from gateway.oidc.names import ErrorCode
from gateway.oidc.ports import TokenStore
from gateway.oidc.random_values import VALUE_LENGTH, digest

_BEARER: Final = re.compile(r"(?i:bearer) ([A-Za-z0-9._~+/-]+=*)")
_OURS: Final = re.compile(rf"[A-Za-z0-9_-]{{{VALUE_LENGTH}}}")


class BearerError(Exception):
    """A refusal of a protected resource (RFC 6750 §3.1); ``challenge`` is the WWW-Authenticate value."""

    def __init__(self, status: int, code: ErrorCode | None, description: str) -> None:
        super().__init__(description)
        self.status = status
        self.code = code
        self.description = description

    @property
    def challenge(self) -> str:
        """The header's value; a request without credentials is told the scheme and nothing else (RFC 6750 §3.1)."""
        if self.code is None:
            return "Bearer"
        return f'Bearer error="{self.code}", error_description="{self.description}"'


async def answer(
    authorization: Sequence[str],
    query_has_token: bool,  # noqa: FBT001 - what the edge saw in the query, not a switch
    tokens: TokenStore,
    now: datetime,
) -> dict[str, Any]:
    """The claims behind an access token, ``sub`` always among them."""
    found = await tokens.find_access_token(digest(bearer_token(authorization, query_has_token)), now)
    if found is None:
        raise BearerError(401, ErrorCode.INVALID_TOKEN, "the access token is not valid")
    token, grant = found
    return {**released(grant.claims, token.scopes), "sub": grant.sub}


def bearer_token(authorization: Sequence[str], query_has_token: bool) -> str:  # noqa: FBT001 - the same
    """The token of exactly one Authorization header (HP-08); never one of the query (RFC 9700 §4.3.2, HP-09)."""
    if query_has_token or len(authorization) > 1:
        raise BearerError(400, ErrorCode.INVALID_REQUEST, "send the access token in one Authorization header")
    if not authorization or not authorization[0].lower().startswith("bearer"):
        raise BearerError(401, None, "an access token is required")
    found = _BEARER.fullmatch(authorization[0])
    if found is None:
        raise BearerError(400, ErrorCode.INVALID_REQUEST, "the Authorization header is malformed")
    if not _OURS.fullmatch(found[1]):  # an ID token or an assertion is refused by its shape (CD-07)
        raise BearerError(401, ErrorCode.INVALID_TOKEN, "the access token is not valid")
    return found[1]
