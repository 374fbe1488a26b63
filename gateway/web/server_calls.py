"""A relying party's server at the door: its request as the protocol core wants it, and every refusal as JSON."""

import functools
from collections.abc import Awaitable, Callable
from typing import Final, TypeAlias, TypeVar

from starlette.requests import Request
from starlette.responses import Response

from gateway.oidc.errors import OAuthError
from gateway.oidc.names import ErrorCode
from gateway.oidc.provider import BackChannelCall
from gateway.oidc.userinfo import BearerError
from gateway.web.context import correlation_id, web_of
from gateway.web.errors import Endpoint, bearer_refusal, oauth_json, put_on_record, unavailable_as_json
from gateway.web.forms import FormError, Pairs, form_pairs
from gateway.web.source import source_of

Answer: TypeAlias = Callable[[BackChannelCall, Request], Awaitable[Response]]
Made = TypeVar("Made")
ReadPairs: TypeAlias = Callable[[Request], Awaitable[Pairs]]
_BAD_CREDENTIALS: Final = {ErrorCode.INVALID_CLIENT, ErrorCode.INVALID_TOKEN}


def call_of(request: Request, pairs: Pairs) -> BackChannelCall:
    """The request as the core sees it; its address comes from the settings and never from ``Host`` (G16, DP-02)."""
    web = web_of(request)
    return BackChannelCall(
        pairs=pairs,
        method=request.method,
        url=f"{web.issuer}{request.scope['path']}",
        now=web.clock(),
        correlation_id=correlation_id(request),
        authorization=request.headers.getlist("authorization"),
        proofs=request.headers.getlist("dpop"),
        certificate=web.certificate_source.read(request.scope),
        accept=request.headers.get("accept", ""),
    )


async def parameters(request: Request) -> Pairs:
    """The body's parameters; in the address they would end up in other people's logs (RFC 6749 §3.2)."""
    if request.scope["query_string"]:
        raise OAuthError(ErrorCode.INVALID_REQUEST, "parameters belong into the body")
    return await form_pairs(request)


def for_servers(at: str, answer: Answer, read: ReadPairs = parameters) -> Endpoint:
    """An endpoint for servers: refusals become JSON and are put on record once, bad credentials count (DS-03)."""

    @functools.wraps(answer)
    async def endpoint(request: Request) -> Response:
        try:
            return await counted(request, call_of(request, await read(request)), answer)
        except FormError as error:
            refusal = OAuthError(ErrorCode.INVALID_REQUEST, "the body must be a form")
            await put_on_record(request, refusal, at=at)
            return oauth_json(request, refusal, error.status)
        except OAuthError as error:
            await put_on_record(request, error, at=at)
            return oauth_json(request, error)
        except BearerError as error:
            return bearer_refusal(request, error)

    return unavailable_as_json(endpoint)


async def counted(
    request: Request, call: BackChannelCall, answer: Callable[[BackChannelCall, Request], Awaitable[Made]]
) -> Made:
    """What comes of a call, unless the address has sent too many bad credentials of late."""
    web = web_of(request)
    source = source_of(request.scope)
    count = await web.refusals.enter(source, call.now)
    refused = False
    try:
        return await answer(call, request)
    except (OAuthError, BearerError) as error:
        refused = error.code in _BAD_CREDENTIALS
        raise
    finally:
        web.refusals.leave(source, count, refused=refused)
