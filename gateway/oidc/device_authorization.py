"""Device authorization: a self-service terminal asks, and the person answers on a device of their own (RFC 8628).

Somebody could send another person the code of a terminal that they have started themselves; so the request lives for
minutes, the code is typed or confirmed on a page that says who asks, and tries are counted there (BCP 247).
"""

import hashlib
import hmac
from dataclasses import replace
from typing import Any, Final

from gateway.audit import AuditAction, AuditEvent
from gateway.oidc import authorize
from gateway.oidc.authorize import OfferedValues
from gateway.oidc.client_auth import authenticate
from gateway.oidc.decoupled import DecoupledRequest
from gateway.oidc.errors import OAuthError
from gateway.oidc.model import AuthorizationRequest, Client
from gateway.oidc.names import ErrorCode, GrantType
from gateway.oidc.parameters import Parameters
from gateway.oidc.provider import BackChannelCall, OpenIDProvider
from gateway.oidc.random_values import (
    USER_CODE_LENGTH,
    USER_CODE_LETTERS,
    digest,
    new_id,
    new_user_code,
    new_value,
)

VERIFICATION_PATH: Final = "/device"
"""Where the person types the code: short, because it is typed as well."""
_TRIES: Final = 5
"""User codes that are tried before giving up; two in a row that are taken would be a miracle."""
_TYPED_LIMIT: Final = 32
_HALF: Final = USER_CODE_LENGTH // 2


async def answer(call: BackChannelCall, op: OpenIDProvider, offered: OfferedValues) -> dict[str, Any]:
    """Start a request and say where the person answers it (RFC 8628 §3.1, §3.2)."""
    form = Parameters(call.pairs)
    form.check()
    client = await authenticate(form, call, op)
    if GrantType.DEVICE_CODE not in client.grant_types:
        raise OAuthError(ErrorCode.UNAUTHORIZED_CLIENT, "the client may not use the device flow")
    request = authorize.decoupled_request(form, client, offered, op, call.now)
    device_code = new_value()
    user_code = await _begin(device_code, client, request, call, op)
    address = f"{op.issuer}{VERIFICATION_PATH}"
    return {
        "device_code": device_code,
        "user_code": user_code,
        "verification_uri": address,
        "verification_uri_complete": f"{address}?user_code={user_code}",
        "expires_in": int(op.lifetimes.decoupled_request.total_seconds()),
        "interval": int(op.lifetimes.poll_interval.total_seconds()),
    }


def user_code_hash(secret_key: bytes, typed: str) -> bytes | None:
    """How a user code is found, in whatever case and grouping it was typed; ``None`` if it cannot be one.

    Keyed, because 34 bits could be tried out against a stolen database.
    """
    if len(typed) > _TYPED_LIMIT:
        return None
    letters = "".join(letter for letter in typed.upper() if letter.isalnum())
    if len(letters) != USER_CODE_LENGTH or not set(letters) <= set(USER_CODE_LETTERS):
        return None
    return hmac.digest(secret_key, b"user_code\x00" + letters.encode("ascii"), hashlib.sha256)


async def _begin(
    device_code: str, client: Client, request: AuthorizationRequest, call: BackChannelCall, op: OpenIDProvider
) -> str:
    """Remember the request under a user code that is free just now."""
    event = AuditEvent(
        AuditAction.DECOUPLED_STARTED,
        call.now,
        call.correlation_id,
        client_id=client.client_id,
        details={"about": "device"},
    )
    for _ in range(_TRIES):
        user_code = new_user_code()
        if await op.decoupled.begin(_record(device_code, user_code, client, request, call, op), event):
            return f"{user_code[:_HALF]}-{user_code[_HALF:]}"
    raise OAuthError(ErrorCode.TEMPORARILY_UNAVAILABLE, "no user code is free, try again")


def _record(  # noqa: PLR0917 - what the record is made of, in one place
    device_code: str,
    user_code: str,
    client: Client,
    request: AuthorizationRequest,
    call: BackChannelCall,
    op: OpenIDProvider,
) -> DecoupledRequest:
    name = new_id()
    return DecoupledRequest(
        id=name,
        hash=digest(device_code),
        grant_type=GrantType.DEVICE_CODE,
        client_id=client.client_id,
        request=replace(request, decoupled=name),
        created_at=call.now,
        expires_at=call.now + op.lifetimes.decoupled_request,
        interval=op.lifetimes.poll_interval,
        user_code_hash=user_code_hash(op.secret_key, user_code),
    )
