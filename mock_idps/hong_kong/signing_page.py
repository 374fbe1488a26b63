"""A signature on the phone: what the person sees, whether they may sign, and what goes home (1.5, 6.A)."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

from starlette.responses import HTMLResponse

from mock_idps.hong_kong import callback
from mock_idps.hong_kong.codes import WireError
from mock_idps.hong_kong.faults import take
from mock_idps.hong_kong.parameters import LoginRequest
from mock_idps.hong_kong.signing_order import SigningOrder
from mock_idps.hong_kong.simulation import Simulation
from mock_idps.hong_kong.texts import TEXTS
from mock_idps.hong_kong.waiting import Login
from mock_idps.pages import page
from mock_idps.people.persona import Persona

PLUS: Final = "sign"
_LOGIN_TO_SIGNING: Final = {"D40000": "D70000", "D40001": "D70001", "D40002": "D70002", "D40003": "D70003"}
TEXT: Final[Mapping[str, Mapping[str, str]]] = {
    "en-US": {
        "title": "Sign with iAM Smart+ (simulated)",
        "asks": "A service asks you to sign a document:",
        "department": "Department",
        "service": "Service",
        "document": "Document",
        "code": "Identification code",
        "compare": "Sign only if the service shows the same code.",
        "step_up": "Further proof (simulated):",
        "sign": "Sign",
        "one_click": "Sign as",
    },
    "zh-HK": {
        "title": "以智方便+簽署（模擬）",
        "asks": "以下服務要求你簽署文件：",
        "department": "部門",
        "service": "服務",
        "document": "文件",
        "code": "識別碼",
        "compare": "服務顯示相同的識別碼時才簽署。",
        "step_up": "額外驗證（模擬）：",
        "sign": "簽署",
        "one_click": "以此人簽署",
    },
    "zh-CN": {
        "title": "以智方便+签署（模拟）",
        "asks": "以下服务要求您签署文件：",
        "department": "部门",
        "service": "服务",
        "document": "文件",
        "code": "识别码",
        "compare": "服务显示相同的识别码时才签署。",
        "step_up": "额外验证（模拟）：",
        "sign": "签署",
        "one_click": "以此人签署",
    },
}
PHONE: Final = """
<p>{{ s.asks }}</p>
<dl><dt>{{ s.department }}</dt><dd id="department">{{ order.department }}</dd>
<dt>{{ s.service }}</dt><dd id="service">{{ order.service }}</dd>
<dt>{{ s.document }}</dt><dd id="document">{{ order.document }}</dd>
<dt>{{ s.code }}</dt><dd><strong id="identification-code">{{ order.identification_code }}</strong></dd></dl>
<p><strong>{{ s.compare }}</strong></p>
{% if order.step_up %}<p>{{ s.step_up }} <span id="step-up">{{ order.step_up | join(" + ") }}</span></p>{% endif %}
{% if problem %}<p id="problem" role="alert">{{ problem }}</p>{% endif %}
<form method="post" action="/qr"><input type="hidden" name="c" value="{{ c }}">
<label for="person">{{ t.person }}</label>
<input id="person" name="person" autocomplete="off" maxlength="64">
<button id="approve" class="main" name="action" value="approve">{{ s.sign }}</button>
<button id="reject" name="action" value="reject">{{ t.reject }}</button></form>
<h2>{{ s.one_click }}</h2>
<form method="post" action="/qr"><input type="hidden" name="c" value="{{ c }}">
<input type="hidden" name="action" value="approve">
<ul class="people">{% for one in people %}<li>
<button id="person-{{ one.id }}" name="person" value="{{ one.id }}">{{ one.id }}</button>
<p class="note" lang="en">{{ one.note }}</p></li>{% endfor %}</ul></form>
"""


def order_of(simulation: Simulation, login: Login) -> SigningOrder | None:
    """Give the signature that a QR page is for, or None for a login."""
    return None if login.request.ticket is None else simulation.signings.get(login.request.ticket)


def check(simulation: Simulation, wanted: LoginRequest, now: int) -> None:
    """Refuse a ticket that is unknown, over, used, another client's, or shown with another way home."""
    if wanted.ticket is None:
        return
    order = simulation.signings.get(wanted.ticket)
    if order is None or order.client_id != wanted.client.client_id or order.is_over(now) or order.persona is not None:
        raise WireError("D20003", "ticketID")
    if (order.redirect_uri, order.state) != (wanted.redirect_uri, wanted.state):
        raise WireError("D20003", "ticketID")


def decide(simulation: Simulation, login: Login, persona: Persona) -> str | None:
    """Tie the signature to the person, or say with which code they may not sign."""
    order = order_of(simulation, login)
    if order is None or login.request.ticket is None:
        return None
    if persona.hk_user_type != PLUS:
        return "D70004"
    if not order.is_for(persona):
        return "D70005"
    if order.is_over(simulation.now(login.session)) or order.persona is not None:
        return "D70003"
    simulation.signings.put(login.request.ticket, replace(order, persona=persona.id))
    return None


def parameters(simulation: Simulation, login: Login, given: dict[str, str]) -> dict[str, str]:
    """Write a callback of a signature: its own codes, and the business id of the request."""
    order = order_of(simulation, login)
    if order is None:
        return given
    code = given.get("error_code")
    own = {} if code is None else {"error_code": _LOGIN_TO_SIGNING.get(code, code)}
    wrong = take(simulation, "sign_business", callback.caller_of(login))
    business_id = order.business_id if wrong is None else str(wrong.get("businessID", "that-nobody-sent"))
    return {**given, **own, "businessID": business_id}


def phone_page(login: Login, order: SigningOrder, people: Sequence[Persona], *, problem: bool) -> HTMLResponse:
    """Show what would be signed and for whom, with the code that the service shows too (HK-08)."""
    lang = login.request.lang
    return page(
        TEXT[lang]["title"],
        PHONE,
        lang=lang,
        status=400 if problem else 200,
        s=TEXT[lang],
        t=TEXTS[lang],
        order=order,
        people=people,
        problem=TEXTS[lang]["unknown_person"] if problem else "",
        c=login.id,
    )
