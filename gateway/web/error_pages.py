"""The pages behind ``error_uri``: what each error code means and what to do about it (RFC 6749 §5.2)."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from gateway.broker import problems
from gateway.broker.problems import ProblemError
from gateway.oidc.names import ErrorCode
from gateway.web.error_catalogue import CATALOGUE
from gateway.web.errors import errors_as_pages
from gateway.web.pages import ErrorListPage, ErrorPage
from gateway.web.responses import page


@errors_as_pages
async def show_all(request: Request) -> Response:
    """Every code with a few words."""
    codes = tuple((code.value, explanation.happened) for code, explanation in CATALOGUE.items())
    return page(request, ErrorListPage(service=None, switch="/errors", codes=codes))


@errors_as_pages
async def show_one(request: Request) -> Response:
    """One code; the page tells nothing of the request that failed, as anybody may open it."""
    asked = request.path_params["code"]
    if asked not in set(ErrorCode):
        raise ProblemError(problems.NOT_FOUND)
    code = ErrorCode(asked)
    explanation = CATALOGUE[code]
    context = ErrorPage(
        service=None,
        switch=f"/errors/{code.value}",
        code=code.value,
        happened=explanation.happened,
        usually=explanation.usually,
        remedy=explanation.remedy,
        specification=explanation.specification,
    )
    return page(request, context)


def routes() -> list[Route]:
    """The error catalogue."""
    return [Route("/errors", show_all, methods=["GET"]), Route("/errors/{code}", show_one, methods=["GET"])]
