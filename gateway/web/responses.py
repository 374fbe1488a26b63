"""Pages as responses: rendered, in the right language, under a strict content security policy."""

from typing import Final
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from gateway.broker.model import LoginTransaction
from gateway.broker.problems import Problem, ProblemError
from gateway.oidc.model import Client
from gateway.web.browser import form_token
from gateway.web.context import Web, correlation_id, web_of
from gateway.web.languages import LOCALES
from gateway.web.pages import Page, ProblemPage, ProviderOption
from gateway.web.render import render

_POLICY: Final = (
    "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'"
)


def page(
    request: Request,
    context: Page,
    *,
    status: int = 200,
    language: str | None = None,
    form_targets: tuple[str, ...] = (),
) -> Response:
    """Render a page.

    ``form_targets`` are addresses at which a form of the page may end after redirects: browsers apply ``form-action``
    to those, too.
    """
    web = web_of(request)
    switched = chosen_language(request)
    language = switched or language or web.language(request)
    origins = sorted({origin for target in form_targets if (origin := _origin(target))})
    policy = " ".join([_POLICY, *origins])
    response = HTMLResponse(render(context, language), status, {"content-security-policy": policy})
    if switched is not None:
        web.cookies.set_language(response, switched)
    return response


def page_language(request: Request, transaction: LoginTransaction | None) -> str:
    """The language that the person chose; else the one that was settled when the sign-in began."""
    web = web_of(request)
    if transaction is None or web.cookies.language(request) is not None:
        return web.language(request)
    return transaction.language


def chosen_language(request: Request) -> str | None:
    """The language of a language link, ``?lang=``, if it is one of ours."""
    wanted = request.query_params.get("lang")
    return wanted if wanted in LOCALES else None


def _origin(address: str) -> str | None:
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}" if parts.scheme in {"http", "https"} and parts.netloc else None


def see_other(address: str) -> Response:
    """303: a form's body is never sent again to where the browser goes (AZ-10)."""
    return RedirectResponse(address, status_code=303)


def problem_page(
    request: Request,
    problem: Problem,
    *,
    error: ProblemError | None = None,
    client: Client | None = None,
    way_home: str | None = None,
    detail: str | None = None,
) -> ProblemPage:
    """The context of a problem, with the ways on that there are."""
    web = web_of(request)
    transaction = error.transaction if error else None
    others: tuple[ProviderOption, ...] = ()
    action = token = again = None
    if transaction is not None and client is not None and error is not None and error.provider is not None:
        others = tuple(ProviderOption(name) for name in web.broker.offered(client) if name != error.provider)
        action = f"/sign-in/{transaction.id}/provider"
        token = _token(request, web, f"{transaction.id}/provider")
        again = f"/sign-in/{transaction.id}"
    return ProblemPage(
        service=client.client_name if client else None,
        switch=again or "/",
        code=problem.code,
        key=problem.page,
        reference=correlation_id(request),
        detail=detail,
        provider=error.provider if error else None,
        others=others if token else (),
        action=action,
        csrf=token,
        again=again,
        way_home=way_home,
    )


def _token(request: Request, web: Web, purpose: str) -> str | None:
    binding = web.cookies.binding(request)
    return form_token(web.form_key, binding, purpose) if binding else None
