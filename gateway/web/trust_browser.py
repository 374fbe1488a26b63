"""The trust-list browser: the lists that count now, open to everybody and the same for everybody."""

from datetime import datetime

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from certs.trust.snapshot import TrustSnapshot
from gateway.broker import problems
from gateway.broker.problems import ProblemError
from gateway.signatures.service import TrustUnusableError
from gateway.web.context import web_of
from gateway.web.errors import errors_as_pages
from gateway.web.responses import page
from gateway.web.trust_pages import HOME, trust_list_page, trust_page


@errors_as_pages
async def show_lists(request: Request) -> Response:
    """All lists, and who is recognised where."""
    trust, now = await _snapshot(request)
    return page(request, trust_page(trust, now))


@errors_as_pages
async def show_list(request: Request) -> Response:
    """One list with its entries."""
    trust, now = await _snapshot(request)
    context = trust_list_page(trust, request.path_params["list_id"], now)
    if context is None:
        raise ProblemError(problems.NOT_FOUND)
    return page(request, context)


async def _snapshot(request: Request) -> tuple[TrustSnapshot, datetime]:
    web = web_of(request)
    if web.signatures is None:
        raise ProblemError(problems.NOT_FOUND)
    now = web.clock()
    try:
        return await web.signatures.service.snapshot(now), now
    except TrustUnusableError:
        raise ProblemError(problems.UNAVAILABLE) from None


def routes() -> list[Route]:
    """Pages that change nothing."""
    return [
        Route(HOME, show_lists, methods=["GET"]),
        Route(f"{HOME}/{{list_id}}", show_list, methods=["GET"]),
    ]
