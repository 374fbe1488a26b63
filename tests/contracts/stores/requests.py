"""Builders for refresh tokens, pushed requests, requests of devices and counters, and what hangs on them."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final

from gateway.audit import AuditAction
from gateway.oidc.decoupled import DecoupledRequest
from gateway.oidc.model import AccessToken, Client, Confirmation, Grant, RefreshToken
from gateway.oidc.names import ConfirmationMethod, DeliveryMode, GrantType
from gateway.oidc.ports import Redemption, Refreshing, RefreshSettlement, Settlement
from tests.contracts.stores.builders import (
    MINUTE,
    NOW,
    TOKEN_TEXT,
    World,
    a_client,
    a_completion,
    a_grant,
    a_request,
    an_event,
    digest,
)

DAY: Final = timedelta(days=1)
REFRESH_TEXT: Final = "fictional-refresh-canary-8sPq1z"
HANDLE: Final = digest("urn:ietf:params:oauth:request_uri:fictional")
REQUEST_HASH: Final = digest("device-code-1")
AUTH_REQ_ID: Final = "auth-req-id-canary"
NOTIFICATION_TOKEN: Final = "notification-token-canary"  # fictional
BINDING_MESSAGE: Final = "binding-message-canary"
KEY: Final = Confirmation(ConfirmationMethod.JKT, "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I")
CERTIFICATE: Final = Confirmation(ConfirmationMethod.X5T_S256, "A4DtL2JmUMhAsvJj5tKyn64SqzmuXbMrJa0n761y5v0")
STARTED: Final = an_event(AuditAction.DECOUPLED_STARTED)
DENIED: Final = an_event(AuditAction.DECOUPLED_DENIED)


def a_refresh_token(grant: Grant, text: str = REFRESH_TEXT, **changes: Any) -> RefreshToken:
    values = {
        "hash": digest(text),
        "grant_id": grant.id,
        "client_id": grant.client_id,
        "scopes": grant.scopes,
        "created_at": NOW,
        "idle_ends_at": NOW + 14 * DAY,
        "ends_at": NOW + 90 * DAY,
    }
    return RefreshToken(**(values | changes))


def an_access_token(grant: Grant, text: str = TOKEN_TEXT, **changes: Any) -> AccessToken:
    values = {
        "hash": digest(text),
        "grant_id": grant.id,
        "client_id": grant.client_id,
        "scopes": grant.scopes,
        "expires_at": NOW + 10 * MINUTE,
    }
    return AccessToken(**(values | changes))


def offline(**changes: Any) -> Callable[[Redemption], Settlement]:
    """Settle a code with an access token and a refresh token."""

    def settle(redemption: Redemption) -> Settlement:
        grant = redemption.grant
        refresh_token = a_refresh_token(grant, **changes)
        return Settlement(an_event(AuditAction.TOKEN_ISSUED), an_access_token(grant), refresh_token=refresh_token)

    return settle


def rotating(text: str, **changes: Any) -> Callable[[Refreshing], RefreshSettlement]:
    """Settle a refresh with a successor, the same one however often it is asked for."""

    def settle(found: Refreshing) -> RefreshSettlement:
        token = an_access_token(found.grant, f"access beside {text}", expires_at=NOW + DAY)
        successor = replace(found.token, hash=digest(text), spent_at=None, **changes)
        return RefreshSettlement(an_event(AuditAction.TOKEN_REFRESHED), token, successor)

    return settle


def staying(idle_ends_at: datetime) -> Callable[[Refreshing], RefreshSettlement]:
    """Settle a refresh whose token stays."""

    def settle(found: Refreshing) -> RefreshSettlement:
        token = an_access_token(found.grant, f"access until {idle_ends_at}")
        return RefreshSettlement(an_event(AuditAction.TOKEN_REFRESHED), token, idle_ends_at=idle_ends_at)

    return settle


async def an_offline_grant(world: World, number: int = 1, **changes: Any) -> tuple[RefreshToken, Grant]:
    """Sign somebody in, redeem the code, and give the refresh token."""
    code, grant = await world.sign_in(number)
    redeemed = await world.stores.tokens.redeem(code.hash, NOW, offline(**changes))
    assert redeemed is not None
    assert redeemed[1].refresh_token is not None
    return redeemed[1].refresh_token, grant


def a_decoupled_request(**changes: Any) -> DecoupledRequest:
    values = {
        "id": "request-1",
        "hash": REQUEST_HASH,
        "grant_type": GrantType.DEVICE_CODE,
        "client_id": "rp-a",
        "request": a_request(redirect_uri="", code_challenge=""),
        "created_at": NOW,
        "expires_at": NOW + 5 * MINUTE,
        "interval": timedelta(seconds=5),
        "user_code_hash": digest("WDJB-MJHT"),
    }
    return DecoupledRequest(**(values | changes))


def a_ciba_request(subject_id: str, **changes: Any) -> DecoupledRequest:
    values = {
        "grant_type": GrantType.CIBA,
        "client_id": "rp-ping",
        "user_code_hash": None,
        "subject_id": subject_id,
        "binding_message": BINDING_MESSAGE,
        "notification_token": NOTIFICATION_TOKEN,
        "auth_req_id": AUTH_REQ_ID,
    }
    return a_decoupled_request(**(values | changes))


def a_ping_client(**changes: Any) -> Client:
    return a_client("rp-ping", **({"backchannel_token_delivery_mode": DeliveryMode.PING} | changes))


async def approve(world: World, request: DecoupledRequest, grant_id: str = "grant-1", **changes: Any) -> bool:
    """End a sign-in that approves a request."""
    grant = a_grant(world.subject_id, id=grant_id, client_id=request.client_id, **changes)
    completion = a_completion(world.subject_id, grant=grant, code=None, approves=request.id)
    return await world.stores.sign_ins.complete(completion, NOW)


async def leave_requests(world: World) -> None:
    """Leave a pushed request, a counter's request and the news that it was decided."""
    stores = world.stores
    await stores.pushed.push(HANDLE, "rp-a", [("state", "pushed-canary")], NOW + MINUTE)
    await stores.registry.save(a_ping_client(), an_event(AuditAction.CLIENT_CREATED))
    request = a_ciba_request(world.subject_id)
    assert await stores.decoupled.begin(request, STARTED)
    assert await stores.decoupled.deny(request.id, NOW, DENIED)
