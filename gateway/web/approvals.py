"""What counters and hotlines ask a person, answered on the person's own device (CIBA §8).

Nothing is pushed anywhere: the person signs in here and sees what waits. To say yes is to look at what would be
passed on and to agree to it; to say no is one button.
"""

from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from gateway.broker import account, approvals, problems
from gateway.broker.model import Session
from gateway.broker.own_client import sign_in_url
from gateway.broker.problems import ProblemError
from gateway.broker.visit import Visit
from gateway.oidc.decoupled import DecoupledRequest
from gateway.oidc.model import Client
from gateway.web.account_pages import AccountSignInPage
from gateway.web.browser import is_form_token
from gateway.web.context import Web, web_of
from gateway.web.decoupled_pages import APPROVALS, ApprovalsPage, provider_targets, purpose_of, waiting
from gateway.web.errors import errors_as_pages
from gateway.web.forms import form_pairs, once
from gateway.web.front_channel import respond
from gateway.web.responses import page

_WORD: Final = "approvals"


@errors_as_pages
async def show(request: Request) -> Response:
    """What waits for the person of this browser, or the way to sign in."""
    web = web_of(request)
    binding = web.cookies.binding(request)
    visit = web.visit(request, binding or "", web.language(request))
    session = await account.signed_in(web.broker, visit) if binding else None
    if session is None or binding is None:
        address = f"{sign_in_url(web.issuer)}&state={_WORD}"  # leads back here: account.AFTER_SIGN_IN
        return page(request, AccountSignInPage(None, APPROVALS, address, asks=_WORD))
    entries = await approvals.pending(web.broker, session, visit.now)
    listed = tuple(waiting(web, binding, client, decoupled) for client, decoupled in entries)
    targets = (target for client, _ in entries for target in provider_targets(web, client))
    context = ApprovalsPage(service=None, switch=APPROVALS, requests=listed)
    return page(request, context, form_targets=tuple(targets))


@errors_as_pages
async def answer(request: Request) -> Response:
    """The person looks closer at one request, or refuses it."""
    web, request_id = web_of(request), request.path_params["request_id"]
    fields = once(await form_pairs(request))
    binding = web.cookies.binding(request)
    if binding is None or not is_form_token(web.form_key, binding, purpose_of(request_id), fields.get("csrf", "")):
        raise ProblemError(problems.STALE_FORM)
    visit = web.visit(request, binding, web.language(request))
    session = await account.signed_in(web.broker, visit)
    if session is None:
        raise ProblemError(problems.STALE_FORM, reason="no_session")
    client, decoupled = await _one_of(web, session, request_id, visit)
    match fields.get("action"):
        case "approve":
            outcome = await approvals.open(web.broker, client, decoupled, visit)
        case "deny":
            outcome = await approvals.deny(web.broker, decoupled, visit)
        case _:
            raise ProblemError(problems.MALFORMED)
    return await respond(request, outcome, binding, client)


async def _one_of(web: Web, session: Session, request_id: str, visit: Visit) -> tuple[Client, DecoupledRequest]:
    """A request of this very person's: nobody decides about another's, whatever id they send."""
    for client, decoupled in await approvals.pending(web.broker, session, visit.now):
        if decoupled.id == request_id:
            return client, decoupled
    raise ProblemError(problems.REQUEST_GONE)


def routes() -> list[Route]:
    """The counters' page."""
    return [
        Route(APPROVALS, show, methods=["GET"]),
        Route(f"{APPROVALS}/{{request_id}}", answer, methods=["POST"]),
    ]
