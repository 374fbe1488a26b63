"""The token endpoint: authenticate the client, pick the grant, let it answer (RFC 6749 §3.2)."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from typing import Final, TypeAlias

from gateway.oidc.client_auth import authenticate
from gateway.oidc.endpoint import TokenEndpoint, TokenLifetimes, TokenRequest
from gateway.oidc.errors import OAuthError
from gateway.oidc.grants import authorization_code
from gateway.oidc.model import TokenResponse
from gateway.oidc.names import ErrorCode, GrantType
from gateway.oidc.parameters import Parameters

__all__ = ["GRANTS", "TokenEndpoint", "TokenLifetimes", "answer"]

GrantFunction: TypeAlias = Callable[[TokenRequest, TokenEndpoint], Awaitable[TokenResponse]]

GRANTS: Final[Mapping[str, GrantFunction]] = {
    GrantType.AUTHORIZATION_CODE: authorization_code.redeem,
}


async def answer(
    pairs: Sequence[tuple[str, str]],
    authorization: Sequence[str],
    endpoint: TokenEndpoint,
    now: datetime,
    correlation_id: str,
) -> TokenResponse:
    """Answer a token request, or refuse it as RFC 6749 §5.2 says."""
    form = Parameters(pairs)
    form.check()
    client = await authenticate(form, authorization, endpoint, now)
    grant_type = form.get("grant_type")
    if grant_type is None:
        raise OAuthError(ErrorCode.INVALID_REQUEST, "grant_type is required")
    grant = GRANTS.get(grant_type)
    if grant is None:
        raise OAuthError(ErrorCode.UNSUPPORTED_GRANT_TYPE, "this grant_type is not offered")
    return await grant(TokenRequest(form, client, now, correlation_id), endpoint)
