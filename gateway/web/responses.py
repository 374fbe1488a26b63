"""Pages as responses: rendered, in the right language, under a strict content security policy."""

from collections.abc import Iterable
from typing import Final
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from gateway.broker.model import LoginTransaction
from gateway.broker.problems import Problem, ProblemError
from gateway.oidc.model import Client
from gateway.web.account_options import account_notice, known_options
from gateway.web.browser import form_token
from gateway.web.context import Web, correlation_id, web_of
from gateway.web.languages import LOCALES
from gateway.web.pages import Page, ProblemPage, ProviderOption
from gateway.web.render import render

_POLICY: Final = "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; frame-ancestors 'none'"


def content_policy(
    *,
    form_targets: Iterable[str] = (),
    posts_here: bool = True,
    frames: Iterable[str] = (),
    script_hash: str | None = None,
) -> str:
    """The content security policy of a page: what it needs, and nothing else (WB-11).

    ``form_targets`` are addresses at which a form of the page may end after redirects: browsers apply ``form-action``
    to those, too.
    """
    targets = [*(["'self'"] if posts_here else []), *_origins(form_targets)]
    parts = [_POLICY, f"form-action {' '.join(targets)}"]
    if framed := _origins(frames):
        parts.append(f"frame-src {' '.join(framed)}")
    if script_hash is not None:
        parts.append(f"script-src 'sha256-{script_hash}'")
    return "; ".join(parts)


def page(
    request: Request,
    context: Page,
    *,
    status: int = 200,
    language: str | None = None,
    form_targets: tuple[str, ...] = (),
    policy: str | None = None,
) -> Response:
    """Render a page under the policy that it needs; without one, that is for its forms and ``form_targets``."""
    web = web_of(request)
    switched = chosen_language(request)
    language = switched or language or web.language(request)
    headers = {"content-security-policy": policy or content_policy(form_targets=form_targets)}
    response = HTMLResponse(render(context, language, _titles(web)), status, headers)
    if switched is not None:
        web.cookies.set_language(response, switched)
    return response


def _titles(web: Web) -> dict[str, str]:
    """Names from the settings, of providers that are none of the three places' own."""
    named = ((name, getattr(provider, "title", None)) for name, provider in web.broker.providers.items())
    return {name: title for name, title in named if isinstance(title, str)}


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


def _origins(addresses: Iterable[str]) -> list[str]:
    return sorted({origin for address in addresses if (origin := _origin(address))})


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
    action = token = again = notice = None
    if transaction is not None and client is not None and error is not None and error.provider is not None:
        known, now = web.broker.notices_of_providers, web.clock()
        others = known_options((name for name in web.broker.offered(client) if name != error.provider), known, now)
        notice = account_notice(known.of(error.provider, now), now)
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
        notice=notice,
        others=others if token else (),
        action=action,
        csrf=token,
        again=again,
        way_home=way_home,
    )


def _token(request: Request, web: Web, purpose: str) -> str | None:
    binding = web.cookies.binding(request)
    return form_token(web.form_key, binding, purpose) if binding else None
