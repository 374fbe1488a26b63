"""Userinfo: what the person released, for whoever holds the access token (OpenID Connect Core §5.3)."""

from typing import Any, Final

from gateway.oidc import protection
from gateway.oidc.claims import released_by_userinfo
from gateway.oidc.names import ErrorCode, Scope
from gateway.oidc.protected_resource import BearerError, access_of
from gateway.oidc.provider import BackChannelCall, OpenIDProvider

__all__ = ["BearerError", "answer"]

_TYPE: Final = "JWT"
"""It has no ``exp``, so that it never passes for an ID token (CD-07)."""


async def answer(call: BackChannelCall, op: OpenIDProvider, *, query_has_token: bool) -> dict[str, Any] | str:
    """The claims behind an access token, ``sub`` always among them; a JWT for a client that wants one."""
    access = await access_of(call, op, query_has_token=query_has_token)
    token, grant, client = access.token, access.grant, access.client
    if Scope.OPENID not in token.scopes:
        raise BearerError(403, ErrorCode.INSUFFICIENT_SCOPE, "the access token must have the scope openid")
    claims = {**released_by_userinfo(grant, token.scopes), "sub": grant.sub}
    envelope = await protection.for_userinfo(client, op, call.now)
    if envelope is None:
        return claims
    return envelope.close({**claims, "iss": op.issuer, "aud": client.client_id}, typ=_TYPE)
