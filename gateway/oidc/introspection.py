"""Token introspection: whether a token counts, for the resource server that it is for (RFC 7662, RFC 9701).

Everybody else is told the same as about a token that never was (TN-01). Nothing of a person is said but ``sub``.
"""

from typing import Any, Final

from gateway.oidc import access_token, profiles, protection, service_token
from gateway.oidc.access_token import acting
from gateway.oidc.client_auth import authenticate
from gateway.oidc.credentials import refused
from gateway.oidc.errors import OAuthError
from gateway.oidc.model import AccessToken, Client, Confirmation, Grant, RefreshToken
from gateway.oidc.names import ConfirmationMethod, ErrorCode
from gateway.oidc.parameters import Parameters
from gateway.oidc.protection import Envelope
from gateway.oidc.provider import BackChannelCall, OpenIDProvider
from gateway.oidc.random_values import digest
from gateway.oidc.service_token import ServiceToken

MEDIA_TYPE: Final = "application/token-introspection+jwt"
TYPE: Final = "token-introspection+jwt"
_INACTIVE: Final[dict[str, Any]] = {"active": False}
_KINDS: Final = {ConfirmationMethod.JKT: "DPoP", ConfirmationMethod.X5T_S256: "Bearer"}


async def answer(call: BackChannelCall, op: OpenIDProvider) -> dict[str, Any] | str:
    """What the token is worth now; a signed JWT for whoever asks for one or has to have one (RFC 9701 §4)."""
    form = Parameters(call.pairs)
    form.check()
    client = await authenticate(form, call, op)
    if client.is_public:  # who cannot prove who they are could try tokens out (RFC 7662 §4)
        raise refused()
    token = form.get("token")
    if token is None:
        raise OAuthError(ErrorCode.INVALID_REQUEST, "token is required")
    wants_jwt = profiles.signs_introspection(client) or _asks_for_jwt(call.accept)
    envelope = _envelope(client, op) if wants_jwt else None
    facts = await _facts(token, client, call, op)
    return facts if envelope is None else _signed(facts, envelope, client, call, op)


async def _facts(text: str, client: Client, call: BackChannelCall, op: OpenIDProvider) -> dict[str, Any]:
    handle = digest(text)
    found = await access_token.find(text, op, call.now)
    if found is not None:
        token, grant = found
        return _of_access_token(token, grant, op) if await _may_see(token, client, op) else _INACTIVE
    kept = await op.tokens.find_refresh_token(handle, call.now)
    if kept is not None:
        return _of_refresh_token(*kept, op) if kept[0].client_id == client.client_id else _INACTIVE
    service = await service_token.find(text, op, call.now)
    if service is None or service.client_id != client.client_id:
        return _INACTIVE
    return _of_service_token(service, client, op)


async def _may_see(token: AccessToken, client: Client, op: OpenIDProvider) -> bool:
    """The resource server that the token is for, or the client that it was issued to, while that client counts."""
    if token.client_id == client.client_id:
        return True
    if token.audience is None or client.serves != token.audience:
        return False
    holder = await op.clients.find(token.client_id)
    return holder is not None and holder.is_active


def _of_access_token(token: AccessToken, grant: Grant, op: OpenIDProvider) -> dict[str, Any]:
    bound_to = token.confirmation
    facts = {
        **_of_any(token, grant, op),
        "token_type": _KINDS[bound_to.method] if bound_to is not None else "Bearer",
        "aud": token.audience or op.issuer,
        "exp": int(token.expires_at.timestamp()),
        "act": acting(token.actor, grant),
    }
    return _present(facts, bound_to)


def _of_refresh_token(token: RefreshToken, grant: Grant, op: OpenIDProvider) -> dict[str, Any]:
    exp = min(token.idle_ends_at, token.ends_at)
    facts = {**_of_any(token, grant, op), "aud": op.issuer, "exp": int(exp.timestamp())}
    return _present(facts, token.confirmation)


def _of_service_token(token: ServiceToken, client: Client, op: OpenIDProvider) -> dict[str, Any]:
    """The client itself is the subject; what an operator has taken away meanwhile is not said (RFC 9068 §2.2)."""
    bound_to = token.confirmation
    facts = {
        "active": True,
        "iss": op.issuer,
        "aud": op.issuer,
        "client_id": token.client_id,
        "sub": token.client_id,
        "scope": " ".join(scope for scope in token.scopes if scope in client.service_scopes),
        "iat": int(token.issued_at.timestamp()),
        "exp": int(token.expires_at.timestamp()),
        "token_type": _KINDS[bound_to.method] if bound_to is not None else "Bearer",
    }
    return _present(facts, bound_to)


def _of_any(token: AccessToken | RefreshToken, grant: Grant, op: OpenIDProvider) -> dict[str, Any]:
    return {
        "active": True,
        "iss": op.issuer,
        "client_id": token.client_id,
        "scope": " ".join(token.scopes),
        "sub": grant.sub,
        "acr": grant.acr,
        "auth_time": int(grant.auth_time.timestamp()),
    }


def _present(facts: dict[str, Any], bound_to: Confirmation | None) -> dict[str, Any]:
    told = facts | {"cnf": bound_to.as_claim() if bound_to is not None else None}
    return {name: value for name, value in told.items() if value is not None}


def _asks_for_jwt(accept: str) -> bool:
    return any(each.partition(";")[0].strip().lower() == MEDIA_TYPE for each in accept.split(","))


def _envelope(client: Client, op: OpenIDProvider) -> Envelope:
    algorithm = client.introspection_signed_response_alg or client.id_token_signed_response_alg
    return Envelope(protection.key_for(algorithm, op))


def _signed(
    facts: dict[str, Any], envelope: Envelope, client: Client, call: BackChannelCall, op: OpenIDProvider
) -> str:
    """The answer inside a claim of its own, so that it never passes for a token itself (RFC 9701 §5)."""
    claims = {"iss": op.issuer, "aud": client.client_id, "iat": int(call.now.timestamp()), "token_introspection": facts}
    return envelope.close(claims, typ=TYPE)
