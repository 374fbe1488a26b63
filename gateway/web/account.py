"""My identifier: what a person sees of their record, and the changes they can make to it.

Every change is a POST of a form of ours, bound to this browser, this session and this change, and needs a sign-in of
the last ten minutes; a link can show a page and change nothing (AL-06). Changes that end something are asked about.
"""

from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from gateway.broker import account as steps
from gateway.broker import problems
from gateway.broker.account import ActOutcome, Done, NotDone, SignInAgain
from gateway.broker.account_view import account_of
from gateway.broker.model import Session
from gateway.broker.own_client import RETURN_PATH, sign_in_url
from gateway.broker.problems import ProblemError
from gateway.broker.visit import Visit
from gateway.web.account_pages import (
    ASKED_FIRST,
    ENDING,
    HOME,
    NEW_PERMIT,
    WITHDRAW,
    AccountEndedPage,
    AccountSignInPage,
    account_page,
    act_page,
    done_token,
    named_by,
    purpose_of,
)
from gateway.web.browser import is_form_token
from gateway.web.context import Web, web_of
from gateway.web.decoupled_pages import APPROVALS
from gateway.web.errors import errors_as_pages
from gateway.web.forms import form_pairs, once
from gateway.web.responses import page, see_other

AFTER_SIGN_IN: Final = {"approvals": APPROVALS}
"""The word in ``state`` -> the page of ours that the sign-in was for; any other leads to this one."""
_AGAIN = f"{HOME}/sign-in"
_ENDED = f"{HOME}/ended"
_NOBODY = "-"
"""In the place of a session's id where none is left."""
_PERMIT_LIMIT = 64


@errors_as_pages
async def show(request: Request) -> Response:
    """The page, or the way to sign in."""
    web, binding, visit = _visit(request)
    session = await steps.signed_in(web.broker, visit) if binding else None
    if session is None or binding is None:
        return _sign_in(request, web, is_again=False)
    account = await account_of(web.broker, session, visit.now)
    return page(request, account_page(web, binding, session, account, request.query_params.get("done", "")))


@errors_as_pages
async def come_back(request: Request) -> Response:
    """Where the gateway's own sign-in ends: the session is what it was for, the code is worth nothing."""
    return see_other(AFTER_SIGN_IN.get(request.query_params.get("state", ""), HOME))


@errors_as_pages
async def show_sign_in(request: Request) -> Response:
    """Ask for a fresh sign-in before a change."""
    return _sign_in(request, web_of(request), is_again=True)


@errors_as_pages
async def ask(request: Request) -> Response:
    """Ask about one change; opening this page changes nothing."""
    web, binding, visit = _visit(request)
    act = request.path_params["act"]
    if act not in ASKED_FIRST:
        raise ProblemError(problems.NOT_FOUND)
    session = await steps.signed_in(web.broker, visit) if binding else None
    if session is None or binding is None:
        return _sign_in(request, web, is_again=False)
    if not steps.is_fresh(session, visit.now):
        return _sign_in(request, web, is_again=True)
    return page(request, act_page(web, binding, session, act))


@errors_as_pages
async def change(request: Request) -> Response:
    """Make one change."""
    web, binding, visit = _visit(request)
    act = request.path_params["act"]
    if act not in {*ASKED_FIRST, WITHDRAW}:
        raise ProblemError(problems.NOT_FOUND)
    fields = once(await form_pairs(request))
    session = await steps.signed_in(web.broker, visit) if binding else None
    if session is None or binding is None:
        raise ProblemError(problems.STALE_FORM, reason="no_session")
    parts = (fields.get("client_id", ""),) if act == WITHDRAW else ()
    if not is_form_token(web.form_key, binding, purpose_of(session, act, *parts), fields.get("csrf", "")):
        raise ProblemError(problems.STALE_FORM)
    match await _carried_out(web, visit, act, fields):
        case SignInAgain():
            return see_other(_AGAIN)
        case NotDone(reason) if act == NEW_PERMIT and reason != steps.NO_RECORD:
            return page(request, act_page(web, binding, session, act, reason))
        case NotDone():
            return see_other(HOME)  # there was nothing to change; the page shows how things stand
        case Done():
            web.wake()  # what ended may have to be told to relying parties
            return _done(web, binding, session, act)


async def _carried_out(web: Web, visit: Visit, act: str, fields: dict[str, str]) -> ActOutcome:
    match act:
        case "new-permit":
            return await steps.report_new_permit(web.broker, visit, fields.get("permit", "")[:_PERMIT_LIMIT])
        case "dispute":
            return await steps.dispute(web.broker, visit)
        case "untie":
            return await steps.untie(web.broker, visit)
        case "erase":
            return await steps.erase(web.broker, visit)
        case _:
            return await steps.withdraw(web.broker, visit, fields.get("client_id", ""))


def _done(web: Web, binding: str, session: Session, act: str) -> Response:
    """Show what has become of it, by redirect: a reload repeats nothing."""
    if act not in ENDING:
        return see_other(f"{HOME}?done={done_token(web, binding, session.id, act)}")
    response = see_other(f"{_ENDED}?done={done_token(web, binding, _NOBODY, act)}")
    web.cookies.end_session(response)
    return response


@errors_as_pages
async def ended(request: Request) -> Response:
    """The farewell of an account that was untied or forgotten; for this browser only."""
    web, binding, _ = _visit(request)
    given = request.query_params.get("done", "")
    act = named_by(web, binding, _NOBODY, ENDING, given) if binding else None
    if act is None:
        return see_other(HOME)
    return page(request, AccountEndedPage(service=None, switch=f"{_ENDED}?done={given}", act=act))


def _visit(request: Request) -> tuple[Web, str | None, Visit]:
    web = web_of(request)
    binding = web.cookies.binding(request)
    return web, binding, web.visit(request, binding or "", web.language(request))


def _sign_in(request: Request, web: Web, *, is_again: bool) -> Response:
    context = AccountSignInPage(
        service=None, switch=request.url.path, sign_in=sign_in_url(web.issuer), is_again=is_again
    )
    return page(request, context)


def routes() -> list[Route]:
    """My identifier."""
    return [
        Route(HOME, show, methods=["GET"]),
        Route(RETURN_PATH, come_back, methods=["GET"]),
        Route(_AGAIN, show_sign_in, methods=["GET"]),
        Route(_ENDED, ended, methods=["GET"]),
        Route(f"{HOME}/ask/{{act}}", ask, methods=["GET"]),
        Route(f"{HOME}/{{act}}", change, methods=["POST"]),
    ]
