"""The counter at which every request arrives: read it, tie it to a session, play faults, answer, write it down."""

from collections.abc import Awaitable, Callable
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from mock_idps.macao.account import OneAccount
from mock_idps.macao.answers import misbehave, problem_page, refuse
from mock_idps.macao.call import Call, Kind, tie
from mock_idps.macao.fields import FieldsError, TooLargeError, read_fields
from mock_idps.macao.texts import DEFAULT_LOCALE, LOCALES
from mock_idps.macao.visits import VisitError

Handler = Callable[[Call], Awaitable[Response]]
Endpoint = Callable[[Request], Awaitable[Response]]
LOOSE: Final = frozenset({"authorize", "token"})
"""Endpoints that answer doubled parameters themselves, in their own words."""


def at_counter(account: OneAccount, endpoint: str, kind: Kind, handler: Handler) -> Endpoint:
    """Make an endpoint of a handler; `endpoint` is the name that scenarios match."""

    async def serve(request: Request) -> Response:
        locale = request.path_params.get("locale", DEFAULT_LOCALE)
        if locale not in LOCALES:
            return problem_page(DEFAULT_LOCALE, "locale", "this language does not exist here", 404)
        try:
            fields = await read_fields(request)
        except FieldsError as error:
            status = 413 if isinstance(error, TooLargeError) else 400
            return refuse(kind, locale, str(error), status)
        call = tie(account, request, endpoint, kind, fields)
        response = await _answer(call, handler)
        _write_down(call, response)
        return response

    return serve


async def _answer(call: Call, handler: Handler) -> Response:
    faulty = await misbehave(call)
    if faulty is not None:
        return faulty
    if call.fields.doubled and call.endpoint not in LOOSE:
        return refuse(call.kind, call.locale, "a parameter stands twice")
    try:
        return await handler(call)
    except VisitError as error:
        if call.kind == "page":
            return problem_page(call.locale, error.code, str(error), error.status)
        return refuse(call.kind, call.locale, str(error), error.status)


def _write_down(call: Call, response: Response) -> None:
    call.account.switchboard.record(
        {
            "at_ms": call.now_ms,
            "session": call.session,
            "method": call.request.method,
            "endpoint": call.endpoint,
            "client": call.client,
            "persona": call.persona,
            "status": response.status_code,
            "fields": call.fields.values,
        }
    )
