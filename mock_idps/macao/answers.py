"""How this mock says no, in the manner of each endpoint, and the misbehaviour that every endpoint can show."""

from typing import Any, Final

from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, RedirectResponse, Response

from mock_idps.macao.call import Call, Kind, number
from mock_idps.macao.envelope import TAGS, failure
from mock_idps.macao.texts import DEFAULT_LOCALE, LOCALES, TEXTS, locale_of_header
from mock_idps.pages import page

NO_STORE: Final = {"Cache-Control": "no-store", "Pragma": "no-cache"}
DEFAULT_DELAY_MS: Final = 3_000
MAX_DELAY_MS: Final = 120_000
ELSEWHERE: Final = "https://elsewhere.example/oauth/token"

_PROBLEM: Final = """
<p role="alert" id="problem" data-code="{{ code }}">{{ reason }}</p>
<p>{{ text.start_again }}</p>
"""
_MAINTENANCE: Final = """
<p lang="pt-MO">O sistema encontra-se em manutenção. Tente novamente mais tarde.</p>
<p lang="zh-Hant-MO">系統維護中，請稍後再試。</p>
"""
_UNEXPECTED: Final = "<p>A página solicitada está a ser preparada. / 正在準備所需網頁。</p>"


def problem_page(locale: str, code: str, reason: str, status: int = 400) -> Response:
    """Tell a person that this cannot go on; used where no redirect may carry the news."""
    text = TEXTS[locale]
    return page(text["problem"], _PROBLEM, lang=LOCALES[locale], status=status, code=code, reason=reason, text=text)


def oauth_error(error: str, description: str, status: int = 400, *, scheme: str = "Basic") -> Response:
    """Answer as RFC 6749 §5.2 has it."""
    headers = dict(NO_STORE)
    if status == 401:
        headers["WWW-Authenticate"] = f'{scheme} realm="mo-oneaccount"'
    body = {"error": error, "error_description": description}
    return JSONResponse(body, status_code=status, headers=headers)


def api_answer(content: dict[str, Any]) -> Response:
    """Answer in the envelope: the status is 200 whatever it says."""
    return JSONResponse(content, headers=NO_STORE)


def language(call: Call, fallback: str = DEFAULT_LOCALE) -> str:
    """The language in which an interface answers."""
    return locale_of_header(call.language_wish, fallback)


def api_failure(call: Call, code: int) -> Response:
    """Answer with a row of the error table."""
    return api_answer(failure(code, language(call)))


def refuse(kind: Kind, locale: str, reason: str, status: int = 400) -> Response:
    """Say no to a request that could not even be read."""
    if kind == "oauth":
        return oauth_error("invalid_request", reason, status)
    if kind == "api":
        return api_answer(failure(4001, locale))
    if kind == "plain":
        return PlainTextResponse(reason, status_code=status)
    return problem_page(locale, "invalid_request", reason, status)


async def misbehave(call: Call) -> Response | None:
    """Play the scenarios that any endpoint can show; None means that the real answer follows."""
    if (late := call.take("slow")) is not None:
        delay_ms = min(number(late, "delay_ms", DEFAULT_DELAY_MS), MAX_DELAY_MS)
        await call.account.pause(delay_ms / 1000)
    if call.take("outage") is not None:
        return PlainTextResponse("", status_code=500)
    if call.take("maintenance") is not None:
        return page("Manutenção / 維護", _MAINTENANCE, lang="pt-MO", status=503)
    if call.take("throttled") is not None:
        return throttled(call)
    if call.kind != "page" and call.take("html_200") is not None:
        return HTMLResponse(_UNEXPECTED)
    return _api_fault(call) if call.kind == "api" else None


def throttled(call: Call) -> Response:
    """Ask the caller to slow down."""
    if call.kind == "api":
        return api_failure(call, 4290)
    return PlainTextResponse("", status_code=429, headers={"Retry-After": "1"})


def _api_fault(call: Call) -> Response | None:
    row = call.take("api_error")
    if row is None:
        return None
    code = number(row, "code", 5999)
    return api_failure(call, code if code in TAGS else 5999)


def sent_elsewhere(call: Call) -> Response | None:
    """Send the caller, with its secret if it follows, to another host (attack MO-04)."""
    for scenario, status in (("token_redirect", 302), ("token_307", 307)):
        if (args := call.take(scenario)) is not None:
            return RedirectResponse(str(args.get("location", ELSEWHERE)), status_code=status)
    return None
