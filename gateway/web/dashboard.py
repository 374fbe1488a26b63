"""The operators' dashboard: the table of its pages, and what is answered where there is none (ecosystem, section 4.4).

On the operators' listener only, beside their API. Pages know sessions, programs know keys; neither opens the other.
"""

from pathlib import Path
from typing import Any, Final

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from gateway.oidc.ports import StoreUnavailableError
from gateway.web import (
    dashboard_audit,
    dashboard_ends,
    dashboard_joint_acts,
    dashboard_key_acts,
    dashboard_keys,
    dashboard_overview,
    dashboard_session,
    dashboard_upstreams,
    operator_api,
)
from gateway.web.dashboard_problems import problem
from gateway.web.dashboard_render import STYLESHEET
from gateway.web.dashboard_visit import Sight, endpoint, to_sign_in
from gateway.web.errors import Endpoint
from gateway.web.operator_call import Desk
from gateway.web.operator_sign_in import signed_in

SIGHTS: Final[tuple[Sight, ...]] = (
    *dashboard_overview.SIGHTS,
    *dashboard_ends.SIGHTS,
    *dashboard_keys.SIGHTS,
    *dashboard_key_acts.SIGHTS,
    *dashboard_upstreams.SIGHTS,
    *dashboard_joint_acts.SIGHTS,
    *dashboard_audit.SIGHTS,
)
_HERE: Final = Path(__file__).parent / "static"
_FILES: Final = {
    "/static/gateway.css": (_HERE / "gateway.css", "text/css; charset=utf-8"),
    "/static/mark.svg": (_HERE / "mark.svg", "image/svg+xml"),
    f"/static/operators/{STYLESHEET.name}": (STYLESHEET, "text/css; charset=utf-8"),
}
_PROGRAMS: Final = ("/v1/", "/metrics", "/livez")
"""Where programs ask: they are answered in the API's one shape."""


def routes() -> list[Route]:
    """Every page, its forms, and what pages load."""
    files = [Route(path, _file(*found), methods=["GET"]) for path, found in _FILES.items()]
    pages = [Route(one.path, endpoint(one), methods=[one.method]) for one in SIGHTS]
    return [*dashboard_session.routes(), *pages, *files]


def _file(path: Path, media_type: str) -> Endpoint:
    """A file that exists at start: no path of a request ever reaches the file system."""
    content = path.read_bytes()

    async def serve(_: Request) -> Response:
        return Response(content, media_type=media_type, headers={"cache-control": "public, max-age=86400, immutable"})

    return serve


async def _not_served(request: Request, error: Exception) -> Response:
    """An address or a method that does not exist; without a session both look like every page."""
    if request.url.path.startswith(_PROGRAMS) or not isinstance(error, HTTPException):
        return await _of_api(HTTPException, request, error)
    if error.status_code not in {404, 405}:
        return problem(error.status_code)
    desk: Desk = request.app.state.desk
    try:
        if await signed_in(request, desk) is None:
            return to_sign_in(request)
    except StoreUnavailableError:
        return problem(503)
    response = problem(error.status_code)
    response.headers.update(error.headers or {})
    return response


async def _fault(request: Request, error: Exception) -> Response:
    """A fault of ours, without a word of what it was; the edge logs where it happened."""
    if request.url.path.startswith(_PROGRAMS):
        return await _of_api(Exception, request, error)
    return problem(500)


async def _of_api(kind: type[Exception], request: Request, error: Exception) -> Response:
    handler: Any = operator_api.EXCEPTION_HANDLERS[kind]
    response: Response = await handler(request, error)
    return response


EXCEPTION_HANDLERS: Final = {HTTPException: _not_served, Exception: _fault}
