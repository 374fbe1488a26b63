"""The operator API's edge: who calls is settled first, then the pace, then the rights; every refusal has one shape.

Its own application on its own listener (``create_operator_app``); nothing of it is reachable through the public one.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from certs.keys import JsonError, strict_json
from gateway.admin.acts import ReasonError
from gateway.admin.joint_acts import JointActError
from gateway.admin.numbers import UnknownRecordError
from gateway.admin.records import Operator, Role
from gateway.admin.reveals import Refusal, RevealRefusedError
from gateway.admin.rights import Denial, denial
from gateway.admin.switches import UnknownSwitchError
from gateway.oidc.ports import StoreUnavailableError
from gateway.web import operator_accounts
from gateway.web.context import correlation_id
from gateway.web.errors import RETRY_SECONDS, Endpoint
from gateway.web.forms import FormError, query_pairs
from gateway.web.identifiers import limited_body
from gateway.web.operation import Document, Operation
from gateway.web.operator_call import Call, CallError, Desk, malformed, not_found
from gateway.web.operator_routes import OPERATIONS
from gateway.web.operator_sign_in import (
    CROSS_SITE,
    PACE,
    authenticated,
    certificate_of,
    is_from_elsewhere,
    put_on_record,
)
from gateway.web.source import source_of
from mapping.errors import MappingError

_PACE_SECONDS: Final = "60"
_SIGN_IN_BYTES: Final = 4 * 1024
_NOBODY: Final = Operator("nobody", Role.READER, datetime(1970, 1, 1, tzinfo=UTC))
_DENIED: Final = {
    Denial.ROLE: CallError(403, "forbidden", "this operator's role does not allow it"),
    Denial.STRENGTH: CallError(403, "forbidden", "this takes a one-time code with the password, or a certificate"),
    Denial.PLACE: not_found(),
}
_TOO_FAST: Final = CallError(429, "too_many_requests", "slow down and try again later")


def routes() -> list[Route]:
    """Every operation as a route; two methods on one path are two routes."""
    live = Route("/livez", _live, methods=["GET"])
    door = Route("/v1/session", _sign_in, methods=["POST"])
    return [live, door, *(Route(one.path, _endpoint(one), methods=[one.method]) for one in OPERATIONS)]


def _endpoint(operation: Operation) -> Endpoint:
    async def serve(request: Request) -> Response:
        try:
            return _shown(await _answer(request, operation))
        except CallError as error:
            return _refusal(error)
        except StoreUnavailableError:
            return _refusal(CallError(503, "temporarily_unavailable", "try again later"))

    return serve


def _shown(answer: dict[str, Any] | Document) -> Response:
    if isinstance(answer, Document):
        return Response(answer.content, media_type=answer.media_type)
    return JSONResponse(answer)


async def _answer(request: Request, operation: Operation) -> dict[str, Any] | Document:
    desk: Desk = request.app.state.desk
    signed = await authenticated(request, desk)
    operator, now = signed.operator, desk.clock()
    if not await desk.attempts.admit(PACE, operator.name, now):
        await put_on_record(request, desk, operator.name, "pace")
        raise _TOO_FAST
    why = denial(
        operator,
        signed.strength,
        operation.role,
        is_routine=operation.is_routine,
        is_strong=operation.is_strong,
        is_scoped=operation.is_scoped,
        two_factors=desk.door.needs_two_factors,
    )
    if why is not None:
        await put_on_record(request, desk, operator.name, why.value)
        raise _DENIED[why]
    fields = await _fields(request, operation.fields, operation.body_bytes)
    call = Call(operator, now, correlation_id(request), fields, request.path_params, signed.strength, signed.session)
    return await _run(desk, operation, call)


async def _sign_in(request: Request) -> Response:
    """The one call that takes no key: it gives a session's token for what an operator knows and has."""
    desk: Desk = request.app.state.desk
    try:
        if is_from_elsewhere(request):
            raise CROSS_SITE
        fields = await _fields(request, operator_accounts.SIGN_IN_FIELDS, _SIGN_IN_BYTES)
        call = Call(_NOBODY, desk.clock(), correlation_id(request), fields, {})
        certificate = certificate_of(request, desk)
        return JSONResponse(await operator_accounts.sign_in(desk, call, certificate, source_of(request.scope)))
    except CallError as error:
        return _refusal(error)
    except StoreUnavailableError:
        return _refusal(CallError(503, "temporarily_unavailable", "try again later"))


async def _run(desk: Desk, operation: Operation, call: Call) -> dict[str, Any] | Document:
    """Carry the operation out, and turn what ``gateway.admin`` refuses into the API's one shape."""
    try:
        return await operation.run(desk, call)
    except (UnknownRecordError, UnknownSwitchError):
        raise not_found() from None
    except ReasonError as error:
        raise malformed(str(error)) from None
    except MappingError as error:  # the record's standing forbids it
        raise CallError(409, "conflict", error.code) from None
    except JointActError as error:
        raise CallError(409, "second_person", error.refusal.value) from None
    except RevealRefusedError as error:
        raise (_TOO_FAST if error.refusal is Refusal.TOO_MANY else not_found()) from None


async def _fields(request: Request, known: tuple[str, ...], limit: int) -> Mapping[str, Any]:
    """The query of a GET or DELETE, the JSON body of a POST; a field that is not known is refused, not ignored."""
    try:
        if request.method == "POST":
            fields, is_doubled = await _body(request, limit), bool(request.scope["query_string"])
        else:
            pairs = query_pairs(request)
            fields = dict(pairs)
            is_doubled = len(fields) != len(pairs)
    except FormError as error:
        most = f"of at most {limit // 1024} kB"
        raise CallError(error.status, "invalid_request", f"the body must be one JSON object {most}") from None
    if is_doubled or not fields.keys() <= set(known):
        raise malformed(f"known here: {', '.join(known) or 'no fields'}; each once")
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


def _refusal(error: CallError) -> Response:
    headers = {}
    if error.status == 401:  # noqa: PLR2004 - RFC 9110 §11.6.1
        headers["www-authenticate"] = "Bearer"
    if error.status == 429:  # noqa: PLR2004 - RFC 6585 §4
        headers["retry-after"] = _PACE_SECONDS
    if error.status == 503:  # noqa: PLR2004 - RFC 9110 §15.6.4
        headers["retry-after"] = RETRY_SECONDS
    body = {"error": error.error, "error_description": error.description, **error.more}
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
