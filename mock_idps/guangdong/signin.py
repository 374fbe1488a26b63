"""From the authorization request to the callback: checks, the sign-in page, single sign-on, logout (section 4.1)."""

import secrets
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote, urlsplit

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from mock_idps.guangdong import pages
from mock_idps.guangdong.config import GuangdongClient
from mock_idps.guangdong.inputs import form_fields, query_fields
from mock_idps.guangdong.people import PASSWORD
from mock_idps.guangdong.province import Call, Province
from mock_idps.guangdong.store import (
    CODE_MS,
    SESSION_MS,
    SIGN_IN_MS,
    Grant,
    SignIn,
    SsoSession,
    new_key,
    new_session_id,
)
from mock_idps.personas import Persona
from mock_idps.switchboard import session_of

SSO_COOKIE: Final = "gdbsTokenId"
BROWSER_COOKIE: Final = "gdbsBrowser"
_LAPSED: Final = "登录已失效，请返回应用重新开始。 This sign-in has lapsed; please start again from the application."


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Who signed in, how, and for which organisation if for any."""

    persona: str
    way: str
    organisation: str | None


class SignInPages:
    """The endpoints that a browser meets on its way through a sign-in by account name."""

    def __init__(self, province: Province) -> None:
        self._province = province

    async def authorize(self, request: Request) -> Response:
        """Check the request, then sign in at once (script, single sign-on) or show the page."""
        fields = query_fields(request)
        client = self._province.config.client(fields.get("client_id", ""))
        call = Call("authorize", session_of(request), client.client_id if client else None)
        problem = _problem(fields, client)
        self._province.record(call, query=fields, errcode=problem[0] if problem else "0")
        if client is None or problem:
            return pages.refused_page(*(problem or ("40001", None)))
        browser = request.cookies.get(BROWSER_COOKIE) or new_key()
        ticket = self._open(fields, call, browser)
        response = self._without_page(request, fields, ticket) or pages.sign_in_page(
            ticket, client.name, self._province.account_holders
        )
        _set_cookie(response, BROWSER_COOKIE, browser)
        return response

    async def show(self, request: Request) -> Response:
        """Show the sign-in page again, or the tab for organisations."""
        fields = query_fields(request)
        ticket = fields.get("ticket", "")
        sign_in = own_sign_in(self._province, request, ticket)
        client = self._province.config.client(sign_in.client_id) if sign_in else None
        if client is None:
            return lapsed()
        if fields.get("tab") == "legal":
            return pages.legal_page(ticket, client.name, self._province.mandates())
        return pages.sign_in_page(ticket, client.name, self._province.account_holders)

    async def submit(self, request: Request) -> Response:
        """Take the account name of the form; no password is asked in this simulation."""
        fields = await form_fields(request)
        ticket = fields.get("ticket", "")
        sign_in = own_sign_in(self._province, request, ticket)
        client = self._province.config.client(sign_in.client_id) if sign_in else None
        if client is None:
            return lapsed()
        persona = self._province.account_holder(fields.get("person", "").strip())
        if "organisation" in fields:
            return self._submit_for_organisation(ticket, client, persona, fields["organisation"].strip())
        if persona is None:
            return pages.sign_in_page(ticket, client.name, self._province.account_holders, unknown=True)
        return finish(self._province, ticket, persona, PASSWORD)

    def _submit_for_organisation(
        self, ticket: str, client: GuangdongClient, persona: Persona | None, organisation: str
    ) -> Response:
        """Let in who represents the organisation or was appointed by it; unknown and not appointed sound alike."""
        if persona is None or self._province.directory.mandate(persona.id, organisation) is None:
            return pages.legal_page(ticket, client.name, self._province.mandates(), unknown=True)
        return finish(self._province, ticket, persona, PASSWORD, organisation)

    async def cancel(self, request: Request) -> Response:
        """Let the person turn back."""
        ticket = (await form_fields(request)).get("ticket", "")
        sign_in = own_sign_in(self._province, request, ticket)
        if sign_in is None:
            return lapsed()
        self._province.store.sign_ins.drop(ticket)
        return cancelled(sign_in)

    async def logout(self, request: Request) -> Response:
        """End single sign-on, and go back only to a place that belongs to a registered application."""
        self._province.record(Call("logout", session_of(request)))
        self._province.store.sso.drop(request.cookies.get(SSO_COOKIE, ""))
        target = query_fields(request).get("redirect_uri", "")
        config = self._province.config
        # Back to the platform's own authorize page as well: that is how an application asks for a fresh sign-in.
        is_known = _is_web_address(target) and (
            target.startswith(f"{config.base_url}/") or any(client.owns_origin_of(target) for client in config.clients)
        )
        response: Response = (
            RedirectResponse(target, status_code=302)
            if is_known
            else pages.message_page("已退出 Signed out", "您已退出登录。 You are signed out.")
        )
        response.delete_cookie(SSO_COOKIE, path="/")
        return response

    def _open(self, fields: dict[str, str], call: Call, browser: str) -> str:
        now_ms, ticket = self._province.now_ms(call.session), new_key()
        sign_in = SignIn(
            client_id=fields["client_id"],
            redirect_uri=fields["redirect_uri"],
            state=fields.get("state"),
            browser=browser,
            session=call.session,
            expires_ms=now_ms + SIGN_IN_MS,
        )
        self._province.store.sign_ins.put(ticket, sign_in, now_ms)
        return ticket

    def _without_page(self, request: Request, fields: dict[str, str], ticket: str) -> Response | None:
        session = session_of(request)
        wanted = fields.get("auto") or self._province.switchboard.auto_approve(session)
        if wanted:
            persona = self._province.account_holder(wanted)
            if persona is None:
                return pages.refused_page("unknown_persona", "账号不存在。 No such account here.")
            organisation = self._province.chosen_organisation(persona, Call("authorize", session))
            return finish(self._province, ticket, persona, PASSWORD, organisation)
        known = self._province.store.sso.get(request.cookies.get(SSO_COOKIE, ""), self._province.now_ms(session))
        persona = self._province.account_holder(known.persona) if known else None
        return finish(self._province, ticket, persona, known.way, known.organisation) if known and persona else None


def own_sign_in(province: Province, request: Request, ticket: str) -> SignIn | None:
    """Give the sign-in behind a ticket, to the browser that started it and to no other."""
    sign_in = province.store.sign_ins.peek(ticket)
    if sign_in is None or sign_in.expires_ms <= province.now_ms(sign_in.session):
        return None
    browser = request.cookies.get(BROWSER_COOKIE, "")
    return sign_in if secrets.compare_digest(browser.encode(), sign_in.browser.encode()) else None


def finish(province: Province, ticket: str, persona: Persona, way: str, organisation: str | None = None) -> Response:
    """Send the browser home with a code, once, and remember who signed in, and for whom, for single sign-on."""
    sign_in = province.store.sign_ins.peek(ticket)
    if sign_in is None:
        return lapsed()
    province.store.sign_ins.drop(ticket)
    call = Call("authorize", sign_in.session, sign_in.client_id, persona.id)
    if province.take("user_closes", call) is not None:
        return pages.message_page("窗口已关闭 Window closed", "您已关闭登录窗口。 The sign-in window was closed.")
    if province.take("user_cancel", call) is not None:
        return cancelled(sign_in)
    answer = {"code": _new_code(province, sign_in, SignedIn(persona.id, way, organisation))}
    if sign_in.state is not None and province.take("state_echo", call) is not None:
        answer["state"] = sign_in.state
    response = _callback(sign_in, answer)
    _set_cookie(response, SSO_COOKIE, _new_sso(province, sign_in, SignedIn(persona.id, way, organisation)))
    return response


def cancelled(sign_in: SignIn) -> Response:
    """Send the browser home without a code."""
    return _callback(sign_in, {"error": "cancel"})


def lapsed() -> Response:
    """Say that there is no such sign-in (any more) in this browser."""
    return pages.refused_page("lapsed", _LAPSED)


def _problem(fields: dict[str, str], client: GuangdongClient | None) -> tuple[str, str | None] | None:
    if client is None:
        return "40001", None
    if not client.allows_redirect(fields.get("redirect_uri", "")):
        return "40035", None
    expected = {"service": "initService", "response_type": "code", "scope": "all"}
    wrong = next((name for name, value in expected.items() if fields.get(name) != value), None)
    return ("invalid_parameter", f"参数错误 Wrong parameter: {wrong}") if wrong else None


def _new_code(province: Province, sign_in: SignIn, who: SignedIn) -> str:
    now_ms, code = province.now_ms(sign_in.session), new_key()
    grant = Grant(
        client_id=sign_in.client_id,
        redirect_uri=sign_in.redirect_uri,
        persona=who.persona,
        way=who.way,
        session=sign_in.session,
        expires_ms=now_ms + CODE_MS,
        organisation=who.organisation,
    )
    province.store.codes.put(code, grant, now_ms)
    return code


def _new_sso(province: Province, sign_in: SignIn, who: SignedIn) -> str:
    now_ms, key = province.now_ms(sign_in.session), new_session_id()
    province.store.sso.put(key, SsoSession(who.persona, who.way, now_ms + SESSION_MS, who.organisation), now_ms)
    return key


def _callback(sign_in: SignIn, answer: dict[str, str]) -> Response:
    """Append to the address as it was given, keeping every byte of it; 303, so that no form is posted onwards."""
    mark = "&" if "?" in sign_in.redirect_uri else "?"
    added = "&".join(f"{name}={quote(value, safe='')}" for name, value in answer.items())
    return RedirectResponse(f"{sign_in.redirect_uri}{mark}{added}", status_code=303)


def _is_web_address(uri: str) -> bool:
    try:
        parts = urlsplit(uri)
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and bool(parts.netloc)


def _set_cookie(response: Response, name: str, value: str) -> None:
    response.set_cookie(name, value, path="/", httponly=True, samesite="lax")
