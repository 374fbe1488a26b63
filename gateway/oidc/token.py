"""The token endpoint: authenticate the client, pick the grant, let it answer (RFC 6749 §3.2)."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Final, TypeAlias

from gateway.oidc.client_auth import authenticate
from gateway.oidc.confirmation import confirm
from gateway.oidc.errors import OAuthError
from gateway.oidc.grants import (
    authorization_code,
    ciba,
    client_credentials,
    device_code,
    refresh_token,
    token_exchange,
)
from gateway.oidc.model import TokenResponse
from gateway.oidc.names import ErrorCode, GrantType
from gateway.oidc.parameters import Parameters
from gateway.oidc.provider import BackChannelCall, OpenIDProvider, TokenRequest

__all__ = ["GRANTS", "answer"]

GrantFunction: TypeAlias = Callable[[TokenRequest, OpenIDProvider], Awaitable[TokenResponse]]

GRANTS: Final[Mapping[GrantType, GrantFunction]] = {
    GrantType.AUTHORIZATION_CODE: authorization_code.redeem,
    GrantType.REFRESH_TOKEN: refresh_token.redeem,
    GrantType.TOKEN_EXCHANGE: token_exchange.redeem,
    GrantType.DEVICE_CODE: device_code.redeem,
    GrantType.CIBA: ciba.redeem,
    GrantType.CLIENT_CREDENTIALS: client_credentials.redeem,
}


async def answer(call: BackChannelCall, op: OpenIDProvider) -> TokenResponse:
    """Answer a token request, or refuse it as RFC 6749 §5.2 says."""
    form = Parameters(call.pairs)
    form.check()
    client = await authenticate(form, call, op)
    grant_type = form.get("grant_type")
    if grant_type is None:
        raise OAuthError(ErrorCode.INVALID_REQUEST, "grant_type is required")
    if grant_type not in GRANTS:
        raise OAuthError(ErrorCode.UNSUPPORTED_GRANT_TYPE, "this grant_type is not offered")
    if grant_type not in client.grant_types:
        raise OAuthError(ErrorCode.UNAUTHORIZED_CLIENT, "the client may not use this grant_type")
    confirmation = await confirm(client, call, op)
    request = TokenRequest(form, client, call.now, call.correlation_id, confirmation)
    return await GRANTS[GrantType(grant_type)](request, op)
