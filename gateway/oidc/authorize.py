"""The authorization endpoint's request: parameters become an ``AuthorizationRequest``, check by check.

First the client, then where its parameters stand (``request_source``), then its redirect URI; until client and
redirect URI are known good, nothing is redirected (RFC 9700 §4.11.2). Then the tables of ``request_checks``, in order;
from there on a refusal travels to the relying party.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from gateway.oidc import request_source
from gateway.oidc.errors import OAuthError, ReplyTo
from gateway.oidc.model import AuthorizationRequest, Client
from gateway.oidc.names import ErrorCode, GrantType, ResponseMode
from gateway.oidc.parameters import Parameters
from gateway.oidc.provider import OpenIDProvider
from gateway.oidc.redirect_uri import is_registered
from gateway.oidc.request_checks import CHECKS, DECOUPLED_FIELDS, FIELDS, Asking, OfferedValues, Reader
from gateway.oidc.request_source import Source

__all__ = ["OfferedValues", "checked", "decoupled_request", "validate"]


async def validate(
    pairs: Sequence[tuple[str, str]], op: OpenIDProvider, *, offered: OfferedValues, now: datetime
) -> tuple[Client, AuthorizationRequest]:
    """Check an authorization request (OpenID Connect Core §3.1.2.2)."""
    outer = Parameters(pairs)
    client = await _client(outer, op, now)
    source = await request_source.at_authorization(outer, client, op, now)
    return client, checked(source, Asking(client, offered, op, now))


def checked(source: Source, asking: Asking) -> AuthorizationRequest:
    """The request behind a source: its redirect URI, then all the rest; pushed requests are checked by this as well."""
    redirect_uri = _redirect_uri(source, asking.client)
    try:
        _check_grant(asking.client)
        for check in CHECKS:
            check(source.parameters)
        return AuthorizationRequest(
            client_id=asking.client.client_id,
            redirect_uri=redirect_uri,
            pushed=source.pushed,
            **_read(FIELDS, source.parameters, asking),
        )
    except OAuthError as error:
        reply_to = _reply_to(source.parameters, asking.client, redirect_uri)
        raise OAuthError(error.code, error.description, reply_to=reply_to) from error


def decoupled_request(
    parameters: Parameters, client: Client, offered: OfferedValues, op: OpenIDProvider, now: datetime
) -> AuthorizationRequest:
    """What a device or a counter asks for: the same checks, less all that needs a way back (RFC 8628 §3.1, CIBA §7)."""
    parameters.check()
    fields = _read(DECOUPLED_FIELDS, parameters, Asking(client, offered, op, now))
    return AuthorizationRequest(client_id=client.client_id, redirect_uri="", code_challenge="", **fields)


def _read(fields: Mapping[str, Reader], parameters: Parameters, asking: Asking) -> dict[str, Any]:
    return {name: read(parameters, asking) for name, read in fields.items()}


async def _client(parameters: Parameters, op: OpenIDProvider, now: datetime) -> Client:
    client_id = parameters.get("client_id")
    client = await op.clients.find(client_id) if client_id is not None else None
    is_over = client is not None and client.expires_at is not None and client.expires_at <= now
    if client is None or is_over or not client.is_active:
        raise OAuthError(ErrorCode.INVALID_REQUEST, "client_id is missing or unknown")
    return client


def _check_grant(client: Client) -> None:
    if GrantType.AUTHORIZATION_CODE not in client.grant_types:
        raise OAuthError(ErrorCode.UNAUTHORIZED_CLIENT, "this client may not send people here")


def _redirect_uri(source: Source, client: Client) -> str:
    """Demanded always, also of clients with one address (AZ-06); compared as bytes (AZ-01 to AZ-05)."""
    redirect_uri = source.parameters.get("redirect_uri")
    if redirect_uri is None or not is_registered(redirect_uri, client.redirect_uris):
        code = ErrorCode.INVALID_REQUEST_OBJECT if source.is_signed else ErrorCode.INVALID_REQUEST
        raise OAuthError(code, "redirect_uri is missing or not registered")
    return redirect_uri


def _reply_to(parameters: Parameters, client: Client, redirect_uri: str) -> ReplyTo:
    """Where a refusal goes; a doubled or unfit state stays here, as nobody can say which is the client's own."""
    mode = parameters.sound("response_mode")
    known = ResponseMode(mode) if mode in set(ResponseMode) else ResponseMode.QUERY
    return ReplyTo(client.client_id, redirect_uri, parameters.sound("state"), known)
