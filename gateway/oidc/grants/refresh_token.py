"""The refresh token grant: a stay that the person agreed to, for the client and the key it was given to (RFC 6749 §6).

Only bearer tokens of public clients change at each use. Their successor is computed from the token that was presented,
so a second tab or a lost answer gets the very same one: there is one chain, and nobody is locked out (RT-02, RT-07).
Who comes with an older link of it later is a thief, or was robbed: the whole family ends (RFC 9700 §4.14.2).
"""

import base64
import hashlib
import hmac
from dataclasses import dataclass, replace
from typing import Final

from gateway.audit import AuditAction
from gateway.oidc import access_token, granting, protection
from gateway.oidc.access_token import Issued, Terms
from gateway.oidc.errors import OAuthError
from gateway.oidc.issue import id_token
from gateway.oidc.model import Grant, RefreshToken, TokenResponse
from gateway.oidc.names import ErrorCode, Scope
from gateway.oidc.ports import Refreshing, RefreshSettlement
from gateway.oidc.protection import Envelope
from gateway.oidc.provider import OpenIDProvider, TokenRequest
from gateway.oidc.random_values import digest, new_value

NOT_VALID: Final = "the refresh token is not valid"
"""Unknown, expired, ended, somebody else's: the text is one, so that trying teaches nothing."""


@dataclass(frozen=True, slots=True, repr=False)
class _Refresh:
    """One refresh, with everything made beforehand that its transaction needs."""

    request: TokenRequest
    op: OpenIDProvider
    presented: str
    successor: str
    asked: str | None
    envelope: Envelope
    value: str


async def redeem(request: TokenRequest, op: OpenIDProvider) -> TokenResponse:
    """Exchange a refresh token for a new access token (RFC 6749 §6, OpenID Connect Core §12)."""
    presented = request.form.get("refresh_token")
    if presented is None:
        raise OAuthError(ErrorCode.INVALID_REQUEST, "refresh_token is required")
    asked = access_token.asked_audience(request.form, request.client, op)
    envelope = await protection.for_id_tokens(request.client, op, request.now)
    refresh = _Refresh(request, op, presented, _successor_of(presented, op), asked, envelope, new_value())

    def settle(refreshing: Refreshing) -> RefreshSettlement:
        return _settle(refreshing, refresh)

    outcome = await op.tokens.refresh(digest(presented), request.now, settle)
    if outcome is None:
        raise OAuthError(ErrorCode.INVALID_GRANT, NOT_VALID)
    refreshing, settlement = outcome
    return _respond(refreshing.grant, settlement, refresh)


def _successor_of(presented: str, op: OpenIDProvider) -> str:
    """Known to nobody who lacks our key, and the same however often it is asked for."""
    message = b"refresh\x00" + presented.encode("utf-8")
    return base64.urlsafe_b64encode(hmac.digest(op.secret_key, message, hashlib.sha256)).rstrip(b"=").decode("ascii")


def _settle(refreshing: Refreshing, refresh: _Refresh) -> RefreshSettlement:
    """Judge a refresh token inside the store's transaction: quick, and without I/O."""
    token, grant = refreshing
    request = refresh.request
    try:
        _check_sender(token, grant, request)
        if _is_reused(token, refresh):
            about = "a refresh token came back after its successor was in use"
            event = granting.event_of(AuditAction.TOKEN_REUSED, request, grant, about)
            return RefreshSettlement(event, ends_family=True, error=OAuthError(ErrorCode.INVALID_GRANT, NOT_VALID))
        issued = _issue(token, grant, refresh)
    except OAuthError as error:
        event = granting.event_of(AuditAction.TOKEN_REFUSED, request, grant, error.description)
        return RefreshSettlement(event, error=error)
    event = granting.event_of(AuditAction.TOKEN_REFRESHED, request, grant, "refresh_token")
    idle_ends_at = min(request.now + refresh.op.lifetimes.refresh_token_idle, token.ends_at)
    if not _rotates(token, request):
        return RefreshSettlement(event, token=issued.token, text=issued.text, idle_ends_at=idle_ends_at)
    successor = replace(
        token, hash=digest(refresh.successor), created_at=request.now, idle_ends_at=idle_ends_at, spent_at=None
    )
    return RefreshSettlement(event, token=issued.token, text=issued.text, successor=successor)


def _check_sender(token: RefreshToken, grant: Grant, request: TokenRequest) -> None:
    """The client that it was given to, and the key, if it is bound to one (RFC 9449 §5)."""
    if {token.client_id, grant.client_id} != {request.client.client_id} or token.ends_at <= request.now:
        raise OAuthError(ErrorCode.INVALID_GRANT, NOT_VALID)
    if token.confirmation is not None and token.confirmation != request.confirmation:
        raise OAuthError(ErrorCode.INVALID_GRANT, "the refresh token is bound to another key")
    granting.check_mandate(grant, request)


def _rotates(token: RefreshToken, request: TokenRequest) -> bool:
    return request.client.rotates_refresh_tokens and token.confirmation is None


def _is_reused(token: RefreshToken, refresh: _Refresh) -> bool:
    """Whether it was spent, and too long ago for a second tab or a repeated request (RT-01)."""
    return token.spent_at is not None and refresh.request.now >= token.spent_at + refresh.op.lifetimes.parallel_refresh


def _issue(token: RefreshToken, grant: Grant, refresh: _Refresh) -> Issued:
    request, op = refresh.request, refresh.op
    terms = Terms(
        client_id=request.client.client_id,
        scopes=_scopes(token, request),
        audience=access_token.audience(refresh.asked, grant.resources, op),
        confirmation=request.confirmation,
    )
    return access_token.issue(refresh.value, grant, terms, op, request.now)


def _scopes(token: RefreshToken, request: TokenRequest) -> tuple[str, ...]:
    """The scopes of the new access token: all that were granted, or fewer for this once (RT-03)."""
    asked = tuple(dict.fromkeys((request.form.get("scope") or "").split()))
    if not set(asked) <= set(token.scopes):
        raise OAuthError(ErrorCode.INVALID_SCOPE, "scope goes beyond what was granted")
    scopes = asked or token.scopes
    if not set(scopes) <= set(request.client.scopes):  # the operator has taken one away meanwhile (RT-06)
        raise OAuthError(ErrorCode.INVALID_GRANT, "the client may not have one of the scopes any more")
    return scopes


def _respond(grant: Grant, settlement: RefreshSettlement, refresh: _Refresh) -> TokenResponse:
    if settlement.error is not None:
        raise OAuthError(settlement.error.code, settlement.error.description, audited=True)
    if settlement.token is None or settlement.text is None:
        raise OAuthError(ErrorCode.SERVER_ERROR, "nothing was issued")
    return Issued(settlement.text, settlement.token).response(
        refresh.request.now,
        id_token=_id_token(grant, settlement.text, settlement.token.scopes, refresh),
        refresh_token=refresh.presented if settlement.successor is None else refresh.successor,
    )


def _id_token(grant: Grant, text: str, scopes: tuple[str, ...], refresh: _Refresh) -> str | None:
    """The same person and the same sign-in as before, without the nonce of a request long answered (Core §12.2)."""
    if Scope.OPENID not in scopes:
        return None
    request, without_nonce = refresh.request, replace(grant, nonce=None)
    return id_token(
        without_nonce, request.client, text, refresh.op, request.now, envelope=refresh.envelope, scopes=scopes
    )
