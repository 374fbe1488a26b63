"""Where relying parties register themselves and keep their registration (RFC 7591 §3, RFC 7592 §2)."""

from typing import Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from gateway.oidc import dynamic_registration
from gateway.oidc.errors import OAuthError
from gateway.oidc.metadata import PATHS
from gateway.oidc.names import ErrorCode
from gateway.oidc.provider import BackChannelCall
from gateway.web.context import web_of
from gateway.web.forms import Pairs
from gateway.web.server_calls import for_servers

_AT: Final = "registration"
_NO_CACHE: Final = {"pragma": "no-cache"}
_JSON: Final = "application/json"
CLIENT_PATH: Final = f"{PATHS[_AT]}/{{client_id}}"


async def answer_register(call: BackChannelCall, request: Request) -> Response:
    """The registration endpoint (RFC 7591 §3.1)."""
    web = web_of(request)
    answer = await dynamic_registration.register(await _body(request), call, web.op, web.registrar)
    return JSONResponse(answer, 201, _NO_CACHE)


async def answer_client(call: BackChannelCall, request: Request) -> Response:
    """The client's own configuration endpoint: read it, replace it, end it (RFC 7592 §2)."""
    web = web_of(request)
    client_id = request.path_params["client_id"]
    match request.method:
        case "PUT":
            body = await _body(request)
            answer = await dynamic_registration.update(client_id, body, call, web.op, web.registrar)
        case "DELETE":
            await dynamic_registration.delete(client_id, call, web.op, web.registrar)
            return Response(status_code=204, headers=_NO_CACHE)
        case _:
            answer = await dynamic_registration.read(client_id, call, web.op)
    return JSONResponse(answer, headers=_NO_CACHE)


async def _body(request: Request) -> bytes:
    """The JSON document as it came; the edge has limited its size."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != _JSON:
        raise OAuthError(ErrorCode.INVALID_CLIENT_METADATA, "the body must be JSON")
    return await request.body()


async def _no_parameters(request: Request) -> Pairs:
    """Nothing of a registration stands in an address, which would end up in other people's logs."""
    if request.scope["query_string"]:
        raise OAuthError(ErrorCode.INVALID_REQUEST, "there are no parameters here")
    return []


def routes() -> list[Route]:
    """Registration."""
    return [
        Route(PATHS[_AT], for_servers(_AT, answer_register, _no_parameters), methods=["POST"]),
        Route(CLIENT_PATH, for_servers(_AT, answer_client, _no_parameters), methods=["GET", "PUT", "DELETE"]),
    ]
