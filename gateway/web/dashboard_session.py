"""Signing in to the operators' pages, and out again: one answer to everything that is wrong, and to nobody more (G20).

The form of somebody who is not signed in yet is bound to their browser by a cookie of its own, so that no other site
signs anybody in as somebody else.
"""

import secrets
from dataclasses import dataclass, field
from typing import Final

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from gateway.admin import operator_sessions
from gateway.admin.acts import Act
from gateway.admin.operator_sessions import Presented, SignedIn, SignInError, TooManyTriesError
from gateway.oidc.ports import StoreUnavailableError
from gateway.web.context import correlation_id
from gateway.web.dashboard_problems import problem
from gateway.web.dashboard_render import Sheet, answered
from gateway.web.dashboard_visit import BODY_BYTES, SIGN_IN, SIGN_OUT, to_sign_in
from gateway.web.forms import FormError, form_pairs, once
from gateway.web.identifiers import limited_body
from gateway.web.operator_call import Desk
from gateway.web.operator_sign_in import (
    certificate_of,
    csrf_token,
    end_session,
    is_csrf_token,
    is_from_elsewhere,
    put_on_record,
    session_token,
    set_session,
    signed_in,
)
from gateway.web.source import source_of

_DOOR_SECONDS: Final = 3600
_PURPOSE: Final = "sign-in"
_WRONG: Final = "Name, password or code is wrong, or the code was used already. Wait for the next code and try again."
_TOO_MANY: Final = "Too many tries. Wait some minutes before the next one; trying on makes it no shorter."
_STALE: Final = "The form was too old. Please fill it in again."


@dataclass(frozen=True, slots=True)
class SignInSheet(Sheet):
    """The one page without a session."""

    template = "sign_in.html"
    csrf: str = field(repr=False)
    has_certificate: bool
    """Whether the browser has shown a client certificate."""
    is_signed_out: bool = False


async def show_sign_in(request: Request) -> Response:
    """Ask who it is; whoever is signed in already goes on."""
    desk: Desk = request.app.state.desk
    try:
        if await signed_in(request, desk) is not None:
            return RedirectResponse("/", 303)
    except StoreUnavailableError:
        return problem(503)
    return _form(request, desk, is_signed_out="signed-out" in request.query_params)


async def sign_in(request: Request) -> Response:
    """Begin a session, by what was typed or by the certificate that was shown."""
    desk: Desk = request.app.state.desk
    try:
        await limited_body(request, BODY_BYTES)
        fields = once(await form_pairs(request))
    except FormError as error:
        return problem(error.status)
    door = _door(request)
    if is_from_elsewhere(request) or not is_csrf_token(desk, door or "", _PURPOSE, fields.get("csrf", "")) or not door:
        return _form(request, desk, wrong=_STALE, status=403)
    try:
        signed = await _begun(request, desk, fields)
    except TooManyTriesError:
        return _form(request, desk, wrong=_TOO_MANY, status=429)
    except SignInError:
        return _form(request, desk, wrong=_WRONG, status=403)
    except StoreUnavailableError:
        return problem(503)
    response = RedirectResponse("/", 303)
    set_session(request, response, desk, signed.token)
    return response


async def sign_out(request: Request) -> Response:
    """End one's own session, at once and everywhere."""
    desk: Desk = request.app.state.desk
    try:
        await limited_body(request, BODY_BYTES)
        given = once(await form_pairs(request)).get("csrf", "")
        signed, token = await signed_in(request, desk), session_token(request)
        if signed is None or signed.session is None or token is None:
            return to_sign_in(request)
        if is_from_elsewhere(request) or not is_csrf_token(desk, token, SIGN_OUT, given):
            await put_on_record(request, desk, signed.operator.name, "csrf")
            return problem(403)
        act = Act(signed.operator.name, desk.clock(), correlation_id=correlation_id(request))
        await operator_sessions.sign_out(desk.door, signed.session, act)
    except FormError as error:
        return problem(error.status)
    except StoreUnavailableError:
        return problem(503)
    response = RedirectResponse(f"{SIGN_IN}?signed-out", 303)
    end_session(request, response)
    return response


async def _begun(request: Request, desk: Desk, fields: dict[str, str]) -> SignedIn:
    act = Act("nobody", desk.clock(), correlation_id=correlation_id(request))
    if "by_certificate" in fields:
        certificate = certificate_of(request, desk)
        if certificate is None:
            raise SignInError
        return await operator_sessions.sign_in_by_certificate(desk.door, certificate, act)
    code = fields.get("code", "").replace(" ", "")  # authenticators show it in two halves
    presented = Presented(fields.get("name", ""), fields.get("password", ""), code, source_of(request.scope))
    return await operator_sessions.sign_in(desk.door, presented, act)


def _form(request: Request, desk: Desk, *, wrong: str = "", status: int = 200, is_signed_out: bool = False) -> Response:
    door = _door(request) or secrets.token_urlsafe(32)
    sheet = SignInSheet(
        csrf_token(desk, door, _PURPOSE), certificate_of(request, desk) is not None, is_signed_out, wrong=wrong
    )
    response = answered(sheet, None, status=status)
    response.set_cookie(
        _cookie(request),
        door,
        max_age=_DOOR_SECONDS,
        path="/",
        secure=request.url.scheme == "https",
        httponly=True,
        samesite="strict",
    )
    return response


def _door(request: Request) -> str | None:
    """What binds the form to this browser; a doubled cookie was tossed by somebody else (WB-04)."""
    pairs = [part.partition("=") for part in request.headers.get("cookie", "").split("; ")]
    values = [value for name, _, value in pairs if name == _cookie(request)]
    return values[0] if len(values) == 1 and 0 < len(values[0]) <= 128 else None  # noqa: PLR2004 - as every cookie of ours


def _cookie(request: Request) -> str:
    return "__Host-gate-operator-door" if request.url.scheme == "https" else "gate-operator-door"


def routes() -> list[Route]:
    """The way in and the way out."""
    return [
        Route(SIGN_IN, show_sign_in, methods=["GET"]),
        Route(SIGN_IN, sign_in, methods=["POST"]),
        Route("/sign-out", sign_out, methods=["POST"]),
    ]
