"""The pages a person sees: sign-in with its tabs, QR code, simulated phone, and the ends of the road."""

from collections.abc import Sequence
from typing import Final

import segno
from markupsafe import Markup
from starlette.responses import HTMLResponse

from mock_idps.guangdong.people import display_name, level_of
from mock_idps.guangdong.scenarios import ERRORS
from mock_idps.pages import page
from mock_idps.personas import Mandate, Organisation, Persona

_LANG: Final = "zh-Hans-CN"
_QR_REFRESH_S: Final = 3

_TABS: Final = """
<nav aria-label="账号类型 Account type">
<a class="button" id="tab-person" href="/tif/sso/login?ticket={{ ticket }}"
{%- if not legal %} aria-current="page"{% endif %}>个人 Person</a>
<a class="button" id="tab-legal" href="/tif/sso/login?ticket={{ ticket }}&amp;tab=legal"
{%- if legal %} aria-current="page"{% endif %}>法人 Legal person</a>
</nav>
"""
_SIGN_IN: Final = (
    _TABS
    + """
<p>应用 Application: <strong>{{ client }}</strong></p>
{% if unknown %}<p role="alert" id="error">账号不存在。 No such account here.</p>{% endif %}
<form method="post" action="/tif/sso/login">
<input type="hidden" name="ticket" value="{{ ticket }}">
<label for="person">账号 Account</label>
<input id="person" name="person" required maxlength="64" autocomplete="off" value="{{ first }}">
<button class="main" id="sign-in">登录 Sign in</button>
</form>
<p><a class="button" id="qr-way" href="/tif/sso/qr/new?ticket={{ ticket }}">粤省事扫码 Scan with the app</a></p>
<form method="post" action="/tif/sso/cancel">
<input type="hidden" name="ticket" value="{{ ticket }}"><button id="cancel">取消 Cancel</button></form>
<h2>模拟账号 Accounts of the simulation</h2>
<ul class="people">{% for person in people %}
<li><form method="post" action="/tif/sso/login">
<input type="hidden" name="ticket" value="{{ ticket }}"><input type="hidden" name="person" value="{{ person.id }}">
<button id="as-{{ person.id }}">{{ person.name }} ({{ person.level }})</button>
<p class="note">{{ person.id }}: {{ person.note }}</p></form></li>
{% endfor %}</ul>
"""
)
_LEGAL: Final = (
    _TABS
    + """
<p id="legal-note">以本人账号代表单位登录。 Sign in with your own account for an organisation.</p>
<p>应用 Application: <strong>{{ client }}</strong></p>
{% if unknown %}<p role="alert" id="error">账号无权代表该单位。 No such account, or no mandate.</p>{% endif %}
<form method="post" action="/tif/sso/login">
<input type="hidden" name="ticket" value="{{ ticket }}">
<label for="person">账号 Account</label>
<input id="person" name="person" required maxlength="64" autocomplete="off">
<label for="organisation">单位 Organisation</label>
<input id="organisation" name="organisation" required maxlength="64" autocomplete="off">
<button class="main" id="sign-in">登录 Sign in</button>
</form>
<h2>模拟单位 Organisations of the simulation</h2>
<ul class="people">{% for one in mandates %}
<li><form method="post" action="/tif/sso/login">
<input type="hidden" name="ticket" value="{{ ticket }}"><input type="hidden" name="person" value="{{ one.person }}">
<input type="hidden" name="organisation" value="{{ one.organisation }}">
<button id="as-{{ one.person }}-for-{{ one.organisation }}">{{ one.name }}, {{ one.for }} ({{ one.role }})</button>
<p class="note">{{ one.person }}, {{ one.organisation }}: {{ one.note }}</p></form></li>
{% endfor %}</ul>
"""
)
_QR: Final = """
<p>请用手机“粤省事”扫码。 Scan the code with the app of the province.</p>
<div role="img" aria-label="二维码 QR code">{{ svg }}</div>
<p><a class="button" id="open-phone" href="{{ phone }}" target="_blank" rel="noopener">
打开模拟手机 Open the simulated phone</a></p>
<form method="get" action="/tif/sso/qr"><input type="hidden" name="c" value="{{ c }}">
<button class="main" id="continue">继续 Continue</button></form>
<p id="qr-state" data-state="waiting">等待确认。 Waiting for the phone.</p>
"""
_QR_EXPIRED: Final = """
<p id="qr-state" data-state="expired" role="alert">二维码已过期，请刷新。 The code has expired; please refresh it.</p>
<p><a class="button" id="refresh-qr" href="/tif/sso/qr/new?ticket={{ ticket }}">刷新 Refresh</a></p>
"""
_PHONE: Final = """
<p>应用 <strong>{{ client }}</strong> 请求登录。 This application asks for a sign-in.</p>
<form method="post" action="/phone">
<input type="hidden" name="c" value="{{ c }}">
{% if unknown %}<p role="alert" id="error">账号不存在。 No such account here.</p>{% endif %}
<label for="person">账号 Account</label>
<input id="person" name="person" maxlength="64" autocomplete="off" value="{{ first }}" list="people">
<datalist id="people">{% for person in people %}
<option value="{{ person.id }}">{{ person.name }}</option>{% endfor %}</datalist>
<button class="main" id="approve" name="decision" value="approve">确认登录 Approve</button>
<button id="reject" name="decision" value="reject">拒绝 Reject</button>
</form>
"""
_MESSAGE: Final = """<p id="message" data-code="{{ code }}">{{ text }}</p>"""


