"""A service's request at the door of the signature endpoints: who asks, what they may, and every refusal as JSON.

The token is looked at before a byte of the body is read. A verdict is no HTTP status: what can be judged is 200, what
cannot be worked on is 4xx with a code of the signatures specification (§8).
"""

import functools
from collections.abc import Awaitable, Callable
from typing import Final, TypeAlias

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from certs.trust.errors import RefusalCode, Refused
from gateway.oidc.errors import OAuthError
from gateway.oidc.names import ErrorCode, ServiceScope
from gateway.oidc.protected_resource import BearerError
from gateway.oidc.provider import BackChannelCall
from gateway.oidc.service_access import ServiceAccess, service_access_of
from gateway.signatures.service import Caller, TrustUnusableError
from gateway.web.context import web_of
from gateway.web.errors import Endpoint, bearer_refusal, oauth_json, put_on_record, unavailable_as_json
from gateway.web.forms import FormError, query_pairs
from gateway.web.server_calls import call_of, counted

ServiceAnswer: TypeAlias = Callable[[ServiceAccess, Request], Awaitable[Response]]

STATUS: Final = {
    RefusalCode.FORMAT: 400,
    RefusalCode.ENCODING: 400,
    RefusalCode.SIZE: 413,
    RefusalCode.UNSUPPORTED: 422,
    RefusalCode.AMBIGUOUS: 422,
    RefusalCode.SM2_NEEDS_E: 422,
    RefusalCode.POLICY: 422,
    RefusalCode.BUSY: 503,
}
_SOON: Final = "2"
_LATER: Final = "60"
"""Seconds; lists have to be repaired first."""


class MediaTypeError(Exception):
    """The body is of a kind that this endpoint does not take (RFC 9110 §15.5.16)."""


def for_services(at: str, needed: ServiceScope, answer: ServiceAnswer) -> Endpoint:
    """An endpoint for services: one scope is needed, bad credentials count against the address (DS-03)."""

    async def admitted(call: BackChannelCall, request: Request) -> ServiceAccess:
        elsewhere = any(name == "access_token" for name, _ in query_pairs(request))
        return await service_access_of(call, web_of(request).op, needed, query_has_token=elsewhere)

    @functools.wraps(answer)
    async def endpoint(request: Request) -> Response:
        try:
            access = await counted(request, call_of(request, []), admitted)
            return await answer(access, request)
        except OAuthError as error:
            await put_on_record(request, error, at=at)
            return oauth_json(request, error)
        except BearerError as error:
            return bearer_refusal(request, error)
        except (FormError, MediaTypeError, Refused, TrustUnusableError) as error:
            return not_worked_on(request, error)

    return unavailable_as_json(endpoint)


def caller_of(access: ServiceAccess) -> Caller:
    """The client as the validation service knows it."""
    return Caller(access.client.client_id, ServiceScope.SIGNATURES_NAMES in access.scopes)


def require_names(access: ServiceAccess) -> None:
    """Refuse what shows people's names to a client that may not see them."""
    if ServiceScope.SIGNATURES_NAMES not in access.scopes:
        description = f"the access token must have the scope {ServiceScope.SIGNATURES_NAMES.value}"
        raise BearerError(403, ErrorCode.INSUFFICIENT_SCOPE, description)


def refusal(code: RefusalCode, detail: str) -> dict[str, str]:
    """A refusal's members, the same for a request and for one line of a batch."""
    return {"error": code.value, "error_description": detail}


def not_worked_on(request: Request, error: FormError | MediaTypeError | Refused | TrustUnusableError) -> Response:
    """Why there is no verdict, as an answer."""
    match error:
        case FormError():
            return oauth_json(request, OAuthError(ErrorCode.INVALID_REQUEST, "the query is malformed"), error.status)
        case MediaTypeError():
            return JSONResponse(refusal(RefusalCode.FORMAT, "the body has another media type"), status_code=415)
        case TrustUnusableError():  # no lists, or older ones than before (TL-08): it takes an operator
            return JSONResponse(TRUST_UNUSABLE, status_code=503, headers={"retry-after": _LATER})
        case Refused():
            return _refused(error)


def _refused(refused: Refused) -> Response:
    headers = {"retry-after": _SOON} if refused.code is RefusalCode.BUSY else {}
    return JSONResponse(refusal(refused.code, refused.detail), status_code=STATUS[refused.code], headers=headers)


TRUST_UNUSABLE: Final = {
    "error": ErrorCode.TEMPORARILY_UNAVAILABLE.value,
    "error_description": "the trust lists cannot be used now: nothing is validated",
}
