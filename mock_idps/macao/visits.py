"""Opens a visit to the sign-in pages and finds it again: same browser, not over, not too old."""

import hmac
import secrets
from typing import Final
from urllib.parse import urlencode

from starlette.responses import RedirectResponse, Response

from mock_idps.macao import entities
from mock_idps.macao.answers import problem_page
from mock_idps.macao.authorize import RefusedRequestError, UntrustedRequestError, read_request
from mock_idps.macao.call import Call
from mock_idps.macao.callback import SSO_COOKIE, finish, send_back, set_cookie
from mock_idps.macao.logins import Asked, Login, Proof

BROWSER_COOKIE: Final = "mo_browser"
BROWSER_SECONDS: Final = 3_600


class VisitError(Exception):
    """The ticket does not open a sign-in for this browser; carries the code and status of the page."""

    def __init__(self, code: str, reason: str, status: int) -> None:
        super().__init__(reason)
        self.code = code
        self.status = status


def find_visit(call: Call) -> Login:
    """Give the visit that the request names (a ticket seen by another browser opens nothing)."""
    login = call.account.logins.get(call.fields.get("ticket"))
    if login is None:
        raise VisitError("unknown_ticket", "no sign-in belongs to this ticket", 404)
    if not hmac.compare_digest(call.request.cookies.get(BROWSER_COOKIE, "").encode(), login.browser.encode()):
        raise VisitError("other_browser", "this sign-in was started in another browser", 403)
    if login.is_done:
        raise VisitError("done", "this sign-in is over", 410)
    if call.now_ms >= login.expires_ms:
        raise VisitError("expired", "this sign-in took too long", 410)
    return login


def automatic(call: Call, session: str | None, asked: Asked, wished: str) -> Proof | None:
    """Give the persona that signs in without pages: named in the address, or armed for the session."""
    person = call.account.person(wished or call.account.switchboard.auto_approve(session) or "")
    if person is None or person.mo_level is None:
        return None
    return Proof(person.id, person.mo_level, entities.chosen(call, person.id, asked.scope))


async def authorize(call: Call) -> Response:
    """`GET /oauth/authorize`: to the sign-in page, or straight back when the platform knows the browser."""
    try:
        asked = read_request(call.fields, call.account.config, can_sign=call.account.signing is not None)
    except UntrustedRequestError as error:
        return problem_page(call.locale, "untrusted", str(error))
    except RefusedRequestError as error:
        answer = {"error": error.error, "error_description": error.description, "state": error.state}
        return send_back(call, error.redirect_uri, answer)
    return _open(call, asked)


def _open(call: Call, asked: Asked) -> Response:
    browser = call.request.cookies.get(BROWSER_COOKIE) or secrets.token_urlsafe(24)
    login = call.account.begin(asked, browser=browser, session=call.session, now_ms=call.now_ms)
    known = call.account.recall(call.request.cookies.get(SSO_COOKIE, ""), call.now_ms)
    goes_automatically = bool(asked.auto or call.account.switchboard.auto_approve(login.session))
    # Where an entity may be chosen, a browser that is signed in personally is shown the page, and chooses.
    may_choose = entities.SCOPE in asked.scope and known is not None and known.organisation is None
    if known and known.level >= asked.acr and not (asked.forces_login or goes_automatically or may_choose):
        return finish(call, login, known)
    query = {"ticket": login.ticket} | ({"auto": asked.auto} if asked.auto else {})
    response = RedirectResponse(f"/{asked.locale}/login?{urlencode(query)}", status_code=302)
    set_cookie(call, response, BROWSER_COOKIE, browser, max_age=BROWSER_SECONDS)
    return response
