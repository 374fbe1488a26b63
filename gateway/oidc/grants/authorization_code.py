"""The authorization code grant: a code is worth one answer, to the client and the verifier it was made for."""

from datetime import datetime
from typing import Final

from gateway.oidc import granting, pkce
from gateway.oidc.errors import OAuthError
from gateway.oidc.model import AuthorizationCode, Confirmation, TokenResponse
from gateway.oidc.names import ConfirmationMethod, ErrorCode
from gateway.oidc.ports import Redemption, Settlement
from gateway.oidc.provider import OpenIDProvider, TokenRequest
from gateway.oidc.random_values import digest

NOT_VALID: Final = "the code is not valid"
"""Unknown, expired, spent, somebody else's: the text is one, so that trying teaches nothing."""


async def redeem(request: TokenRequest, op: OpenIDProvider) -> TokenResponse:
    """Exchange a code (RFC 6749 §4.1.3); it is spent whatever comes of it."""
    code = request.form.get("code")
    if code is None:
        raise OAuthError(ErrorCode.INVALID_REQUEST, "code is required")
    prepared = await granting.prepare(request, op)

    def settle(redemption: Redemption) -> Settlement:
        """Judge a code that has just been spent; runs inside the store's transaction: quick, and without I/O."""
        try:
            _check_binding(redemption, request, request.now)
            return granting.settle(prepared, redemption.grant, "authorization_code")
        except OAuthError as error:
            return granting.refused(error, request, redemption.grant)

    outcome = await op.tokens.redeem(digest(code), request.now, settle)
    if outcome is None:
        raise OAuthError(ErrorCode.INVALID_GRANT, NOT_VALID)
    redemption, settlement = outcome
    return granting.respond(prepared, redemption.grant, settlement)


def _check_verifier(code: AuthorizationCode, request: TokenRequest) -> None:
    """Without a challenge a code is good only while its client has the legacy switch, and never with a verifier.

    The verifier of a client that does PKCE shows that the challenge was taken out on the way (RFC 9700 §4.8.2).
    """
    verifier = request.form.get("code_verifier")
    if request.client.legacy_without_pkce and code.code_challenge == pkce.NO_CHALLENGE and verifier is None:
        return
    pkce.verify_challenge(code.code_challenge, verifier)


def _check_binding(redemption: Redemption, request: TokenRequest, now: datetime) -> None:
    """Client, address, verifier and key are those of the authorization request (RFC 6749 §4.1.3, RFC 7636 §4.6)."""
    code, grant = redemption
    if {code.client_id, grant.client_id} != {request.client.client_id} or code.expires_at <= now:
        raise OAuthError(ErrorCode.INVALID_GRANT, NOT_VALID)
    if request.form.get("redirect_uri") != code.redirect_uri:
        raise OAuthError(ErrorCode.INVALID_GRANT, "redirect_uri is not the one of the authorization request")
    _check_verifier(code, request)
    if grant.dpop_jkt is not None and request.confirmation != Confirmation(ConfirmationMethod.JKT, grant.dpop_jkt):
        raise OAuthError(ErrorCode.INVALID_GRANT, "the code is bound to another DPoP key")  # RFC 9449 §10 (DP-06)
