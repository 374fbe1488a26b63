"""Signing out: RP-Initiated Logout 1.0 with a page that asks first, and a farewell."""

from datetime import datetime
from typing import Final
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from gateway.audit import AuditAction, AuditEvent
from gateway.broker import problems
from gateway.broker.model import Session
from gateway.broker.problems import ProblemError
from gateway.oidc import logout, metadata
from gateway.web.browser import digest, form_token, is_form_token
from gateway.web.context import Web, correlation_id, web_of
from gateway.web.errors import errors_as_pages
from gateway.web.forms import Pairs, form_pairs, query_pairs
from gateway.web.pages import SignedOutPage, SignOutPage
from gateway.web.responses import page, see_other

_CONFIRM: Final = f"{metadata.PATHS['end_session']}/confirm"
_PURPOSE: Final = "sign-out"


@errors_as_pages
async def ask(request: Request) -> Response:
    """The end-session endpoint (RP-Initiated Logout 1.0 §2): validate, then ask; without a session, say farewell."""
    web = web_of(request)
    pairs = query_pairs(request)
    if request.method == "POST":
        pairs += await form_pairs(request)
    pairs = [pair for pair in pairs if pair[0] != "lang"]
    wanted = await _validated(web, pairs)
    binding, session = web.cookies.binding(request), await _session(web, request)
    if session is None or binding is None:
        return await _farewell(web, request, wanted)
    context = SignOutPage(
        service=wanted.client.client_name if wanted.client else None,
        switch=f"{metadata.PATHS['end_session']}?{urlencode(pairs)}" if pairs else metadata.PATHS["end_session"],
        action=_CONFIRM,
        csrf=form_token(web.form_key, binding, _PURPOSE),
        hidden=tuple(pairs),
    )
    target = wanted.post_logout_redirect_uri
    return page(request, context, form_targets=(target,) if target else ())


@errors_as_pages
async def confirm(request: Request) -> Response:
    """The person confirmed: the session ends here; the relying party gets its person back."""
    web = web_of(request)
    pairs = await form_pairs(request)
    tokens = [value for name, value in pairs if name == "csrf"]
    binding, cookie = web.cookies.binding(request), web.cookies.session(request)
    if binding is None or len(tokens) != 1 or not is_form_token(web.form_key, binding, _PURPOSE, tokens[0]):
        raise ProblemError(problems.STALE_FORM)
    wanted = await _validated(web, [pair for pair in pairs if pair[0] != "csrf"])
    ended = None
    if cookie is not None:
        event = _event(request, web.clock(), wanted)
        ended = await web.broker.sign_ins.end_session(digest(cookie), web.clock(), event)
    return await _farewell(web, request, wanted, ended)


async def _validated(web: Web, pairs: Pairs) -> logout.LogoutRequest:
    endpoint = web.token_endpoint
    return await logout.validate(pairs, endpoint.clients, endpoint.keys, web.issuer, web.clock())


async def _session(web: Web, request: Request) -> Session | None:
    cookie = web.cookies.session(request)
    return await web.broker.sign_ins.session(digest(cookie), web.clock()) if cookie else None


async def _farewell(web: Web, request: Request, wanted: logout.LogoutRequest, ended: Session | None = None) -> Response:
    """Back to the relying party where it asked for that and may; our own page otherwise."""
    home = logout.post_logout_url(wanted)
    if home is not None:
        response = see_other(home)
    else:
        upstream = _upstream(web, ended)
        service = wanted.client.client_name if wanted.client else None
        response = page(request, SignedOutPage(service=service, switch="/", way_home=None, upstream=upstream))
    web.cookies.end_session(response)
    return response


def _upstream(web: Web, ended: Session | None) -> tuple[tuple[str, str], ...]:
    """Where the provider's own session can be ended as well."""
    if ended is None or ended.person.provider not in web.broker.providers:
        return ()
    name = ended.person.provider
    address = web.broker.providers[name].sign_out_url(f"{web.issuer}/signed-out")
    return ((name, address),) if address else ()


@errors_as_pages
async def signed_out(request: Request) -> Response:
    """The farewell by itself, for providers that send people back to it."""
    return page(request, SignedOutPage(service=None, switch="/signed-out", way_home=None))


def _event(request: Request, now: datetime, wanted: logout.LogoutRequest) -> AuditEvent:
    client_id = wanted.client.client_id if wanted.client else None
    return AuditEvent(AuditAction.SIGNED_OUT, now, correlation_id(request), client_id=client_id)


def routes() -> list[Route]:
    """Signing out."""
    return [
        Route(metadata.PATHS["end_session"], ask, methods=["GET", "POST"]),
        Route(_CONFIRM, confirm, methods=["POST"]),
        Route("/signed-out", signed_out, methods=["GET"]),
    ]
