"""What relying parties' servers call: the endpoints of the protocol, its two documents, and operators' probes."""

import json
from collections.abc import Mapping
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from gateway.oidc import (
    backchannel_authentication,
    device_authorization,
    introspection,
    metadata,
    par,
    revocation,
    token,
    userinfo,
)
from gateway.oidc.provider import BackChannelCall
from gateway.web.context import web_of
from gateway.web.forms import Pairs, form_pairs, query_pairs
from gateway.web.key_documents import key_document
from gateway.web.server_calls import Answer, for_servers

_NO_CACHE: Final = {"pragma": "no-cache"}
_JWT_TYPE: Final = "application/jwt"


async def answer_token(call: BackChannelCall, request: Request) -> Response:
    """The token endpoint (RFC 6749 §3.2)."""
    answer = await token.answer(call, web_of(request).op)
    return JSONResponse(answer.as_json(), headers=_NO_CACHE)


async def answer_par(call: BackChannelCall, request: Request) -> Response:
    """Pushed authorization requests (RFC 9126 §2.2)."""
    web = web_of(request)
    pushed = await par.answer(call, web.op, web.offered)
    return JSONResponse({"request_uri": pushed.request_uri, "expires_in": pushed.expires_in}, status_code=201)


async def answer_revocation(call: BackChannelCall, request: Request) -> Response:
    """Revocation: an empty 200, whatever the token was (RFC 7009 §2.2)."""
    await revocation.answer(call, web_of(request).op)
    return Response()


async def answer_introspection(call: BackChannelCall, request: Request) -> Response:
    """Introspection, as JSON or signed (RFC 7662 §2.2, RFC 9701 §5)."""
    return _json_or_jwt(await introspection.answer(call, web_of(request).op), introspection.MEDIA_TYPE)


async def answer_userinfo(call: BackChannelCall, request: Request) -> Response:
    """The userinfo endpoint (OpenID Connect Core §5.3); the token comes in the header and nowhere else."""
    elsewhere = any(name == "access_token" for name, _ in [*query_pairs(request), *call.pairs])
    return _json_or_jwt(await userinfo.answer(call, web_of(request).op, query_has_token=elsewhere), _JWT_TYPE)


async def answer_device_authorization(call: BackChannelCall, request: Request) -> Response:
    """A kiosk begins (RFC 8628 §3.2)."""
    web = web_of(request)
    return JSONResponse(await device_authorization.answer(call, web.op, web.offered), headers=_NO_CACHE)


async def answer_backchannel_authentication(call: BackChannelCall, request: Request) -> Response:
    """A counter begins (CIBA §7.3)."""
    web = web_of(request)
    return JSONResponse(await backchannel_authentication.answer(call, web.op, web.offered), headers=_NO_CACHE)


def _json_or_jwt(answer: dict[str, Any] | str, media_type: str) -> Response:
    return Response(answer, media_type=media_type) if isinstance(answer, str) else JSONResponse(answer)


async def _posted(request: Request) -> Pairs:
    """The body's parameters, if there are any: a token among them is refused (RFC 6750 §2)."""
    has_body = request.method == "POST" and request.headers.get("content-length") not in {None, "0"}
    return await form_pairs(request) if has_body else []


_BY_POST: Final[Mapping[str, Answer]] = {
    "token": answer_token,
    "par": answer_par,
    "revocation": answer_revocation,
    "introspection": answer_introspection,
    "device_authorization": answer_device_authorization,
    "backchannel_authentication": answer_backchannel_authentication,
}
"""Endpoint (``metadata.PATHS``) -> what answers it."""

SERVER_PATHS: Final = frozenset(metadata.PATHS[name] for name in (*_BY_POST, "userinfo", "registration"))
"""Where even a fault of ours is answered with JSON."""


def routes(discovery: dict[str, Any]) -> list[Route]:
    """The back channel; discovery is serialised once, the keys change while the gateway runs."""
    return [
        *(Route(path, _document(discovery)) for path in metadata.DISCOVERY_PATHS),
        Route(metadata.PATHS["jwks"], _keys),
        *(Route(metadata.PATHS[name], for_servers(name, one), methods=["POST"]) for name, one in _BY_POST.items()),
        Route(metadata.PATHS["userinfo"], for_servers("userinfo", answer_userinfo, _posted), methods=["GET", "POST"]),
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


async def _keys(request: Request) -> Response:
    """The keys that ID tokens and all other tokens are checked with."""
    web = web_of(request)
    return key_document(request, web.op.keys, web.keys_cache_control)


async def _live(_: Request) -> Response:
    return JSONResponse({"status": "ok"})


async def _ready(request: Request) -> Response:
    """Whether people can be served: database and clock decide; the accelerator is reported and may be away."""
    checks = await web_of(request).ready()
    is_ready = checks["database"] and checks.get("clock", True)
    return JSONResponse(
        {"status": "ok" if is_ready else "unavailable", "checks": dict(checks)}, status_code=200 if is_ready else 503
    )
