"""What relying parties' servers call: token, userinfo, discovery, keys; and what operators' probes call."""

import json
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from gateway.oidc import metadata, token, userinfo
from gateway.oidc.errors import OAuthError
from gateway.oidc.names import ErrorCode
from gateway.web.context import correlation_id, web_of
from gateway.web.errors import bearer_refusal, oauth_json, put_on_record, unavailable_as_json
from gateway.web.forms import FormError, Pairs, form_pairs, query_pairs


@unavailable_as_json
async def answer_token(request: Request) -> Response:
    """The token endpoint (RFC 6749 §3.2)."""
    web = web_of(request)
    try:
        pairs = await _token_parameters(request)
        answer = await token.answer(
            pairs,
            request.headers.getlist("authorization"),
            web.token_endpoint,
            web.clock(),
            correlation_id(request),
        )
    except FormError as error:
        refusal = OAuthError(ErrorCode.INVALID_REQUEST, "the body must be a form")
        await put_on_record(request, refusal, at="token")
        return oauth_json(refusal, error.status)
    except OAuthError as error:
        await put_on_record(request, error, at="token")
        return oauth_json(error)
    return JSONResponse(answer.as_json(), headers={"pragma": "no-cache"})


async def _token_parameters(request: Request) -> Pairs:
    """The body's parameters; in the address they would end up in other people's logs (RFC 6749 §3.2)."""
    if request.scope["query_string"]:
        raise OAuthError(ErrorCode.INVALID_REQUEST, "parameters belong into the body")
    return await form_pairs(request)


@unavailable_as_json
async def answer_userinfo(request: Request) -> Response:
    """The userinfo endpoint (OpenID Connect Core §5.3); the token comes in the header and nowhere else."""
    web = web_of(request)
    try:
        elsewhere = any(name == "access_token" for name, _ in [*query_pairs(request), *await _posted(request)])
        claims = await userinfo.answer(
            request.headers.getlist("authorization"), elsewhere, web.token_endpoint.tokens, web.clock()
        )
    except FormError:
        return oauth_json(OAuthError(ErrorCode.INVALID_REQUEST, "query and body must be forms"))
    except userinfo.BearerError as error:
        return bearer_refusal(error)
    return JSONResponse(claims)


async def _posted(request: Request) -> Pairs:
    """The body's parameters, if there are any: a token among them is refused (RFC 6750 §2)."""
    has_body = request.method == "POST" and request.headers.get("content-length") not in {None, "0"}
    return await form_pairs(request) if has_body else []


def routes(discovery: dict[str, Any], key_set: dict[str, Any]) -> list[Route]:
    """The back channel; the two documents are serialised once."""
    return [
        Route("/.well-known/openid-configuration", _document(discovery)),
        Route("/.well-known/oauth-authorization-server", _document(discovery)),
        Route(metadata.PATHS["jwks"], _document(key_set)),
        Route(metadata.PATHS["token"], answer_token, methods=["POST"]),
        Route(metadata.PATHS["userinfo"], answer_userinfo, methods=["GET", "POST"]),
        Route("/livez", _live),
        Route("/readyz", _ready),
    ]


def _document(content: dict[str, Any]) -> Any:
    body = json.dumps(content, separators=(",", ":"), ensure_ascii=True).encode("ascii")
    headers = {
        "cache-control": "public, max-age=300",
        "access-control-allow-origin": "*",  # public documents without credentials (WB-01)
        "cross-origin-resource-policy": "cross-origin",
    }

    async def serve(_: Request) -> Response:
        return Response(body, media_type="application/json", headers=headers)

    return serve


async def _live(_: Request) -> Response:
    return JSONResponse({"status": "ok"})


async def _ready(request: Request) -> Response:
    """Whether people can be served: the database decides; the accelerator is reported and may be away."""
    checks = await web_of(request).ready()
    is_ready = checks["database"]
    return JSONResponse(
        {"status": "ok" if is_ready else "unavailable", "checks": dict(checks)}, status_code=200 if is_ready else 503
    )
