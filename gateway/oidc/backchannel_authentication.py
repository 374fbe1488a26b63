"""Backchannel authentication: a counter or hotline asks, and the person answers on their own phone (CIBA Core 1.0 §7).

The person is named by the ``sub`` under which the client knows them already, so nobody can be looked up by a number.
"""

import re
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, Final

from certs.keys import jose
from gateway.audit import AuditAction, AuditEvent
from gateway.oidc import authorize, id_token_hint, request_object
from gateway.oidc.authorize import OfferedValues
from gateway.oidc.client_auth import authenticate
from gateway.oidc.credentials import refused
from gateway.oidc.decoupled import DecoupledRequest
from gateway.oidc.errors import OAuthError
from gateway.oidc.model import AuthorizationRequest, Client
from gateway.oidc.names import DeliveryMode, ErrorCode, GrantType
from gateway.oidc.parameters import Parameters
from gateway.oidc.provider import BackChannelCall, OpenIDProvider
from gateway.oidc.random_values import digest, new_id, new_value

BINDING_LIMIT: Final = 64
"""Characters of ``binding_message``: it is compared by eye, on a phone (CIBA §7.1)."""
NOTIFICATION_TOKEN_LIMIT: Final = 1024
JTI_LIMIT: Final = 256
REPLAY_KIND: Final = "ciba_request"

_TOKEN: Final = re.compile(rf"(?=.{{1,{NOTIFICATION_TOKEN_LIMIT}}}$)[A-Za-z0-9._~+/-]+=*", re.DOTALL)
_SECONDS: Final = re.compile(r"[1-9][0-9]{0,8}")
_SIGNED_ONLY: Final = frozenset({"iss", "aud", "exp", "iat", "nbf", "jti"})
"""What a signed request must hold (CIBA §7.1.1)."""
_AUTHENTICATION: Final = frozenset(
    {"request", "client_id", "client_secret", "client_assertion", "client_assertion_type"}
)


@dataclass(frozen=True, slots=True, repr=False)
class _Asked:
    """A request that passed every check."""

    request: AuthorizationRequest
    subject_id: str
    binding_message: str | None
    notification_token: str | None
    lifetime: timedelta


async def answer(call: BackChannelCall, op: OpenIDProvider, offered: OfferedValues) -> dict[str, Any]:
    """Start a request and say how to ask for its outcome (CIBA §7.3)."""
    form = Parameters(call.pairs)
    form.check()
    client = await authenticate(form, call, op)
    if client.is_public:  # a counter's word is all that stands behind the request
        raise refused()
    if GrantType.CIBA not in client.grant_types:
        raise OAuthError(ErrorCode.UNAUTHORIZED_CLIENT, "the client may not use CIBA")
    asked = await _asked(await _parameters(form, client, call, op), client, call, op, offered)
    auth_req_id = new_value()
    await _begin(asked, auth_req_id, client, call, op)
    return {
        "auth_req_id": auth_req_id,
        "expires_in": int(asked.lifetime.total_seconds()),
        "interval": int(op.lifetimes.poll_interval.total_seconds()),
    }


async def _parameters(form: Parameters, client: Client, call: BackChannelCall, op: OpenIDProvider) -> Parameters:
    """The parameters as sent, or those of a signed request, which then stand alone (CIBA §7.1.1)."""
    token = form.get("request")
    if token is None:
        if client.demands_signed_request:
            raise OAuthError(ErrorCode.INVALID_REQUEST, "the client must sign its requests")
        return form
    if not {name for name, _ in call.pairs} <= _AUTHENTICATION:
        raise OAuthError(ErrorCode.INVALID_REQUEST, "parameters beside a signed request are not read")
    try:
        pairs = await request_object.read(token, client, op, call.now, is_dated=True)
    except OAuthError as error:  # this endpoint has no code of its own for it (CIBA §13)
        raise OAuthError(ErrorCode.INVALID_REQUEST, error.description) from error
    await _spend(token, client, call, op)
    parameters = Parameters(pairs)
    parameters.check()
    return parameters


async def _spend(token: str, client: Client, call: BackChannelCall, op: OpenIDProvider) -> None:
    """A signed request counts once."""
    claims = jose.claimed(token)  # its signature has just been checked
    jti = claims.get("jti")
    if not claims.keys() >= _SIGNED_ONLY or not isinstance(jti, str) or len(jti) > JTI_LIMIT:
        raise OAuthError(ErrorCode.INVALID_REQUEST, "the signed request lacks a claim")
    until = call.now + request_object.LONGEST + 2 * jose.LEEWAY
    if not await op.replays.first_use(REPLAY_KIND, digest(f"{client.client_id}\x00{jti}").hex(), until, call.now):
        raise OAuthError(ErrorCode.INVALID_REQUEST, "the signed request was used before")


