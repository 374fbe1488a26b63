"""What a kiosk or a counter gets that asks whether the person has answered (RFC 8628 §3.4, §3.5, CIBA §10.1, §11)."""

from datetime import timedelta
from typing import Final

from gateway.oidc import granting
from gateway.oidc.decoupled import DecoupledRequest, DecoupledState
from gateway.oidc.errors import OAuthError
from gateway.oidc.model import Grant, TokenResponse
from gateway.oidc.names import ErrorCode, GrantType
from gateway.oidc.ports import Settlement
from gateway.oidc.provider import OpenIDProvider, TokenRequest
from gateway.oidc.random_values import digest

STEP: Final = timedelta(seconds=5)
"""What is added to the interval of somebody who polls too fast (RFC 8628 §3.5)."""
SLOWEST: Final = timedelta(seconds=60)
EARLY: Final = timedelta(milliseconds=500)
"""How much two polls may draw together on their way through the network."""


async def redeem(handle: str | None, kind: GrantType, request: TokenRequest, op: OpenIDProvider) -> TokenResponse:
    """Tokens for a request that was approved, once; until then, and otherwise, the error that says how it stands."""
    if handle is None:
        raise OAuthError(ErrorCode.INVALID_REQUEST, "the handle of the request is missing")
    prepared = await granting.prepare(request, op)
    await _check_state(digest(handle), kind, request, op)

    def settle(_: DecoupledRequest, grant: Grant) -> Settlement:
        try:
            if grant.client_id != request.client.client_id:
                raise _unknown()
            return granting.settle(prepared, grant, kind.value)
        except OAuthError as error:
            return granting.refused(error, request, grant)

    outcome = await op.decoupled.redeem(digest(handle), request.now, settle)
    if outcome is None:
        raise _unknown()
    grant, settlement = outcome
    return granting.respond(prepared, grant, settlement)


async def _check_state(handle: bytes, kind: GrantType, request: TokenRequest, op: OpenIDProvider) -> None:
    """Go on only with an approved request of this very client; the poll itself is on record afterwards."""
    found = await op.decoupled.poll(handle, request.now)
    if found is None or found.grant_type is not kind or found.client_id != request.client.client_id:
        raise _unknown()
    match found.state:
        case DecoupledState.REDEEMED:
            raise _unknown()
        case DecoupledState.DENIED:
            raise OAuthError(ErrorCode.ACCESS_DENIED, "the person refused")
        case DecoupledState.PENDING | DecoupledState.APPROVED if found.expires_at <= request.now:
            raise OAuthError(ErrorCode.EXPIRED_TOKEN, "the request has expired")
        case DecoupledState.PENDING:
            raise await _not_yet(found, request, op)
        case DecoupledState.APPROVED:
            return


async def _not_yet(found: DecoupledRequest, request: TokenRequest, op: OpenIDProvider) -> OAuthError:
    if found.polled_at is None or request.now - found.polled_at >= found.interval - EARLY:
        return OAuthError(ErrorCode.AUTHORIZATION_PENDING, "the person has not answered yet", audited=True)
    await op.decoupled.slow_down(found.hash, min(found.interval + STEP, SLOWEST))
    return OAuthError(ErrorCode.SLOW_DOWN, "wait longer between two requests", audited=True)


def _unknown() -> OAuthError:
    """Never heard of, somebody else's, or redeemed before."""
    return OAuthError(ErrorCode.INVALID_GRANT, "the request is not known")
