"""The control plane of a mock under `/__mock__/`: JSON for scripts, one page with plain forms for people.

Both speak to the same handlers; a form is answered with a redirect to the page. It is never reachable through the
gateway, and refuses forms that another site submits through a browser.
"""

import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import asdict
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from mock_idps import credential_plane
from mock_idps.control_fields import Fields, read_fields, session, text, typed
from mock_idps.control_state import ControlState
from mock_idps.pages import page
from mock_idps.scenarios import SESSION_KEY

SESSION_COOKIE: Final = "mock_session"
SESSION_HEADER: Final = "X-Mock-Session"
HOME: Final = "/__mock__/"

Action = Callable[[ControlState, Fields], Mapping[str, Any]]

HOME_PAGE: Final = (
    """
{% macro own() %}{% if session %}<input type="hidden" name="session" value="{{ session }}">{% endif %}{% endmacro %}
<p>Session: <code id="session">{{ session or "none (for everybody)" }}</code>, clock: {{ skew }} ms</p>
<form method="get" action="/__mock__/join">
<label for="join-session">Session key</label>
<input id="join-session" name="session" value="{{ session }}" maxlength="64" pattern="[A-Za-z0-9_-]+">
<button id="join">Join this session</button></form>
<form method="post" action="/__mock__/clock">{{ own() }}
<label for="skew">Clock, milliseconds ahead</label>
<input id="skew" name="skew_ms" value="{{ skew }}" inputmode="numeric">
<button id="turn-clock">Turn the clock</button></form>
<form method="post" action="/__mock__/keys/rotate"><button id="rotate">Rotate the keys</button></form>
<form method="post" action="/__mock__/reset">{{ own() }}<button id="reset">Reset</button></form>
<h2>Armed</h2>
<ul id="armed">{% for entry in armed %}
<li>{{ entry.scenario }}, session {{ entry.session or "all" }}, times {{ entry.times or "unlimited" }}</li>
{% else %}<li>nothing</li>{% endfor %}</ul>
<h2>Scenarios</h2>
<table><tbody>{% for name, effect in catalogue.items() %}
<tr><td><form method="post" action="/__mock__/scenario">{{ own() }}
<input type="hidden" name="scenario" value="{{ name }}"><input type="hidden" name="times" value="1">
<button id="arm-{{ name }}">{{ name }}</button></form></td><td>{{ effect }}</td></tr>
{% endfor %}</tbody></table>
"""
    + credential_plane.PAGE
    + """
<h2>Last requests</h2>
<table id="log"><tbody>{% for entry in log %}<tr><td><code>{{ entry }}</code></td></tr>{% endfor %}</tbody></table>
"""
)


def control_routes(state: ControlState) -> list[Route]:
    """Give the routes of one mock's control plane."""

    def act(action: Action) -> Callable[[Request], Awaitable[Response]]:
        async def endpoint(request: Request) -> Response:
            return await _perform(state, action, request)

        return endpoint

    async def home(request: Request) -> Response:
        return _home(state, request)

    async def log(request: Request) -> Response:
        return JSONResponse({"entries": state.log.read(request.query_params.get("session"))})

    async def credentials(_request: Request) -> Response:
        return JSONResponse({"credentials": credential_plane.racks(state.credentials)})

    def rotate(verb: str) -> Action:
        return lambda state, fields: credential_plane.act(state.credentials, verb, fields)

    async def personas(_request: Request) -> Response:
        return JSONResponse([asdict(persona) for persona in state.people])

    return [
        Route("/__mock__/", home, methods=["GET"]),
        Route("/__mock__/join", _join, methods=["GET"]),
        Route("/__mock__/log", log, methods=["GET"]),
        Route("/__mock__/personas", personas, methods=["GET"]),
        Route("/__mock__/scenario", act(_arm), methods=["POST"]),
        Route("/__mock__/scenario", act(_disarm), methods=["DELETE"]),
        Route("/__mock__/approve", act(_approve), methods=["POST"]),
        Route("/__mock__/auto", act(_auto), methods=["POST"]),
        Route("/__mock__/clock", act(_clock), methods=["POST"]),
        Route("/__mock__/keys/rotate", act(_rotate), methods=["POST"]),
        Route("/__mock__/credentials", credentials, methods=["GET"]),
        *(
            Route(f"/__mock__/credentials/{verb}", act(rotate(verb)), methods=["POST"])
            for verb in credential_plane.ACTS
        ),
        Route("/__mock__/reset", act(_reset), methods=["POST"]),
    ]


async def _perform(state: ControlState, action: Action, request: Request) -> Response:
    if request.headers.get("sec-fetch-site", "none") not in {"none", "same-origin"}:
        return JSONResponse({"error": "this form belongs to another site"}, status_code=403)
    try:
        is_form, fields = await read_fields(request)
        result = action(state, fields)
    except ValueError as error:
        return JSONResponse({"error": str(error)}, status_code=400)
    if is_form:
        return RedirectResponse(HOME, status_code=303)
    return JSONResponse({"ok": True, **result})


def _home(state: ControlState, request: Request) -> Response:
    key = request.cookies.get(SESSION_COOKIE, "")
    joined = key if SESSION_KEY.match(key) else None
    return page(
        f"Control plane: {state.name}",
        HOME_PAGE,
        session=joined or "",
        skew=state.skew_ms(joined),
        armed=state.book.armed,
        catalogue=state.book.catalogue,
        racks=credential_plane.racks(state.credentials),
        log=[json.dumps(entry, ensure_ascii=False, default=str) for entry in state.log.read(joined)[:-26:-1]],
    )


async def _join(request: Request) -> Response:
    key = request.query_params.get("session", "")
    if not SESSION_KEY.match(key):
        return JSONResponse({"error": "session must be 1 to 64 characters of A-Z a-z 0-9 _ -"}, status_code=400)
    response = RedirectResponse(HOME, status_code=303)
    response.set_cookie(SESSION_COOKIE, key, path="/", httponly=True, samesite="lax")
    return response


def _arm(state: ControlState, fields: Fields) -> Mapping[str, Any]:
    match = typed(fields, "match", dict) or {}
    if not all(isinstance(value, str) for value in match.values()):
        raise ValueError("match must hold text")
    state.book.arm(
        text(fields, "scenario"),
        session=session(fields),
        match=match,
        times=typed(fields, "times", int),
        args=typed(fields, "args", dict) or {},
    )
    return {}


def _disarm(state: ControlState, fields: Fields) -> Mapping[str, Any]:
    return {"removed": state.book.disarm(typed(fields, "scenario", str), session(fields))}


def _approve(state: ControlState, fields: Fields) -> Mapping[str, Any]:
    rejected = typed(fields, "reject", bool) or False
    state.approve(text(fields, "session"), text(fields, "persona"), rejected=rejected)
    return {}


def _auto(state: ControlState, fields: Fields) -> Mapping[str, Any]:
    state.set_auto(text(fields, "persona"), session(fields))
    return {}


def _clock(state: ControlState, fields: Fields) -> Mapping[str, Any]:
    skew_ms = typed(fields, "skew_ms", int)
    if skew_ms is None:
        raise ValueError("skew_ms is missing")
    state.set_skew(skew_ms, session(fields))
    return {}


def _rotate(state: ControlState, _fields: Fields) -> Mapping[str, Any]:
    if state.on_rotate is None:
        raise ValueError("this mock has no keys to rotate")
    return state.on_rotate() or {}


def _reset(state: ControlState, fields: Fields) -> Mapping[str, Any]:
    state.reset(session(fields))
    return {}