def sign_in_page(ticket: str, client: str, people: Sequence[Persona], *, unknown: bool = False) -> HTMLResponse:
    """Show the sign-in form, and every account that can be used in it."""
    return page(
        "统一身份认证平台 Sign in",
        _SIGN_IN,
        lang=_LANG,
        status=400 if unknown else 200,
        ticket=ticket,
        client=client,
        people=_listed(people),
        first=people[0].id if people else "",
        unknown=unknown,
        legal=False,
    )


def legal_page(
    ticket: str, client: str, mandates: Sequence[tuple[Persona, Mandate, Organisation]], *, unknown: bool = False
) -> HTMLResponse:
    """Show the tab for organisations: who signs in, and for whom."""
    listed = [
        {
            "person": persona.id,
            "name": display_name(persona),
            "organisation": organisation.id,
            "for": organisation.name_han,
            "role": mandate.role,
            "note": organisation.note,
        }
        for persona, mandate, organisation in mandates
    ]
    return page(
        "统一身份认证平台 Legal person",
        _LEGAL,
        lang=_LANG,
        status=400 if unknown else 200,
        ticket=ticket,
        client=client,
        mandates=listed,
        unknown=unknown,
        legal=True,
    )


def qr_page(c: str, phone: str) -> HTMLResponse:
    """Show the QR code; the page asks again by itself."""
    svg = segno.make(phone, error="m").svg_inline(scale=5, border=3)
    own = f"/tif/sso/qr?c={c}"
    refresh = (_QR_REFRESH_S, own)
    return page(
        "粤省事扫码登录 Scan to sign in",
        _QR,
        lang=_LANG,
        refresh=refresh,
        svg=Markup(svg),  # noqa: S704 - drawn by segno from an address of this mock
        phone=phone,
        c=c,
    )


def qr_expired_page(ticket: str) -> HTMLResponse:
    """Say that the QR code has lapsed, and offer a new one."""
    return page("粤省事扫码登录 Scan to sign in", _QR_EXPIRED, lang=_LANG, ticket=ticket)


def phone_page(c: str, client: str, people: Sequence[Persona], *, unknown: bool = False) -> HTMLResponse:
    """Show the simulated phone, with the application that asks."""
    return page(
        "模拟手机 Simulated phone",
        _PHONE,
        lang=_LANG,
        status=400 if unknown else 200,
        c=c,
        client=client,
        people=_listed(people),
        first=people[0].id if people else "",
        unknown=unknown,
    )


def message_page(title: str, text: str, *, code: str = "", status: int = 200) -> HTMLResponse:
    """Show one sentence where a journey ends."""
    return page(title, _MESSAGE, lang=_LANG, status=status, text=text, code=code)


def refused_page(code: str, text: str | None = None) -> HTMLResponse:
    """Refuse a browser's request without sending it anywhere; the code stands in `data-code`."""
    return message_page("请求无效 Request refused", text or ERRORS[code], code=code, status=400)


def _listed(people: Sequence[Persona]) -> list[dict[str, str]]:
    return [
        {"id": person.id, "name": display_name(person), "level": level_of(person), "note": person.note}
        for person in people
    ]
