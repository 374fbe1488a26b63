"""The end of a login in the browser: which parameters go back to the service (identity-providers 1.3, 6.A)."""

import secrets
from dataclasses import replace
from typing import Final
from urllib.parse import urlencode

from mock_idps.hong_kong import signing_catalogue
from mock_idps.hong_kong.catalogue import DENIALS, GET_QR
from mock_idps.hong_kong.faults import Caller, take, wanted_code
from mock_idps.hong_kong.simulation import CODE_LIFETIME_MS, Grant, Simulation
from mock_idps.hong_kong.waiting import Login
from mock_idps.people.persona import Persona

CANCELLED: Final = "D40000"
REJECTED: Final = "D40001"
TIMED_OUT: Final = "D40003"


def caller_of(login: Login) -> Caller:
    """Say for whom a scenario of this login must be armed; the person is known after the decision only."""
    persona = login.decision.persona if login.decision else None
    return Caller(GET_QR, login.request.client.client_id, login.session, persona)


def armed_denial(simulation: Simulation, login: Login) -> dict[str, str] | None:
    """Give the parameters of a denial that a tester has armed, or None."""
    caller = caller_of(login)
    denials = DENIALS | signing_catalogue.DENIALS if login.request.ticket else DENIALS
    for scenario, code in denials.items():
        if take(simulation, scenario, caller) is not None:
            return {"error_code": code}
    if take(simulation, "deny_state_only", caller) is not None:
        return {}
    wanted = take(simulation, "callback_error", caller)
    return None if wanted is None else {"error_code": wanted_code(wanted)}


def issue_code(simulation: Simulation, login: Login, persona: Persona) -> dict[str, str]:
    """Make a code for the person; it lives for a minute and is spent once."""
    code = secrets.token_hex(16)
    expires_at = simulation.now(login.session) + CODE_LIFETIME_MS
    request = login.request
    grant = Grant(request.client.client_id, persona, request.scope, login.session, expires_at, ticket=request.ticket)
    simulation.codes.put(code, grant)
    return {"code": code, **_second_code(simulation, login, grant)}


def chosen_organisation(simulation: Simulation, login: Login, persona: str) -> str | None:
    """Say for whom a sign-in without pages is: nobody, unless a tester has armed it (scenario `org_chosen`)."""
    if login.request.corp_scope is None:
        return None
    chosen = take(simulation, "org_chosen", replace(caller_of(login), persona=persona))
    if chosen is None:
        return None
    first = next((mandate.organisation for mandate in simulation.directory.of(persona)), None)
    wanted = chosen.get("organisation", first)
    return wanted if isinstance(wanted, str) and simulation.directory.mandate(persona, wanted) else None


def _second_code(simulation: Simulation, login: Login, grant: Grant) -> dict[str, str]:
    """Make CorpID's code beside the person's, if a company was chosen; a tester may have it come out wrong."""
    caller, code = caller_of(login), secrets.token_hex(16)
    if login.organisation is None or login.request.corp_scope is None:
        unasked = take(simulation, "org_code_unasked", caller) is not None
        return {login.request.corp_code: code} if unasked else {}
    simulation.corp_codes.put(code, replace(grant, scope=login.request.corp_scope, organisation=login.organisation))
    if take(simulation, "org_code_missing", caller) is not None:
        return {}
    odd = take(simulation, "org_code_odd", caller)
    if odd is not None:
        return {login.request.corp_code: str(odd.get("code", "not-a-code"))}
    if take(simulation, "org_code_doubled", caller) is not None:
        return {"cCode": code, "corpMockCode": code}
    return {login.request.corp_code: code}


def address(simulation: Simulation, login: Login, parameters: dict[str, str]) -> str:
    """Write the address to which the browser goes back, with the state of the request."""
    state = login.request.state
    caller = caller_of(login)
    wrong = take(simulation, "state_wrong", caller)
    if wrong is not None:
        state = str(wrong.get("state", "state-that-nobody-sent"))
    if take(simulation, "state_dropped", caller) is not None:
        state = None
    query = urlencode({**parameters, **({} if state is None else {"state": state})})
    redirect_uri = login.request.redirect_uri
    return f"{redirect_uri}{'&' if '?' in redirect_uri else '?'}{query}" if query else redirect_uri
