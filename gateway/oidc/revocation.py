"""Token revocation: a relying party gives a token back (RFC 7009).

Success is said also of tokens that are nobody's or somebody else's, with no effect: the answer teaches nothing (RT-04).
A store that does not answer is no success: its error goes on to the edge (RT-05).
"""

from gateway.audit import AuditAction, AuditEvent
from gateway.oidc import service_token
from gateway.oidc.client_auth import authenticate
from gateway.oidc.errors import OAuthError
from gateway.oidc.model import Client, Grant
from gateway.oidc.names import ErrorCode
from gateway.oidc.parameters import Parameters
from gateway.oidc.provider import BackChannelCall, OpenIDProvider
from gateway.oidc.random_values import digest


async def answer(call: BackChannelCall, op: OpenIDProvider) -> None:
    """End an access token, or with a refresh token its whole grant (RFC 7009 §2.1).

    ``token_type_hint`` is not needed: both kinds are found by their hash.
    """
    form = Parameters(call.pairs)
    form.check()
    client = await authenticate(form, call, op)
    token = form.get("token")
    if token is None:
        raise OAuthError(ErrorCode.INVALID_REQUEST, "token is required")
    handle = digest(token)
    if not await _end_access_token(handle, client, call, op) and not await _end_service_token(token, client, call, op):
        await _end_grant(handle, client, call, op)


async def _end_access_token(handle: bytes, client: Client, call: BackChannelCall, op: OpenIDProvider) -> bool:
    found = await op.tokens.find_access_token(handle, call.now)
    if found is None:
        return False
    token, grant = found
    if token.client_id == client.client_id:
        await op.tokens.revoke_access_token(handle, _event(client, grant, call, "access_token"), call.now)
    return True


async def _end_service_token(text: str, client: Client, call: BackChannelCall, op: OpenIDProvider) -> bool:
    found = await service_token.find(text, op, call.now)
    if found is None:
        return False
    if found.client_id == client.client_id:
        await service_token.revoke(found, op, call.now)
        if op.audit is not None:
            await op.audit.append(_event(client, None, call, "service_token"))
    return True


async def _end_grant(handle: bytes, client: Client, call: BackChannelCall, op: OpenIDProvider) -> None:
    """Whoever gives up the refresh token gives up everything that came of it."""
    found = await op.tokens.find_refresh_token(handle, call.now)
    if found is None or found[0].client_id != client.client_id:
        return
    grant = found[1]
    await op.tokens.revoke_grant(grant.id, call.now, _event(client, grant, call, "refresh_token"))


def _event(client: Client, grant: Grant | None, call: BackChannelCall, about: str) -> AuditEvent:
    return AuditEvent(
        AuditAction.TOKEN_REVOKED,
        call.now,
        call.correlation_id,
        client_id=client.client_id,
        subject_id=None if grant is None else grant.subject_id,
        details={"about": about},
    )
