"""The gateway's services as protected resources: which client asks, and what it may have by itself (RFC 6750 §3).

What the operator has taken away since the token was issued is gone at once: the client is looked up at every request.
"""

from dataclasses import dataclass

from gateway.oidc import service_token
from gateway.oidc.model import Client
from gateway.oidc.names import ErrorCode, ServiceScope
from gateway.oidc.protected_resource import BearerError, check_holder, invalid, read_header
from gateway.oidc.provider import BackChannelCall, OpenIDProvider


@dataclass(frozen=True, slots=True)
class ServiceAccess:
    """A client that may use a service now, and all that its token is good for."""

    client: Client
    scopes: frozenset[str]


async def service_access_of(
    call: BackChannelCall, op: OpenIDProvider, needed: ServiceScope, *, query_has_token: bool
) -> ServiceAccess:
    """Find out whether a request may use a service, or refuse; raises ``BearerError``, and ``OAuthError`` for pace."""
    presented = read_header(call.authorization, query_has_token=query_has_token)
    token = await service_token.find(presented.text, op, call.now)
    client = None if token is None else await op.clients.find(token.client_id)
    if token is None or client is None or not client.is_active:
        raise invalid(presented.scheme)
    await check_holder(presented, token.confirmation, client, call, op)
    if op.admit is not None:
        await op.admit(client, call)
    scopes = frozenset(token.scopes) & frozenset(client.service_scopes)
    if needed not in scopes:
        description = f"the access token must have the scope {needed.value}"
        raise BearerError(403, ErrorCode.INSUFFICIENT_SCOPE, description, scheme=presented.scheme)
    return ServiceAccess(client, scopes)
