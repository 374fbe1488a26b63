"""Signing out: RP-Initiated Logout 1.0 with a page that asks first, Front-Channel Logout 1.0, and a farewell.

Who brings an ID token of this very session has proven enough and is not asked; everybody else is (LO-02).
"""

from typing import Final
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from gateway.broker import problems, sign_out
from gateway.broker.account import signed_in
from gateway.broker.ports import EndedSession
from gateway.broker.problems import ProblemError
from gateway.broker.visit import Visit
from gateway.oidc import logout, metadata
from gateway.web.browser import form_token, is_form_token
from gateway.web.context import Web, web_of
from gateway.web.errors import errors_as_pages
from gateway.web.forms import Pairs, form_pairs, query_pairs
from gateway.web.pages import SignedOutPage, SignOutPage
from gateway.web.responses import content_policy, page, see_other

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
    binding, visit = _visit(request, web)
    session = await signed_in(web.broker, visit)
    if session is None or binding is None:
        return await _farewell(request, wanted, None)
    if await sign_out.is_of(web.broker, wanted, session):
        return await _farewell(request, wanted, await _end(web, visit, wanted))
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
    binding, visit = _visit(request, web)
    if binding is None or len(tokens) != 1 or not is_form_token(web.form_key, binding, _PURPOSE, tokens[0]):
        raise ProblemError(problems.STALE_FORM)
    wanted = await _validated(web, [pair for pair in pairs if pair[0] != "csrf"])
    return await _farewell(request, wanted, await _end(web, visit, wanted))


async def _validated(web: Web, pairs: Pairs) -> logout.LogoutRequest:
    op = web.op
    return await logout.validate(pairs, op.clients, op.keys, web.issuer, web.clock())


def _visit(request: Request, web: Web) -> tuple[str | None, Visit]:
    binding = web.cookies.binding(request)
    return binding, web.visit(request, binding or "", web.language(request))


async def _end(web: Web, visit: Visit, wanted: logout.LogoutRequest) -> EndedSession | None:
    ended = await sign_out.end(web.broker, visit, wanted.client.client_id if wanted.client else None)
    web.wake()  # services with a back channel hear of it within a second
    return ended


async def _farewell(request: Request, wanted: logout.LogoutRequest, ended: EndedSession | None) -> Response:
    """Back to the relying party where it asked for that and may; our own page otherwise, or while frames have work."""
    web = web_of(request)
    home = logout.post_logout_url(wanted)
    frames = await sign_out.front_channel(web.broker, ended) if ended is not None else ()
    if home is not None and not frames:
        response = see_other(home)
    else:
        context = SignedOutPage(
            service=wanted.client.client_name if wanted.client else None,
            switch="" if frames else "/signed-out",  # a second visit would have nobody to tell
            way_home=home,
            upstream=_upstream(web, ended),
            told=await _told(web, ended),
            frames=frames,
            goes_on=home is not None,
        )
        response = page(request, context, policy=content_policy(frames=frames))
    web.cookies.end_session(response)
    return response


def _upstream(web: Web, ended: EndedSession | None) -> tuple[tuple[str, str], ...]:
    """Where the provider's own session can be ended as well."""
    name = ended.session.person.provider if ended is not None else None
    if name is None or name not in web.broker.providers:
        return ()
    address = web.broker.providers[name].sign_out_url(f"{web.issuer}/signed-out")
    return ((name, address),) if address else ()


async def _told(web: Web, ended: EndedSession | None) -> tuple[str, ...]:
    """The services that hear of the end, by name."""
    if ended is None:
        return ()
    clients = [await web.broker.clients.find(client_id) for client_id in ended.signed_in_at]
    return tuple(
        client.client_name
        for client in clients
        if client is not None
        if client.is_active and (client.backchannel_logout_uri or client.frontchannel_logout_uri)
    )


@errors_as_pages
async def signed_out(request: Request) -> Response:
    """The farewell by itself, for providers that send people back to it."""
    return page(request, SignedOutPage(service=None, switch="/signed-out", way_home=None))


def routes() -> list[Route]:
    """Signing out."""
    return [
        Route(metadata.PATHS["end_session"], ask, methods=["GET", "POST"]),
        Route(_CONFIRM, confirm, methods=["POST"]),
        Route("/signed-out", signed_out, methods=["GET"]),
    ]
