"""The operator API's edge: who calls is settled first, then the role, then the pace; every refusal has one shape.

Its own application on its own listener (``create_operator_app``); nothing of it is reachable through the public one.
"""

import re
from collections.abc import Mapping
from typing import Any, Final

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from certs.keys import JsonError, strict_json
from gateway.admin import operators
from gateway.admin.acts import ReasonError
from gateway.admin.numbers import UnknownRecordError
from gateway.admin.records import Operator, Role
from gateway.admin.reveals import Refusal, RevealRefusedError
from gateway.admin.switches import UnknownSwitchError
from gateway.audit import AuditAction, AuditEvent
from gateway.oidc.ports import StoreUnavailableError
from gateway.web.context import correlation_id
from gateway.web.errors import RETRY_SECONDS, Endpoint
from gateway.web.forms import FormError, query_pairs
from gateway.web.identifiers import limited_body
from gateway.web.operator_call import Call, CallError, Desk, malformed, not_found
from gateway.web.operator_routes import OPERATIONS, Operation
from mapping.errors import MappingError

PACE: Final = "operator"
"""The kind under which an operator's calls are counted."""
_PACE_SECONDS: Final = "60"
_NOBODY: Final = ""
"""No operator's name."""
_BEARER: Final = re.compile(r"(?i:bearer) ([A-Za-z0-9_-]{20,100})")
_UNKNOWN: Final = CallError(401, "unauthorized", "a valid operator key is required")
_FORBIDDEN: Final = CallError(403, "forbidden", "this operator may only look")
_TOO_FAST: Final = CallError(429, "too_many_requests", "slow down and try again later")


def routes() -> list[Route]:
    """Every operation as a route; two methods on one path are two routes."""
    live = Route("/livez", _live, methods=["GET"])
    return [live, *(Route(one.path, _endpoint(one), methods=[one.method]) for one in OPERATIONS)]


def _endpoint(operation: Operation) -> Endpoint:
    async def serve(request: Request) -> Response:
        try:
            return JSONResponse(await _answer(request, operation))
        except CallError as error:
            return _refusal(error)
        except StoreUnavailableError:
            return _refusal(CallError(503, "temporarily_unavailable", "try again later"))

    return serve


async def _answer(request: Request, operation: Operation) -> dict[str, Any]:
    desk: Desk = request.app.state.desk
    operator = await _authenticated(request, desk)
    if operation.role is Role.KEEPER and operator.role is not Role.KEEPER:
        await _put_on_record(request, desk, operator.name, "role")
        raise _FORBIDDEN
    now = desk.clock()
    if not await desk.attempts.admit(PACE, operator.name, now):
        await _put_on_record(request, desk, operator.name, "pace")
        raise _TOO_FAST
    fields = await _fields(request, operation)
    return await _run(desk, operation, Call(operator, now, correlation_id(request), fields, request.path_params))


async def _authenticated(request: Request, desk: Desk) -> Operator:
    """The operator behind the one Authorization header; a wrong key and a key that was taken back look alike."""
    headers = request.headers.getlist("authorization")
    found = _BEARER.fullmatch(headers[0]) if len(headers) == 1 else None
    if found is not None:
        operator = await operators.authenticate(desk.operators, desk.secret_key, found[1], desk.clock())
        if operator is not None:
            return operator
        # Anybody can send wrong keys: they are counted as one caller's, so that nobody fills the records with them.
        if await desk.attempts.admit(PACE, _NOBODY, desk.clock()):
            await _put_on_record(request, desk, None, "key")
    raise _UNKNOWN


async def _run(desk: Desk, operation: Operation, call: Call) -> dict[str, Any]:
    """Carry the operation out, and turn what ``gateway.admin`` refuses into the API's one shape."""
    try:
        return await operation.run(desk, call)
    except (UnknownRecordError, UnknownSwitchError):
        raise not_found() from None
    except ReasonError as error:
        raise malformed(str(error)) from None
    except MappingError as error:  # the record's standing forbids it
        raise CallError(409, "conflict", error.code) from None
    except RevealRefusedError as error:
        raise (_TOO_FAST if error.refusal is Refusal.TOO_MANY else not_found()) from None


async def _fields(request: Request, operation: Operation) -> Mapping[str, Any]:
    """The query of a GET, the JSON body of a POST; a field that is not known here is refused, not ignored."""
    try:
        if operation.method == "GET":
            pairs = query_pairs(request)
            fields: dict[str, Any] = dict(pairs)
            is_doubled = len(fields) != len(pairs)
        else:
            fields, is_doubled = await _body(request, operation.body_bytes), bool(request.scope["query_string"])
    except FormError as error:
        most = f"of at most {operation.body_bytes // 1024} kB"
        raise CallError(error.status, "invalid_request", f"the body must be one JSON object {most}") from None
    if is_doubled or not fields.keys() <= set(operation.fields):
        raise malformed(f"known here: {', '.join(operation.fields) or 'no fields'}; each once")
    return fields


async def _body(request: Request, limit: int) -> dict[str, Any]:
    await limited_body(request, limit)
    body = await request.body()
    if not body:
        return {}
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise FormError(415)
    try:
        return strict_json.parse_object(body)
    except JsonError:
        raise FormError(400) from None


async def _put_on_record(request: Request, desk: Desk, operator: str | None, why: str) -> None:
    details = {"why": why} if operator is None else {"why": why, "operator": operator}
    event = AuditEvent(AuditAction.OPERATOR_REFUSED, desk.clock(), correlation_id(request), details=details)
    await desk.audit.append(event)


def _refusal(error: CallError) -> Response:
    headers = {}
    if error is _UNKNOWN:
        headers["www-authenticate"] = "Bearer"
    if error is _TOO_FAST:
        headers["retry-after"] = _PACE_SECONDS
    if error.status == 503:  # noqa: PLR2004 - RFC 9110 §15.6.4
        headers["retry-after"] = RETRY_SECONDS
    body = {"error": error.error, "error_description": error.description}
    return JSONResponse(body, error.status, headers)


async def _live(_: Request) -> Response:
    return JSONResponse({"status": "ok"})


async def _not_served(_: Request, error: Exception) -> Response:
    """An address or a method that does not exist, or what the edge cut off."""
    if not isinstance(error, HTTPException):
        raise error
    if error.status_code == 404:  # noqa: PLR2004 - the one shape of what is not there
        return _refusal(not_found())
    response = _refusal(CallError(error.status_code, "invalid_request", "this cannot be served"))
    response.headers.update(error.headers or {})
    return response


async def _fault(_: Request, __: Exception) -> Response:
    """A fault of ours, without a word of what it was; the edge logs where it happened."""
    return _refusal(CallError(500, "server_error", "a fault of ours"))


EXCEPTION_HANDLERS: Final = {HTTPException: _not_served, Exception: _fault}
