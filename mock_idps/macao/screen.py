"""Sign-in by phone: the page with the code, its status, and the simulated phone that reads it."""

import secrets
from dataclasses import replace
from typing import Final

from starlette.responses import JSONResponse, Response

from mock_idps.macao import screen_code
from mock_idps.macao.answers import NO_STORE, problem_page, throttled
from mock_idps.macao.call import Call
from mock_idps.macao.callback import deny, finish, refusal
from mock_idps.macao.keys import UNKNOWN_KEY
from mock_idps.macao.logins import POLL_MS, Login, Proof, Screen, ScreenStatus
from mock_idps.macao.screen_code import REPLACED_MS, ScreenCode, ScreenCodeError
from mock_idps.macao.views import phone_done_page, phone_page, screen_page
from mock_idps.macao.visits import automatic, find_visit

OPEN: Final = frozenset({"WAITING", "SCANNED"})


async def show(call: Call) -> Response:
    """`GET /{locale}/qr`: the code, or the way back once the phone has spoken."""
    login = find_visit(call)
    if (refused := refusal(call, login)) is not None:
        return refused
    if (proof := automatic(call, login.session, login.asked, call.fields.get("auto"))) is not None:
        return finish(call, login, proof)
    if call.fields.get("renew") and login.screen is not None and login.screen.status == "EXPIRED":
        login = call.account.keep(login, screen=None)
    login, screen = current_screen(call, login)
    if screen.status == "REJECTED":
        return deny(call, login, "rejected")
    if screen.status == "CONFIRMED" and screen.persona is not None:
        person = call.account.person(screen.persona)
        organisation = login.proof.organisation if login.proof is not None else None
        return finish(call, login, Proof(screen.persona, (person.mo_level if person else None) or 1, organisation))
    return screen_page(call, login, screen)


async def status(call: Call) -> Response:
    """`GET /qr/status`: one word, to the browser that shows the code, at most once a second."""
    login = find_visit(call)
    if 0 <= call.now_ms - login.polled_ms < POLL_MS:
        return throttled(call)
    login = call.account.keep(login, polled_ms=call.now_ms)
    _, screen = current_screen(call, login)
    return JSONResponse({"status": screen.status}, headers=NO_STORE)


def current_screen(call: Call, login: Login) -> tuple[Login, Screen]:
    """Bring the code up to date: replaced every thirty seconds, changed by the phone or by a tester."""
    screen = login.screen
    if screen is None or (screen.status == "WAITING" and call.now_ms - screen.issued_ms >= REPLACED_MS):
        screen = Screen(_payload(call, login), call.now_ms)
    answer = call.account.switchboard.approvals.pop(login.ticket, None)
    if screen.status == "WAITING" and call.take("qr_expired") is not None:
        screen = replace(screen, status="EXPIRED")
    elif answer is not None and screen.status in OPEN:
        screen = _answered(login, screen, answer.persona, is_rejected=answer.rejected)
    return call.account.keep(login, screen=screen), screen


def _answered(login: Login, screen: Screen, persona: str, *, is_rejected: bool) -> Screen:
    """Record what the phone said; another person's phone cannot confirm a sign-in that began with a password."""
    is_other = login.proof is not None and login.proof.persona != persona
    word: ScreenStatus = "REJECTED" if is_rejected or is_other else "CONFIRMED"
    return replace(screen, status=word, persona=persona)


def _payload(call: Call, login: Login) -> str:
    account = call.account
    code = ScreenCode(login.ticket, call.now_ms, login.asked.client_id)
    if call.take("qr_bad_sign") is not None:
        other = ScreenCode(secrets.token_urlsafe(24), call.now_ms, login.asked.client_id)
        return screen_code.write(account.config.base_url, code, account.keys.current, signed=other.text())
    if call.take("qr_unknown_key") is not None:
        return screen_code.write(account.config.base_url, code, account.keys.current, number=UNKNOWN_KEY)
    is_old = call.take("qr_key_rotated") is not None
    return screen_code.write(account.config.base_url, code, account.keys.retired if is_old else account.keys.current)


def _shown(call: Call) -> tuple[str, str, str]:
    return call.fields.get("key"), call.fields.get("data"), call.fields.get("sign")


async def read_on_phone(call: Call) -> Response:
    """`GET /q`: the simulated phone reads the code and asks its owner."""
    try:
        code = screen_code.read(*_shown(call), call.account.keys, call.now_ms)
    except ScreenCodeError as error:
        return problem_page(call.locale, "screen_code", str(error))
    login = call.account.logins.get(code.ticket)
    if login is None or login.is_done or login.screen is None or login.screen.status not in OPEN:
        return problem_page(call.locale, "not_waiting", "no sign-in waits for this code", 410)
    call.account.keep(login, screen=replace(login.screen, status="SCANNED"))
    token = secrets.token_urlsafe(24)
    call.account.phones.put(token, login.ticket)
    named = login.proof.persona if login.proof is not None else ""
    return phone_page(call, client_id=login.asked.client_id, action="/q/answer", token=token, named=named)


async def answer_on_phone(call: Call) -> Response:
    """`POST /q/answer`: the phone's owner approves or rejects."""
    ticket = call.account.phones.get(call.fields.get("phone"))
    login = call.account.logins.get(ticket or "")
    if login is None or login.is_done or login.screen is None or login.screen.status not in OPEN:
        return problem_page(call.locale, "not_waiting", "no sign-in waits for this phone", 410)
    is_rejected = call.fields.get("decision") != "approve"
    named = call.fields.get("person")
    if not is_rejected and call.account.person(named) is None:
        token = call.fields.get("phone")
        return phone_page(
            call, client_id=login.asked.client_id, action="/q/answer", token=token, problem="wrong_login", named=named
        )
    call.account.keep(login, screen=_answered(login, login.screen, named, is_rejected=is_rejected))
    return phone_done_page(call)
