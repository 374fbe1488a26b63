"""Signing through the gateway, as relying parties' servers ask for it: a wish goes in, what came of it comes out."""

from typing import Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from gateway.broker import problems
from gateway.broker.problems import ProblemError
from gateway.oidc.errors import OAuthError
from gateway.oidc.names import ErrorCode, ServiceScope
from gateway.oidc.service_access import ServiceAccess
from gateway.signatures import signing
from gateway.signatures.signing import SigningDesk
from gateway.signatures.signing_answer import answer_of
from gateway.web.context import correlation_id, web_of
from gateway.web.errors import oauth_json
from gateway.web.service_calls import for_services
from gateway.web.signature_bodies import json_body

ROOT: Final = "/v1/signing/requests"


async def answer_ask(access: ServiceAccess, request: Request) -> Response:
    """A relying party wants a person to sign; gives the address to send the person's browser to."""
    web, desk = web_of(request), desk_of(request)
    members = await json_body(request)
    made = await signing.ask(desk, access.client, members, web.clock(), correlation_id(request))
    body = {
        "id": made.id,
        "signing_uri": f"{web.issuer}/sign/{made.id}",
        "expires_in": int((made.expires_at - made.created_at).total_seconds()),
    }
    return JSONResponse(body, status_code=201)


async def answer_fetch(access: ServiceAccess, request: Request) -> Response:
    """How far a request of this client is; in the end, what came of it."""
    found = await desk_of(request).requests.of_client(request.path_params["request_id"], access.client.client_id)
    if found is None:
        return oauth_json(request, OAuthError(ErrorCode.INVALID_REQUEST, "there is no such request"), 404)
    return JSONResponse(answer_of(found, web_of(request).clock()))


def desk_of(request: Request) -> SigningDesk:
    """What has people sign; its routes exist only where it does."""
    desk = web_of(request).signing
    if desk is None:
        raise ProblemError(problems.NOT_FOUND)
    return desk


def routes() -> list[Route]:
    """Asking, and fetching once or several times."""
    scope = ServiceScope.SIGNATURES_SIGN
    return [
        Route(ROOT, for_services("signing", scope, answer_ask), methods=["POST"]),
        Route(f"{ROOT}/{{request_id}}", for_services("signing", scope, answer_fetch), methods=["GET"]),
    ]
