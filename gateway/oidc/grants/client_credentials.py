"""The client credentials grant: a service acts for itself, and no person stands behind it (RFC 6749 §4.4).

Only for the gateway's own services: what people released is never to be had this way, and there is no refresh token
(RFC 6749 §4.4.3): whoever can prove who they are needs none.
"""

from gateway.audit import AuditAction, AuditEvent
from gateway.oidc import service_token
from gateway.oidc.errors import OAuthError
from gateway.oidc.model import TokenResponse
from gateway.oidc.names import ConfirmationMethod, ErrorCode
from gateway.oidc.provider import OpenIDProvider, TokenRequest


async def redeem(request: TokenRequest, op: OpenIDProvider) -> TokenResponse:
    """Give a client a token for what it is registered to do by itself (RFC 6749 §4.4.2)."""
    client = request.client
    if client.is_public:  # it is registered so nowhere; a token for nobody in particular must not exist even then
        raise OAuthError(ErrorCode.UNAUTHORIZED_CLIENT, "a public client may not use this grant_type")
    _check_target(request, op)
    text, token = service_token.issue(client, _scopes(request), request.confirmation, op, request.now)
    if op.audit is not None:
        await op.audit.append(
            AuditEvent(
                AuditAction.TOKEN_ISSUED,
                request.now,
                request.correlation_id,
                client_id=client.client_id,
                details={"about": "client_credentials", "scope": " ".join(token.scopes)},
            )
        )
    bound_to = token.confirmation
    is_proven = bound_to is not None and bound_to.method is ConfirmationMethod.JKT
    return TokenResponse(
        access_token=text,
        expires_in=int((token.expires_at - request.now).total_seconds()),
        scope=" ".join(token.scopes),
        token_type="DPoP" if is_proven else "Bearer",
    )


def _check_target(request: TokenRequest, op: OpenIDProvider) -> None:
    """The gateway itself, named or not: other resource servers get people's tokens only (RFC 8707 §2, TN-01)."""
    if set(request.form.all("resource")) | set(request.form.all("audience")) not in (set(), {op.issuer}):
        raise OAuthError(ErrorCode.INVALID_TARGET, "a token without a person is for the gateway itself")


def _scopes(request: TokenRequest) -> tuple[str, ...]:
    """All that the client is registered for, or fewer for this once; never a scope of people's."""
    registered = request.client.service_scopes
    asked = tuple(dict.fromkeys((request.form.get("scope") or "").split()))
    if not set(asked) <= set(registered) or not registered:
        raise OAuthError(ErrorCode.INVALID_SCOPE, "this client may not ask for one of the scopes")
    return asked or registered
