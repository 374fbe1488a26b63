"""The sign-in form: user name, password and, where it is needed, the code of the soft token."""

import hmac
from typing import Final
from urllib.parse import urlencode

from starlette.responses import RedirectResponse, Response

from mock_idps.macao import entities, soft_token
from mock_idps.macao.call import Call
from mock_idps.macao.callback import deny, finish, refusal
from mock_idps.macao.logins import Login, Proof
from mock_idps.macao.views import signin_page
from mock_idps.macao.visits import automatic, find_visit
from mock_idps.personas import Persona

PASSWORD: Final = "sandbox"


class SignInError(Exception):
    """The form is refused; the message is the key of the text that the page shows."""


async def show(call: Call) -> Response:
    """`GET /{locale}/login`."""
    login = find_visit(call)
    if (refused := refusal(call, login)) is not None:
        return refused
    proof = automatic(call, login.session, login.asked, call.fields.get("auto"))
    return finish(call, login, proof) if proof is not None else signin_page(call, login)


async def submit(call: Call) -> Response:
    """`POST /{locale}/login`."""
    login = find_visit(call)
    named = call.fields.get("person") or call.fields.get("username")
    try:
        proof = prove(call, login, named)
    except SignInError as error:
        return signin_page(call, login, problem=str(error), named=named)
    person = call.account.person(proof.persona)
    if login.asked.acr == 3 and person is not None and person.mo_level == 3:
        # the third level is the phone's: it sees the face, or holds the bound electronic identity
        kept = call.account.keep(login, proof=proof)
        query = urlencode({"ticket": kept.ticket})
        return RedirectResponse(f"/{call.locale}/qr?{query}", status_code=302)
    return finish(call, login, proof)


async def cancel(call: Call) -> Response:
    """`POST /{locale}/cancel`: the person goes back without signing in."""
    return deny(call, find_visit(call), "cancelled")


def prove(call: Call, login: Login, named: str) -> Proof:
    """Check what the person typed; unknown names and wrong passwords sound alike."""
    account = call.account
    person = account.person(named)
    is_right = hmac.compare_digest(call.fields.get("password").encode(), PASSWORD.encode())
    if person is None:
        raise SignInError("wrong_login")
    if call.take("otp_locked", person.id) is not None or account.is_locked(call.session, person.id, call.now_ms):
        raise SignInError("locked")
    if not is_right:
        account.count_failure(call.session, person.id, call.now_ms)
        raise SignInError("wrong_login")
    level = min(_level_of_form(call, login, person), person.mo_level or 1)
    organisation = _organisation(call, login, person.id)
    account.forget_failures(call.session, person.id)
    return Proof(person.id, level, organisation)


def _organisation(call: Call, login: Login, persona: str) -> str | None:
    """The entity of a staff login; a code at which the person has none sounds like a wrong password."""
    code = call.fields.get("entityCode")
    if not code or entities.SCOPE not in login.asked.scope:
        return None
    staff = entities.find_by_code(call, persona, code)
    if staff is None:
        call.account.count_failure(call.session, persona, call.now_ms)
        raise SignInError("wrong_login")
    return staff.organisation.id


def _level_of_form(call: Call, login: Login, person: Persona) -> int:
    """One for the password, two with the soft token's code."""
    code = call.fields.get("otp").strip()
    if not code:
        can_prove_more = person.otp_secret is not None and (person.mo_level or 1) >= 2
        if login.asked.acr >= 2 and can_prove_more:
            raise SignInError("otp_needed")
        return 1
    is_right = person.otp_secret is not None and soft_token.accepts(person.otp_secret, code, call.now_ms)
    if call.take("otp_wrong", person.id) is not None or not is_right:
        call.account.count_failure(call.session, person.id, call.now_ms)
        raise SignInError("otp_wrong")
    return 2
