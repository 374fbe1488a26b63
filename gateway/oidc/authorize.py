"""The authorization endpoint's request: parameters become an ``AuthorizationRequest``, check by check.

First the client and its redirect URI; until both are known good, nothing is redirected (RFC 9700 §4.11.2). Then the
tables of ``request_checks``, in order; from there on a refusal travels to the relying party.
"""

from collections.abc import Sequence

from gateway.oidc.errors import OAuthError, ReplyTo
from gateway.oidc.model import AuthorizationRequest, Client
from gateway.oidc.names import ErrorCode
from gateway.oidc.parameters import Parameters
from gateway.oidc.ports import ClientStore
from gateway.oidc.redirect_uri import is_registered
from gateway.oidc.request_checks import CHECKS, FIELDS, OfferedValues

__all__ = ["OfferedValues", "validate"]


async def validate(
    pairs: Sequence[tuple[str, str]], clients: ClientStore, *, offered: OfferedValues
) -> tuple[Client, AuthorizationRequest]:
    """Check an authorization request (OpenID Connect Core §3.1.2.2)."""
    parameters = Parameters(pairs)
    client = await _client(parameters, clients)
    redirect_uri = _redirect_uri(parameters, client)
    try:
        return client, _request(parameters, client, redirect_uri, offered)
    except OAuthError as error:
        # A doubled or unfit state is not sent back: which of two would be the client's own?
        reply_to = ReplyTo(redirect_uri, parameters.sound("state"))
        raise OAuthError(error.code, error.description, reply_to=reply_to) from error


async def _client(parameters: Parameters, clients: ClientStore) -> Client:
    client_id = parameters.get("client_id")
    client = await clients.find(client_id) if client_id is not None else None
    if client is None or not client.is_active:
        raise OAuthError(ErrorCode.INVALID_REQUEST, "client_id is missing or unknown")
    return client


def _redirect_uri(parameters: Parameters, client: Client) -> str:
    """Demanded always, also of clients with one address (AZ-06); compared as bytes (AZ-01 to AZ-05)."""
    redirect_uri = parameters.get("redirect_uri")
    if redirect_uri is None or not is_registered(redirect_uri, client.redirect_uris):
        raise OAuthError(ErrorCode.INVALID_REQUEST, "redirect_uri is missing or not registered")
    return redirect_uri


def _request(parameters: Parameters, client: Client, redirect_uri: str, offered: OfferedValues) -> AuthorizationRequest:
    for check in CHECKS:
        check(parameters)
    return AuthorizationRequest(
        client_id=client.client_id,
        redirect_uri=redirect_uri,
        **{name: read(parameters, client, offered) for name, read in FIELDS.items()},
    )
