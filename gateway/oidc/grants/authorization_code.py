"""The authorization code grant: a code is worth one answer, to the client and the verifier it was made for."""

from datetime import datetime
from typing import Final

from gateway.audit import AuditAction, AuditEvent
from gateway.oidc import pkce
from gateway.oidc.endpoint import TokenEndpoint, TokenRequest
from gateway.oidc.errors import OAuthError
from gateway.oidc.issue import id_token, new_access_token, signing_key
from gateway.oidc.model import TokenResponse
from gateway.oidc.names import ErrorCode
from gateway.oidc.ports import Redemption, Settlement
from gateway.oidc.random_values import digest, new_value

NOT_VALID: Final = "the code is not valid"
"""Unknown, expired, spent, somebody else's: the text is one, so that trying teaches nothing."""


async def redeem(request: TokenRequest, endpoint: TokenEndpoint) -> TokenResponse:
    """Exchange a code (RFC 6749 §4.1.3); it is spent whatever comes of it."""
    code = request.form.get("code")
    if code is None:
        raise OAuthError(ErrorCode.INVALID_REQUEST, "code is required")
    signing_key(request.client, endpoint)  # before the code is spent: without a key it would be spent for nothing
    access_token = new_value()

    def settle(redemption: Redemption) -> Settlement:
        return _settle(redemption, request, endpoint, access_token)

    outcome = await endpoint.tokens.redeem(digest(code), request.now, settle)
    if outcome is None:
        raise OAuthError(ErrorCode.INVALID_GRANT, NOT_VALID)
    redemption, settlement = outcome
    if settlement.error is not None:
        raise OAuthError(settlement.error.code, settlement.error.description, audited=True)
    grant = redemption.grant
    return TokenResponse(
        access_token=access_token,
        expires_in=int(endpoint.lifetimes.access_token.total_seconds()),
        id_token=id_token(grant, request.client, access_token, endpoint, request.now),
        scope=" ".join(grant.scopes),
    )


def _settle(redemption: Redemption, request: TokenRequest, endpoint: TokenEndpoint, access_token: str) -> Settlement:
    """Judge a code that has just been spent; runs inside the store's transaction, so it is quick and does no I/O."""
    grant = redemption.grant
    try:
        _check_binding(redemption, request, request.now)
    except OAuthError as error:
        return Settlement(_event(AuditAction.TOKEN_REFUSED, redemption, request, error.description), error=error)
    token = new_access_token(access_token, grant, request.now, endpoint.lifetimes.access_token)
    return Settlement(_event(AuditAction.TOKEN_ISSUED, redemption, request, "authorization_code"), token=token)


def _check_binding(redemption: Redemption, request: TokenRequest, now: datetime) -> None:
    """Client, redirect URI and verifier are those of the authorization request (RFC 6749 §4.1.3, RFC 7636 §4.6)."""
    code, grant = redemption
    if {code.client_id, grant.client_id} != {request.client.client_id} or code.expires_at <= now:
        raise OAuthError(ErrorCode.INVALID_GRANT, NOT_VALID)
    if request.form.get("redirect_uri") != code.redirect_uri:
        raise OAuthError(ErrorCode.INVALID_GRANT, "redirect_uri is not the one of the authorization request")
    pkce.verify_challenge(code.code_challenge, request.form.get("code_verifier"))


def _event(action: AuditAction, redemption: Redemption, request: TokenRequest, about: str) -> AuditEvent:
    return AuditEvent(
        action,
        request.now,
        request.correlation_id,
        client_id=request.client.client_id,
        subject_id=redemption.grant.subject_id,
        details={"about": about},
    )