async def _asked(
    parameters: Parameters, client: Client, call: BackChannelCall, op: OpenIDProvider, offered: OfferedValues
) -> _Asked:
    request = authorize.decoupled_request(parameters, client, offered, op, call.now)
    sub = _hinted_sub(parameters, client, call, op)
    message, token = _binding_message(parameters), _notification_token(parameters, client)
    lifetime = _lifetime(parameters, op)
    subject_id = await op.decoupled.subject_of(client.sector, sub)
    if subject_id is None or request.expected_sub not in {None, sub}:
        raise OAuthError(ErrorCode.UNKNOWN_USER_ID, "the hint names nobody who can be asked")
    # The hint has served its purpose; upstream providers know the person under another name.
    return _Asked(replace(request, login_hint=None, expected_sub=sub), subject_id, message, token, lifetime)


def _hinted_sub(parameters: Parameters, client: Client, call: BackChannelCall, op: OpenIDProvider) -> str:
    """Who is asked: exactly one hint (CIBA §7.1); ``login_hint`` is the person's ``sub`` at this client."""
    hints = {name: parameters.get(name) for name in ("login_hint", "id_token_hint", "login_hint_token")}
    given = [name for name, value in hints.items() if value is not None]
    if len(given) != 1:
        raise OAuthError(ErrorCode.INVALID_REQUEST, "exactly one hint is needed")
    if hints["login_hint_token"] is not None:
        raise OAuthError(ErrorCode.INVALID_REQUEST, "login_hint_token is not supported")
    if hints["login_hint"] is not None:
        return hints["login_hint"]
    hint = id_token_hint.read(hints["id_token_hint"] or "", op.keys, op.issuer, call.now, audience=client.client_id)
    return str(hint["sub"])


def _binding_message(parameters: Parameters) -> str | None:
    """What counter and phone both show; short and printable, or the person could not compare it (CIBA §13)."""
    message = parameters.get("binding_message")
    if message is not None and (len(message) > BINDING_LIMIT or not message.isprintable() or not message.strip()):
        raise OAuthError(ErrorCode.INVALID_BINDING_MESSAGE, "binding_message must be short and printable")
    return message


def _notification_token(parameters: Parameters, client: Client) -> str | None:
    """Only a client that is pinged has one, and must (CIBA §7.1)."""
    if client.backchannel_token_delivery_mode is not DeliveryMode.PING:
        return None
    token = parameters.get("client_notification_token")
    if token is None or not _TOKEN.fullmatch(token):
        raise OAuthError(ErrorCode.INVALID_REQUEST, "client_notification_token is missing or malformed")
    return token


def _lifetime(parameters: Parameters, op: OpenIDProvider) -> timedelta:
    """As long as the client wants, within what we allow (CIBA §7.1, ``requested_expiry``)."""
    text = parameters.get("requested_expiry")
    if text is None:
        return op.lifetimes.decoupled_request
    if not _SECONDS.fullmatch(text):
        raise OAuthError(ErrorCode.INVALID_REQUEST, "requested_expiry must be a number of seconds")
    return min(timedelta(seconds=int(text)), op.lifetimes.decoupled_request)


async def _begin(asked: _Asked, auth_req_id: str, client: Client, call: BackChannelCall, op: OpenIDProvider) -> None:
    name = new_id()
    is_pinged = client.backchannel_token_delivery_mode is DeliveryMode.PING
    record = DecoupledRequest(
        id=name,
        hash=digest(auth_req_id),
        grant_type=GrantType.CIBA,
        client_id=client.client_id,
        request=replace(asked.request, decoupled=name),
        created_at=call.now,
        expires_at=call.now + asked.lifetime,
        interval=op.lifetimes.poll_interval,
        subject_id=asked.subject_id,
        binding_message=asked.binding_message,
        notification_token=asked.notification_token,
        auth_req_id=auth_req_id if is_pinged else None,
    )
    event = AuditEvent(
        AuditAction.DECOUPLED_STARTED,
        call.now,
        call.correlation_id,
        client_id=client.client_id,
        subject_id=asked.subject_id,
        details={"about": "ciba"},
    )
    if not await op.decoupled.begin(record, event):
        raise OAuthError(ErrorCode.TEMPORARILY_UNAVAILABLE, "try again")
