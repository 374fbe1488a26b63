"""The browser's way through a login: QR page, continue, cancel, and the simulated phone (identity-providers 1.3, 6.A).

A login belongs to the browser that opened its page: the id in the QR opens the phone, but only the cookie of that
browser may ask how it stands or be sent home (HK-07). The phone knows the id alone, as a real one would.
"""

import hmac
import re
import secrets
from typing import Final
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from mock_idps.hong_kong import callback, login_pages, signing_page
from mock_idps.hong_kong.catalogue import GET_QR
from mock_idps.hong_kong.codes import WireError
from mock_idps.hong_kong.faults import Caller, OutageError, break_down, take
from mock_idps.hong_kong.parameters import CORP_PATHS, LoginRequest, read_language, read_login_request
from mock_idps.hong_kong.simulation import Simulation
from mock_idps.hong_kong.waiting import Login
from mock_idps.personas import find
from mock_idps.switchboard import Approval, session_of

BROWSER_COOKIE: Final = "iamsmart_browser"
BROWSER: Final = re.compile(r"[0-9a-f]{32}\Z")
MAX_FORM: Final = 4_096


class LoginDesk:
    """The routes of one mock's login."""

    def __init__(self, simulation: Simulation) -> None:
        self._simulation = simulation

    def routes(self) -> list[Route]:
        """Give the routes for browser and phone."""
        return [
            *(Route(path, self.get_qr, methods=["GET"]) for path in ("/api/v1/auth/getQR", *CORP_PATHS)),
            Route("/qr", self.show_phone, methods=["GET"]),
            Route("/qr", self.hear_phone, methods=["POST"]),
            Route("/qr/continue", self.go_on, methods=["GET"]),
            Route("/qr/status", self.status, methods=["GET"]),
            Route("/qr/cancel", self.cancel, methods=["POST"]),
        ]

    async def get_qr(self, request: Request) -> Response:
        """Open a login: show the QR, or go straight on where a persona approves by itself."""
        session = session_of(request)
        try:
            await break_down(self._simulation, Caller(GET_QR, request.query_params.get("clientID"), session))
            wanted = read_login_request(self._simulation.config, request.query_params, request.url.path)
            signing_page.check(self._simulation, wanted, self._simulation.now(session))
            approval = self._automatic(request, session)
        except OutageError as outage:
            return outage.response
        except WireError as error:
            self._record(Caller(GET_QR, session=session), error.code)
            return login_pages.problem_page(error, read_language(request.query_params))
        login = self._open(wanted, _browser_of(request) or secrets.token_hex(16), session)
        if approval is not None:
            organisation = callback.chosen_organisation(self._simulation, login, approval.persona)
            login.decide(approval, self._now(login), organisation)
        response = self._advance(login) if approval else self._wait(login)
        response.set_cookie(BROWSER_COOKIE, login.browser, path="/", httponly=True, samesite="lax")
        return response

    async def go_on(self, request: Request) -> Response:
        """Go back to the service when the phone has decided, otherwise wait on."""
        login = self._own_login(request, request.query_params.get("c", ""))
        if login is None:
            return _refused(request)
        if not login.may_poll(self._now(login)):
            return login_pages.waiting_page(login, self._simulation.config.base_url, busy=True)
        return self._advance(login)

    async def status(self, request: Request) -> Response:
        """Answer how the login stands in one word (HK-10)."""
        login = self._own_login(request, request.query_params.get("c", ""))
        headers = {"Cache-Control": "no-store"}
        if login is None:
            return JSONResponse({"status": "REFUSED"}, status_code=403, headers=headers)
        if not login.may_poll(self._now(login)):
            return JSONResponse({"status": "SLOW_DOWN"}, status_code=429, headers={**headers, "Retry-After": "1"})
        self._hear_control_plane(login)
        return JSONResponse({"status": login.word(self._now(login))}, headers=headers)

    async def cancel(self, request: Request) -> Response:
        """Send the browser home without a code, because the person wants that or the QR has run out."""
        login = self._own_login(request, (await _form(request)).get("c", ""))
        if login is None or login.callback is not None:
            return _refused(request)
        code = callback.TIMED_OUT if login.is_expired(self._now(login)) else callback.CANCELLED
        return self._finish(login, {"error_code": code})

    async def show_phone(self, request: Request) -> Response:
        """Show the simulated phone for a QR that is still open."""
        login = self._simulation.logins.get(request.query_params.get("c", ""))
        if login is None:
            return _refused(request)
        if login.word(self._now(login)) != "WAITING":
            return login_pages.problem_page(WireError("D40003"), login.request.lang, status=410)
        return self._phone(login)

    async def hear_phone(self, request: Request) -> Response:
        """Take the person's word from the phone; the first one in time counts."""
        form = await _form(request)
        login = self._simulation.logins.get(form.get("c", ""))
        if login is None or request.headers.get("sec-fetch-site", "none") not in {"none", "same-origin"}:
            return _refused(request)
        rejected = form.get("action") == "reject"
        person = form.get("person", "").strip()
        organisation = form.get("organisation", "").strip() or None
        is_known = find(self._simulation.people, person) is not None or (rejected and not person)
        if not is_known or not self._may_act(login, person, organisation):
            return self._phone(login, problem=True)
        if not login.decide(Approval(person, rejected), self._now(login), organisation):
            return login_pages.problem_page(WireError("D40003"), login.request.lang, status=410)
        return login_pages.decided_page(login, rejected=rejected)

    def _phone(self, login: Login, *, problem: bool = False) -> Response:
        simulation = self._simulation
        order = signing_page.order_of(simulation, login)
        if order is not None:
            return signing_page.phone_page(login, order, simulation.people, problem=problem)
        acting = () if login.request.corp_scope is None else simulation.directory.mandates
        return login_pages.phone_page(login, simulation.people, acting, problem=problem)

    def _may_act(self, login: Login, person: str, organisation: str | None) -> bool:
        """Say whether the person may go on for this company, or for themselves alone."""
        if organisation is None:
            return True
        is_asked = login.request.corp_scope is not None
        return is_asked and self._simulation.directory.mandate(person, organisation) is not None

    def _automatic(self, request: Request, session: str | None) -> Approval | None:
        """Read `auto`, or what a tester has set for the session."""
        persona = request.query_params.get("auto") or self._simulation.board.auto_approve(session)
        if persona is None:
            return None
        if find(self._simulation.people, persona) is None:
            raise WireError("D20003", "auto")
        return Approval(persona)

    def _open(self, wanted: LoginRequest, browser: str, session: str | None) -> Login:
        login = Login(secrets.token_hex(16), browser, wanted, session, self._simulation.now(session))
        if take(self._simulation, "qr_expired", callback.caller_of(login)) is not None:
            login.expired = True
        self._simulation.logins.put(login.id, login)
        return login

    def _own_login(self, request: Request, id: str) -> Login | None:  # noqa: A002 - the field's own name
        """Find the login of this browser; another browser learns nothing, not even that it exists."""
        login = self._simulation.logins.get(id)
        browser = _browser_of(request)
        if login is None or browser is None or not hmac.compare_digest(login.browser, browser):
            return None
        return login

    def _hear_control_plane(self, login: Login) -> None:
        approval = self._simulation.board.approvals.pop(login.id, None)
        if approval is not None:
            login.decide(approval, self._now(login))

    def _advance(self, login: Login) -> Response:
        """Go one step: home, on waiting, or nowhere."""
        if login.callback is not None:
            return self._once_more(login)
        self._hear_control_plane(login)
        denial = callback.armed_denial(self._simulation, login)
        if denial is not None:
            return self._finish(login, denial)
        if login.decision is None:
            return self._wait(login)
        if login.is_forgotten(self._now(login)):
            return self._finish(login, {"error_code": callback.TIMED_OUT})
        if login.decision.rejected:
            return self._finish(login, {"error_code": callback.REJECTED})
        persona = find(self._simulation.people, login.decision.persona)
        if persona is None:
            return self._finish(login, {"error_code": "D40002"})
        refusal = signing_page.decide(self._simulation, login, persona)
        if refusal is not None:
            return self._finish(login, {"error_code": refusal})
        return self._finish(login, callback.issue_code(self._simulation, login, persona))

    def _finish(self, login: Login, parameters: dict[str, str]) -> Response:
        caller = callback.caller_of(login)
        parameters = signing_page.parameters(self._simulation, login, parameters)
        login.callback = callback.address(self._simulation, login, parameters)
        login.repeats = take(self._simulation, "callback_twice", caller) is not None
        self._record(caller, parameters.get("error_code", "callback"))
        if take(self._simulation, "callback_lost", caller) is not None:
            return login_pages.lost_page(login)
        return _home(login.callback)

    def _once_more(self, login: Login) -> Response:
        """A login is sent home once; only the scenario `callback_twice` repeats it."""
        if login.repeats and login.callback is not None:
            return _home(login.callback)
        return login_pages.problem_page(WireError("D40004"), login.request.lang)

    def _wait(self, login: Login) -> Response:
        if login.is_expired(self._now(login)):
            return login_pages.expired_page(login)
        return login_pages.waiting_page(login, self._simulation.config.base_url)

    def _now(self, login: Login) -> int:
        return self._simulation.now(login.session)

    def _record(self, caller: Caller, answer: str) -> None:
        self._simulation.board.record(
            {
                "at": self._simulation.now(caller.session),
                "endpoint": caller.endpoint,
                "client": caller.client,
                "session": caller.session,
                "persona": caller.persona,
                "answer": answer,
            }
        )


def _home(url: str) -> Response:
    return RedirectResponse(
        url, status_code=302, headers={"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}
    )


def _browser_of(request: Request) -> str | None:
    browser = request.cookies.get(BROWSER_COOKIE, "")
    return browser if BROWSER.match(browser) else None


def _refused(request: Request) -> Response:
    """One answer for unknown, foreign and used logins."""
    return login_pages.problem_page(WireError("D20003"), read_language(request.query_params), status=403)


async def _form(request: Request) -> dict[str, str]:
    """Read a small form; one that is too large or repeats a field is no form."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_FORM:
            return {}
    try:
        pairs = parse_qsl(bytes(body).decode("ascii"), max_num_fields=8)
    except ValueError:
        return {}
    fields = dict(pairs)
    return fields if len(fields) == len(pairs) else {}
