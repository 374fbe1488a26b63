"""The page on which a person signs: the document's name, the number to compare, the one-time password (section 3.3)."""

from typing import Any, Final

from starlette.responses import Response

from mock_idps.macao import soft_token
from mock_idps.macao.answers import problem_page
from mock_idps.macao.call import Call
from mock_idps.macao.callback import SSO_COOKIE, send_back
from mock_idps.macao.esign import FAILED, PENDING, REJECTED, SIGNED, SigningSession, keep
from mock_idps.macao.texts import LOCALES
from mock_idps.pages import page
from mock_idps.personas import Persona

MAX_TRIES: Final = 5
_PAGE: Final = """
<p>{{ text.asks }}: <strong id="client">{{ client }}</strong></p>
<dl><dt>{{ text.document }}</dt><dd id="document">{{ document }}</dd>
<dt>{{ text.challenge }}</dt><dd><strong id="challenge">{{ challenge }}</strong></dd></dl>
<p><strong>{{ text.compare }}</strong></p>
{% if problem %}<p role="alert" id="problem" data-code="{{ problem }}">{{ text[problem] }}</p>{% endif %}
<form method="post" action="/esign/sessions/{{ session }}/otp">
<label for="otp">{{ text.otp }}</label>
<input id="otp" name="otp" inputmode="numeric" autocomplete="one-time-code" maxlength="6">
<button id="sign" class="main" name="action" value="sign">{{ text.sign }}</button>
<button id="reject" name="action" value="reject">{{ text.reject }}</button></form>
<p class="note">{{ text.token }}: <code id="token">{{ token }}</code></p>
"""
TEXT: Final = {
    "zh-hant": {
        "title": "雲簽（模擬）",
        "asks": "要求簽署的服務",
        "document": "文件",
        "challenge": "核對號碼",
        "compare": "服務顯示相同號碼時才簽署。",
        "otp": "一次性密碼",
        "otp_wrong": "一次性密碼不正確。",
        "sign": "簽署",
        "reject": "拒絕",
        "token": "模擬一次性密碼",
    },
    "zh-hans": {
        "title": "云签（模拟）",
        "asks": "要求签署的服务",
        "document": "文件",
        "challenge": "核对号码",
        "compare": "服务显示相同号码时才签署。",
        "otp": "一次性密码",
        "otp_wrong": "一次性密码不正确。",
        "sign": "签署",
        "reject": "拒绝",
        "token": "模拟一次性密码",
    },
    "pt": {
        "title": "Assinatura na nuvem (simulada)",
        "asks": "Serviço que pede a assinatura",
        "document": "Documento",
        "challenge": "Número de controlo",
        "compare": "Assine apenas se o serviço mostrar o mesmo número.",
        "otp": "Palavra-passe de utilização única",
        "otp_wrong": "A palavra-passe não está correta.",
        "sign": "Assinar",
        "reject": "Recusar",
        "token": "Palavra-passe simulada",
    },
    "en": {
        "title": "Signing in the cloud (simulated)",
        "asks": "Service that asks for the signature",
        "document": "Document",
        "challenge": "Number to compare",
        "compare": "Sign only if the service shows the same number.",
        "otp": "One-time password",
        "otp_wrong": "The one-time password is not right.",
        "sign": "Sign",
        "reject": "Refuse",
        "token": "Simulated one-time password",
    },
}


async def show(call: Call) -> Response:
    """`GET /{locale}/esign/{id}`."""
    found = _awaited(call)
    if isinstance(found, Response):
        return found
    session, person = found
    wished = call.fields.get("auto") or call.account.switchboard.auto_approve(call.session)
    if call.take("esign_cancel") is not None:
        return _go_home(call, keep(call, session, status=REJECTED, tag="CANCELLED"))
    return _go_home(call, keep(call, session, status=SIGNED)) if wished == person.id else _page(call, session, person)


async def submit(call: Call) -> Response:
    """`POST /esign/sessions/{id}/otp`: sign with the right password, or refuse."""
    found = _awaited(call)
    if isinstance(found, Response):
        return found
    session, person = found
    if call.fields.get("action") == "reject":
        return _go_home(call, keep(call, session, status=REJECTED, tag="REJECTED"))
    code = call.fields.get("otp").strip()
    is_right = person.otp_secret is not None and soft_token.accepts(person.otp_secret, code, call.now_ms)
    if call.take("esign_otp_wrong") is not None or not is_right:
        session = keep(call, session, tries=session.tries + 1)
        if session.tries >= MAX_TRIES:
            return _go_home(call, keep(call, session, status=FAILED, tag="OTP_LOCKED"))
        return _page(call, session, person, problem="otp_wrong")
    return _go_home(call, keep(call, session, status=SIGNED))


def _awaited(call: Call) -> tuple[SigningSession, Persona] | Response:
    """Find the session for the browser in which its person is signed in; nobody else sees the document's name."""
    session = call.account.esign.get(call.request.path_params["id"])
    grant = None if session is None else call.account.ledger.grants.get(session.grant)
    person = None if grant is None else call.account.person(grant.persona)
    if session is None or person is None:
        return problem_page(call.locale, "unknown_session", "there is nothing to sign here", 404)
    proof = call.account.recall(call.request.cookies.get(SSO_COOKIE, ""), call.now_ms)
    if proof is None or proof.persona != person.id:
        return problem_page(call.locale, "other_person", "this document waits for somebody else", 403)
    if session.status != PENDING or call.now_ms >= session.expires_ms:
        return problem_page(call.locale, "done", "this signature is over", 410)
    return session, person


def _go_home(call: Call, session: SigningSession) -> Response:
    wrong = call.take("esign_other_session")
    name = session.id if wrong is None else "session-that-nobody-opened"
    return send_back(call, session.return_url, {"session": name, "state": session.state})


def _page(call: Call, session: SigningSession, person: Persona, **more: Any) -> Response:
    grant = call.account.ledger.grants.get(session.grant)
    client = None if grant is None else call.account.config.client(grant.client_id)
    locale = call.locale if grant is None else grant.locale
    token = "" if person.otp_secret is None else soft_token.code_at(person.otp_secret, call.now_ms)
    shown = {"document": session.name, "challenge": session.challenge, "session": session.id, "token": token}
    context = {"text": TEXT[locale], "client": "" if client is None else client.name, "problem": None, **shown, **more}
    return page(TEXT[locale]["title"], _PAGE, lang=LOCALES[locale], **context)
