"""Sends the browser back to the service: with a code, or with the reason why there is none (RFC 6749 §4.1.2)."""

import secrets
from typing import Final
from urllib.parse import urlencode

from starlette.responses import RedirectResponse, Response

from mock_idps.macao.call import Call
from mock_idps.macao.grants import Grant
from mock_idps.macao.logins import SSO_MS, Login, Proof

SSO_COOKIE: Final = "mo_sso"
FOREIGN_ISSUER: Final = "https://issuer.elsewhere.example"
REFUSALS: Final = {"user_cancel": "cancelled", "user_reject": "rejected"}


def finish(call: Call, login: Login, proof: Proof) -> Response:
    """End a sign-in that succeeded; the platform remembers the browser, the service gets a code."""
    if (refused := refusal(call, login, proof.persona)) is not None:
        return refused
    account = call.account
    asked = login.asked
    grant = Grant(
        id=secrets.token_urlsafe(12),
        client_id=asked.client_id,
        persona=proof.persona,
        level=proof.level,
        scope=asked.scope,
        locale=asked.locale,
        session=login.session,
        organisation=proof.organisation if "entity" in asked.scope else None,
    )
    code = account.ledger.issue_code(
        grant, redirect_uri=asked.redirect_uri, code_challenge=asked.code_challenge, now_ms=call.now_ms
    )
    account.keep(login, is_done=True)
    response = send_back(call, asked.redirect_uri, {"code": code, "state": asked.state})
    set_cookie(call, response, SSO_COOKIE, account.remember(proof, call.now_ms), max_age=SSO_MS // 1000)
    return response


def refusal(call: Call, login: Login, persona: str | None = None) -> Response | None:
    """Play a person who cancels or refuses; None when nobody does."""
    for scenario, word in REFUSALS.items():
        if call.take(scenario, persona) is not None:
            return deny(call, login, word)
    return None


def deny(call: Call, login: Login, word: str) -> Response:
    """End a sign-in that the person did not want."""
    call.account.keep(login, is_done=True)
    answer = {"error": "access_denied", "error_description": word, "state": login.asked.state}
    return send_back(call, login.asked.redirect_uri, answer)


def send_back(call: Call, redirect_uri: str, answer: dict[str, str]) -> Response:
    """Redirect with these parameters; `redirect_uri` was compared byte for byte before."""
    if call.take("state_dropped") is not None or not answer.get("state"):
        answer = {name: value for name, value in answer.items() if name != "state"}
    if call.take("iss_wrong") is not None:
        answer = {**answer, "iss": FOREIGN_ISSUER}
    joint = "&" if "?" in redirect_uri else "?"
    headers = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}
    return RedirectResponse(f"{redirect_uri}{joint}{urlencode(answer)}", status_code=302, headers=headers)


def set_cookie(call: Call, response: Response, name: str, value: str, *, max_age: int) -> None:
    """Set a cookie of the platform: never readable by script, never sent across plain http from https."""
    is_secure = call.account.config.base_url.startswith("https:")
    response.set_cookie(name, value, max_age=max_age, path="/", httponly=True, samesite="lax", secure=is_secure)
